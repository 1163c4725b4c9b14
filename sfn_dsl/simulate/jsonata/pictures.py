"""`$formatNumber`: numbers by picture strings, as XPath's fn:format-number defines them (F&O 3.1, section 4.7)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sfn_dsl.simulate.jsonata.values import Fault

__all__ = ["format_number"]

_PROPERTIES = {
    "decimal-separator": ".",
    "grouping-separator": ",",
    "exponent-separator": "e",
    "minus-sign": "-",
    "percent": "%",
    "per-mille": "\u2030",
    "zero-digit": "0",
    "digit": "#",
    "pattern-separator": ";",
}


@dataclass(frozen=True, slots=True)
class _Style:
    """The characters that have a meaning in a picture."""

    decimal: str
    grouping: str
    exponent: str
    minus: str
    percent: str
    per_mille: str
    digits: str
    optional: str
    separator: str

    def is_digit(self, char: str) -> bool:
        return char in self.digits or char == self.optional

    def is_active(self, char: str) -> bool:
        return self.is_digit(char) or char in (self.decimal, self.grouping, self.separator)


@dataclass(frozen=True, slots=True)
class _Picture:
    """One sub-picture taken apart. `exponent` is None where it has no exponent part."""

    prefix: str
    integer: str
    fraction: str
    exponent: str | None
    suffix: str
    factor: int


def _style(options: Mapping[str, Any]) -> _Style:
    chosen = {**_PROPERTIES, **options}
    zero = ord(chosen["zero-digit"])
    return _Style(
        decimal=chosen["decimal-separator"],
        grouping=chosen["grouping-separator"],
        exponent=chosen["exponent-separator"],
        minus=chosen["minus-sign"],
        percent=chosen["percent"],
        per_mille=chosen["per-mille"],
        digits="".join(map(chr, range(zero, zero + 10))),
        optional=chosen["digit"],
        separator=chosen["pattern-separator"],
    )


def _take_apart(text: str, style: _Style) -> _Picture:
    """Raises a fault with the code of the last rule that the sub-picture breaks."""
    active = [place for place, char in enumerate(text) if style.is_active(char)]
    start, end = (active[0], active[-1] + 1) if active else (0, len(text))
    middle = text[start:end]
    mark = text.find(style.exponent, start, end + 1)
    mantissa, exponent = (middle, None) if mark < 0 else (text[start:mark], text[mark + 1 : end])
    integer, point, fraction = mantissa.partition(style.decimal)
    digits = [char for char in mantissa if style.is_digit(char)]
    ends_in_grouping = integer.endswith(style.grouping)
    rules = {
        "D3081": text.count(style.decimal) > 1,
        "D3082": text.count(style.percent) > 1,
        "D3083": text.count(style.per_mille) > 1,
        "D3084": style.percent in text and style.per_mille in text,
        "D3085": not digits,
        "D3086": any(not style.is_active(char) and char != style.exponent for char in middle),
        "D3087": bool(point) and (ends_in_grouping or fraction.startswith(style.grouping)),
        "D3088": not point and ends_in_grouping,
        "D3089": style.grouping * 2 in text,
        "D3090": any(char in style.digits for char in integer.rpartition(style.optional)[0]),
        "D3091": any(char in style.digits for char in fraction.partition(style.optional)[2]),
        "D3092": bool(exponent) and (style.percent in text or style.per_mille in text),
        "D3093": exponent is not None and (not exponent or any(char not in style.digits for char in exponent)),
    }
    broken = [code for code, breaks in rules.items() if breaks]
    if broken:
        raise Fault(broken[-1])
    factor = 100 if style.percent in text else 1000 if style.per_mille in text else 1
    return _Picture(text[:start], integer, fraction, exponent, text[end:], factor)


def _digit_count(part: str, style: _Style, mandatory: bool) -> int:
    return sum(char in style.digits if mandatory else style.is_digit(char) for char in part)


def _grouped(digits: str, picture: _Picture, style: _Style) -> str:
    """The digits of the integer part with separators; positions at even distances repeat to the left."""
    parts = picture.integer.split(style.grouping)
    if len(parts) == 1:
        return digits
    positions = [_digit_count("".join(parts[number:]), style, False) for number in range(1, len(parts))]
    unit = math.gcd(*positions)
    if sorted(positions) == [unit * number for number in range(1, len(positions) + 1)]:
        positions = list(range(unit, len(digits), unit))
    cuts = [0, *(len(digits) - position for position in sorted(positions, reverse=True) if position < len(digits)), len(digits)]
    return style.grouping.join(digits[start:end] for start, end in pairwise(cuts))


def _scaled(value: Decimal, picture: _Picture, style: _Style) -> tuple[Decimal, int]:
    """The mantissa with as many integer digits as the picture asks for, and the power of ten that it lacks."""
    size = _digit_count(picture.integer, style, True)
    if picture.exponent is None or not value:
        return value, 0
    power = value.adjusted() + 1 - size
    mantissa = value.scaleb(-power)
    if power > 0 and mantissa == Decimal(1).scaleb(size - 1):
        # The reference stops one digit early at a power of ten.
        return mantissa.scaleb(1), power - 1
    return mantissa, power


def format_number(value: float, picture: str, options: Mapping[str, Any]) -> str:
    """A finite number as text. `options` override the properties of the decimal format; codes D3080 to D3093."""
    style = _style(options)
    texts = picture.split(style.separator)
    if len(texts) > 2:
        raise Fault("D3080")
    pictures = [_take_apart(text, style) for text in texts]
    chosen = pictures[-1] if value < 0 else pictures[0]
    mantissa, power = _scaled(abs(Decimal(repr(value * chosen.factor))), chosen, style)
    least_integer = _digit_count(chosen.integer, style, True)
    least, most = (_digit_count(chosen.fraction, style, mandatory) for mandatory in (True, False))
    if not least_integer and not most:
        if chosen.exponent is None:
            least_integer = 1
        else:
            least = most = 1
    if chosen.exponent is not None and not least_integer and style.optional in chosen.integer:
        least_integer = 1
    if not least_integer and not least:
        least = 1
    whole, _, rest = f"{round(mantissa, most):f}".partition(".")
    fraction = rest[:most].rstrip("0").ljust(least, "0")
    text = _localised(whole.lstrip("0").rjust(least_integer, "0"), style)
    text = _grouped(text, chosen, style)
    if fraction:
        text += style.decimal + _spread(_localised(fraction, style), chosen.fraction, style)
    if chosen.exponent is not None:
        sign = style.minus if power < 0 else ""
        text += style.exponent + sign + _localised(str(abs(power)).rjust(len(chosen.exponent), "0"), style)
    sign = style.minus if value < 0 and len(pictures) == 1 else ""
    return sign + chosen.prefix + text + chosen.suffix


def _spread(digits: str, part: str, style: _Style) -> str:
    """The digits of the fraction with the separators of the picture's fraction."""
    out = []
    places = iter(digits)
    for char in part:
        if char == style.grouping:
            out.append(char)
        else:
            out.append(next(places, ""))
    return "".join(out).rstrip(style.grouping) + "".join(places)


def _localised(digits: str, style: _Style) -> str:
    return "".join(style.digits[int(digit)] for digit in digits)
