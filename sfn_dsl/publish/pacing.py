"""Time: waiting, and no more calls than a service takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Clock", "Pace"]

_BUCKET: Final = 100.0
_PER_SECOND: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What time is: `now` in seconds from some beginning, `sleep` for some seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(slots=True, kw_only=True)
class Pace:
    """How fast state machines may be made and changed: 100 calls at once, then one a second, per operation and Region."""

    clock: Clock
    left: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    def wait(self, region: str, operation: str) -> None:
        """Wait until a call is allowed, and count it."""
        now = self.clock.now()
        tokens, since = self.left.get((region, operation), (_BUCKET, now))
        tokens = min(_BUCKET, tokens + (now - since) * _PER_SECOND) - 1
        if tokens < 0:
            self.clock.sleep(-tokens / _PER_SECOND)
        self.left[region, operation] = (tokens, now)
