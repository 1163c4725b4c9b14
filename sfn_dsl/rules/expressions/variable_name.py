"""A variable with a name that no variable can have.

Keys of Assign are names of variables: at most 80 characters, a letter first, then letters, digits and `_` (no `-` and no `.`),
and not `states`. AWS checks them when the state machine is created.

Fails:
    {"A": {"Type": "Pass", "Assign": {"1bad": 1}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "Assign": {"not-ok": 1}, "End": true}}
Fails (JSONata):
    {"A": {"Type": "Pass", "Assign": {"states": 1}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "End": true,
           "Assign": {"vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv": 1}}}
Passes:
    {"A": {"Type": "Pass", "Assign": {"good_1": {"any-thing": 1}, "größe.$": "$.a", "none": null}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.expressions.variables import variables_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["variable_name"]

_MOST = 80


@rule(
    "SFN270",
    "variable-name",
    "variable-name-hyphen",
    "variable-reserved-states",
    "variable-name-too-long",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def variable_name(subject: Subject) -> Iterator[Finding]:
    for state, members in variables_of(subject).assigned.items():
        for member in members:
            name = member.name
            where = f"`Assign` of state `{state.name}`"
            if subject.is_open(name):
                continue
            if name == "states":
                message = f"{where} sets `states`, which is a reserved name"
                yield Finding(member.pointer, message, "choose another name", "variable-reserved-states")
            elif len(name) > _MOST:
                message = f"{where} sets a variable with a name of {len(name)} characters, more than {_MOST}"
                yield Finding(member.pointer, message, "choose a shorter name", "variable-name-too-long")
            elif not name.isidentifier():
                kind = "variable-name-hyphen" if name.replace("-", "_").isidentifier() else "variable-name"
                help = "use letters, digits and `_`, a letter first"
                if state.jsonata and name.endswith(".$"):
                    help = f"name it `{name[:-2]}`: in JSONata the ending `.$` means nothing"
                yield Finding(member.pointer, f"`{name}` in {where} cannot be the name of a variable", help, kind)
