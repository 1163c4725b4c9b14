"""How many events of the history states write."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from typing import Any

from sfn_dsl.asl.model import Json
from sfn_dsl.rules.limits.loops import WaitLoop
from sfn_dsl.rules.subject import Scope, State

__all__ = ["counter_of", "events_of", "literal_items", "scope_events"]

EVENTS = {"Task": 5, "Parallel": 4, "Map": 4, "Fail": 1}
"""Entered and exited; a Task is scheduled, starts and succeeds between; a container starts and succeeds."""

MOST = 999_999_999

COMPARED = re.compile(r"[<>]=?\s*(\d{1,9})\b|\b(\d{1,9})\s*[<>]")
RANGE = re.compile(r"^\{%\s*(?:\[\s*(\d{1,9})\s*\.\.\s*(\d{1,9})\s*\]|\$range\(\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*1\s*\))\s*%\}$")


def events_of(state: State) -> int:
    """The events of a state that succeeds, without those of what is inside it."""
    resource = state.get("Resource")
    waits = isinstance(resource, str) and (".sync" in resource or ".waitForTaskToken" in resource)
    return EVENTS.get(state.type or "", 2) + waits


def scope_events(scope: Scope) -> int:
    """The fewest events with which a scope is gone through; 0 where no way through is found."""
    states = scope.states
    start = scope.start_at if isinstance(scope.start_at, str) else ""
    pending = [(events_of(states[start]), start)] if start in states else []
    done: set[str] = set()
    while pending:
        events, name = heapq.heappop(pending)
        if name in done:
            continue
        done.add(name)
        state = states[name]
        if state.type in ("Succeed", "Fail") or state.get("End") is True:
            return events
        for _, target in state.targets():
            if isinstance(target, str) and target in states and target not in done:
                heapq.heappush(pending, (events + events_of(states[target]), target))
    return 0


def literal_items(state: State) -> int:
    """How many items a Map has, where they are written in it; else 0."""
    items = state.get("Items") if state.jsonata else None
    if isinstance(items, list):
        return len(items)
    found = RANGE.match(items) if isinstance(items, str) else None
    if found is None:
        return 0
    first, last = (int(part) for part in found.groups() if part is not None)
    return max(0, last - first + 1)


def counter_of(loop: WaitLoop) -> int | None:
    """How many rounds a loop makes at most, as far as numbers in its Choice states tell; None where there is no counter.

    0 where something is compared with what is not known, so that nothing can be said.
    """
    numbers = [number for state in loop.states if state.type == "Choice" for number in _compared(state)]
    return max(numbers) if numbers else None


def _compared(state: State) -> Iterator[int]:
    pending: list[Any] = [rule for _, rule in state.rules("Choices")]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending += node
        elif isinstance(node, dict):
            for key, value in node.items():
                if key == "Condition":
                    yield from _in_condition(value)
                elif key.startswith("Numeric"):
                    yield _whole(value)
                elif key in ("And", "Or", "Not"):
                    pending.append(value)


def _in_condition(value: Json) -> Iterator[int]:
    if isinstance(value, str) and ("<" in value or ">" in value):
        yield from (int(first or second) for first, second in COMPARED.findall(value))
        yield 0


def _whole(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 <= value <= MOST else MOST if value > MOST else 0
