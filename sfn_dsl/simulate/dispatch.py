"""Where an answer comes from: a fault, a mock, an execution in this world, a service in memory, else a sample that fits.

The first that has something to say counts, in that order; a lost answer lets the call take effect first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sfn_dsl.asl.services import Pattern
from sfn_dsl.errors import ConfigError
from sfn_dsl.simulate.answers import Answer, Call
from sfn_dsl.simulate.faults import error_prefix, faulty_answer
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.nested import Started, receipt
from sfn_dsl.simulate.place import Service
from sfn_dsl.simulate.resource import Resource
from sfn_dsl.simulate.result_check import check_result
from sfn_dsl.simulate.result_sample import sample_result
from sfn_dsl.simulate.result_shapes import METADATA
from sfn_dsl.simulate.services.service_error import ServiceError
from sfn_dsl.simulate.thread import Run

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
}


def dispatch(world: World, call: Call, run: Run) -> Answer | Started:
    """What a call comes to."""
    fault = world.faults.strike(call)
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
        if world.strict and not mocked.fails and not mocked.never:
            _check(call, mocked)
        return mocked
    return _nested(world, call, run) or _unmocked(world, call, run)


def _unmocked(world: World, call: Call, run: Run) -> Answer:
    """What a service in memory says, else a sample."""
    resource = call.resource
    service = run.machine.region.service_for(resource, call.arguments)
    answer = _served(world, service, call) if service is not None else None
    if resource.pattern is Pattern.CALLBACK and (answer is None or not answer.fails):
        if not world.callbacks_sampled:
            return Answer(never=True, mocked=False)
        return Answer(value=world.samples.get(call.state, {}), mocked=False)
    if answer is not None:
        return answer
    if call.state in world.samples:
        return Answer(value=world.samples[call.state], mocked=False)
    if resource.kind == "service":
        seed = len(world.runs) * 1_000_003 + call.number
        return Answer(value=sample_result(resource.arn, call.arguments, seed=seed, now=world.timestamp()), mocked=False)
    return Answer(value={}, mocked=False)


def _check(call: Call, answer: Answer) -> None:
    if call.resource.kind != "service":
        return
    message = check_result(call.resource.arn, answer.value, "STRICT")
    if message is not None:
        raise ConfigError(
            f"the mock of state `{call.state}` does not fit {call.resource.name}: {message}",
            help="give what the service returns, or turn the check off (--loose)",
        )


def _nested(world: World, call: Call, run: Run) -> Started | None:
    resource, arguments = call.resource, call.arguments
    if (resource.service, resource.operation) not in {("states", "startExecution"), ("sfn", "startExecution")}:
        return None
    machine = world.machines.get(str(arguments.get("StateMachineArn"))) if isinstance(arguments, dict) else None
    if machine is None:
        return None
    value = arguments.get("Input")
    if resource.sdk and isinstance(value, str):
        value = json.loads(value)
    child = world.start(machine, value, name=arguments.get("Name"))
    return Started(child, receipt(child), waits=resource.pattern in (Pattern.SYNC, Pattern.SYNC_2))


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
