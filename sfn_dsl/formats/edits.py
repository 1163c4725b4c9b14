"""Differences between state machines for people (text, markdown) and programs (json)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import assert_never

from sfn_dsl.diff import Added, Changed, Edit, Removed, Renamed

__all__ = ["Comparison", "edit_json", "edit_lines", "render"]

Paint = Callable[[str, str], str]
_WIDTH = 160


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """A pipeline in one or more target folders that changed in the same way. `status`: added, removed or changed.

    `transitions`: of a successful run, before and now; None where it stays the same or either machine has no such run.
    """

    pipeline: str
    folders: tuple[str, ...]
    status: str
    edits: tuple[Edit, ...]
    transitions: tuple[int, int] | None = None


def render(found: Sequence[Comparison], format: str, paint: Paint) -> str:
    """The differences as `text`, `markdown` or `json`."""
    match format:
        case "json":
            return json.dumps([_json(entry) for entry in found], indent=2, ensure_ascii=False)
        case "markdown":
            return "\n".join(_markdown(entry) for entry in found) + f"\n{_summary(found)}"
        case _:
            blocks = [_text(entry, paint) for entry in found]
            return "\n".join([*blocks, _summary(found)])


def _summary(found: Sequence[Comparison]) -> str:
    added = removed = changed = 0
    for entry in found:
        edits = [edit for edit in entry.edits if edit.state]
        added += sum(isinstance(edit, Added) and bool(edit.type) for edit in edits)
        removed += sum(isinstance(edit, Removed) and bool(edit.type) for edit in edits)
        # A state with a new name may have other changes too.
        renamed = {edit.new for edit in edits if isinstance(edit, Renamed)}
        changed += len(renamed | {edit.state for edit in edits if isinstance(edit, Changed)})
    if not found:
        return "No differences."
    return f"States: {added} to add, {changed} to change, {removed} to remove."


def edit_lines(edit: Edit) -> list[tuple[str, str]]:
    """Sign and text of each line of an edit."""
    match edit:
        case Added(state=state, type=kind):
            return [("+", f"state  {state}  ({kind})" if kind else state)]
        case Removed(state=state, type=kind):
            return [("-", f"state  {state}  ({kind})" if kind else state)]
        case Renamed(state=state, new=new):
            return [("~", f"state  {state}  is now called  {new}  (executions keep the old name, also when they are redriven)")]
        case Changed(state=state, fields=fields):
            owner = f"state  {state}" if state else "machine"
            return [("~", f"{owner}  {field.path}  {' -> '.join(_shown(field.old, field.new))}") for field in fields]
        case _:
            assert_never(edit)


def _shown(old: str, new: str) -> tuple[str, str]:
    """Two values, cut around the first place where they differ if they are long."""
    common = next((place for place, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = 0 if common < _WIDTH // 2 else common - _WIDTH // 4
    return _cut(old, start), _cut(new, start)


def _cut(text: str, start: int) -> str:
    if not text:
        return "(none)"
    if len(text) <= _WIDTH:
        return text
    rest = text[start:] if start == 0 else f"...{text[start:]}"
    return rest if len(rest) <= _WIDTH else f"{rest[: _WIDTH - 3]}..."


_COLOURS = {"+": "green", "-": "red", "~": "yellow"}


def _text(entry: Comparison, paint: Paint) -> str:
    alike = " alike" if len(entry.folders) > 1 else ""
    sign = {"added": "+", "removed": "-"}.get(entry.status, "~")
    out = [f"{paint(sign, _COLOURS[sign])} {entry.pipeline}  ({', '.join(entry.folders)}{alike}, {entry.status})"]
    out += [f"  {paint(sign, _COLOURS[sign])} {text}" for edit in entry.edits for sign, text in edit_lines(edit)]
    if entry.transitions is not None:
        out.append(f"  {_transitions(entry.transitions)}")
    return "\n".join(out) + "\n"


def _transitions(counts: tuple[int, int]) -> str:
    return f"Transitions per run: {counts[0]} -> {counts[1]}"


def _markdown(entry: Comparison) -> str:
    alike = ", alike" if len(entry.folders) > 1 else ""
    out = [f"### `{entry.pipeline}` ({', '.join(entry.folders)}{alike}): {entry.status}", "", "```diff"]
    for edit in entry.edits:
        out += [f"{'!' if sign == '~' else sign} {text}" for sign, text in edit_lines(edit)]
    more = [] if entry.transitions is None else ["", _transitions(entry.transitions)]
    return "\n".join([*out, "```", *more, ""])


def _json(entry: Comparison) -> dict[str, object]:
    edits = [edit_json(edit) for edit in entry.edits]
    found: dict[str, object] = {"pipeline": entry.pipeline, "targets": list(entry.folders), "status": entry.status, "edits": edits}
    if entry.transitions is not None:
        found["transitions"] = {"old": entry.transitions[0], "new": entry.transitions[1]}
    return found


def edit_json(edit: Edit) -> dict[str, object]:
    """An edit as a JSON value; `kind` says which it is."""
    return {"kind": type(edit).__name__.lower(), **dataclasses.asdict(edit)}
