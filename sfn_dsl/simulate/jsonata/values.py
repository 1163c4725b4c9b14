"""The values that JSONata computes with: JSON in Python form plus undefined and sequences; text, truth and equality of values.

JSON null is None. A sequence is what a query step finds: one value in it stands for itself, none is undefined.
"""

from __future__ import annotations

import math
from json.encoder import encode_basestring
from typing import Any, Final

__all__ = [
    "MAX_BYTES",
    "UNDEFINED",
    "Constructed",
    "Fault",
    "Function",
    "KeptSequence",
    "Sequence",
    "equal",
    "exact",
    "finite",
    "kept",
    "memory_exceeded",
    "numeric",
    "ordered_before",
    "single",
    "text",
    "to_float",
    "truth",
    "write",
]

MAX_BYTES = 6_990_256
_EXACT = 2**53
_LONG = 2**63


class Undefined:
    """The value of what does not exist."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = Undefined()


class Sequence(list[Any]):
    """What a step found: unwraps when it holds one value."""


class KeptSequence(Sequence):
    """A sequence of a path with `[]`: stays an array when it holds one value."""


class Constructed(list[Any]):
    """An array written as the first or last step of a path: it is one value, its elements do not spread."""


class Function:
    """Whatever can be called: built-in functions, lambdas, regular expressions."""

    __slots__ = ()

    def invoke(self, args: list[Any], context: Any, run: Any) -> Any:
        """Calls it with arguments; `context` is the current item, `run` the evaluation."""
        raise NotImplementedError


class Fault(Exception):
    """An error of the evaluation: a code of the JSONata reference with its inserts, or a sentence without a code."""

    def __init__(self, code: str | None, sentence: str | None = None, **inserts: Any) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence
        self.inserts = inserts

    def named(self, token: str | None) -> Fault:
        """The same error, which names the function or operator at fault unless it does already."""
        self.inserts.setdefault("token", token)
        return self


def memory_exceeded() -> Fault:
    """AWS's refusal of a value that holds more than 6,990,256 bytes (a character counts 1, another scalar 8)."""
    return Fault(None, "Expression evaluation memory limit exceeded: Check for excessive memory usage")


def single(value: Any) -> Any:
    """A sequence of one value is that value, an empty one is undefined."""
    kind = type(value)
    if kind is Sequence:
        if len(value) > 1:
            return value
        return value[0] if value else UNDEFINED
    if kind is KeptSequence and not value:
        return UNDEFINED
    return value


def kept(value: Any) -> Any:
    """A sequence stays an array when it holds one value; an empty one is undefined."""
    return single(KeptSequence(value)) if isinstance(value, Sequence) else value


def finite(value: float) -> bool:
    """Whether an int or float is neither infinite nor not-a-number."""
    return type(value) is int or math.isfinite(value)


def numeric(value: Any) -> bool:
    """Whether a value is a number to compute with. Raises D1001 for infinity; not-a-number is none."""
    kind = type(value)
    if kind is int:
        return True
    if kind is not float or math.isnan(value):
        return False
    if math.isinf(value):
        raise Fault("D1001", value=value)
    return True


def to_float(value: float) -> float:
    """The double of a number; infinity for an int that is too large for one."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def exact(value: float) -> float:
    """A whole double as an int where both mean the same number."""
    if type(value) is float and -_EXACT <= value <= _EXACT and value.is_integer():
        return int(value)
    return value


def truth(value: Any) -> bool:
    """JSONata's cast to boolean; undefined counts as false."""
    kind = type(value)
    if kind is bool:
        return bool(value)
    if isinstance(value, list):
        return any(map(truth, value))
    if kind is float:
        return numeric(value) and bool(value != 0)
    if isinstance(value, Function):
        return False
    return bool(value)


def equal(left: Any, right: Any) -> bool:
    """Deep equality without any cast: 1 is 1.0 but not true."""
    if left is right:
        return not (type(left) is float and math.isnan(left))
    if isinstance(left, dict):
        same_keys = isinstance(right, dict) and left.keys() == right.keys()
        return bool(same_keys) and all(equal(value, right[key]) for key, value in left.items())
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(equal, left, right))
    if type(left) is bool or type(right) is bool or isinstance(left, Function):
        return False
    return bool(left == right)


def ordered_before(left: Any, right: Any) -> bool:
    """`left < right` for two numbers or two texts; texts are ordered by UTF-16 units."""
    if type(left) is str and not (left.isascii() and right.isascii()):
        left, right = (side.encode("utf-16-be", "surrogatepass") for side in (left, right))
    return bool(left < right)


def _digits(value: float) -> str:
    """The shortest digits of a double as JavaScript writes them: 1e+21, 0.000001, 1e-7."""
    mantissa, _, exponent = repr(value).partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or 0)
    digits = whole + fraction
    significant = digits.lstrip("0")
    point -= len(digits) - len(significant)
    digits = significant.rstrip("0") or "0"
    if 0 < point <= 21:
        if point >= len(digits):
            return sign + digits.ljust(point, "0")
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


def _number(value: float, shortest: bool) -> str:
    """A number as text: a whole number in full below 1e21; a fraction to 15 digits, unless `shortest`."""
    if type(value) is int:
        if -_LONG <= value < _LONG:
            return str(value)
        value = to_float(value)
    if value == 0:
        return "0"
    if shortest or value.is_integer():
        return _digits(value)
    return _digits(float(f"{value:.15g}"))


def write(value: Any, indent: int = 0, shortest: bool = False) -> str:
    """The JSON text of a value as JavaScript's JSON.stringify writes it. `indent`: blanks per level, 0 for compact text."""
    parts: list[str] = []
    _write(value, parts.append, "\n" if indent else "", indent, shortest)
    return "".join(parts)


def _write(value: Any, put: Any, line: str, indent: int, shortest: bool) -> None:
    kind = type(value)
    if kind is str:
        put(encode_basestring(value))
    elif value is None or value is UNDEFINED:
        put("null")
    elif kind is bool:
        put("true" if value else "false")
    elif kind is int or kind is float:
        put(_number(value, shortest) if (finite(value) if shortest else numeric(value)) else "null")
    elif isinstance(value, Function):
        put('""')
    elif isinstance(value, dict):
        inner = line + " " * indent
        separator = "{" + inner
        for key, element in value.items():
            put(separator)
            put(encode_basestring(key))
            put(": " if indent else ":")
            _write(element, put, inner, indent, shortest)
            separator = "," + inner
        put(line + "}" if value else "{}")
    else:
        inner = line + " " * indent
        separator = "[" + inner
        for element in value:
            put(separator)
            _write(element, put, inner, indent, shortest)
            separator = "," + inner
        put(line + "]" if value else "[]")


def text(value: Any) -> str:
    """The cast to string of `$string` and `&`; undefined is the empty text."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is int or kind is float:
        if not finite(value):
            raise Fault("D3001", value=value)
        return _number(value, False)
    if value is UNDEFINED or isinstance(value, Function):
        return ""
    return write(value)
