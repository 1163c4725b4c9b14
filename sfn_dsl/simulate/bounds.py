"""Where a simulation is stopped that does not end by itself."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_dsl.errors import SfnError

__all__ = ["Bounds", "BoundsExceeded"]


class BoundsExceeded(SfnError):
    """The simulation did not end within its bounds: most likely a loop without an end."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a simulation may go on: state transitions in all, and virtual seconds from the start of the world."""

    transitions: int = 1_000_000
    seconds: float = 400 * 86_400.0
