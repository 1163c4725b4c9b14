"""What the steps of a JSONata path do to values: look up, flatten, choose by index, collect into groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sfn_dsl.simulate.jsonata.calls import Closure, Frame
from sfn_dsl.simulate.jsonata.library import append, lookup
from sfn_dsl.simulate.jsonata.streams import TupleStream, context
from sfn_dsl.simulate.jsonata.values import UNDEFINED, Constructed, Fault, KeptSequence, Sequence, single

__all__ = ["Runner", "collected", "element_at", "field_runner", "flattened", "keeping", "leaves", "sortable", "unchanged", "walk"]

Runner = Callable[[list[Any], Frame], Any]


def walk(items: Any, runners: list[Runner], position: int, frame: Frame) -> Any:
    """The values after the steps from a position on; nothing found ends the walk."""
    if items is UNDEFINED:
        return items
    for runner in runners[position:]:
        items = runner(items, frame)
        if not items:
            break
    return items


def flattened(results: list[Any], last: bool) -> list[Any]:
    """The results of a step as one sequence; an array that the last step finds alone stays as it is."""
    if last and len(results) == 1 and isinstance(results[0], list) and not isinstance(results[0], Sequence):
        return results[0]
    found = Sequence()
    for value in results:
        if isinstance(value, list) and type(value) is not Constructed:
            found.extend(value)
        else:
            found.append(value)
    return found


def field_runner(name: str, last: bool) -> Runner:
    """The step that looks up a field in each item."""

    def run(items: list[Any], frame: Frame) -> list[Any]:
        results = []
        for item in items:
            value = item.get(name, UNDEFINED) if isinstance(item, dict) else single(lookup(item, name))
            if value is not UNDEFINED:
                results.append(value)
        return flattened(results, last)

    return run


def unchanged(value: Any) -> Any:
    """The value itself."""
    return value


def keeping(closure: Closure, step: bool) -> Closure:
    """A path with `[]`, whose result stays an array.

    `step`: whether `[]` is on a step, where it keeps a constructed array an element, or on the whole path.
    """

    def evaluate(item: Any, frame: Frame) -> Any:
        value = closure(item, frame)
        if value is UNDEFINED:
            return value
        if type(value) is Constructed:
            return KeptSequence([value]) if step else value
        if not isinstance(value, list):
            return KeptSequence([value])
        return KeptSequence(value) if isinstance(value, Sequence) else value

    return evaluate


def element_at(value: Any, index: int) -> Any:
    """The item at an index, from the end for a negative one, as a sequence; an array item is the result itself."""
    items = value if isinstance(value, list) else [value]
    place = index + len(items) if index < 0 else index
    found = items[place] if 0 <= place < len(items) else UNDEFINED
    if type(value) is TupleStream:
        return TupleStream([] if found is UNDEFINED else [found])
    if isinstance(found, list):
        return found
    return Sequence([] if found is UNDEFINED else [found])


def leaves(value: Any) -> Iterator[Any]:
    """The values in arrays of any depth."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        else:
            yield value


def sortable(value: Any) -> str | None:
    """The kind of a value that sorting can order, else None."""
    return {str: "text", int: "number", float: "number"}.get(type(value))


def collected(pairs: list[tuple[Closure, Closure]], value: Any, frame: Frame) -> dict[str, tuple[int, Any]]:
    """For each key: the number of the pair that made it and the items that it was made from."""
    groups: dict[str, tuple[int, Any]] = {}
    for element in (value if isinstance(value, list) else [value]) or [UNDEFINED]:
        place = context(element, frame) if type(value) is TupleStream else (element, frame)
        for number, (key_of, _) in enumerate(pairs):
            key = key_of(*place)
            if key is UNDEFINED:
                continue
            if type(key) is not str:
                raise Fault("T1003", value=key)
            if key not in groups:
                groups[key] = (number, element)
            elif groups[key][0] != number:
                raise Fault("D1009", value=key)
            else:
                groups[key] = (number, append(groups[key][1], element))
    return groups
