"""A YAML document: where its values stand, also inside quoted and folded text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sfn_dsl.asl.model import Json
from sfn_dsl.documents.position import Document, Lines, Problem, aligned

__all__ = ["Place", "YamlDocument"]

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", " ": " ", "\t": "\t", "N": "\x85", "L": "\u2028", "P": "\u2029"}
# Anchor and tag, before the value itself.
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*+\s*+)*+")
_DOUBLE = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r\n[ \t]*|[\n\r\x85\u2028\u2029][ \t]*|.)|.", re.DOTALL
)
_QUOTED = re.compile(r"''|.", re.DOTALL)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


@dataclass(slots=True, eq=False)
class Place:
    """Where a value stands: offsets, style of a scalar, keys and members of a collection."""

    start: int
    end: int = 0
    style: str | None = None
    keys: dict[str, int] = field(default_factory=dict)
    members: dict[str, Place] | list[Place] | None = None


class YamlDocument(Document):
    """A YAML document."""

    def __init__(self, text: str, value: Json, lines: Lines, problems: Sequence[Problem], place: Place) -> None:
        super().__init__(text, value, lines, problems)
        self._place = place

    def _walk(self, parts: Sequence[str]) -> tuple[int | None, Place]:
        key: int | None = None
        place = self._place
        for part in parts:
            members = place.members
            if isinstance(members, dict) and part in members:
                key, place = place.keys.get(part), members[part]
            elif isinstance(members, list) and part.isascii() and part.isdigit() and len(part) < 12 and int(part) < len(members):
                key, place = None, members[int(part)]
            else:
                break
        return key, place

    def _find(self, parts: Sequence[str]) -> tuple[int | None, int]:
        key, place = self._walk(parts)
        return key, place.start

    def _offsets(self, parts: Sequence[str], start: int) -> list[int]:
        value = self.value
        for part in parts:
            value = value[int(part)] if isinstance(value, list) else value[part]
        place = self._walk(parts)[1]
        return aligned(value, self._written(place), place.end)

    def _written(self, place: Place) -> Iterator[tuple[int, str]]:
        end = place.end
        properties = _PROPERTIES.match(self.text, place.start, end)
        start = properties.end() if properties else place.start
        if place.style in ("|", ">"):
            header = _LINE.match(self.text, start)
            yield from ((at, self.text[at]) for at in range(header.end() if header else start, end))
        elif place.style == '"':
            for unit in _DOUBLE.finditer(self.text, start + 1, end - 1):
                spelled = unit.group()
                yield unit.start(), spelled if len(spelled) == 1 else self._escape(spelled)
        elif place.style == "'":
            yield from ((unit.start(), unit.group()[0]) for unit in _QUOTED.finditer(self.text, start + 1, end - 1))
        else:
            yield from ((at, self.text[at]) for at in range(start, end))

    def _escape(self, spelled: str) -> str:
        mark = spelled[1]
        if mark in "xuU":
            return chr(min(int(spelled[2:], 16), 0x10FFFF)) if len(spelled) > 2 else mark
        return " " if mark in "\n\r\x85\u2028\u2029" else _ESCAPES.get(mark, "x")
