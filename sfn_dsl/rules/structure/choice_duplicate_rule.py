"""A rule of a Choice state that tests the same as one before it, so that it is never used.

The first rule that is true is taken.

Fails:
    {"A": {"Type": "Choice", "Default": "Z", "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "Y"},
                                                          {"IsNull": true, "Variable": "$.x", "Next": "Z"}]},
     "Y": {"Type": "Succeed"}, "Z": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Choice", "Default": "Z", "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "Y"},
                                                          {"Variable": "$.x", "IsNull": false, "Next": "Z"}]},
     "Y": {"Type": "Succeed"}, "Z": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_dsl.asl.model import Json
from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["choice_duplicate_rule"]

_NOT_TESTED = frozenset({"Next", "Comment", "Assign", "Output"})


@rule("SFN143", "choice-duplicate-rule", severity=Severity.WARNING)
def choice_duplicate_rule(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Choice"):
        first: dict[tuple[object, ...], str] = {}
        for pointer, test in state.rules("Choices"):
            key = _key(test)
            if key and key in first:
                message = f"a rule of choice `{state.name}` tests the same as an earlier one, so that it is never used"
                yield Finding(pointer, message, f"remove it, or change the rule at `{first[key]}`")
            first.setdefault(key, pointer)


def _key(test: Mapping[str, Any]) -> tuple[object, ...]:
    """What a rule tests, flat, so that two rules can be compared however deep they are; true and 1 are not the same."""
    found: list[object] = []
    pending: list[Json] = [{key: value for key, value in test.items() if key not in _NOT_TESTED}]
    while pending:
        value = pending.pop()
        found.append(type(value).__name__)
        if isinstance(value, dict):
            found += sorted(value)
            pending += [value[key] for key in sorted(value)]
        elif isinstance(value, list):
            found.append(len(value))
            pending += value
        else:
            found.append(value)
    return tuple(found) if len(found) > 1 else ()
