"""What befalls Regions: they stand still, or are cut off from the others; and who hears of it, and when.

A Region that stands still freezes what runs in it; all goes on where it was when the Region returns. A Region that is cut off works
on, alone: calls, events and replication to and from other Regions fail or wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfn_dsl.simulate.place import Place, Trouble
from sfn_dsl.simulate.running.thread import Steps

if TYPE_CHECKING:
    from sfn_dsl.simulate.surroundings import Surroundings

__all__ = ["Observation", "befall", "mistake", "reunion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What an observer takes a Region for from now on. `time`: seconds since 1970. It may be wrong."""

    region: str
    healthy: bool
    time: float


def befall(world: Surroundings, place: Place, trouble: Trouble, after: float, lasting: float | None) -> Steps:
    """The process of a trouble: it begins after so many seconds and lasts so long (None: for good)."""
    if after > 0:
        yield world.env.timeout(after)
    event = world.env.event()
    place.begin(trouble, event)
    if world.observers:
        world.env.process(_noticed(world, place))
    if lasting is not None:
        yield world.env.timeout(lasting)
        place.end(trouble, event)
        event.succeed()


def _noticed(world: Surroundings, place: Place) -> Steps:
    """Tell the observers when the trouble has lasted for the time of detection; and, as late, when it is over."""
    yield world.env.timeout(world.draw(world.detection))
    if world.healthy(place.name):
        return
    _tell(world, place, healthy=False)
    while (trouble := place.trouble) is not None:
        yield trouble
    yield world.env.timeout(world.draw(world.detection))
    if world.healthy(place.name):
        _tell(world, place, healthy=True)


def mistake(world: Surroundings, place: Place, after: float, lasting: float | None) -> Steps:
    """The process of a false alarm: observers take a Region for sick after so many seconds, for so long (None: for good)."""
    if after > 0:
        yield world.env.timeout(after)
    _tell(world, place, healthy=False)
    if lasting is not None:
        yield world.env.timeout(lasting)
        if world.healthy(place.name):
            _tell(world, place, healthy=True)


def _tell(world: Surroundings, place: Place, *, healthy: bool) -> None:
    """Tell the observers what they do not know yet."""
    if place.observed == healthy:
        return
    place.observed = healthy
    observation = Observation(region=place.name, healthy=healthy, time=world.now)
    for observer in list(world.observers):
        observer(observation)


def reunion(world: Surroundings, one: Place, other: Place) -> Steps:
    """Wait until one Region reaches another."""
    while not world.reachable(one, other):
        trouble = one.trouble or other.trouble
        if trouble is not None:
            yield trouble
