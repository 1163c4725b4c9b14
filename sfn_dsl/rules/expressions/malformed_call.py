"""A call of an intrinsic function that is unknown or malformed.

AWS parses calls when the state machine is created. Names are exact (`States.Format`, not `states.format`), texts stand in
single quotes with the escapes `\\'`, `\\{`, `\\}` and `\\\\`, brackets are closed, and no more than ten calls are nested. Else
it says `The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call`.

Fails:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "States.Fmt('{}', $.b)"}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "States.format('{}', $.b)"}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "States.Format('{}', States.Nope($.b))"}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "States.Format('{}', $.b"}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "States.Format(\\"x {}\\", $.b)"}, "End": true}}
Passes:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "States.Format('it\\\\'s {} \\"x\\"', States.ArrayGetItem($.b, 0))"},
           "End": true}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.expressions.sites import sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject
from sfn_dsl.simulate.intrinsics.calls import InvalidCall
from sfn_dsl.simulate.intrinsics.functions import FUNCTIONS

__all__ = ["malformed_call", "seems_call"]

_SEEMS = re.compile(r"\s*states\s*\.\s*\w+", re.IGNORECASE)
_TOKEN = re.compile(r"'(?:[^'\\]|\\.)*'|(states\s*\.\s*\w+)|([\"()])", re.IGNORECASE | re.DOTALL)
_BY_LOWER = {name.lower(): name for name in FUNCTIONS}
_MOST = 10


@rule(
    "SFN236",
    "intrinsic-syntax",
    "intrinsic-unknown",
    "intrinsic-case",
    "intrinsic-nested-unknown",
    "intrinsic-double-quote",
    "intrinsic-unbalanced",
    "intrinsic-too-deep",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def malformed_call(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if isinstance(site.parsed, InvalidCall) and seems_call(site.text):
            name, help = _fault(site.text)
            message = f"the value of `{site.key}` in state `{site.state.name}` is wrong: {site.parsed}"
            yield Finding(site.pointer, message, help, name)


def seems_call(text: str) -> bool:
    """Whether a text is meant as a call of an intrinsic function, rightly written or not."""
    return _SEEMS.match(text) is not None


def _fault(text: str) -> tuple[str, str]:
    """Which fault a malformed call has, and what to do."""
    depth = deepest = number = 0
    quoted = False
    for name, mark in _TOKEN.findall(text):
        if name:
            if name not in FUNCTIONS:
                plain = "".join(name.split())
                if plain.lower() in _BY_LOWER:
                    return "intrinsic-case", f"write `{_BY_LOWER[plain.lower()]}`"
                return "intrinsic-nested-unknown" if number else "intrinsic-unknown", did_you_mean(plain, FUNCTIONS)
            number += 1
        quoted = quoted or mark == '"'
        depth += (mark == "(") - (mark == ")")
        deepest = max(deepest, depth)
    if quoted:
        return "intrinsic-double-quote", "put texts in single quotes"
    if depth:
        return "intrinsic-unbalanced", "close every bracket"
    if deepest > _MOST:
        return "intrinsic-too-deep", "compute it in several states"
    return "intrinsic-syntax", "arguments are 'texts', numbers, true, false, null, paths and calls"
