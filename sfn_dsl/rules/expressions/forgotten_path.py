"""A path in a field or an operand that takes a fixed text.

Error, Cause and the operands of a Choice rule take a path only under their names with `Path` at the end. AWS warns with NO_PATH.

Fails:
    {"A": {"Type": "Fail", "Error": "$.error"}}
Fails:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "StringEquals": "$.b", "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Fail", "ErrorPath": "$.error", "Cause": "it costs $5"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.expressions.sites import Role, looks_dynamic, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["forgotten_path"]


@rule("SFN245", "no-path-warning", severity=Severity.WARNING, aws_code="NO_PATH")
def forgotten_path(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if site.role is Role.STATIC and site.field in ("Error", "Cause", "Choices") and looks_dynamic(site.text):
            message = f"`{site.text}` under `{site.key}` in state `{site.state.name}` is plain text, not a path"
            help = f"name the field `{site.key}Path`" if site.key != "StringMatches" else "`StringMatches` takes a fixed pattern"
            yield Finding(site.pointer, message, help)
