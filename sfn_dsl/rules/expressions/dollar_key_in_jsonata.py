"""A key that ends with `.$` in a payload of a JSONata state.

The ending means something only in JSONPath states. In JSONata the key keeps it, and the value is an expression only where it is
a string `{% ... %}`.

Fails (JSONata):
    {"A": {"Type": "Pass", "Output": {"a.$": "$.b"}, "End": true}}
Passes (JSONata):
    {"A": {"Type": "Pass", "Output": {"a": "{% $states.input.b %}"}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.expressions.sites import Role, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["dollar_key_in_jsonata"]


@rule("SFN251", "dollar-key-in-jsonata", severity=Severity.WARNING)
def dollar_key_in_jsonata(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        # The keys of Assign are names of variables, which another rule checks.
        if site.role is Role.KEY and (site.field != "Assign" or site.depth > 1):
            message = f"the ending of `{site.key}` in `{site.field}` means nothing, for state `{site.state.name}` is in JSONata"
            yield Finding(site.pointer, message, f"name the key `{site.key[:-2]}` and write `{{% expression %}}`")
