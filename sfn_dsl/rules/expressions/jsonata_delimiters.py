"""JSONata that begins with `{%` but does not end with `%}`, or the other way round.

The string must begin with exactly `{%` and end with exactly `%}`, without blanks outside; AWS refuses an expression that is
badly opened or closed.

Fails (JSONata):
    {"A": {"Type": "Pass", "Output": "{% $states.input", "End": true}}
Fails (JSONata):
    {"A": {"Type": "Pass", "Output": " {% $states.input %}", "End": true}}
Passes (JSONata):
    {"A": {"Type": "Pass", "Output": "{%$states.input%}", "Comment": "{% text", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.expressions.sites import Role, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["jsonata_delimiters"]


@rule("SFN261", "jsonata-unclosed", "jsonata-leading-space", aws_code="INVALID_JSONATA_EXPRESSION")
def jsonata_delimiters(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if site.role is not Role.QUERY:
            continue
        opened, closed = site.text.startswith("{%"), site.text.endswith("%}")
        if opened is closed:
            continue
        where = f"in `{site.field}` of state `{site.state.name}`"
        bare = site.text.strip()
        if bare.startswith("{%") and bare.endswith("%}"):
            message = f"the JSONata {where} has blanks {'after `%}`' if opened else 'before `{%`'}"
            yield Finding(site.pointer, message, "remove the blanks outside of `{% %}`", "jsonata-leading-space")
        else:
            message = f"the JSONata {where} {'does not end with `%}`' if opened else 'does not begin with `{%`'}"
            yield Finding(site.pointer, message, "write `{% expression %}`", "jsonata-unclosed")
