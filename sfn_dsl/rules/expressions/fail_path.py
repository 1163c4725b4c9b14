"""ErrorPath or CausePath of a Fail state that is neither a path nor a call that gives text.

Both take a path, or a call of one of the intrinsic functions that give text: States.Format, JsonToString, ArrayGetItem,
Base64Encode, Base64Decode, Hash and UUID. AWS refuses anything else when the state machine is created.

Fails:
    {"A": {"Type": "Fail", "ErrorPath": "e"}}
Fails:
    {"A": {"Type": "Fail", "CausePath": "States.Array($.e)"}}
Passes:
    {"A": {"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('{} failed', $$.State.Name)"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.expressions.malformed_call import seems_call
from sfn_dsl.rules.expressions.sites import Role, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject
from sfn_dsl.simulate.intrinsics.calls import Call, InvalidCall
from sfn_dsl.simulate.jsonpath.path import InvalidPath

__all__ = ["fail_path"]

_GIVES_TEXT = ("Format", "JsonToString", "ArrayGetItem", "Base64Encode", "Base64Decode", "Hash", "UUID")


@rule("SFN234", "fail-path-not-path", "fail-path-intrinsic-return", aws_code="SCHEMA_VALIDATION_FAILED")
def fail_path(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if site.role is not Role.TEXT_PATH:
            continue
        parsed, field = site.parsed, f"`{site.key}` of Fail state `{site.state.name}`"
        if not isinstance(site.value, str):
            message = f"{field} must be a path or a call of an intrinsic function, in a string"
            yield Finding(site.pointer, message, "a path looks like `$.name`", "fail-path-not-path")
        elif isinstance(parsed, Call) and parsed.name.removeprefix("States.") not in _GIVES_TEXT:
            message = f"{field} must be text, which `{parsed.name}` does not give"
            help = "use `States.Format` or `States.JsonToString`"
            yield Finding(site.pointer, message, help, "fail-path-intrinsic-return")
        elif isinstance(parsed, InvalidPath):
            yield Finding(site.pointer, f"{field} is wrong: {parsed}", "a path looks like `$.name`", "fail-path-not-path")
        elif isinstance(parsed, InvalidCall) and not seems_call(site.text):
            what = f"`{site.text}`" if site.text else "empty"
            message = f"{field} is {what}, which is neither a path nor a call of an intrinsic function"
            help = f"use `{site.key.removesuffix('Path')}` for a fixed text"
            yield Finding(site.pointer, message, help, "fail-path-not-path")
