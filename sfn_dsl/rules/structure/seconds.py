"""Numbers of seconds as AWS takes them: whole numbers, or expressions in a JSONata state."""

from __future__ import annotations

from sfn_dsl.asl.model import Json

__all__ = ["MOST_SECONDS", "may_be_expression", "whole"]

MOST_SECONDS = 99_999_999


def whole(value: Json) -> int | None:
    """A value as a whole number; None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None


def may_be_expression(value: Json) -> bool:
    """Whether a value has a mark of a JSONata expression. That both marks are where they belong is another rule's matter."""
    return isinstance(value, str) and ("{%" in value or "%}" in value)
