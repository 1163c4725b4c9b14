"""Executions: start, stop, redrive, describe, list, history. Source: API reference, Developer Guide on redrive."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sfn_dsl.embedded.alias_calls import alias_arn
from sfn_dsl.embedded.api_error import ApiError, invalid
from sfn_dsl.embedded.machine_calls import check_name
from sfn_dsl.embedded.paging import page
from sfn_dsl.embedded.shelf import Moment, Shelf
from sfn_dsl.embedded.started import Started
from sfn_dsl.embedded.version_calls import version_arn
from sfn_dsl.embedded.worlds import advance, begin, redrive
from sfn_dsl.simulate.history import compact, event_json
from sfn_dsl.simulate.running.thread import Run

__all__ = [
    "describe_execution",
    "describe_state_machine_for_execution",
    "get_execution_history",
    "list_executions",
    "redrive_execution",
    "send_task_failure",
    "send_task_heartbeat",
    "send_task_success",
    "start_execution",
    "stop_execution",
    "take_in",
]

_TOKENS: Final = 10
_TOKEN_SECONDS: Final = 900.0
_REDRIVABLE_SECONDS: Final = 14 * 86_400.0
_DATA: Final = frozenset(
    {"input", "inputDetails", "output", "outputDetails", "parameters", "assignedVariables", "assignedVariablesDetails"}
)


def start_execution(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """StartExecution, of a machine, a version or an alias."""
    arn = shelf.read(request["stateMachineArn"])
    chance = random.Random(moment.identity).random()
    machine, revision, version, alias = shelf.routed(arn, chance)
    shelf.changeable(machine.arn)
    name, text = request.get("name") or moment.identity, request.get("input") or "{}"
    check_name(name)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ApiError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from None
    taken = shelf.started.get(f"{machine.arn.replace(':stateMachine:', ':execution:')}:{name}")
    if taken is not None:
        if taken.run.status != "RUNNING" or taken.run.input != value:
            raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{taken.run.arn}'")
        return {"executionArn": taken.run.arn, "startDate": taken.run.start}
    run = begin(shelf, machine, version, value, name, moment)
    shelf.started[run.arn] = Started(
        run=run,
        machine=machine.arn,
        revision=revision,
        version=version_arn(machine, version.number) if version is not None else "",
        alias=alias_arn(machine, alias.name) if alias is not None else "",
        input=text,
        trace=request.get("traceHeader") or "",
    )
    take_in(shelf)
    return {"executionArn": run.arn, "startDate": run.start}


def take_in(shelf: Shelf) -> None:
    """Note executions that other executions have started."""
    for arn, run in shelf.runs.items():
        if arn not in shelf.started and run.machine.arn in shelf.machines:
            revision = shelf.machines[run.machine.arn].revision
            shelf.started[arn] = Started(run=run, machine=run.machine.arn, revision=revision, input=compact(run.input))


def stop_execution(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """StopExecution; one that has ended stays as it is."""
    run = _standard(shelf, request["executionArn"]).run
    if run.status == "RUNNING":
        run.world.stop(run, request.get("error"), request.get("cause"))
        run.world.run(until=run)
    return {"stopDate": run.stop}


def redrive_execution(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """RedriveExecution."""
    started = _standard(shelf, request["executionArn"])
    token = request.get("clientToken") or moment.identity
    recent = started.redriven is not None and moment.time - started.redriven < _TOKEN_SECONDS
    if recent and token in started.tokens:
        return {"redriveDate": started.redriven}
    reason = _not_redrivable(started, moment.time)
    if reason:
        raise ApiError("ExecutionNotRedrivable", reason)
    redrive(shelf, started.run, moment.time, started.redrives + 1)
    tokens = (*started.tokens, token)[-_TOKENS:]
    shelf.started[started.run.arn] = replace(started, redrives=started.redrives + 1, redriven=moment.time, tokens=tokens)
    return {"redriveDate": moment.time}


def _not_redrivable(started: Started, time: float) -> str:
    """Why an execution cannot be redriven, empty when it can."""
    run = started.run
    if run.status in ("RUNNING", "SUCCEEDED"):
        return f"Execution is {run.status} and cannot be redriven"
    if run.machine.type == "EXPRESS":
        return "Express executions cannot be redriven"
    if run.stop is not None and time - run.stop > _REDRIVABLE_SECONDS:
        return "Execution has exceeded the redrivable period"
    if not any(visit.thread == () for visit in run.visits):
        return "Execution did not enter a state"
    return ""


def describe_execution(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """DescribeExecution."""
    started = _standard(shelf, request["executionArn"])
    run = started.run
    reason = _not_redrivable(started, moment.time)
    answer: dict[str, Any] = {
        "executionArn": run.arn,
        "stateMachineArn": started.machine,
        "name": run.name,
        "status": run.status,
        "startDate": run.start,
        "stopDate": run.stop,
        "error": run.error,
        "cause": run.cause,
        "traceHeader": started.trace or None,
        "stateMachineVersionArn": started.version or None,
        "stateMachineAliasArn": started.alias or None,
        "redriveCount": started.redrives,
        "redriveDate": started.redriven,
        "redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE",
        "redriveStatusReason": reason or None,
    }
    if request.get("includedData") != "METADATA_ONLY":
        answer |= {"input": started.input, "inputDetails": {"included": True}}
        if run.status == "SUCCEEDED":
            answer |= {"output": compact(run.output), "outputDetails": {"included": True}}
    return {name: value for name, value in answer.items() if value is not None}


def describe_state_machine_for_execution(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """DescribeStateMachineForExecution: the revision that the execution runs by."""
    started = _standard(shelf, request["executionArn"])
    revision = started.revision
    answer: dict[str, Any] = {
        "stateMachineArn": started.machine,
        "name": started.run.machine.name,
        "definition": revision.definition if request.get("includedData") != "METADATA_ONLY" else "{}",
        "roleArn": revision.role_arn,
        "updateDate": revision.updated,
        "loggingConfiguration": dict(revision.logging),
        "tracingConfiguration": dict(revision.tracing),
        "encryptionConfiguration": dict(revision.encryption),
    }
    return {**answer, "revisionId": revision.id} if revision.id is not None else answer


def list_executions(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """ListExecutions, newest first."""
    if (request.get("stateMachineArn") is None) == (request.get("mapRunArn") is None):
        raise invalid("Exactly one of stateMachineArn and mapRunArn must be specified")
    if request.get("mapRunArn") is not None:
        raise ApiError("ResourceNotFound", f"Resource not found: '{request['mapRunArn']}'")
    if request.get("redriveFilter") is not None or request.get("statusFilter") == "PENDING_REDRIVE":
        raise invalid("redriveFilter and the status PENDING_REDRIVE go with mapRunArn only")
    arn = shelf.read(request["stateMachineArn"])
    machine = shelf.routed(arn, 0.0)[0]
    if machine.type == "EXPRESS":
        raise ApiError("StateMachineTypeNotSupported", f"This operation is not supported by Express machines: '{arn.text}'")
    found = [
        _listed(one)
        for one in sorted(shelf.started.values(), key=lambda one: -one.run.start)
        if arn.text in (one.machine, one.version, one.alias) and request.get("statusFilter") in (None, one.run.status)
    ]
    return page("executions", found, f"executions {arn.text} {request.get('statusFilter')}", request)


def _listed(started: Started) -> dict[str, Any]:
    run = started.run
    answer: dict[str, Any] = {
        "executionArn": run.arn,
        "stateMachineArn": started.machine,
        "name": run.name,
        "status": run.status,
        "startDate": run.start,
        "stopDate": run.stop,
        "stateMachineVersionArn": started.version or None,
        "stateMachineAliasArn": started.alias or None,
        "redriveCount": started.redrives,
        "redriveDate": started.redriven,
    }
    return {name: value for name, value in answer.items() if value is not None}


def get_execution_history(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """GetExecutionHistory."""
    started = _standard(shelf, request["executionArn"])
    found = []
    for event in started.run.history.events:
        value = {**event_json(event), "timestamp": event.time}
        if request.get("includeExecutionData") is False:
            value = {key: _bare(part) for key, part in value.items()}
        found.append(value)
    if request.get("reverseOrder"):
        found.reverse()
    return page("events", found, f"history {started.run.arn} {bool(request.get('reverseOrder'))}", request)


def _bare(part: Any) -> Any:
    return {key: value for key, value in part.items() if key not in _DATA} if isinstance(part, dict) else part


def _standard(shelf: Shelf, arn: str) -> Started:
    """An execution of a Standard machine. Raises ApiError (InvalidArn, ExecutionDoesNotExist)."""
    if not arn.startswith(shelf.arn("execution", "")):
        raise ApiError("InvalidArn", f"Invalid Arn: '{arn}'")
    if arn not in shelf.started:
        raise ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    return shelf.started[arn]


def send_task_success(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """SendTaskSuccess."""
    try:
        output = json.loads(request["output"])
    except (ValueError, RecursionError) as error:
        raise ApiError("InvalidOutput", f"Invalid Output: '{error}'") from None
    run = _waiting(shelf, request["taskToken"])
    run.world.send_task_success(request["taskToken"], output)
    advance(run, moment.time)
    return {}


def send_task_failure(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """SendTaskFailure."""
    run = _waiting(shelf, request["taskToken"])
    run.world.send_task_failure(request["taskToken"], request.get("error"), request.get("cause"))
    advance(run, moment.time)
    return {}


def send_task_heartbeat(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """SendTaskHeartbeat."""
    run = _waiting(shelf, request["taskToken"])
    run.world.send_task_heartbeat(request["taskToken"])
    return {}


def _waiting(shelf: Shelf, token: str) -> Run:
    for started in shelf.started.values():
        if token in started.run.world.callbacks.waiting:
            return started.run
    raise ApiError("TaskDoesNotExist", "Task Does Not Exist: 'Provided task does not exist anymore'")
