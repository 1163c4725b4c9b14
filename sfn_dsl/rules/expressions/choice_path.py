"""`Variable` or a `...Path` operand of a Choice rule that is no path.

AWS parses them when the state machine is created: `Value is not a Reference Path: Reference path didn't start with '$'`. They
may read the context object (`$$.Execution.Name`) and variables (`$name`).

Fails:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "x", "NumericEquals": 1, "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Choice", "Choices": [{"And": [{"Variable": "$.x", "StringEqualsPath": "y"}], "Next": "Z"}], "Default": "Z"},
     "Z": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$$.Execution.Name", "StringEqualsPath": "$.y", "Next": "Z"}],
           "Default": "Z"},
     "Z": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.expressions.sites import Role, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject
from sfn_dsl.simulate.jsonpath.path import InvalidPath

__all__ = ["choice_path"]


@rule("SFN233", "choice-variable-path", "choice-operand-path", aws_code="SCHEMA_VALIDATION_FAILED")
def choice_path(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if site.role is not Role.PATH or site.owner != "Choices":
            continue
        name = "choice-variable-path" if site.key == "Variable" else "choice-operand-path"
        field = f"`{site.key}` in a rule of Choice state `{site.state.name}`"
        if not isinstance(site.value, str):
            yield Finding(site.pointer, f"{field} must be a path in a string", "a path looks like `$.name`", name)
        elif isinstance(site.parsed, InvalidPath):
            help = f"did you mean `$.{site.text}`?" if site.text.isidentifier() else "a path looks like `$.name`"
            yield Finding(site.pointer, f"{field} is wrong: {site.parsed}", help, name)
