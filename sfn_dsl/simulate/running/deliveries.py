"""Events on their way from a rule to a target: a machine, a function, a queue, a topic, or another bus.

A target that is throttled, and a Region that does not answer, are tried again with exponential back-off and jitter, until the
target's attempts are used up or the event is too old. Every other refusal is final. Source: EventBridge User Guide, pages
`eb-rule-retry-policy`, `eb-rule-dlq` and `eb-cross-region`.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sfn_dsl.region import Arn, parse_arn
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.place import Place
from sfn_dsl.simulate.running.dead_letters import DeadLetter, bury
from sfn_dsl.simulate.running.thread import Steps
from sfn_dsl.simulate.services.eventbridge import Delivery
from sfn_dsl.simulate.services.service_error import ServiceError

if TYPE_CHECKING:
    from sfn_dsl.simulate.world import World

__all__ = ["deliver"]

# AWS says only that the back-off grows and is jittered; with this bound 185 tries take about a day.
_LONGEST_DELAY: Final = 600.0
_CODES: Final = {"ExecutionAlreadyExists": "RESOURCE_ALREADY_EXISTS"}


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a target did not take an event, in the words of dead letters; `again`: it is tried again."""

    code: str
    message: str
    again: bool = False


def deliver(world: World, delivery: Delivery, *, after: float = 0.0, renamed: bool = False) -> Steps:
    """The process of a delivery. `after`: seconds that it is late; `renamed`: an execution gets a name of its own."""
    yield world.env.timeout(after + world.draw(world.event_latency))
    target, home = delivery.target, world.place(delivery.rule.arn.split(":")[3])
    tries = 0
    condition = ""
    while True:
        yield from home.standstill()
        refusal = _hand_over(world, delivery, home, renamed=renamed)
        if refusal is None:
            return
        if not refusal.again:
            break
        if tries >= target.retry_attempts:
            condition = "MaximumRetryAttempts"
            break
        delay = min(_LONGEST_DELAY, 2.0**tries) * world.rng.uniform(0.5, 1.0)
        if world.now + delay - delivery.time > target.max_age:
            condition = "MaximumEventAgeInSeconds"
            break
        tries += 1
        yield world.env.timeout(delay)
    attributes = {
        "RULE_ARN": delivery.rule.arn,
        "TARGET_ARN": target.arn,
        "ERROR_CODE": refusal.code,
        "ERROR_MESSAGE": refusal.message,
        "EXHAUSTED_RETRY_CONDITION": condition,
        "RETRY_ATTEMPTS": str(tries),
    }
    letter = DeadLetter(
        source=delivery.rule.arn, target=target.arn, body=compact(delivery.event), attributes=attributes, time=world.now
    )
    bury(world, letter, target.dead_letter)


def _hand_over(world: World, delivery: Delivery, home: Place, *, renamed: bool) -> _Refusal | None:
    """One attempt; None when the target took the event."""
    arn = parse_arn(delivery.target.arn)
    place = world.places.get(arn.region) if arn is not None else None
    if arn is None or place is None or (place is not home and arn.service != "events"):
        return _missing(delivery)
    if not world.reachable(home, place):
        return _Refusal("TIMEOUT", f"The Region {place.name} did not answer.", again=True)
    if world.chances.throttles_at(world.env.now) or world.chance(world.chances.throttled):
        return _Refusal("THROTTLING", "Rate exceeded", again=True)
    try:
        return _take(world, delivery, arn, place, renamed=renamed)
    except ServiceError as error:
        return _Refusal(_CODES.get(error.code, "INVALID_PARAMETER"), error.message)


def _take(world: World, delivery: Delivery, arn: Arn, place: Place, *, renamed: bool) -> _Refusal | None:
    """Let the target have the event. Raises ServiceError."""
    target = delivery.target
    name = arn.resource.rpartition("/")[2]
    match arn.service:
        case "states" if target.arn in world.machines:
            machine = world.machines[target.arn]
            # A role's policy names the machine; its aliases are covered by that.
            if not _permitted(world, delivery, "states:StartExecution", machine.arn):
                return _denied(delivery, "states:StartExecution")
            try:
                value = json.loads(delivery.input)
            except json.JSONDecodeError as error:
                return _Refusal("INVALID_JSON", f"The input is no JSON: {error}")
            world.start(machine, value, name=_name(world, delivery, renamed=renamed))
        case "sqs" if arn.resource in place.sqs.queues:
            if not _permitted(world, delivery, "sqs:SendMessage", target.arn):
                return _denied(delivery, "sqs:SendMessage")
            place.sqs.send(place.sqs.queues[arn.resource], {"MessageBody": delivery.input}, world.now)
        case "sns" if target.arn in place.sns.topics:
            if not _permitted(world, delivery, "sns:Publish", target.arn):
                return _denied(delivery, "sns:Publish")
            place.sns.call("Publish", {"TopicArn": target.arn, "Message": delivery.input}, world.now)
        case "lambda" if (function := place.functions.find(target.arn)) is not None:
            if not _permitted(world, delivery, "lambda:InvokeFunction", function.arn):
                return _denied(delivery, "lambda:InvokeFunction")
            world.invoke(function, json.loads(delivery.input))
        case "events" if name in place.events.buses:
            if not _permitted(world, delivery, "events:PutEvents", target.arn):
                return _denied(delivery, "events:PutEvents")
            crosses = place.name != delivery.rule.arn.split(":")[3]
            # Recorded: a bus of another Region gives the event a new id and leaves it the Region that it came from.
            event = {**delivery.event, "id": world.uuid()} if crosses else delivery.event
            place.events.receive(event, world.now, name)
        case _:
            return _missing(delivery)
    return None


def _name(world: World, delivery: Delivery, *, renamed: bool) -> str:
    """The name of an execution: the event's id comes first; the rest tells the rule and target, so that a redelivery repeats it."""
    rest = world.uuid() if renamed else str(uuid.uuid5(uuid.NAMESPACE_URL, f"{delivery.rule.arn}#{delivery.target.id}"))
    return f"{delivery.event['id']}_{rest}" if "id" in delivery.event else world.uuid()


def _permitted(world: World, delivery: Delivery, action: str, resource: str) -> bool:
    return world.permits is None or world.permits(delivery.target.role_arn or delivery.rule.arn, action, resource)


def _denied(delivery: Delivery, action: str) -> _Refusal:
    principal = delivery.target.role_arn or delivery.rule.arn
    return _Refusal("NO_PERMISSIONS", f"{principal} is not authorized to perform {action} on {delivery.target.arn}")


def _missing(delivery: Delivery) -> _Refusal:
    return _Refusal("NO_RESOURCE", f"{delivery.target.arn} does not exist.")
