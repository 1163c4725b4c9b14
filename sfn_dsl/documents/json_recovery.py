"""What is wrong with text that is not JSON, and where to go on: at a comment, a lacking comma, single quotes, a bare word."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from sfn_dsl.asl.model import Json
from sfn_dsl.diagnostic import Severity
from sfn_dsl.documents.position import Lines, Problem, pointer_of, shortened

__all__ = ["AT_KEY", "AT_NEXT", "AT_VALUE", "ESCAPE", "STOP", "STRING", "WS", "Recovery", "read_integer"]

WS = r"[ \t\n\r]*+"
ESCAPE = r'\\(?:["\\/bfnrt]|u(?:(?![dD][89a-fA-F])[0-9a-fA-F]{4}|[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))'
_WITHIN = rf'(?:[^"\\\x00-\x1f\ud800-\udfff]++|{ESCAPE})*+'
STRING = re.compile(rf'"{_WITHIN}"')
_PART = re.compile(_WITHIN)
_SPACE = re.compile(WS)
_SINGLE = re.compile(r"'((?:[^'\\\n\r]++|\\.)*+)'")
_WORD = re.compile(r"[-+]?[^\W\d][\w.$-]*+")
_NUMBER = re.compile(r"[-+.0-9][\w.+-]*+")
_COMMENT = re.compile(r"//[^\n\r]*+|#[^\n\r]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?")
_PLACEHOLDER = re.compile(r"\$\{[^{}\n\r]*+\}")
_COLON = re.compile(rf"{WS}:{WS}")
_SURROGATE = re.compile(r"\\u[0-9a-fA-F]{4}")

_FOREIGN: dict[str, Json] = {"True": True, "False": False, "None": None, "TRUE": True, "FALSE": False, "NULL": None, "Null": None}
_FOREIGN |= {"undefined": None, "nil": None}
_INFINITE = {"NaN", "Infinity", "-Infinity", "+Infinity", "-NaN", "nan", "inf", "-inf"}
_DIGITS = 4300  # Python's own limit for text to int
_MOST_SYNTAX = 20
_MOST = 200

# What is expected next.
AT_VALUE, AT_KEY, AT_NEXT, STOP = range(4)


def read_integer(digits: str) -> tuple[int, bool]:
    """The integer of some digits with an optional sign, and whether it is exact: one too long to convert is cut to its bounds."""
    limit = min(sys.get_int_max_str_digits() or _DIGITS, _DIGITS)
    if len(digits) <= limit or len(digits.lstrip("+-")) <= limit:
        return int(digits), True
    bound: int = 10**limit - 1
    return (-bound if digits.startswith("-") else bound), False


class Recovery:
    """The state of a reader of JSON, and what it does where the text is not JSON."""

    def __init__(self, text: str, substitutions: bool, lines: Lines) -> None:
        self._text = text
        self._lines = lines
        self._problems: list[Problem] = []
        self._syntax = 0
        self._substitutions = substitutions
        # The root is the only member of a list around it, so that it is stored as any value is.
        self._root: list[Json] = []
        self._marks: dict[int, Any] = {id(self._root): []}
        self._displaced: list[Json] = []
        self._holder: Any = self._root
        self._key = ""
        self._key_offset = 0
        # What is around the holder: container, key under which the holder stands there, offset of the holder's opening bracket.
        self._stack: list[tuple[Any, str, int]] = []

    def _odd(self, expected: int, at: int) -> tuple[int, int]:
        """What to do where the text does not go on as expected: what is expected next, and where."""
        at = self._skip(at)
        if expected == AT_VALUE:
            return self._odd_value(at)
        return self._odd_key(at) if expected == AT_KEY else self._odd_next(at)

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

    def _store(self, value: Json, offset: int) -> None:
        holder, marks = self._holder, self._marks[id(self._holder)]
        if type(holder) is dict:
            if self._key in holder:
                self._duplicate(marks[self._key])
            holder[self._key] = value
            marks[self._key] = self._key_offset
        else:
            holder.append(value)
            marks.append(offset)

    def _duplicate(self, first: int) -> None:
        """Report that the holder has the key already, first at an offset."""
        self._displaced.append(self._holder[self._key])
        if len(self._problems) >= _MOST:
            return
        in_states = bool(self._stack) and type(self._stack[-1][0]) is dict and self._stack[-1][1] == "States"
        where = self._lines.at(first)
        what, name = ("state", "json-duplicate-state-key") if in_states else ("key", "json-duplicate-key")
        message = f"{what} `{shortened(self._key)}` is given twice, first on line {where.line}, column {where.column}"
        self._report(self._key_offset, message, "remove or rename one of them: only the last counts", name)

    def _report(self, offset: int, message: str, help: str = "", name: str = "json-syntax") -> bool:
        """Note a problem; False when there are enough."""
        if name == "json-syntax":
            self._syntax += 1
        if len(self._problems) < _MOST:
            severity = Severity.WARNING if name == "json-number" else Severity.ERROR
            self._problems.append(Problem(self._lines.at(offset), message, help, name, pointer_of(self._path()), severity))
        return self._syntax < _MOST_SYNTAX

    def _path(self) -> Iterator[str]:
        """Keys and indexes that lead to the value being read."""
        for holder, key, _ in self._stack[1:]:
            yield key if type(holder) is dict else str(len(holder) - 1)
        if self._stack:
            yield self._key if type(self._holder) is dict else str(len(self._holder))

    def _stop(self, offset: int, message: str, help: str = "") -> tuple[int, int]:
        self._report(offset, message, help)
        return STOP, offset

    def _go_on(self, expected: int, at: int, offset: int, message: str, help: str = "") -> tuple[int, int]:
        """Report and go on at `at`, white space skipped."""
        more = self._report(offset, message, help)
        return (expected if more else STOP), self._skip(at)

    def _odd_value(self, at: int) -> tuple[int, int]:
        """What to do where a value should begin and none of the ordinary kind does."""
        text = self._text
        char = text[at : at + 1]
        in_object = type(self._holder) is dict
        if char == "":
            if not self._stack:
                return self._stop(at, "the document is empty", "write a JSON object")
            if not in_object:
                return self._unclosed()
            self._store(None, at)
            return self._go_on(AT_NEXT, at, self._key_offset, f"key `{shortened(self._key)}` has no value")
        if char == '"':
            value, end = self._odd_string(at)
            if end < 0:
                return STOP, at
            self._store(value, at)
            return AT_NEXT if self._syntax < _MOST_SYNTAX else STOP, end
        if char in ",]}":
            if not self._stack:
                return self._stop(at, f"unexpected `{char}`")
            if in_object:
                self._store(None, at)
                return self._go_on(AT_NEXT, at, at, f"key `{shortened(self._key)}` has no value")
            return self._odd_end(at, AT_VALUE)
        if comment := _COMMENT.match(text, at):
            return self._go_on(AT_VALUE, comment.end(), at, "JSON has no comments", "use a `Comment` field")
        if placeholder := _PLACEHOLDER.match(text, at):
            self._store(placeholder.group(), at)
            if self._substitutions:
                return AT_NEXT, placeholder.end()
            return self._go_on(AT_NEXT, placeholder.end(), at, f"`{shortened(placeholder.group())}` is not in quotes")
        if single := _SINGLE.match(text, at):
            self._store(single[1], at)
            return self._go_on(AT_NEXT, single.end(), at, "the text is in single quotes", "use double quotes")
        if word := _WORD.match(text, at):
            value, message, help = self._bare(word.group())
            self._store(value, at)
            return self._go_on(AT_NEXT, word.end(), at, message, help)
        if number := _NUMBER.match(text, at):
            self._store(0, at)
            message = f"number `{shortened(number.group())}` is malformed"
            return self._go_on(AT_NEXT, number.end(), at, message, "write it as `12`, `-3`, `0.5` or `1e6`")
        return self._stop(at, f"unexpected character {_named(char)}, a value should begin here")

    def _bare(self, word: str) -> tuple[Json, str, str]:
        if word in _INFINITE:
            return None, f"`{word}` is no JSON number", "JSON has finite numbers only"
        if word in _FOREIGN:
            value = _FOREIGN[word]
            return value, f"`{word}` is no JSON value", f"write `{json.dumps(value)}`"
        return word, f"`{shortened(word)}` is not in quotes", "texts stand in double quotes"

    def _odd_key(self, at: int) -> tuple[int, int]:
        """What to do where a key should begin and no ordinary one followed by a colon does."""
        text = self._text
        char = text[at : at + 1]
        if char == "":
            return self._unclosed()
        if char in ",}":
            return self._odd_end(at, AT_KEY)
        if comment := _COMMENT.match(text, at):
            return self._go_on(AT_KEY, comment.end(), at, "JSON has no comments", "use a `Comment` field")
        if char == '"':
            key, end = self._odd_string(at)
            if end < 0:
                return STOP, at
        elif found := _SINGLE.match(text, at) or _PLACEHOLDER.match(text, at) or _WORD.match(text, at) or _NUMBER.match(text, at):
            key, end = found.group().strip("'"), found.end()
            self._report(at, f"key `{shortened(key)}` is not in double quotes", "put it in double quotes")
        else:
            return self._stop(at, f"unexpected character {_named(char)}, a key in double quotes should begin here")
        self._key, self._key_offset = key, at
        if self._syntax >= _MOST_SYNTAX:
            return STOP, at
        if colon := _COLON.match(text, end):
            return AT_VALUE, colon.end()
        end = self._skip(end)
        if text[end : end + 1] in ("", ",", "}"):
            self._store(None, end)
            return self._go_on(AT_NEXT, end, at, f"key `{shortened(key)}` has no value")
        return self._go_on(AT_VALUE, end + (text[end] == "="), end, f"a colon is missing after key `{shortened(key)}`")

    def _odd_next(self, at: int) -> tuple[int, int]:
        """What to do after a value that neither a comma nor a bracket follows."""
        text = self._text
        at = self._skip(at)
        char = text[at : at + 1]
        if not self._stack:
            return self._stop(at, "there is text after the end of the document", "remove it") if char else (STOP, at)
        in_object = type(self._holder) is dict
        if char == "":
            return self._unclosed()
        if comment := _COMMENT.match(text, at):
            return self._go_on(AT_NEXT, comment.end(), at, "JSON has no comments", "use a `Comment` field")
        if char in "]}":
            return self._wrong_bracket(at, char), self._skip(at + 1)
        if char in "\"'[{" or _WORD.match(text, at) or _NUMBER.match(text, at):
            what = "member" if in_object else "value"
            return self._go_on(AT_KEY if in_object else AT_VALUE, at, at, f"a comma is missing before this {what}", "add a comma")
        return self._stop(at, f"unexpected character {_named(char)}, a comma or a closing bracket should stand here")

    def _unclosed(self) -> tuple[int, int]:
        opening, closing = ("{", "}") if type(self._holder) is dict else ("[", "]")
        return self._stop(self._stack[-1][2], f"`{opening}` is never closed", f"add `{closing}`")

    def _wrong_bracket(self, at: int, mark: str) -> int:
        """A bracket that does not fit the one that is open: close what is open if it fits further out, else pass over it."""
        where = self._lines.at(self._stack[-1][2])
        opening = "{" if type(self._holder) is dict else "["
        more = self._report(at, f"`{mark}` does not close the `{opening}` of line {where.line}, column {where.column}")
        wanted = dict if mark == "}" else list
        depth = next((depth for depth in range(len(self._stack) - 1, 0, -1) if type(self._stack[depth][0]) is wanted), 0)
        if depth:
            self._holder, self._key, _ = self._stack[depth - 1]
            del self._stack[depth - 1 :]
        return AT_NEXT if more else STOP

    def _odd_end(self, at: int, expected: int) -> tuple[int, int]:
        """A comma or a closing bracket where a value or key should begin."""
        if self._text[at] == ",":
            return self._go_on(expected, at + 1, at, "there is a comma too many", "remove the comma")
        before = at - 1
        while self._text[before] in " \t\n\r":
            before -= 1
        if self._text[before] != ",":
            return AT_NEXT, at
        return self._go_on(AT_NEXT, at, before, "there is a comma after the last value", "remove the comma")

    def _odd_string(self, start: int) -> tuple[str, int]:
        """A string with escapes or faults: the text and the offset after it, which is -1 where the string has no end."""
        text = self._text
        whole = STRING.match(text, start)
        if whole:
            return json.loads(whole.group()), whole.end()
        parts: list[str] = []
        at = start + 1
        while self._syntax < _MOST_SYNTAX:
            part = _PART.match(text, at)
            if part is not None:
                parts.append(json.loads(f'"{part.group()}"'))
                at = part.end()
            char = text[at : at + 1]
            if char == '"':
                return "".join(parts), at + 1
            if char == "" or char in "\n\r":
                self._report(start, "the text has no closing quote on its line", "close it, or write a line break as `\\n`")
                break
            if char == "\\":
                at = self._odd_escape(at, parts)
            elif char < " ":
                self._report(at, f"control character U+{ord(char):04X} in a text", f"write it as `{json.dumps(char)[1:-1]}`")
                parts.append(char)
                at += 1
            else:
                self._report(at, f"unpaired surrogate U+{ord(char):04X}", "save the file as UTF-8")
                parts.append("\ufffd")
                at += 1
        return "", -1

    def _odd_escape(self, at: int, parts: list[str]) -> int:
        """Report an escape that is none; the offset to go on at."""
        escape = self._text[at : at + 6]
        if _SURROGATE.fullmatch(escape):
            self._report(at, f"`{escape}` is an unpaired surrogate", "write both halves of the character, or the character itself")
            parts.append("\ufffd")
            return at + 6
        self._report(at, f"`{shortened(escape[:2])}` is no escape of JSON", "a backslash itself is written `\\\\`")
        parts.append("\\")
        return at + 1


def _named(char: str) -> str:
    return f"`{char}`" if char.isprintable() and char != "`" else f"U+{ord(char):04X}"
