"""A field that states of this type do not have.

A field of one type of state is refused on another: only a Task has `TimeoutSeconds`, only Task, Parallel and Map have `Retry` and
`Catch`, a Choice has no `Next`, a Succeed or Fail no `End`. AWS says `Field 'X' is not supported at /States/S`. Each field and type
has a name of its own, such as `catch-on-pass`. A field that the type has in the other query language is told by another rule.

Fails:
    {"A": {"Type": "Pass", "End": true, "Catch": []}}
Fails:
    {"A": {"Type": "Wait", "Seconds": 1, "ResultPath": "$.a", "End": true}}
Fails:
    {"A": {"Type": "Succeed", "End": true}}
Fails (JSONata):
    {"A": {"Type": "Fail", "Output": "{% 1 %}"}}
Fails:
    {"A": {"Type": "Fail", "Output": "{% 1 %}"}}
Passes:
    {"A": {"Type": "Pass", "ResultPath": "$.a", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.fields import EVERY_FIELD, SUPPORTED
from sfn_dsl.rules.subject import Subject

__all__ = ["field_on_wrong_type"]

_NAMES = [f"{field.lower()}-on-{kind.lower()}" for kind, own in SUPPORTED.items() for field in sorted(EVERY_FIELD - own)]
_HELP = {
    ("TimeoutSeconds", "Map"): "set it on the tasks inside, or on the state machine",
    ("TimeoutSeconds", "Parallel"): "set it on the tasks inside, or on the state machine",
    ("Next", "Choice"): "use `Next` in each rule, and `Default`",
    ("End", "Choice"): "let the rules and `Default` lead to a Succeed state",
}


@rule("SFN122", "field-on-wrong-type", *_NAMES, aws_code="SCHEMA_VALIDATION_FAILED")
def field_on_wrong_type(subject: Subject) -> Iterator[Finding]:
    for state in subject.states:
        if state.type is None or state.body.keys() <= SUPPORTED[state.type]:
            continue
        for key in state.body:
            if key in EVERY_FIELD and key not in SUPPORTED[state.type]:
                takers = [kind for kind, own in SUPPORTED.items() if key in own]
                help = _HELP.get((key, state.type)) or f"remove it: only {_list(takers)} states have it"
                message = f"`{key}` is not supported on state `{state.name}`, a {state.type}"
                yield Finding(state.at(key), message, help, f"{key.lower()}-on-{state.type.lower()}")


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
