"""A Choice state without rules, or with something else where a list of rules or a rule belongs.

`Choices` is a list that is not empty, as are `And` and `Or`; `Not` is one rule, an object. AWS says `Value cannot be empty`.

Fails:
    {"A": {"Type": "Choice", "Default": "Z"}, "Z": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Choice", "Choices": [], "Default": "Z"}, "Z": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Choice", "Choices": [{"And": [], "Next": "Z"}], "Default": "Z"}, "Z": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Choice", "Choices": [{"Not": [{"Variable": "$.x", "IsPresent": true}], "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Choice", "Choices": ["Z"], "Default": "Z"}, "Z": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Choice", "Choices": [{"Not": {"Variable": "$.x", "IsPresent": true}, "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.choices import Test, choice_tests
from sfn_dsl.rules.structure.fields import lacks
from sfn_dsl.rules.subject import State, Subject

__all__ = ["choice_lists"]


@rule(
    "SFN137",
    "choices-required",
    "choices-empty",
    "choice-not-array",
    "choice-and-empty",
    "choice-not-object",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def choice_lists(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Choice"):
        yield from _of_state(state)
        for test in choice_tests(state):
            if isinstance(test.value, dict):
                yield from _of_test(test)
            else:
                message = f"a rule of choice `{state.name}` is not an object"
                yield Finding(test.at(), message, "write a rule with an operator and `Next`", "choice-not-object")


def _of_state(state: State) -> Iterator[Finding]:
    if "Choices" not in state.body:
        if lacks(state.body, "Choices"):
            yield Finding(state.pointer, f"choice `{state.name}` has no `Choices`", "add a list of rules", "choices-required")
        return
    rules = state.body["Choices"]
    if not isinstance(rules, list):
        message = f"`Choices` of choice `{state.name}` is not a list"
        yield Finding(state.at("Choices"), message, "write a list of rules", "choice-not-array")
    elif not rules:
        yield Finding(state.at("Choices"), f"`Choices` of choice `{state.name}` is empty", "add a rule", "choices-empty")


def _of_test(test: Test) -> Iterator[Finding]:
    body, state = test.value, test.state
    if state.jsonata:
        return
    for word in ("And", "Or"):
        if word not in body:
            continue
        if not isinstance(body[word], list):
            message = f"`{word}` in a rule of choice `{state.name}` is not a list"
            yield Finding(test.at(word), message, "write a list of tests", "choice-not-array")
        elif not body[word]:
            message = f"`{word}` in a rule of choice `{state.name}` is empty"
            yield Finding(test.at(word), message, "add a test", "choice-and-empty")
    if "Not" in body and not isinstance(body["Not"], dict):
        message = f"`Not` in a rule of choice `{state.name}` is not an object"
        yield Finding(test.at("Not"), message, "write one test", "choice-not-array")
