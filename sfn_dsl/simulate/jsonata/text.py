"""JSONata's functions of texts."""

from __future__ import annotations

import base64
import binascii
import math
import re
import urllib.parse
from typing import Any

from sfn_dsl.simulate.jsonata.calls import Native, Run, Signature, apply
from sfn_dsl.simulate.jsonata.regex import matches
from sfn_dsl.simulate.jsonata.values import (
    MAX_BYTES,
    UNDEFINED,
    Fault,
    Function,
    Sequence,
    exact,
    memory_exceeded,
    text,
    write,
)

__all__ = ["TEXT_FUNCTIONS"]

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?\Z")
_OTHER_BASE = re.compile(r"(0[xX][0-9A-Fa-f]+)|.*(0[oO][0-7]+)|.*(0[bB][0-1]+)\Z")
_ESCAPES = re.compile("(?:%[0-9A-Fa-f]{2})+")
_RESERVED = ";/?:@&=+$,#"
_TEXT = Signature.parse("s-")


def _limited(limit: Any, code: str) -> Any:
    if limit is UNDEFINED:
        return math.inf
    if limit < 0:
        raise Fault(code, value=limit)
    return math.ceil(limit)


def _string(run: Run, value: Any, pretty: Any) -> Any:
    if value is UNDEFINED:
        return value
    return write(value, 2) if pretty is True and isinstance(value, dict | list) else text(value)


def _substring(run: Run, subject: Any, start: Any, length: Any) -> Any:
    if subject is UNDEFINED:
        return subject
    if start is UNDEFINED:
        return subject if length is UNDEFINED else ""
    size = len(subject)
    if size + start < 0:
        start = 0
    if length is UNDEFINED:
        return subject[int(start) :]
    if length <= 0:
        return ""
    end = start + length if start >= 0 else size + start + length
    return subject[int(start) : int(end)]


def _before(run: Run, subject: Any, mark: Any) -> Any:
    return subject if subject is UNDEFINED or mark is UNDEFINED else subject.partition(mark)[0] if mark else ""


def _after(run: Run, subject: Any, mark: Any) -> Any:
    if subject is UNDEFINED or mark is UNDEFINED or not mark or mark not in subject:
        return subject
    return subject.partition(mark)[2]


def _pad(run: Run, subject: Any, width: Any, filler: Any) -> Any:
    if subject is UNDEFINED or width is UNDEFINED:
        return subject
    width = int(width)
    if abs(width) > MAX_BYTES:
        raise memory_exceeded()
    missing = abs(width) - len(subject)
    if missing <= 0:
        return subject
    filler = " " if filler is UNDEFINED or not filler else filler
    padding = (filler * (missing // len(filler) + 1))[:missing]
    return subject + padding if width > 0 else padding + subject


def _trim(run: Run, subject: Any) -> Any:
    return subject if subject is UNDEFINED else re.sub("[ \t\n\r]+", " ", subject).strip(" ")


def _contains(run: Run, subject: Any, token: Any) -> Any:
    if subject is UNDEFINED:
        return subject
    if isinstance(token, Function):
        return next(matches(run, token, subject), None) is not None
    return type(token) is str and token in subject


def _match(run: Run, subject: Any, matcher: Any, limit: Any) -> Any:
    if subject is UNDEFINED:
        return subject
    count = _limited(limit, "D3040")
    found = Sequence()
    if count:
        for match in matches(run, matcher, subject):
            index = match.get("start", UNDEFINED)
            if not subject.isascii() and type(index) is int:
                index = len(subject[:index].encode("utf-16-le", "surrogatepass")) // 2
            found.append({"match": match.get("match"), "index": index, "groups": match.get("groups")})
            if len(found) >= count:
                break
    return found


def _substitute(template: str, match: dict[str, Any]) -> str:
    """The replacement text with `$$`, `$0` and the groups `$1` ... filled in."""
    groups = match["groups"]
    digits = len(str(len(groups)))
    out = []
    position = 0
    while (dollar := template.find("$", position)) >= 0:
        out.append(template[position:dollar])
        position = dollar + 1
        following = template[position : position + 1]
        if following == "$":
            out.append("$")
            position += 1
            continue
        if following == "0":
            out.append(match["match"])
            position += 1
            continue
        number = re.match("[0-9]*", template[position : position + digits])
        index = number[0] if number is not None else ""
        if digits > 1 and index and int(index) > len(groups):
            index = index[: digits - 1]
        if not index:
            out.append("$")
            continue
        if 0 < int(index) <= len(groups) and groups[int(index) - 1] is not UNDEFINED:
            out.append(groups[int(index) - 1])
        position += len(str(int(index)))
    out.append(template[position:])
    return "".join(out)


def _replace(run: Run, subject: Any, pattern: Any, replacement: Any, limit: Any) -> Any:
    if subject is UNDEFINED:
        return subject
    if pattern == "":
        raise Fault("D3010", value=pattern, index=2)
    count = _limited(limit, "D3011")
    if not count:
        return subject
    if type(pattern) is str:
        new = text(replacement)
        return subject.replace(pattern, new) if count == math.inf else subject.replace(pattern, new, int(count))
    out = []
    position = 0
    for done, match in enumerate(matches(run, pattern, subject), 1):
        out.append(subject[position : match["start"]])
        if type(replacement) is str:
            new = _substitute(replacement, match)
        else:
            new = apply(replacement, [match], None, run)
            if type(new) is not str:
                raise Fault("D3012", value=new)
        out.append(new)
        position = match["start"] + len(match["match"])
        if done >= count:
            break
    out.append(subject[position:])
    return "".join(out)


def _split(run: Run, subject: Any, separator: Any, limit: Any) -> Any:
    if subject is UNDEFINED:
        return subject
    count = _limited(limit, "D3020")
    if not count:
        return []
    if separator is UNDEFINED:
        return [subject]
    if type(separator) is str:
        parts = subject.split(separator) if separator else list(subject)
        return parts if limit is UNDEFINED else parts[: int(limit)]
    parts = []
    position = 0
    for match in matches(run, separator, subject):
        parts.append(subject[position : match["start"]])
        position = match["end"]
        if len(parts) >= count:
            return parts
    return [*parts, subject[position:]]


def _join(run: Run, parts: Any, separator: Any) -> Any:
    return parts if parts is UNDEFINED else ("" if separator is UNDEFINED else separator).join(parts)


def _cast(run: Run, value: Any) -> Any:
    """`$number`."""
    if type(value) is bool:
        return int(value)
    if type(value) is not str:
        return value
    if _DECIMAL.match(value):
        number = exact(float(value))
        if math.isfinite(number):
            return number
    elif _OTHER_BASE.match(value):
        try:
            return int(value, 0)
        except ValueError:
            return math.nan
    raise Fault("D3030", value=value, index=1)


def _encode64(run: Run, subject: Any) -> Any:
    if subject is UNDEFINED:
        return subject
    units = subject.encode("utf-16-le", "surrogatepass")
    return base64.b64encode(units[::2]).decode("ascii")


def _decode64(run: Run, subject: Any) -> Any:
    if subject is UNDEFINED:
        return subject
    symbols = re.sub("[^A-Za-z0-9+/]", "", subject.translate({45: "+", 95: "/"}).partition("=")[0])
    symbols = symbols[:-1] if len(symbols) % 4 == 1 else symbols
    try:
        return base64.b64decode(symbols + "=" * (-len(symbols) % 4)).decode("latin-1")
    except binascii.Error as error:
        raise Fault(None, str(error)) from error


def _encode_url(name: str, safe: str) -> Native:
    def encode(run: Run, subject: Any) -> Any:
        try:
            return subject if subject is UNDEFINED else urllib.parse.quote(subject, safe=safe)
        except UnicodeEncodeError as error:
            raise Fault("D3140", value=subject, function_name=name) from error

    return Native(encode, _TEXT, 1)


def _decode_url(name: str, reserved: str) -> Native:
    def octets(match: re.Match[str]) -> str:
        decoded = bytes.fromhex(match[0].replace("%", "")).decode("utf-8")
        return "".join(f"%{ord(char):02X}" if char in reserved else char for char in decoded)

    def decode(run: Run, subject: Any) -> Any:
        if subject is UNDEFINED:
            return subject
        try:
            if "%" in _ESCAPES.sub("", subject):
                raise Fault("D3140", value=subject, function_name=name)
            return _ESCAPES.sub(octets, subject)
        except UnicodeDecodeError as error:
            raise Fault("D3140", value=subject, function_name=name) from error

    return Native(decode, _TEXT, 1)


def _native(function: object, signature: str, arity: int) -> Native:
    return Native(function, Signature.parse(signature), arity)  # type: ignore[arg-type]


TEXT_FUNCTIONS = {
    "string": _native(_string, "x-b?", 1),
    "substring": _native(_substring, "s-nn?", 3),
    "substringBefore": _native(_before, "s-s", 2),
    "substringAfter": _native(_after, "s-s", 2),
    "lowercase": _native(lambda run, subject: subject if subject is UNDEFINED else subject.lower(), "s-", 1),
    "uppercase": _native(lambda run, subject: subject if subject is UNDEFINED else subject.upper(), "s-", 1),
    "length": _native(lambda run, subject: subject if subject is UNDEFINED else len(subject), "s-", 1),
    "trim": _native(_trim, "s-", 1),
    "pad": _native(_pad, "s-ns?", 3),
    "match": _native(_match, "s-f<s>n?", 3),
    "contains": _native(_contains, "s-(sf)", 2),
    "replace": _native(_replace, "s-(sf)(sf)n?", 4),
    "split": _native(_split, "s-(sf)n?", 3),
    "join": _native(_join, "a<s>s?", 2),
    "number": _native(_cast, "(nsb)-", 1),
    "base64encode": _native(_encode64, "s-", 1),
    "base64decode": _native(_decode64, "s-", 1),
    "encodeUrlComponent": _encode_url("encodeUrlComponent", "~()*!.'"),
    "encodeUrl": _encode_url("encodeUrl", "~@#$&()*!+=:;,.?/'"),
    "decodeUrlComponent": _decode_url("decodeUrlComponent", ""),
    "decodeUrl": _decode_url("decodeUrl", _RESERVED),
}
