"""Plans, what came of them, drift and status, for people and programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sfn_dsl.diff import Edit, Renamed
from sfn_dsl.formats.edits import edit_json, edit_lines
from sfn_dsl.publish.applying import Done, Outcome
from sfn_dsl.publish.drifting import Drift
from sfn_dsl.publish.moving import routing_text
from sfn_dsl.publish.plan import Entry, Plan
from sfn_dsl.publish.status import Status

__all__ = ["done_text", "drift_json", "drift_text", "outcome_json", "outcome_text", "plan_text", "status_json", "status_text"]

Paint = Callable[[str, str], str]
_SIGNS = {"added": ("+", "green"), "changed": ("~", "yellow"), "removed": ("-", "red"), "unchanged": ("=", "")}
_COLOURS = {"+": "green", "-": "red", "~": "yellow"}


def plan_text(plan: Plan, paint: Paint) -> str:
    """A plan, per Region in the order of the work."""
    out = []
    for position, region in enumerate(plan.regions, 1):
        entries = [entry for entry in plan.entries if entry.region == region]
        out.append(f"{position}. {region}")
        out += [f"  {paint('+', 'green')} {arn}" for where, arn in plan.missing if where == region]
        for entry in entries:
            if entry.action != "unchanged" or entry.problems:
                out += [f"  {line}" for line in _entry(plan, entry, paint)]
        same = sum(entry.action == "unchanged" for entry in entries)
        out += [f"  = {same} unchanged"] if same else []
    counts = {action: sum(entry.action == action for entry in plan.entries) for action in _SIGNS}
    deleted = sum("delete" in entry.work for entry in plan.entries)
    kept = counts["removed"] - deleted
    words = [
        f"{counts['added']} to add",
        f"{counts['changed']} to change",
        f"{deleted} to delete",
        f"{counts['unchanged']} unchanged",
    ]
    words += [f"{kept} no longer in the project (--delete-removed deletes them)"] if kept else []
    return "\n".join([*out, f"Plan: {', '.join(words)}."])


def _entry(plan: Plan, entry: Entry, paint: Paint) -> Iterator[str]:
    sign, colour = _SIGNS[entry.action]
    yield f"{paint(sign, colour)} {entry.name}  {_headline(plan, entry)}"
    for edit in entry.edits:
        for mark, line in edit_lines(edit):
            yield f"    {paint(mark, _COLOURS[mark])} {line}"
    for field in entry.settings:
        yield f"    {paint('~', 'yellow')} {field.path}  {field.old or '(none)'} -> {field.new or '(none)'}"
    running = {version: count for version, count in entry.running.items() if count}
    if running and entry.work:
        told = ", ".join(f"{count} on {f'version {version}' if version else 'no version'}" for version, count in running.items())
        yield f"    open executions, which go on as they were started: {told}"
    renamed = [edit.state for edit in entry.edits if isinstance(edit, Renamed)]
    if renamed and (running or entry.redrivable):
        count = sum(running.values()) + entry.redrivable
        told = f"{count} open or failed executions know `{renamed[0]}` by its old name"
        yield f"    {paint('!', 'yellow')} {told}: redriven, they go on in their own version"
    if _stepwise(plan, entry) and entry.alarms:
        yield f"    watched: {', '.join(entry.alarms)}"
    elif _stepwise(plan, entry):
        what = f"no alarm with a name that begins with `{entry.name}-` watches it: nothing takes the alias back"
        yield f"    {paint('!', 'yellow')} {what}"
    for edit in entry.manual:
        for _, line in edit_lines(edit):
            yield f"    {paint('!', 'red')} by hand: {line}"
    for problem in entry.problems:
        yield f"    {paint('!', 'red')} {problem.message}" + (f" ({problem.help})" if problem.help else "")


def _headline(plan: Plan, entry: Entry) -> str:
    alias = plan.options.alias
    if entry.action == "added":
        smoke = "; dry run" if "smoke" in entry.work else ""
        return f"{entry.states} state{'' if entry.states == 1 else 's'}; {alias} -> version 1{smoke}"
    if entry.action == "removed":
        return "deleted when all else is done" if entry.work else "no longer in the project; stays"
    fresh = "update" in entry.work or "version" in entry.work
    words = []
    if "alias" in entry.work:
        how = f", {plan.options.strategy}" if _stepwise(plan, entry) else ""
        goal = "a new version" if fresh else f"version {entry.version}"
        words.append(f"{alias}: {routing_text(entry.routing)} -> {goal}{how}")
    if "smoke" in entry.work:
        words.append("dry run")
    if entry.work == ("tags",):
        words.append("tags only")
    return "; ".join(words)


def _stepwise(plan: Plan, entry: Entry) -> bool:
    return plan.options.in_steps and bool(entry.routing) and "alias" in entry.work


def done_text(done: Done) -> str:
    """One piece of work in a line."""
    return f"{done.region}  {done.name}  {done.detail or done.work}"


def outcome_text(outcome: Outcome, plan: Plan) -> str:
    """What was done, and where the work stopped."""
    stopped = outcome.stopped
    at = (stopped.region, stopped.name) if stopped is not None else None
    left = {*outcome.untouched, at}
    finished = [(entry.region, entry.name) for entry in plan.to_do if (entry.region, entry.name) not in left]
    if stopped is None:
        return f"Published {_count(len(finished))} in {', '.join(plan.regions)}."
    out = [f"Stopped at {stopped.name} in {stopped.region}, {stopped.work}: {stopped.message}"]
    for region in plan.regions:
        here = [entry.name for entry in plan.to_do if entry.region == region]
        ready = [name for where, name in finished if where == region]
        out.append(f"  {region}: {len(ready)} of {len(here)} done")
        if stopped.region == region and stopped.done:
            out.append(f"    {stopped.name}: {', then '.join(stopped.done)}; not finished")
        elif stopped.region == region and stopped.interrupted:
            out.append(f"    {stopped.name}: {stopped.work} was under way")
        elif stopped.region == region:
            out.append(f"    {stopped.name}: not changed")
        rest = [name for where, name in outcome.untouched if where == region]
        out += [f"    not begun: {', '.join(rest)}"] if rest else []
    return "\n".join([*out, _AGAIN if not stopped.interrupted else _ON])


_AGAIN: Final = "Publish again when that is mended: it goes on from here and repeats nothing."
_ON: Final = "Publish again: it goes on from here and repeats nothing."


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome as a JSON value."""
    value = dataclasses.asdict(outcome)
    value["untouched"] = [{"region": region, "name": name} for region, name in outcome.untouched]
    return value


def drift_text(found: Sequence[Drift], paint: Paint) -> str:
    """What differs from what was last published."""
    out = []
    for one in found:
        if one.found != "none":
            out.append(f"{paint('!', 'red')} {one.region}  {one.name}  {one.message}")
            out += [f"    {paint(sign, _COLOURS[sign])} {line}" for edit in one.edits for sign, line in edit_lines(edit)]
    fine = sum(one.found == "none" for one in found)
    return "\n".join([*out, f"{_count(fine)} as published, {_count(len(found) - fine)} not."])


def drift_json(found: Iterable[Drift]) -> list[dict[str, Any]]:
    """The same as JSON values."""
    return [{**dataclasses.asdict(one), "edits": _edits(one.edits)} for one in found]


def _edits(edits: Iterable[Edit]) -> list[dict[str, object]]:
    return [edit_json(edit) for edit in edits]


def _count(number: int) -> str:
    return f"{number} machine{'' if number == 1 else 's'}"


def status_text(found: Sequence[Status], moment: Callable[[int], str]) -> str:
    """A table, one line per machine and Region. `moment` writes milliseconds since 1970 as a time."""
    rows = [_HEAD, *(_row(one, moment) for one in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


_HEAD: Final[tuple[str, ...]] = ("REGION", "MACHINE", "ALIAS", "BUILT AT", "VERSIONS", "RUNNING", "LAST")


def _row(one: Status, moment: Callable[[int], str]) -> tuple[str, ...]:
    region = f"{one.region} *" if one.active else one.region
    if not one.there:
        return (region, one.name, "not published", "", "", "", "")
    last = f"{one.last.status} {moment(one.last.started_at)}" if one.last is not None else "-"
    commits = ", ".join(version.commit[:12] or "?" for version in one.live)
    return (region, one.name, routing_text(one.routing), commits, str(one.versions), _running(one.running), last)


def _running(running: Mapping[int, int]) -> str:
    return ", ".join(f"{count} on {version}" if version else str(count) for version, count in running.items()) or "0"


def status_json(found: Iterable[Status]) -> list[dict[str, Any]]:
    """The same as JSON values."""
    out = []
    for one in found:
        value = dataclasses.asdict(one)
        value["routing"] = [{"version": version, "percent": percent} for version, percent in one.routing]
        value["running"] = {str(version): count for version, count in one.running.items()}
        value["live"] = [{**dataclasses.asdict(version), "commit": version.commit} for version in one.live]
        out.append(value)
    return out
