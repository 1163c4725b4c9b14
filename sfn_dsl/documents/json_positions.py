"""JSON with positions: a reader that is never deeper than its own loop, finds all it can and remembers where things stand.

What `json.loads` gives for valid text, this gives too. Of text that is not JSON it tells what is wrong, and reads on where the
meaning is plain.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from sfn_dsl.asl.model import Json
from sfn_dsl.documents.json_recovery import AT_KEY, AT_NEXT, AT_VALUE, STOP, STRING, WS, Recovery, read_integer
from sfn_dsl.documents.position import Document, Lines, Problem, aligned, shortened

__all__ = ["JsonDocument", "read_json"]

_PLAIN = r'[^"\\\x00-\x1f\ud800-\udfff]*+'
_KEY = re.compile(rf'"({_PLAIN})"{WS}:{WS}')
_VALUE = re.compile(
    rf'"({_PLAIN})"|(-?(?:0|[1-9][0-9]*+))(?![\w.+$-])|(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)(?![\w.+$-])'
    rf"|(true|false|null)(?![\w.+$-])|([\[{{]){WS}"
)
_NEXT = re.compile(rf"{WS}([,\]}}]){WS}")
_MEMBER = re.compile(rf'"(?:[^"\\]++|\\.)*+"{WS}:{WS}', re.DOTALL)
_UNIT = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)
_LITERALS: dict[str, Json] = {"true": True, "false": False, "null": None}
# Python converts this many digits whatever its settings.
_SHORT = 640


def read_json(text: str, *, substitutions: bool = False, lines: Lines | None = None) -> JsonDocument:
    """Read JSON.

    `substitutions`: a bare `${name}`, which is filled in at deployment, counts as the text `${name}`. `lines`: what turns offsets
    into positions, where the text is spelled inside another document.
    """
    return _Reader(text, substitutions, lines or Lines(text)).read()


class JsonDocument(Document):
    """A JSON document.

    `marks` has, by the id of each object and array in `value`, the offsets of its members. `alive` holds values that lost their
    place to a later one of the same key, so that no id is given twice.
    """

    def __init__(
        self,
        text: str,
        value: Json,
        lines: Lines,
        problems: Sequence[Problem],
        start: int,
        marks: dict[int, Any],
        alive: list[Json],
    ) -> None:
        super().__init__(text, value, lines, problems)
        self._start = start
        self._marks = marks
        self._alive = alive

    def _find(self, parts: Sequence[str]) -> tuple[int | None, int]:
        key: int | None = None
        offset, value = self._start, self.value
        for part in parts:
            if isinstance(value, dict) and part in value:
                key = self._marks[id(value)][part]
                after = _MEMBER.match(self.text, key)
                offset = after.end() if after else key
                value = value[part]
            elif isinstance(value, list) and part.isascii() and part.isdigit() and len(part) < 12 and int(part) < len(value):
                key, offset = None, self._marks[id(value)][int(part)]
                value = value[int(part)]
            else:
                break
        return key, offset

    def _offsets(self, parts: Sequence[str], start: int) -> list[int]:
        value = self.value
        for part in parts:
            value = value[int(part)] if isinstance(value, list) else value[part]
        literal = STRING.match(self.text, start)
        end = literal.end() - 1 if literal else start + len(value)
        return aligned(value, self._written(start + 1, end), end)

    def _written(self, start: int, end: int) -> Iterator[tuple[int, str]]:
        for unit in _UNIT.finditer(self.text, start, end):
            spelled = unit.group()
            yield unit.start(), spelled if len(spelled) == 1 else json.loads(f'"{spelled}"')


class _Reader(Recovery):
    def read(self) -> JsonDocument:
        at = 0
        if self._text.startswith("\ufeff"):
            self._report(0, "the text begins with a byte-order mark", "save the file as UTF-8 without a mark")
            at = 1
        self._run(at)
        offsets = self._marks.pop(id(self._root))
        value, start = (self._root[0], offsets[0]) if offsets else (None, 0)
        return JsonDocument(self._text, value, self._lines, self._problems, start, self._marks, self._displaced)

    def _run(self, at: int) -> None:
        """One token per turn; `at` never stands before white space. `_odd` sees and changes the local state through the object."""
        text, stack, all_marks = self._text, self._stack, self._marks
        key_at, value_at, next_at = _KEY.match, _VALUE.match, _NEXT.match
        holder, key, key_offset = self._holder, "", 0
        marks, in_object = all_marks[id(holder)], False
        expected, at, exact = AT_VALUE, self._skip(at), True
        while expected != STOP:
            if expected == AT_NEXT:
                match = next_at(text, at)
                if match and stack:
                    mark = match[1]
                    if mark == ",":
                        at = match.end()
                        expected = AT_KEY if in_object else AT_VALUE
                        continue
                    if (mark == "}") == in_object:
                        at = match.end()
                        holder, key, _ = stack.pop()
                        marks, in_object = all_marks[id(holder)], type(holder) is dict
                        continue
            elif expected == AT_KEY:
                match = key_at(text, at)
                if match:
                    key, key_offset = match[1], at
                    at = match.end()
                    expected = AT_VALUE
                    continue
            else:
                match = value_at(text, at)
                if match:
                    kind, spelled = match.lastindex, match[match.lastindex or 0]
                    value: Any
                    if kind == 1:
                        value = spelled
                    elif kind == 2:
                        value, exact = (int(spelled), True) if len(spelled) < _SHORT else read_integer(spelled)
                    elif kind == 3:
                        value = float(spelled)
                        exact = value - value == 0
                    elif kind == 4:
                        value = _LITERALS[spelled]
                    else:
                        value = {} if spelled == "{" else []
                    if not exact:
                        self._holder, self._key = holder, key
                        self._report(at, f"number `{shortened(spelled)}` is too large", "write a smaller number", "json-number")
                        exact = True
                    if in_object:
                        if key in holder:
                            self._holder, self._key, self._key_offset = holder, key, key_offset
                            self._duplicate(marks[key])
                        holder[key] = value
                        marks[key] = key_offset
                    else:
                        holder.append(value)
                        marks.append(at)
                    end = match.end()
                    expected = AT_NEXT
                    if kind == 5:
                        inner: Any = {} if spelled == "{" else []
                        all_marks[id(value)] = inner
                        if text[end : end + 1] == ("}" if spelled == "{" else "]"):
                            end += 1
                        else:
                            stack.append((holder, key, at))
                            holder, marks, in_object = value, inner, spelled == "{"
                            expected = AT_KEY if in_object else AT_VALUE
                    at = end
                    continue
            self._holder, self._key, self._key_offset = holder, key, key_offset
            expected, at = self._odd(expected, at)
            holder, key, key_offset = self._holder, self._key, self._key_offset
            marks, in_object = all_marks[id(holder)], type(holder) is dict
