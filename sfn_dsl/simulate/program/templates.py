"""Payload templates and fields of both query languages, compiled once into closures.

A closure takes the view of the visit and the document that `$` means in JSONPath, and returns a value or raises a Fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sfn_dsl.asl.model import Json
from sfn_dsl.errors import DefinitionError
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.intrinsics.calls import InvalidCall, compile_call, is_call
from sfn_dsl.simulate.intrinsics.functions import IntrinsicError
from sfn_dsl.simulate.jsonata.query import QueryError, UnsupportedExpression, compile_query
from sfn_dsl.simulate.jsonpath.path import InvalidPath, Missing, Path, compile_path
from sfn_dsl.simulate.program.view import Fault, View

__all__ = ["Evaluate", "constant", "expression", "is_expression", "path_field", "query_template", "reference", "template"]

Evaluate: TypeAlias = Callable[[View, Json], Json]


def constant(value: Json) -> Evaluate:
    """Always the same value."""
    return lambda view, document: value


def is_expression(value: object) -> bool:
    """Whether a value is a JSONata string `{% ... %}`."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def expression(text: str, field: str) -> Evaluate:
    """A JSONata string `{% ... %}`. `field` names it in messages: `Output/rows`, `Choices[1]/Condition`."""
    try:
        query = compile_query(text[2:-2].strip())
    except UnsupportedExpression as error:
        raise DefinitionError(f"JSONata in field `{field}`: {error}") from None
    fields, uses_states = query.states_fields, "states" in query.variables
    names = tuple(name for name in query.variables if name != "states")

    def evaluate(view: View, document: Json) -> Json:
        bindings: dict[str, Json] = {"states": view.states(fields)} if uses_states else {}
        if names:
            variables = view.thread.variables
            for name in names:
                if name in variables:
                    bindings[name] = variables[name]
        try:
            return query.evaluate(bindings, view.thread.run.clock)
        except QueryError as error:
            sentence = f"The JSONata expression '{query.text}' specified for the field '{field}' {error}"
            raise Fault(sentence, query=True, location=field) from None

    return evaluate


def query_template(value: Json, field: str) -> Evaluate:
    """A payload template of JSONata: any JSON with `{% ... %}` strings at any depth."""
    if is_expression(value):
        return expression(value, field)
    if isinstance(value, Mapping):
        return _object({key: query_template(member, f"{field}/{key}") for key, member in value.items()}, value)
    if isinstance(value, list):
        return _list([query_template(member, f"{field}[{index}]") for index, member in enumerate(value)], value)
    return constant(value)


def template(value: Json) -> Evaluate:
    """A payload template of JSONPath: keys that end in `.$` hold paths or intrinsic function calls."""
    if isinstance(value, Mapping):
        parts = {}
        for key, member in value.items():
            if key.endswith(".$") and isinstance(member, str):
                parts[key[:-2]] = reference(member, key)
            else:
                parts[key] = template(member)
        return _object(parts, value)
    if isinstance(value, list):
        return _list([template(member) for member in value], value)
    return constant(value)


def _object(parts: Mapping[str, Evaluate], value: Mapping[str, Json]) -> Evaluate:
    if list(parts) == list(value) and all(_is_constant(part) for part in parts.values()):
        return constant(value)
    members = tuple(parts.items())
    return lambda view, document: {key: part(view, document) for key, part in members}


def _list(parts: list[Evaluate], value: list[Json]) -> Evaluate:
    if all(_is_constant(part) for part in parts):
        return constant(value)
    return lambda view, document: [part(view, document) for part in parts]


_CONSTANT_CODE = constant(None).__code__


def _is_constant(part: Evaluate) -> bool:
    return getattr(part, "__code__", None) is _CONSTANT_CODE


def reference(text: str, field: str) -> Evaluate:
    """A path or an intrinsic function call in a template, in `ErrorPath` or `CausePath`."""
    if is_call(text):
        return _call(text, field)
    path = _path(text, field)

    def find(view: View, document: Json) -> Json:
        try:
            return path.find(_root(path, view, document))
        except Missing:
            raise _not_found(path, field, view, document) from None

    return find


def path_field(text: str, field: str) -> Evaluate:
    """A path in `InputPath`, `OutputPath`, `ItemsPath` or another `...Path` field."""
    get = finder(text, field)

    def find(view: View, document: Json) -> Json:
        try:
            return get(view, document)
        except Missing as error:
            raise Fault(f"Invalid path '{text}' : {error}") from None

    return find


def finder(text: str, field: str) -> Evaluate:
    """A path without a sentence about what it does not find: it raises Missing."""
    path = _path(text, field)
    if path.root:
        return lambda view, document: path.find(_root(path, view, document))
    find = path.find
    return lambda view, document: find(document)


def _path(text: str, field: str) -> Path:
    try:
        return compile_path(text)
    except InvalidPath as error:
        raise DefinitionError(f"field `{field}`: {error}") from None


def _root(path: Path, view: View, document: Json) -> Json:
    if not path.root:
        return document
    if path.root == "$$":
        return view.context()
    try:
        return view.thread.variables[path.root]
    except KeyError:
        raise Missing(f"No results for path: $['{path.root}']") from None


def _not_found(path: Path, field: str, view: View, document: Json) -> Fault:
    shown = _shown(path, view, document)
    return Fault(f"The JSONPath '{path.text}' specified for the field '{field}' could not be found in the input '{shown}'")


def _shown(path: Path, view: View, document: Json) -> str:
    """What a path was looked for in, for messages."""
    return compact(view.context() if path.root == "$$" else dict(view.thread.variables) if path.root else document)


def _no_argument(call: str, path: Path, shown: str) -> str:
    missing = f"The JsonPath argument for the field '{path.text}' could not be found in the input '{shown}'"
    return f"The function '{call}' had the following error: {missing}"


def _call(text: str, field: str) -> Evaluate:
    try:
        call = compile_call(text)
    except InvalidCall as error:
        raise DefinitionError(f"field `{field}`: {error}") from None

    def evaluate(view: View, document: Json) -> Json:
        def resolve(path: Path) -> Json:
            try:
                return path.find(_root(path, view, document))
            except Missing:
                raise Fault(_no_argument(text, path, _shown(path, view, document))) from None

        try:
            return call.evaluate(resolve, view.thread.run.world)
        except IntrinsicError as error:
            raise Fault(str(error)) from None

    return evaluate
