"""`fn`: functions over expressions.

    from sfn_dsl import fn
    fn.format("s3://{}/{}", config.lake_bucket, batch.batch_id)

Functions marked JSONata are not expressible in JSONPath; the compiler says so at the line where they are used. Everything
else means the same in both query languages.
"""

from __future__ import annotations

import re
import string

from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import CONTEXT, Comparison, Expression, ItemRoot, Operation, Reference, Template
from sfn_dsl.span import caller

__all__ = [
    "append",
    "base64_decode",
    "base64_encode",
    "coalesce",
    "contains",
    "element",
    "execution_name",
    "exists",
    "format",
    "hash",
    "index_of",
    "is_null",
    "is_time",
    "join",
    "key_of",
    "length",
    "lowercase",
    "matches",
    "max",
    "merge",
    "milliseconds",
    "min",
    "now",
    "number",
    "parse_json",
    "partition",
    "past",
    "random",
    "range",
    "shell_word",
    "split",
    "substring",
    "sum",
    "text",
    "to_json",
    "trim",
    "unique",
    "uppercase",
    "uuid",
    "when",
]

_TIME_OF_DAY = re.compile("([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_HASHES = ("MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512")


def format(template: str, *values: Template, **named: Template) -> Operation:
    """Text with `{}` or `{name}` replaced by values; `{{` and `}}` are braces. Numbers and booleans become text."""
    parts: list[Template] = []
    position = 0
    for literal, field, spec, conversion in string.Formatter().parse(template):
        if literal:
            parts.append(literal)
        if field is None:
            continue
        if spec or conversion:
            raise DeclarationError(
                f"`fn.format` knows no format specification in `{{{field}}}`", help="use `{}` or `{name}`", span=caller()
            )
        try:
            if field == "" or field.isdigit():
                index = int(field) if field else position
                parts.append(values[index])
                position += 1
            else:
                parts.append(named[field])
        except (IndexError, KeyError):
            raise DeclarationError(
                f"`fn.format` has no value for `{{{field}}}`", help="pass one value per placeholder", span=caller()
            ) from None
    if position < len(values):
        raise DeclarationError("`fn.format` has more values than placeholders", help="add `{}` for each value", span=caller())
    return Operation("format", tuple(parts))


def now() -> Reference:
    """The time at which the state was entered, ISO 8601 in UTC; the same in both query languages."""
    return CONTEXT.State.EnteredTime


def milliseconds(time: Template) -> Operation:
    """An ISO 8601 time as milliseconds since 1970, a number. JSONata."""
    return Operation("milliseconds", (time,))


def index_of(item: Reference) -> Reference:
    """The position, from 0, of the `Item` that a map works on."""
    return _part(item, "index")


def key_of(item: Reference) -> Reference:
    """The key of the `Item`, where a distributed map goes over an object."""
    return _part(item, "key")


def _part(item: Reference, part: str) -> Reference:
    if not isinstance(item._root, ItemRoot) or item._path:
        raise DeclarationError(f"`fn.{part}_of` takes the `Item` of a map itself", span=caller())
    return Reference(ItemRoot(item._root.owner, part), (), caller())


def is_time(value: Template) -> Operation:
    """Condition: a text is an ISO 8601 time that `fn.milliseconds` and `fn.past` read, such as `2026-11-21T18:30:00-05:00`: with a
    date, hours, minutes, seconds (up to 9 decimals), and `Z` or an offset. JSONata."""
    return Operation("is_time", (value,))


def past(time: Template, time_of_day: str) -> Operation:
    """Condition: an ISO 8601 time, at any offset, is later than a time of day in UTC, `HH:MM` or `HH:MM:SS`, of the day in UTC on
    which it lies. A text that is no time is an error, which nothing catches in a Branch: ask `fn.is_time` first. JSONata."""
    found = _TIME_OF_DAY.fullmatch(time_of_day)
    if found is None:
        raise DeclarationError(
            f"`{time_of_day}` is no time of day", help='write `HH:MM` or `HH:MM:SS`, such as "09:30"', span=caller()
        )
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return Operation("past", (time, ((hours * 60 + minutes) * 60 + seconds) * 1000))


def exists(value: Template) -> Operation:
    """Condition: the reference has a value, null included."""
    return Operation("exists", (value,))


def is_null(value: Template) -> Comparison:
    """Condition: the value is there and is null."""
    return Comparison("==", value, None)


def contains(array: Template, value: Template) -> Operation:
    """Whether a list has an element equal to a value."""
    return Operation("contains", (array, value))


def matches(value: Template, pattern: str) -> Operation:
    """Condition: a text matches a pattern in which `*` stands for anything and `\\*` for an asterisk."""
    return Operation("matches", (value, pattern))


def coalesce(*values: Template) -> Operation:
    """The first value that is there and not null. JSONata."""
    return Operation("coalesce", values)


def when(condition: Expression, then: Template, otherwise: Template) -> Operation:
    """`then` if the condition holds, else `otherwise`. JSONata."""
    return Operation("when", (condition, then, otherwise))


def length(array: Template) -> Operation:
    """How many elements a list has."""
    return Operation("length", (array,))


def element(array: Template, index: Template) -> Operation:
    """The element at a position that is computed; for a fixed one write `array[0]`."""
    return Operation("element", (array, index))


def unique(array: Template) -> Operation:
    """The elements of a list without repetition."""
    return Operation("unique", (array,))


def partition(array: Template, size: Template) -> Operation:
    """A list cut into lists of at most `size` elements."""
    return Operation("partition", (array, size))


def range(first: Template, last: Template, step: Template = 1) -> Operation:
    """The integers from `first` to `last`, both included; at most 1,000 in JSONPath."""
    return Operation("range", (first, last, step))


def append(first: Template, second: Template) -> Operation:
    """The elements of two lists in one. JSONata."""
    return Operation("append", (first, second))


def sum(array: Template) -> Operation:
    """The sum of a list of numbers. JSONata."""
    return Operation("sum", (array,))


def min(array: Template) -> Operation:
    """The least number of a list. JSONata."""
    return Operation("min", (array,))


def max(array: Template) -> Operation:
    """The greatest number of a list. JSONata."""
    return Operation("max", (array,))


def join(array: Template, separator: str = "") -> Operation:
    """The texts of a list in one. JSONata."""
    return Operation("join", (array, separator))


def split(value: Template, separator: str) -> Operation:
    """The parts of a text between single-character separators, empty parts dropped."""
    if len(separator) != 1:
        raise DeclarationError(
            "`fn.split` takes a separator of one character", help="JSONPath treats each character as one", span=caller()
        )
    return Operation("split", (value, separator))


def merge(first: Template, second: Template) -> Operation:
    """The fields of two objects in one; the second wins. Not deep."""
    return Operation("merge", (first, second))


def uuid() -> Operation:
    """A random UUID, version 4. Each place where it is used makes one of its own."""
    return Operation("uuid")


def random() -> Operation:
    """A number from 0 up to, not including, 1. JSONata."""
    return Operation("random")


def hash(value: Template, algorithm: str = "SHA-256") -> Operation:
    """Hex digest of a text: MD5, SHA-1, SHA-256, SHA-384 or SHA-512."""
    if algorithm not in _HASHES:
        raise DeclarationError(f"unknown hash algorithm `{algorithm}`", help=f"use one of {', '.join(_HASHES)}", span=caller())
    return Operation("hash", (value, algorithm))


def execution_name(value: Template) -> Operation:
    """A legal name of an execution for a text: what is not a letter, digit, `_` or `-` becomes `-`; a text that was changed or has
    over 80 characters is cut to 63 and ends in 16 hex digits of its SHA-256, so that two texts never get one name. JSONata."""
    return Operation("execution_name", (value,))


def shell_word(value: Template) -> Operation:
    """A text as one word of a shell's command line, whatever stands in it: `'it'\\''s'`; in JSONPath, which cannot replace
    characters, the shell decodes it: `"$(echo aXQncw== | base64 --decode)"`."""
    return Operation("shell_word", (value,))


def parse_json(value: Template) -> Operation:
    """The value that a JSON text holds."""
    return Operation("parse_json", (value,))


def to_json(value: Template) -> Operation:
    """The JSON text of a value."""
    return Operation("to_json", (value,))


def base64_encode(value: Template) -> Operation:
    """Base64 of a text, at most 10,000 characters in JSONPath."""
    return Operation("base64_encode", (value,))


def base64_decode(value: Template) -> Operation:
    """The text behind Base64."""
    return Operation("base64_decode", (value,))


def text(value: Template) -> Operation:
    """A number, boolean or text as text."""
    return Operation("text", (value,))


def number(value: Template) -> Operation:
    """A text as number. JSONata."""
    return Operation("number", (value,))


def lowercase(value: Template) -> Operation:
    """A text in lower case. JSONata."""
    return Operation("lowercase", (value,))


def uppercase(value: Template) -> Operation:
    """A text in upper case. JSONata."""
    return Operation("uppercase", (value,))


def trim(value: Template) -> Operation:
    """A text without white space at its ends. JSONata."""
    return Operation("trim", (value,))


def substring(value: Template, start: int, length: int) -> Operation:
    """A part of a text, counted from 0. JSONata."""
    return Operation("substring", (value, start, length))
