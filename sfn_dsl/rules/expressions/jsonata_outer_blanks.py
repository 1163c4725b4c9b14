"""JSONata with blanks before `{%` and after `%}`, which is plain text.

A string is an expression only where it begins with exactly `{%` and ends with exactly `%}`. With blanks on both sides AWS takes
it for a text, without a word.

Fails (JSONata):
    {"A": {"Type": "Pass", "Output": " {% $states.input %} ", "End": true}}
Passes (JSONata):
    {"A": {"Type": "Pass", "Output": "{% $states.input %}", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.expressions.sites import Role, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["jsonata_outer_blanks"]


@rule("SFN262", "jsonata-outer-blanks", severity=Severity.WARNING)
def jsonata_outer_blanks(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if site.role is Role.QUERY and not site.text.startswith("{%") and not site.text.endswith("%}"):
            message = f"the JSONata in `{site.field}` of state `{site.state.name}` is plain text, for blanks stand around `{{% %}}`"
            yield Finding(site.pointer, message, "remove the blanks outside of `{% %}`")
