"""The ways to let two Regions work that are compared: each a deployment of our own, with triggers of our own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sfn_dsl.deployment import Arbiter, Deployment
from sfn_dsl.proof.artefacts import Artefacts, artefacts_of
from sfn_dsl.proof.example import example
from sfn_dsl.triggers.event_lambda import EventLambda
from sfn_dsl.triggers.event_rule import EventRule
from sfn_dsl.triggers.trigger import Trigger

__all__ = ["ACTIVE", "PASSIVE", "STRATEGIES", "Strategy", "arbiter_of"]

ACTIVE: Final = "us-east-1"
PASSIVE: Final = "us-west-1"
_ARBITER: Final = Arbiter(replicas=("us-east-1", "us-west-2"), witness="us-east-2")
_REACH: Final = {"us-west-1": ("us-west-2", "us-east-1")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """`title`: in words. `control`: whether the pipeline has a control row. `new_names`: a redelivered event starts an execution of
    another name, as AWS allows; without it the name is made of the event's id, as is seen on AWS."""

    name: str
    title: str
    deployment: Deployment
    trigger: Callable[[], Trigger] = EventRule
    control: bool = False
    new_names: bool = True

    def artefacts(self) -> Artefacts:
        """What is deployed for the example."""
        return artefacts_of(*example([self.trigger()], control=self.control), self.deployment)


def arbiter_of() -> Deployment:
    """The recommended deployment: flag, claims and fences in a table that three Regions keep consistent."""
    return Deployment(active=ACTIVE, passive=PASSIVE, gate="arbiter", arbiter=_ARBITER, reach=_REACH)


def _both(gate: str = "none", forward: str = "always") -> Deployment:
    return Deployment(active=ACTIVE, passive=PASSIVE, gate=gate, forward=forward)


_ALONE: Final = Deployment(active=ACTIVE)
_ALL: Final = (
    Strategy(name="single", title="single Region, nothing against doubles", deployment=_ALONE),
    Strategy(
        name="single-event-name", title="single Region, execution name from the event's id", deployment=_ALONE, new_names=False
    ),
    Strategy(
        name="single-batch-name", title="single Region, execution name from the batch", deployment=_ALONE, trigger=EventLambda
    ),
    Strategy(name="forward", title="always forward, no gate", deployment=_both()),
    Strategy(name="forward-name", title="always forward, execution name from the batch", deployment=_both(), trigger=EventLambda),
    Strategy(
        name="on-failure",
        title="forward on failure, execution name from the batch",
        deployment=_both(forward="on-failure"),
        trigger=EventLambda,
    ),
    Strategy(name="mrec-claim", title="always forward, claim in an eventually consistent table", deployment=_both(), control=True),
    Strategy(
        name="mrec-flag",
        title="active flag, claim and parking in an eventually consistent table, promoted automatically",
        deployment=_both("mrec-manual"),
        control=True,
    ),
    Strategy(
        name="arbiter", title="arbiter: strongly consistent claim, lease, parking, sweeper", deployment=arbiter_of(), control=True
    ),
)
STRATEGIES: Final[Mapping[str, Strategy]] = {one.name: one for one in _ALL}
