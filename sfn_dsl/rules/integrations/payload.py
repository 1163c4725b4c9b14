"""What is wrong with payloads, by the shapes of the actions they are sent to; found in one walk, told by several rules.

A payload or a part of it that is an expression says nothing. Names compare without case where an acronym is part of them, because
Step Functions takes the spelling of AWS SDK for Java (`DbInstanceIdentifier`) for what the API calls `DBInstanceIdentifier`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sfn_dsl.asl.model import Json
from sfn_dsl.asl.shapes import Shape
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.integrations.call import Call, calls, is_dynamic
from sfn_dsl.rules.subject import Subject

__all__ = ["faults"]

_ACRONYM = re.compile(r"[A-Z]{2}")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
# Members that hold JSON as text; Step Functions writes an object given for them as text.
_NAMES = """
    AssumeRolePolicyDocument Body Cause Config Configuration Content ContentType Data Definition Detail Document Event Input
    InputPayload Message MessageBody Output Parameters Payload Policy PolicyDocument RequestBody SecretString SessionContext
    Template TemplateBody TemplateData Value
"""
_TEXT_OF_JSON = frozenset(_NAMES.split())
# Tokens that the SDK makes up when they are missing.
_MADE_UP = frozenset(
    {"ClientToken", "ClientRequestToken", "ClientIdempotencyToken", "IdempotencyToken", "CreationToken", "CallerReference"}
)
# Names of AWS SDK for Java that its API does not have.
_JAVA_ONLY: Mapping[str, frozenset[str]] = {
    "s3": frozenset({"SourceBucket", "SourceKey", "SourceVersionId", "DestinationBucket", "DestinationKey"}),
    "dynamodb": frozenset({"Nul"}),
}
_KINDS = {"structure": "an object", "map": "an object", "list": "an array", "integer": "an integer", "number": "a number"}
_LONG = 60


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a payload still to be looked at; `key` is the member it is the value of, empty for the payload itself."""

    value: Json
    shape: Shape
    pointer: str
    key: str


@functools.lru_cache(maxsize=4)
def faults(subject: Subject) -> Mapping[str, tuple[Finding, ...]]:
    """Findings by kind: `parameter`, `member`, `missing`, `type`, `value`."""
    found: dict[str, list[Finding]] = {}
    for call in calls(subject):
        payload = call.payload
        entry = call.entry
        if entry is None or call.pattern is None or entry.input.kind == "any" or not isinstance(payload, dict):
            continue
        free = _TEXT_OF_JSON | entry.free
        pending = [_Part(payload, entry.input, call.state.at(call.field), "")]
        while pending:
            part = pending.pop()
            value, shape = part.value, part.shape
            if isinstance(value, dict) and shape.kind == "structure":
                for kind, finding in _members(call, part):
                    found.setdefault(kind, []).append(finding)
                pending += _inside(call, part)
            elif isinstance(value, dict) and shape.kind == "map":
                pending += _inside(call, part)
            elif isinstance(value, list) and shape.kind == "list":
                element = shape.element
                pending += [
                    _Part(inner, element, f"{part.pointer}/{index}", part.key) for index, inner in reversed(list(enumerate(value)))
                ]
            elif not (isinstance(value, str) and is_dynamic(subject, call.state, value)):
                wrong = _wrong_type(part, free)
                if wrong:
                    found.setdefault("type", []).append(Finding(part.pointer, *wrong))
                else:
                    found.setdefault("value", []).extend(_wrong_value(part))
    return {kind: tuple(findings) for kind, findings in found.items()}


def _plain(call: Call, key: str) -> str:
    return key if call.state.jsonata else key.removesuffix(".$")


def _inside(call: Call, part: _Part) -> list[_Part]:
    """The members of an object whose values are known before the run."""
    found = []
    for key, value in part.value.items():
        if not call.state.jsonata and key.endswith(".$"):
            continue
        if part.shape.kind == "map":
            found.append(_Part(value, part.shape.element, pointer_to(part.pointer, key), part.key))
            continue
        shape = part.shape.members.get(key) or part.shape.members.get(_same(call, key, part.shape) or "")
        if shape is not None and shape.kind != "any":
            found.append(_Part(value, shape, pointer_to(part.pointer, key), key))
    return found[::-1]


def _same(call: Call, key: str, shape: Shape) -> str | None:
    """The member that a name stands for, though it is spelt otherwise; empty for one that only the Java SDK has."""
    lower = key.lower()
    for member in shape.members:
        if member.lower() == lower and key[:1].isupper() and _ACRONYM.search(member):
            return member
        if key == f"{member}s" and shape.members[member].kind == "list":
            return member
        if key == "EqualsValue" and member == "Equals":
            return member
    return "" if call.sdk and key in _JAVA_ONLY.get(call.service, ()) else None


def _members(call: Call, part: _Part) -> Iterator[tuple[str, Finding]]:
    """What is wrong with the names in an object."""
    members = part.shape.members
    present = set()
    for written in part.value:
        key = _plain(call, written)
        present.add(key.lower().removesuffix(".$"))
        if key in members or _same(call, key, part.shape) is not None:
            continue
        near = next((member for member in members if member.lower() == key.lower()), None)
        help = f"write `{near}`" if near else did_you_mean(key[:_LONG], members)
        present.add(help.removeprefix("did you mean `").removesuffix("`?").lower())  # so that it is not told of as missing too
        if key.endswith(".$") and key.removesuffix(".$") in members:
            help = f"in JSONata write `{key.removesuffix('.$')}` with `{{% ... %}}`"
        shown = key[:_LONG]
        if part.key:
            message = f"`{part.key}` of `{call.name}` has no member `{shown}`"
            yield "member", Finding(pointer_to(part.pointer, written), message, help)
        else:
            message = f"`{call.name}` has no parameter `{shown}`"
            name = "task-unknown-parameter"
            if call.sdk:
                name = "task-sdk-parameter-case" if near else "task-sdk-unknown-parameter"
            yield "parameter", Finding(pointer_to(part.pointer, written), message, help, name)
    for member in sorted(part.shape.required - _MADE_UP):
        if member.lower() not in present and f"{member.lower()}s" not in present:
            where = f"`{part.key}` of `{call.name}`" if part.key else f"`{call.name}`"
            yield "missing", Finding(part.pointer, f"{where} needs `{member}`", f"add `{member}`")


def _wrong_type(part: _Part, free: frozenset[str]) -> tuple[str, str] | None:
    """A message and help where a literal cannot become what the API wants; text of a number or a truth value can."""
    value, kind = part.value, part.shape.kind
    if value is None or kind in ("any", "blob", "timestamp"):
        return None
    match value:
        case bool():
            fits = kind == "boolean"
            given = "a truth value"
        case int() | float():
            fits = kind == "number" or (kind == "integer" and (isinstance(value, int) or value.is_integer()))
            given = "a number"
        case str():
            fits = kind == "string" or (kind == "boolean" and value.lower() in ("true", "false"))
            fits = fits or (kind in ("integer", "number") and _NUMBER.fullmatch(value) is not None)
            fits = fits or {"S", "SS"} <= part.shape.members.keys()  # text is taken for an attribute value of DynamoDB
            given = "text"
        case _:
            fits = kind == "string" and part.key in free
            given = "an array" if isinstance(value, list) else "an object"
    if fits:
        return None
    wanted = _KINDS.get(kind, "a truth value" if kind == "boolean" else "text")
    subject = f"`{part.key}`" if part.pointer.endswith(f"/{part.key}") else f"a value in `{part.key}`"
    return f"{subject} is {given}, where the API wants {wanted}", f"give {wanted}"


def _wrong_value(part: _Part) -> Iterator[Finding]:
    value, shape = part.value, part.shape
    if isinstance(value, str) and shape.values and value not in shape.values:
        known = ", ".join(f"`{one}`" for one in shape.values[:8]) + (", ..." if len(shape.values) > 8 else "")
        help = did_you_mean(value[:_LONG], shape.values) or f"use one of {known}"
        yield Finding(part.pointer, f"`{part.key}` has no value `{value[:_LONG]}`", help)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if shape.minimum is not None and value < shape.minimum:
            yield Finding(part.pointer, f"`{part.key}` is less than {shape.minimum}", f"use {shape.minimum} or more")
        elif shape.maximum is not None and value > shape.maximum:
            yield Finding(part.pointer, f"`{part.key}` is more than {shape.maximum}", f"use {shape.maximum} or less")
