"""Global tables: copies that hear of each other late, or one table that needs most of its members; queries of indexes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_dsl.asl.read import read_json
from sfn_dsl.simulate.running.thread import Run
from sfn_dsl.simulate.services.service_error import ServiceError
from sfn_dsl.simulate.world import World

EAST, WEST, OHIO, CALIFORNIA = "us-east-1", "us-west-2", "us-east-2", "us-west-1"


def write(world: World, region: str, id: str, **attributes: str) -> None:
    item = {"id": {"S": id}, **{name: {"S": value} for name, value in attributes.items()}}
    world.place(region).dynamodb.call("PutItem", {"TableName": "t", "Item": item}, world.now)


def claim(world: World, region: str, id: str = "b1") -> str:
    """A conditional write; `won`, `lost`, or the code of the error."""
    arguments = {
        "TableName": "t",
        "Item": {"id": {"S": id}, "owner": {"S": region}},
        "ConditionExpression": "attribute_not_exists(id)",
    }
    try:
        world.place(region).dynamodb.call("PutItem", arguments, world.now)
    except ServiceError as error:
        return "lost" if error.code == "ConditionalCheckFailedException" else error.code
    return "won"


def read(world: World, region: str, id: str = "b1") -> dict[str, Any]:
    answer = world.place(region).dynamodb.call("GetItem", {"TableName": "t", "Key": {"id": {"S": id}}}, world.now)
    return {name: value["S"] for name, value in answer.get("Item", {}).items()}


# Eventual consistency


def eventual(**options: Any) -> World:
    world = World(regions=(EAST, WEST), **options)
    world.global_table("t", ["id"], [EAST, WEST])
    return world


def test_both_regions_win_a_claim_within_the_lag() -> None:
    world = eventual()
    assert (claim(world, EAST), claim(world, WEST)) == ("won", "won")
    world.run(seconds=60)
    assert (claim(world, EAST), claim(world, WEST)) == ("lost", "lost")
    assert read(world, EAST) == read(world, WEST), "one of the two has been overwritten everywhere"


def test_the_lag_is_about_a_second() -> None:
    world = eventual(seed=3)
    for number in range(400):
        write(world, EAST, str(number))
    arrived = []
    for _ in range(4):
        world.run(seconds=0.5)
        arrived.append(len(world.place(WEST).dynamodb.tables["t"].items))
    assert arrived[0] < 60 < 150 < arrived[1] < 250 < arrived[2] <= arrived[3] < 400
    world.run(seconds=30)
    assert len(world.place(WEST).dynamodb.tables["t"].items) == 400


@pytest.mark.parametrize("trouble", ["stop_region", "isolate_region"])
@pytest.mark.parametrize("region", [EAST, WEST])
def test_changes_wait_for_the_region(trouble: str, region: str) -> None:
    world = eventual()
    getattr(world, trouble)(region, after=10, lasting=500)
    world.run(seconds=20)
    write(world, EAST, "b1", v="1")
    world.run(seconds=480)
    assert read(world, WEST) == {}
    world.run(seconds=20)
    assert read(world, WEST) == {"id": "b1", "v": "1"}


def test_a_late_change_does_not_undo_a_later_one() -> None:
    world = eventual()
    world.isolate_region(EAST, after=1, lasting=100)
    world.run(seconds=10)
    write(world, EAST, "b1", v="old")
    world.run(seconds=10)
    write(world, WEST, "b1", v="new")
    world.run(seconds=200)
    assert read(world, EAST)["v"] == read(world, WEST)["v"] == "new"


ACTIONS = st.lists(
    st.tuples(st.sampled_from([EAST, WEST, OHIO]), st.sampled_from("ab"), st.booleans(), st.sampled_from([0.0, 0.3, 2.0, 40.0])),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(actions=ACTIONS, seed=st.integers(0, 1000), cut=st.sampled_from([EAST, WEST, OHIO]))
def test_copies_agree_when_all_has_arrived(actions: list[tuple[str, str, bool, float]], seed: int, cut: str) -> None:
    regions = (EAST, WEST, OHIO)
    world = World(regions=regions, seed=seed)
    tables = world.global_table("t", ["id"], regions)
    world.isolate_region(cut, after=5, lasting=60)
    for number, (region, id, deletes, pause) in enumerate(actions):
        if deletes:
            world.place(region).dynamodb.call("DeleteItem", {"TableName": "t", "Key": {"id": {"S": id}}}, world.now)
        else:
            write(world, region, id, v=str(number))
        if pause:
            world.run(seconds=pause)
    world.run(seconds=300)
    assert tables[EAST].items == tables[WEST].items == tables[OHIO].items


# Strong consistency


def strong(**options: Any) -> World:
    world = World(regions=(EAST, WEST, OHIO, CALIFORNIA))
    world.global_table("t", ["id"], [EAST, WEST], consistency="STRONG", witness=OHIO, **options)
    return world


def test_one_region_wins_a_claim() -> None:
    world = strong()
    assert (claim(world, EAST), claim(world, WEST)) == ("won", "lost")
    assert read(world, EAST) == read(world, WEST) == {"id": "b1", "owner": EAST}


@pytest.mark.parametrize(
    ("stopped", "isolated", "east", "west"),
    [
        ([], [], "won", "won"),
        ([], [EAST], "InternalServerError", "won"),
        ([], [WEST], "won", "InternalServerError"),
        ([], [OHIO], "won", "won"),
        ([OHIO], [], "won", "won"),
        ([WEST], [], "won", "InternalServerError"),
        ([OHIO, WEST], [], "InternalServerError", "InternalServerError"),
        ([OHIO], [EAST], "InternalServerError", "InternalServerError"),
        ([CALIFORNIA], [], "won", "won"),
    ],
)
def test_a_call_needs_most_of_the_members(stopped: list[str], isolated: list[str], east: str, west: str) -> None:
    world = strong()
    for region in stopped:
        world.stop_region(region)
    for region in isolated:
        world.isolate_region(region)
    world.run(seconds=1)
    assert (claim(world, EAST, "e"), claim(world, WEST, "w")) == (east, west)


def test_a_region_without_a_replica_has_no_such_table() -> None:
    world = strong()
    for region in (OHIO, CALIFORNIA):
        assert claim(world, region) == "ResourceNotFoundException"


def test_a_state_finds_no_table_in_a_region_without_a_replica() -> None:
    world = strong()
    state: dict[str, Any] = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "End": True}
    state["Arguments"] = {"TableName": "t", "Key": {"id": {"S": "b1"}}}
    definition = {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}}
    run = world.start(world.deploy(read_json(definition).machine, region=CALIFORNIA))
    world.run()
    assert (run.status, run.error) == ("FAILED", "DynamoDB.ResourceNotFoundException")


def test_writes_may_meet_others() -> None:
    world = strong(conflicts=0.5)
    codes = [claim(world, EAST, str(number)) for number in range(200)]
    assert 70 < codes.count("ReplicatedWriteConflictException") < 130
    assert codes.count("won") + codes.count("ReplicatedWriteConflictException") == 200
    assert all(read(world, EAST, str(number)) or codes[number] != "won" for number in range(200)), "reads meet nobody"


@pytest.mark.parametrize(
    ("regions", "witness"),
    [([EAST, WEST], None), ([EAST, WEST, OHIO], CALIFORNIA), ([EAST, WEST], EAST), ([EAST, EAST, WEST], None)],
)
def test_a_strong_table_has_three_members(regions: list[str], witness: str | None) -> None:
    with pytest.raises(ValueError, match="three members"):
        World().global_table("t", ["id"], regions, consistency="STRONG", witness=witness)


def test_three_replicas_need_no_witness() -> None:
    world = World()
    world.global_table("t", ["id"], [EAST, WEST, OHIO], consistency="STRONG")
    assert [claim(world, region) for region in (OHIO, EAST, WEST)] == ["won", "lost", "lost"]


# From states


def run_state(world: World, resource: str, arguments: dict[str, Any], **fields: Any) -> Run:
    state = {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True, **fields}
    definition = {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}}
    run = world.start(world.deploy(read_json(definition).machine, region=EAST))
    world.run()
    return run


@pytest.mark.parametrize("consistency", ["EVENTUAL", "STRONG"])
def test_a_state_queries_an_index(consistency: Any) -> None:
    world = World(regions=(EAST, WEST, OHIO))
    indexes = {"by-status": ("status", "updated")}
    world.global_table("t", ["id"], [EAST, WEST, OHIO], consistency=consistency, indexes=indexes)
    for id, status, updated in (("1", "READY", "b"), ("2", "READY", "a"), ("3", "DONE", "c")):
        write(world, WEST, id, status=status, updated=updated)
    write(world, WEST, "4", updated="d")
    world.run(seconds=60)
    arguments = {
        "TableName": "t",
        "IndexName": "by-status",
        "KeyConditionExpression": "#s = :s AND updated < :u",
        "ExpressionAttributeNames": {"#s": "status"},
        "ExpressionAttributeValues": {":s": {"S": "READY"}, ":u": {"S": "z"}},
    }
    run = run_state(world, "arn:aws:states:::aws-sdk:dynamodb:query", arguments, Output="{% $states.result.Items.id.S %}")
    assert (run.status, run.output) == ("SUCCEEDED", ["2", "1"])


def test_a_state_in_an_isolated_region_fails_and_may_retry() -> None:
    world = strong()
    world.isolate_region(EAST, lasting=20)
    world.run(seconds=1)
    arguments = {"TableName": "t", "Item": {"id": {"S": "b1"}}}
    error = "DynamoDB.InternalServerErrorException"
    resource = "arn:aws:states:::dynamodb:putItem"
    run = run_state(world, resource, arguments)
    assert (run.status, run.error) == ("FAILED", error)
    retry = [{"ErrorEquals": [error], "IntervalSeconds": 5, "MaxAttempts": 5}]
    run = run_state(world, resource, arguments, Retry=retry)
    assert (run.status, len(run.visits[0].retries)) == ("SUCCEEDED", 3)
