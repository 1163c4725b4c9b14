"""What TestState refuses in a call beside the definition: the mock, the context object, the configuration, the input.

Messages are AWS's where a recording or the API reference has them; where neither has one, the sentence is ours in the same style.
Source: TestState calls recorded on AWS, and API reference, TestState.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_dsl.asl.model import Json
from sfn_dsl.asl.services import Pattern
from sfn_dsl.simulate.program.nodes import AnyNode, Block, MapNode, ParallelNode, TaskNode
from sfn_dsl.simulate.results.check import MODES, check_result
from sfn_dsl.simulate.state_test.definition import TestStateRefused, invalid_definition, syntax_error

__all__ = [
    "Configuration",
    "Mocked",
    "check_call",
    "check_context",
    "constraint",
    "read_configuration",
    "read_input",
    "read_mock",
    "read_variables",
]

# Fields of the context object with the kind of their values; None: any JSON value.
_CONTEXT: Final[Mapping[str, Mapping[str, str | None]]] = {
    "Execution": {
        "Id": "a string",
        "Input": None,
        "Name": "a string",
        "RoleArn": "a string",
        "StartTime": "a string",
        "RedriveCount": "a number",
        "RedriveTime": "a string",
    },
    "State": {"EnteredTime": "a string", "Name": "a string", "RetryCount": "a number"},
    "StateMachine": {"Id": "a string", "Name": "a string"},
    "Task": {"Token": "a string"},
}
_CONFIGURATION: Final[Mapping[str, type]] = {
    "retrierRetryCount": int,
    "errorCausedByState": str,
    "mapIterationFailureCount": int,
    "mapItemReaderData": str,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mocked:
    """What stands for the work of a state: a result, or an error with its cause when `fails`."""

    result: Json = None
    fails: bool = False
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """`stateConfiguration`: retries already made, the state that an error comes from, failed iterations, what the reader read."""

    retries: int = 0
    error_caused_by: str | None = None
    failed_iterations: int | None = None
    reader_data: str | None = None


def _refused(message: str) -> TestStateRefused:
    return TestStateRefused("ValidationException", message)


def read_input(value: Json) -> Json:
    """The input of the state: text is JSON, as for AWS; any other value is the input itself."""
    if not isinstance(value, str):
        return value
    problem = syntax_error(value)
    if problem is not None:
        raise TestStateRefused("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{problem}'")
    return json.loads(value)


def read_variables(value: str | Mapping[str, Json] | None) -> dict[str, Json]:
    """The variables that are set when the state is entered."""
    return _object(value, "Invalid variables provided", "variables")


def _object(value: str | Mapping[str, Json] | None, prefix: str, name: str) -> dict[str, Json]:
    if isinstance(value, str):
        problem = syntax_error(value)
        if problem is not None:
            raise _refused(f"{prefix}: {problem}")
        value = json.loads(value)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _refused(f"{prefix}: {name} must be a JSON object")
    return dict(value)


def check_call(node: AnyNode, mock: Mapping[str, Any] | None, *, role_arn: str | None, answered: bool, reveals: bool) -> None:
    """Whether this kind of state can be tested with this mock or without. `answered`: the caller has answers of its own."""
    if mock is not None:
        if not isinstance(node, (TaskNode, ParallelNode, MapNode)):
            raise _refused(f"State type '{node.kind}' is not supported when a mock is specified")
        if reveals:
            raise _refused("TestState does not support RevealSecrets when a mock is specified.")
        return
    if isinstance(node, (ParallelNode, MapNode)):
        supported = "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"
        raise TestStateRefused("InvalidDefinition", f"TestState API does not support Map or Parallel states. {supported}")
    if not isinstance(node, TaskNode) or answered:
        return
    if role_arn is None:
        raise _refused("RoleArn must be specified when testing a Task state")
    if node.resource.kind == "activity" or node.resource.pattern is not Pattern.REQUEST_RESPONSE:
        raise invalid_definition(f"INVALID_RESOURCE: {node.resource.arn} is only supported when a mock is specified")


def read_mock(node: AnyNode, mock: Mapping[str, Any] | None) -> Mocked | None:
    """The mock of a call. Raises TestStateRefused for one that does not fit the state."""
    if mock is None:
        return None
    mode = mock.get("fieldValidationMode", "STRICT")
    if mode not in MODES:
        raise constraint(mode, "mock.fieldValidationMode", f"satisfy enum value set: [{', '.join(MODES)}]")
    if ("result" in mock) == ("errorOutput" in mock):
        few = "should have only one" if "result" in mock else "should have one"
        raise _refused(f"A test mock {few} of the following fields: [result, errorOutput].")
    if "errorOutput" in mock:
        given = mock["errorOutput"]
        if not isinstance(given, Mapping) or not isinstance(given.get("error"), str):
            raise _refused("A mocked errorOutput must have the field [error].")
        return Mocked(fails=True, error=given["error"], cause=given.get("cause"))
    result = mock["result"]
    if isinstance(result, str):
        try:
            result = json.loads(result)
        except json.JSONDecodeError:
            raise _refused("Mocked result must be valid JSON") from None
    _fits(node, result, mode)
    return Mocked(result=result)


def _fits(node: AnyNode, result: Json, mode: str) -> None:
    match node:
        case ParallelNode():
            if not isinstance(result, list):
                raise _refused("Mocked result must be an array.")
            if len(result) != len(node.branches):
                raise _refused("Mocked result must contain the same number of items as number of Parallel branches.")
        case MapNode():
            writing = node.fields.writing
            if writing is not None and writing.arguments is not None:
                if not isinstance(result, dict):
                    raise _refused("Mocked result must be a JSON object.")
            elif not isinstance(result, list):
                raise _refused("Mocked result must be an array.")
        case TaskNode():
            problem = check_result(node.resource.arn, result, mode)
            if problem is not None:
                raise _refused(f"Mock result schema validation error: {problem}")


def check_context(node: AnyNode, value: str | Mapping[str, Json] | None, *, mocked: bool) -> dict[str, Json] | None:
    """The context object of a call, None where there is none. Raises TestStateRefused for fields and values AWS does not take."""
    if value is None:
        return None
    if not mocked:
        raise _refused("TestState does not support Context when a mock is not specified.")
    prefix = "Invalid Context object provided"
    context = _object(value, prefix, "Context")
    for name, part in context.items():
        if name == "Map" or (name == "Task" and not _has_token(node)):
            raise _refused(f"{prefix}: '{name}' field is not supported when mocking a Context object")
        if name not in _CONTEXT:
            raise _refused(f"{prefix}: Field '{name}' is not allowed")
        if not isinstance(part, Mapping):
            raise _refused(f"{prefix}: {name} must be an object")
        for field, member in part.items():
            if field not in _CONTEXT[name]:
                raise _refused(f"{prefix}: Field '{field}' is not allowed")
            kind = _CONTEXT[name][field]
            if not _is(member, kind):
                raise _refused(f"{prefix}: {name}.{field} must be {kind}")
    return context


def _has_token(node: AnyNode) -> bool:
    return isinstance(node, TaskNode) and node.resource.pattern is not Pattern.REQUEST_RESPONSE


def _is(value: Json, kind: str | None) -> bool:
    if kind == "a number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return kind is None or isinstance(value, str)


def read_configuration(node: AnyNode, given: Mapping[str, Any] | None, mock: Mocked | None) -> Configuration:
    """The configuration of a call. Raises TestStateRefused for one that does not fit the state or its mock."""
    for name, value in (given or {}).items():
        kind = _CONFIGURATION.get(name)
        if kind is None:
            raise _refused(f"stateConfiguration has no field '{name}'")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise _refused(f"stateConfiguration.{name} must be {'a number' if kind is int else 'a string'}")
        if isinstance(value, int) and value < 0:
            raise constraint(value, f"stateConfiguration.{name}", "have value greater than or equal to 0")
    found = Configuration(
        retries=(given or {}).get("retrierRetryCount", 0),
        error_caused_by=(given or {}).get("errorCausedByState"),
        failed_iterations=(given or {}).get("mapIterationFailureCount"),
        reader_data=(given or {}).get("mapItemReaderData"),
    )
    if found.retries and (not isinstance(node, (TaskNode, ParallelNode, MapNode)) or not node.retry):
        raise _refused("retrierRetryCount can only be specified for a state with a Retry field")
    if not isinstance(node, MapNode):
        for name in ("mapIterationFailureCount", "mapItemReaderData"):
            if name in (given or {}):
                raise _refused(f"{name} can only be specified for a Map state")
    elif found.failed_iterations is not None and mock is None:
        raise _refused("mapIterationFailureCount can only be specified when a mock is specified")
    elif found.reader_data is not None and node.fields.reading is None:
        raise _refused("mapItemReaderData can only be specified for a Map state with an ItemReader")
    if found.error_caused_by is not None:
        _check_origin(node, found.error_caused_by, mock)
    return found


def _check_origin(node: AnyNode, name: str, mock: Mocked | None) -> None:
    if not isinstance(node, (MapNode, ParallelNode)):
        raise _refused("errorCausedByState can only be specified for a Map or Parallel state")
    if mock is None or not mock.fails:
        raise _refused("errorCausedByState can only be specified when an error is mocked")
    blocks: list[Block] = [node.processor] if isinstance(node, MapNode) else list(node.branches)
    while blocks:
        block = blocks.pop()
        if name in block.nodes:
            return
        for inner in block.nodes.values():
            if isinstance(inner, MapNode):
                blocks.append(inner.processor)
            elif isinstance(inner, ParallelNode):
                blocks += inner.branches
    raise _refused(f"errorCausedByState '{name}' is not a state within the tested state")


def constraint(value: object, name: str, rule: str) -> TestStateRefused:
    """A parameter outside of what the API's model allows."""
    return _refused(f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must {rule}")
