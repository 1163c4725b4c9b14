"""Answers from what a user has declared about results: `returns={"rows": int}` of a function becomes `{"rows": 0}`."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from sfn_dsl.asl.model import Json
from sfn_dsl.asl.shapes import Shape

__all__ = ["declared_value", "with_member"]

_SCALARS: Mapping[str, Json] = {
    "integer": 1,
    "number": 1,
    "boolean": True,
    "list": [],
    "map": {},
    "structure": {},
    "timestamp": "2026-01-01T00:00:00Z",
}


def declared_value(shape: Shape, members: Mapping[str, Json] | None = None, name: str = "value") -> Json:
    """A value of a declared shape: texts are the names of their fields, numbers 1. `members` overrides fields."""
    if shape.kind == "structure" or members:
        inner = {key: declared_value(member, name=key) for key, member in _members(shape)}
        return {**inner, **(members or {})}
    if shape.kind == "list" and shape.element.kind not in ("any", "list"):
        return [declared_value(shape.element, name=name)]
    return copy.copy(_SCALARS.get(shape.kind, name))


def _members(shape: Shape) -> list[tuple[str, Shape]]:
    return list(shape.members.items()) if shape.kind == "structure" else []


def with_member(value: Json, path: tuple[str, ...], member: Json) -> Json:
    """A copy of a value with a member put at a path of names; the member itself for an empty path."""
    if not path:
        return member
    base: dict[str, Any] = dict(value) if isinstance(value, dict) else {}
    top = base
    for key in path[:-1]:
        inner = base.get(key)
        base[key] = dict(inner) if isinstance(inner, dict) else {}
        base = base[key]
    base[path[-1]] = member
    return top
