"""Pauses between questions while AWS works: short ones first."""

from __future__ import annotations

import time
from collections.abc import Iterator

__all__ = ["pauses"]


def pauses() -> Iterator[None]:
    """Give control at once, then after half a second, and more and more rarely down to once in five seconds; never ends."""
    seconds = 0.5
    while True:
        yield
        time.sleep(seconds)
        seconds = min(seconds * 1.25, 5.0)
