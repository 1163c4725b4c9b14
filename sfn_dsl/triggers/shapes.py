"""What users have declared about values: types of inputs, and of what steps return."""

from __future__ import annotations

from sfn_dsl.asl.shapes import ANY, Shape, declared
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import InputRoot, Reference, StepRoot

__all__ = ["declared_shape"]


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


def _returned(step: object) -> Shape:
    returns = getattr(step, "returns", None) or getattr(getattr(step, "engine", None), "returns", None)
    try:
        return ANY if returns is None else declared(returns)
    except DeclarationError:
        return ANY  # the compiler says so at the step
