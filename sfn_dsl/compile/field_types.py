"""Whether the fields of a declaration hold what their types say, so that a mistake is a finding and not a traceback."""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

from sfn_dsl.expression import Expression
from sfn_dsl.policy import RetryPolicy

__all__ = ["Misfit", "misfits"]

_CHECKED_ELSEWHERE = {"name", "span", "catch", "item"}
_NOUNS: Mapping[Any, str] = {str: "text", int: "integer", bool: "boolean", RetryPolicy: "retry policy"}
_HELP: Mapping[Any, str] = {RetryPolicy: "use TRANSIENT, THROTTLED, `retry(...)` or NEVER"}


@dataclasses.dataclass(frozen=True, slots=True)
class Misfit:
    """A field with a value of another type than it takes: `wanted` names the types, `help` says what to write."""

    field: str
    wanted: str
    help: str


@dataclasses.dataclass(frozen=True, slots=True)
class _Check:
    """What fits a field, with the types that have been found to fit. `made_of`: the value may have fields of its own."""

    field: str
    fits: tuple[Callable[[Any], bool], ...]
    wanted: str
    help: str
    made_of: bool
    known: set[type] = dataclasses.field(default_factory=set)


def misfits(declaration: Any, *, expressions: bool = True) -> Iterator[Misfit]:
    """Every field of a dataclass, and of the dataclasses of this package that it is made of, whose value does not fit its type.

    Only outer types count: an object, a list, a text, one of our classes. An expression is let through for plain values and
    lists, because most of these may be known at run time only; not without `expressions`. Fields of any type are not looked at.
    """
    for check in _checks(declaration.__class__, expressions):
        value = getattr(declaration, check.field)
        if type(value) not in check.known:
            if not any(fits(value) for fits in check.fits):
                yield Misfit(check.field, check.wanted, check.help or f"it is of type {type(value).__name__}")
                continue
            # A class says by itself, and not by its type, which one it is.
            if not isinstance(value, type):
                check.known.add(type(value))
        if check.made_of and dataclasses.is_dataclass(value) and type(value).__module__.startswith("sfn_dsl.steps."):
            yield from misfits(value, expressions=expressions)


@functools.cache
def _checks(cls: Any, expressions: bool) -> tuple[_Check, ...]:
    try:
        hints = get_type_hints(cls)
    except NameError:
        return ()  # a class of the user's own with names that only a type checker sees
    found = []
    for field in dataclasses.fields(cls):
        kinds = _kinds(hints[field.name], (Expression,) if expressions else ())
        if field.name in _CHECKED_ELSEWHERE or kinds is None:
            continue
        nouns = dict.fromkeys(noun for _, noun, _ in kinds if noun)
        help = next((help for _, _, help in kinds if help), "")
        made_of = not nouns.keys() <= {"text", "integer", "boolean", "list", "dict"}
        found.append(_Check(field.name, tuple(fits for fits, _, _ in kinds), " or ".join(nouns), help, made_of))
    return tuple(found)


def _kinds(hint: Any, plain: tuple[type, ...]) -> list[tuple[Callable[[Any], bool], str, str]] | None:
    """How values of a type are told at run time, with a noun and a help for each; None where anything goes. `plain`: what also
    stands for plain values and lists."""
    origin = get_origin(hint) or hint
    if origin is Union or origin is types.UnionType:
        found = []
        for member in get_args(hint):
            kinds = _kinds(member, plain)
            if kinds is None:
                return None
            found += kinds
        return found
    if origin is type(None):
        return [(lambda value: value is None, "", "")]
    if origin in (list, tuple):
        return [(lambda value: isinstance(value, (list, tuple, *plain)), "list", "")]
    if origin is Mapping:
        return [(lambda value: isinstance(value, Mapping), "dict", "")]
    if origin is int:
        return [(lambda value: isinstance(value, (int, *plain)) and not isinstance(value, bool), "integer", "")]
    if origin in (str, bool):
        return [(lambda value: isinstance(value, (origin, *plain)), _NOUNS[origin], "")]
    if origin is type and get_args(hint):
        [wanted] = get_args(hint)
        return [
            (lambda value: isinstance(value, type) and issubclass(value, wanted), wanted.__name__, f"write `{wanted.__name__}`")
        ]
    if not isinstance(origin, type) or origin is object or not origin.__module__.startswith("sfn_dsl."):
        return None
    noun, help = _NOUNS.get(origin, origin.__name__.strip("_")), _HELP.get(origin, "")
    if getattr(origin, "_is_protocol", False):
        members = [name for name in vars(origin) if not name.startswith("_")]
        return [(lambda value: all(hasattr(value, name) for name in members), noun, help)]
    return [(lambda value: isinstance(value, origin), noun, help)]
