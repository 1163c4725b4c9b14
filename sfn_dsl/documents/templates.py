"""Definitions inside CloudFormation and SAM templates, with the places in the template that their values come from.

What is only known at deployment (`Ref`, `Fn::GetAtt`, ...) becomes text with a `${...}` placeholder, which says nothing about its
value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sfn_dsl.asl.model import Json
from sfn_dsl.diagnostic import Severity
from sfn_dsl.documents.json_positions import read_json
from sfn_dsl.documents.position import Document, MappedLines, Position, Problem, pointer_of

__all__ = [
    "Embedded",
    "Places",
    "elsewhere_note",
    "embedded",
    "is_template",
    "problems_below",
    "spelled_document",
    "without_intrinsics",
]

_CLOUDFORMATION = "AWS::StepFunctions::StateMachine"
_SERVERLESS = "AWS::Serverless::StateMachine"
_TYPES = ("STANDARD", "EXPRESS")


@dataclass(frozen=True, slots=True)
class Places:
    """Where the values of a definition stand: `base` leads to it in a document."""

    document: Document
    base: str = ""

    def position_of(self, pointer: str) -> Position:
        """Where a value begins, or the nearest one around it."""
        return self.document.position_of(self.base + pointer)

    def key_position_of(self, pointer: str) -> Position:
        """Where the key of a member begins."""
        return self.document.key_position_of(self.base + pointer)


@dataclass(frozen=True, slots=True)
class Embedded:
    """A definition in a template. `name`: the resource's logical id. `type`: None where only the deployment tells.

    `readable`: whether `value` is a definition for rules to look at; it is not where the text is broken or the definition is
    elsewhere. `elsewhere`: the local file that holds it, as the template names it.
    """

    name: str
    value: Json
    type: str | None
    substitutions: bool
    places: Places
    problems: tuple[Problem, ...] = ()
    readable: bool = True
    elsewhere: str = ""

    def position_of(self, pointer: str) -> Position:
        """Where a value of the definition stands in the template."""
        return self.places.position_of(pointer)


@dataclass(frozen=True, slots=True)
class _Spelled:
    """A text that is spelled somewhere in a document. `open`: parts of it are only known at deployment."""

    text: str
    offsets: Callable[[], list[int]]
    open: bool


def elsewhere_note(position: Position, message: str) -> Problem:
    """Says that there is nothing to check here."""
    return Problem(position, message, "check its own file", "definition-elsewhere", severity=Severity.INFO)


def is_template(value: Json) -> bool:
    """Whether a value is a template that holds a state machine."""
    return any(True for _ in _machines(value))


def _machines(value: Json) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Logical id, type and properties of each state machine."""
    resources = value.get("Resources") if isinstance(value, dict) else None
    for name, resource in resources.items() if isinstance(resources, dict) else ():
        if isinstance(resource, dict) and resource.get("Type") in (_CLOUDFORMATION, _SERVERLESS):
            properties = resource.get("Properties")
            yield name, resource["Type"], properties if isinstance(properties, dict) else {}


def embedded(document: Document) -> list[Embedded]:
    """The definitions in a template, in its order."""
    return [found for name, kind, properties in _machines(document.value) for found in _machine(document, name, kind, properties)]


def _machine(document: Document, name: str, kind: str, properties: Mapping[str, Any]) -> Iterator[Embedded]:
    serverless = kind == _SERVERLESS
    type_ = properties.get("Type" if serverless else "StateMachineType", "STANDARD")
    substituted = bool(properties.get("DefinitionSubstitutions"))
    for key in ("Definition", "DefinitionString", "DefinitionUri", "DefinitionS3Location"):
        if key not in properties:
            continue
        value, pointer = properties[key], pointer_of(("Resources", name, "Properties", key))
        found = _read(document, pointer, value, substituted) if key in ("Definition", "DefinitionString") else None
        if found is None:
            found = _Found(None, substituted, Places(document, pointer), (), readable=False)
        local = value if key == "DefinitionUri" and isinstance(value, str) and "://" not in value else ""
        problems = found.problems
        if not found.readable and not problems and not local:
            message = f"the definition of `{name}` is not in this template and is not checked"
            problems = (elsewhere_note(document.key_position_of(pointer), message),)
        known = type_ if isinstance(type_, str) and type_ in _TYPES else None
        yield Embedded(name, found.value, known, found.substitutions, found.places, problems, found.readable, local)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a property holds, see Embedded."""

    value: Json
    substitutions: bool
    places: Places
    problems: tuple[Problem, ...]
    readable: bool


def _read(document: Document, pointer: str, value: Json, substituted: bool) -> _Found | None:
    """The definition that a property holds; None where its text is not in the template."""
    if isinstance(value, dict) and _intrinsic(value) == "Fn::ToJsonString":
        pointer, value = f"{pointer}/Fn::ToJsonString", value["Fn::ToJsonString"]
    spelled = _spelled(document, pointer, value)
    if spelled is not None:
        substituted = substituted or spelled.open
        inner = spelled_document(document, spelled.text, spelled.offsets, substitutions=substituted)
        return _Found(inner.value, substituted, Places(inner), inner.problems, not inner.broken)
    if _intrinsic(value) is not None:
        return None
    plain, found = without_intrinsics(value)
    return _Found(plain, substituted or found, Places(document, pointer), problems_below(document, pointer), not document.broken)


def spelled_document(document: Document, text: str, offsets: Callable[[], list[int]], *, substitutions: bool) -> Document:
    """A JSON document that is spelled as a text inside another, with positions in the other."""
    return read_json(text, substitutions=substitutions, lines=MappedLines(document.lines, offsets))


def problems_below(document: Document, pointer: str) -> tuple[Problem, ...]:
    """The problems of a document that are about a value or what is inside it, with pointers that start from that value."""
    return tuple(
        replace(problem, pointer=problem.pointer[len(pointer) :])
        for problem in document.problems
        if problem.pointer == pointer or problem.pointer.startswith(f"{pointer}/")
    )


def _intrinsic(value: Json) -> str | None:
    """The name of the intrinsic function that a value calls."""
    if isinstance(value, dict) and len(value) == 1:
        name: str = next(iter(value))
        if name.startswith("Fn::") or (name == "Ref" and isinstance(value[name], str)):
            return name
    return None


def _spelled(document: Document, pointer: str, value: Json) -> _Spelled | None:
    """A literal text, the text of a `Fn::Sub`, or the parts of a `Fn::Join`; None for anything else."""
    if isinstance(value, dict) and _intrinsic(value) == "Fn::Join":
        return _joined(document, f"{pointer}/Fn::Join", value["Fn::Join"])
    return _literal(document, pointer, value)


def _literal(document: Document, pointer: str, value: Json) -> _Spelled | None:
    if isinstance(value, str):
        return _Spelled(value, lambda: document.offsets_of(pointer), False)
    if isinstance(value, dict) and _intrinsic(value) == "Fn::Sub":
        inner, at = value["Fn::Sub"], f"{pointer}/Fn::Sub"
        if isinstance(inner, list) and inner:
            inner, at = inner[0], f"{at}/0"
        if isinstance(inner, str):
            return _Spelled(inner, lambda: document.offsets_of(at), "${" in inner)
    return None


def _joined(document: Document, pointer: str, arguments: Json) -> _Spelled | None:
    match arguments:
        case [str(between), list(members)]:
            pass
        case _:
            return None
    parts: list[_Spelled] = []
    for index, member in enumerate(members):
        at = f"{pointer}/1/{index}"
        if index and between:
            parts.append(_opaque(document, at, between))
        parts.append(_literal(document, at, member) or _opaque(document, at, _placeholder(member)))

    def offsets() -> list[int]:
        lists = [part.offsets() for part in parts]
        return [offset for found in lists for offset in found[:-1]] + (lists[-1][-1:] if lists else [document.offset_of(pointer)])

    return _Spelled("".join(part.text for part in parts), offsets, any(part.open or part.text.startswith("${") for part in parts))


def _opaque(document: Document, pointer: str, text: str) -> _Spelled:
    """A text all of which stands for one value of the document."""
    return _Spelled(text, lambda: [document.offset_of(pointer)] * (len(text) + 1), False)


def _placeholder(value: Json) -> str:
    """What stands for a value that is only known at deployment."""
    match value:
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(resource), str(attribute)]}:
            return f"${{{resource}.{attribute}}}"
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            return text
        case {"Fn::Join": [str(between), list(members)]}:
            return between.join(member if isinstance(member, str) else _call(member) for member in members)
        case _:
            return _call(value)


def _call(value: Json) -> str:
    name = _intrinsic(value)
    return f"${{{value['Ref'] if name == 'Ref' and isinstance(value, dict) else name or 'value'}}}"


def without_intrinsics(value: Json) -> tuple[Json, bool]:
    """A copy in which text with placeholders stands for calls of intrinsic functions, and whether there were any."""
    root: list[Any] = [value]
    found = False
    pending: list[Any] = [root]
    while pending:
        holder = pending.pop()
        for key, member in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            if _intrinsic(member) is not None:
                found = True
                if isinstance(holder, dict) and member == {"Ref": "AWS::NoValue"}:
                    del holder[key]
                else:
                    holder[key] = _placeholder(member)
            elif isinstance(member, (dict, list)):
                holder[key] = member.copy()
                pending.append(holder[key])
    return root[0], found
