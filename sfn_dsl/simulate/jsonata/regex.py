"""JSONata's regular expressions, which are JavaScript's, on Python's; and matchers that an expression defines itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sfn_dsl.simulate.jsonata.calls import Native, Run, apply
from sfn_dsl.simulate.jsonata.values import UNDEFINED, Fault, Function

__all__ = ["Regex", "matches"]

_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_"}
_NEGATED = {"D": "[^0-9]", "W": "[^A-Za-z0-9_]"}
_DOT = "[^\n\r\u2028\u2029]"


def _translate(pattern: str, multiline: bool) -> str:
    """A JavaScript pattern in Python's notation."""
    dollar = "$" if multiline else r"\Z"
    out = []
    inside = False
    position = 0
    while position < len(pattern):
        char = pattern[position]
        pair = pattern[position : position + 2]
        if char == "\\" and len(pair) == 2:
            position += 1
            code = pair[1]
            if code in _CLASSES:
                out.append(_CLASSES[code] if inside else f"[{_CLASSES[code]}]")
            elif code in _NEGATED and not inside:
                out.append(_NEGATED[code])
            elif code == "k" and pattern[position + 1 : position + 2] == "<":
                end = pattern.index(">", position)
                out.append(f"(?P={pattern[position + 2 : end]})")
                position = end
            else:
                known = code in "WDsSbBfnrtvux" or code.isdigit() or not code.isalnum()
                out.append(pair if known else re.escape(code))
        elif inside:
            inside = char != "]"
            out.append("\\" + char if char in "[&|~" else char)
        elif char == "[":
            bracket = pattern[position : position + 3]
            if bracket == "[^]":
                out.append(r"[\s\S]")
                position += 2
            elif pair == "[]":
                out.append("(?!)")
                position += 1
            else:
                inside = True
                out.append(char)
        elif pattern.startswith("(?<", position) and pattern[position + 3 : position + 4] not in ("=", "!"):
            out.append("(?P<")
            position += 2
        else:
            out.append({"$": dollar, ".": _DOT}.get(char, char))
        position += 1
    return "".join(out)


class Regex(Function):
    """A regular expression: called with a text, it gives its first match and a way to the next."""

    __slots__ = ("_pattern", "arity")

    def __init__(self, pattern: str, ignore_case: bool, multiline: bool) -> None:
        flags = (re.IGNORECASE if ignore_case else 0) | (re.MULTILINE if multiline else 0)
        self._pattern = re.compile(_translate(pattern, multiline), flags)
        self.arity = 2

    def invoke(self, args: list[Any], context: Any, run: Any) -> Any:
        """The first match as an object with `match`, `start`, `end`, `groups` and the function `next`."""
        return self._found(args[0], 0) if args and type(args[0]) is str else UNDEFINED

    def _found(self, subject: str, start: int) -> Any:
        match = self._pattern.search(subject, start)
        if match is None:
            return UNDEFINED
        end = match.end()

        def following(run: Run) -> Any:
            if end >= len(subject):
                return UNDEFINED
            found = self._found(subject, end)
            if found is not UNDEFINED and not found["match"]:
                raise Fault("D1004")
            return found

        return {
            "match": match[0],
            "start": match.start(),
            "end": end,
            "groups": [UNDEFINED if group is None else group for group in match.groups()],
            "next": Native(following, None, 0),
        }


def matches(run: Run, matcher: Any, subject: str) -> Iterator[dict[str, Any]]:
    """The matches of a regular expression, or of a function that answers as one does."""
    found = apply(matcher, [subject], None, run)
    while found is not UNDEFINED:
        run.tick()
        if not isinstance(found, dict):
            if not found:
                return
            raise Fault("T1010")
        if not (isinstance(found.get("start"), int | float) or isinstance(found.get("groups"), list)):
            raise Fault("T1010")
        yield found
        found = apply(found.get("next"), [], None, run)
