"""An input with which a pipeline's `dry_run` holds, so that a published machine can be tried without doing any work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_dsl.expression import MISSING, Comparison, InputRoot, Logic, Reference, Template
from sfn_dsl.pipeline import Pipeline

__all__ = ["dry_run_input"]

_SAMPLES: Mapping[Any, Any] = {str: "dry-run", int: 0, float: 0.0, bool: False, list: [], dict: {}}


def dry_run_input(pipeline: Pipeline) -> dict[str, Any] | None:
    """An input that makes the condition true, with a sample for every other field that is required.

    None where there is no condition, or where it is more than fields of the input that are true or equal to a value, joined by
    `&` and `|`.
    """
    wanted = _wanted(pipeline.dry_run)
    if not wanted:
        return None
    found = {name: _sample(type) for name, type in pipeline.input.types.items() if name not in pipeline.input.defaults}
    for path, value in wanted.items():
        place = found
        for name in path[:-1]:
            inner = place.get(name)
            place[name] = place = inner if isinstance(inner, dict) else {}
        place[path[-1]] = value
    return found


def _wanted(condition: Template) -> dict[tuple[str, ...], Any] | None:
    """Values of the input by path; None for conditions that are not understood or contradict themselves."""
    wanted: dict[tuple[str, ...], Any] = {}
    todo = [condition]
    while todo:
        match todo.pop():
            case Logic(op="and", operands=operands):
                todo += operands
            case Logic(op="or", operands=operands):
                todo.append(operands[0])
            case Comparison(op="==", left=left, right=right):
                path, value = (_path(left), right) if isinstance(left, Reference) else (_path(right), left)
                if path is None or not isinstance(value, (str, int, float, bool)) or wanted.setdefault(path, value) != value:
                    return None
            case Reference() as reference:
                path = _path(reference)
                if path is None or wanted.setdefault(path, True) is not True:
                    return None
            case _:
                return None
    return wanted


def _path(template: Template) -> tuple[str, ...] | None:
    """Where in the input a reference points."""
    if not isinstance(template, Reference) or not isinstance(template._root, InputRoot) or template._fallback is not MISSING:
        return None
    path = tuple(part for part in template._path if isinstance(part, str))
    return path if path and len(path) == len(template._path) else None


def _sample(type: Any) -> Any:
    if isinstance(type, Mapping):
        return {name: _sample(inner) for name, inner in type.items()}
    return [] if isinstance(type, list) else _SAMPLES.get(type)
