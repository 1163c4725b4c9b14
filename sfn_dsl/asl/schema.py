"""Definitions against our JSON Schema (2020-12) of Amazon States Language, `asl.schema.json` in this folder.

The schema describes whole definitions, for editors and other tools. Here it is applied state by state, so that depth of
nesting costs no recursion and every finding names its state and field. A `title` in the schema is the sentence for people.

Source of the schema's facts: the ASL specification, the Step Functions Developer Guide and messages recorded from AWS.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from sfn_dsl.asl.model import Json

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

__all__ = ["Violation", "schema", "schema_digest", "validate"]

_STUB: Mapping[str, Json] = {"Stub": {"Type": "Succeed"}}
_MAX_STATE_NAME = 80


@dataclass(frozen=True, slots=True)
class Violation:
    """Something the schema forbids. `state` is empty for findings at the top level; `pointer` is a JSON Pointer."""

    pointer: str
    state: str
    message: str


def _text() -> str:
    return resources.files("sfn_dsl.asl").joinpath("asl.schema.json").read_text(encoding="utf-8")


@functools.cache
def schema() -> Mapping[str, Any]:
    """The schema as a JSON value."""
    value: Mapping[str, Any] = json.loads(_text())
    return value


def schema_digest() -> str:
    """SHA-256 of the schema's text: what a remembered verdict depends on."""
    return hashlib.sha256(_text().encode()).hexdigest()


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    whole = schema()
    registry: Any = Registry().with_resource(whole["$id"], DRAFT202012.create_resource(whole))
    return Draft202012Validator({"$ref": f"{whole['$id']}#/$defs/{name}"}, registry=registry)


def validate(definition: Json) -> list[Violation]:
    """Every violation in a definition that is already parsed, in document order; an empty list when there is none."""
    if not isinstance(definition, dict):
        return [Violation("", "", "a definition must be a JSON object")]
    family = "jsonata" if definition.get("QueryLanguage") == "JSONata" else "jsonpath"
    found: list[Violation] = []
    todo: list[tuple[Json, str, str]] = [(definition, f"machine_{family}", "")]
    while todo:
        machine, name, pointer = todo.pop()
        found += _machine(machine, name, pointer)
        states = machine.get("States") if isinstance(machine, dict) else None
        if not isinstance(states, dict):
            continue
        nested: list[tuple[Json, str, str]] = []
        for state_name, state in states.items():
            where = f"{pointer}/States/{_escape(state_name)}"
            if not 1 <= len(state_name) <= _MAX_STATE_NAME:
                found.append(Violation(where, state_name, "a state name must have 1 to 80 characters"))
            found += _state(state, state_name, family, where)
            nested += _nested(state, family, where)
        todo += reversed(nested)
    return found


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _hollow(machine: Json) -> Json:
    """A sub-machine with its states taken out, because they are looked at on their own."""
    if isinstance(machine, dict) and isinstance(machine.get("States"), dict) and machine["States"]:
        return {**machine, "States": _STUB}
    return machine


def _machine(machine: Json, name: str, pointer: str) -> Iterator[Violation]:
    if pointer:
        return  # a sub-machine's own fields were looked at together with its Map or Parallel
    for error in _validator(name).iter_errors(_hollow(machine)):
        yield Violation(_pointer(pointer, error), "", _sentence(error, "the state machine", ""))


def _state(state: Json, name: str, family: str, pointer: str) -> Iterator[Violation]:
    kind, chosen = f"state_in_{family}", ""
    hollow = state
    if isinstance(state, dict):
        chosen = "jsonata" if family == "jsonata" or state.get("QueryLanguage") == "JSONata" else "jsonpath"
        hollow = {key: _hollow_field(key, value) for key, value in state.items()}
    for error in _validator(kind).iter_errors(hollow):
        owner = f"a {state.get('Type')} state" if isinstance(state, dict) else "a state"
        yield Violation(_pointer(pointer, error), name, _sentence(error, owner, chosen))


def _hollow_field(key: str, value: Json) -> Json:
    if key == "Branches" and isinstance(value, list):
        return [_hollow(branch) for branch in value]
    return _hollow(value) if key in ("ItemProcessor", "Iterator") else value


def _nested(state: Json, family: str, pointer: str) -> Iterator[tuple[Json, str, str]]:
    if not isinstance(state, dict):
        return
    branches = state.get("Branches")
    if isinstance(branches, list):
        for index, branch in enumerate(branches):
            yield branch, f"submachine_{family}", f"{pointer}/Branches/{index}"
    for key in ("ItemProcessor", "Iterator"):
        if key in state:
            yield state[key], f"processor_{family}", f"{pointer}/{key}"


def _pointer(start: str, error: ValidationError) -> str:
    return start + "".join(f"/{_escape(str(part))}" for part in error.absolute_path)


def _sentence(error: ValidationError, owner: str, language: str) -> str:
    names = [part for part in error.absolute_path if isinstance(part, str)]
    field = f"`{names[-1]}`" if names else owner
    rule: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    value: Any = error.instance
    title = rule.get("title", "")
    match error.validator:
        case "additionalProperties":
            known = set(rule.get("properties", {}))
            unknown = [key for key in value if key not in known]
            return "; ".join(_unsupported(key, field if names else owner, language) for key in unknown)
        case "required":
            needed: Any = error.validator_value
            missing = [key for key in needed if key not in value]
            return f"field `{missing[0]}` is missing in {field}" if missing else error.message
        case "dependentRequired":
            return f"a field that must stand beside another is missing in {field}"
        case _ if title:
            return f"{field} {title}" if title.startswith("must ") else title
        case "type":
            return f"{field} must be of type {error.validator_value}"
        case _:
            return f"{field}: {error.message}"


_JSONATA_ONLY = {"Arguments", "Output", "Items", "Condition"}
_JSONPATH_ONLY = {"InputPath", "OutputPath", "ResultPath", "ResultSelector", "Parameters", "Result", "ItemsPath", "Variable"}


def _unsupported(key: str, owner: str, language: str) -> str:
    if language == "jsonata" and (key in _JSONPATH_ONLY or key.endswith("Path")):
        return f"field `{key}` belongs to JSONPath, but the query language here is JSONata"
    if language == "jsonpath" and key in _JSONATA_ONLY:
        return f"field `{key}` belongs to JSONata, but the query language here is JSONPath"
    return f"field `{key}` is not supported in {owner}"
