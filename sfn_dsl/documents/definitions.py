"""The definitions that a file holds: one of its own, in JSON or YAML, or those of a template.

A definition may also be the member `definition` of another object, as AWS's API and its tools print it, or a text that holds JSON.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sfn_dsl.asl.model import Json
from sfn_dsl.documents.json_positions import read_json
from sfn_dsl.documents.position import Document, Lines, Position, Problem
from sfn_dsl.documents.templates import (
    Embedded,
    Places,
    elsewhere_note,
    embedded,
    is_template,
    problems_below,
    spelled_document,
    without_intrinsics,
)
from sfn_dsl.documents.yaml_document import YamlDocument
from sfn_dsl.documents.yaml_positions import read_yaml

__all__ = ["Definition", "definitions_in"]

_OWN = (".asl.json", ".asl.yaml", ".asl.yml", ".asl")
_STATE_TYPES = frozenset({"Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map"})
# A file without any of these words holds no definition and need not be read.
_HINT = re.compile(r"StartAt|States|AWS::(?:StepFunctions|Serverless)::StateMachine")
_SURE = re.compile(r"[\"']?StartAt[\"']?\s*:|AWS::(?:StepFunctions|Serverless)::StateMachine")
_PLACEHOLDER = re.compile(r"\$\{[A-Za-z0-9_.:!-]+\}")


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition and where it was found.

    `file`: where its text is. `name`: the logical id in a template, else empty. `type`: STANDARD or EXPRESS, None where the text
    does not tell. `substitutions`: `${...}` in texts may be filled in at deployment. `readable`: whether `value` is for rules to
    look at; else `problems` tells why not.
    """

    file: str
    name: str
    value: Json
    type: str | None
    substitutions: bool
    problems: tuple[Problem, ...]
    readable: bool
    places: Places | None

    def position_of(self, pointer: str) -> Position:
        """Where a value stands in the file, or the nearest one around it."""
        return self.places.position_of(pointer) if self.places else Position(1, 1)

    def key_position_of(self, pointer: str) -> Position:
        """Where the key of a member stands in the file."""
        return self.places.key_position_of(pointer) if self.places else Position(1, 1)


def definitions_in(
    text: str | bytes, file_name: str, *, expected: bool = False, read: Callable[[str], bytes | None] | None = None
) -> list[Definition]:
    """The definitions in a file; none where it holds something else.

    `expected`: the file is meant to be one, so that whatever it holds is a definition, if a wrong one. `read`: gives the content of
    a file that a template refers to, named as seen from where `file_name` is seen from, and None where there is no such file.
    """
    own = expected or file_name.lower().endswith(_OWN)
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            relevant = own or _HINT.search(error.object.decode("utf-8", "replace"))
            return [_undecodable(error, file_name)] if relevant else []
    if not own and not _HINT.search(text):
        return []
    document = _read_text(text, file_name)
    if document.broken:
        return [_whole(document, file_name)] if own or _SURE.search(text) else []
    if is_template(document.value):
        return [_of_template(found, file_name, read) for found in embedded(document)]
    found = _wrapped(document, file_name) or (_text_only(document, file_name) if isinstance(document.value, str) else None)
    if found is None and (own or _is_definition(document.value)):
        found = _whole(document, file_name)
    return [] if found is None else [found]


def _read_text(text: str, file_name: str) -> Document:
    """The document; what its name does not tell, its first character does."""
    lowered = file_name.lower()
    if lowered.endswith(".json") or (
        not lowered.endswith((".yaml", ".yml")) and text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[", '"', "")
    ):
        return read_json(text, substitutions=_PLACEHOLDER.search(text) is not None)
    return read_yaml(text)


def _is_definition(value: Json) -> bool:
    """Whether an object was meant as a definition."""
    if not isinstance(value, dict):
        return False
    states = value.get("States")
    members = states.values() if isinstance(states, dict) else ()
    return "StartAt" in value or any(isinstance(member, dict) and _has_type(member) for member in members)


def _has_type(state: dict[str, Any]) -> bool:
    kind = state.get("Type")
    return isinstance(kind, str) and kind in _STATE_TYPES


def _whole(document: Document, file_name: str) -> Definition:
    return _made(Places(document), document.value, document.problems, file_name)


def _wrapped(document: Document, file_name: str) -> Definition | None:
    """The definition in an object that has it as a member, as an object or as text."""
    value = document.value
    if not isinstance(value, dict) or _is_definition(value):
        return None
    for key in ("definition", "Definition"):
        inner = value.get(key)
        kind = value.get("type")
        if _is_definition(inner):
            return _made(Places(document, f"/{key}"), inner, problems_below(document, f"/{key}"), file_name, kind)
        if isinstance(inner, str) and _SURE.search(inner):
            return _spelled(document, f"/{key}", inner, file_name, kind)
    return None


def _text_only(document: Document, file_name: str) -> Definition | None:
    text = document.value
    return _spelled(document, "", text, file_name) if isinstance(text, str) and _SURE.search(text) else None


def _spelled(document: Document, pointer: str, text: str, file_name: str, kind: Json = None) -> Definition:
    inner = spelled_document(
        document, text, lambda: document.offsets_of(pointer), substitutions=_PLACEHOLDER.search(text) is not None
    )
    return _made(Places(inner), inner.value, inner.problems, file_name, kind)


def _made(places: Places, value: Json, problems: tuple[Problem, ...], file_name: str, kind: Json = None) -> Definition:
    plain, found = without_intrinsics(value) if isinstance(places.document, YamlDocument) else (value, False)
    substitutions = found or _PLACEHOLDER.search(places.document.text) is not None
    known = kind if isinstance(kind, str) and kind in ("STANDARD", "EXPRESS") else None
    return Definition(file_name, "", plain, known, substitutions, problems, not places.document.broken, places)


def _of_template(found: Embedded, file_name: str, read: Callable[[str], bytes | None] | None) -> Definition:
    """A definition in a template, or in the file that the template names."""
    if not found.elsewhere:
        return Definition(
            file_name, found.name, found.value, found.type, found.substitutions, found.problems, found.readable, found.places
        )
    file = os.path.normpath(os.path.join(os.path.dirname(file_name), found.elsewhere))
    content = None if read is None else read(file)
    if content is not None:
        inside = definitions_in(content, file, expected=True)[0]
        return replace(inside, name=found.name, type=found.type, substitutions=found.substitutions)
    if read is None:
        problem = elsewhere_note(found.position_of(""), f"the definition of `{found.name}` is in `{file}`")
    else:
        message = f"there is no file `{file}`, which should hold the definition of `{found.name}`"
        problem = Problem(found.position_of(""), message, "correct `DefinitionUri`", "definition-missing")
    return Definition(file_name, found.name, None, found.type, found.substitutions, (problem,), False, found.places)


def _undecodable(error: UnicodeDecodeError, file_name: str) -> Definition:
    before = error.object[: error.start].decode("utf-8")
    position = Lines(before).at(len(before))
    name = "yaml-syntax" if file_name.lower().endswith((".yaml", ".yml")) else "json-syntax"
    problem = Problem(position, f"byte 0x{error.object[error.start]:02X} is not UTF-8", "save the file as UTF-8", name)
    return Definition(file_name, "", None, None, False, (problem,), False, None)
