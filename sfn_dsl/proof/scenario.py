"""What happens to two Regions and to the batches of two days: drawn from a seed, the same each time."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum
from typing import Final

__all__ = ["AFTERMATH", "HOURS", "Scenario", "Trouble", "scenario_of"]

HOURS: Final = 48.0
AFTERMATH: Final = 16.0
_HOUR: Final = 3600.0


class Trouble(Enum):
    """What befalls the active Region.

    DOWN: it stands still and goes on later. ISOLATED: it works, alone. FALSE_ALARM: nothing, but it is taken for sick. GONE: it
    stands still for good.
    """

    NONE = "none"
    DOWN = "down"
    ISOLATED = "isolated"
    FALSE_ALARM = "false alarm"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Seconds since the world began, and probabilities.

    `batches`: when each batch is ready. `republished`: batches whose event is sent a second time, by number, with the seconds
    until then. `dying`: batches whose upstream is killed before it tells of them, by number. `begin` and `lasting`: of the trouble.
    `redelivered`: how often a bus delivers twice, within 15 minutes; `new_names`: whether that starts an execution of another name.
    `lost`: how often a bus loses an event. `throttled`: how often a target refuses. `function_fails`: how often a function of the
    deployment fails. `lost_answers`: how often the control table acts and its answer is lost. `end`: when the world is looked at.
    """

    seed: int
    batches: tuple[float, ...]
    republished: tuple[tuple[int, float], ...]
    dying: frozenset[int]
    trouble: Trouble
    begin: float
    lasting: float
    redelivered: float
    new_names: bool
    lost: float
    throttled: float
    lost_answers: float
    function_fails: float
    end: float


def scenario_of(
    seed: int,
    *,
    batches: int = 60,
    hours: float = HOURS,
    troubles: tuple[Trouble, ...] = (Trouble.DOWN, Trouble.ISOLATED, Trouble.FALSE_ALARM, Trouble.NONE),
    redelivered: float = 0.05,
    republished: float = 0.05,
    new_names: bool = True,
    lost: float = 0.0,
    throttled: float = 0.0,
    lost_answers: float = 0.0,
    function_fails: float = 0.0,
    dying: float = 0.0,
    strikes: tuple[float, float] | None = None,
    aftermath: float = AFTERMATH,
) -> Scenario:
    """A scenario: batches at random times, one trouble of those named, 10 minutes to 10 hours long (a false alarm: to 2 hours),
    beginning where batches still come. `strikes`: the trouble begins so many seconds after some batch is ready, drawn from a pair.
    `aftermath`: hours until the world is looked at."""
    chance = random.Random(f"scenario {seed}")
    times = sorted(chance.uniform(0, hours * _HOUR) for _ in range(batches))
    again = tuple((number, chance.uniform(1, 900)) for number in range(batches) if chance.random() < republished)
    trouble = troubles[seed % len(troubles)]
    begin = chance.uniform(0.02, 0.8) * hours * _HOUR
    if strikes is not None:
        begin = chance.choice(times[: len(times) // 2 + 1]) + chance.uniform(*strikes)
    lasting = chance.uniform(600, 2 * _HOUR if trouble is Trouble.FALSE_ALARM else 10 * _HOUR)
    return Scenario(
        seed=seed,
        batches=tuple(times),
        republished=again,
        trouble=trouble,
        begin=begin,
        lasting=lasting,
        dying=frozenset(number for number in range(batches) if dying > 0 and chance.random() < dying),
        function_fails=function_fails,
        redelivered=redelivered,
        new_names=new_names,
        lost=lost,
        throttled=throttled,
        lost_answers=lost_answers,
        end=(hours + aftermath) * _HOUR,
    )
