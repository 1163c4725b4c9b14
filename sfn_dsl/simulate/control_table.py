"""The control table of a pipeline that is simulated by itself: it is there, its Region is active, and the bridge works."""

from __future__ import annotations

from sfn_dsl.asl.model import Json
from sfn_dsl.control.rows import ACTIVE_KEY, BY_EXECUTION, BY_QUEUE, READY, RUNNING, run_key
from sfn_dsl.region import Target
from sfn_dsl.simulate.clients import WorldClients
from sfn_dsl.simulate.handlers import load_handler
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.world import World
from sfn_dsl.stacks.shared_stack import bridge_source

__all__ = ["provide_control_table"]

_OFTEN = 1_000_000
_INDEXES = {BY_EXECUTION: ("exec_arn", None), BY_QUEUE: ("queue", "updated_at")}


def provide_control_table(world: World, target: Target, *, standby: bool = False, waiting: tuple[str, Json] | None = None) -> None:
    """Make the control table where a target's Region reaches it. That Region is the active one, or stands by. `waiting`: a pipeline
    and the input of two batches: one that has been READY for ever, and one whose executions have died again and again."""
    deployed = target.deployed
    reach = deployed.reached_from(target.region)
    home = world.place(target.region if reach.direct else reach.regions[0])
    if deployed.table in home.dynamodb.tables:
        return
    home.dynamodb.create_table(deployed.table, "pk", "sk", indexes=_INDEXES, key_types={"updated_at": "N"})
    if deployed.gated:
        active = deployed.peer(target.region) if standby else target.region
        item = {**ACTIVE_KEY, "region": {"S": active}, "epoch": {"N": "1"}}
        home.dynamodb.call("PutItem", {"TableName": deployed.table, "Item": item}, world.now)
    if waiting is not None:
        pipeline, value = waiting
        died = {"lease_until": {"N": "0"}, "fence": {"N": str(_OFTEN)}}
        for batch, status, more in (("waiting", READY, {}), ("hopeless", RUNNING, died)):
            row = {
                **run_key(pipeline, batch),
                "queue": {"S": f"{status}#{pipeline}"},
                "status": {"S": status},
                "updated_at": {"N": "0"},
                "input": {"S": compact(value)},
                **more,
            }
            home.dynamodb.call("PutItem", {"TableName": deployed.table, "Item": row}, world.now)
    if not reach.direct:
        here = world.place(target.region)
        handler = load_handler(bridge_source(target), WorldClients(world, here), {}, name="handler")
        here.functions.create(deployed.bridge, handler, timeout=30)
