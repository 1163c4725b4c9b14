"""The intrinsic functions `States.*`: what each does with its arguments, and the errors AWS gives.

Behaviour and error texts: the developer guide, executions recorded on AWS (LocalStack's suite) and calls observed on AWS
(tiny-asl-machine's conformance snapshots). Surprises among them: MathAdd rounds its operands while the other functions cut
off fractions; ArrayContains compares the texts of the values; ArrayUnique answers in the order of a Java HashSet.
"""

from __future__ import annotations

import base64
import hashlib
import math
import random as _random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol, TypeAlias

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.java.random import JavaRandom
from sfn_dsl.simulate.java.text import JsonSyntax, hash_order, json_text, map_text, read_json

__all__ = ["FUNCTIONS", "Function", "IntrinsicError", "IntrinsicRandom", "Refused"]


class IntrinsicError(Exception):
    """A call that fails when it runs (States.Runtime); `str(error)` is AWS's sentence without the state's name."""


class Refused(Exception):
    """Arguments that a function refuses; `str(error)` is the last sentence of the error."""


class IntrinsicRandom(Protocol):
    """Where unseeded random values come from."""

    def uuid(self) -> str:
        """A random UUID of version 4."""

    def random(self) -> _random.Random:
        """The generator."""


Body: TypeAlias = Callable[[Sequence[Json], IntrinsicRandom], Json]


@dataclass(frozen=True, slots=True)
class Function:
    """One intrinsic function. A call with another number of arguments fails when it runs, not before (observed on AWS)."""

    name: str
    body: Body
    least: int
    most: int | None

    def __call__(self, arguments: Sequence[Json], random: IntrinsicRandom) -> Json:
        """The result. Raises Refused."""
        try:
            if len(arguments) < self.least or (self.most is not None and len(arguments) > self.most):
                raise _Invalid
            return self.body(arguments, random)
        except _Invalid:
            raise Refused(f"Invalid arguments in {self.name}") from None


class _Invalid(Exception):
    """The ordinary refusal; it gets its sentence from the function's name."""


_INT_MIN: Final = -(1 << 31)
_INT_MAX: Final = (1 << 31) - 1
_MAX_TEXT: Final = 10_000
_MAX_RANGE: Final = 1_000


def _number(value: Json) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _Invalid
    return value


def _int32(value: int) -> int:
    if not _INT_MIN <= value <= _INT_MAX:
        raise _Invalid
    return value


def _cut(value: Json) -> int:
    """The number without its fraction, 32 bits."""
    return _int32(int(_number(value)))


def _rounded(value: Json) -> int:
    """`Math.round`: halves go up."""
    number = _number(value)
    below = math.floor(number)
    return _int32(below + 1 if number - below >= 0.5 else below)


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise _Invalid
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise _Invalid
    return value


def _short(text: str) -> str:
    if len(text) > _MAX_TEXT or len(text.encode("utf-16-le", "surrogatepass")) > 2 * _MAX_TEXT:
        raise _Invalid
    return text


_PIECE: Final = re.compile(r"\\[\\'{}]|\{\}|[{}]|[^\\{}]+|\\")


@lru_cache(maxsize=1024)
def _template(text: str) -> tuple[str, ...]:
    """The fixed pieces of a Format template: one more than it has `{}`."""
    pieces: list[list[str]] = [[]]
    for piece in _PIECE.findall(text):
        if piece == "{}":
            pieces.append([])
        elif piece in ("{", "}"):
            other = "}" if piece == "{" else "{"
            raise Refused(f"Invalid template in States.Format: matching '{other}' not found for '{piece}'.")
        else:
            pieces[-1].append(piece[1:] if len(piece) == 2 and piece[0] == "\\" else piece)
    return tuple("".join(parts) for parts in pieces)


def _format(arguments: Sequence[Json], random: IntrinsicRandom) -> Json:
    first, *values = arguments
    if first is None:
        raise _Invalid
    pieces = _template(map_text(first))
    if len(pieces) != len(arguments):
        raise Refused("Invalid arguments in States.Format: number of arguments do not match the occurrences of {}.")
    out = [pieces[0]]
    for value, piece in zip(values, pieces[1:], strict=True):
        out += (map_text(value), piece)
    return "".join(out)


def _string_to_json(arguments: Sequence[Json], random: IntrinsicRandom) -> Json:
    try:
        return read_json(_text(arguments[0]))
    except JsonSyntax as error:
        raise Refused(f"Cannot convert String to Json in States.StringToJson, caused by: {error}") from None


def _partition(arguments: Sequence[Json], random: IntrinsicRandom) -> Json:
    items, size = _list(arguments[0]), _cut(arguments[1])
    if size < 1:
        raise _Invalid
    return [items[start : start + size] for start in range(0, len(items), size)]


def _contains(arguments: Sequence[Json], random: IntrinsicRandom) -> Json:
    items, wanted = _list(arguments[0]), map_text(arguments[1])
    return any(map_text(item) == wanted for item in items)


def _range(arguments: Sequence[Json], random: IntrinsicRandom) -> Json:
    first, last, step = map(_cut, arguments)
    if step == 0:
        raise _Invalid
    numbers = range(first, last + (1 if step > 0 else -1), step)
    if len(numbers) > _MAX_RANGE:
        raise _Invalid
    return list(numbers)


def _get_item(arguments: Sequence[Json], random: IntrinsicRandom) -> Json:
    items, index = _list(arguments[0]), _cut(arguments[1])
    if not items:
        return None
    if not 0 <= index < len(items):
        raise _Invalid
    return items[index]


def _base64_encode(arguments: Sequence[Json], random: IntrinsicRandom) -> Json:
    return base64.b64encode(_short(_text(arguments[0])).encode("utf-8", "replace")).decode("ascii")


_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9+/]+")


def _base64_decode(arguments: Sequence[Json], random: IntrinsicRandom) -> Json:
    """Lenient, as observed on AWS: foreign characters are skipped, padding ends the text and may be missing."""
    encoded = _short(_text(arguments[0])).partition("=")[0].replace("-", "+").replace("_", "/")
    digits = _NOT_BASE64.sub("", encoded)
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return base64.b64decode(digits + "=" * (-len(digits) % 4)).decode("utf-8", "replace")


_DIGESTS: Final = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def _hash(arguments: Sequence[Json], random: IntrinsicRandom) -> Json:
    data, algorithm = arguments
    if data is None or _text(algorithm) not in _DIGESTS:
        raise _Invalid
    text = _short(map_text(data))
    return hashlib.new(_DIGESTS[algorithm], text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _merge(arguments: Sequence[Json], random: IntrinsicRandom) -> Json:
    left, right, deep = arguments
    if not isinstance(left, dict) or not isinstance(right, dict) or deep is True:
        raise _Invalid
    return {**left, **right}


def _math_random(arguments: Sequence[Json], random: IntrinsicRandom) -> Json:
    start, end = _cut(arguments[0]), _cut(arguments[1])
    seed = int(_number(arguments[2])) if len(arguments) == 3 else None
    if not 0 < end - start <= _INT_MAX:
        raise _Invalid
    if seed is None:
        return random.random().randrange(start, end)
    return start + JavaRandom(seed).next_int(end - start)


def _math_add(arguments: Sequence[Json], random: IntrinsicRandom) -> Json:
    return _int32(_rounded(arguments[0]) + _rounded(arguments[1]))


@lru_cache(maxsize=256)
def _splitter(delimiters: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(delimiters)}]")


def _split(arguments: Sequence[Json], random: IntrinsicRandom) -> Json:
    text, delimiters = _text(arguments[0]), _text(arguments[1])
    parts = _splitter(delimiters).split(text) if delimiters else [text]
    return [part for part in parts if part]


def _table(*rows: tuple[str, int, int | None, Body]) -> Mapping[str, Function]:
    return {f"States.{name}": Function(f"States.{name}", body, least, most) for name, least, most, body in rows}


FUNCTIONS: Final = _table(
    ("Format", 1, None, _format),
    ("StringToJson", 1, 1, _string_to_json),
    ("JsonToString", 1, 1, lambda arguments, random: json_text(arguments[0])),
    ("Array", 0, None, lambda arguments, random: list(arguments)),
    ("ArrayPartition", 2, 2, _partition),
    ("ArrayContains", 2, 2, _contains),
    ("ArrayRange", 3, 3, _range),
    ("ArrayGetItem", 2, 2, _get_item),
    ("ArrayLength", 1, 1, lambda arguments, random: len(_list(arguments[0]))),
    ("ArrayUnique", 1, 1, lambda arguments, random: hash_order(_list(arguments[0]))),
    ("Base64Encode", 1, 1, _base64_encode),
    ("Base64Decode", 1, 1, _base64_decode),
    ("Hash", 2, 2, _hash),
    ("JsonMerge", 3, 3, _merge),
    ("MathRandom", 2, 3, _math_random),
    ("MathAdd", 2, 2, _math_add),
    ("StringSplit", 2, 2, _split),
    # AWS takes and ignores any arguments (observed).
    ("UUID", 0, None, lambda arguments, random: random.uuid()),
)
"""The functions by their full names."""
