"""A Fail state whose literal `Error` has more than 256 characters, or its `Cause` more than 32,768.

An execution's error has at most 256 characters and its cause at most 32,768.

Fails:
    {"A": {"Type": "Fail", "Error": "OneColumnOfTheTableIsMissingOneColumnOfTheTableIsMissingOneColumnOfTheTableIsMissingOneColumnOfTheTableIsMissingOneColumnOfTheTableIsMissingOneColumnOfTheTableIsMissingOneColumnOfTheTableIsMissingOneColumnOfTheTableIsMissingOneColumnOfTheTableIsMissingHereHere"}}
Passes:
    {"A": {"Type": "Fail", "Error": "ColumnsMissing", "Cause": "the file does not have the columns of the table"}}
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["error_text_too_long"]


@rule("SFN410", "fail-error-too-long", "fail-cause-too-long", severity=Severity.WARNING)
def error_text_too_long(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Fail"):
        for field, most, name in (("Error", 256, "fail-error-too-long"), ("Cause", 32_768, "fail-cause-too-long")):
            text = state.get(field)
            if not isinstance(text, str) or len(text) <= most or subject.is_open(text):
                continue
            if not (state.jsonata and text.startswith("{%")):
                yield Finding(
                    state.at(field),
                    f"`{field}` of `{state.name}` has {len(text):,} characters, and at most {most:,} are kept",
                    "write a short name, and the story in `Cause`" if field == "Error" else "write it shorter",
                    name,
                )
