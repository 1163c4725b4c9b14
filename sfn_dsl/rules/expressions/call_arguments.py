"""The calls in the text of a valid call of an intrinsic function, with the texts of their arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["PlainCall", "calls_in"]

_TOKEN = re.compile(
    r"(?P<text>'(?:[^'\\]|\\.)*')|(?P<call>States\.\w+)\s*\(|(?P<end>\))|(?P<comma>,)|(?P<word>(?:[^\s,()'$]|\$)[^\s,()\[]*(?:\(\))?)",
    re.DOTALL,
)
_BRACKETS = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[\[\]]", re.DOTALL)
_TAIL = re.compile(r"[^\s,()\[]*(?:\(\))?")


@dataclass(slots=True)
class PlainCall:
    """A call: its name and, for each argument, its text; the text of a call is only its name and `(`."""

    name: str
    arguments: list[str] = field(default_factory=list)


def calls_in(text: str) -> Iterator[PlainCall]:
    """Every call in a text that `compile_call` takes, each after those inside it."""
    around: list[PlainCall] = []
    position = 0
    while match := _TOKEN.search(text, position):
        position = match.end()
        if match["end"]:
            if around:
                yield around.pop()
        elif match["call"]:
            if around:
                around[-1].arguments.append(match["call"] + "(")
            around.append(PlainCall(match["call"]))
        elif not match["comma"] and around:
            if match["word"] and match["word"].startswith("$"):
                position = _end_of_path(text, position)
            around[-1].arguments.append(text[match.start() : position])


def _end_of_path(text: str, position: int) -> int:
    """Where a path ends of which the part before its first `[` has been read."""
    while text[position : position + 1] == "[":
        depth = 0
        while mark := _BRACKETS.search(text, position):
            position = mark.end()
            depth += {"[": 1, "]": -1}.get(mark[0], 0)
            if depth == 0:
                break
        else:
            return len(text)
        tail = _TAIL.match(text, position)
        position = tail.end() if tail else position
    return position
