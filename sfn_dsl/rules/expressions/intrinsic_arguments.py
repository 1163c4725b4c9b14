"""A call of an intrinsic function with arguments that it does not take.

AWS does not look at the arguments when the state machine is created; the state fails with States.Runtime when it runs. A wrong
number of arguments, a States.Format whose `{}` are more or fewer than its values, and fixed values of the wrong type are all
known before.

Fails:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "States.ArrayLength($.b, $.c)"}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "States.Format('{} {}', $.b)"}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "States.MathAdd($.b, '1')"}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "States.Hash($.b, 'SHA256')"}, "End": true}}
Passes:
    {"A": {"Type": "Pass", "End": true, "Parameters": {
        "a.$": "States.Format('\\\\{{}, {}', $.b[?(@.c == 'x, y')], States.JsonMerge($.d, $.e, false))", "f.$": "States.Array()"}}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.expressions.call_arguments import PlainCall, calls_in
from sfn_dsl.rules.expressions.sites import sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject
from sfn_dsl.simulate.intrinsics.calls import Call
from sfn_dsl.simulate.intrinsics.functions import FUNCTIONS

__all__ = ["intrinsic_arguments"]

# What each argument must be where it is a fixed value: t text, n number, a array, o object, f the word false, h a hash algorithm.
_KINDS = {
    "StringToJson": "t",
    "ArrayPartition": "an",
    "ArrayContains": "a",
    "ArrayRange": "nnn",
    "ArrayGetItem": "an",
    "ArrayLength": "a",
    "ArrayUnique": "a",
    "Base64Encode": "t",
    "Base64Decode": "t",
    "Hash": "-h",
    "JsonMerge": "oof",
    "MathRandom": "nnn",
    "MathAdd": "nn",
    "StringSplit": "tt",
}
_WANTED = {
    "t": "a text",
    "n": "a number",
    "a": "an array",
    "o": "an object",
    "f": "`false`",
    "h": "one of 'MD5', 'SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'",
}
_HASHES = ("'MD5'", "'SHA-1'", "'SHA-256'", "'SHA-384'", "'SHA-512'")
_PIECE = re.compile(r"\\.|(\{\})|([{}])", re.DOTALL)


@rule(
    "SFN240",
    "intrinsic-arity",
    "intrinsic-format-placeholders",
    "intrinsic-literal-type",
    severity=Severity.WARNING,
)
def intrinsic_arguments(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if isinstance(site.parsed, Call):
            for call in calls_in(site.text):
                for name, problem in _faults(call):
                    where = f"under `{site.key}` in state `{site.state.name}`"
                    yield Finding(site.pointer, f"`{call.name}` {where} {problem}", "", name)


def _faults(call: PlainCall) -> Iterator[tuple[str, str]]:
    function, given = FUNCTIONS[call.name], len(call.arguments)
    if given < function.least or (function.most is not None and given > function.most):
        most = function.most
        wanted = f"{function.least}" if most == function.least else f"{function.least} or more" if most is None else f"2 or {most}"
        yield "intrinsic-arity", f"takes {wanted} argument{'' if wanted == '1' else 's'}, not {given}"
    elif call.name == "States.Format":
        yield from _format(call)
    else:
        for number, (kind, text) in enumerate(zip(_KINDS.get(call.name.removeprefix("States."), ""), call.arguments, strict=False)):
            if text[0] not in "$S" and not _fits(kind, text):
                yield "intrinsic-literal-type", f"takes {_WANTED[kind]} as argument {number + 1}, not `{text}`"


def _fits(kind: str, text: str) -> bool:
    if kind == "t":
        return text[0] == "'"
    if kind == "n":
        return text[0] == "-" or text[0].isdigit()
    if kind == "h":
        return text in _HASHES
    return kind == "-" or (kind == "f" and text != "true")


def _format(call: PlainCall) -> Iterator[tuple[str, str]]:
    template, values = call.arguments[0], len(call.arguments) - 1
    if template[0] == "'":
        pieces = _PIECE.findall(template)
        places = sum(1 for place, _ in pieces if place)
        if any(single for _, single in pieces):
            yield "intrinsic-format-placeholders", "has a template with a single `{` or `}`: write `\\{` or `\\}`"
        elif places != values:
            counted = f"{places} `{{}}` but {values} value{'' if values == 1 else 's'}"
            yield "intrinsic-format-placeholders", f"has {counted} for {'it' if places == 1 else 'them'}"
