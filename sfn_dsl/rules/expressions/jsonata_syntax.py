"""JSONata that does not parse.

AWS parses every expression when the state machine is created, at any depth of Arguments, Output, Assign, ItemSelector and
BatchInput and in the plain fields, at language level 2.0.6: `INVALID_JSONATA_EXPRESSION: Expected ")", got end of expression at
/States/A/Output`.

Fails (JSONata):
    {"A": {"Type": "Pass", "Output": "{% ( %}", "End": true}}
Fails (JSONata):
    {"A": {"Type": "Pass", "Output": {"a": [{"b": "{% 1 + %}"}]}, "End": true}}
Fails (JSONata):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Arguments": {"FunctionName": "f", "Payload": "{% [1, %}"}}}
Passes (JSONata):
    {"A": {"Type": "Pass", "Comment": "{% not an expression", "Output": {"a": ["{% $states.input.b[c > 1] %}"]}, "End": true}}
Passes (JSONata):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "TimeoutSeconds": "{% $states.input.t %}",
           "Arguments": {"FunctionName": "f", "Payload": "{% $states.input %}"}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.expressions.sites import Site, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject
from sfn_dsl.simulate.jsonata.query import UnsupportedExpression

__all__ = ["jsonata_syntax"]


@rule("SFN260", "jsonata-syntax", "jsonata-syntax-nested", "jsonata-syntax-in-arguments", aws_code="INVALID_JSONATA_EXPRESSION")
def jsonata_syntax(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if isinstance(site.parsed, UnsupportedExpression):
            problem = str(site.parsed).rstrip(".")
            message = f"the JSONata in `{site.field}` of state `{site.state.name}` does not parse: {problem}"
            yield Finding(site.pointer, message, "", _name(site))


def _name(site: Site) -> str:
    if site.field == "Arguments":
        return "jsonata-syntax-in-arguments"
    return "jsonata-syntax-nested" if site.depth > 1 else "jsonata-syntax"
