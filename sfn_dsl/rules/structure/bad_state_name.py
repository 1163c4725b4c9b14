"""A state's name that is empty or longer than 80 characters.

Fails:
    {"": {"Type": "Succeed"}}
Fails:
    {"ABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJK": {"Type": "Succeed"}}
Passes:
    {"A name with blanks": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["bad_state_name"]

_MOST = 80


@rule("SFN123", "state-name-too-long", "state-name-empty", aws_code="INVALID_STATE_NAME")
def bad_state_name(subject: Subject) -> Iterator[Finding]:
    for scope in subject.scopes:
        for name in scope.states:
            if 0 < len(name) <= _MOST or subject.is_open(name):
                continue
            pointer = pointer_to(scope.pointer, "States", name)
            if name:
                message = f"the name of state `{name[:20]}…` has {len(name)} characters, {_MOST} are allowed"
                yield Finding(pointer, message, "shorten it", "state-name-too-long")
            else:
                yield Finding(pointer, "a state has an empty name", "name it", "state-name-empty")
