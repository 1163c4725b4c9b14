"""What a Map hands to its iterations: parts of the item, and values of the scopes around it."""

from __future__ import annotations

from dataclasses import dataclass, field

from sfn_dsl.compile.slots import Path
from sfn_dsl.expression import Reference

__all__ = ["Passed", "ScopeInput"]


@dataclass(eq=False, slots=True)
class Passed:
    """A value that a Map hands to its iterations under a name. `tolerant`: it is handed over so that it may be absent, inside
    an object in JSONata, and inside the value that it is a part of in JSONPath."""

    name: str
    reference: Reference
    tolerant: bool = False

    def source(self, jsonpath: bool) -> Reference:
        """What the map itself reads."""
        if self.tolerant and jsonpath:
            return Reference(self.reference._root, (), self.reference._span)
        return self.reference

    def inside(self, jsonpath: bool) -> Path:
        """Where the value stands in what is handed over."""
        if not self.tolerant:
            return ()
        return self.reference._path if jsonpath else ("value",)


@dataclass(eq=False, slots=True)
class ScopeInput:
    """What a Map hands to each iteration: parts of the item, and values of the outer scopes under names of their own."""

    batched: bool = False
    jsonpath: bool = False
    parts: dict[str, None] = field(default_factory=dict)
    passed: dict[object, Passed] = field(default_factory=dict)

    @property
    def plain(self) -> bool:
        """Whether the iteration's input is the item itself."""
        return self.batched or (not self.passed and set(self.parts) <= {"value"})

    def part(self, part: str, path: Path) -> Path:
        """Where a part of the item stands in the iteration's input."""
        if self.batched:
            return ("Items", *path)
        if self.plain:
            return path
        return ("item" if part == "value" else part, *path)

    def value(self, key: object, path: Path) -> Path:
        """Where an outer value stands in the iteration's input."""
        passed = self.passed[key]
        inner = (passed.name, *passed.inside(self.jsonpath), *path)
        return ("BatchInput", *inner) if self.batched else inner
