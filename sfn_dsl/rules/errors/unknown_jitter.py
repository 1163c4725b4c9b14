"""A retrier whose `JitterStrategy` is neither FULL nor NONE.

`FULL` spreads the retries over the whole delay, `NONE` (the default) does not spread them. AWS refuses anything else.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"], "JitterStrategy": "HALF"}]}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["E"], "JitterStrategy": "FULL"}]}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.errors.entries import entries
from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["unknown_jitter"]


@rule("SFN304", "retry-jitter-enum", aws_code="SCHEMA_VALIDATION_FAILED")
def unknown_jitter(subject: Subject) -> Iterator[Finding]:
    for entry in entries(subject, "Retry"):
        value = entry.body.get("JitterStrategy", "NONE")
        if value in ("FULL", "NONE") or (isinstance(value, str) and subject.is_open(value)):
            continue
        text = f"`JitterStrategy` must be `FULL` or `NONE`, not {shown(value)}"
        yield Finding(entry.at("JitterStrategy"), text, "write `FULL`")
