"""Events on their way from a rule to a target: a machine, a queue, a topic, or a bus of another Region."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sfn_dsl.simulate.running.thread import Steps
from sfn_dsl.simulate.services.eventbridge import Delivery

if TYPE_CHECKING:
    from sfn_dsl.simulate.world import World

__all__ = ["deliver"]


def deliver(world: World, delivery: Delivery) -> Steps:
    """The process of a delivery: it takes the bus's latency and waits for a Region that stands still."""
    yield world.env.timeout(world.event_latency)
    arn = delivery.target.arn
    parts = arn.split(":")
    place = world.place(parts[3] or delivery.rule.arn.split(":")[3])
    while place.stopped is not None:
        yield place.stopped
    if arn in world.machines:
        world.start(world.machines[arn], json.loads(delivery.input))
    elif parts[2] == "sqs" and parts[-1] in place.sqs.queues:
        place.sqs.send(place.sqs.queues[parts[-1]], {"MessageBody": delivery.input}, world.now)
    elif parts[2] == "sns" and arn in place.sns.topics:
        place.sns.call("Publish", {"TopicArn": arn, "Message": delivery.input}, world.now)
    elif parts[2] == "events":
        place.events.receive(delivery.event, world.now, arn.rpartition("/")[2])
    else:
        world.undelivered.append(delivery)
