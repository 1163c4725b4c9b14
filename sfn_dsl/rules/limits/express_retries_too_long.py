"""A retrier whose delays outlast an Express execution.

An Express execution ends after five minutes, so that retries that may wait longer end in its time-out: the error that they were for
is never caught. With `JitterStrategy` `FULL` a delay may be anything up to its whole length. Children of a distributed Map with
`ExecutionType` `EXPRESS` are Express executions too.

Fails (EXPRESS):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 30, "MaxAttempts": 4}]}}
Fails:
    {"A": {"Type": "Map", "End": true, "ItemProcessor": {
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "B", "States": {
           "B": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
                 "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 100, "BackoffRate": 1}]}}}}}
Passes (EXPRESS):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 30, "MaxAttempts": 4, "MaxDelaySeconds": 60}]}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 30, "MaxAttempts": 4}]}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_dsl.asl.limits import EXPRESS_SECONDS
from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.errors.entries import entries
from sfn_dsl.rules.errors.figures import fault_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.limits.loops import runs_express
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["express_retries_too_long"]

_USUAL: Final = {"IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 2}


@rule("SFN413", "express-retries-too-long", severity=Severity.WARNING)
def express_retries_too_long(subject: Subject) -> Iterator[Finding]:
    for entry in entries(subject, "Retry"):
        if not runs_express(subject, entry.state):
            continue
        number, seconds = _waits(entry.body)
        if seconds >= EXPRESS_SECONDS:
            retries = "a retry" if number == 1 else f"{number} retries"
            yield Finding(
                entry.pointer,
                f"`{entry.state.name}` may wait {seconds:,.0f} s for {retries}, but an Express execution ends after "
                f"{EXPRESS_SECONDS}",
                "lower `IntervalSeconds` or `MaxAttempts`, or cap the delays by `MaxDelaySeconds`",
            )


def _waits(retrier: Mapping[str, Any]) -> tuple[int, float]:
    """How long retries wait at most, and how many of them, up to the one that an Express execution does not live to see."""
    figures = {**_USUAL, **retrier}
    cap = figures.get("MaxDelaySeconds")
    whole = {"IntervalSeconds": 1, "MaxAttempts": 0, **({} if cap is None else {"MaxDelaySeconds": 1})}
    odd = any(fault_of(figures[name], low=low, high=None, whole=True) for name, low in whole.items())
    if odd or fault_of(figures["BackoffRate"], low=1, high=None, whole=False):
        return 0, 0
    number, waited, delay = 0, 0.0, float(figures["IntervalSeconds"])
    while number < figures["MaxAttempts"] and waited < EXPRESS_SECONDS:
        number += 1
        waited += delay if cap is None else min(delay, cap)
        delay *= figures["BackoffRate"]
    return number, waited
