"""How often events go astray between services: probabilities that a world draws from its seed.

Source of what can happen: EventBridge User Guide, pages `eb-rule-retry-policy` and `eb-events`; Lambda Developer Guide,
`invocation-async-error-handling`.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Chances"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """Probabilities from 0 (the default) to 1, each drawn anew for each event, delivery or attempt.

    `lost`: a bus takes an event and no rule sees it; `status_lost`: the same for events of Step Functions itself.
    `redelivered`: a delivery happens twice, with the same event and id, within `redelivered_within` seconds (default 900).
    `new_names`: a redelivered event starts an execution of another name; without it the name stays and the second start is
    refused, as seen on AWS, which does not promise it. `throttled`: a target refuses an attempt; `throttled_between`: windows in
    which it always does, in seconds since the world began. `doubled`: an asynchronous invocation of a function happens twice.
    Raises ValueError for what is no probability.
    """

    lost: float = 0.0
    status_lost: float = 0.0
    redelivered: float = 0.0
    redelivered_within: float = 900.0
    new_names: bool = False
    throttled: float = 0.0
    throttled_between: tuple[tuple[float, float], ...] = ()
    doubled: float = 0.0

    def __post_init__(self) -> None:
        for name in ("lost", "status_lost", "redelivered", "throttled", "doubled"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a probability from 0 to 1")
        if self.redelivered_within < 0:
            raise ValueError("redelivered_within is a number of seconds of at least 0")

    def throttles_at(self, time: float) -> bool:
        """Whether a time, in seconds since the world began, lies in one of the windows."""
        return any(begin <= time < end for begin, end in self.throttled_between)
