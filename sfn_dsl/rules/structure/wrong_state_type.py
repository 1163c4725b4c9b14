"""A state that is not an object, has no `Type`, or a `Type` that there is not.

AWS says that `Type` should have one of these values: `[Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]`, spelt just so.

Fails:
    {"A": {"End": true}}
Fails:
    {"A": {"Type": "pass", "End": true}}
Fails:
    {"A": "Succeed"}
Passes:
    {"A": {"Type": "Pass", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.fields import EVERY_FIELD, SUPPORTED
from sfn_dsl.rules.subject import State, Subject

__all__ = ["wrong_state_type"]

_HELP = "one of Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map"


@rule("SFN120", "state-type-required", "state-type-enum", "state-not-object", aws_code="SCHEMA_VALIDATION_FAILED")
def wrong_state_type(subject: Subject) -> Iterator[Finding]:
    for scope in subject.scopes:
        states = scope.body.get("States")
        if not isinstance(states, dict):
            continue
        for name in states:
            state = scope.states.get(name)
            if state is None:
                pointer = pointer_to(scope.pointer, "States", name)
                yield Finding(pointer, f"state `{name}` is not an object", "let it hold the state's fields", "state-not-object")
            elif state.type is None:
                yield from _wrong(subject, state)


def _wrong(subject: Subject, state: State) -> Iterator[Finding]:
    if "Type" not in state.body:
        odd = [key for key in state.body if key not in EVERY_FIELD]
        hints = [f"write `Type` for `{key}`" for key in odd if did_you_mean(key, ["Type"])]
        help = hints[0] if hints else f"add `Type`: {_HELP}"
        yield Finding(state.pointer, f"state `{state.name}` has no `Type`", help, "state-type-required")
        return
    kind = state.body["Type"]
    if not isinstance(kind, str):
        yield Finding(state.at("Type"), f"the `Type` of state `{state.name}` is not a text", _HELP, "state-type-enum")
    elif not subject.is_open(kind):
        help = did_you_mean(kind, SUPPORTED) or _HELP
        yield Finding(state.at("Type"), f"there is no state type `{kind}`", help, "state-type-enum")
