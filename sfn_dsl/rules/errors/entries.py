"""Retriers and catchers of a definition, as the rules of this package look at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_dsl.asl.model import Json
from sfn_dsl.rules.finding import pointer_to
from sfn_dsl.rules.subject import State, Subject

__all__ = ["ALL", "TASK_FAILED", "TIMEOUT", "Entry", "entries", "entries_of", "retries", "states_with_errors"]

ALL: Final = "States.ALL"
TASK_FAILED: Final = "States.TaskFailed"
TIMEOUT: Final = "States.Timeout"


@dataclass(frozen=True, slots=True)
class Entry:
    """A retrier or catcher. `field`: Retry or Catch; `names`: the error names it holds, without what is no text."""

    state: State
    field: str
    index: int
    pointer: str
    body: Mapping[str, Any]
    names: tuple[str, ...]

    @property
    def kind(self) -> str:
        """What it is called."""
        return "retrier" if self.field == "Retry" else "catcher"

    def at(self, *parts: str | int) -> str:
        """A pointer to something inside it."""
        return pointer_to(self.pointer, *parts)


def states_with_errors(subject: Subject) -> list[State]:
    """The states that may have Retry and Catch."""
    return subject.of_type("Task", "Parallel", "Map")


def entries_of(state: State, field: str) -> list[Entry]:
    """The retriers or catchers of a state, those that are objects."""
    return [
        Entry(state, field, index, pointer_to(state.pointer, field, index), body, _names(body.get("ErrorEquals")))
        for index, body in enumerate(_members(state.body.get(field)))
        if isinstance(body, dict)
    ]


def entries(subject: Subject, *fields: str) -> Iterator[Entry]:
    """All retriers (`Retry`), catchers (`Catch`) or both."""
    for state in states_with_errors(subject):
        for field in fields:
            if field in state.body:
                yield from entries_of(state, field)


def retries(entry: Entry) -> bool:
    """Whether a retrier retries at all."""
    return entry.body.get("MaxAttempts") != 0


def _members(value: Json) -> list[Any]:
    return value if isinstance(value, list) else []


def _names(value: Json) -> tuple[str, ...]:
    return tuple(name for name in _members(value) if isinstance(name, str))
