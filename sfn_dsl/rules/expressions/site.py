"""A place in a definition where an expression stands, and what the expression is."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sfn_dsl.asl.model import Json
from sfn_dsl.rules.subject import State
from sfn_dsl.simulate.intrinsics.calls import Call, InvalidCall, compile_call
from sfn_dsl.simulate.jsonata.calls import MAX_DEPTH
from sfn_dsl.simulate.jsonata.query import Query, UnsupportedExpression, compile_query
from sfn_dsl.simulate.jsonpath.path import InvalidPath, Path, compile_path

__all__ = ["Parsed", "Role", "Site", "is_delimited", "looks_dynamic"]

Parsed = Path | Call | Query | InvalidPath | InvalidCall | UnsupportedExpression | RecursionError | None


class Role(enum.Enum):
    """What stands at a site."""

    PATH = "path"
    """A JSONPath: InputPath, OutputPath, ItemsPath, Variable and `...Path` operands of Choice rules. Any JSON but null."""
    REFERENCE = "reference"
    """A reference path: ResultPath, SecondsPath, TimeoutSecondsPath, MaxConcurrencyPath, ... Any JSON but null."""
    TEXT_PATH = "text path"
    """ErrorPath and CausePath: a reference path or an intrinsic that gives text. Any JSON but null."""
    PAYLOAD = "payload"
    """The value of a key that ends with `.$` in a payload template of a JSONPath state: path or intrinsic. Any JSON."""
    STATIC = "static"
    """Text in a JSONPath state that looks like an expression but is none: under a key without `.$`, in Result, in an operand."""
    QUERY = "query"
    """JSONata: a string that begins with `{%` or ends with `%}`, outer blanks apart; `is_delimited` tells whether both do."""
    KEY = "key"
    """The value of a key that ends with `.$` in a payload of a JSONata state, where the ending means nothing. Any JSON."""


_BRACKET: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[()\[\]{}]")


@dataclass(frozen=True, eq=False)
class Site:
    """A place where an expression stands.

    `value` is what stands there. `field` is the state's field it belongs to, dotted where that is inside an object
    (`ItemReader.Parameters`), `key` the key it stands under ("" for an item of an array). `owner`: `Catch` or `Choices` where it is
    in a catcher or a choice rule, else "", and `index` tells which. `depth`: how deep in the field's value, 0 for that itself;
    `listed`: it is inside an array of the payload. `twin`: the same object also has the key without `.$`.
    """

    role: Role
    pointer: str
    value: Json
    state: State
    field: str
    key: str
    owner: str = ""
    index: int = 0
    depth: int = 0
    listed: bool = False
    twin: bool = False

    @property
    def text(self) -> str:
        """The value where it is a string, else an empty one."""
        return self.value if isinstance(self.value, str) else ""

    @cached_property
    def parsed(self) -> Parsed:
        """What the text is, as a Path, a Call or a Query, or the error that says why it is none.

        RecursionError: JSONata nested too deeply to be parsed. None: it is no text, or no text that is to be parsed.
        """
        text = self.text
        try:
            if self.role is Role.QUERY:
                return _query(text[2:-2].strip()) if is_delimited(text) else None
            if not isinstance(self.value, str) or self.role in (Role.STATIC, Role.KEY):
                return None
            if self.role in (Role.PAYLOAD, Role.TEXT_PATH) and not text.lstrip().startswith("$"):
                return compile_call(text)
            return compile_path(text)
        except (InvalidPath, InvalidCall, UnsupportedExpression, RecursionError) as error:
            return error.with_traceback(None)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The JSONPaths in it."""
        parsed = self.parsed
        return (parsed,) if isinstance(parsed, Path) else parsed.paths if isinstance(parsed, Call) else ()

    @property
    def query(self) -> Query | None:
        """The JSONata query, where it parses."""
        return self.parsed if isinstance(self.parsed, Query) else None


def _query(text: str) -> Query:
    """The query of a text. Raises RecursionError for one that is nested too deeply to be parsed, or to be evaluated on AWS."""
    if len(text) > 2 * MAX_DEPTH:
        depth = 0
        for token in _BRACKET.findall(text):
            depth += token in ("(", "[", "{")
            depth -= token in (")", "]", "}")
            if depth > MAX_DEPTH:
                raise RecursionError
    try:
        return compile_query(text)
    except UnsupportedExpression as error:
        if "maximum recursion depth" in str(error):
            raise RecursionError from None
        raise


def is_delimited(text: str) -> bool:
    """Whether a text is JSONata with both its delimiters in place."""
    return text.startswith("{%") and text.endswith("%}")


def looks_dynamic(text: str) -> bool:
    """Whether a text looks like a path or a call of an intrinsic function."""
    if text.startswith("States."):
        return text.endswith(")")
    return text.startswith(("$.", "$$.", "$[", "$$[")) or text in ("$", "$$")
