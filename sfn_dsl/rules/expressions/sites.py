"""Every place of a definition where an expression stands, or may be meant to stand, found and parsed once.

Fields that a state's type does not have are left out, as are those of the other query language: other rules name them. Text
that AWS never parses (Type, Comment, Next, Default, Resource, ErrorEquals, Retry, ReaderConfig.CSVHeaders, ...) is no site, and
neither is text with a placeholder that is filled in at deployment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

from sfn_dsl.asl.model import Json
from sfn_dsl.rules.expressions.site import Parsed, Role, Site, is_delimited, looks_dynamic
from sfn_dsl.rules.finding import pointer_to
from sfn_dsl.rules.subject import State, Subject

__all__ = ["JSONATA_FIELDS", "JSONPATH_FIELDS", "Parsed", "Role", "Site", "is_delimited", "looks_dynamic", "sites_of"]

_DATA: Final = ("Task", "Parallel", "Map", "Pass", "Wait", "Choice", "Succeed")
_WORK: Final = ("Task", "Parallel", "Map")

# Fields that only one query language has, and the types of state that have them. A dot leads into an object.
JSONPATH_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "InputPath": _DATA,
    "OutputPath": _DATA,
    "Parameters": (*_WORK, "Pass"),
    "ResultSelector": _WORK,
    "ResultPath": (*_WORK, "Pass"),
    "Result": ("Pass",),
    "ItemsPath": ("Map",),
    "TimeoutSecondsPath": ("Task",),
    "HeartbeatSecondsPath": ("Task",),
    "SecondsPath": ("Wait",),
    "TimestampPath": ("Wait",),
    "ErrorPath": ("Fail",),
    "CausePath": ("Fail",),
    "MaxConcurrencyPath": ("Map",),
    "ToleratedFailureCountPath": ("Map",),
    "ToleratedFailurePercentagePath": ("Map",),
    "ItemReader.Parameters": ("Map",),
    "ItemReader.ReaderConfig.MaxItemsPath": ("Map",),
    "ItemBatcher.MaxItemsPerBatchPath": ("Map",),
    "ItemBatcher.MaxInputBytesPerBatchPath": ("Map",),
    "ResultWriter.Parameters": ("Map",),
}
JSONATA_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "Output": _DATA,
    "Arguments": ("Task", "Parallel"),
    "Items": ("Map",),
    "ItemReader.Arguments": ("Map",),
    "ResultWriter.Arguments": ("Map",),
}
# Payloads in both languages, and plain fields that may hold JSONata.
_PAYLOADS: Final = {
    "Assign": (*_WORK, "Pass", "Wait", "Choice"),
    "Credentials": ("Task",),
    "ItemSelector": ("Map",),
    "ItemBatcher.BatchInput": ("Map",),
}
_SCALARS: Final = {
    "TimeoutSeconds": ("Task",),
    "HeartbeatSeconds": ("Task",),
    "Seconds": ("Wait",),
    "Timestamp": ("Wait",),
    "Error": ("Fail",),
    "Cause": ("Fail",),
    "MaxConcurrency": ("Map",),
    "ToleratedFailureCount": ("Map",),
    "ToleratedFailurePercentage": ("Map",),
    "ItemReader.ReaderConfig.MaxItems": ("Map",),
    "ItemBatcher.MaxItemsPerBatch": ("Map",),
    "ItemBatcher.MaxInputBytesPerBatch": ("Map",),
}
_PATHS: Final = ("InputPath", "OutputPath", "ItemsPath")
_TEMPLATES: Final = ("Parameters", "ResultSelector", "ItemReader.Parameters", "ResultWriter.Parameters", "Result")
_LOGIC: Final = ("And", "Or", "Not")
_COMPARED: Final = ("String", "Numeric", "Boolean", "Timestamp")


_CACHE: Final[WeakKeyDictionary[Subject, list[Site]]] = WeakKeyDictionary()


def sites_of(subject: Subject) -> list[Site]:
    """The sites of a definition, state by state; computed once for a subject."""
    sites = _CACHE.get(subject)
    if sites is None:
        found = (site for state in subject.states if state.type for site in _of_state(state))
        sites = _CACHE[subject] = [site for site in found if not subject.is_open(site.text)]
    return sites


def _fields_by_type(tables: tuple[Mapping[str, tuple[str, ...]], ...]) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for table in tables:
        for name, types in table.items():
            for kind in types:
                found.setdefault(kind, []).append((name, tuple(name.split("."))))
    return found


_IN_JSONATA: Final = _fields_by_type((JSONATA_FIELDS, _PAYLOADS, _SCALARS))
_IN_JSONPATH: Final = _fields_by_type((JSONPATH_FIELDS, _PAYLOADS, {"Error": ("Fail",), "Cause": ("Fail",)}))
_ABSENT: Final = object()


def _of_state(state: State) -> Iterator[Site]:
    for name, parts in (_IN_JSONATA if state.jsonata else _IN_JSONPATH)[state.type or ""]:
        value: Any = state.body
        for part in parts:
            value = value.get(part, _ABSENT) if isinstance(value, dict) else _ABSENT
        if value is not _ABSENT and value is not None:
            yield from _of_field(state, name, value, state.at(*parts))
    for owner, fields in (("Catch", ("Output", "Assign", "ResultPath")), ("Choices", ("Condition", "Output", "Assign"))):
        if owner not in state.body or state.type not in (("Choice",) if owner == "Choices" else _WORK):
            continue
        for pointer, rule in state.rules(owner):
            index = int(pointer[pointer.rindex("/") + 1 :])
            for name in fields:
                if rule.get(name) is not None and (name == "Assign" or (name == "ResultPath") is not state.jsonata):
                    yield from _of_field(state, name, rule[name], pointer_to(pointer, name), owner, index)
            if owner == "Choices" and not state.jsonata:
                yield from _of_rule(state, rule, pointer, index)


def _of_field(state: State, name: str, value: Json, pointer: str, owner: str = "", index: int = 0) -> Iterator[Site]:
    if state.jsonata:
        yield from _of_payload(state, name, value, pointer, owner, index)
    elif name in ("Assign", "Output", "Condition", *_PAYLOADS, *_TEMPLATES):
        if name not in ("Output", "Condition"):
            yield from _of_payload(state, name, value, pointer, owner, index)
    else:
        key = name.rpartition(".")[2]
        if key in ("Error", "Cause"):
            if isinstance(value, str) and _worth_a_look(value):
                yield Site(Role.STATIC, pointer, value, state, name, key, owner, index)
        else:
            role = Role.TEXT_PATH if key in ("ErrorPath", "CausePath") else Role.PATH if key in _PATHS else Role.REFERENCE
            yield Site(role, pointer, value, state, name, key, owner, index)


def _of_payload(state: State, name: str, value: Json, pointer: str, owner: str, index: int) -> Iterator[Site]:
    """The sites in a payload. The keys of a Pass state's `Result` mean nothing, so that all in it is static."""
    dollar = Role.KEY if state.jsonata else Role.STATIC if name == "Result" else Role.PAYLOAD
    plain = Role.QUERY if state.jsonata else Role.STATIC
    key = name.rpartition(".")[2]
    waiting: list[tuple[str, Json, str, int, bool, bool]] = [(key, value, pointer, 0, False, False)]
    while waiting:
        key, value, pointer, depth, listed, twin = waiting.pop()
        marked = depth > 0 and key.endswith(".$")
        if marked:
            yield Site(dollar, pointer, value, state, name, key, owner, index, depth, listed, twin)
            if dollar is Role.PAYLOAD:
                continue
        if isinstance(value, str):
            if _has_delimiter(value) if state.jsonata else _worth_a_look(value) and not marked:
                yield Site(plain, pointer, value, state, name, key, owner, index, depth, listed)
        elif isinstance(value, dict):
            for key, member in reversed(value.items()):
                if isinstance(member, dict | list | str) or key.endswith(".$"):
                    twin = key.endswith(".$") and key[:-2] in value
                    waiting.append((key, member, pointer_to(pointer, key), depth + 1, listed, twin))
        elif isinstance(value, list):
            for number in range(len(value) - 1, -1, -1):
                if isinstance(value[number], dict | list | str):
                    waiting.append(("", value[number], pointer_to(pointer, number), depth + 1, True, False))


def _of_rule(state: State, rule: Mapping[str, Any], pointer: str, index: int) -> Iterator[Site]:
    """The operands of a choice rule, those of the rules inside it included."""
    waiting: list[tuple[Json, str, int]] = [(rule, pointer, 0)]
    while waiting:
        value, pointer, depth = waiting.pop()
        for key, member in value.items() if isinstance(value, dict) else ():
            if key in _LOGIC:
                inner = member if isinstance(member, list) else None
                place = pointer_to(pointer, key)
                waiting += (
                    [(member, place, depth + 1)]
                    if inner is None
                    else [(one, pointer_to(place, number), depth + 1) for number, one in enumerate(inner)]
                )
            elif member is not None and (key == "Variable" or (key.endswith("Path") and key.startswith(_COMPARED))):
                yield Site(Role.PATH, pointer_to(pointer, key), member, state, "Choices", key, "Choices", index, depth)
            elif isinstance(member, str) and key not in ("Next", "Comment", "Condition") and _worth_a_look(member):
                yield Site(Role.STATIC, pointer_to(pointer, key), member, state, "Choices", key, "Choices", index, depth)


def _has_delimiter(text: str) -> bool:
    return ("{%" in text and text.lstrip().startswith("{%")) or ("%}" in text and text.rstrip().endswith("%}"))


def _worth_a_look(text: str) -> bool:
    return looks_dynamic(text) or _has_delimiter(text)
