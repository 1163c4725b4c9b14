"""A state machine as a list of its states, each without the states inside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from sfn_dsl.asl.emit import to_json
from sfn_dsl.asl.model import Json, StateMachine

__all__ = ["Fields", "flat", "own_name", "parent_of"]

Fields: TypeAlias = Mapping[str, Json]
_BELOW: Final = " > "


def own_name(path: str) -> str:
    """The last part of a path."""
    return path.rsplit(_BELOW, 1)[-1]


def parent_of(path: str) -> str:
    """The path of what a state is in; empty for the machine."""
    return path.rpartition(_BELOW)[0]


def flat(machine: StateMachine) -> dict[str, Fields]:
    """Every state by its path (`Load all > branch 1 > Load`), outer ones first; the machine's own fields under the empty path, a
    branch's under its number. Iterative."""
    found: dict[str, Fields] = {}
    stack: list[tuple[str, Fields, str]] = [("", to_json(machine), "machine")]
    while stack:
        path, value, kind = stack.pop()
        own = dict(value)
        inner: list[tuple[str, Fields, str]] = []
        prefix = f"{path}{_BELOW}" if path else ""
        if kind == "machine":
            states = own.pop("States", {})
            inner += [(prefix + name, state, "state") for name, state in states.items() if isinstance(state, dict)]
        else:
            branches = own.pop("Branches", None)
            if isinstance(branches, list):
                own["Branches"] = len(branches)
                inner += [(f"{prefix}branch {number}", branch, "machine") for number, branch in enumerate(branches, 1)]
            for key in ("ItemProcessor", "Iterator"):
                processor = own.pop(key, None)
                if isinstance(processor, dict):
                    own[key] = {name: member for name, member in processor.items() if name != "States"}
                    inner += [
                        (f"{prefix}{name}", state, "state")
                        for name, state in processor.get("States", {}).items()
                        if isinstance(state, dict)
                    ]
        found[path] = own
        stack += reversed(inner)
    return found
