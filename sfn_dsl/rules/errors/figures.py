"""Figures in a definition: what is wrong with a number, in words."""

from __future__ import annotations

import json

from sfn_dsl.asl.model import Json

__all__ = ["fault_of", "shown"]

_SHOWN = 60


def shown(value: Json) -> str:
    """A value in back-ticks, as JSON, cut where it is long."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "an array"
    try:
        text = value if isinstance(value, str) else json.dumps(value)
    except ValueError:
        return "a number of thousands of digits"
    return f"`{text[:_SHOWN]}{'...' if len(text) > _SHOWN else ''}`"


def fault_of(value: Json, *, low: int, high: int | None = None, whole: bool = True) -> str:
    """What is wrong with a number that must lie between two bounds; empty when nothing is."""
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        return f"must be {'an integer' if whole else 'a number'}, not {shown(value)}"
    if value < low:
        return f"must be at least {low}, not {shown(value)}"
    if high is not None and value > high:
        return f"must be at most {high}, not {shown(value)}"
    return ""
