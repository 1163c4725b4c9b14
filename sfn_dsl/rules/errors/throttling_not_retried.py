"""A task that does not retry when the called service is throttled.

Services with quotas per second or on running jobs refuse calls that are too many, often just when many executions run. The call is
worth trying again later, with some delay.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::athena:startQueryExecution.sync",
           "Parameters": {"QueryString": "select 1"},
           "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::athena:startQueryExecution.sync",
           "Parameters": {"QueryString": "select 1"},
           "End": true, "Retry": [{"ErrorEquals": ["Athena.TooManyRequestsException"], "IntervalSeconds": 30}]}}
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Final

from sfn_dsl.diagnostic import Severity
from sfn_dsl.policy import THROTTLED
from sfn_dsl.rules.errors.calls import call_of
from sfn_dsl.rules.errors.entries import ALL, TASK_FAILED, entries_of, retries
from sfn_dsl.rules.errors.lambda_errors_not_retried import unretried_lambda_errors
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["throttling_not_retried"]

_SIGNS: Final = ("Throttl", "TooManyRequests", "LimitExceeded", "ThroughputExceeded", "RunsExceeded", "StatementsExceeded", "429")


@rule("SFN316", "no-throttling-retry", severity=Severity.INFO, practice=True)
def throttling_not_retried(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Task"):
        call = call_of(state)
        error = _throttling_error(call.service) if call is not None and not call.sdk else ""
        if not error or unretried_lambda_errors(state):
            continue
        named = {name for entry in entries_of(state, "Retry") if retries(entry) for name in entry.names}
        if not named & {ALL, TASK_FAILED} and not any(sign in name for name in named for sign in _SIGNS):
            text = f"`{state.name}` does not retry when it is throttled"
            yield Finding(state.pointer, text, f"add a retrier for `{error}`")


@functools.cache
def _throttling_error(service: str) -> str:
    """The first error by which a service says that it is throttled; empty where none is known."""
    for retrier in THROTTLED.retriers(service):
        if isinstance(retrier.error_equals, tuple):
            return retrier.error_equals[0]
    return ""
