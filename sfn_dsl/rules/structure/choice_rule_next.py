"""A rule of a Choice state without `Next`, or a test inside a rule with it.

Each member of `Choices` says where it leads; the tests inside `And`, `Or` and `Not` do not, nor do they assign.

Fails:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": true}], "Default": "Z"}, "Z": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Choice", "Choices": [{"Not": {"Variable": "$.x", "IsNull": true, "Next": "Z"}, "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Choice", "Choices": [{"Not": {"Variable": "$.x", "IsNull": true}, "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.choices import RULE_FIELDS, choice_tests
from sfn_dsl.rules.structure.fields import lacks
from sfn_dsl.rules.subject import Subject

__all__ = ["choice_rule_next"]


@rule("SFN141", "choice-next-required", "choice-nested-next", aws_code="SCHEMA_VALIDATION_FAILED")
def choice_rule_next(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Choice"):
        for test in choice_tests(state):
            body = test.value
            if not isinstance(body, dict):
                continue
            if not test.outermost:
                for field in ("Next", "Assign"):
                    if field in body:
                        message = f"`{field}` is inside And, Or or Not in choice `{state.name}`"
                        help = "put it next to the outermost operator"
                        yield Finding(test.at(field), message, help, "choice-nested-next")
            elif "Next" not in body and lacks(body, "Next", known=RULE_FIELDS):
                message = f"a rule of choice `{state.name}` has no `Next`"
                yield Finding(test.at(), message, "say where it leads", "choice-next-required")
