"""Those outside: the upstreams whose batches become ready, and the people or alarms that promote a Region.

A Region that is taken for sick is demoted: by one conditional write of the `ACTIVE` item, made from the Region that is to work. Two
hours after it is healthy again it is promoted again. Batches are started where the work is done just then; an upstream that has failed
is started anew five minutes later, and one in a Region that is gone for good once another is promoted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sfn_dsl.control.rows import ACTIVE_KEY, FAILED, READY, RUN
from sfn_dsl.control.sweep import LIVE
from sfn_dsl.proof.cast import Cast
from sfn_dsl.proof.proof_world import ProofWorld
from sfn_dsl.proof.scenario import Scenario, Trouble
from sfn_dsl.simulate.clients import WorldClients
from sfn_dsl.simulate.running.thread import Run, Steps
from sfn_dsl.simulate.running.troubles import Observation
from sfn_dsl.simulate.services.service_error import ServiceError

__all__ = ["Operations", "batch_name"]

_BACK_AFTER: Final = 7200.0
_AGAIN_AFTER: Final = 300.0
_PATIENCE: Final = 60.0
_RERUN_EVERY: Final = 1800.0


def batch_name(number: int) -> str:
    """The business key of a batch."""
    return f"batch-{number:04d}"


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
        if world.deployment.table in self._tables():
            world.env.process(self._rerun())

    def _tables(self) -> set[str]:
        return {name for region in self.world.deployment.replicas for name in self.world.place(region).dynamodb.tables}

    # Upstream

    def _batch(self, number: int, time: float) -> Steps:
        world = self.world
        yield world.env.timeout(time)
        while True:
            run = self._start(number)
            while run.status == "RUNNING":
                # An upstream in a Region that is gone never ends; one that only stands still goes on by itself.
                gone = self.scenario.trouble is Trouble.GONE and run.machine.region.stopped is not None
                if gone and self.active != run.machine.region.name:
                    break
                yield run.done | world.env.timeout(_AGAIN_AFTER)
            if run.status == "SUCCEEDED":
                return
            yield world.env.timeout(_AGAIN_AFTER)

    def _start(self, number: int) -> Run:
        world = self.world
        place = world.place(self.active)
        arn = f"arn:aws:states:{place.name}:{world.account}:stateMachine:{self.cast.upstream}:{LIVE}"
        return world.start(world.machines[arn], {**self.cast.input, "batch_id": batch_name(number)})

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
        while self.world.deployment.gated and not self._write(region, lambda client: self._set_active(client, region)):
            yield self.world.env.timeout(_PATIENCE)
        self.epoch += 1
        self.active = region

    def _set_active(self, client: Any, region: str) -> None:
        key = {"TableName": self.world.deployment.table, "Key": ACTIVE_KEY}
        item = client.get_item(**key, ConsistentRead=True).get("Item", {})
        expected = item.get("epoch", {"N": "0"})
        client.update_item(
            **key,
            UpdateExpression="SET #region = :region, epoch = :next, changed_at = :now",
            ConditionExpression="attribute_not_exists(pk) OR epoch = :expected",
            ExpressionAttributeNames={"#region": "region"},
            ExpressionAttributeValues={
                ":region": {"S": region},
                ":next": {"N": str(int(expected["N"]) + 1)},
                ":expected": expected,
                ":now": {"N": str(self.world.now_ms)},
            },
        )

    def _write(self, region: str, change: Callable[[Any], None]) -> bool:
        """Change the control table from a Region; whether some copy that it reaches took the change."""
        world = self.world
        reach = world.deployment.reached_from(region)
        for there in (region,) if reach.direct else reach.regions:
            try:
                change(WorldClients(world, world.place(region)).client("dynamodb", region_name=there))
            except ServiceError:
                continue
            return True
        return False

    # Batches that have failed

    def _rerun(self) -> Steps:
        """People look at what has failed, and let it run again: FAILED to READY, one attempt more."""
        world = self.world
        while True:
            yield world.env.timeout(_RERUN_EVERY)
            table = world.control_table(self.active)
            if table is None:
                continue
            for key, item in list(table.items.items()):
                if key[1] == RUN and item.get("status", {}).get("S") == FAILED:
                    self.reruns += self._write(self.active, lambda client, key=key, item=item: self._ready(client, key, item))

    def _ready(self, client: Any, key: tuple[str, str], item: Any) -> None:
        client.update_item(
            TableName=self.world.deployment.table,
            Key={"pk": {"S": key[0]}, "sk": {"S": key[1]}},
            UpdateExpression="SET #status = :ready, queue = :queue, attempt = attempt + :one, updated_at = :now",
            ConditionExpression="#status = :failed",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":ready": {"S": READY},
                ":queue": {"S": f"{READY}#{item['pipeline']['S']}"},
                ":failed": {"S": FAILED},
                ":one": {"N": "1"},
                ":now": {"N": str(self.world.now_ms)},
            },
        )
