"""A retrier without jitter.

Executions that fail together retry together, and meet the same limit again. `"JitterStrategy": "FULL"` spreads their retries.
A written `NONE` is taken as meant.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": [{"ErrorEquals": ["E"]}]}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"], "JitterStrategy": "FULL"}]}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.errors.entries import entries, retries
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["retry_without_jitter"]


@rule("SFN317", "bp-no-jitter", severity=Severity.INFO, practice=True)
def retry_without_jitter(subject: Subject) -> Iterator[Finding]:
    for entry in entries(subject, "Retry"):
        if entry.names and retries(entry) and "JitterStrategy" not in entry.body:
            yield Finding(entry.pointer, "this retrier has no jitter", 'add `"JitterStrategy": "FULL"`')
