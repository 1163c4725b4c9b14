"""A rule of a Choice state that is written in the other query language, or has no condition.

A JSONata rule has a `Condition`, true or false or an expression between `{%` and `%}`. A JSONPath rule has an operator, with
`Variable` where it compares.

Fails (JSONata):
    {"A": {"Type": "Choice", "Choices": [{"Next": "Z"}], "Default": "Z"}, "Z": {"Type": "Succeed"}}
Fails (JSONata):
    {"A": {"Type": "Choice", "Choices": [{"Condition": "$states.input.x = 1", "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
Fails (JSONata):
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "Z"}], "Default": "Z"}, "Z": {"Type": "Succeed"}}
Passes (JSONata):
    {"A": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.x = 1 %}", "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.choices import COMBINING, OPERANDS, RULE_FIELDS, choice_tests
from sfn_dsl.rules.structure.fields import lacks, language_is_sure
from sfn_dsl.rules.structure.seconds import may_be_expression
from sfn_dsl.rules.subject import State, Subject

__all__ = ["choice_condition"]


@rule(
    "SFN140",
    "choice-condition-required",
    "choice-condition-not-jsonata",
    "choice-variable-in-jsonata",
    "choice-condition-in-jsonpath",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def choice_condition(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Choice"):
        if not language_is_sure(subject, state):
            continue
        if state.jsonata:
            for pointer, body in state.rules("Choices"):
                yield from _jsonata(subject, state, pointer, body)
            continue
        for test in choice_tests(state):
            if isinstance(test.value, dict) and "Condition" in test.value:
                message = f"`Condition` in choice `{state.name}` is for JSONata, but the state uses JSONPath"
                help = "use an operator, or set `QueryLanguage` to `JSONata`"
                yield Finding(test.at("Condition"), message, help, "choice-condition-in-jsonpath")


def _jsonata(subject: Subject, state: State, pointer: str, body: Mapping[str, Any]) -> Iterator[Finding]:
    foreign = [key for key in body if key == "Variable" or key in OPERANDS or key in COMBINING]
    if foreign:
        message = f"`{foreign[0]}` in choice `{state.name}` is for JSONPath, but the state uses JSONata"
        help = "write the test as `Condition`"
        yield Finding(pointer_to(pointer, foreign[0]), message, help, "choice-variable-in-jsonata")
    elif "Condition" not in body:
        if lacks(body, "Condition", known=RULE_FIELDS):
            message = f"a rule of choice `{state.name}` has no `Condition`"
            yield Finding(pointer, message, "add `Condition` with an expression", "choice-condition-required")
    else:
        value = body["Condition"]
        if isinstance(value, bool) or may_be_expression(value) or (isinstance(value, str) and subject.is_open(value)):
            return
        message = f"a `Condition` of choice `{state.name}` is neither true or false nor a JSONata expression"
        yield Finding(pointer_to(pointer, "Condition"), message, "write `{% … %}`", "choice-condition-not-jsonata")
