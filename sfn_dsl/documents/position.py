"""Places in a text, what is wrong there, and documents whose values know where they were written."""

from __future__ import annotations

import abc
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sfn_dsl.asl.model import Json
from sfn_dsl.diagnostic import Severity

__all__ = [
    "BROKEN",
    "Document",
    "Lines",
    "MappedLines",
    "Position",
    "Problem",
    "aligned",
    "pointer_of",
    "pointer_parts",
    "shortened",
]

# Problems of these names mean that the text is no document at all; the value is then what could be saved of it.
BROKEN = frozenset({"json-syntax", "yaml-syntax"})
_LINE_END = re.compile(r"\r\n|\r|\n")
_BLANK = frozenset(" \t\r\n\x85\u2028\u2029")
_SHOWN = 60


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text: line and column, both from 1; the column counts characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a document itself.

    `name`: the kebab-case name of what it is. `pointer`: JSON Pointer to the value it is about (of a definition:
    from the definition), empty where there is none.
    """

    position: Position
    message: str
    help: str
    name: str
    pointer: str = ""
    severity: Severity = Severity.ERROR


class Lines:
    """Turns offsets in a text into positions."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self._text))]

    def at(self, offset: int) -> Position:
        """The position of an offset (from 0, in characters)."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)


class MappedLines(Lines):
    """Positions in a document for offsets in a text that is spelled inside it.

    `offsets` gives the offset in the document for each character of the text and for its end; it is called when first needed.
    """

    def __init__(self, outer: Lines, offsets: Callable[[], Sequence[int]]) -> None:
        self._outer = outer
        self._mapping = offsets

    @cached_property
    def _mapped(self) -> Sequence[int]:
        return self._mapping()

    def at(self, offset: int) -> Position:
        """The position in the document."""
        return self._outer.at(self._mapped[min(offset, len(self._mapped) - 1)])


class Document(abc.ABC):
    """A document that was read: its value, what is wrong with it, and where each value stands.

    Pointers are JSON Pointers (RFC 6901). One that names nothing leads to the nearest value around it that there is.
    """

    def __init__(self, text: str, value: Json, lines: Lines, problems: Sequence[Problem]) -> None:
        self.text = text
        self.value = value
        self.lines = lines
        self.problems = tuple(sorted(problems, key=lambda problem: problem.position))

    @property
    def broken(self) -> bool:
        """Whether the text is no document; `value` is then incomplete."""
        return any(problem.name in BROKEN for problem in self.problems)

    def position_of(self, pointer: str) -> Position:
        """Where a value begins."""
        return self.lines.at(self._find(pointer_parts(pointer))[1])

    def key_position_of(self, pointer: str) -> Position:
        """Where the key of a member of an object begins; for anything else, where the value begins."""
        key, value = self._find(pointer_parts(pointer))
        return self.lines.at(value if key is None else key)

    def offset_of(self, pointer: str) -> int:
        """The offset at which a value begins."""
        return self._find(pointer_parts(pointer))[1]

    def offsets_of(self, pointer: str) -> list[int]:
        """For each character of a text value, and for its end, the offset of what stands for it in the document."""
        start = self._find(pointer_parts(pointer))[1]
        return self._offsets(pointer_parts(pointer), start)

    @abc.abstractmethod
    def _find(self, parts: Sequence[str]) -> tuple[int | None, int]:
        """Offset of the key, if the value has one, and of the value, or of the nearest value around it."""

    @abc.abstractmethod
    def _offsets(self, parts: Sequence[str], start: int) -> list[int]: ...


def pointer_parts(pointer: str) -> list[str]:
    """The keys and indexes of a JSON Pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def pointer_of(parts: Iterable[str]) -> str:
    """The JSON Pointer of keys and indexes."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def aligned(text: str, written: Iterator[tuple[int, str]], end: int) -> list[int]:
    """The offset of each character of a text, and of its end, in the source it was read from.

    `written`: offset and meaning of every character or escape in the source. White space may differ (YAML folds and indents it);
    everything else stands in the same order.
    """
    units = [(offset, meaning in _BLANK) for offset, meaning in written]
    units.append((end, False))
    last, at, found = len(units) - 1, 0, []
    for char in text:
        blank = char in _BLANK
        while not blank and at < last and units[at][1]:
            at += 1
        found.append(units[at][0])
        if at < last and units[at][1] == blank:
            at += 1
    return [*found, end]


def shortened(text: str, width: int = _SHOWN) -> str:
    """A text as it can stand in a message: one line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 3] + "..."
