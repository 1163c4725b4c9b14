"""A `...Path` field whose value is no reference path.

A number or a time can only come from a path that means one value: names and indexes below `$` or `$variable`. AWS refuses
others with `Value is not a Reference Path`; of these fields only ItemsPath, which means a list, may name the context object
`$$` and may filter.

Fails:
    {"A": {"Type": "Wait", "SecondsPath": "s", "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
           "TimeoutSecondsPath": "$.t[*]", "End": true}}
Fails:
    {"A": {"Type": "Map", "ItemsPath": "items", "End": true,
           "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}
Fails:
    {"A": {"Type": "Map", "MaxConcurrencyPath": "$$.Execution.Input.n", "End": true,
           "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}
Passes:
    {"V": {"Type": "Pass", "Assign": {"most.$": "$.most"}, "Next": "A"},
     "A": {"Type": "Map", "MaxConcurrencyPath": "$most", "ItemsPath": "$$.Execution.Input.items", "Next": "B",
           "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}},
     "B": {"Type": "Wait", "SecondsPath": "$.seconds[0]", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.expressions.sites import Role, Site, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject
from sfn_dsl.simulate.jsonpath.path import InvalidPath, Path

__all__ = ["not_a_reference_path"]

_NAMES = {"Wait": "wait-secondspath-refpath", "Task": "task-timeoutpath-not-refpath", "Map": "map-max-pathfield-refpath"}


@rule(
    "SFN231",
    "wait-secondspath-refpath",
    "task-timeoutpath-not-refpath",
    "map-itemspath-refpath",
    "map-max-pathfield-context",
    "map-max-pathfield-refpath",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def not_a_reference_path(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if site.key == "ItemsPath" or (site.role is Role.REFERENCE and site.key != "ResultPath"):
            yield from _of(site)


def _of(site: Site) -> Iterator[Finding]:
    path, field, name = site.parsed, f"`{site.key}` of state `{site.state.name}`", _NAMES.get(site.state.type or "", "")
    help = "a reference path looks like `$.name[0]`"
    name = "map-itemspath-refpath" if site.key == "ItemsPath" else name
    if not isinstance(site.value, str):
        yield Finding(site.pointer, f"{field} must be a path in a string", help, name)
    elif isinstance(path, InvalidPath):
        yield Finding(site.pointer, f"{field} is wrong: {path}", help, name)
    elif site.key == "ItemsPath" or not isinstance(path, Path):
        return
    elif path.root == "$$":
        message = f"{field} must not read the context object: `{site.text}` is not a reference path"
        yield Finding(site.pointer, message, help, "map-max-pathfield-context" if site.state.type == "Map" else name)
    elif not path.definite:
        yield Finding(site.pointer, f"{field} must mean one value: `{site.text}` means a list", help, name)
