"""A definition of more than 1,048,576 characters.

CreateStateMachine takes 1,048,576 characters, blanks included. What is counted here is the fewest that the definition can be
written with, so writing it without blanks does not help where this is found.

Fails (text):
    "(a definition of 1,048,577 characters)"
Passes:
    {"A": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.limits.sizes import whole
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["definition_too_large"]

LIMIT = 1_048_576


@rule("SFN402", "definition-too-large")
def definition_too_large(subject: Subject) -> Iterator[Finding]:
    size = whole(subject)
    if size > LIMIT:
        yield Finding(
            "",
            f"the definition has at least {size:,} characters, and AWS takes {LIMIT:,}",
            "split the machine, or read what is large from S3",
        )
