"""Those outside: the upstreams whose batches become ready, and the people or alarms that promote a Region.

When the active Region is taken for sick, the other one is promoted, by the code of the command `promote`. Two hours after it is
healthy again it is promoted again. Every half hour somebody lets batches run again that have failed, by the code of `rerun`.
Batches are started where the work is done just then, and an upstream that keeps rows in the other Region too; an upstream that
has failed is started anew five minutes later, and one in a Region that is gone for good once another is promoted.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final

from sfn_dsl.control.rows import FAILED
from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.proof.cast import Cast, batch_in
from sfn_dsl.proof.proof_world import ProofWorld
from sfn_dsl.proof.scenario import Scenario, Trouble
from sfn_dsl.proof.world_table import WorldTable
from sfn_dsl.publish.batch_row import row_of
from sfn_dsl.publish.promotion import promote, read_active
from sfn_dsl.publish.rerunning import plan_rerun, reset_row
from sfn_dsl.publish.table import table_regions
from sfn_dsl.region import LIVE
from sfn_dsl.simulate.running.thread import Run, Steps
from sfn_dsl.simulate.running.troubles import Observation
from sfn_dsl.simulate.services.dynamodb_values import Item
from sfn_dsl.simulate.services.service_error import ServiceError

__all__ = ["Operations"]

_BACK_AFTER: Final = 7200.0
_AGAIN_AFTER: Final = 300.0
_PATIENCE: Final = 60.0
_RERUN_EVERY: Final = 1800.0
_MOST_ATTEMPTS: Final = 5
_GLANCE: Final = 0.05


class Operations:
    """What goes on around the machines of a world. `active`: where the work is done, as people see it; `epoch`: how often that has
    changed; `reruns`: batches that failed and that somebody has set to READY again."""

    def __init__(self, world: ProofWorld, cast: Cast, scenario: Scenario) -> None:
        self.world = world
        self.cast = cast
        self.scenario = scenario
        self.home = self.active = world.deployment.active
        self.epoch = 0
        self.reruns = 0
        self._sick: set[str] = set()

    def begin(self) -> None:
        """Let it all happen from now on."""
        scenario, world = self.scenario, self.world
        again = dict(scenario.republished)
        for number, time in enumerate(scenario.batches):
            world.env.process(self._batch(number, time))
            if number in again:
                world.env.process(self._batch(number, time + again[number]))
        world.observers.append(self._observe)
        match scenario.trouble:
            case Trouble.DOWN:
                world.stop_region(self.home, after=scenario.begin, lasting=scenario.lasting)
            case Trouble.GONE:
                world.stop_region(self.home, after=scenario.begin)
            case Trouble.ISOLATED:
                world.isolate_region(self.home, after=scenario.begin, lasting=scenario.lasting)
            case Trouble.FALSE_ALARM:
                world.false_alarm(self.home, after=scenario.begin, lasting=scenario.lasting)
            case Trouble.NONE:
                pass
        world.env.process(self._rerun() if self.cast.controlled else self._restart())

    # Upstream

    def _batch(self, number: int, time: float) -> Steps:
        world = self.world
        yield world.env.timeout(time)
        died = False
        while True:
            run = self._start(number, self.active)
            peer = world.deployment.peer(self.active)
            if self.cast.upstream_stages and world.deployment.gated and peer is not None:
                # Its schedule calls it in both Regions; the passive one parks the batch.
                self._start(number, peer)
            if number in self.scenario.dying and not died:
                died = True
                world.env.process(self._kill(run))
            while run.status == "RUNNING":
                # An upstream in a Region that is gone never ends; one that only stands still goes on by itself.
                gone = self.scenario.trouble is Trouble.GONE and run.machine.region.stopped is not None
                if gone and self.active != run.machine.region.name:
                    break
                yield run.done | world.env.timeout(_AGAIN_AFTER)
            if run.status == "SUCCEEDED":
                return
            yield world.env.timeout(_AGAIN_AFTER)

    def _start(self, number: int, region: str) -> Run:
        world = self.world
        place = world.place(region)
        arn = f"arn:aws:states:{place.name}:{world.account}:stateMachine:{self.cast.upstream}:{LIVE}"
        return world.start(world.machines[arn], self.cast.input_of(number))

    def _kill(self, run: Run) -> Steps:
        """Abort an upstream between its last work and the states that tell of its batch."""
        while run.status == "RUNNING" and not any(
            visit.state == self.cast.sealing and visit.end is not None for visit in run.visits
        ):
            yield self.world.env.timeout(_GLANCE)
        self.world.stop(run, "Killed", "The upstream dies before it has told of its batch.")

    # Promotion

    def _observe(self, observation: Observation) -> None:
        if observation.healthy:
            self._sick.discard(observation.region)
        else:
            self._sick.add(observation.region)
        peer = self.world.deployment.peer(self.home)
        if peer is None or observation.region != self.home:
            return
        self.world.env.process(self._back() if observation.healthy else self._promote(peer))

    def _back(self) -> Steps:
        yield self.world.env.timeout(_BACK_AFTER)
        if self.home not in self._sick:
            yield from self._promote(self.home)

    def _promote(self, region: str) -> Steps:
        """Make a Region the active one, as the command does; tried each minute until it is done."""
        world = self.world
        while world.deployment.gated and not self._written(region, functools.partial(self._set_active, region)):
            yield world.env.timeout(_PATIENCE)
        self.epoch += 1
        self.active = region

    def _set_active(self, region: str, table: WorldTable) -> None:
        before = read_active(table, self.world.deployment)
        promote(table, before, region, by="proof", reason=self.scenario.trouble.value, now=self.world.now_ms)

    def _written(self, region: str, change: Callable[[WorldTable], object]) -> bool:
        """Change the control table as it is reached for work in a Region; whether a copy took the change."""
        for there in table_regions(self.world.deployment, region):
            try:
                change(WorldTable(self.world, region, there))
            except (ServiceError, EnvironmentFault):
                continue
            return True
        return False

    # Batches that have failed

    def _rerun(self) -> Steps:
        """People look at what has failed, and let it run again."""
        world = self.world
        while True:
            yield world.env.timeout(_RERUN_EVERY)
            table = world.control_table(self.active)
            failed = [] if table is None else [item for item in table.items.values() if self._failed(item)]
            for item in failed:
                self.reruns += self._written(self.active, functools.partial(self._reset, item))

    def _restart(self) -> Steps:
        """Without rows people go by the alert of an execution: they start it again, unless another has done the batch."""
        world = self.world
        while True:
            yield world.env.timeout(_RERUN_EVERY)
            runs = [run for run in world.runs.values() if run.machine.name == self.cast.downstream]
            good = {batch_in(run.input) for run in runs if run.status in ("RUNNING", "SUCCEEDED")}
            failed = {batch_in(run.input): run for run in runs}
            for batch, run in failed.items():
                if batch not in good and run.machine.region.stopped is None:
                    world.start(run.machine, run.input)
                    self.reruns += 1

    def _failed(self, item: Item) -> bool:
        """Whether a row is that of a batch which has failed, not so often that people have given it up."""
        queues = (f"{FAILED}#{self.cast.upstream}", f"{FAILED}#{self.cast.downstream}")
        return "queue" in item and str(item["queue"]["S"]) in queues and int(item["attempt"]["N"]) < _MOST_ATTEMPTS

    def _reset(self, item: Item, table: WorldTable) -> None:
        row = row_of(str(item["pipeline"]["S"]), str(item["batch_id"]["S"]), item)
        stages = self.cast.upstream_stages if row.pipeline == self.cast.upstream else list(self.cast.stages)
        now = self.world.now_ms
        reset_row(table, plan_rerun(row, stages, now=now), now=now)
