"""JSONata with a bare name, `$` or `$$` at the top level.

Expressions in Step Functions have no document to look into: input, result and context are fields of `$states`. AWS refuses what
refers to one: `UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported.` Names in later steps of
a path, in predicates and in sort terms are fine; the body of a function is at the top level.

Fails (JSONata):
    {"A": {"Type": "Pass", "Output": "{% phone %}", "End": true}}
Fails (JSONata):
    {"A": {"Type": "Pass", "Output": "{% $$ %}", "End": true}}
Fails (JSONata):
    {"A": {"Type": "Pass", "Output": "{% $.phone %}", "End": true}}
Passes (JSONata):
    {"A": {"Type": "Pass", "Output": "{% $states.input.phones[type = 'home'].$uppercase(number) %}", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.expressions.sites import sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["jsonata_context_item"]


@rule("SFN263", "jsonata-top-level-name", "jsonata-dollar-dollar", aws_code="UNSUPPORTED_JSONATA_EXPRESSION")
def jsonata_context_item(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        for refused in site.query.restrictions() if site.query else ():
            sentence = str(refused).rstrip(".")
            word = sentence.split("'")[1] if "'" in sentence else ""
            message = f"in `{site.field}` of state `{site.state.name}`, {sentence[:1].lower()}{sentence[1:]}"
            if word == "$$":
                yield Finding(site.pointer, message, "use `$states.input` or `$states.context`", "jsonata-dollar-dollar")
            else:
                help = "begin with `$states.input`" if word == "$" else f"write `$states.input.{word}` or `${word}`"
                yield Finding(site.pointer, message, help, "jsonata-top-level-name")
