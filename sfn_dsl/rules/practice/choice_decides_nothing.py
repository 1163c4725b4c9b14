"""A Choice that goes to the same state whatever its rules say.

Fails:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "B"}], "Default": "B"},
     "B": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "B"}], "Default": "C"},
     "B": {"Type": "Succeed"}, "C": {"Type": "Succeed"}}
Passes (JSONata):
    {"A": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.x > 1 %}", "Assign": {"x": 1}, "Next": "B"}],
     "Default": "B"},
     "B": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["choice_decides_nothing"]


@rule("SFN707", "choice-decides-nothing", severity=Severity.INFO, practice=True)
def choice_decides_nothing(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Choice"):
        default = state.get("Default")
        rules = [member for _, member in state.rules("Choices")]
        if not isinstance(default, str) or not rules or "Assign" in state.body or "Output" in state.body:
            continue
        if all(member.get("Next") == default and not {"Assign", "Output"} & member.keys() for member in rules):
            yield Finding(state.pointer, f"`{state.name}` goes to `{default}` in every case", f"go to `{default}` directly")
