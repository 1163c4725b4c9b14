"""The tokens of a DynamoDB expression, and its smallest parts: names, paths, placeholders."""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from sfn_dsl.simulate.services.dynamodb_nodes import Path, Placeholder
from sfn_dsl.simulate.services.dynamodb_values import invalid

__all__ = ["COMPARATORS", "WORDS", "Reader"]

_OPERATOR_LIMIT = 300
_LENGTH_LIMIT = 4096
_TOKEN = re.compile(r"\s*(?:([#:]?[A-Za-z_0-9]+|<>|<=|>=|[^\s])|$)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*|#[A-Za-z_0-9]+")
COMPARATORS = frozenset(["=", "<>", "<", "<=", ">", ">="])
WORDS = frozenset(["AND", "OR", "NOT", "BETWEEN", "IN"])


class _Token(NamedTuple):
    text: str
    start: int
    end: int


class Reader:
    """Reads one text token by token. `kind` is the parameter's name, as messages say it."""

    def __init__(self, text: str, kind: str) -> None:
        self.text = text
        self.kind = kind
        self.index = 0
        if not text.strip():
            self.fail("The expression can not be empty;")
        size = len(text.encode())
        if size > _LENGTH_LIMIT:
            self.fail(f"Expression size has exceeded the maximum allowed size; expression size: {size}")
        self.tokens = [_Token(found[1], found.start(1), found.end(1)) for found in _TOKEN.finditer(text) if found[1] is not None]
        operators = sum(token.text in COMPARATORS or token.text in "+-" or token.text.upper() in WORDS for token in self.tokens)
        if operators > _OPERATOR_LIMIT:
            self.fail(f"The expression contains too many operators; operator count: {operators}")

    def fail(self, message: str) -> NoReturn:
        """Refuse the text."""
        raise invalid(f"Invalid {self.kind}: {message}")

    def unexpected(self, index: int | None = None) -> NoReturn:
        """A syntax error at a token, with the tokens beside it."""
        index = self.index if index is None else index
        token = self.tokens[index].text if index < len(self.tokens) else "<EOF>"
        beside = self.tokens[max(index - 1, 0) : index + 2]
        near = self.text[beside[0].start : beside[-1].end]
        self.fail(f'Syntax error; token: "{token}", near: "{near}"')

    @property
    def next(self) -> str:
        """The text of the next token, empty at the end."""
        return self.tokens[self.index].text if self.index < len(self.tokens) else ""

    def word(self) -> str:
        """The next token in capitals, as keywords are compared."""
        return self.next.upper()

    def take(self, text: str) -> bool:
        """Read a token if it is the next one."""
        if self.next != text:
            return False
        self.index += 1
        return True

    def expect(self, text: str) -> None:
        """Read a token that must be the next one."""
        if not self.take(text):
            self.unexpected()

    def end(self) -> None:
        """Refuse what is left."""
        if self.index < len(self.tokens):
            self.unexpected()

    def name(self, stop: frozenset[str]) -> str:
        """Read an attribute name, written out or `#name`, that is none of the words of `stop`."""
        text = self.next
        if not _NAME.fullmatch(text) or text.upper() in stop:
            self.unexpected()
        self.index += 1
        return text

    def path(self, stop: frozenset[str]) -> Path:
        """Read a document path."""
        parts: list[str | int] = [self.name(stop)]
        while True:
            if self.take("."):
                parts.append(self.name(stop))
            elif self.take("["):
                if not self.next.isdecimal():
                    self.unexpected()
                parts.append(int(self.next))
                self.index += 1
                self.expect("]")
            else:
                return Path(tuple(parts))

    def placeholder(self) -> Placeholder:
        """Read `:value`."""
        if not (self.next.startswith(":") and len(self.next) > 1):
            self.unexpected()
        self.index += 1
        return Placeholder(self.tokens[self.index - 1].text)
