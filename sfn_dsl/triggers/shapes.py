"""What users have declared about values: types of inputs, and of what steps return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sfn_dsl.asl.shapes import ANY, Shape, declared
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import Expression, InputRoot, Reference, StepRoot, Template

__all__ = ["TEXT", "declared_shape", "kind_in_words", "offered_shape"]

TEXT: Final = "a text"
_KINDS: Final[Mapping[str, str]] = {
    "string": TEXT,
    "integer": "a number",
    "number": "a number",
    "boolean": "a truth value",
    "list": "a list",
    "map": "an object",
    "structure": "an object",
}


def declared_shape(reference: Reference) -> Shape:
    """The shape of what is referred to, as far as a user has declared it; else any."""
    match reference._root:
        case InputRoot(owner=owner):
            shape: Shape = getattr(owner, "shape", ANY)
        case StepRoot(step=step):
            shape = _returned(step)
        case _:
            return ANY
    for part in reference._path:
        shape = shape.step_into(part) or ANY
    return shape


def offered_shape(template: Template) -> Shape:
    """The shape of a value, or of a reference as far as a user has declared it; any for other expressions."""
    match template:
        case Reference():
            return declared_shape(template)
        case Expression() | None:
            return ANY
        case Mapping():
            return declared(dict)
        case str() | bool() | int() | float():
            return declared(type(template))
        case _:
            return declared(list) if isinstance(template, (list, tuple)) else ANY


def kind_in_words(shape: Shape) -> str:
    """What values of a shape are, as JSON tells types apart; empty where nothing is known."""
    return _KINDS.get(shape.kind, "")


def _returned(step: object) -> Shape:
    returns = getattr(step, "returns", None) or getattr(getattr(step, "engine", None), "returns", None)
    try:
        return ANY if returns is None else declared(returns)
    except DeclarationError:
        return ANY  # the compiler says so at the step
