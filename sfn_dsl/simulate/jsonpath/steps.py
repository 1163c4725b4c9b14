"""The steps of a JSONPath and what each selects from a JSON value (Jayway's dialect)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sfn_dsl.asl.model import Json

__all__ = ["ABSENT", "Filter", "Indexes", "Mark", "Names", "Slice", "Step", "is_definite", "leading", "only", "select"]

ABSENT: Final[Any] = object()
"""What a path in a filter means when it leads nowhere."""


@dataclass(frozen=True, slots=True)
class Names:
    """`['a','b']`: at the end of a path one object of the members that exist, elsewhere each of them."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Indexes:
    """`[0,2]`."""

    indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """`[start:stop]`; at least one is given."""

    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?(...)]`: `keeps` takes an item and the document of the path."""

    keeps: Callable[[Json, Json], bool]


@dataclass(frozen=True, slots=True)
class Mark:
    """`*` or `..`."""

    text: str


Step: TypeAlias = str | int | Names | Indexes | Slice | Filter | Mark


def leading(steps: Sequence[Step]) -> tuple[str | int, ...]:
    """The single names and indexes that a path begins with."""
    single: list[str | int] = []
    for step in steps:
        if not isinstance(step, (str, int)):
            break
        single.append(step)
    return tuple(single)


def is_definite(steps: Sequence[Step]) -> bool:
    """Whether a path means one value: only single names and indexes, or these and several names at the end."""
    rest = steps[len(leading(steps)) :]
    return not rest or (len(rest) == 1 and isinstance(rest[0], Names))


def only(steps: Sequence[str | int], value: Json) -> Json:
    """The value that single names and indexes lead to, or ABSENT."""
    for step in steps:
        if isinstance(step, str):
            if not isinstance(value, dict) or step not in value:
                return ABSENT
        elif not isinstance(value, list) or not -len(value) <= step < len(value):
            return ABSENT
        value = value[step]
    return value


def select(steps: Sequence[Step], document: Json, root: Json) -> list[Json]:
    """Everything that the steps lead to, in order. `root` is what `$` means in filters."""
    nodes = [document]
    position, end = 0, len(steps)
    while position < end and nodes:
        step = steps[position]
        position += 1
        if isinstance(step, Mark) and step.text == "..":
            step = steps[position]
            position += 1
            nodes = [found for node in nodes for found in _scan(step, node, position == end, root)]
        else:
            nodes = [found for node in nodes for found in _children(step, node, position == end, root)]
    return nodes


def _at(items: list[Json], indexes: Iterable[int]) -> list[Json]:
    size = len(items)
    return [items[index] for index in indexes if -size <= index < size]


def _children(step: Step, node: Json, last: bool, root: Json) -> Iterable[Json]:
    if isinstance(node, dict):
        if isinstance(step, str):
            return (node[step],) if step in node else ()
        if isinstance(step, Names):
            members = {name: node[name] for name in step.names if name in node}
            return (members,) if last else members.values()
        if isinstance(step, Mark):
            return node.values()
        if isinstance(step, Filter):
            return (node,) if step.keeps(node, root) else ()
    elif isinstance(node, list):
        if isinstance(step, int):
            return _at(node, (step,))
        if isinstance(step, Indexes):
            return _at(node, step.indexes)
        if isinstance(step, Slice):
            return _at(node, _bounds(step, len(node)))
        if isinstance(step, Mark):
            return node
        if isinstance(step, Filter):
            # A scalar never matches (developer guide, "Paths").
            return [item for item in node if isinstance(item, (dict, list)) and step.keeps(item, root)]
    return ()


def _bounds(step: Slice, size: int) -> range:
    """Jayway's reading: negative bounds count from the end only where the other bound is not given."""
    if step.start is None:
        stop = step.stop or 0
        return range(min(size, stop + size if stop < 0 else stop))
    if step.stop is None:
        return range(max(0, step.start + size if step.start < 0 else step.start), size)
    return range(max(step.start, -size), min(size, step.stop))


def _fits(step: Step, node: Json, last: bool, root: Json) -> bool:
    """Whether a scan applies the step to this node at all."""
    if isinstance(step, str):
        return isinstance(node, dict) and step in node
    if isinstance(step, Names):
        return isinstance(node, dict) and (not last or all(name in node for name in step.names))
    if isinstance(step, Filter):
        return step.keeps(node, root)
    return isinstance(step, Mark) or isinstance(node, list)


def _scan(step: Step, top: Json, last: bool, root: Json) -> list[Json]:
    """`..` and the step after it, on a value and everything in it, from the outside in.

    Jayway applies a step that fits an array to that array only at the end of a path; elsewhere it goes on with every item.
    """
    found: list[Json] = []
    waiting = [top]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, (dict, list)):
            continue
        if _fits(step, node, last, root):
            found += node if isinstance(node, list) and not last else _children(step, node, last, root)
        waiting += reversed(node.values() if isinstance(node, dict) else node)
    return found
