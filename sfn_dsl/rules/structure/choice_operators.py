"""A test of a JSONPath Choice state without an operator, with two, or with one that there is not.

A test has exactly one operator. A comparison says what it looks at in `Variable`; `And`, `Or` and `Not` hold further tests.

Fails:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "Next": "Z"}], "Default": "Z"}, "Z": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": true, "StringEquals": "a", "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "NumericEqual": 1, "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Choice", "Choices": [{"Not": {"Variable": "$.x", "Equals": 1}, "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Choice", "Choices": [{"NumericEquals": 1, "Next": "Z"}], "Default": "Z"}, "Z": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "NumericEquals": 1, "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.choices import COMBINING, OPERANDS, RULE_FIELDS, Test, choice_tests
from sfn_dsl.rules.subject import Subject

__all__ = ["choice_operators"]


@rule(
    "SFN138",
    "choice-no-operator",
    "choice-two-operators",
    "choice-unknown-operator",
    "choice-nested-bad-operator",
    "choice-variable-required",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def choice_operators(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Choice"):
        for test in choice_tests(state):
            if isinstance(test.value, dict):
                unknown = [key for key in test.value if key not in RULE_FIELDS and not subject.is_open(key)]
                if unknown:
                    yield from _unknown(test, unknown)
                elif not state.jsonata:
                    yield from _number(test)


def _unknown(test: Test, keys: list[str]) -> Iterator[Finding]:
    state = test.state
    known = {"Condition", "Next", "Assign", "Output", "Comment"} if state.jsonata else RULE_FIELDS
    for key in keys:
        message = f"`{key}` is not an operator or field of a rule, in choice `{state.name}`"
        help = did_you_mean(key, known) or "use an operator such as `StringEquals`"
        name = "choice-unknown-operator" if test.outermost else "choice-nested-bad-operator"
        yield Finding(test.at(key), message, help, name)


def _number(test: Test) -> Iterator[Finding]:
    body, state = test.value, test.state
    if "Condition" in body:
        return
    found = [key for key in body if key in OPERANDS or key in COMBINING]
    if not found:
        message = f"a rule of choice `{state.name}` has no operator"
        yield Finding(test.at(), message, "add an operator such as `StringEquals`", "choice-no-operator")
    elif len(found) > 1:
        message = f"a rule of choice `{state.name}` has {len(found)} operators: {', '.join(f'`{key}`' for key in found)}"
        yield Finding(test.at(), message, "combine tests with `And` or `Or`", "choice-two-operators")
    elif found[0] in OPERANDS and "Variable" not in body:
        message = f"`{found[0]}` in choice `{state.name}` has no `Variable`"
        yield Finding(test.at(), message, "say in `Variable` what it looks at", "choice-variable-required")
