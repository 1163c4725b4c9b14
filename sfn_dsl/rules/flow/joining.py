"""Values from literals and from several ways: what a join of two values is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sfn_dsl.rules.flow.values import (
    ANY,
    ARRAY,
    BOOLEAN,
    MAX_DEPTH,
    MAX_MEMBERS,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    UNSET,
    Members,
    Presence,
    Value,
    list_of,
    object_of,
    sequence,
    weaker,
)

__all__ = ["array_of", "from_json", "joined"]

_MAX_ITEMS: Final = 1000


def array_of(items: Iterable[Value]) -> Value:
    """An array of just these items."""
    known = tuple(items)
    element: Value | None = None
    for item in known:
        element = item if element is None else joined(element, item)
    return sequence(known if len(known) <= MAX_MEMBERS else None, element)


def from_json(value: Any, depth: int = 0) -> Value:
    """The value that a literal is."""
    if depth > MAX_DEPTH:
        return ANY
    if isinstance(value, dict):
        if len(value) > MAX_MEMBERS:
            return ANY
        return object_of({name: (from_json(inner, depth + 1), Presence.CERTAIN) for name, inner in value.items()})
    if isinstance(value, list):
        return list_of(ANY) if len(value) > _MAX_ITEMS else array_of(from_json(inner, depth + 1) for inner in value)
    if value is None:
        return Value(NULL, literal=None)
    if isinstance(value, bool):
        return Value(BOOLEAN, literal=value)
    return Value(STRING if isinstance(value, str) else NUMBER, literal=value)


def joined(first: Value, second: Value) -> Value:
    """What is the one or the other. The first itself where the second adds nothing."""
    return _joined(first, second, {})


def _joined(first: Value, second: Value, done: dict[tuple[int, int], Value]) -> Value:
    if first is second or first is ANY:
        return first
    if second is ANY:
        return ANY
    key = (id(first), id(second))
    if key not in done:
        done[key] = _united(first, second, done)
    return done[key]


def _united(first: Value, second: Value, done: dict[tuple[int, int], Value]) -> Value:
    kinds = first.kinds | second.kinds
    shared = first.has_literal and second.has_literal and first.kinds == second.kinds and first.literal == second.literal
    literal = first.literal if shared else UNSET
    shape = first.shape if first.shape is second.shape else None
    members, rest = _united_members(first, second, done) if shape is None else (None, None)
    items, element = _united_items(first, second, done)
    same = kinds == first.kinds and shape is first.shape and rest is first.rest and element is first.element
    same = same and items is first.items and (shared or not first.has_literal)
    if same and (shape is not None or members is first.members):
        return first
    inner = [value for value, _ in (members or {}).values()] + [value for value in (rest, element, *(items or ())) if value]
    depth = 1 + max((value.depth for value in inner), default=0)
    if depth > MAX_DEPTH or len(members or ()) > MAX_MEMBERS:
        return ANY
    doubtful = any(value.doubtful for value in inner)
    doubtful = doubtful or any(presence is Presence.POSSIBLE for _, presence in (members or {}).values())
    origin = first.origin if first.origin == second.origin else ""
    return Value(
        kinds,
        members=members,
        rest=rest,
        items=items,
        element=element,
        literal=literal,
        shape=shape,
        origin=origin,
        depth=depth,
        doubtful=doubtful,
    )


def _united_members(first: Value, second: Value, done: dict[tuple[int, int], Value]) -> tuple[Members, Value | None]:
    if not second.kinds & OBJECT:
        return first.members, first.rest
    if not first.kinds & OBJECT:
        return second.members, second.rest
    if first.shape is not None and second.shape is not None:
        return {}, ANY
    rest = first.rest
    if second.rest is not None:
        rest = second.rest if rest is None else _joined(rest, second.rest, done)
    members: dict[str, tuple[Value, Presence]] = {}
    ours, theirs = first.members, second.members
    changed = False
    for name, known in ours.items():
        value, presence = known
        if name in theirs:
            other, there = theirs[name]
            if other is not value or there is not presence:
                known = (_joined(value, other, done), weaker(presence, there))
        elif second.rest is ANY:
            changed = True
            continue
        else:
            known = _missing_in(second, value, presence, done)
        members[name] = known
        changed = changed or known[0] is not value or known[1] is not presence
    for name, (value, presence) in theirs.items():
        if name not in ours and first.rest is not ANY:
            members[name] = _missing_in(first, value, presence, done)
            changed = True
    return (members if changed else ours), rest


def _missing_in(other: Value, value: Value, presence: Presence, done: dict[tuple[int, int], Value]) -> tuple[Value, Presence]:
    if other.rest is not None:
        return _joined(value, other.rest, done), Presence.UNKNOWN
    return value, weaker(presence, Presence.POSSIBLE)


def _united_items(first: Value, second: Value, done: dict[tuple[int, int], Value]) -> tuple[tuple[Value, ...] | None, Value | None]:
    if not second.kinds & ARRAY:
        return first.items, first.element
    if not first.kinds & ARRAY:
        return second.items, second.element
    element = first.element
    if second.element is not None:
        element = second.element if element is None else _joined(element, second.element, done)
    if first.items is None or second.items is None or len(first.items) != len(second.items):
        return None, element
    items = tuple(_joined(one, other, done) for one, other in zip(first.items, second.items, strict=True))
    return (first.items if all(map(_is, items, first.items)) else items), element


def _is(first: Value, second: Value) -> bool:
    return first is second
