"""What rules say of a read that finds nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.flow.reading import Read, shown
from sfn_dsl.rules.flow.values import ARRAY, OBJECT, STRING, kind_names

__all__ = ["distinct", "hint", "path_of", "reason"]

_FEW = 6


def path_of(read: Read) -> str:
    """The path that is read, as text."""
    return shown(read.root, read.steps)


def distinct(reads: Iterable[Read]) -> Iterator[Read]:
    """The reads without those of the same path at the same place."""
    seen = set()
    for read in reads:
        key = (read.pointer, read.root, read.steps)
        if key not in seen:
            seen.add(key)
            yield read


def reason(read: Read) -> str:
    """Why there is nothing on any way."""
    holder, at = read.found.holder, read.found.at
    assert holder is not None
    step, place = read.steps[at], shown(read.root, read.steps[:at])
    if isinstance(step, str) and holder.kinds & OBJECT:
        return f"`{place}` never has a field `{step}`"
    if isinstance(step, int) and holder.kinds & ARRAY:
        size = 0 if holder.items is None else len(holder.items)
        return f"`{place}` has {size} {'item' if size == 1 else 'items'}"
    return f"`{place}` is {kind_names(holder.kinds)}"


def hint(read: Read) -> str:
    """What is there instead."""
    holder, at = read.found.holder, read.found.at
    step = read.steps[at]
    if holder is not None and holder.kinds & STRING and not holder.kinds & (ARRAY | OBJECT):
        return f"decode the text first, with `{'$parse' if read.state.jsonata else 'States.StringToJson'}`"
    if holder is None or not isinstance(step, str) or not holder.kinds & OBJECT:
        return "read what is there, or write the value in a state before"
    near = did_you_mean(step, holder.members)
    if near or len(holder.members) > _FEW:
        return near or "read a field that is there"
    there = ", ".join(f"`{name}`" for name in holder.members)
    return f"write `{step}` in a state before, or read what is there: {there}" if there else f"write `{step}` in a state before"
