"""JSONPath in Step Functions: a definite path means one value or fails, every other path means a list, always.

`$.a.b` and `$.a[0]` are definite; wildcards, slices, unions, `..` and filters are not, and yield `[]` where nothing matches,
even where the array itself is missing (recorded on AWS).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.java.text import map_text
from sfn_dsl.simulate.jsonpath.parser import InvalidPath, parse_path
from sfn_dsl.simulate.jsonpath.steps import Names, Step, is_definite, leading, select

__all__ = ["InvalidPath", "Missing", "Path", "compile_path", "put", "reference_steps"]


class Missing(Exception):
    """A definite path that leads nowhere; `str(error)` is Jayway's sentence, which is only made when somebody reads it."""

    def __init__(self, sentence: str | Callable[[], str]) -> None:
        super().__init__(sentence)

    def __str__(self) -> str:
        sentence = self.args[0]
        return sentence if isinstance(sentence, str) else str(sentence())


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path.

    `text` is the path as written; `root` is "" for the document (`$`), "$$" for the context object, else a variable's name.
    `find(document)` takes the value of the root; a definite path gives a value or raises Missing, another one a list.
    """

    text: str
    root: str
    definite: bool
    find: Callable[[Json], Json] = field(compare=False, repr=False)


@cache
def compile_path(text: str) -> Path:
    """Compile a path. Raises InvalidPath."""
    root, steps = parse_path(text)
    first = leading(steps)
    if len(first) == len(steps):
        find = _names_finder(first) if all(isinstance(step, str) for step in first) else _single_finder(first)
    elif is_definite(steps):
        find = _merge_finder(first, steps[-1])
    else:
        find = _list_finder(steps)
    return Path(text, root, is_definite(steps), find)


def _names_finder(steps: tuple[str | int, ...]) -> Callable[[Json], Json]:
    def find(document: Json) -> Json:
        value = document
        try:
            for step in steps:
                value = value[step]
        except (KeyError, TypeError, IndexError):
            raise _missing(steps, document) from None
        return value

    return find


def _single_finder(steps: tuple[str | int, ...]) -> Callable[[Json], Json]:
    def find(document: Json) -> Json:
        value = document
        try:
            for step in steps:
                # A text would take an index as well.
                if step.__class__ is int and not isinstance(value, list):
                    raise _missing(steps, document)
                value = value[step]
        except (KeyError, TypeError, IndexError):
            raise _missing(steps, document) from None
        return value

    return find


def _merge_finder(steps: tuple[str | int, ...], last: Step) -> Callable[[Json], Json]:
    find_object = _single_finder(steps)
    names = last.names if isinstance(last, Names) else ()

    def find(document: Json) -> Json:
        value = find_object(document)
        if not isinstance(value, dict):
            shown = ",".join(f"'{name}'" for name in names)
            raise Missing(f"Property [{shown}] not found in path {_shown(steps)}")
        return {name: value[name] for name in names if name in value}

    return find


def _list_finder(steps: tuple[Step, ...]) -> Callable[[Json], Json]:
    return lambda document: select(steps, document, document)


def _shown(steps: Sequence[str | int]) -> str:
    return "$" + "".join(f"['{step}']" if isinstance(step, str) else f"[{step}]" for step in steps)


def _missing(steps: Sequence[str | int], document: Json) -> Missing:
    return Missing(functools.partial(_sentence, steps, document))


def _sentence(steps: Sequence[str | int], document: Json) -> str:
    """Why single names and indexes lead nowhere in this document."""
    value, whole = document, _shown(steps)
    for index, step in enumerate(steps):
        place, here = _shown(steps[:index]), _shown(steps[: index + 1])
        if isinstance(step, str):
            if not isinstance(value, dict):
                return f"Property ['{step}'] not found in path {place}"
            if step not in value:
                return f"{'No results for path:' if here == whole else 'Missing property in path'} {here}"
        elif value is None:
            return f"The path {place} is null"
        elif not isinstance(value, list):
            return f"Filter: [{step}] can only be applied to arrays. Current context is: {map_text(value)}"
        elif not -len(value) <= step < len(value):
            break
        value = value[step]
    return f"No results for path: {whole}"


@cache
def reference_steps(text: str) -> tuple[str | int, ...]:
    """The names and indexes of a reference path (`ResultPath`): `$.a.b[0]` is ("a", "b", 0). Raises InvalidPath."""
    root, steps = parse_path(text)
    single = leading(steps)
    if root or len(single) < len(steps) or any(isinstance(step, int) and step < 0 for step in single):
        raise InvalidPath(f"`{text}` is not a reference path: only names and indexes below `$` may stand in it")
    return single


def put(document: Json, steps: tuple[str | int, ...], value: Json) -> Json:
    """A new document with the value put at the path; objects that are missing on the way are made, nothing is changed in place.

    Raises ValueError where something on the way is neither an object nor, for an index, an array, and Missing where an array
    has no such item.
    """
    if not steps:
        return value
    result = current = _copied(document, steps[0])
    for step, following in pairwise(steps):
        absent = isinstance(step, str) and step not in current
        child = _copied({} if absent else current[step], following)
        current[step] = child
        current = child
    current[steps[-1]] = value
    return result


def _copied(container: Json, step: str | int) -> Json:
    """A copy of the container into which the step can be written."""
    if isinstance(step, str):
        if not isinstance(container, dict):
            raise ValueError(f"there is no object that could take the member `{step}`")
        return dict(container)
    if not isinstance(container, list):
        raise ValueError(f"there is no array that could take the item {step}")
    if step >= len(container):
        raise Missing(f"No results for path: the array has {len(container)} items, not an item {step}")
    return list(container)
