"""Shapes of values: what fields a service's input and output have, from botocore's models, or what a user declared.

botocore's models are reduced once to what matters here and kept in a user cache keyed by botocore's version
(`$SFN_DSL_CACHE`, else `$XDG_CACHE_HOME/sfn_dsl`, else `~/.cache/sfn_dsl`). They decide diagnostics, never output bytes.
botocore itself is not imported: its data files are read where it is installed.
"""

from __future__ import annotations

import functools
import gzip
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from sfn_dsl.errors import DeclarationError

__all__ = [
    "ANY",
    "Operation",
    "Shape",
    "botocore_version",
    "cache_folder",
    "declared",
    "operations",
    "remember",
    "service_operation",
    "services",
    "structure",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The form of a value. `kind`: structure, map, list, string, integer, number, boolean, timestamp, blob or any.

    Names of members are in PascalCase, as Step Functions spells them for every service, in the order of the API's model.
    `minimum` and `maximum` bound numbers, where the API does.
    """

    kind: str
    members: Mapping[str, Shape] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    @property
    def element(self) -> Shape:
        """The shape of the elements of a list or of the values of a map."""
        return self.members.get(_ELEMENT, ANY)

    def step_into(self, part: str | int) -> Shape | None:
        """The shape of a field or element; None when there can be none; `ANY` when nothing is known."""
        if self.kind == "any":
            return ANY
        if isinstance(part, int):
            return self.element if self.kind == "list" else None
        if self.kind == "structure":
            return self.members.get(part)
        return self.element if self.kind == "map" else None


_ELEMENT: Final = "[]"
ANY: Final = Shape(kind="any")


@dataclass(frozen=True, slots=True)
class Operation:
    """An API action: its input and output, and the errors it may raise, by botocore's names."""

    input: Shape
    output: Shape
    errors: tuple[str, ...]


def structure(required: str = "", optional: str = "", **shapes: Shape) -> Shape:
    """A structure from two lists of names, for what botocore does not know."""
    names = [*required.split(), *optional.split()]
    return Shape(kind="structure", members={name: shapes.get(name, ANY) for name in names}, required=frozenset(required.split()))


_SCALARS: Final[Mapping[object, str]] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "list",
    dict: "map",
    object: "any",
    Any: "any",
}


def declared(kind: object) -> Shape:
    """The shape of a declared type: `str`, `int`, `float`, `bool`, `list`, `dict`, `Any`, `[element]` or `{field: type}`.

    Raises DeclarationError for anything else.
    """
    if isinstance(kind, Mapping):
        return Shape(kind="structure", members={str(name): declared(inner) for name, inner in kind.items()})
    if isinstance(kind, list) and len(kind) == 1:
        return Shape(kind="list", members={_ELEMENT: declared(kind[0])})
    try:
        return Shape(kind=_SCALARS[kind])
    except (KeyError, TypeError):
        help = "use str, int, float, bool, list, dict, [element] or {field: type}"
        raise DeclarationError(f"`{kind!r}` is not a type of a value", help=help) from None


class _Members(Mapping[str, Shape]):
    """Members of a service's shape, resolved when they are looked at, because such shapes may contain themselves."""

    def __init__(self, table: Mapping[str, Any], names: Mapping[str, str]) -> None:
        self._table = table
        self._names = names
        self._known: dict[str, Shape] = {}

    def __getitem__(self, name: str) -> Shape:
        if name not in self._known:
            self._known[name] = _resolve(self._table, self._names[name])
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _resolve(table: Mapping[str, Any], name: str | None) -> Shape:
    if name is None:
        return Shape(kind="structure")
    entry = table[name]
    match entry["kind"]:
        case "structure":
            members = _Members(table, entry["members"])
            return Shape(kind="structure", members=members, required=frozenset(entry.get("required", ())))
        case "list" | "map" as kind:
            return Shape(kind=kind, members=_Members(table, {_ELEMENT: entry["element"]}))
        case kind:
            return Shape(kind=kind, values=tuple(entry.get("values", ())), minimum=entry.get("min"), maximum=entry.get("max"))


@functools.cache
def service_operation(service: str, operation: str) -> Operation | None:
    """An action of a botocore service (`glue`, `StartJobRun`), or None when it has no such action.

    Raises LookupError when botocore has no such service (or is not installed).
    """
    table = _service(service)
    entry = table["operations"].get(operation)
    if entry is None:
        return None
    shapes = table["shapes"]
    return Operation(_resolve(shapes, entry["input"]), _resolve(shapes, entry["output"]), tuple(entry["errors"]))


def operations(service: str) -> tuple[str, ...]:
    """Names of all actions of a botocore service."""
    return tuple(_service(service)["operations"])


@functools.cache
def _data_folder() -> Path:
    spec = find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise LookupError("botocore is not installed")
    return Path(spec.submodule_search_locations[0]) / "data"


@functools.cache
def botocore_version() -> str:
    """The installed botocore's version, read without importing it."""
    text = (_data_folder().parent / "__init__.py").read_text(encoding="utf-8")
    match = re.search(r"__version__ = '([^']+)'", text)
    return match.group(1) if match else "unknown"


@functools.cache
def services() -> frozenset[str]:
    """Names of all services botocore knows."""
    return frozenset(entry.name for entry in _data_folder().iterdir() if entry.is_dir())


def cache_folder() -> Path:
    """Where results that can be made again are kept."""
    chosen = os.environ.get("SFN_DSL_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sfn_dsl"


@functools.cache
def _service(service: str) -> Mapping[str, Any]:
    if service not in services():
        raise LookupError(f"botocore has no service `{service}`")
    cached = cache_folder() / f"botocore-{botocore_version()}-{_REDUCED_FORM}" / f"{service}.json"
    try:
        found: Mapping[str, Any] = json.loads(cached.read_bytes())
    except (OSError, ValueError):
        found = _reduce(_model(service))
        remember(cached, json.dumps(found, separators=(",", ":")).encode())
    return found


def remember(path: Path, data: bytes) -> None:
    """Write a cache file at once or not at all. A cache that cannot be written is only slower, so that is no error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)


def _model(service: str) -> Mapping[str, Any]:
    folder = max((_data_folder() / service).iterdir())
    packed = folder / "service-2.json.gz"
    data = gzip.decompress(packed.read_bytes()) if packed.exists() else (folder / "service-2.json").read_bytes()
    model: Mapping[str, Any] = json.loads(data)
    return model


_KINDS = {"long": "integer", "float": "number", "double": "number", "character": "string"}
_NUMERIC: Final = frozenset({"integer", "number"})
# A part of the cache's name: to be raised with every change of what `_reduce` returns, so that older caches are not read.
_REDUCED_FORM: Final = 3


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def _reduce(model: Mapping[str, Any]) -> Mapping[str, Any]:
    shapes: dict[str, Any] = {}
    for name, shape in model["shapes"].items():
        kind = _KINDS.get(shape["type"], shape["type"])
        entry: dict[str, Any] = {"kind": "any" if shape.get("document") else kind}
        if kind == "structure":
            entry["members"] = {_pascal(member): ref["shape"] for member, ref in shape.get("members", {}).items()}
            # The SDK makes up idempotency tokens that are not given; Step Functions calls through it, and AWS's samples have none.
            needed = [member for member in shape.get("required", ()) if not shape["members"][member].get("idempotencyToken")]
            if needed:
                entry["required"] = [_pascal(member) for member in needed]
        elif kind == "list":
            entry["element"] = shape["member"]["shape"]
        elif kind == "map":
            entry["element"] = shape["value"]["shape"]
        elif shape.get("enum"):
            entry["values"] = shape["enum"]
        elif kind in _NUMERIC:
            entry |= {bound: shape[bound] for bound in ("min", "max") if bound in shape}
        shapes[name] = entry
    actions = {
        name: {
            "input": action.get("input", {}).get("shape"),
            "output": action.get("output", {}).get("shape"),
            "errors": [error["shape"] for error in action.get("errors", ())],
        }
        for name, action in model["operations"].items()
    }
    return {"operations": actions, "shapes": shapes}
