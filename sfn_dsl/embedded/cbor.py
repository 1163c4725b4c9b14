"""JSON's values as CBOR (RFC 8949), which newer SDKs speak with some services."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["decode", "encode"]

_SIMPLE: Final[Mapping[int, Any]] = {20: False, 21: True, 22: None, 23: None}
_FLOATS: Final[Mapping[int, str]] = {25: ">e", 26: ">f", 27: ">d"}
_INDEFINITE: Final = 31
_BREAK: Final = 0xFF


def encode(value: Any) -> bytes:
    """A value of JSON as CBOR, with lengths in front."""
    match value:
        case None | bool():
            return bytes([0xF6 if value is None else 0xF5 if value else 0xF4])
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case float():
            return b"\xfb" + struct.pack(">d", value)
        case str():
            data = value.encode()
            return _head(3, len(data)) + data
        case list():
            return _head(4, len(value)) + b"".join(encode(member) for member in value)
        case dict():
            return _head(5, len(value)) + b"".join(encode(key) + encode(member) for key, member in value.items())
        case _:
            raise TypeError(f"{type(value).__name__} is no value of JSON")


def _head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    for more, size in enumerate((1, 2, 4, 8), 24):
        if number < 1 << 8 * size:
            return bytes([kind << 5 | more]) + number.to_bytes(size, "big")
    raise ValueError(f"{number} does not fit into CBOR")


def decode(data: bytes) -> Any:
    """The value of JSON that CBOR holds. Raises ValueError for anything else."""
    try:
        value, end = _decode(data, 0)
    except (IndexError, struct.error, TypeError, RecursionError):
        raise ValueError("this is no CBOR") from None
    if end != len(data):
        raise ValueError("there is more after the CBOR value")
    return value


def _decode(data: bytes, start: int) -> tuple[Any, int]:
    """The value that begins somewhere, and where it ends."""
    kind, more, start = data[start] >> 5, data[start] & 31, start + 1
    if kind == 7 and more in _SIMPLE:
        return _SIMPLE[more], start
    if kind == 7 and more in _FLOATS:
        form = _FLOATS[more]
        return struct.unpack_from(form, data, start)[0], start + struct.calcsize(form)
    number: int | None = None
    if more < 24:
        number = more
    elif more < 28:
        size = 1 << more - 24
        number, start = int.from_bytes(data[start : start + size], "big"), start + size
    if kind in (0, 1) and number is not None:
        return number if kind == 0 else -1 - number, start
    if kind == 3 and number is not None:
        return data[start : start + number].decode(), start + number
    if kind in (4, 5) and (number is not None or more == _INDEFINITE):
        return _members(data, start, kind, number)
    raise ValueError(f"a CBOR item of type {kind} with {more} is no value of JSON")


def _members(data: bytes, start: int, kind: int, number: int | None) -> tuple[Any, int]:
    """A list or a map of some members, or of those before the break."""
    found: list[Any] = []
    wanted = None if number is None else number * (kind - 3)
    while data[start] != _BREAK if wanted is None else len(found) < wanted:
        value, start = _decode(data, start)
        found.append(value)
    end = start + 1 if wanted is None else start
    return (found if kind == 4 else dict(zip(found[::2], found[1::2], strict=True))), end
