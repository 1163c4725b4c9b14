"""InputPath or OutputPath that is no JSONPath.

AWS parses both when the state machine is created: `Value must be a valid JSONPath.` A path begins with `$`, `$$` (the context
object) or `$variable`. Calls of intrinsic functions are not allowed in them, only in payload templates.

Fails:
    {"A": {"Type": "Pass", "InputPath": "a", "End": true}}
Fails:
    {"A": {"Type": "Pass", "OutputPath": "a.b", "End": true}}
Fails:
    {"A": {"Type": "Pass", "OutputPath": 5, "End": true}}
Fails:
    {"A": {"Type": "Pass", "InputPath": "$.a[", "End": true}}
Fails:
    {"A": {"Type": "Pass", "InputPath": "States.Array($.a)", "End": true}}
Passes:
    {"A": {"Type": "Pass", "InputPath": "$.a[?(@.b > 1)]", "OutputPath": "$$.Execution.Input", "Next": "B"},
     "B": {"Type": "Pass", "InputPath": null, "OutputPath": null, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.expressions.sites import Role, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject
from sfn_dsl.simulate.intrinsics.calls import is_call
from sfn_dsl.simulate.jsonpath.path import InvalidPath

__all__ = ["invalid_path"]


@rule(
    "SFN230",
    "jsonpath-syntax",
    "inputpath-jsonpath",
    "outputpath-jsonpath",
    "intrinsic-in-inputpath",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def invalid_path(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if site.role is not Role.PATH or site.key not in ("InputPath", "OutputPath"):
            continue
        error = site.parsed
        if not isinstance(site.value, str):
            message = f"`{site.key}` of state `{site.state.name}` must be a path in a string, or null"
            yield Finding(site.pointer, message, "a path looks like `$.name[0]`", f"{site.key.lower()}-jsonpath")
        elif not isinstance(error, InvalidPath):
            continue
        elif is_call(site.text):
            message = f"`{site.key}` of state `{site.state.name}` is a call of an intrinsic function, it must be a path"
            yield Finding(site.pointer, message, "put the call under a `.$` key in `Parameters`", "intrinsic-in-inputpath")
        else:
            name = "jsonpath-syntax" if site.text.lstrip().startswith("$") else f"{site.key.lower()}-jsonpath"
            help = f"did you mean `$.{site.text}`?" if site.text.isidentifier() else "a path looks like `$.name[0]`"
            yield Finding(site.pointer, f"`{site.key}` of state `{site.state.name}` is wrong: {error}", help, name)
