"""Reading hand-written states as plain JSON: their names, their targets, and the same under new names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

__all__ = ["every_state", "leaves", "renamed", "targets"]


def targets(state: dict[str, object]) -> list[str]:
    """Names of the states that a state goes to."""
    found = [state.get("Next"), state.get("Default")]
    for key in ("Choices", "Catch"):
        entries = state.get(key)
        if isinstance(entries, list):
            found += [entry.get("Next") for entry in entries if isinstance(entry, dict)]
    return [target for target in found if isinstance(target, str)]


def leaves(state: dict[str, object]) -> bool:
    """Whether a state leaves the fragment."""
    return bool(state.get("End"))


def every_state(states: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The states of a fragment with their names, those inside its Parallel and Map states included."""
    stack = [states]
    while stack:
        for name, state in stack.pop().items():
            yield name, state
            if not isinstance(state, Mapping):
                continue
            branches = state.get("Branches")
            machines = [*(branches if isinstance(branches, list) else ()), state.get("ItemProcessor"), state.get("Iterator")]
            stack += [machine["States"] for machine in machines if isinstance(machine, Mapping) and _holds_states(machine)]


def _holds_states(machine: Mapping[str, object]) -> bool:
    return isinstance(machine.get("States"), Mapping)


def renamed(state: dict[str, object], names: dict[str, str]) -> dict[str, object]:
    """The state with the names of states, its targets and those inside it, replaced by their new ones."""

    def rename(entry: object) -> object:
        if isinstance(entry, dict) and isinstance(entry.get("Next"), str):
            return {**entry, "Next": names.get(entry["Next"], entry["Next"])}
        return entry

    def machine(value: object) -> object:
        if not isinstance(value, dict) or not isinstance(value.get("States"), dict):
            return value
        inner = {names.get(name, name): renamed(member, names) for name, member in value["States"].items()}
        start = value.get("StartAt")
        return {**value, "StartAt": names.get(start, start) if isinstance(start, str) else start, "States": inner}

    found = dict(state)
    for key in ("Next", "Default"):
        target = found.get(key)
        if isinstance(target, str):
            found[key] = names.get(target, target)
    for key in ("Choices", "Catch"):
        entries = found.get(key)
        if isinstance(entries, list):
            found[key] = [rename(entry) for entry in entries]
    if isinstance(found.get("Branches"), list):
        found["Branches"] = [machine(branch) for branch in found["Branches"]]  # type: ignore[attr-defined]
    for key in ("ItemProcessor", "Iterator"):
        if key in found:
            found[key] = machine(found[key])
    return found
