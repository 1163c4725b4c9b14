"""A field of the other query language.

A state's language is its own QueryLanguage, else that of the whole machine; a Map's or Parallel's own does not reach the states
inside it. AWS says, at the state: `The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the
'JSONPath' QueryLanguage`, and likewise for `Output`, `Arguments` and `Items` in a JSONPath state.

Fails (JSONata):
    {"A": {"Type": "Pass", "InputPath": "$.a", "End": true}}
Fails (JSONata):
    {"A": {"Type": "Pass", "Parameters": {"a": 1}, "End": true}}
Fails (JSONata):
    {"A": {"Type": "Pass", "Result": {"a": 1}, "End": true}}
Fails (JSONata):
    {"A": {"Type": "Wait", "SecondsPath": "$.s", "End": true}}
Fails:
    {"A": {"Type": "Pass", "Output": {"a": 1}, "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "f"}, "End": true}}
Fails:
    {"A": {"Type": "Map", "Items": [1], "End": true,
           "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}
Fails:
    {"A": {"Type": "Parallel", "QueryLanguage": "JSONata", "End": true,
           "Branches": [{"StartAt": "P", "States": {"P": {"Type": "Pass", "Output": 1, "End": true}}}]}}
Passes:
    {"A": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": 1, "Next": "B"},
     "B": {"Type": "Pass", "Parameters": {"a": 1}, "ResultPath": "$.b", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_dsl.rules.expressions.sites import JSONATA_FIELDS, JSONPATH_FIELDS
from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import State, Subject

__all__ = ["wrong_language"]

_INSTEAD = {
    "InputPath": "use `$states.input` in `Arguments` or `Output`",
    "OutputPath": "use `Output`",
    "Parameters": "use `Arguments`",
    "ResultSelector": "use `Output`",
    "ResultPath": "use `Output`",
    "Result": "use `Output`",
    "ItemsPath": "use `Items`",
    "Output": "use `Parameters`, `ResultSelector` or `ResultPath`",
    "Arguments": "use `Parameters`",
    "Items": "use `ItemsPath`",
}
_LANGUAGES = ("JSONPath", "JSONata")


@rule(
    "SFN250",
    "jsonpath-field-in-jsonata",
    "parameters-in-jsonata",
    "result-in-jsonata-pass",
    "path-field-in-jsonata",
    "output-in-jsonpath",
    "arguments-in-jsonpath",
    "items-in-jsonpath",
    "querylanguage-not-inherited",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def wrong_language(subject: Subject) -> Iterator[Finding]:
    whole = subject.root.get("QueryLanguage", "JSONPath")
    for state in subject.states:
        if state.body.get("QueryLanguage", whole) not in _LANGUAGES:
            continue
        for pointer, key in _foreign(state):
            yield _finding(state, pointer, key)


def _foreign(state: State) -> Iterator[tuple[str, str]]:
    """The fields of the other language that the state's type has in that language: pointer and name."""
    for name, types in (JSONPATH_FIELDS if state.jsonata else JSONATA_FIELDS).items():
        if state.type in types:
            *outer, key = name.split(".")
            value: Any = state.body
            for part in outer:
                value = value.get(part) if isinstance(value, dict) else None
            if isinstance(value, dict) and key in value:
                yield state.at(*outer, key), key
    key = "ResultPath" if state.jsonata else "Output"
    yield from _inside(state.rules("Catch") if state.type in ("Task", "Parallel", "Map") else iter(()), key)
    if not state.jsonata and state.type == "Choice":
        yield from _inside(state.rules("Choices"), key)


def _inside(rules: Iterator[tuple[str, Mapping[str, Any]]], key: str) -> Iterator[tuple[str, str]]:
    for pointer, body in rules:
        if key in body:
            yield pointer_to(pointer, key), key


def _finding(state: State, pointer: str, key: str) -> Finding:
    other = "JSONPath" if state.jsonata else "JSONata"
    message = f"field `{key}` is only for {other}, but the query language of state `{state.name}` is {state.language}"
    help = _INSTEAD.get(key, "")
    if key == "Parameters" and state.type == "Map" and pointer == state.at("Parameters"):
        help = "use `ItemSelector`"
    elif key == "Parameters" and state.type == "Pass":
        help = "use `Output`"
    elif state.jsonata and not help:
        help = f"use `{key.removesuffix('Path')}` with an expression"
    return Finding(pointer, message, *_cause(state, key, help))


def _cause(state: State, key: str, help: str) -> tuple[str, str]:
    """The help and the name of the finding."""
    if state.jsonata:
        if key in ("Parameters", "Result"):
            return help, "parameters-in-jsonata" if key == "Parameters" else "result-in-jsonata-pass"
        common = key in ("InputPath", "OutputPath", "ResultPath", "ResultSelector")
        return help, "jsonpath-field-in-jsonata" if common else "path-field-in-jsonata"
    around = (scope.parent for scope in state.scope.ancestry if scope.parent is not None)
    if "QueryLanguage" not in state.body and any(parent.jsonata for parent in around):
        help = 'give this state `"QueryLanguage": "JSONata"` too: it takes that of the machine, not that of the state around it'
        return help, "querylanguage-not-inherited"
    return help, f"{key.lower()}-in-jsonpath"
