"""A Region of the world: its services, made when they are first used, and whether it stands still."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Protocol

import simpy

from sfn_dsl.asl.model import Json
from sfn_dsl.region import partition_of
from sfn_dsl.simulate.program.resource import Resource
from sfn_dsl.simulate.services.dynamodb import DynamoDB
from sfn_dsl.simulate.services.eventbridge import Delivery, EventBridge
from sfn_dsl.simulate.services.s3 import S3
from sfn_dsl.simulate.services.scheduler import Scheduler
from sfn_dsl.simulate.services.sns import SNS
from sfn_dsl.simulate.services.sqs import SQS

__all__ = ["Place", "Service"]


class Service(Protocol):
    """What all services in memory have in common."""

    @property
    def operations(self) -> frozenset[str]:
        """Names of the API actions that it answers."""

    def call(self, operation: str, arguments: dict[str, Json], now: float) -> Json:
        """Answer an API call at `now`, seconds since 1970. Raises ServiceError."""


class Place:
    """A Region. `stopped` is the event of its return, None while it works. S3 is one for all Regions."""

    def __init__(
        self,
        name: str,
        account: str,
        uuid: Callable[[], str],
        s3: S3,
        deliver: Callable[[Delivery], None],
        plan: Callable[[Place, str], None],
    ) -> None:
        self.name = name
        self.stopped: simpy.Event | None = None
        self.s3 = s3
        self._account = account
        self._uuid = uuid
        self._deliver = deliver
        self._plan = plan
        self._partition = partition_of(name)

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
            region=self.name, account=self._account, uuid=self._uuid, deliver=self._deliver, partition=self._partition
        )

    @functools.cached_property
    def scheduler(self) -> Scheduler:
        """Its schedules."""
        plan = functools.partial(self._plan, self)
        return Scheduler(region=self.name, account=self._account, plan=plan, partition=self._partition)

    def service_for(self, resource: Resource, arguments: Json) -> Service | None:
        """The service that answers a call, if everything that the call names is there; None leaves the answer to a sample."""
        if not isinstance(arguments, dict):
            return None
        used = vars(self)
        match resource.service:
            case "dynamodb" if "dynamodb" in used:
                tables = {text.rpartition("/")[2] for text in _named(arguments, "TableName")}
                found: Service | None = self.dynamodb if tables and tables <= self.dynamodb.tables.keys() else None
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
