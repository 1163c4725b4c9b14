"""Where an answer comes from: a fault, a mock, an execution in this world, a service in memory, else a sample that fits.

The first that has something to say counts, in that order; a lost answer lets the call take effect first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sfn_dsl.asl.model import Json
from sfn_dsl.asl.services import Pattern
from sfn_dsl.errors import ConfigError
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.mocks.answers import Answer, Call
from sfn_dsl.simulate.mocks.faults import error_prefix, faulty_answer
from sfn_dsl.simulate.place import Place, Service
from sfn_dsl.simulate.program.resource import Resource
from sfn_dsl.simulate.results.check import check_result
from sfn_dsl.simulate.results.sample import sample_result
from sfn_dsl.simulate.results.shapes import METADATA
from sfn_dsl.simulate.running.nested import Started, description, history, receipt
from sfn_dsl.simulate.running.thread import Run
from sfn_dsl.simulate.services.functions import Function
from sfn_dsl.simulate.services.service_error import ServiceError

if TYPE_CHECKING:
    from sfn_dsl.simulate.world import World

__all__ = ["dispatch"]

# What the error texts of optimised integrations call a service (recorded).
_LONG_NAMES: Mapping[str, str] = {
    "dynamodb": "AmazonDynamoDBv2",
    "sns": "AmazonSNS",
    "sqs": "AmazonSQS",
    "events": "AmazonCloudWatchEvents",
    "lambda": "AWSLambda",
    "states": "AWSStepFunctions",
}


def dispatch(world: World, call: Call, run: Run) -> Answer | Started:
    """What a call comes to."""
    fault = world.faults.strike(call) if world.struck in (None, run.machine) else None
    if fault is not None:
        if fault == "lost":
            _effect(world, call, run)
        return faulty_answer(fault, call)
    return _effect(world, call, run)


def _effect(world: World, call: Call, run: Run) -> Answer | Started:
    mocked = world.answers.find(call, world.rng)
    if mocked is not None and mocked.sampled:
        return replace(_unmocked(world, call, run), duration=mocked.duration)
    if mocked is not None:
        if world.strict and not (mocked.fails or mocked.never or mocked.function):
            _check(call, mocked)
        return _as_function(world, call, mocked) if mocked.function else mocked
    return _nested(world, call, run) or _unmocked(world, call, run)


def _as_function(world: World, call: Call, mocked: Answer) -> Answer:
    """What a function returns, as `lambda:invoke` hands it on."""
    if mocked.fails or mocked.never or call.resource.name != "lambda:invoke":
        return mocked
    value = sample_result(call.resource.arn, call.arguments, seed=call.number, now=world.timestamp())
    return replace(mocked, value={**value, "Payload": mocked.value})


def _unmocked(world: World, call: Call, run: Run) -> Answer:
    """What a service in memory says, else a sample."""
    resource, place = call.resource, run.machine.region
    samples = world.samples if run.machine.samples is None else run.machine.samples
    function = place.function_for(resource, call.arguments)
    if function is not None:
        answer: Answer | None = _invoked(world, place, function, call)
    else:
        service = place.service_for(resource, call.arguments)
        answer = _served(world, service, call) if service is not None else None
    if resource.pattern is Pattern.CALLBACK and (answer is None or not answer.fails):
        if not world.callbacks_sampled:
            return Answer(never=True, mocked=False)
        return Answer(value=samples.get(call.state, {}), mocked=False)
    if answer is not None:
        return answer
    if call.state in samples:
        return Answer(value=samples[call.state], mocked=False)
    if resource.kind == "service":
        seed = len(world.runs) * 1_000_003 + call.number
        return Answer(value=sample_result(resource.arn, call.arguments, seed=seed, now=world.timestamp()), mocked=False)
    return Answer(value={}, mocked=False)


def _invoked(world: World, place: Place, function: Function, call: Call) -> Answer:
    """What a function of this world comes to; it acts now and answers later."""
    resource, arguments = call.resource, call.arguments
    if resource.sdk:
        return _served(world, place.functions, call)
    event = arguments if resource.kind == "lambda" else arguments.get("Payload", {})
    if resource.kind != "lambda" and arguments.get("InvocationType") == "Event":
        world.invoke(function, event)
        return _as_function(world, call, Answer(value={}, mocked=False))
    try:
        outcome = place.functions.run(function, event, world.now)
    except ServiceError as error:
        return Answer(fails=True, error=_error_name(resource, error), cause=_cause(world, resource, error), mocked=False)
    if outcome.error is not None:
        return Answer(fails=True, error=outcome.error, cause=compact(outcome.payload), duration=outcome.seconds, mocked=False)
    return _as_function(world, call, Answer(value=outcome.payload, duration=outcome.seconds, mocked=False))


def _check(call: Call, answer: Answer) -> None:
    if call.resource.kind != "service":
        return
    message = check_result(call.resource.arn, answer.value, "STRICT")
    if message is not None:
        raise ConfigError(
            f"the mock of state `{call.state}` does not fit {call.resource.name}: {message}",
            help="give what the service returns, or turn the check off (--loose)",
        )


def _nested(world: World, call: Call, run: Run) -> Answer | Started | None:
    """A call of Step Functions itself that this world can answer."""
    resource, arguments = call.resource, call.arguments
    if resource.service not in ("states", "sfn") or not isinstance(arguments, dict):
        return None
    try:
        if resource.operation in ("startExecution", "startSyncExecution"):
            return _started(world, resource, arguments, run.machine.region)
        if resource.operation == "describeMapRun":
            return _described(world, str(arguments.get("MapRunArn")), run)
        return _managed(world, resource.operation, arguments)
    except ServiceError as error:
        return Answer(fails=True, error=_error_name(resource, error), cause=_cause(world, resource, error), mocked=False)


def _started(world: World, resource: Resource, arguments: dict[str, Json], place: Place) -> Started | None:
    arn = str(arguments.get("StateMachineArn"))
    machine = world.machines.get(arn)
    if machine is None:
        return None
    if machine.region is not place:
        # Integrations reach resources of their own Region only.
        raise ServiceError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    value = arguments.get("Input")
    if resource.sdk and isinstance(value, str):
        value = json.loads(value)
    child = world.start(machine, value, name=arguments.get("Name"))
    follows = resource.pattern in (Pattern.SYNC, Pattern.SYNC_2)
    if follows and machine.type == "EXPRESS":
        # It runs, but DescribeExecution, by which `.sync` follows it, refuses its ARN.
        raise ServiceError("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'")
    waits = follows or resource.operation == "startSyncExecution"
    return Started(child, receipt(child), waits=waits)


def _described(world: World, arn: str, caller: Run) -> Answer | None:
    """A Map Run of this world; children of Map Runs are not among the world's runs."""
    for run in (caller, *world.runs.values()):
        if arn in run.map_runs:
            return Answer(value=run.map_runs[arn].description(), mocked=False)
    return None


def _managed(world: World, operation: str, arguments: dict[str, Json]) -> Answer | None:
    """What the API's other actions do to executions and callbacks of this world."""
    token, arn = str(arguments.get("TaskToken")), str(arguments.get("ExecutionArn"))
    match operation:
        case "describeExecution" if arn in world.runs:
            return Answer(value=description(world.runs[arn], parsed=False), mocked=False)
        case "getExecutionHistory" if arn in world.runs:
            return Answer(value=history(world.runs[arn], arguments), mocked=False)
        case "stopExecution" if arn in world.runs:
            world.stop(world.runs[arn], arguments.get("Error"), arguments.get("Cause"))
            return Answer(value={"StopDate": world.timestamp()}, mocked=False)
        case "sendTaskSuccess":
            output = arguments.get("Output")
            sent = world.send_task_success(token, json.loads(output) if isinstance(output, str) else output)
        case "sendTaskFailure":
            sent = world.send_task_failure(token, arguments.get("Error"), arguments.get("Cause"))
        case "sendTaskHeartbeat":
            sent = world.send_task_heartbeat(token)
        case _:
            return None
    if not sent:
        raise ServiceError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    return Answer(value={}, mocked=False)


def _served(world: World, service: Service, call: Call) -> Answer:
    resource = call.resource
    operation = resource.operation[:1].upper() + resource.operation[1:]
    try:
        value = service.call(operation, call.arguments, world.now)
    except ServiceError as error:
        return Answer(fails=True, error=_error_name(resource, error), cause=_cause(world, resource, error), mocked=False)
    if resource.name == "events:putEvents" and value.get("FailedEntryCount"):
        return Answer(fails=True, error="EventBridge.FailedEntry", cause=compact(value), mocked=False)
    if not resource.sdk and resource.service in METADATA:
        value = {
            **value,
            "SdkHttpMetadata": {"AllHttpHeaders": {}, "HttpHeaders": {}, "HttpStatusCode": 200},
            "SdkResponseMetadata": {"RequestId": world.uuid()},
        }
    return Answer(value=value, mocked=False)


def _error_name(resource: Resource, error: ServiceError) -> str:
    code = error.code if error.code.endswith("Exception") else f"{error.code}Exception"
    return f"{error_prefix(resource)}.{code}"


def _cause(world: World, resource: Resource, error: ServiceError) -> str:
    if not error.status:
        return error.message
    request = world.uuid()
    if resource.sdk:
        return f"{error.message} (Service: {error_prefix(resource)}, Status Code: {error.status}, Request ID: {request})"
    name = _LONG_NAMES.get(resource.service, resource.service)
    about = f"Service: {name}; Status Code: {error.status}; Error Code: {error.code}; Request ID: {request}; Proxy: null"
    return f"{error.message} ({about})"
