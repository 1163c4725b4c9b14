"""`Deployment`: which Region works, which stands by, and what keeps the two from doing the same work twice.

    Deployment(active="us-east-1", passive="us-west-1", gate="arbiter",
               arbiter=Arbiter(replicas=("us-east-1", "us-west-2"), witness="us-east-2"))

Gates:

- `none`: a claim per batch, no active Region. Right for a single Region; with two, each runs every batch that reaches it.
- `mrec-manual`: an `ACTIVE` flag and claims in an eventually consistent global table. A passive Region parks; a person promotes it
  after fencing off the other one.
- `arbiter`: flag, claims, leases and fences in a strongly consistent global table. Safe with automatic promotion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sfn_dsl.span import NOWHERE, Span

__all__ = ["FORWARDS", "GATES", "MRSC_SETS", "Arbiter", "Deployment", "Reach"]

GATES: Final = ("none", "mrec-manual", "arbiter")
FORWARDS: Final = ("always", "on-failure", "never")
MRSC_SETS: Final = (
    frozenset({"us-east-1", "us-east-2", "us-west-2"}),
    frozenset({"eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"}),
    frozenset({"ap-northeast-1", "ap-northeast-2", "ap-northeast-3"}),
)
"""Regions among which DynamoDB keeps a table strongly consistent (Developer Guide, `V2globaltables_HowItWorks`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arbiter:
    """Where the strongly consistent control table lives: three Regions of one set, two with replicas and one witness, or three
    replicas. The first replica owns the table's template."""

    replicas: tuple[str, ...]
    witness: str | None = None

    @property
    def regions(self) -> tuple[str, ...]:
        """All its Regions."""
        return (*self.replicas, self.witness) if self.witness else self.replicas


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How a Region reaches the control table: `direct`ly, or through the bridge function, which tries `regions` in order."""

    direct: bool
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Active and passive Region, and the names of what all pipelines share. Without a `passive` Region there is only one.

    `forward`: whether events go to the peer Region's bus: `always`, `on-failure` (by a function that looks whether this Region
    works) or `never`. `endpoint`: a global endpoint in front of both buses, which needs the ARN of a Route 53 health check.
    `sweep_minutes`: how often each Region looks for batches that nobody works on, 1 to 60. `lease_margin_seconds`: what a lease
    lasts beyond the time-outs of the stage it covers. `events`: prefix of the source of events, such as `com.acme.etl`.
    `rule_source_arn`: trust policies of rules name the rules in `aws:SourceArn`, which AWS does not document; False leaves the
    condition out. `span`: where it says whether events are forwarded, or anything at all.
    """

    active: str
    passive: str | None = None
    gate: str = "none"
    forward: str = "always"
    arbiter: Arbiter | None = None
    reach: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    table: str = "etl-control"
    bus: str = "etl"
    events: str = "sfn-dsl"
    alert_topic: str = "etl-alerts"
    endpoint: str = ""
    sweep_minutes: int = 5
    lease_margin_seconds: int = 300
    rule_source_arn: bool = True
    span: Span = field(default=NOWHERE, repr=False, compare=False)

    @property
    def regions(self) -> tuple[str, ...]:
        """The active Region, then the passive one."""
        return (self.active, self.passive) if self.passive else (self.active,)

    @property
    def gated(self) -> bool:
        """Whether only the active Region may claim."""
        return self.gate != "none"

    def peer(self, region: str) -> str | None:
        """The other Region."""
        return next((other for other in self.regions if other != region), None) if region in self.regions else None

    @property
    def replicas(self) -> tuple[str, ...]:
        """Regions that hold a copy of the control table; the first one's template owns it."""
        if self.gate == "arbiter" and self.arbiter is not None:
            return self.arbiter.replicas
        return self.regions

    def reached_from(self, region: str) -> Reach:
        """How the control table is reached from a Region. A bridge tries the replica that is not the active Region first, because
        it is needed most when the active one is in trouble; `reach` says otherwise."""
        replicas = self.replicas
        if region in replicas:
            return Reach(direct=True)
        ordered = self.reach.get(region) or tuple(sorted(replicas, key=lambda replica: replica == self.active))
        return Reach(direct=False, regions=ordered)

    @property
    def bridge(self) -> str:
        """Name of the function that reaches the table from a Region without a replica."""
        return f"{self.table}-bridge"

    @property
    def closer(self) -> str:
        """Name of the machine that closes the rows of executions that ended without doing it themselves."""
        return f"{self.bus}-run-closer"
