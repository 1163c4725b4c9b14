"""What a definition says about an argument before anything has run: all of a text, the literal parts of one, or nothing.

Policies are as narrow as the literal parts allow: `{% 'in/' & $day & '.csv' %}` and `States.Format('in/{}.csv', $.day)` both are
the pattern `in/*.csv`.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sfn_dsl.asl.model import Json

__all__ = ["Argument", "Form", "Known", "iam_text"]


class Form(enum.Enum):
    """How a value is to be read: as a value of a run, as a template of either language, as the text of a path, or not at all."""

    VALUE = "value"
    JSONATA = "jsonata"
    JSONPATH = "jsonpath"
    PATH = "path"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Known:
    """A text as far as it is known. `parts` are its literal parts in order; anything may stand between two of them.

    One part is the whole text; `("", "")` is a text of which nothing is known.
    """

    parts: tuple[str, ...]

    @property
    def text(self) -> str | None:
        """The whole text, where it is known."""
        return self.parts[0] if len(self.parts) == 1 else None

    @property
    def start(self) -> str:
        """What it begins with."""
        return self.parts[0]

    @property
    def pattern(self) -> str:
        """The IAM pattern of all texts it can be."""
        inner = [part for part in self.parts[1:-1] if part]
        return "*".join(iam_text(part) for part in (self.parts[:1] + tuple(inner) + self.parts[1:][-1:]))

    def after(self, beginning: str) -> Known:
        """Without a beginning that it is known to have."""
        return Known((self.parts[0].removeprefix(beginning), *self.parts[1:]))


NOTHING: Final = Known(("", ""))
_WILD: Final = re.compile(r"[*?]|\$(?=\{)")
_FORMAT: Final = re.compile(r"\s*States\.Format\(\s*'((?:[^'\\]|\\.)*)'\s*(?:,.*)?\)\s*", re.S)
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^'\\]|\\.)*'", re.S)
_TERM: Final = re.compile(r"[\w$.`\s]+")
_OPEN: Final = {"(": ")", "[": "]", "{": "}"}


def iam_text(text: str) -> str:
    """A literal text as a policy spells it: `*`, `?` and `${` are escaped."""
    return _WILD.sub(lambda match: f"${{{match[0]}}}", text)


@dataclass(frozen=True, slots=True)
class Argument:
    """A value somewhere among the arguments of a call."""

    value: Json
    form: Form

    @property
    def open(self) -> bool:
        """Whether it is made by an expression, so that nothing is known of its members."""
        expression = self.form is Form.JSONATA and isinstance(self.value, str) and self.value.lstrip().startswith("{%")
        return expression or self.form in (Form.PATH, Form.UNKNOWN)

    def member(self, *names: str) -> Argument | None:
        """A field of an object, by its path; None where it is certainly absent."""
        found: Argument | None = self
        for name in names:
            if found is None:
                return None
            if found.open:
                return Argument(None, Form.UNKNOWN)
            found = next((inner for key, inner in found.members() if key == name), None)
        return found

    def members(self) -> Iterator[tuple[str, Argument]]:
        """Fields of an object; none where it is made by an expression."""
        if isinstance(self.value, dict) and not self.open:
            for key, value in self.value.items():
                if self.form is Form.JSONPATH and key.endswith(".$"):
                    yield key.removesuffix(".$"), Argument(value, Form.PATH)
                else:
                    yield key, Argument(value, self.form)

    def elements(self) -> tuple[Argument, ...]:
        """Elements of a list; none where it is made by an expression."""
        return tuple(Argument(value, self.form) for value in self.value) if isinstance(self.value, list) else ()

    def walk(self) -> Iterator[tuple[str, Argument]]:
        """Every member inside, at any depth, with its key; elements of a list have the key of the list. Iterative."""
        waiting: list[tuple[str, Argument]] = [("", self)]
        while waiting:
            key, one = waiting.pop()
            inner = [*one.members(), *((key, element) for element in one.elements())]
            yield from inner
            waiting += reversed(inner)

    @property
    def known(self) -> Known:
        """What is known of it as a text. Numbers and booleans are known as JSON spells them."""
        if isinstance(self.value, str):
            if self.form is Form.PATH:
                return _formatted(self.value)
            if self.open:
                return _concatenated(self.value)
            return Known((self.value,))
        if self.form is Form.UNKNOWN or self.value is None or isinstance(self.value, (dict, list)):
            return NOTHING
        return Known((json.dumps(self.value),))


def _formatted(text: str) -> Known:
    match = _FORMAT.fullmatch(text)
    if match is None:
        return NOTHING
    parts = [""]
    rest = match[1]
    while rest:
        if rest.startswith("{}"):
            parts.append("")
            rest = rest[2:]
        else:
            width = 2 if rest[0] == "\\" else 1
            parts[-1] += rest[width - 1 : width]
            rest = rest[width:]
    return Known(tuple(parts))


def _concatenated(text: str) -> Known:
    """Literal parts of a JSONata expression that is texts and simple terms joined by `&`; nothing for any other."""
    body = text.strip().removeprefix("{%").removesuffix("%}").strip()
    parts: list[str] = []
    place = 0
    while True:
        literal = _STRING.match(body, place)
        end = literal.end() if literal else _term_end(body, place)
        if end is None or end == place:
            return NOTHING
        part = _unquoted(literal[0]) if literal else None
        if literal and part is None:
            return NOTHING
        if not parts:
            parts = ["", ""] if part is None else [part]
        elif part is None:
            parts.append("")
        else:
            parts[-1] += part
        while end < len(body) and body[end].isspace():
            end += 1
        if end == len(body):
            return Known(tuple(parts))
        if body[end] != "&":
            return NOTHING
        place = end + 1
        while place < len(body) and body[place].isspace():
            place += 1


def _term_end(body: str, place: int) -> int | None:
    """Where a path, variable or call ends; None when it is neither. Words with blanks between are operators (`and`, `in`)."""
    while place < len(body):
        if body[place] in _OPEN:
            closed = _bracket_end(body, place)
            if closed is None:
                return None
            place = closed
            continue
        match = _TERM.match(body, place)
        if match is None:
            return place if body[place] == "&" else None
        if len(match[0].split()) > 1:
            return None
        place = match.end()
    return place


def _bracket_end(body: str, place: int) -> int | None:
    waiting: list[str] = []
    while place < len(body):
        literal = _STRING.match(body, place)
        if literal:
            place = literal.end()
            continue
        if body[place] in _OPEN:
            waiting.append(_OPEN[body[place]])
        elif waiting and body[place] == waiting[-1]:
            waiting.pop()
            if not waiting:
                return place + 1
        place += 1
    return None


def _unquoted(literal: str) -> str | None:
    inner = literal[1:-1]
    if literal[0] == "'":
        inner = inner.replace("\\'", "'").replace('"', '\\"')
    try:
        text = json.loads(f'"{inner}"', strict=False)
    except ValueError:
        return None
    return str(text)
