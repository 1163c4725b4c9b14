"""Clients with boto3's shape for the services of a world, so that a Lambda function's own code can run in it.

A client of another Region crosses the world: it fails while one of the two is cut off or stands still. Calls take no virtual time.
Errors have the shape of botocore's: `error.response["Error"]["Code"]`, and a class per code under `client.exceptions`.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sfn_dsl.simulate.place import Place, Service
from sfn_dsl.simulate.running.nested import description
from sfn_dsl.simulate.services.service_error import ServiceError
from sfn_dsl.simulate.world import World

__all__ = ["BotoCoreError", "ClientError", "EndpointConnectionError", "WorldClient", "WorldClients"]

_EXECUTION_NAME: Final = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")


class BotoCoreError(ServiceError):
    """A call that did not get to a service."""

    def __init__(self, message: str) -> None:
        super().__init__(type(self).__name__, message, status=0)

    def __str__(self) -> str:
        return self.message


class EndpointConnectionError(BotoCoreError):
    """A service that does not answer."""

    def __init__(self, *, endpoint_url: str) -> None:
        super().__init__(f'Could not connect to the endpoint URL: "{endpoint_url}"')


class ClientError(ServiceError):
    """A call that a service refused."""

    def __init__(self, error_response: Mapping[str, Any], operation_name: str) -> None:
        error = error_response["Error"]
        status = error_response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        super().__init__(error["Code"], error["Message"], status=status)
        self.response = error_response
        self.operation_name = operation_name

    def __str__(self) -> str:
        return f"An error occurred ({self.code}) when calling the {self.operation_name} operation: {self.message}"


class _Exceptions:
    """`client.exceptions`: a class of ClientError per code, made when it is first asked for."""

    def __getattr__(self, code: str) -> type[ClientError]:
        if code == "ClientError":
            return ClientError
        if not code[:1].isupper():
            raise AttributeError(code)
        found = type(code, (ClientError,), {"__doc__": f"The service answered {code}."})
        setattr(self, code, found)
        return found


class WorldClients:
    """The clients that code in a Region makes. `place`: where it runs, which is also the default Region of a client."""

    def __init__(self, world: World, place: Place) -> None:
        self.world = world
        self.place = place
        self._exceptions: dict[str, _Exceptions] = {}

    def client(self, service: str, region_name: str | None = None, **options: Any) -> WorldClient:
        """A client of `stepfunctions`, `dynamodb`, `events`, `sqs`, `sns` or `lambda`; options (`config`) change nothing.

        Raises ValueError for another service.
        """
        if service not in (known := (*_SERVICES, "stepfunctions")):
            raise ValueError(f"a world has no client for {service}, only for {', '.join(known)}")
        exceptions = self._exceptions.setdefault(service, _Exceptions())
        return WorldClient(self.world, self.place, self.world.place(region_name or self.place.name), service, exceptions)


class WorldClient:
    """A client. Its methods are the operations of the service in snake_case, with boto3's parameters and answers."""

    def __init__(self, world: World, here: Place, there: Place, service: str, exceptions: _Exceptions) -> None:
        self.exceptions = exceptions
        self._world = world
        self._here = here
        self._there = there
        self._service = service

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        operation = "".join(part.capitalize() for part in name.split("_"))
        if name.startswith("_") or operation not in self._operations():
            raise AttributeError(f"the simulated client of {self._service} has no {name}")
        return functools.partial(self._call, operation)

    def _operations(self) -> frozenset[str]:
        return frozenset(_STEP_FUNCTIONS) if self._service == "stepfunctions" else _SERVICES[self._service](self._there).operations

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        if not self._world.reachable(self._here, self._there):
            host = {"stepfunctions": "states"}.get(self._service, self._service)
            raise EndpointConnectionError(endpoint_url=f"https://{host}.{self._there.name}.amazonaws.com/")
        request = self._world.uuid()
        try:
            if self._service == "stepfunctions":
                answer = _STEP_FUNCTIONS[operation](self._world, self._there, arguments)
            else:
                answer = _SERVICES[self._service](self._there).call(operation, arguments, self._world.now)
        except ServiceError as error:
            response: dict[str, Any] = {
                "Error": {"Code": error.code, "Message": error.message},
                "ResponseMetadata": {"RequestId": request, "HTTPStatusCode": error.status, "RetryAttempts": 0},
            }
            item = getattr(error, "item", None)
            if item is not None:
                response["Item"] = item
            raise getattr(self.exceptions, error.code)(response, operation) from None
        return {**answer, "ResponseMetadata": {"RequestId": request, "HTTPStatusCode": 200, "RetryAttempts": 0}}


_SERVICES: Final[Mapping[str, Callable[[Place], Service]]] = {
    "dynamodb": lambda place: place.dynamodb,
    "events": lambda place: place.events,
    "lambda": lambda place: place.functions,
    "sns": lambda place: place.sns,
    "sqs": lambda place: place.sqs,
}


def _start_execution(world: World, place: Place, arguments: Mapping[str, Any]) -> dict[str, Any]:
    arn, name = str(arguments.get("stateMachineArn")), arguments.get("name")
    machine = world.machines.get(arn)
    if machine is None or machine.region is not place:
        raise ServiceError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    if name is not None and not _EXECUTION_NAME.fullmatch(name):
        raise ServiceError("InvalidName", f"Invalid Name: '{name}'")
    try:
        value = json.loads(arguments.get("input", "{}"))
    except json.JSONDecodeError as error:
        raise ServiceError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from error
    run = world.start(machine, value, name=name)
    return {"executionArn": run.arn, "startDate": datetime.fromtimestamp(run.start, UTC)}


def _describe_execution(world: World, place: Place, arguments: Mapping[str, Any]) -> dict[str, Any]:
    arn = str(arguments.get("executionArn"))
    run = world.runs.get(arn)
    if run is None or run.machine.region is not place:
        raise ServiceError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    described = {name[0].lower() + name[1:]: value for name, value in description(run, parsed=False).items()}
    for name in ("startDate", "stopDate"):
        if name in described:
            described[name] = datetime.fromtimestamp(described[name] / 1000, UTC)
    return described


def _describe_state_machine(world: World, place: Place, arguments: Mapping[str, Any]) -> dict[str, Any]:
    arn = str(arguments.get("stateMachineArn"))
    machine = world.machines.get(arn)
    if machine is None or machine.region is not place:
        raise ServiceError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    return {"stateMachineArn": arn, "name": machine.name, "status": "ACTIVE", "type": machine.type, "roleArn": machine.role_arn}


_STEP_FUNCTIONS: Final[Mapping[str, Callable[[World, Place, Mapping[str, Any]], dict[str, Any]]]] = {
    "DescribeExecution": _describe_execution,
    "DescribeStateMachine": _describe_state_machine,
    "StartExecution": _start_execution,
}
