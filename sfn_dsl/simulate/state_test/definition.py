"""The definition of a TestState call: a state or a machine, what AWS refuses in it, and the state to test.

A state alone becomes a machine with that one state, named `StateName`; where it goes to need not exist. Refusals have AWS's codes
and sentences for what makes a definition impossible to run; anything else that cannot be compiled is refused in our own words.
Source: TestState and CreateStateMachine calls recorded on AWS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_dsl.asl.fields import STATE_TYPES
from sfn_dsl.asl.model import Json, StateMachine
from sfn_dsl.asl.read import parse, read_json
from sfn_dsl.errors import DefinitionError, SfnError
from sfn_dsl.simulate.program.machine import Program
from sfn_dsl.simulate.program.nodes import AnyNode, MapNode, ParallelNode

__all__ = ["LONE_STATE", "TestStateRefused", "find_node", "invalid_definition", "read_definition", "syntax_error"]

LONE_STATE: Final = "StateName"
"""What AWS calls a state that is tested without a machine around it."""

# What each type needs, and which of it may not be empty.
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {"Task": ("Resource",), "Choice": ("Choices",), "Parallel": ("Branches",)}
_JSONPATH_ONLY: Final = (
    "InputPath",
    "OutputPath",
    "ResultPath",
    "ResultSelector",
    "Parameters",
    "Result",
    "ItemsPath",
    "MaxConcurrencyPath",
    "ErrorPath",
    "CausePath",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "SecondsPath",
    "TimestampPath",
)
_JSONATA_ONLY: Final = ("Output", "Arguments", "Items")


class TestStateRefused(SfnError):
    """A call that TestState refuses; `code` is AWS's (`ValidationException`, `InvalidDefinition`, ...), `str` its message."""

    __test__ = False
    exit_code = 1

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def invalid_definition(sentence: str) -> TestStateRefused:
    """A refusal of the definition."""
    return TestStateRefused("InvalidDefinition", f"Invalid State Machine Definition: '{sentence}'")


def syntax_error(text: str) -> str | None:
    """What AWS's parser says of a text that is not JSON; None for JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        word = re.match(r"\s*([A-Za-z_$][\w$]*)", text)
        if word is None:
            return f"{error.msg} at [Source: (String){json.dumps(text)}; line: {error.lineno}, column: {error.colno}]"
        expected = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        place = f"[Source: (String){json.dumps(text)}; line: 1, column: {word.end() + 1}]"
        return f"Unrecognized token '{word[1]}': {expected}\n at {place}"
    return None


def read_definition(definition: str | Mapping[str, Json], state_name: str | None) -> StateMachine:
    """The machine of a call. Raises TestStateRefused."""
    if isinstance(definition, str):
        problem = syntax_error(definition)
        if problem is not None:
            raise invalid_definition(f"INVALID_JSON_DESCRIPTION: {problem}")
        value, _ = parse(definition)
    else:
        value = definition
    if not isinstance(value, Mapping):
        raise invalid_definition("SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at null")
    document: dict[str, Any] = dict(value)
    if state_name is None:
        document = {"StartAt": LONE_STATE, "States": {LONE_STATE: document}}
    found = list(_problems(document, lone=state_name is None))
    if found:
        raise invalid_definition(", ".join(found))
    if state_name is None:
        document["States"] |= {name: {"Type": "Succeed"} for name in _targets(document["States"][LONE_STATE]) if name != LONE_STATE}
    try:
        return read_json(document).machine
    except DefinitionError as error:
        raise invalid_definition(f"SCHEMA_VALIDATION_FAILED: {error}") from None


def find_node(program: Program, name: str) -> AnyNode | None:
    """The state of a name, however deep it is nested."""
    blocks = [program.block]
    while blocks:
        nodes = blocks.pop(0).nodes
        if name in nodes:
            return nodes[name]
        for node in nodes.values():
            if isinstance(node, MapNode):
                blocks.append(node.processor)
            elif isinstance(node, ParallelNode):
                blocks += node.branches
    return None


def _targets(state: Mapping[str, Any]) -> set[str]:
    """The states that a state goes to."""
    return {target for target, _ in _transitions(state)}


def _transitions(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The states that a state goes to, each with the place of the field below the state."""
    for field in ("Next", "Default"):
        if isinstance(state.get(field), str):
            yield state[field], field
    for field in ("Choices", "Catch"):
        for index, rule in enumerate(_objects(state.get(field))):
            if isinstance(rule.get("Next"), str):
                yield rule["Next"], f"{field}[{index}]/Next"


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [member for member in value if isinstance(member, Mapping)] if isinstance(value, list) else []


def _problems(document: Mapping[str, Any], *, lone: bool) -> Iterator[str]:
    """Everything refused, from the outside in. `lone`: transitions at the top may lead out."""
    language = document.get("QueryLanguage", "JSONPath")
    blocks: list[tuple[Mapping[str, Any], str]] = [(document, "")]
    while blocks:
        block, where = blocks.pop(0)
        missing = [field for field in ("States", "StartAt") if field not in block]
        if missing:
            yield f"SCHEMA_VALIDATION_FAILED: These fields are required: [{', '.join(missing)}] at {where or '/'}"
            continue
        states = block["States"]
        if not isinstance(states, Mapping) or not states:
            yield f"SCHEMA_VALIDATION_FAILED: Value cannot be empty at {where}/States"
            continue
        if not isinstance(block["StartAt"], str):
            yield f"SCHEMA_VALIDATION_FAILED: Expected value of type [STRING] at {where}/StartAt"
        elif block["StartAt"] not in states:
            yield f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {block['StartAt']} at {where}/StartAt"
        for name, state in states.items():
            place = f"{where}/States/{name}"
            if not isinstance(state, Mapping):
                yield f"SCHEMA_VALIDATION_FAILED: Expected value of type [OBJECT] at {place}"
                continue
            yield from _state(state, state.get("QueryLanguage", language), place)
            if where or not lone:
                for target, field in _transitions(state):
                    if target not in states:
                        yield f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at {place}/{field}"
            for index, branch in enumerate(_objects(state.get("Branches"))):
                blocks.append((branch, f"{place}/Branches[{index}]"))
            for field in ("ItemProcessor", "Iterator"):
                if isinstance(state.get(field), Mapping):
                    blocks.append((state[field], f"{place}/{field}"))


def _state(state: Mapping[str, Any], language: object, place: str) -> Iterator[str]:
    kind = state.get("Type")
    if kind is None:
        yield f"SCHEMA_VALIDATION_FAILED: The field 'Type' is required but was missing at {place}"
        return
    if not isinstance(kind, str) or kind not in STATE_TYPES:
        known = "Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map"
        yield f"SCHEMA_VALIDATION_FAILED: The field 'Type' should have one of these values: [{known}] at {place}/Type"
        return
    for field in _NEEDED.get(kind, ()):
        if field not in state:
            yield f"SCHEMA_VALIDATION_FAILED: These fields are required: [{field}] at {place}"
        elif not state[field]:
            yield f"SCHEMA_VALIDATION_FAILED: Value cannot be empty at {place}/{field}"
    if kind == "Map" and not {"ItemProcessor", "Iterator"} & set(state):
        yield f"SCHEMA_VALIDATION_FAILED: These fields are required: [ItemProcessor] at {place}"
    foreign, other = (_JSONPATH_ONLY, "JSONPath") if language == "JSONata" else (_JSONATA_ONLY, "JSONata")
    for field in foreign:
        if field in state:
            sentence = f"The QueryLanguage is set to '{language}', but field '{field}' is only supported for the '{other}'"
            yield f"SCHEMA_VALIDATION_FAILED: {sentence} QueryLanguage at {place}"
