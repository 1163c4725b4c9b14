"""Functions that nobody waits for: asynchronous invocations with their retries, and queues that are polled for a function.

Source: Lambda Developer Guide, pages `invocation-async-error-handling`, `invocation-async-retain-records`, `with-sqs`. Tries
after errors of the function come 60 s and 120 s later; a function that is busy is tried again with a back-off of 1 s to 5 min until
the event is too old.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import simpy

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.place import Place
from sfn_dsl.simulate.running.dead_letters import DeadLetter, bury
from sfn_dsl.simulate.running.thread import Steps
from sfn_dsl.simulate.services.functions import Function, Outcome
from sfn_dsl.simulate.services.service_error import ServiceError
from sfn_dsl.simulate.services.sqs import Queue

if TYPE_CHECKING:
    from sfn_dsl.simulate.world import World

__all__ = ["QueueSource", "invoke_later", "poll"]

_RETRY_SECONDS: Final = 60.0
_LONGEST_DELAY: Final = 300.0
_BUSY_SECONDS: Final = 1.0


def invoke_later(world: World, function: Function, event: Json, after: float = 0.0) -> Steps:
    """The process of an asynchronous invocation, after so many seconds."""
    if after > 0:
        yield world.env.timeout(after)
    place, began = world.place(function.region), world.env.now
    failed = busy = 0
    outcome: Outcome | None = None
    condition = "EventAgeExceeded"
    while True:
        yield from place.standstill()
        if world.env.now - began > function.max_age:
            break
        try:
            outcome = place.functions.run(function, event, world.now)
        except ServiceError:
            yield world.env.timeout(min(_LONGEST_DELAY, 2.0**busy) * world.rng.uniform(0.5, 1.0))
            busy += 1
            continue
        if outcome.seconds > 0:
            yield world.env.timeout(outcome.seconds)
        if outcome.error is None:
            return
        failed += 1
        if failed > function.retries:
            condition = "RetriesExhausted"
            break
        yield world.env.timeout(_RETRY_SECONDS * failed)
    _give_up(world, function, event, condition, failed, outcome)


def _give_up(world: World, function: Function, event: Json, condition: str, tries: int, outcome: Outcome | None) -> None:
    """Tell the on-failure queue and the dead-letter queue; without either the event is lost."""
    request = outcome.request if outcome is not None else world.uuid()
    record: dict[str, Json] = {
        "version": "1.0",
        "timestamp": world.timestamp(),
        "requestContext": {
            "requestId": request,
            "functionArn": f"{function.arn}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": tries,
        },
        "requestPayload": event,
    }
    if outcome is not None:
        record["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
        record["responsePayload"] = outcome.payload
    if function.on_failure is not None or function.dead_letter is None:
        letter = DeadLetter(source=function.arn, target=function.arn, body=compact(record), attributes={}, time=world.now)
        bury(world, letter, function.on_failure)
    if function.dead_letter is not None:
        message = outcome.payload["errorMessage"] if outcome is not None else "Rate Exceeded."
        attributes = {"RequestID": request, "ErrorCode": "429" if outcome is None else "200", "ErrorMessage": message}
        letter = DeadLetter(source=function.arn, target=function.arn, body=compact(event), attributes=attributes, time=world.now)
        bury(world, letter, function.dead_letter)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSource:
    """A queue that is polled for a function: up to `batch` messages (1-10) for one invocation, `concurrency` invocations at a time.

    With `reports_failures` the function names the messages that it could not do (`batchItemFailures`); without, all of a batch come
    back when it fails.
    """

    queue: Queue
    function: Function
    batch: int = 10
    concurrency: int = 5
    reports_failures: bool = False


class _Bell:
    """What a poller sleeps by: it rings when a message or a place becomes free."""

    __slots__ = ("_env", "event")

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self.event = env.event()

    def ring(self) -> None:
        if not self.event.triggered:
            self.event.succeed()

    def set(self) -> simpy.Event:
        """The next ring."""
        self.event = self._env.event()
        return self.event


def poll(world: World, place: Place, source: QueueSource) -> Steps:
    """The process of an event source mapping. It sleeps while there is nothing to do, so that it costs nothing then."""
    queue, function, bell = source.queue, source.function, _Bell(world.env)
    queue.arrived = bell.ring
    flying: list[simpy.Process] = []
    while True:
        yield from place.standstill()
        flying = [process for process in flying if process.is_alive]
        if len(flying) >= source.concurrency:
            yield bell.set()
            continue
        if function.is_full(world.now):
            yield world.env.timeout(_BUSY_SECONDS)
            continue
        arguments: dict[str, Json] = {
            "QueueUrl": queue.url,
            "MaxNumberOfMessages": source.batch,
            "AttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        taken = place.sqs.call("ReceiveMessage", arguments, world.now).get("Messages")
        if taken:
            records = [_record(queue, place.name, message) for message in taken]
            outcome = place.functions.run(function, {"Records": records}, world.now)
            flying.append(world.env.process(_settle(world, place, source, taken, outcome, bell)))
            continue
        rung = bell.set()
        soonest = min((message.visible for message in queue.messages), default=None)
        # A message that another of its group holds back is visible, and still nothing to receive.
        yield rung if soonest is None else rung | world.env.timeout(max(soonest - world.now, _BUSY_SECONDS))


def _settle(
    world: World, place: Place, source: QueueSource, messages: Sequence[Mapping[str, Any]], outcome: Outcome, bell: _Bell
) -> Steps:
    """When the function has ended, delete what it did; the rest becomes visible again by itself."""
    yield world.env.timeout(outcome.seconds)
    yield from place.standstill()
    failed = _failures(source, outcome, [str(message["MessageId"]) for message in messages])
    for message in messages:
        if message["MessageId"] not in failed:
            arguments = {"QueueUrl": source.queue.url, "ReceiptHandle": message["ReceiptHandle"]}
            place.sqs.call("DeleteMessage", arguments, world.now)
    bell.ring()


def _failures(source: QueueSource, outcome: Outcome, ids: Sequence[str]) -> frozenset[str]:
    """Ids of the messages of a batch that were not done; a report that makes no sense fails all of them."""
    if outcome.error is not None:
        return frozenset(ids)
    if not source.reports_failures or not outcome.payload:
        return frozenset()
    reported = outcome.payload.get("batchItemFailures") if isinstance(outcome.payload, dict) else None
    named = frozenset(str(entry.get("itemIdentifier")) for entry in reported or () if isinstance(entry, dict))
    return named if named <= frozenset(ids) else frozenset(ids)


def _record(queue: Queue, region: str, message: Mapping[str, Any]) -> dict[str, Json]:
    """A message as a function receives it."""
    own = message.get("MessageAttributes", {})
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: {
                "stringValue": attribute.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": attribute["DataType"],
            }
            for name, attribute in own.items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
        "awsRegion": region,
    }
