"""In what two JSON values differ, path by path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final, TypeAlias

from sfn_dsl.asl.model import Json

__all__ = ["Difference", "differences"]

Difference: TypeAlias = tuple[str, str, str]
"""A path and the values there, before and now, as JSON texts; an empty text where there is none."""

_NAMES: Final = ("ErrorEquals", "Name", "Key", "Id")
"""Members by which an element of a list is known to be the same one, with other values in it."""
_CONSEQUENCES: Final = ("Next", "Assign", "Output", "Comment")
"""Members of a Choice rule that are not its condition."""


def differences(old: Json, new: Json, path: str = "") -> Iterator[Difference]:
    """Where two values differ: `Retry[0].MaxAttempts`. An element that a list no longer has stands at the place that it had."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*new, *old]):
            inner = f"{path}.{key}" if path else str(key)
            if key not in old:
                yield inner, "", _text(new[key])
            elif key not in new:
                yield inner, _text(old[key]), ""
            else:
                yield from differences(old[key], new[key], inner)
    elif isinstance(old, list) and isinstance(new, list):
        for olds, news in _parts(old, new):
            if len(olds) == len(news):
                for was, now in zip(olds, news, strict=True):
                    yield from differences(old[was], new[now], f"{path}[{now}]")
            else:
                yield from ((f"{path}[{was}]", _text(old[was]), "") for was in olds)
                yield from ((f"{path}[{now}]", "", _text(new[now])) for now in news)
    elif _text(old) != _text(new):
        yield path, _text(old), _text(new)


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _parts(old: Sequence[Json], new: Sequence[Json]) -> Iterator[tuple[range, range]]:
    """Places of the elements that differ. In parts of one length each element belongs to the one at its place."""
    for olds, news in _gaps([_text(one) for one in old], [_text(one) for one in new]):
        # What lies between elements that are equal is told apart by what it is called.
        names = [_name(old[place]) for place in olds], [_name(new[place]) for place in news]
        for _, first, last, begin, end in SequenceMatcher(None, *names, autojunk=False).get_opcodes():
            yield olds[first:last], news[begin:end]


def _gaps(old: list[str], new: list[str]) -> Iterator[tuple[range, range]]:
    for kind, first, last, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield range(first, last), range(begin, end)


def _name(value: Json) -> str:
    """What an element is called: errors, name or key; for a Choice rule its condition; else all of it."""
    if not isinstance(value, Mapping):
        return _text(value)
    for key in _NAMES:
        if key in value:
            return f"{key} {_text(value[key])}"
    return _text({key: member for key, member in value.items() if key not in _CONSEQUENCES})
