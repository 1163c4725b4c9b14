"""Numbers of seconds as AWS takes them: whole numbers, or expressions in a JSONata state."""

from __future__ import annotations

from sfn_dsl.asl.model import Json
from sfn_dsl.rules.structure.fields import language_is_sure
from sfn_dsl.rules.subject import State, Subject

__all__ = ["MOST_SECONDS", "known_later", "may_be_expression", "whole"]

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


def known_later(subject: Subject, state: State, value: Json) -> bool:
    """Whether a value is a placeholder, or an expression where it may be one."""
    if isinstance(value, str) and subject.is_open(value):
        return True
    return may_be_expression(value) and (state.jsonata or not language_is_sure(subject, state))
