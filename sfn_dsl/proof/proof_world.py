"""A world in which a sweep that can do nothing is passed over instead of interpreted.

Most of two days is sweeps that find nothing. One is passed over only when it would find nothing to start from its first query to
its last, and nothing else in the world happens before it would have ended; so the world goes on exactly as it would have. Ids come
from a source of their own, so that a sweep that is passed over takes nothing from the world's chance.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any, Final

from sfn_dsl.asl.model import Json
from sfn_dsl.control.rows import ACTIVE_KEY, PARKED, READY, RUNNING, WATCHED
from sfn_dsl.deployment import Deployment
from sfn_dsl.simulate.bounds import Bounds
from sfn_dsl.simulate.place import Place
from sfn_dsl.simulate.running.thread import Run
from sfn_dsl.simulate.services.dynamodb_table import Table
from sfn_dsl.simulate.services.dynamodb_values import Item
from sfn_dsl.simulate.services.service_error import ServiceError
from sfn_dsl.simulate.world import Deployed, World

__all__ = ["ProofWorld"]

_SWEEPER: Final = "-sweeper"
_SWEEP_SECONDS: Final = 2.0
"""More than a sweep takes that starts nothing: at most eight calls of 0.2 s."""
_AGE_MS: Final = 300_000
"""READY rows younger than this are left alone by a sweep."""
_ACTIVE: Final = (ACTIVE_KEY["pk"]["S"], ACTIVE_KEY["sk"]["S"])
_TRANSITIONS: Final = 2_000_000


class ProofWorld(World):
    """A world of a deployment. `interpreted`: every sweep is interpreted. `skipped`: sweeps that were passed over.

    Other parameters are those of World.
    """

    def __init__(self, deployment: Deployment, *, seed: int, interpreted: bool = False, **options: Any) -> None:
        # The parts of a world ask for ids while it is made.
        self._ids = random.Random(f"ids {seed}")
        self.deployment = deployment
        self.interpreted = interpreted
        self.skipped = 0
        super().__init__(seed=seed, bounds=Bounds(transitions=_TRANSITIONS), strict=False, **options)

    def uuid(self) -> str:
        """A version 4 UUID from the seed."""
        return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    def start(self, machine: Deployed, input: Json = None, *, name: str | None = None, arn: str | None = None) -> Run:
        """Start an execution; of a sweep that can do nothing, one that has ended."""
        if self.interpreted or not machine.name.endswith(_SWEEPER) or not self._idle(machine):
            return super().start(machine, input, name=name, arn=arn)
        self.skipped += 1
        run = Run(self, machine, machine.program, f"{machine.arn}:passed-over", "passed-over", input, 0.0, machine.type)
        run.status, run.stop, run.duration = "SUCCEEDED", self.now, 0.0
        return run

    def control_table(self, region: str) -> Table | None:
        """The control table as a Region reaches it at the first attempt; None where it does not answer."""
        reach = self.deployment.reached_from(region)
        place = self.place(region)
        there = place if reach.direct else self.place(reach.regions[0])
        table = there.dynamodb.tables.get(self.deployment.table)
        if table is None or not self.reachable(place, there):
            return None
        try:
            if table.admit is not None:
                table.admit(there.name, writes=False)
        except ServiceError:
            return None
        return table

    def active_region(self, table: Table) -> str:
        """The Region that a copy of the control table takes for the active one."""
        item = table.items.get(_ACTIVE)
        return self.deployment.active if item is None else str(item["region"]["S"])

    def _idle(self, machine: Deployed) -> bool:
        place: Place = machine.region
        if self.env.peek() <= self.env.now + _SWEEP_SECONDS or place.stopped is not None:
            return False
        table = self.control_table(place.name)
        # The first sweep writes down that it has looked.
        if table is None or (f"PIPE#{machine.name.removesuffix(_SWEEPER)}", WATCHED) not in table.items:
            return False
        if self.deployment.gated and self.active_region(table) != place.name:
            return True
        waits = self._waits(machine.name.removesuffix(_SWEEPER), place)
        return not any(waits(item) for item in table.items.values())

    def _waits(self, pipeline: str, place: Place) -> Callable[[Item], bool]:
        """Whether a sweep that begins now might start something for a row, or would if the row stays as it is."""
        ready, running, parked = (f"{status}#{pipeline}" for status in (READY, RUNNING, PARKED))
        latest = place.clock.now_ms + 1000 * _SWEEP_SECONDS

        def waits(item: Item) -> bool:
            queue = item["queue"]["S"] if "queue" in item else ""
            if queue == ready:
                return float(item["updated_at"]["N"]) <= latest - _AGE_MS
            if queue == running:
                return float(item["lease_until"]["N"]) < latest
            return bool(queue == parked and self.deployment.gated)

        return waits
