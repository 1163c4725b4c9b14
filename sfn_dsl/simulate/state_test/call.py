"""TestState: one state run by itself, answered as AWS's API of that name answers.

    tested = test_state(definition, state_name="Load", input={"id": 1}, mock={"result": {"JobRunId": "jr_1"}})
    tested.status, tested.next_state, tested.response

Calls that AWS refuses raise TestStateRefused with AWS's code and message. Source: API reference and Developer Guide
(page `test-state-isolation`), and calls recorded on AWS.
"""

# ruff: noqa: PT028 - `test_state` is the name of the API, not a test.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_dsl.asl.model import Json
from sfn_dsl.errors import DefinitionError
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.mocks.answers import Answers
from sfn_dsl.simulate.program.nodes import MapNode, ParallelNode, TaskNode
from sfn_dsl.simulate.program.view import ABSENT, View
from sfn_dsl.simulate.running.thread import Run
from sfn_dsl.simulate.state_test.definition import LONE_STATE, TestStateRefused, find_node, invalid_definition, read_definition
from sfn_dsl.simulate.state_test.inspection import LIMIT, TestThread, Trial, Tried
from sfn_dsl.simulate.state_test.mock import (
    check_call,
    check_context,
    constraint,
    read_configuration,
    read_input,
    read_mock,
    read_variables,
)
from sfn_dsl.simulate.world import World

__all__ = ["LEVELS", "StateTest", "TestStateRefused", "test_state"]

LEVELS: Final = ("INFO", "DEBUG", "TRACE")
_LONGEST_NAME: Final = 80
_ACCOUNT: Final = "111122223333"
_PLAIN: Final = frozenset({"errorDetails", "maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage"})
"""Fields of the inspection data that are no JSON text in AWS's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTest:
    """How a test ended. `status`: SUCCEEDED, FAILED, RETRIABLE or CAUGHT_ERROR.

    `output` counts when `has_output`: it is there unless the state has failed or is to be tried again. `inspection` has AWS's field
    names (`afterArguments`, `result`, `errorDetails`, ...) with JSON values; it is empty at level INFO.
    """

    status: str
    output: Json
    has_output: bool
    next_state: str | None
    error: str | None
    cause: str | None
    inspection: Mapping[str, Json]

    @property
    def response(self) -> dict[str, Json]:
        """The answer as AWS writes it: payloads are JSON text, what is not there is left out."""
        found: dict[str, Json] = {"status": self.status}
        if self.has_output:
            found["output"] = compact(self.output)
        for name, value in (("error", self.error), ("cause", self.cause), ("nextState", self.next_state)):
            if value is not None:
                found[name] = value
        if self.inspection:
            found["inspectionData"] = {name: value if name in _PLAIN else compact(value) for name, value in self.inspection.items()}
        return found


def test_state(
    definition: str | Mapping[str, Json],
    *,
    state_name: str | None = None,
    input: Json = "{}",
    role_arn: str | None = None,
    inspection_level: str = "INFO",
    mock: Mapping[str, Any] | None = None,
    context: str | Mapping[str, Json] | None = None,
    variables: str | Mapping[str, Json] | None = None,
    state_configuration: Mapping[str, Any] | None = None,
    reveal_secrets: bool = False,
    answers: Answers | None = None,
) -> StateTest:
    """Run one state by itself. Raises TestStateRefused for a call that AWS refuses.

    `definition`: a state, or with `state_name` a machine that has it, however deep. `input`, `context` and `variables`: JSON text
    as for AWS, or values. `mock`: `{"result"}` (JSON text or a value) or `{"errorOutput": {"error", "cause"}}`, and
    `fieldValidationMode`. `state_configuration`: `retrierRetryCount`, `errorCausedByState`, `mapIterationFailureCount`,
    `mapItemReaderData`. `answers` answer a Task without a mock, so that it needs no role; without answers a Task with a role gets
    a sample of what its service returns.
    """
    if inspection_level not in LEVELS:
        raise constraint(inspection_level, "inspectionLevel", f"satisfy enum value set: [{', '.join(LEVELS)}]")
    if state_name is not None and not 1 <= len(state_name) <= _LONGEST_NAME:
        bound = "greater than or equal to 1" if not state_name else f"less than or equal to {_LONGEST_NAME}"
        raise constraint(state_name, "stateName", f"have length {bound}")
    machine = read_definition(definition, state_name)
    world = World(answers=answers, strict=False, account=_account(role_arn))
    try:
        deployed = world.deploy(machine, name=world.uuid(), type="EXPRESS", role_arn=role_arn)
    except DefinitionError as error:
        raise invalid_definition(f"SCHEMA_VALIDATION_FAILED: {error}") from None
    node = find_node(deployed.program, LONE_STATE if state_name is None else state_name)
    if node is None:
        raise TestStateRefused("ValidationException", "State not found in definition")
    check_call(node, mock, role_arn=role_arn, answered=answers is not None, reveals=reveal_secrets)
    mocked = read_mock(node, mock)
    given = check_context(node, context, mocked=mocked is not None)
    configuration = read_configuration(node, state_configuration, mocked)
    value = read_input(input)
    name = world.uuid()
    arn = f"{deployed.arn.replace(':stateMachine:', ':express:')}:{name}"
    run = Run(world, deployed, deployed.program, arn, name, value, world.env.now + LIMIT, deployed.type)
    view = View(TestThread(run, read_variables(variables), given), node.name, value, 0, 0)
    if isinstance(node, (TaskNode, ParallelNode, MapNode)):
        view.retry_count = configuration.retries
    trial = Trial(node=node, view=view, mock=mocked, configuration=configuration)
    return _frozen(trial.run(), inspection_level)


test_state.__test__ = False  # type: ignore[attr-defined]


def _account(role_arn: str | None) -> str:
    """The account to run in: that of the role, if there is one."""
    parts = (role_arn or "").split(":")
    return parts[4] if len(parts) > 5 and parts[4] else _ACCOUNT


def _frozen(tried: Tried, level: str) -> StateTest:
    return StateTest(
        status=tried.status,
        output=None if tried.output is ABSENT else tried.output,
        has_output=tried.output is not ABSENT,
        next_state=tried.next,
        error=tried.error,
        cause=tried.cause,
        inspection={} if level == "INFO" else tried.seen,
    )
