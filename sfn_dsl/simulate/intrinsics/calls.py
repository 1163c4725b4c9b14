"""Calls of intrinsic functions (`States.Format('{}', $.a)`), compiled once into closures.

Grammar: texts in single quotes with the escapes `\\'`, `\\{`, `\\}` and `\\\\` (any other is refused at create time, as
recorded on AWS), JSON numbers, true, false, null, paths and calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NoReturn, TypeAlias

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.intrinsics.functions import FUNCTIONS, IntrinsicError, IntrinsicRandom, Refused
from sfn_dsl.simulate.java.text import json_text
from sfn_dsl.simulate.jsonpath.path import InvalidPath, Path, compile_path

__all__ = ["Call", "InvalidCall", "compile_call", "is_call"]

Resolve: TypeAlias = Callable[[Path], Json]
Argument: TypeAlias = Callable[[Resolve, IntrinsicRandom], Json]

_START: Final = re.compile(r"\s*States\s*\.\s*\w+\s*\(")
_NAME: Final = re.compile(r"(States\.\w+)\s*\(")
_BLANKS: Final = re.compile(r"\s*")
_TEXT: Final = re.compile(r"'((?:[^'\\]|\\[\\'{}])*)'")
_ESCAPE: Final = re.compile(r"\\(.)")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?(?=[\s,)])")
_WORD: Final = re.compile(r"(true|false|null)(?=[\s,)])")
_WORDS: Final = {"true": True, "false": False, "null": None}
# A path ends at a blank, a comma or a bracket that is not inside its own square brackets.
_PATH: Final = re.compile(r"\$[^\s,()\[]*(?:\(\))?")
_IN_BRACKETS: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[\[\]]|[^\[\]'\"]+", re.DOTALL)
_TAIL: Final = re.compile(r"[^\s,()\[]*(?:\(\))?")
_MAX_NESTED: Final = 10


class InvalidCall(ValueError):
    """Text that is not a call of an intrinsic function; `str(error)` is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Call:
    """A compiled call. `text` is the call as written, `paths` are all the paths in it, calls inside it included."""

    text: str
    name: str
    paths: tuple[Path, ...]
    run: Argument = field(compare=False, repr=False)

    def evaluate(self, resolve: Resolve, random: IntrinsicRandom) -> Json:
        """The result. `resolve` gives the value of a path, and what it raises passes through. Raises IntrinsicError."""
        try:
            return self.run(resolve, random)
        except Refused as error:
            sentence = f"There was an error while evaluating the intrinsic function: {self.text}. {error}"
            raise IntrinsicError(sentence) from None


def is_call(text: str) -> bool:
    """Whether a text starts like a call."""
    return _START.match(text) is not None


@cache
def compile_call(text: str) -> Call:
    """Compile a call. Raises InvalidCall for a mistake in the grammar and for an unknown function."""
    reader = _Reader(text)
    reader.blanks()
    name, run = reader.call(0)
    reader.blanks()
    if reader.position < len(text):
        reader.fail("the call is followed by something else")
    return Call(text.strip(), name, tuple(reader.paths), run)


class _Reader:
    """A position in the text of a call, and the paths found so far."""

    __slots__ = ("paths", "position", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.paths: list[Path] = []

    def fail(self, problem: str) -> NoReturn:
        raise InvalidCall(f"`{self.text}` is not an intrinsic function call: {problem} at character {self.position + 1}")

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.position)
        if match is not None:
            self.position = match.end()
        return match

    def blanks(self) -> None:
        self.take(_BLANKS)

    def comes(self, character: str) -> bool:
        self.blanks()
        if self.text[self.position : self.position + 1] != character:
            return False
        self.position += 1
        return True

    def call(self, nested: int) -> tuple[str, Argument]:
        """A call; `nested` tells how many calls it stands in."""
        if nested >= _MAX_NESTED:
            self.fail(f"more than {_MAX_NESTED} calls are nested")
        match = self.take(_NAME)
        if match is None:
            self.fail("a call `States.Name(...)` is missing")
        name = match[1]
        function = FUNCTIONS.get(name)
        if function is None:
            self.fail(f"there is no function `{name}`")
        arguments: list[Argument] = []
        if not self.comes(")"):
            arguments.append(self.argument(name, 0, nested))
            while self.comes(","):
                arguments.append(self.argument(name, len(arguments), nested))
            if not self.comes(")"):
                self.fail("`)` or `,` is missing")
        fixed = tuple(arguments)
        return name, lambda resolve, random: function([argument(resolve, random) for argument in fixed], random)

    def argument(self, function: str, index: int, nested: int) -> Argument:
        self.blanks()
        start = self.text[self.position : self.position + 1]
        if start == "$":
            return self.path()
        if start == "'":
            return self.literal(raw=function == "States.Format" and index == 0)
        if start == "S":
            name, run = self.call(nested + 1)
            # What StringToJson gives is a node of Jackson's, which prints as JSON (observed on AWS).
            printed = function == "States.Format" and index > 0 and name == "States.StringToJson"
            return (lambda resolve, random: json_text(run(resolve, random))) if printed else run
        word = self.take(_WORD)
        if word is not None:
            return _constant(_WORDS[word[1]])
        number = self.take(_NUMBER)
        if number is None:
            self.fail("an argument is missing or is none of text, number, true, false, null, path or call")
        return _constant(float(number[0]) if number[1] or number[2] else int(number[0]))

    def literal(self, *, raw: bool) -> Argument:
        """A text. `raw` keeps its escapes: Format's template tells `\\{` from `{`."""
        match = self.take(_TEXT)
        if match is None:
            self.fail("a text does not end or has an escape other than \\', \\{, \\} and \\\\")
        return _constant(match[1] if raw else _ESCAPE.sub(r"\1", match[1]))

    def path(self) -> Argument:
        start = self.position
        self.take(_PATH)
        while self.text[self.position : self.position + 1] == "[":
            depth = 0
            while True:
                piece = self.take(_IN_BRACKETS)
                if piece is None:
                    self.fail("a path does not end")
                depth += {"[": 1, "]": -1}.get(piece[0], 0)
                if depth == 0:
                    break
            self.take(_TAIL)
        try:
            path = compile_path(self.text[start : self.position])
        except InvalidPath as error:
            raise InvalidCall(f"`{self.text}` is not an intrinsic function call: {error}") from None
        self.paths.append(path)
        return lambda resolve, random: resolve(path)


def _constant(value: Json) -> Argument:
    return lambda resolve, random: value
