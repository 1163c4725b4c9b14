"""What can go wrong on the way from an upstream's last work to a pipeline's first stage, one thing at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_dsl.proof.scenario import Trouble

__all__ = ["MISHAPS", "Mishap"]

_QUIET: Final[Mapping[str, Any]] = {
    "batches": 4,
    "hours": 6.0,
    "aftermath": 14.0,
    "redelivered": 0.0,
    "republished": 0.0,
    "troubles": (Trouble.NONE,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """`title`: in words. `conditions`: options of `scenario_of`."""

    key: str
    title: str
    conditions: Mapping[str, Any]


def _mishap(key: str, title: str, **conditions: Any) -> Mishap:
    return Mishap(key=key, title=title, conditions={**_QUIET, **conditions})


def _stop(key: str, title: str, *strikes: float) -> Mishap:
    return _mishap(key, title, troubles=(Trouble.DOWN,), strikes=strikes)


MISHAPS: Final = (
    _mishap("event-lost", "every event is lost", lost=1.0),
    _mishap("event-doubled", "every event is delivered twice and sent twice", redelivered=1.0, republished=1.0),
    _mishap("target-throttled", "targets refuse seven calls of ten", throttled=0.7),
    _mishap("function-fails", "functions fail every other time", function_fails=0.5),
    _mishap("upstream-dies", "the upstream dies before it tells", dying=1.0),
    _stop("region-before", "the Region stops before the batch is ready", -600.0, -1.0),
    _stop("region-during", "the Region stops during the run", 5.0, 500.0),
    _stop("region-after", "the Region stops after the run", 3000.0, 3600.0),
)
