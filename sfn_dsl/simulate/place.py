"""A Region of the world: its services, made when they are first used, and whether it stands still."""

from __future__ import annotations

import functools
import json
from collections.abc import Generator
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, assert_never

import simpy

from sfn_dsl.asl.model import Json
from sfn_dsl.region import partition_of
from sfn_dsl.simulate.program.resource import Resource
from sfn_dsl.simulate.services.dynamodb import DynamoDB
from sfn_dsl.simulate.services.eventbridge import EventBridge
from sfn_dsl.simulate.services.functions import Function, Functions
from sfn_dsl.simulate.services.scheduler import Scheduler
from sfn_dsl.simulate.services.service_error import ServiceError
from sfn_dsl.simulate.services.sns import SNS
from sfn_dsl.simulate.services.sqs import SQS
from sfn_dsl.simulate.skew import SkewedClock

if TYPE_CHECKING:
    from sfn_dsl.simulate.surroundings import Surroundings

__all__ = ["Place", "Service", "Trouble"]


class Service(Protocol):
    """What all services in memory have in common."""

    @property
    def operations(self) -> frozenset[str]:
        """Names of the API actions that it answers."""

    def call(self, operation: str, arguments: dict[str, Json], now: float) -> Json:
        """Answer an API call at `now`, seconds since 1970. Raises ServiceError."""


class Trouble(Enum):
    """What can befall a Region: it stands still, or is cut off from the others and works on."""

    STOPPED = "stopped"
    ISOLATED = "isolated"


class Place:
    """A Region. S3 is one for all Regions.

    `stopped` is the event after which it may work again, None while it works; `isolated` the same for its ways to other Regions. An
    event may be followed by another, so whoever waits asks again. `clock` is what is taken for the time there. `observed`: whether
    observers take it for healthy.
    """

    def __init__(self, name: str, world: Surroundings) -> None:
        self.name = name
        self.stopped: simpy.Event | None = None
        self.isolated: simpy.Event | None = None
        self.observed = True
        self.s3 = world.s3
        skew = world.clock_skew.get(name, 0.0)
        self.clock: Surroundings | SkewedClock = SkewedClock(world, skew) if skew else world
        self._account = world.account
        self._uuid = world.uuid
        self._deliver = world.deliver
        self._world = world
        self._partition = partition_of(name)
        self._troubles: dict[Trouble, list[simpy.Event]] = {Trouble.STOPPED: [], Trouble.ISOLATED: []}

    @property
    def trouble(self) -> simpy.Event | None:
        """What stands in the way of this Region or of those who want to reach it."""
        return self.stopped or self.isolated

    def begin(self, trouble: Trouble, over: simpy.Event) -> None:
        """A trouble begins, beside those that there are; `over` is its end."""
        self._troubles[trouble].append(over)
        self._note(trouble)

    def end(self, trouble: Trouble, over: simpy.Event) -> None:
        """A trouble is over; others may last."""
        self._troubles[trouble].remove(over)
        self._note(trouble)

    def standstill(self) -> Generator[simpy.Event, Any, None]:
        """Wait until it works."""
        while self.stopped is not None:
            yield self.stopped

    def _note(self, trouble: Trouble) -> None:
        last = self._troubles[trouble][-1] if self._troubles[trouble] else None
        match trouble:
            case Trouble.STOPPED:
                self.stopped = last
            case Trouble.ISOLATED:
                self.isolated = last
            case _:
                assert_never(trouble)

    @functools.cached_property
    def dynamodb(self) -> DynamoDB:
        """Its tables."""
        return DynamoDB(region=self.name, account=self._account)

    @functools.cached_property
    def sqs(self) -> SQS:
        """Its queues."""
        return SQS(region=self.name, account=self._account, uuid=self._uuid, partition=self._partition)

    @functools.cached_property
    def sns(self) -> SNS:
        """Its topics."""
        return SNS(region=self.name, account=self._account, uuid=self._uuid, partition=self._partition)

    @functools.cached_property
    def events(self) -> EventBridge:
        """Its event buses."""
        return EventBridge(
            region=self.name,
            account=self._account,
            uuid=self._uuid,
            deliver=self._deliver,
            partition=self._partition,
            loses=self._world.loses_event,
        )

    @functools.cached_property
    def functions(self) -> Functions:
        """Its Lambda functions."""
        return Functions(
            region=self.name,
            account=self._account,
            uuid=self._uuid,
            rng=self._world.rng,
            invoke=self._world.invoke,
            partition=self._partition,
        )

    def function_for(self, resource: Resource, arguments: Json) -> Function | None:
        """The function that a call invokes, if it is here."""
        if "functions" not in vars(self):
            return None
        if resource.kind == "lambda":
            return self.functions.find(resource.arn)
        if (resource.service, resource.operation) != ("lambda", "invoke") or not isinstance(arguments, dict):
            return None
        return self.functions.find(str(arguments.get("FunctionName")))

    @functools.cached_property
    def scheduler(self) -> Scheduler:
        """Its schedules."""
        plan = functools.partial(self._world.plan, self)
        found = Scheduler(region=self.name, account=self._account, plan=plan, partition=self._partition)
        found.invoke = self._invoke
        return found

    def _invoke(self, name: str, text: str) -> None:
        """Invoke a function asynchronously with JSON text. Raises ServiceError."""
        function = self.functions.find(name)
        if function is None:
            raise ServiceError("ResourceNotFoundException", f"Function not found: {name}", status=404)
        self._world.invoke(function, json.loads(text))

    def service_for(self, resource: Resource, arguments: Json) -> Service | None:
        """The service that answers a call, if everything that the call names is there; None leaves the answer to a sample."""
        if not isinstance(arguments, dict):
            return None
        used = vars(self)
        match resource.service:
            case "dynamodb" if "dynamodb" in used or self._world.global_tables:
                # A global table that has no replica here is known, and is not found.
                known = self.dynamodb.tables.keys() | self._world.global_tables
                tables = {text.rpartition("/")[2] for text in _named(arguments, "TableName")}
                found: Service | None = self.dynamodb if tables and tables <= known else None
            case "sqs" if "sqs" in used:
                queues = {text.rpartition("/")[2] for text in _named(arguments, "QueueUrl")}
                found = self.sqs if queues and queues <= self.sqs.queues.keys() else None
            case "sns" if "sns" in used:
                topics = set(_named(arguments, "TopicArn"))
                found = self.sns if topics and topics <= self.sns.topics.keys() else None
            case "events" | "eventbridge" if "events" in used:
                buses = {text.rpartition("/")[2] for text in _named(arguments, "EventBusName")}
                found = self.events if buses <= self.events.buses.keys() else None
            case "s3":
                found = self.s3 if arguments.get("Bucket") in self.s3.buckets else None
            case _:
                found = None
        operation = resource.operation[:1].upper() + resource.operation[1:]
        return found if found is not None and operation in found.operations else None


def _named(value: Json, name: str) -> list[str]:
    """The texts that stand under a name anywhere in a value."""
    found, stack = [], [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            if isinstance(item.get(name), str):
                found.append(item[name])
            stack += item.values()
        elif isinstance(item, list):
            stack += item
    return found
