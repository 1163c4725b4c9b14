"""The grammar of JSONPath as Step Functions reads it: Jayway's dialect without functions.

A name with `()` at the end of a path is a name like any other and leads nowhere when the path is evaluated (observed on AWS);
a word without quotes in a filter is a text (published AWS samples use it).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeAlias

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.java.text import map_text
from sfn_dsl.simulate.jsonpath.filters import COMPARISONS, is_scalar
from sfn_dsl.simulate.jsonpath.steps import (
    ABSENT,
    Filter,
    Indexes,
    Mark,
    Names,
    Slice,
    Step,
    is_definite,
    leading,
    only,
    select,
)

__all__ = ["InvalidPath", "parse_path"]


class InvalidPath(ValueError):
    """Text that is not a path; `str(error)` is a sentence for a person."""


Value: TypeAlias = Callable[[Json, Json], Any]
Condition: TypeAlias = Callable[[Json, Json], bool]

_ROOT: Final = re.compile(r"\$(\$|[^\W\d]\w*)?(?=[.\[]|\Z)")
_NAME: Final = re.compile(r"[^\s.\[\]()'\",*]+(?:\(\))?")
_NAME_IN_FILTER: Final = re.compile(r"[^\s.\[\]()'\",*=!<>&|~]+(?:\(\))?")
_BLANKS: Final = re.compile(r"\s*")
_NUMBERS: Final = re.compile(r"[-\d:,\s]+")
_BOUND: Final = re.compile(r"\s*(-?\d+)?\s*")
_QUOTED: Final = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_LITERAL: Final = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[^\W\d][\w-]*")
_REGEX: Final = re.compile(r"/((?:[^/\\]|\\.)+)/([a-zA-Z]*)")
_OPERATOR: Final = re.compile(
    r"(===?|!==?|<=|>=|<|>|=~)|(in|nin|contains|size|empty|subsetof|anyof|noneof)(?=[\s\[('\"@$])", re.IGNORECASE
)
_WORDS: Final = {"true": True, "false": False, "null": None}
_REGEX_FLAGS: Final = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE, "d": 0, "u": 0}
_MAX_DEPTH: Final = 50


def parse_path(text: str) -> tuple[str, tuple[Step, ...]]:
    """The root of a path (see `Path.root`) and its steps. Raises InvalidPath."""
    stripped = text.strip()
    root = _ROOT.match(stripped)
    if root is None:
        raise InvalidPath(f"`{text}` is not a JSONPath: a path begins with `$`, `$$` or `$variable`")
    reader = _Reader(stripped, root.end())
    return "$$" if root[1] == "$" else root[1] or "", tuple(reader.steps(_NAME))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else _LETTERS.get(match[2], match[2]), text)


@dataclass(frozen=True, slots=True)
class _Operand:
    """A side of a comparison in a filter. `exists` is only there for paths, `pattern` only for regular expressions."""

    value: Value
    exists: Condition | None = None
    pattern: re.Pattern[str] | None = None


class _Reader:
    """A position in the text of a path."""

    __slots__ = ("depth", "position", "text")

    def __init__(self, text: str, position: int) -> None:
        self.text = text
        self.position = position
        self.depth = 0

    def fail(self, problem: str) -> NoReturn:
        raise InvalidPath(f"`{self.text}` is not a JSONPath: {problem} at character {self.position + 1}")

    def blanks(self) -> None:
        match = _BLANKS.match(self.text, self.position)
        if match is not None:
            self.position = match.end()

    def comes(self, text: str) -> bool:
        """Whether the text comes next after blanks; it is then read."""
        self.blanks()
        if not self.text.startswith(text, self.position):
            return False
        self.position += len(text)
        return True

    def expect(self, text: str) -> None:
        if not self.comes(text):
            self.fail(f"`{text}` is missing")

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.position)
        if match is not None:
            self.position = match.end()
        return match

    def here(self) -> str:
        return self.text[self.position : self.position + 1]

    def steps(self, name: re.Pattern[str]) -> list[Step]:
        """Steps up to the end of the text or, in a filter, up to what is not a step."""
        steps: list[Step] = []
        while self.here() in (".", "["):
            if self.here() == ".":
                self.position += 1
                if self.here() == ".":
                    self.position += 1
                    steps.append(Mark(".."))
                if self.here() != "[":
                    steps.append(self.dotted(name))
                    continue
            self.position += 1
            steps.append(self.bracket())
        if name is _NAME and self.position < len(self.text):
            self.fail(f"unexpected `{self.here()}`")
        return steps

    def dotted(self, name: re.Pattern[str]) -> Step:
        if self.here() == "*":
            self.position += 1
            return Mark("*")
        match = self.take(name)
        if match is None:
            self.fail("a name is missing")
        return match[0]

    def bracket(self) -> Step:
        step: Step
        if self.comes("*"):
            step = Mark("*")
        elif self.comes("?"):
            self.expect("(")
            step = Filter(self.any_of())
            self.expect(")")
        elif self.here() in ("'", '"'):
            names = [self.quoted()]
            while self.comes(","):
                self.blanks()
                names.append(self.quoted())
            step = names[0] if len(names) == 1 else Names(tuple(names))
        else:
            step = self.numbers()
        self.expect("]")
        return step

    def quoted(self) -> str:
        match = self.take(_QUOTED)
        if match is None:
            self.fail("a name in quotes is missing")
        return _unescaped(match[1] if match[1] is not None else match[2])

    def numbers(self) -> Step:
        match = self.take(_NUMBERS)
        if match is None:
            self.fail("an index, a name in quotes, `*` or a filter is missing")
        sliced = ":" in match[0]
        numbers: list[int | None] = []
        for part in match[0].split(":" if sliced else ","):
            bound = _BOUND.fullmatch(part)
            if bound is None or (bound[1] is None and not sliced):
                self.fail(f"`{match[0].strip()}` is no list of indexes and no slice")
            numbers.append(None if bound[1] is None else int(bound[1]))
        if sliced:
            # Jayway reads no step width: a third number means nothing.
            if len(numbers) > 3 or (numbers[0] is None and numbers[1] is None):
                self.fail(f"`{match[0].strip()}` is no slice")
            return Slice(numbers[0], numbers[1])
        indexes = tuple(number for number in numbers if number is not None)
        return indexes[0] if len(indexes) == 1 else Indexes(indexes)

    def any_of(self) -> Condition:
        """Conditions with `||` between them; `&&` binds closer."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self.fail("too many conditions inside each other")
        choices = [self.all_of()]
        while self.comes("||"):
            choices.append(self.all_of())
        self.depth -= 1
        return choices[0] if len(choices) == 1 else lambda item, root: any(choice(item, root) for choice in choices)

    def all_of(self) -> Condition:
        conditions = [self.condition()]
        while self.comes("&&"):
            conditions.append(self.condition())
        return conditions[0] if len(conditions) == 1 else lambda item, root: all(holds(item, root) for holds in conditions)

    def condition(self) -> Condition:
        negated = False
        while self.comes("!"):
            negated = not negated
        if self.comes("("):
            holds = self.any_of()
            self.expect(")")
        else:
            holds = self.comparison()
        return (lambda item, root: not holds(item, root)) if negated else holds

    def comparison(self) -> Condition:
        left = self.operand()
        self.blanks()
        operator = self.take(_OPERATOR)
        if operator is None:
            if left.exists is None:
                self.fail("an operator is missing")
            return left.exists
        name = operator[0].lower()
        right = self.operand()
        if (name == "=~") != (right.pattern is not None) or left.pattern is not None:
            self.fail("`=~` wants a path on the left and a regular expression on the right")
        if right.pattern is not None:
            matches, subject = right.pattern.fullmatch, left.value
            return lambda item, root: is_scalar(value := subject(item, root)) and matches(map_text(value)) is not None
        compare, one, other = COMPARISONS[name], left.value, right.value
        return lambda item, root: compare(one(item, root), other(item, root))

    def operand(self) -> _Operand:
        self.blanks()
        start = self.here()
        if start in ("@", "$"):
            self.position += 1
            return _path_operand(tuple(self.steps(_NAME_IN_FILTER)), of_root=start == "$")
        if start == "/":
            return self.regex()
        constant = self.literal()
        return _Operand(lambda item, root: constant)

    def regex(self) -> _Operand:
        match = self.take(_REGEX)
        if match is None:
            self.fail("the regular expression does not end")
        flags = 0 if "U" in match[2] else re.ASCII
        for letter in match[2].lower():
            if letter not in _REGEX_FLAGS:
                self.fail(f"the regular expression has an unknown flag `{letter}`")
            flags |= _REGEX_FLAGS[letter]
        try:
            pattern = re.compile(match[1].replace("\\/", "/"), flags)
        except (re.error, RecursionError, OverflowError) as error:
            self.fail(f"the regular expression is wrong ({error})")
        return _Operand(lambda item, root: ABSENT, pattern=pattern)

    def literal(self) -> Json:
        self.blanks()
        if self.here() in ("'", '"'):
            return self.quoted()
        if self.comes("["):
            return self.array()
        match = self.take(_LITERAL)
        if match is None:
            self.fail("a value is missing")
        if match[0][0] == "-" or match[0][0].isdigit():
            return float(match[0]) if re.search(r"[.eE]", match[0]) else int(match[0])
        return _WORDS.get(match[0], match[0])

    def array(self) -> list[Json]:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self.fail("too many lists inside each other")
        items: list[Json] = []
        if not self.comes("]"):
            items.append(self.literal())
            while self.comes(","):
                items.append(self.literal())
            self.expect("]")
        self.depth -= 1
        return items


def _path_operand(steps: tuple[Step, ...], *, of_root: bool) -> _Operand:
    first = leading(steps)

    def exists(item: Json, root: Json) -> bool:
        return only(first, root if of_root else item) is not ABSENT

    if len(first) == len(steps):
        return _Operand(lambda item, root: only(first, root if of_root else item), exists)
    if not is_definite(steps):
        return _Operand(lambda item, root: select(steps, root if of_root else item, root), exists)

    def merged(item: Json, root: Json) -> Any:
        found = select(steps, root if of_root else item, root)
        return found[0] if found else ABSENT

    return _Operand(merged, exists)
