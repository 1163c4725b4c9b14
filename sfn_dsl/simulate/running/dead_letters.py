"""What becomes of an event that nobody took: a message in a dead-letter queue, or an entry in the world's list of losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfn_dsl.region import parse_arn

if TYPE_CHECKING:
    from sfn_dsl.simulate.world import World

__all__ = ["DeadLetter", "bury"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An event that did not arrive.

    `source`: ARN of the rule, schedule or function that gave it up. `target`: ARN of who should have had it. `body`: the JSON text
    that a queue receives. `attributes`: texts by name. `time`: seconds since 1970.
    """

    source: str
    target: str
    body: str
    attributes: Mapping[str, str]
    time: float


def bury(world: World, letter: DeadLetter, queue: str | None) -> None:
    """Send a dead letter to a queue (ARN); without one, or where there is no such queue, `world.undelivered` keeps it."""
    arn = parse_arn(queue) if queue else None
    place = world.places.get(arn.region) if arn is not None else None
    found = place.sqs.queues.get(arn.resource) if arn is not None and place is not None else None
    if place is None or found is None:
        world.undelivered.append(letter)
        return
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in letter.attributes.items() if value}
    place.sqs.send(found, {"MessageBody": letter.body, "MessageAttributes": attributes}, world.now)
