"""The failure matrix and coverage as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sfn_dsl.formats.timeline import Paint
from sfn_dsl.simulate.coverage import Coverage
from sfn_dsl.simulate.matrix import Cell, Matrix

__all__ = ["matrix_json", "render_coverage", "render_matrix"]

_ERRORS_WIDTH = 60
_SHOWN_MISSED = 20


def render_matrix(matrix: Matrix, paint: Paint) -> str:
    """A row per state and outcome; errors of the same outcome stand together."""
    rows = [("STATE", "ERROR", "ONCE", "LASTING"), *_rows(matrix.cells)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = []
    for row in rows:
        left = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False))
        last = paint(row[3], "red") if "unhandled" in row[3] and "allowed" not in row[3] else row[3]
        lines.append(f"{left}  {last}".rstrip())
    unhandled = len(matrix.unhandled)
    reached = sum(cell.always.kind != "unreached" for cell in matrix.cells)
    missed = len(matrix.cells) - reached
    lines += [
        "",
        f"{len(matrix.cells)} cells, {reached} reached, {unhandled} unhandled" + (f", {missed} NOT REACHED" if missed else ""),
    ]
    if missed:
        states = list(dict.fromkeys(cell.state for cell in matrix.cells if cell.always.kind == "unreached"))
        more = f" and {len(states) - _SHOWN_MISSED} more" if len(states) > _SHOWN_MISSED else ""
        lines.append(f"not reached, so nothing is known of them: {', '.join(states[:_SHOWN_MISSED])}{more}")
        lines.append(
            "help: reach them by other results or another input: --mock, --input, --objects, or `sample.<pipeline>` of setup.cfg"
        )
    return "\n".join(lines)


def _rows(cells: tuple[Cell, ...]) -> Iterator[tuple[str, str, str, str]]:
    for state, group in groupby(cells, key=lambda cell: cell.state):
        alike: dict[tuple[str, str], list[str]] = {}
        for cell in group:
            lasting = f"{cell.always} (allowed)" if cell.allowed and cell.always.kind == "unhandled" else str(cell.always)
            alike.setdefault((str(cell.once), lasting), []).append(cell.error)
        name = state
        for (once, lasting), errors in alike.items():
            yield name, _folded(errors), once, lasting
            name = ""


def _folded(errors: list[str]) -> str:
    """As many names as fit, and how many more there are."""
    shown = errors[:1]
    for error in errors[1:]:
        if len(", ".join([*shown, error])) > _ERRORS_WIDTH:
            break
        shown.append(error)
    more = len(errors) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def matrix_json(matrix: Matrix) -> list[dict[str, Any]]:
    """One object per cell."""
    return [
        {
            "state": cell.state,
            "error": cell.error,
            "once": str(cell.once),
            "always": str(cell.always),
            "unhandled": cell.unhandled,
            "allowed": cell.allowed,
        }
        for cell in matrix.cells
    ]


def render_coverage(coverage: Coverage) -> str:
    """The share of points visited, and the first that were not."""
    reached = len(coverage.points) - len(coverage.missed)
    lines = [f"Coverage: {coverage.percentage:.1f} % ({reached} of {len(coverage.points)} states, rules, retriers and catchers)"]
    lines += [f"  not visited: {point.state}, {point.what}" for point in coverage.missed[:_SHOWN_MISSED]]
    if len(coverage.missed) > _SHOWN_MISSED:
        lines.append(f"  ... and {len(coverage.missed) - _SHOWN_MISSED} more")
    return "\n".join(lines)
