"""Values that stand for what another resource of the same template will be called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Arn", "Joined", "Name", "Reference", "Text", "Url", "Value"]


@dataclass(frozen=True, slots=True)
class Arn:
    """The ARN of the resource with this logical id. That of a log group ends in `:*`, as CloudFormation has it."""

    id: str


@dataclass(frozen=True, slots=True)
class Name:
    """The name of the resource with this logical id, as it is in AWS."""

    id: str


@dataclass(frozen=True, slots=True)
class Url:
    """The URL of the queue with this logical id."""

    id: str


@dataclass(frozen=True, slots=True, init=False)
class Joined:
    """Text with references in it: `Joined(Arn("Bus"), "/*")`. Neighbouring literal texts become one."""

    parts: tuple[str | Arn | Name | Url, ...]

    def __init__(self, *parts: str | Arn | Name | Url) -> None:
        merged: list[str | Arn | Name | Url] = []
        for part in parts:
            if isinstance(part, str) and merged and isinstance(merged[-1], str):
                merged[-1] += part
            else:
                merged.append(part)
        object.__setattr__(self, "parts", tuple(merged))


Reference: TypeAlias = Arn | Name | Url | Joined
Text: TypeAlias = str | Reference
"""Literal text, or text that is known when the template is deployed."""

Value: TypeAlias = "bool | int | float | Text | Mapping[str, Value] | Sequence[Value] | None"
"""JSON in which references may stand for text; keys are always literal."""
