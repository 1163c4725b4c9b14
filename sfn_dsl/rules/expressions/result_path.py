"""ResultPath that is no reference path.

It says where the result is put into the input, so only names and indexes below `$` may stand in it: no wildcards, slices or
filters, not the context object `$$`, and not a variable (use Assign for that). AWS refuses others: `Value is not a Reference
Path`.

Fails:
    {"A": {"Type": "Pass", "Result": 1, "ResultPath": "a", "End": true}}
Fails:
    {"A": {"Type": "Pass", "Result": 1, "ResultPath": "$$.a", "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "Next": "Z",
           "Catch": [{"ErrorEquals": ["E"], "ResultPath": "$.e[*]", "Next": "Z"}]},
     "Z": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Pass", "Result": 1, "ResultPath": "$.a.b[0]", "Next": "B"},
     "B": {"Type": "Pass", "ResultPath": null, "Next": "C"}, "C": {"Type": "Pass", "ResultPath": "$", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.expressions.sites import Site, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject
from sfn_dsl.simulate.jsonpath.path import InvalidPath, Path, reference_steps

__all__ = ["result_path"]


@rule("SFN232", "resultpath-refpath", "resultpath-context", "catch-resultpath-refpath", aws_code="SCHEMA_VALIDATION_FAILED")
def result_path(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if site.key == "ResultPath" and site.field == "ResultPath":
            yield from _of(site)


def _of(site: Site) -> Iterator[Finding]:
    path = site.parsed
    where = f"`ResultPath` of {'a catcher of ' if site.owner else ''}state `{site.state.name}`"
    name = "catch-resultpath-refpath" if site.owner else "resultpath-refpath"
    help = "it looks like `$.name`, or null"
    if not isinstance(site.value, str):
        yield Finding(site.pointer, f"{where} must be a path in a string, or null", help, name)
    elif isinstance(path, Path) and path.root == "$$":
        name = name if site.owner else "resultpath-context"
        yield Finding(site.pointer, f"{where} must not write to the context object `{site.text}`", help, name)
    elif isinstance(path, Path) and path.root:
        help = "use `Assign` to set a variable"
        yield Finding(site.pointer, f"{where} must not write to the variable `${path.root}`", help, name)
    else:
        try:
            reference_steps(site.text)
        except InvalidPath as error:
            yield Finding(site.pointer, f"{where} is wrong: {error}", help, name)
