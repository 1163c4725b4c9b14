"""A field of `$states` that there is not, or not in this place.

`$states.input` and `$states.context` can be read everywhere, `$states.result` in Output and Assign of a Task, Parallel or Map,
`$states.errorOutput` in Output and Assign of a catcher. AWS refuses others: `Field '$states.errorOutput' does not exist.`

Fails (JSONata):
    {"A": {"Type": "Pass", "Output": "{% $states.result %}", "End": true}}
Fails (JSONata):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Arguments": {"FunctionName": "f", "Payload": "{% $states.result %}"}}}
Fails (JSONata):
    {"A": {"Type": "Pass", "Output": "{% $states.errorOutput %}", "End": true}}
Fails (JSONata):
    {"A": {"Type": "Pass", "Output": "{% $states.inputs %}", "End": true}}
Passes (JSONata):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "f"}, "Next": "Z",
           "Output": "{% $states.result.Payload %}",
           "Catch": [{"ErrorEquals": ["E"], "Output": "{% $states.errorOutput %}", "Next": "Z"}]},
     "Z": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.expressions.sites import Site, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["states_fields"]

_KNOWN = ("input", "context", "result", "errorOutput")


@rule(
    "SFN264",
    "jsonata-unknown-states-field",
    "jsonata-result-in-arguments",
    "jsonata-result-in-pass",
    "jsonata-erroroutput-outside",
    aws_code="UNSUPPORTED_JSONATA_EXPRESSION",
)
def states_fields(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        fields = site.query.states_fields if site.query else None
        for field in sorted(fields - _readable(site)) if fields else ():
            yield _finding(site, field)


def _readable(site: Site) -> set[str]:
    found = {"input", "context"}
    if site.field in ("Output", "Assign"):
        if site.owner == "Catch":
            found.add("errorOutput")
        elif not site.owner and site.state.type in ("Task", "Parallel", "Map"):
            found.add("result")
    return found


def _finding(site: Site, field: str) -> Finding:
    message = f"field `$states.{field}` does not exist in `{site.field}` of {'a catcher of ' if site.owner == 'Catch' else ''}"
    message += f"state `{site.state.name}`"
    if field == "result":
        name = "jsonata-result-in-pass" if site.field in ("Output", "Assign") else "jsonata-result-in-arguments"
        return Finding(site.pointer, message, "read it in `Output` or `Assign` of a Task, Parallel or Map state", name)
    if field == "errorOutput":
        return Finding(site.pointer, message, "read it in `Output` or `Assign` of a catcher", "jsonata-erroroutput-outside")
    return Finding(site.pointer, message, did_you_mean(field, _KNOWN), "jsonata-unknown-states-field")
