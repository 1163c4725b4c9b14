"""An execution as a person reads it: states with start, duration, attempts and result; status, transitions, cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sfn_dsl.simulate.execution import Execution, descendants
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.prices import billed_transitions, execution_cost
from sfn_dsl.simulate.running.thread import Visit

__all__ = ["Paint", "duration_text", "execution_json", "render_timeline"]

Paint = Callable[[str, str], str]

# Iterations of one Map beyond these are counted, not shown.
_SHOWN_ITERATIONS = 5
_CAUSE_WIDTH = 400


def duration_text(seconds: float | None) -> str:
    """`0.2 s`, `1 m 05 s`, `2 h 03 m`; a dash for None."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} m {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02d} m"
    return f"{hours // 24} d {hours % 24:02d} h"


def render_timeline(execution: Execution, root: Path, paint: Paint) -> str:
    """The timeline and the summary. `root`: the folder that file names are shown from."""
    rows = [("START", "DURATION", "TRIES", "STATE", "RESULT"), *_rows(execution)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = []
    for number, row in enumerate(rows):
        left = f"{row[0]:>{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:<{widths[3]}}  "
        lines.append((left + (row[4] if number == 0 else paint(row[4], _colour(row[4])))).rstrip())
    lines += ["", *_summary(execution, root, paint)]
    return "\n".join(lines)


def _colour(result: str) -> str:
    if result.startswith(("failed", "aborted")):
        return "red"
    return "yellow" if result.startswith(("caught", "retried")) else "green"


def _rows(execution: Execution) -> Iterator[tuple[str, str, str, str, str]]:
    hidden: dict[tuple[Any, ...], int] = {}
    for visit in execution.visits:
        if any(isinstance(part, int) and part >= _SHOWN_ITERATIONS for part in visit.thread):
            hidden[visit.thread[:-1]] = max(hidden.get(visit.thread[:-1], 0), int(visit.thread[-1]) + 1)
            continue
        indent = "  " * (len(visit.thread) // 2)
        index = f"[{visit.thread[-1]}] " if visit.thread else ""
        lasted = None if visit.end is None else visit.end - visit.start
        tries = str(1 + len(visit.retries)) if visit.kind in ("Task", "Map", "Parallel") else ""
        yield (
            duration_text(visit.start - execution.began),
            duration_text(lasted),
            tries,
            indent + index + visit.state,
            _result(visit),
        )
    for path, count in hidden.items():
        state = "".join(str(part) for part in path[-1:])
        yield "", "", "", f"  {state}: {count - _SHOWN_ITERATIONS} more iterations or branches", ""
    if execution.children:
        states = [child.status for child in execution.children]
        counts = ", ".join(f"{states.count(status)} {status}" for status in dict.fromkeys(states))
        yield "", "", "", f"  {len(states)} child executions", counts


def _result(visit: Visit) -> str:
    if visit.aborted:
        return "aborted"
    if visit.failed:
        return f"failed: {visit.error}"
    if visit.catcher is not None:
        return f"caught {visit.error} (catcher {visit.catcher})"
    if visit.end is None:
        return "still here"
    if visit.retries:
        return f"retried {len(visit.retries)}, then fine"
    if visit.rule is not None:
        return "default" if visit.rule < 0 else f"rule {visit.rule}"
    return "fine"


def _summary(execution: Execution, root: Path, paint: Paint) -> Iterator[str]:
    status = paint(execution.status, "green" if execution.status == "SUCCEEDED" else "red")
    yield f"{status} after {duration_text(execution.duration)} of virtual time"
    if execution.error is not None or execution.cause is not None:
        yield f"  error   {execution.error}"
        yield f"  cause   {_shortened(execution.cause)}"
        failed = next((visit for visit in reversed(execution.visits) if visit.failed), None)
        span = execution.sources.get(failed.state) if failed else None
        if failed is not None:
            yield f"  state   {failed.state}" + (f"  ({_place(span.file, root)}:{span.line})" if span else "")
    if execution.status == "SUCCEEDED":
        yield f"  output  {_shortened(compact(execution.output))}"
    cost = execution_cost(execution)
    requests = sum(one.type == "EXPRESS" for one in (execution, *descendants(execution)))
    express = f", {requests} Express request{'' if requests == 1 else 's'}" if requests else ""
    yield f"  {billed_transitions(execution)} state transitions{express}, ${cost:.6f} in {execution.region}"


def _place(file: str, root: Path) -> str:
    try:
        return str(Path(file).relative_to(root))
    except ValueError:
        return file


def _shortened(text: str | None) -> str:
    if text is None:
        return "-"
    return text if len(text) <= _CAUSE_WIDTH else text[: _CAUSE_WIDTH - 3] + "..."


def execution_json(execution: Execution) -> dict[str, Any]:
    """The execution as one JSON object: DescribeExecution's words and the history."""
    return {
        "executionArn": execution.arn,
        "name": execution.name,
        "status": execution.status,
        "input": execution.input,
        "output": execution.output,
        "error": execution.error,
        "cause": execution.cause,
        "durationSeconds": execution.duration,
        "transitions": execution.transitions,
        "cost": round(execution_cost(execution), 9),
        "states": [
            {
                "name": visit.state,
                "type": visit.kind,
                "thread": list(visit.thread),
                "start": visit.start - execution.began,
                "end": None if visit.end is None else visit.end - execution.began,
                "attempts": 1 + len(visit.retries),
                "error": visit.error,
                "source": str(execution.sources[visit.state]) if visit.state in execution.sources else None,
            }
            for visit in execution.visits
        ],
        "events": execution.events,
        "children": [execution_json(child) for child in execution.children],
    }
