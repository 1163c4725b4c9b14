"""What executions run in: one virtual clock, one source of chance, and Regions with what can befall them."""

from __future__ import annotations

import random
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import simpy

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.clock import timestamp
from sfn_dsl.simulate.mocks.chances import Chances
from sfn_dsl.simulate.place import Place, Trouble
from sfn_dsl.simulate.running.replication import eventual_table, strong_table
from sfn_dsl.simulate.running.troubles import Observation, befall, mistake
from sfn_dsl.simulate.services.dynamodb_table import Table
from sfn_dsl.simulate.services.eventbridge import Delivery
from sfn_dsl.simulate.services.functions import Function
from sfn_dsl.simulate.services.s3 import S3

__all__ = ["Surroundings"]


class Surroundings(ABC):
    """Time, chance and Regions; who brings events to machines is left open.

    `start`: seconds since 1970. `detection`: seconds until `observers` hear of a trouble. `clock_skew`: seconds by Region.
    """

    def __init__(
        self,
        *,
        start: float,
        seed: int,
        account: str,
        detection: float | tuple[float, float],
        clock_skew: Mapping[str, float],
        chances: Chances,
    ) -> None:
        # The clock counts from 0: whole seconds stay exact, which they would not beside 1.7e9.
        self.env = simpy.Environment()
        self.begin = start
        self.rng = random.Random(seed)
        self.account = account
        self.detection = detection
        self.clock_skew = clock_skew
        self.chances = chances
        self.s3 = S3(uuid=self.uuid)
        self.places: dict[str, Place] = {}
        self.global_tables: set[str] = set()
        self.observers: list[Callable[[Observation], None]] = []
        """Called with what they take for the state of a Region, each time that changes."""

    @abstractmethod
    def deliver(self, delivery: Delivery) -> None:
        """Bring an event to a rule's target."""

    @abstractmethod
    def invoke(self, function: Function, event: Json) -> None:
        """Invoke a function asynchronously."""

    @abstractmethod
    def plan(self, place: Place, schedule: str) -> None:
        """Let a schedule of a Region fire in its time."""

    # Time and chance

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self.begin + self.env.now

    @property
    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return round(self.now * 1000)

    def timestamp(self) -> str:
        """The time as AWS writes it."""
        return timestamp(self.now)

    def uuid(self) -> str:
        """A version 4 UUID from the world's seed."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def random(self) -> random.Random:
        """The world's source of chance."""
        return self.rng

    def chance(self, probability: float) -> bool:
        """Whether something happens; nothing is drawn for what never does."""
        return probability > 0 and self.rng.random() < probability

    def draw(self, seconds: float | tuple[float, float]) -> float:
        """Seconds, drawn from a pair."""
        return self.rng.uniform(*seconds) if isinstance(seconds, tuple) else seconds

    def loses_event(self) -> bool:
        """Whether a bus loses the event that it has just taken."""
        return self.chance(self.chances.lost)

    # Regions

    def place(self, region: str) -> Place:
        """A Region of the world; it is made when it is first asked for."""
        if region not in self.places:
            self.places[region] = Place(region, self)
        return self.places[region]

    def stop_region(self, region: str, *, after: float = 0.0, lasting: float | None = None) -> None:
        """Let a Region stand still after so many seconds, for so many seconds (None: for good); what runs there goes on later."""
        self.env.process(befall(self, self.place(region), Trouble.STOPPED, after, lasting))

    def isolate_region(self, region: str, *, after: float = 0.0, lasting: float | None = None) -> None:
        """Cut a Region off from the others after so many seconds, for so many seconds (None: for good); it works on, alone."""
        self.env.process(befall(self, self.place(region), Trouble.ISOLATED, after, lasting))

    def false_alarm(self, region: str, *, after: float = 0.0, lasting: float | None = None) -> None:
        """Let the observers take a Region for sick that is not, after so many seconds, for so many seconds (None: for good)."""
        self.env.process(mistake(self, self.place(region), after, lasting))

    def healthy(self, region: str) -> bool:
        """Whether a Region neither stands still nor is cut off. This is the truth, which nobody in the world can ask for."""
        return self.place(region).trouble is None

    def reachable(self, one: Place, other: Place) -> bool:
        """Whether a call from one Region gets to another, or to itself."""
        if one.stopped is not None or other.stopped is not None:
            return False
        return one is other or (one.isolated is None and other.isolated is None)

    def global_table(
        self,
        name: str,
        keys: Sequence[str],
        regions: Sequence[str],
        *,
        consistency: Literal["EVENTUAL", "STRONG"] = "EVENTUAL",
        witness: str | None = None,
        indexes: Mapping[str, tuple[str, str | None]] = MappingProxyType({}),
        key_types: Mapping[str, str] = MappingProxyType({}),
        lag: float = 1.0,
        conflicts: float = 0.0,
    ) -> dict[str, Table]:
        """A DynamoDB table in several Regions; the tables by Region. `keys`: the partition key and perhaps a sort key.

        EVENTUAL: changes reach the other Regions after a lag of about `lag` seconds. STRONG: one table of three members, Regions
        and at most one `witness`; `conflicts` is the probability that a write meets another. Raises ValueError.
        """
        self.global_tables.add(name)
        if consistency == "EVENTUAL":
            return eventual_table(self, name, keys, regions, lag=lag, indexes=indexes, key_types=key_types)
        return strong_table(self, name, keys, regions, witness=witness, conflicts=conflicts, indexes=indexes, key_types=key_types)
