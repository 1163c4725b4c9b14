"""What differs between two state machines, in words of the language: states added, removed, renamed, changed by field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sfn_dsl.asl.emit import to_json
from sfn_dsl.asl.model import Json, StateMachine

__all__ = ["Added", "Changed", "Edit", "FieldEdit", "Removed", "Renamed", "diff"]


@dataclass(frozen=True, slots=True)
class FieldEdit:
    """One field: its path (`Retry[0].MaxAttempts`) and its values as JSON texts; an empty text where it is not written."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Added:
    """A state that only the new machine has. `state` is its path: names of the states around it, then its own."""

    state: str
    type: str


@dataclass(frozen=True, slots=True)
class Removed:
    """A state that only the old machine has."""

    state: str
    type: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """A state that has a new name and is otherwise the same. Executions that run under the old name cannot be redriven to it."""

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
    before, after = _flat(old), _flat(new)
    gone = [path for path in before if path not in after]
    fresh = [path for path in after if path not in before]
    renamed: dict[str, str] = {}
    for path in fresh:
        same = next((other for other in gone if other not in renamed.values() and _same_place(before, other, after, path)), None)
        if same is not None:
            renamed[path] = same
    names = {_own(was): _own(now) for now, was in renamed.items()}
    edits: list[Edit] = []
    for path, state in after.items():
        if path in renamed:
            edits.append(Renamed(renamed[path], path))
        elif path not in before:
            edits.append(Added(path, str(state.get("Type", ""))))
        else:
            fields = tuple(_fields(_retargeted(before[path], names), state))
            if fields:
                edits.append(Changed(path, fields))
    edits += [Removed(path, str(before[path].get("Type", ""))) for path in gone if path not in renamed.values()]
    return tuple(edits)


def _own(path: str) -> str:
    return path.rsplit(" > ", 1)[-1]


def _flat(machine: StateMachine) -> dict[str, Mapping[str, Json]]:
    """Every state by its path, without the states inside it; the machine's own fields under the empty path. Iterative."""
    found: dict[str, Mapping[str, Json]] = {}
    stack: list[tuple[str, Mapping[str, Json], str]] = [("", to_json(machine), "machine")]
    while stack:
        path, value, kind = stack.pop()
        own = dict(value)
        inner: list[tuple[str, Mapping[str, Json], str]] = []
        prefix = f"{path} > " if path else ""
        if kind == "machine":
            states = own.pop("States", {})
            inner += [(prefix + name, state, "state") for name, state in states.items() if isinstance(state, dict)]
        else:
            branches = own.pop("Branches", None)
            if isinstance(branches, list):
                own["Branches"] = len(branches)
                inner += [(f"{path} > branch {number}", branch, "machine") for number, branch in enumerate(branches, 1)]
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


def _same_place(before: Mapping[str, Mapping[str, Json]], old: str, after: Mapping[str, Mapping[str, Json]], new: str) -> bool:
    """Whether two states under different names are the same work: the same parent, and the same fields but for targets."""
    if old.rpartition(" > ")[0] != new.rpartition(" > ")[0]:
        return False
    a = {key: value for key, value in before[old].items() if key not in ("Next", "Default", "Assign", "Catch")}
    b = {key: value for key, value in after[new].items() if key not in ("Next", "Default", "Assign", "Catch")}
    return a == b and a.get("Type") not in ("Choice", "Wait", "Pass", "Succeed")


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


def _fields(old: Json, new: Json, path: str = "") -> Iterator[FieldEdit]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*new, *old]):
            inner = f"{path}.{key}" if path else str(key)
            if key not in old:
                yield FieldEdit(inner, "", _text(new[key]))
            elif key not in new:
                yield FieldEdit(inner, _text(old[key]), "")
            else:
                yield from _fields(old[key], new[key], inner)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from _fields(a, b, f"{path}[{index}]")
    elif _text(old) != _text(new):
        yield FieldEdit(path, _text(old), _text(new))


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
