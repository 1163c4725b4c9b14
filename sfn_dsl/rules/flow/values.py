"""What can be in a place of a document: the values of the abstract interpretation of a definition.

A Value says which JSON kinds are possible and, where it is known, what is inside. Values never change. They are kept small:
what is nested too deep or has too many members becomes ANY, so that every computation ends soon.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from sfn_dsl.asl.shapes import Shape

__all__ = [
    "ALL",
    "ANY",
    "ARRAY",
    "BOOLEAN",
    "MAX_DEPTH",
    "MAX_MEMBERS",
    "NULL",
    "NUMBER",
    "OBJECT",
    "STRING",
    "UNSET",
    "Members",
    "Presence",
    "Value",
    "from_shape",
    "kind_names",
    "list_of",
    "object_of",
    "scalar",
    "sequence",
    "settled",
    "weaker",
    "written",
]

NULL: Final = 1
BOOLEAN: Final = 2
NUMBER: Final = 4
STRING: Final = 8
ARRAY: Final = 16
OBJECT: Final = 32
ALL: Final = 63

_KIND_NAMES: Final = ((NULL, "null"), (BOOLEAN, "a boolean"), (NUMBER, "a number"), (STRING, "a string"), (ARRAY, "an array"))
MAX_DEPTH: Final = 24
MAX_MEMBERS: Final = 64
UNSET: Final[Any] = object()


class Presence(enum.Enum):
    """Whether a member is there. POSSIBLE: it is there on some ways only. UNKNOWN: nothing can be said, so nothing is."""

    CERTAIN = 2
    POSSIBLE = 1
    UNKNOWN = 0
    ABSENT = -1


Members: TypeAlias = Mapping[str, tuple["Value", Presence]]


class Value:
    """What can be in a place.

    `kinds`: a bit for every JSON kind that is possible. Of objects: `members`, and `rest`, what any other member holds (None: there
    is no other member). Of arrays: `items` where their number is known, and `element`, what any item holds (None: there is none).
    `literal`: the only scalar it can be. `shape`: a service's shape that the inside is taken from when it is asked for. `origin`:
    the service call that it is the result of, or a part of. `doubtful`: it has a POSSIBLE member somewhere.
    """

    __slots__ = ("_members", "_settled", "depth", "doubtful", "element", "items", "kinds", "literal", "origin", "rest", "shape")

    def __init__(
        self,
        kinds: int,
        *,
        members: Members | None = None,
        rest: Value | None = None,
        items: tuple[Value, ...] | None = None,
        element: Value | None = None,
        literal: Any = UNSET,
        shape: Shape | None = None,
        origin: str = "",
        depth: int = 1,
        doubtful: bool = False,
    ) -> None:
        self.kinds = kinds
        self._members = members
        self.rest = rest
        self.items = items
        self.element = element
        self.literal = literal
        self.shape = shape
        self.origin = origin
        self.depth = depth
        self.doubtful = doubtful
        self._settled: Value | None = None

    @property
    def members(self) -> Members:
        """The known members of the objects it can be."""
        if self._members is None:
            shape = self.shape
            self._members = (
                {}
                if shape is None or shape.kind != "structure"
                else {name: (from_shape(inner, self.origin), Presence.UNKNOWN) for name, inner in shape.members.items()}
            )
        return self._members

    @property
    def has_literal(self) -> bool:
        """Whether it can be one scalar only."""
        return self.literal is not UNSET

    def only(self, kind: int) -> bool:
        """Whether it is certainly of a kind."""
        return self.kinds == kind


ANY: Final = Value(ALL)
ANY.rest = ANY.element = ANY

_SCALARS: Final = {kind: Value(kind) for kind in (NULL, BOOLEAN, NUMBER, STRING, STRING | NULL, STRING | NUMBER)}


def kind_names(kinds: int) -> str:
    """`a string or null`."""
    return " or ".join(name for kind, name in (*_KIND_NAMES, (OBJECT, "an object")) if kinds & kind)


def scalar(kinds: int) -> Value:
    """A scalar of some kinds."""
    return _SCALARS.get(kinds) or Value(kinds)


def object_of(members: Members, rest: Value | None = None) -> Value:
    """An object with these members, and others that hold `rest`."""
    if len(members) > MAX_MEMBERS:
        return Value(OBJECT, members={}, rest=ANY)
    depth = 1 + max((value.depth for value, _ in members.values()), default=0)
    if depth > MAX_DEPTH:
        return ANY
    doubtful = any(value.doubtful or presence is Presence.POSSIBLE for value, presence in members.values())
    return Value(OBJECT, members=members, rest=rest, depth=depth, doubtful=doubtful)


def list_of(element: Value | None) -> Value:
    """An array of any number of items."""
    return sequence(None, element)


def sequence(items: tuple[Value, ...] | None, element: Value | None) -> Value:
    """An array, from its parts."""
    depth = 1 + max((part.depth for part in (*(items or ()), element) if part is not None), default=0)
    if depth > MAX_DEPTH:
        return ANY
    doubtful = any(item.doubtful for item in items or ()) or (element is not None and element.doubtful)
    return Value(ARRAY, items=items, element=element, depth=depth, doubtful=doubtful)


# Blobs may come parsed or not; dates as texts or, from optimised integrations, as numbers.
_SHAPE_KINDS: Final = {"string": STRING, "integer": NUMBER, "number": NUMBER, "boolean": BOOLEAN, "timestamp": STRING | NUMBER}


def from_shape(shape: Shape, origin: str = "") -> Value:
    """A service's shape, looked into only as far as it is read."""
    kind = shape.kind
    if kind == "structure":
        return Value(OBJECT, shape=shape, origin=origin)
    if kind == "map":
        return Value(OBJECT, members={}, rest=ANY)
    if kind == "list":
        return Value(ARRAY, element=from_shape(shape.element, origin) if shape.element.kind != "list" else ANY)
    return scalar(_SHAPE_KINDS[kind]) if kind in _SHAPE_KINDS else ANY


def weaker(first: Presence, second: Presence) -> Presence:
    """The one that says less."""
    return first if first.value < second.value else second


def settled(value: Value) -> Value:
    """The value as it is after a decision that may have told the ways apart: what was POSSIBLE is UNKNOWN."""
    if not value.doubtful:
        return value
    if value._settled is None:
        value._settled = Value(
            value.kinds,
            members={
                name: (settled(inner), Presence.UNKNOWN if presence is Presence.POSSIBLE else presence)
                for name, (inner, presence) in value.members.items()
            },
            rest=value.rest and settled(value.rest),
            items=value.items and tuple(map(settled, value.items)),
            element=value.element and settled(value.element),
            depth=value.depth,
        )
    return value._settled


def written(document: Value, steps: tuple[str | int, ...], value: Value) -> Value | None:
    """The document with a value put at a reference path; None where that certainly cannot be."""
    if not steps:
        return value
    step = steps[0]
    if isinstance(step, int):
        return ANY if document.kinds & ARRAY else None
    if not document.kinds & OBJECT:
        return ANY if document.kinds & NULL else None
    known = document.members.get(step)
    if known is None:
        inner = written(document.rest or object_of({}), steps[1:], value)
    else:
        inner = written(known[0], steps[1:], value)
        if inner is None and known[1] is not Presence.CERTAIN:
            inner = ANY
    if inner is None:
        return None
    members = {**document.members, step: (inner, Presence.CERTAIN)}
    depth = max(document.depth, 1 + inner.depth)
    if len(members) > MAX_MEMBERS or depth > MAX_DEPTH:
        return Value(OBJECT, members={}, rest=ANY)
    return Value(OBJECT, members=members, rest=document.rest, depth=depth, doubtful=document.doubtful or inner.doubtful)
