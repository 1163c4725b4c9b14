"""What both emitters do with the values of a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sfn_dsl.asl.model import Json
from sfn_dsl.resources.model import Resource
from sfn_dsl.resources.references import Name, Text, Value
from sfn_dsl.resources.template import Template, mapped

__all__ = ["Declaration", "Writer", "present"]

Declaration: TypeAlias = tuple[str, dict[str, Json]]
"""The CloudFormation type of a resource, and its properties; those that are None or empty are not written."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes values of a template: `write` says what a text or reference is written as."""

    template: Template
    write: Callable[[Text], Json]

    def text(self, text: Text | None) -> Json:
        """A text, or None for None."""
        return None if text is None else self.write(text)

    def value(self, value: Value) -> Json:
        """JSON with its texts written."""
        return mapped(value, self.write)

    def name(self, kind: type[Resource], name: str) -> Json:
        """The name of a resource: a reference where the template holds it, so that it is made first, else the text itself."""
        id = self.template.id_of(kind, name)
        return self.write(name if id is None else Name(id))


def present(members: Mapping[str, Json]) -> dict[str, Json]:
    """The members that say something: neither None nor empty text, list or object."""
    return {name: value for name, value in members.items() if value is not None and value not in ("", [], {})}
