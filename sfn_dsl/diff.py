"""What differs between two state machines, in words of the language: states added, removed, renamed, changed by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sfn_dsl.asl.model import Json, StateMachine
from sfn_dsl.comparing.fields import differences
from sfn_dsl.comparing.flat import flat, own_name
from sfn_dsl.comparing.pairing import origins

__all__ = ["Added", "Changed", "Edit", "FieldEdit", "Removed", "Renamed", "diff"]


@dataclass(frozen=True, slots=True)
class FieldEdit:
    """One field: its path (`Retry[0].MaxAttempts`) and its values as JSON texts; an empty text where it is not written.

    An element that a list no longer has stands at the place that it had, any other one at the place that it has.
    """

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Added:
    """A state that only the new machine has. `state` is its path: names of the states around it, then its own. `type` is empty for
    a branch of a Parallel."""

    state: str
    type: str


@dataclass(frozen=True, slots=True)
class Removed:
    """A state that only the old machine has."""

    state: str
    type: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """A state that has a new name; what else differs is a `Changed` of its own. Executions keep the definition that they were
    started with, and so the old name, also when they are redriven."""

    state: str
    new: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A state whose fields differ; `state` is empty for the machine's own fields."""

    state: str
    fields: tuple[FieldEdit, ...]


Edit = Added | Removed | Renamed | Changed


def diff(old: StateMachine, new: StateMachine) -> tuple[Edit, ...]:
    """The edits that lead from one machine to the other, in the order of the new machine, removals last."""
    before, after = flat(old), flat(new)
    origin = origins(before, after)
    # Branches have numbers, not names.
    renamed = {now for now, was in origin.items() if own_name(now) != own_name(was) and "Type" in after[now]}
    names = {own_name(origin[now]): own_name(now) for now in renamed}
    edits: list[Edit] = []
    for path, state in after.items():
        if path in renamed:
            edits.append(Renamed(origin[path], path))
        if path not in origin:
            edits.append(Added(path, str(state.get("Type", ""))))
        else:
            found = differences(_retargeted(before[origin[path]], names), state)
            fields = tuple(FieldEdit(*difference) for difference in found)
            if fields:
                edits.append(Changed(path, fields))
    kept = set(origin.values())
    edits += [Removed(path, str(state.get("Type", ""))) for path, state in before.items() if path not in kept]
    return tuple(edits)


def _retargeted(state: Mapping[str, Json], names: Mapping[str, str]) -> Json:
    """The old state with targets under their new names, so that a rename is told once."""
    if not names:
        return state

    def walk(value: Json) -> Json:
        if isinstance(value, dict):
            return {
                key: names.get(member, member)
                if key in ("Next", "Default", "StartAt") and isinstance(member, str)
                else walk(member)
                for key, member in value.items()
            }
        return [walk(member) for member in value] if isinstance(value, list) else value

    return walk(state)
