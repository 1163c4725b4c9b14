"""A `QueryLanguage` that there is not, or JSONPath inside a JSONata state machine.

The value is `JSONPath` or `JSONata`, spelt just so: AWS says `Value should be one of the following: [JSONPath, JSONata]`. A machine
of JSONPath may have states of JSONata, but not the other way round: `'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for
whole state machine`.

Fails:
    {"QueryLanguage": "jsonata", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
Fails:
    {"A": {"Type": "Succeed", "QueryLanguage": "JSONpath"}}
Fails (JSONata):
    {"A": {"Type": "Pass", "QueryLanguage": "JSONPath", "End": true}}
Passes:
    {"A": {"Type": "Pass", "QueryLanguage": "JSONata", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.asl.model import Json
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["wrong_query_language"]

_LANGUAGES = ("JSONPath", "JSONata")


@rule("SFN119", "querylanguage-enum", "querylanguage-downgrade", aws_code="SCHEMA_VALIDATION_FAILED")
def wrong_query_language(subject: Subject) -> Iterator[Finding]:
    if "QueryLanguage" in subject.root:
        yield from _wrong(subject, "/QueryLanguage", subject.root["QueryLanguage"])
    for state in subject.states:
        if "QueryLanguage" not in state.body:
            continue
        language = state.body["QueryLanguage"]
        yield from _wrong(subject, state.at("QueryLanguage"), language)
        if language == "JSONPath" and subject.language == "JSONata":
            message = f"state `{state.name}` uses JSONPath, but the whole state machine uses JSONata"
            help = "write the state in JSONata, or set JSONata state by state"
            yield Finding(state.at("QueryLanguage"), message, help, "querylanguage-downgrade")


def _wrong(subject: Subject, pointer: str, language: Json) -> Iterator[Finding]:
    if isinstance(language, str):
        if language not in _LANGUAGES and not subject.is_open(language):
            help = did_you_mean(language, _LANGUAGES) or "write `JSONPath` or `JSONata`"
            yield Finding(pointer, f"there is no query language `{language}`", help, "querylanguage-enum")
    else:
        yield Finding(pointer, "`QueryLanguage` is not a text", "write `JSONPath` or `JSONata`", "querylanguage-enum")
