"""Whether a mocked result has the form that the service's API gives it, as TestState checks it.

Checked are types, bounds of numbers and, with STRICT, required fields; not lengths, patterns, formats of dates or words of
enumerations. Fields that the API does not have are let through.

Source: TestState calls recorded on AWS, accepted and refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sfn_dsl.asl.model import Json
from sfn_dsl.asl.shapes import Shape
from sfn_dsl.simulate.results.shapes import mock_shape

__all__ = ["MODES", "check_result", "misfit"]

MODES: Final = ("STRICT", "PRESENT", "NONE")

_TYPES: Final[Mapping[str, tuple[Any, str]]] = {
    "blob": (str, "a string"),
    "boolean": (bool, "a boolean"),
    "integer": ((int, float), "a number"),
    "list": (list, "an array"),
    "map": (dict, "an object"),
    "number": ((int, float), "a number"),
    "string": (str, "a string"),
    "structure": (dict, "an object"),
    "timestamp": (str, "a string"),
}


def check_result(resource: str, result: Json, mode: str) -> str | None:
    """What is wrong with a mocked result of a Task's `Resource`, as AWS says it after its prefix; None when nothing is.

    `mode`: STRICT, PRESENT (required fields may be absent) or NONE. Raises ValueError for another mode.
    """
    if mode not in MODES:
        raise ValueError(f"`{mode}` is not one of {', '.join(MODES)}")
    return None if mode == "NONE" else misfit(mock_shape(resource), result, required=mode == "STRICT")


def misfit(shape: Shape, value: Json, *, required: bool) -> str | None:
    """The first thing, depth first, in which a value is not of a shape. Required fields of an object come before its own fields.

    Fields are named without their path; elements of an array by the array's name.
    """
    pending: list[tuple[str, Shape, Json]] = [("result", shape, value)]
    while pending:
        name, shape, value = pending.pop()
        kind = shape.kind
        if kind == "any":
            continue
        types, article = _TYPES[kind]
        if not isinstance(value, types) or (value is True or value is False) != (kind == "boolean"):
            return f"Field '{name}' must be {article}"
        if kind == "structure":
            members = shape.members
            if required and shape.required:
                for member in members:
                    if member in shape.required and member not in value:
                        return f"Required field '{member}' is missing"
            pending += [(key, members[key], value[key]) for key in reversed(value) if key in members]
        elif kind == "map":
            pending += [(key, shape.element, value[key]) for key in reversed(value)]
        elif kind == "list":
            pending += [(name, shape.element, item) for item in reversed(value)]
        elif shape.minimum is not None and value < shape.minimum:
            return f"Field '{name}' is less than the minimum value"
        elif shape.maximum is not None and value > shape.maximum:
            return f"Field '{name}' exceeds the maximum value"
    return None
