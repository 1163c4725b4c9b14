"""The clock of a Region that is fast or slow: what expressions and functions there take for the time."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sfn_dsl.simulate.surroundings import Surroundings

__all__ = ["SkewedClock"]


class SkewedClock:
    """A world's time and chance, its time shifted by so many seconds (positive: fast)."""

    __slots__ = ("_world", "skew")

    def __init__(self, world: Surroundings, skew: float) -> None:
        self._world = world
        self.skew = skew

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self._world.now + self.skew

    @property
    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return round(self.now * 1000)

    def uuid(self) -> str:
        """A version 4 UUID from the world's seed."""
        return self._world.uuid()

    def random(self) -> random.Random:
        """The world's source of chance."""
        return self._world.rng
