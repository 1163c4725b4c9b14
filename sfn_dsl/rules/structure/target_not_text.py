"""A transition that does not hold a state's name.

`StartAt`, `Next` and `Default` are the name of one state, as a text.

Fails:
    {"A": {"Type": "Pass", "Next": ["B", "C"]}, "B": {"Type": "Succeed"}}
Fails:
    {"StartAt": null, "States": {"A": {"Type": "Succeed"}}}
Passes:
    {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.fields import SUPPORTED
from sfn_dsl.rules.subject import State, Subject

__all__ = ["target_not_text"]


@rule("SFN127", "transition-type", aws_code="SCHEMA_VALIDATION_FAILED")
def target_not_text(subject: Subject) -> Iterator[Finding]:
    for scope in subject.scopes:
        if "StartAt" in scope.body and not isinstance(scope.start_at, str):
            yield Finding(pointer_to(scope.pointer, "StartAt"), "`StartAt` is not a text", "name one of the states")
    for state in subject.states:
        for pointer, target in state.targets():
            if not isinstance(target, str) and _belongs(state, pointer):
                word = "Default" if pointer.endswith("/Default") else "Next"
                yield Finding(pointer, f"a `{word}` of state `{state.name}` is not a text", "name one state")


def _belongs(state: State, pointer: str) -> bool:
    return state.type is None or pointer[len(state.pointer) + 1 :].partition("/")[0] in SUPPORTED[state.type]
