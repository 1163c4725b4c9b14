"""A key that ends with `.$` whose value is neither a path nor a call of an intrinsic function.

AWS reads the value of such a key in Parameters, ResultSelector, ItemSelector, Assign and the like, in arrays too, as an
expression, and refuses others: `The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call`.

Fails:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "b"}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "Parameters": {"x": [{"a.$": "b"}]}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "Parameters": {"a.$": 5}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "Assign": {"v.$": "Test"}, "End": true}}
Fails:
    {"A": {"Type": "Map", "ItemSelector": {"a.$": "b"}, "End": true,
           "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}
Passes:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "$.b", "c.$": "$$.State.Name", "d": [{"e.$": "States.UUID()"}], "f": "b"},
           "End": true}}
Passes:
    {"A": {"Type": "Pass", "Assign": {"v": null}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.expressions.malformed_call import seems_call
from sfn_dsl.rules.expressions.sites import Role, Site, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject
from sfn_dsl.simulate.intrinsics.calls import InvalidCall
from sfn_dsl.simulate.jsonpath.path import InvalidPath

__all__ = ["payload_value"]


@rule(
    "SFN235",
    "payload-dollar-not-path",
    "payload-dollar-nested-array",
    "payload-dollar-in-itemselector",
    "payload-dollar-in-resultselector",
    "payload-dollar-nonstring",
    "assign-dollar-not-path",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def payload_value(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if site.role is not Role.PAYLOAD:
            continue
        where = f"in `{site.field}` of state `{site.state.name}`"
        error = site.parsed
        if not isinstance(site.value, str):
            message = f"the value of `{site.key}` {where} must be a path or a call of an intrinsic function, in a string"
            help = f"name the key `{site.key[:-2]}` to give a fixed value"
            yield Finding(site.pointer, message, help, "payload-dollar-nonstring")
        elif isinstance(error, InvalidPath):
            yield Finding(site.pointer, f"the value of `{site.key}` {where} is wrong: {error}", "", _name(site))
        elif isinstance(error, InvalidCall) and not seems_call(site.text):
            what = f"`{site.text}`" if site.text else "the empty text"
            message = f"{what} under `{site.key}` {where} is neither a path nor a call of an intrinsic function"
            path = f"write `$.{site.text}`, or " if site.text.isidentifier() else ""
            help = f"{path}name the key `{site.key[:-2]}` to give a fixed text"
            yield Finding(site.pointer, message, help, _name(site))


def _name(site: Site) -> str:
    if site.field in ("ItemSelector", "ResultSelector"):
        return f"payload-dollar-in-{site.field.lower()}"
    if site.field == "Assign":
        return "assign-dollar-not-path"
    return "payload-dollar-nested-array" if site.listed else "payload-dollar-not-path"
