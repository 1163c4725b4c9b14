"""The history of an execution: AWS's event types, ids, previous ids and details.

Events are kept as they happen with plain values; they become AWS's form (payloads as JSON text) when they are read, so a
run that nobody looks into does not pay for the text. Source: API reference, HistoryEvent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.clock import timestamp

__all__ = ["MAX_EVENTS", "Event", "History", "compact", "event_json"]

MAX_EVENTS: Final = 25_000
"""Events in the history of a Standard execution; one more fails it."""

# Events whose details stand under a name that several types share.
_SHARED: Final = {
    "StateEntered": "stateEnteredEventDetails",
    "StateExited": "stateExitedEventDetails",
}
_PAYLOADS: Final = frozenset({"input", "output", "parameters"})
_BARE: Final = frozenset({"parameters"})
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def compact(value: Json) -> str:
    """JSON text without blanks, as AWS writes payloads."""
    return _ENCODER.encode(value)


class Event(NamedTuple):
    """One event. `details` has AWS's field names; payloads in it are values, not text. `time` in seconds since 1970."""

    id: int
    previous: int
    type: str
    time: float
    details: Mapping[str, Any] | None


class History:
    """Events in the order in which they happened."""

    __slots__ = ("events",)

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, type: str, previous: int, time: float, details: Mapping[str, Any] | None = None) -> int:
        """Append an event; its id."""
        number = len(self.events) + 1
        self.events.append(Event(number, previous, type, time, details))
        return number


def event_json(event: Event) -> dict[str, Json]:
    """An event as GetExecutionHistory returns it, with the time as ISO-8601 text."""
    found: dict[str, Json] = {
        "timestamp": timestamp(event.time),
        "type": event.type,
        "id": event.id,
        "previousEventId": event.previous,
    }
    if event.details is not None:
        found[_details_name(event.type)] = _details(event.details)
    return found


def _details_name(type: str) -> str:
    for suffix, name in _SHARED.items():
        if type.endswith(suffix):
            return name
    return type[:1].lower() + type[1:] + "EventDetails"


def _details(details: Mapping[str, Any]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in details.items():
        if key in _PAYLOADS:
            found[key] = compact(value)
            if key not in _BARE:
                found[f"{key}Details"] = {"truncated": False}
        elif key == "assignedVariables":
            found[key] = {name: compact(variable) for name, variable in value.items()}
            found["assignedVariablesDetails"] = {"truncated": False}
        elif value is not None:
            found[key] = value
    return found
