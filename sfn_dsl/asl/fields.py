"""Which ASL field each attribute of the model stands for, and how its value is written.

Derived once per class from the model itself, so that `emit` and `read` cannot disagree with it.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
from typing import Final

from sfn_dsl.asl import model

__all__ = ["STATE_TYPES", "AslField", "Kind", "asl_fields", "asl_name"]


class Kind(enum.Enum):
    """How the value of a field is written in JSON."""

    PAYLOAD = "any JSON value"
    TEXT = "a string"
    PATH = "a string or null"
    FLAG = "a boolean"
    INTEGER = "an integer"
    NUMBER = "a number"
    INTEGER_OR_TEXT = "an integer or a JSONata expression"
    NUMBER_OR_TEXT = "a number or a JSONata expression"
    TEXTS = "a list of strings"
    PART = "an object"
    PARTS = "a list of objects"
    STATES = "an object of states"
    TEST = "the test of a Choice rule"


@dataclasses.dataclass(frozen=True, slots=True)
class AslField:
    """One field: attribute name, ASL name, how it is written, and the model class of a part."""

    attribute: str
    name: str
    kind: Kind
    part: type | None = None


_KINDS: Final = {
    "Payload": Kind.PAYLOAD,
    "Text": Kind.TEXT,
    "Path": Kind.PATH,
    "Number": Kind.NUMBER_OR_TEXT,
    "bool | Unset": Kind.FLAG,
    "int | Unset": Kind.INTEGER,
    "int | float | Unset": Kind.NUMBER,
    "int | str | Unset": Kind.INTEGER_OR_TEXT,
    "tuple[str, ...] | Unset": Kind.TEXTS,
    "Mapping[str, State]": Kind.STATES,
    "Test | Unset": Kind.TEST,
}

STATE_TYPES: Final[dict[str, type[model.State]]] = {
    "Task": model.Task,
    "Pass": model.Pass,
    "Wait": model.Wait,
    "Choice": model.Choice,
    "Parallel": model.Parallel,
    "Map": model.Map,
    "Succeed": model.Succeed,
    "Fail": model.Fail,
}


def asl_name(attribute: str) -> str:
    """The ASL name of an attribute: `max_delay_seconds` is `MaxDelaySeconds`, `csv_headers` is `CSVHeaders`."""
    return "".join("CSV" if word == "csv" else word.capitalize() for word in attribute.split("_"))


@functools.cache
def asl_fields(cls: type) -> tuple[AslField, ...]:
    """The fields of a model class in the order in which they are written."""
    found = []
    for item in dataclasses.fields(cls):
        if item.name in ("extra", "origin"):
            continue
        annotation = str(item.type)
        kind, part = _KINDS.get(annotation), None
        if kind is None:
            word = annotation.removesuffix(" | Unset")
            kind = Kind.PARTS if word.startswith("tuple[") else Kind.PART
            part = getattr(model, word.removeprefix("tuple[").removesuffix(", ...]"))
        found.append(AslField(item.name, asl_name(item.name), kind, part))
    order = [entry for entry in found if entry.attribute not in ("next", "end")]
    order += [entry for entry in found if entry.attribute in ("next", "end")]
    return tuple(order)
