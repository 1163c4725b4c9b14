"""JSON values as the Java code behind AWS reads, writes, prints, compares and hashes them.

Numbers: an int is Java's Integer or Long, a float is Double, and 1 does not equal 1.0. Nothing here recurses, so depth has no
limit but that of the JSON reader.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, NoReturn

from sfn_dsl.asl.model import Json

__all__ = ["JsonSyntax", "equal", "hash_order", "json_text", "map_text", "read_json"]

_ESCAPED: Final = re.compile(r'[\x00-\x1f"\\]')
_SHORT: Final = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def _double(value: float) -> str:
    """`Double.toString`: plain from 10^-3 up to 10^7, else with an exponent as in `1.0E10`."""
    if not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    figures = "".join(map(str, digits)).rstrip("0") or "0"
    return f"{'-' if sign else ''}{figures[0]}.{figures[1:] or '0'}E{len(digits) - 1 + int(exponent)}"


def _quoted(text: str) -> str:
    return '"' + _ESCAPED.sub(lambda match: _SHORT.get(match[0]) or f"\\u{ord(match[0]):04X}", text) + '"'


def _scalar(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _double(value) if isinstance(value, float) else str(value)


def _written(value: Json, text: Callable[[str], str], comma: str, pair: str) -> str:
    out: list[str] = []
    # Work still to do, last first: a finished piece of text, or a value in a list of one.
    stack: list[str | list[Any]] = [[value]]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            out.append(item)
            continue
        node = item[0]
        if isinstance(node, str):
            out.append(text(node))
        elif isinstance(node, dict):
            pending: list[str | list[Any]] = ["{"]
            for key, member in node.items():
                pending += (comma if len(pending) > 1 else "", text(key) + pair, [member])
            stack += ["}", *reversed(pending)]
        elif isinstance(node, (list, tuple)):
            pending = ["["]
            for member in node:
                pending += (comma if len(pending) > 1 else "", [member])
            stack += ["]", *reversed(pending)]
        else:
            out.append(_scalar(node))
    return "".join(out)


def json_text(value: Json) -> str:
    """JSON text without blanks, as Jackson writes it."""
    return _written(value, _quoted, ",", ":")


def map_text(value: Json) -> str:
    """`String.valueOf`: `{a=1, b=[x, null]}`, texts without quotes."""
    return value if isinstance(value, str) else _written(value, str, ", ", "=")


def equal(left: Json, right: Json) -> bool:
    """Java's `equals`: 1 is neither 1.0 nor true; the order of an object's members does not matter."""
    pairs = [(left, right)]
    while pairs:
        one, other = pairs.pop()
        if type(one) is not type(other):
            return False
        if isinstance(one, dict):
            if one.keys() != other.keys():
                return False
            pairs += [(member, other[key]) for key, member in one.items()]
        elif isinstance(one, list):
            if len(one) != len(other):
                return False
            pairs += zip(one, other, strict=True)
        elif one != other:
            return False
    return True


def _leaf_hash(value: Json) -> int:
    if value is None:
        return 0
    if isinstance(value, bool):
        return 1231 if value else 1237
    if isinstance(value, str):
        code = 0
        units = value.encode("utf-16-le", "surrogatepass")
        for (unit,) in struct.iter_unpack("<H", units):
            code = (31 * code + unit) & 0xFFFFFFFF
        return code
    if isinstance(value, int):
        if -(1 << 31) <= value < 1 << 31:
            return value & 0xFFFFFFFF
        bits = value & 0xFFFFFFFFFFFFFFFF
    else:
        bits = int.from_bytes(struct.pack(">d", value), "big")
    return (bits ^ bits >> 32) & 0xFFFFFFFF


def _hash(value: Json) -> int:
    """Java's `hashCode` as an unsigned number of 32 bits."""
    results: list[int] = []
    # A value still to hash, or (container, size) once the hashes of its members are the last `size` results.
    stack: list[list[Any] | tuple[Any, int]] = [[value]]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            node = item[0]
            if isinstance(node, (dict, list)):
                stack.append((node, len(node)))
                stack += [[member] for member in (reversed(node.values()) if isinstance(node, dict) else reversed(node))]
            else:
                results.append(_leaf_hash(node))
            continue
        node, size = item
        members = results[len(results) - size :]
        del results[len(results) - size :]
        if isinstance(node, dict):
            code = sum(_leaf_hash(key) ^ member for key, member in zip(node, members, strict=True))
        else:
            code = 1
            for member in members:
                code = (31 * code + member) & 0xFFFFFFFF
        results.append(code & 0xFFFFFFFF)
    return results[0]


def hash_order(values: list[Json]) -> list[Json]:
    """The different values in the order in which `new HashSet<>(values)` gives them back."""
    size = 16
    while size < len(values) / 0.75 + 1:
        size *= 2
    buckets: dict[int, list[tuple[int, Json]]] = {}
    for value in values:
        code = _hash(value)
        bucket = buckets.setdefault((code ^ code >> 16) & (size - 1), [])
        if not any(known == code and equal(other, value) for known, other in bucket):
            bucket.append((code, value))
    return [value for place in sorted(buckets) for _, value in buckets[place]]


class JsonSyntax(ValueError):
    """Text that is not JSON; `str(error)` is Jackson's message with its place."""


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise JsonSyntax(f"Number value ({text}) out of range of double")
    return value


_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)
_INSIDE: Final = r'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*'
_STRING: Final = re.compile(f'"{_INSIDE}')
_TOKEN: Final = re.compile(rf'"{_INSIDE}"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|[\w$]+|.', re.DOTALL)
_SPACE: Final = " \t\r\n"
_VALUES: Final = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


def read_json(text: str) -> Json:
    """The first JSON value of a text; what follows it is not read; null when there is none. Raises JsonSyntax.

    Jackson's `ObjectMapper.readTree`: an empty text is null (recorded on AWS).
    """
    start = len(text) - len(text.lstrip(_SPACE))
    if start == len(text):
        return None
    try:
        value, end = _DECODER.raw_decode(text, start)
    except JsonSyntax:
        raise
    except ValueError:
        raise JsonSyntax(_complaint(text)) from None
    except RecursionError:
        raise JsonSyntax("Document nesting depth exceeds the maximum allowed") from None
    if not isinstance(value, (str, dict, list)) and text[end : end + 1] not in ("", *_SPACE):
        raise JsonSyntax(_complaint(text))
    return value


def _place(text: str, index: int) -> str:
    line = text.count("\n", 0, index) + 1
    column = index - text.rfind("\n", 0, index)
    return f"[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {line}, column: {column}]"


def _at(text: str, index: int) -> str:
    return f"\n at {_place(text, index)}"


def _bad_string(text: str, index: int) -> str:
    """What is wrong with the string that begins at the index and does not end as it should."""
    match = _STRING.match(text, index)
    end = match.end() if match else index
    if end == len(text):
        problem = "Unexpected end-of-input: was expecting closing quote for a string value"
    elif text[end] == "\\":
        problem = f"Unrecognized character escape {text[end : end + 2]}"
    else:
        problem = f"Illegal unquoted character ((CTRL-CHAR, code {ord(text[end])})): has to be escaped using backslash"
    return f"{problem}{_at(text, end)}"


def _complaint(text: str) -> str:
    """What Jackson says about the first mistake of a text that is not JSON."""
    open_at: list[int] = []
    # What the grammar wants next: a value, a key, a colon or the comma after a member.
    wanted, before, token = "value", "", ""
    for match in _TOKEN.finditer(text):
        if match[0] in _SPACE:
            continue
        before, token, index = token, match[0], match.start()
        unexpected = f"Unexpected character ('{token[0]}' (code {ord(token[0])}))"
        inside = text[open_at[-1]] if open_at else ""
        if token in ("]", "}") and (wanted == "comma" or before in ("[", "{")):
            if inside + token not in ("[]", "{}"):
                want, kind = ("]", "Array") if inside == "[" else ("}", "Object")
                opened = f"(for {kind} starting at {_place(text, open_at[-1])})"
                return f"Unexpected close marker '{token}': expected '{want}' {opened}{_at(text, index)}"
            open_at.pop()
            wanted = "comma"
        elif wanted == "comma":
            if token != ",":
                kind = "Array" if inside == "[" else "Object"
                return f"{unexpected}: was expecting comma to separate {kind} entries{_at(text, index)}"
            wanted = "value" if inside == "[" else "key"
        elif wanted == "colon":
            if token != ":":
                return f"{unexpected}: was expecting a colon to separate field name and value{_at(text, index)}"
            wanted = "value"
        elif token == '"':
            return _bad_string(text, index)
        elif wanted == "key":
            if token[0] != '"':
                return f"{unexpected}: was expecting double-quote to start field name{_at(text, index)}"
            wanted = "colon"
        elif token in ("[", "{"):
            open_at.append(index)
            wanted = "value" if token == "[" else "key"
        elif token[0] == '"' or token.removeprefix("-")[:1].isdigit() or token in ("true", "false", "null"):
            wanted = "comma"
            if not open_at:
                return f"Invalid numeric value{_at(text, match.end())}"
        elif token[0].isalpha() or token[0] in "_$":
            return f"Unrecognized token '{token}': was expecting {_VALUES}{_at(text, match.end())}"
        else:
            return f"{unexpected}: expected a valid value {_VALUES}{_at(text, index)}"
    end = _at(text, len(text))
    if wanted == "colon" or token == ":":
        return f"Unexpected end-of-input within/between Object entries{end}"
    kind = "Array" if open_at and text[open_at[-1]] == "[" else "Object"
    marker = _place(text, open_at[-1] if open_at else 0)
    return f"Unexpected end-of-input: expected close marker for {kind} (start marker at {marker}){end}"
