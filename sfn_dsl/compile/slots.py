"""Where a reference finds its value at run time, and the records (variables) that keep values for later."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sfn_dsl.compile.graph import Node, Occurrence, Scope
from sfn_dsl.expression import MISSING, Template

__all__ = ["EXECUTION_INPUT", "Base", "Field", "Names", "Path", "Record", "Slot", "starts_with"]

Path = tuple[str | int, ...]
EXECUTION_INPUT: Final[Path] = ("Execution", "Input")

_FUNCTIONS = frozenset(
    [
        "states",
        "json",
        "abs",
        "append",
        "assert",
        "average",
        "base64decode",
        "base64encode",
        "boolean",
        "ceil",
        "contains",
        "count",
        "decodeUrl",
        "decodeUrlComponent",
        "distinct",
        "each",
        "encodeUrl",
        "encodeUrlComponent",
        "error",
        "eval",
        "exists",
        "filter",
        "floor",
        "formatBase",
        "formatInteger",
        "formatNumber",
        "fromMillis",
        "hash",
        "join",
        "keys",
        "length",
        "lookup",
        "lowercase",
        "map",
        "match",
        "max",
        "merge",
        "millis",
        "min",
        "not",
        "now",
        "number",
        "pad",
        "parse",
        "parseInteger",
        "partition",
        "power",
        "random",
        "range",
        "reduce",
        "replace",
        "reverse",
        "round",
        "shuffle",
        "sift",
        "single",
        "sort",
        "split",
        "spread",
        "sqrt",
        "string",
        "substring",
        "substringAfter",
        "substringBefore",
        "sum",
        "toMillis",
        "trim",
        "type",
        "uppercase",
        "uuid",
        "zip",
    ]
)


class Base(enum.Enum):
    """What a slot's path starts from."""

    VARIABLE = "a variable; the path starts with its name"
    CONTEXT = "the context object"
    INPUT = "the input of the state"
    RESULT = "the result of the state"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place to read from. `sure`: something is certainly there. `kind` is the kind of its shape, `any` if unknown."""

    base: Base
    path: Path
    sure: bool = False
    kind: str = "any"
    fallback: Template = MISSING


@dataclass(eq=False, slots=True)
class Field:
    """One thing that is read from a record, and how: `tolerant` reads accept that it is absent."""

    strict: bool = False
    tolerant: bool = False


@dataclass(eq=False, slots=True)
class Record:
    """A variable: what later nodes read of one occurrence's output (or of a scope's input), in one scope.

    `producer` assigns it; None for a record that the entry of the scope assigns from the scope's input. `position` is the
    branch it comes out of when the producer is a Parallel. `initial`: it is read where the producer may not have run.
    `defaults`: values for absent fields, by path. `kept`: some state reads the variable; a Parallel at the end of its scope
    hands on what its branches gave back without one.
    """

    name: str
    scope: Scope
    producer: Node | None
    occurrence: Occurrence | None = None
    position: int = 0
    fields: dict[Path, Field] = field(default_factory=dict)
    initial: bool = False
    defaults: dict[Path, Template] = field(default_factory=dict)
    whole: bool = False
    kept: bool = False
    keys: dict[Path, str] = field(default_factory=dict)

    def demand(self, path: Path, tolerant: bool) -> None:
        """Note that a path is read."""
        entry = self.fields.setdefault(path, Field())
        if tolerant:
            entry.tolerant = True
        else:
            entry.strict = True

    @property
    def tolerant(self) -> bool:
        """Whether something that may be absent is kept."""
        return any(entry.tolerant for entry in self.fields.values())

    def freeze(self, *, whole_if_tolerant: bool) -> None:
        """Decide what the variable holds: everything, or one field per path that no other path leads through."""
        self.whole = () in self.fields or (whole_if_tolerant and (self.tolerant or bool(self.defaults)))
        if self.whole:
            self.keys = {(): "value"}
            return
        taken: set[str] = set()
        for path in sorted(self.fields, key=len):
            if any(starts_with(path, kept) for kept in self.keys):
                continue
            key = base = "_".join(str(part) for part in path)
            number = 1
            while key in taken:
                number += 1
                key = f"{base}_{number}"
            taken.add(key)
            self.keys[path] = key
        order = list(self.fields)
        self.keys = dict(sorted(self.keys.items(), key=lambda entry: order.index(entry[0])))

    @property
    def bare(self) -> bool:
        """Whether the variable is the whole value itself, not an object of fields."""
        return self.whole and not self.wrapped

    @property
    def wrapped(self) -> bool:
        """Whether the whole value stands under the key `value`, because the variable may have to say that it is not there."""
        return self.whole and self.initial and not self.defaults

    def read(self, path: Path) -> tuple[Path, bool]:
        """The path below the variable for a path below the value, and whether something is certainly there."""
        if self.bare:
            certain = not path and not self.initial
            return (self.name, *path), certain or path in self.defaults
        for kept, key in self.keys.items():
            if starts_with(path, kept):
                rest = path[len(kept) :]
                certain = not rest and not self.tolerant and not self.initial
                return (self.name, key, *rest), certain
        return (self.name, *path), False


def starts_with(path: Path, prefix: Path) -> bool:
    """Whether a path leads through another one."""
    return path[: len(prefix)] == prefix


class Names:
    """Names of variables: unique in the machine, at most 80 characters, letters, digits and `_`, never `states`, and never the
    name of a JSONata function, which a variable of that name would hide."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*_FUNCTIONS, *taken}

    def reserve(self, name: str) -> bool:
        """Take exactly this name; False when it is taken."""
        if name in self._taken:
            return False
        self._taken.add(name)
        return True

    def make(self, text: str) -> str:
        """A free name like a text."""
        slug = re.sub(r"[^0-9a-z]+", "_", text.lower()).strip("_") or "step"
        if slug[0].isdigit():
            slug = f"step_{slug}"
        base = slug[:70]
        candidate, number = base, 1
        while not self.reserve(candidate):
            number += 1
            candidate = f"{base}_{number}"
        return candidate
