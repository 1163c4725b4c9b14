"""JSONata in a state whose query language is JSONPath, where it is plain text.

Without `"QueryLanguage": "JSONata"` in the state or at the top of the machine, `{% ... %}` is given out as it is written.

Fails:
    {"A": {"Type": "Pass", "Parameters": {"a": "{% $states.input %}"}, "End": true}}
Passes:
    {"A": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"a": "{% $states.input %}"}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.expressions.sites import Role, is_delimited, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["jsonata_in_jsonpath"]


@rule("SFN244", "jsonata-in-jsonpath", severity=Severity.WARNING)
def jsonata_in_jsonpath(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if site.role is Role.STATIC and is_delimited(site.text.strip()):
            message = f"the JSONata in `{site.field}` of state `{site.state.name}` is plain text: its query language is JSONPath"
            yield Finding(site.pointer, message, 'give the state `"QueryLanguage": "JSONata"`')
