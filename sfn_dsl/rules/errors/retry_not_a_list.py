"""`Retry` or `Catch` that is no list of objects.

Both hold a list, also for a single retrier or catcher; an empty list is accepted.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": {"ErrorEquals": ["E"]}}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Catch": ["E"]}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": [], "Catch": []}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.errors.entries import states_with_errors
from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["retry_not_a_list"]


@rule("SFN307", "retry-type", "catch-type", aws_code="SCHEMA_VALIDATION_FAILED")
def retry_not_a_list(subject: Subject) -> Iterator[Finding]:
    for state in states_with_errors(subject):
        for field, kind in (("Retry", "retrier"), ("Catch", "catcher")):
            value = state.body.get(field, [])
            name = f"{field.lower()}-type"
            if isinstance(value, str) and subject.is_open(value):
                continue
            if not isinstance(value, list):
                help = "put it in `[` and `]`" if isinstance(value, dict) else f"write a list of {kind}s, or remove `{field}`"
                yield Finding(state.at(field), f"`{field}` must be a list, not {shown(value)}", help, name)
                continue
            for index, member in enumerate(value):
                if not isinstance(member, dict):
                    text = f"a {kind} must be an object, not {shown(member)}"
                    help = 'write `{"ErrorEquals": [...]}` with what belongs to it'
                    yield Finding(state.at(field, index), text, help, name)
