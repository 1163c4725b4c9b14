"""JSONata that is nested deeper than AWS evaluates.

An evaluation may nest 100 levels; a deeper one fails when it runs, with `Stack overflow error` (States.QueryEvaluationError).

Fails (JSONata):
    {"A": {"Type": "Pass", "End": true, "Output": "{% ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((\
(((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))\
))))))))))))))))))))))))))))))))))))))))) %}"}}
Passes (JSONata):
    {"A": {"Type": "Pass", "End": true, "Output": "{% ((((1)))) %}"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.expressions.sites import sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["jsonata_depth"]


@rule("SFN266", "jsonata-too-deep", severity=Severity.WARNING)
def jsonata_depth(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if isinstance(site.parsed, RecursionError):
            message = f"the JSONata in `{site.field}` of state `{site.state.name}` is nested deeper than 100 levels"
            yield Finding(site.pointer, message, "put parts of it into variables with `Assign`")
