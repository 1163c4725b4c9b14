"""A Choice state without `Default`, which fails the execution when no rule is true.

Nothing can catch that. Where it cannot happen, a `Default` that leads to a Fail state says so.

Fails:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "Z"}]}, "Z": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.fields import lacks
from sfn_dsl.rules.subject import Subject

__all__ = ["choice_without_default"]


@rule("SFN142", "choice-no-default", severity=Severity.WARNING)
def choice_without_default(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Choice"):
        rules = list(state.rules("Choices"))
        if not rules or "Default" in state.body or not lacks(state.body, "Default"):
            continue
        if not (state.jsonata and any(rule.get("Condition") in (True, "{% true %}") for _, rule in rules)):
            message = f"choice `{state.name}` has no `Default`, so that the execution fails when no rule is true"
            yield Finding(state.pointer, message, "add a `Default`")
