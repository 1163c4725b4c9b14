"""Text in a payload that looks like a path or a call, under a key without `.$`.

In a payload only keys that end with `.$` are expressions: `{"a": "$.b"}` gives the text `$.b`. AWS warns with NO_DOLLAR.

Fails:
    {"A": {"Type": "Pass", "Parameters": {"a": "$.b"}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "Parameters": {"a": "States.UUID()"}, "End": true}}
Passes:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "$.b", "price": "$5", "c": "States."}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.expressions.sites import Role, looks_dynamic, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["forgotten_dollar"]

_NO_PAYLOAD = ("Result", "Error", "Cause", "Choices")


@rule("SFN242", "no-dollar-warning", severity=Severity.WARNING, aws_code="NO_DOLLAR")
def forgotten_dollar(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if site.role is Role.STATIC and site.field not in _NO_PAYLOAD and looks_dynamic(site.text):
            key = f"under `{site.key}` " if site.key else ""
            message = f"`{site.text}` {key}in `{site.field}` of state `{site.state.name}` is plain text, not an expression"
            help = f"name the key `{site.key}.$`" if site.key and site.depth else "only keys that end with `.$` are expressions"
            yield Finding(site.pointer, message, help, "no-dollar-warning")
