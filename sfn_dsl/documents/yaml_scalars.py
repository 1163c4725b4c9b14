"""What a scalar of YAML 1.1 means as JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sfn_dsl.asl.model import Json
from sfn_dsl.documents.json_recovery import read_integer
from sfn_dsl.documents.position import shortened

__all__ = ["Meaning", "scalar_value"]

_CORE = "tag:yaml.org,2002:"
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*+)")
_FLOAT = re.compile(r"[-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?")
_WORDS = {"yes": True, "no": False, "on": True, "off": False, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Meaning:
    """A value, and what is wrong or misleading about the way it is written."""

    value: Json
    message: str = ""
    help: str = ""
    name: str = ""


def scalar_value(text: str, tag: str) -> Meaning:
    """The JSON value of a scalar; text that does not fit its tag stays text."""
    match tag.removeprefix(_CORE):
        case "null":
            return Meaning(None)
        case "bool" if text.lower() in _WORDS:
            value = _WORDS[text.lower()]
            if text.lower() in ("true", "false"):
                return Meaning(value)
            return _misleading(text, value)
        case "int":
            return _integer(text)
        case "float":
            return _float(text)
        case _:
            return Meaning(text)


def _misleading(text: str, value: Json) -> Meaning:
    shown = str(value).lower()
    message = f"`{shortened(text)}` means `{shown}` to tools of YAML 1.1, which CloudFormation and SAM are, and text to others"
    return Meaning(value, message, f"write `{shown}`, or put it in quotes", "yaml-scalar")


def _integer(text: str) -> Meaning:
    if _DECIMAL.fullmatch(text):
        value, exact = read_integer(text)
        return Meaning(value) if exact else _too_large(text, value)
    digits = text.replace("_", "").lower()
    sign, digits = (-1 if digits.startswith("-") else 1), digits.lstrip("+-")
    try:
        if digits.startswith("0b"):
            number = int(digits[2:], 2)
        elif digits.startswith("0x"):
            number = int(digits[2:], 16)
        elif ":" in digits:
            number = _sixties(digits)
        elif digits.startswith("0"):
            number = int(digits, 8)
        else:
            number, exact = read_integer(digits)
            if not exact:
                return _too_large(text, sign * number)
    except ValueError:
        return Meaning(text)
    value, exact = (sign * number, True) if number.bit_length() < 2000 else (sign * (2**2000), False)
    return _misleading(text, value) if exact else _too_large(text, value)


def _sixties(digits: str) -> int:
    """The number of digits to base 60, `1:30`. Raises ValueError for too many."""
    parts = digits.split(":")
    if len(parts) > 10:
        raise ValueError(digits[:10])
    number = 0
    for part in parts:
        number = number * 60 + int(part)
    return number


def _float(text: str) -> Meaning:
    digits = text.replace("_", "")
    if not _FLOAT.fullmatch(digits):
        if ":" in digits:
            return Meaning(
                text, f"`{shortened(text)}` is a number to base 60 to tools of YAML 1.1", "put it in quotes", "yaml-scalar"
            )
        return Meaning(text, f"`{shortened(text)}` is no JSON number", "JSON has finite numbers only", "json-number")
    value = float(digits)
    if value - value != 0:
        return _too_large(text, value)
    return Meaning(value) if digits == text else _misleading(text, value)


def _too_large(text: str, value: int | float) -> Meaning:
    return Meaning(value, f"number `{shortened(text)}` is too large", "write a smaller number", "json-number")
