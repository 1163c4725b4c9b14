"""DynamoDB's attribute values: what is accepted, how numbers are written, how values compare, how large they are.

A value is the wire form, `{"S": "text"}`; numbers are stored as DynamoDB gives them back: expanded, without useless zeros.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.services.service_error import ServiceError

__all__ = [
    "DEPTH_LIMIT",
    "Item",
    "Value",
    "copied",
    "equal",
    "invalid",
    "item_of",
    "item_size",
    "less",
    "refused",
    "sort_key",
    "total",
    "type_of",
    "value_of",
    "value_size",
]

Value = dict[str, Any]
Item = dict[str, Value]

DEPTH_LIMIT = 32
_INVALID = "One or more parameter values were invalid: "
_NUMERIC = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_EXACT = Context(prec=400, Emax=999_999, Emin=-999_999)
_SET_WORDS = {"SS": "string set", "NS": "number set", "BS": "binary set"}


def invalid(message: str) -> ServiceError:
    """A ValidationException."""
    return ServiceError("ValidationException", message)


def refused(value: str, place: str, rule: str) -> ServiceError:
    """A ValidationException for a parameter that breaks a rule of the API's model."""
    return invalid(f"1 validation error detected: Value '{value}' at '{place}' failed to satisfy constraint: Member must {rule}")


def type_of(value: Value) -> str:
    """The type of a value that was accepted: `S`, `N`, `NS`, ..."""
    return next(iter(value))


@lru_cache(maxsize=4096)
def _decimal(text: str) -> Decimal:
    """The exact number of a numeric text that was accepted."""
    return _EXACT.create_decimal(text)


def _number_text(value: Decimal, *, computed: bool = False) -> str:
    """A number as DynamoDB stores it. Raises ServiceError outside 38 digits or 1E-130 ... 9.9E+125.

    A `computed` number that needs more digits is reported as an overflow, as AWS does.
    """
    digits = value.as_tuple().digits
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    while len(digits) > 1 and digits[-1] == 0:
        digits, exponent = digits[:-1], exponent + 1
    if digits == (0,):
        return "0"
    magnitude = exponent + len(digits) - 1
    if magnitude > 125 or (computed and len(digits) > 38):
        raise invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
    if magnitude < -130:
        raise invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
    if len(digits) > 38:
        raise invalid("Attempting to store more than 38 significant digits in a Number")
    return format(Decimal((value.as_tuple().sign, digits, exponent)), "f")


def total(a: str, b: str, *, minus: bool = False) -> str:
    """The sum or the difference of two accepted numbers. Raises ServiceError when it cannot be stored."""
    return _number_text((_EXACT.subtract if minus else _EXACT.add)(_decimal(a), _decimal(b)), computed=True)


def _number(raw: Json) -> str:
    text = str(raw) if isinstance(raw, (int, float)) and not isinstance(raw, bool) else raw
    if not isinstance(text, str):
        raise _mistyped("N")
    if not text:
        raise invalid("The parameter cannot be converted to a numeric value")
    if not _NUMERIC.fullmatch(text):
        raise invalid(f"The parameter cannot be converted to a numeric value: {text}")
    return _number_text(_EXACT.create_decimal(text.strip()))


def _mistyped(kind: str) -> ServiceError:
    return ServiceError("SerializationException", f"Unexpected value type in payload: the value of {kind} has another type")


def _text(raw: Json) -> str:
    if not isinstance(raw, str):
        raise _mistyped("S")
    return raw


def _binary(raw: Json) -> str:
    if not isinstance(raw, str):
        raise _mistyped("B")
    try:
        binascii.a2b_base64(raw, strict_mode=True)
    except binascii.Error as error:
        raise ServiceError("SerializationException", f"A binary value is not Base64: {error}") from error
    return raw


def _bool(raw: Json) -> bool:
    if not isinstance(raw, bool):
        raise _mistyped("BOOL")
    return raw


_SCALARS: dict[str, Callable[[Json], Json]] = {"S": _text, "N": _number, "B": _binary, "BOOL": _bool}
_TYPES = frozenset([*_SCALARS, *_SET_WORDS, "NULL", "L", "M"])


def _set(kind: str, raw: Json) -> list[str]:
    if not isinstance(raw, list):
        raise _mistyped(kind)
    if not raw:
        raise invalid(f"{_INVALID}An {_SET_WORDS[kind]}  may not be empty")
    members = [_SCALARS[kind[0]](member) for member in raw]
    if len(set(members)) < len(members):
        if kind == "NS":
            raise invalid("Input collection contains duplicates")
        tail = "of type BS contains duplicates." if kind == "BS" else " contains duplicates."
        raise invalid(f"{_INVALID}Input collection [{', '.join(members)}]{tail}")
    return members


def value_of(raw: Json, depth: int = 1) -> Value:
    """A fresh, normalised value. Raises ServiceError with DynamoDB's reason when it is not one."""
    if depth > DEPTH_LIMIT:
        raise invalid("Nesting Levels have exceeded supported limits")
    if not isinstance(raw, Mapping):
        raise _mistyped("an attribute")
    kinds = [kind for kind in raw if kind in _TYPES and raw[kind] is not None]
    if not kinds:
        raise invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
    if len(kinds) > 1:
        raise invalid(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
        )
    kind = kinds[0]
    content = raw[kind]
    if kind in _SCALARS:
        return {kind: _SCALARS[kind](content)}
    if kind == "NULL":
        return {kind: True}
    if kind in _SET_WORDS:
        return {kind: _set(kind, content)}
    if kind == "L":
        if not isinstance(content, list):
            raise _mistyped(kind)
        return {kind: [value_of(member, depth + 1) for member in content]}
    if not isinstance(content, Mapping):
        raise _mistyped(kind)
    return {kind: {name: value_of(member, depth + 1) for name, member in content.items()}}


def item_of(raw: Json) -> Item:
    """A fresh, normalised item or key. Raises ServiceError."""
    if not isinstance(raw, Mapping):
        raise ServiceError("SerializationException", "Unexpected value type in payload: an item is not an object")
    return {name: value_of(value) for name, value in raw.items()}


def copied(value: Json) -> Json:
    """A deep copy of a value, an item or any JSON of limited depth."""
    if isinstance(value, dict):
        return {key: copied(member) for key, member in value.items()}
    return [copied(member) for member in value] if isinstance(value, list) else value


def equal(a: Value, b: Value) -> bool:
    """Equality: numbers by value, sets without order, never across types."""
    kind = type_of(a)
    if kind != type_of(b):
        return False
    left, right = a[kind], b[kind]
    if kind in _SET_WORDS:
        return set(left) == set(right)
    if kind == "L":
        return len(left) == len(right) and all(map(equal, left, right))
    if kind == "M":
        return left.keys() == right.keys() and all(equal(member, right[name]) for name, member in left.items())
    return bool(left == right)


def sort_key(value: Value) -> Any:
    """What orders values of one type among `S` (by UTF-8), `N` (by value) and `B` (by bytes)."""
    kind = type_of(value)
    content = value[kind]
    if kind == "N":
        return _decimal(content)
    return content.encode() if kind == "S" else base64.b64decode(content)


def less(a: Value, b: Value) -> bool | None:
    """Whether a < b, None where the two have no order."""
    kind = type_of(a)
    if kind != type_of(b) or kind not in ("S", "N", "B"):
        return None
    return bool(sort_key(a) < sort_key(b))


def _number_size(text: str) -> int:
    """Bytes of a number: half the significant digits on each side of the point, rounded up, plus one and one for a minus."""
    whole, _, fraction = text.lstrip("-").partition(".")
    if whole.strip("0"):
        whole = whole.lstrip("0") if fraction else whole.strip("0")
    else:
        whole, fraction = "", fraction.lstrip("0")
    return 1 + (len(whole) + 1) // 2 + (len(fraction) + 1) // 2 + text.startswith("-")


def value_size(value: Value) -> int:
    """Bytes a value takes, as the 400 KB limit counts them."""
    kind = type_of(value)
    content = value[kind]
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return _number_size(content)
    if kind == "B":
        return len(base64.b64decode(content))
    if kind in _SET_WORDS:
        return sum(value_size({kind[0]: member}) for member in content)
    if kind == "L":
        return 3 + sum(1 + value_size(member) for member in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + value_size(member) for name, member in content.items())
    return 1


def item_size(item: Item) -> int:
    """Bytes an item takes: names and values."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())
