"""Events in a world: aliases, latency, loss, redelivery, retries, dead letters, other Regions, events of executions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_dsl.asl.read import read_json
from sfn_dsl.simulate.mocks.chances import Chances
from sfn_dsl.simulate.running.thread import Run
from sfn_dsl.simulate.services.event_input import Target
from sfn_dsl.simulate.services.service_error import ServiceError
from sfn_dsl.simulate.world import Deployed, World

EAST, WEST = "us-east-1", "us-west-1"
ACCOUNT = "111122223333"
QUEUE = f"arn:aws:sqs:{EAST}:{ACCOUNT}:dead"
DAY = 86_400


def deploy(world: World, *, seconds: int = 0, region: str = EAST, name: str = "down", **options: Any) -> Deployed:
    """A machine that waits so long and ends."""
    state = {"Type": "Wait", "Seconds": seconds, "End": True} if seconds else {"Type": "Pass", "End": True}
    return world.deploy(read_json({"StartAt": "S", "States": {"S": state}}).machine, name=name, region=region, **options)


def put(world: World, region: str = EAST, bus: str = "etl", **detail: Any) -> str:
    """Send an event; its id."""
    entry = {"Source": "up", "DetailType": "BatchReady", "EventBusName": bus, "Detail": json.dumps(detail)}
    answer = world.place(region).events.call("PutEvents", {"Entries": [entry]}, world.now)
    return str(answer["Entries"][0]["EventId"])


def wire(world: World, target: Target, region: str = EAST, bus: str = "etl", name: str = "start") -> None:
    """A rule that sends all events of `up` to a target; the bus and the queue for dead letters are made."""
    place = world.place(region)
    if bus not in place.events.buses:
        place.events.create_bus(bus)
    if "dead" not in place.sqs.queues:
        place.sqs.create_queue("dead")
    place.events.put_rule(name, bus, {"source": ["up"]}, [target])


def letters(world: World, queue: str = "dead") -> list[tuple[dict[str, str], Any]]:
    """Attributes and bodies of the messages of a queue."""
    found = []
    for message in world.place(EAST).sqs.queues[queue].messages:
        attributes = {name: str(value["StringValue"]) for name, value in message.attributes.items()}
        found.append((attributes, json.loads(message.body)))
    return found


def runs(world: World, machine: Deployed) -> list[Run]:
    return [run for run in world.runs.values() if run.machine is machine]


# Aliases


def test_an_alias_starts_the_machine_it_was_made_for() -> None:
    world = World()
    old = deploy(world)
    live = world.alias("live", old)
    assert live == f"{old.arn}:live"
    new = deploy(world, seconds=1)
    wire(world, Target("m", live))
    put(world)
    world.run(seconds=10)
    assert (len(runs(world, old)), len(runs(world, new))) == (1, 0), "an alias stays where it is when the machine changes"
    world.alias("live", new)
    put(world)
    world.run(seconds=10)
    assert (len(runs(world, old)), len(runs(world, new))) == (1, 1)


@pytest.mark.parametrize(("region", "status"), [(EAST, "SUCCEEDED"), (WEST, "FAILED")])
def test_a_state_starts_an_alias_of_its_own_region(region: str, status: str) -> None:
    world = World(regions=(EAST, WEST))
    live = world.alias("live", deploy(world, region=region))
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": live, "Input": {}},
        "End": True,
    }
    run = world.start(world.deploy(read_json({"StartAt": "S", "States": {"S": start}}).machine, name="up"))
    world.run()
    assert (run.status, run.error) == (
        status,
        None if status == "SUCCEEDED" else "StepFunctions.StateMachineDoesNotExistException",
    )


# Delivery


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_latency_lies_between_the_two(seed: int) -> None:
    world = World(seed=seed, event_latency=(0.2, 2.0))
    machine = deploy(world)
    wire(world, Target("m", machine.arn))
    put(world)
    world.run(seconds=5)
    [run] = runs(world, machine)
    assert 0.2 <= run.began <= 2.0


def test_an_execution_is_named_after_its_event() -> None:
    world = World(event_latency=0.5)
    machine = deploy(world)
    wire(world, Target("a", machine.arn), name="a")
    wire(world, Target("b", machine.arn), name="b")
    event = put(world, batch_id="b1")
    world.run(seconds=5)
    names = [run.name for run in runs(world, machine)]
    assert len(set(names)) == 2, "two rules start two executions"
    assert all(name.startswith(event) and len(name) <= 80 for name in names)
    assert [run.began for run in runs(world, machine)] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("seconds", "new_names", "started", "refused"),
    [
        (0, False, 1, ["RESOURCE_ALREADY_EXISTS"]),  # the first has ended: its name is taken
        (3600, False, 1, []),  # the first runs with the same input: the start is repeated
        (0, True, 2, []),
        (3600, True, 2, []),
    ],
)
def test_a_redelivered_event(seconds: int, new_names: bool, started: int, refused: list[str]) -> None:
    world = World(chances=Chances(redelivered=1.0, new_names=new_names))
    machine = deploy(world, seconds=seconds)
    wire(world, Target("m", machine.arn, dead_letter=QUEUE))
    event = put(world)
    world.run(seconds=1000)
    assert len(runs(world, machine)) == started
    assert all(run.input["id"] == event for run in runs(world, machine))
    assert [attributes["ERROR_CODE"] for attributes, _ in letters(world)] == refused


def test_redelivery_comes_within_its_time() -> None:
    world = World(chances=Chances(redelivered=1.0, redelivered_within=900, new_names=True))
    machine = deploy(world)
    wire(world, Target("m", machine.arn))
    for _ in range(50):
        put(world)
    world.run(seconds=2000)
    times = sorted(run.began for run in runs(world, machine))
    assert len(times) == 100
    assert times[49] < 100 < times[75] < times[99] < 903


def test_a_lost_event_reaches_no_rule() -> None:
    world = World(chances=Chances(lost=1.0))
    machine = deploy(world)
    wire(world, Target("m", machine.arn))
    put(world)
    world.run(seconds=10)
    bus = world.place(EAST).events
    assert (runs(world, machine), len(bus.events), len(bus.lost), world.undelivered) == ([], 1, 1, [])


def test_what_never_happens_draws_nothing() -> None:
    world = World(event_latency=0.5)
    machine = deploy(world)
    wire(world, Target("m", machine.arn))
    put(world)
    state = world.rng.getstate()
    world.run(seconds=5)
    assert len(runs(world, machine)) == 1
    assert world.rng.getstate() == state


def test_chances_are_frequencies() -> None:
    world = World(chances=Chances(lost=0.25, redelivered=0.5, new_names=True), seed=4)
    machine = deploy(world)
    wire(world, Target("m", machine.arn))
    for _ in range(1000):
        put(world)
    world.run(seconds=1000)
    lost = len(world.place(EAST).events.lost)
    assert 200 < lost < 300
    assert 1.4 < len(runs(world, machine)) / (1000 - lost) < 1.6


@pytest.mark.parametrize("options", [{"lost": 1.1}, {"redelivered": -0.1}, {"redelivered_within": -1}])
def test_what_is_no_probability(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"probability|seconds"):
        Chances(**options)


# What is refused for good


def permits(principal: str, action: str, resource: str) -> bool:
    return principal.endswith(":role/good") and action == "states:StartExecution" and resource.endswith(":stateMachine:down")


REFUSED = [
    ("NO_RESOURCE", Target("m", f"arn:aws:states:{EAST}:{ACCOUNT}:stateMachine:none"), {}),
    ("NO_RESOURCE", Target("m", f"arn:aws:sqs:{EAST}:{ACCOUNT}:none"), {}),
    ("NO_RESOURCE", Target("m", f"arn:aws:sns:{EAST}:{ACCOUNT}:none"), {}),
    ("NO_RESOURCE", Target("m", f"arn:aws:lambda:{EAST}:{ACCOUNT}:function:none"), {}),
    ("NO_RESOURCE", Target("m", f"arn:aws:events:{WEST}:{ACCOUNT}:event-bus/none"), {}),
    ("NO_RESOURCE", Target("m", f"arn:aws:states:{WEST}:{ACCOUNT}:stateMachine:far"), {}),
    ("NO_RESOURCE", Target("m", "nonsense"), {}),
    ("NO_PERMISSIONS", Target("m", f"arn:aws:states:{EAST}:{ACCOUNT}:stateMachine:down"), {"permits": permits}),
    (
        "NO_PERMISSIONS",
        Target("m", f"arn:aws:states:{EAST}:{ACCOUNT}:stateMachine:down", role_arn="arn:aws:iam::1:role/bad"),
        {"permits": permits},
    ),
    ("INVALID_JSON", Target("m", f"arn:aws:states:{EAST}:{ACCOUNT}:stateMachine:down", input="{"), {}),
    ("INVALID_PARAMETER", Target("m", f"arn:aws:sqs:{EAST}:{ACCOUNT}:line.fifo"), {}),
]


@pytest.mark.parametrize(("code", "target", "options"), REFUSED, ids=[f"{code} {target.arn[8:24]}" for code, target, _ in REFUSED])
@pytest.mark.parametrize("queue", [QUEUE, None])
def test_refusals_are_final(code: str, target: Target, options: dict[str, Any], queue: str | None) -> None:
    world = World(regions=(EAST, WEST), event_latency=1.0, **options)
    deploy(world)
    deploy(world, region=WEST, name="far")
    world.place(EAST).sqs.create_queue("line.fifo")
    wire(world, Target(target.id, target.arn, target.input, role_arn=target.role_arn, dead_letter=queue))
    put(world, batch_id="b1")
    world.run(seconds=2)
    assert world.runs == {}
    kept = [(letter.attributes, json.loads(letter.body)) for letter in world.undelivered]
    [(attributes, body)] = letters(world) if queue else kept
    rule = f"arn:aws:events:{EAST}:{ACCOUNT}:rule/etl/start"
    assert (attributes["ERROR_CODE"], attributes["RETRY_ATTEMPTS"], attributes["RULE_ARN"]) == (code, "0", rule)
    assert attributes["TARGET_ARN"] == target.arn
    assert not attributes.get("EXHAUSTED_RETRY_CONDITION")
    assert body["detail"] == {"batch_id": "b1"}, "the original event, not the target's input"
    assert len(world.undelivered) == (0 if queue else 1)


def test_a_role_that_may_start_the_machine_may_start_its_alias() -> None:
    world = World(permits=permits)
    machine = deploy(world)
    wire(world, Target("m", world.alias("live", machine), role_arn=f"arn:aws:iam::{ACCOUNT}:role/good"))
    put(world)
    world.run(seconds=5)
    assert len(runs(world, machine)) == 1


@pytest.mark.parametrize(
    "options", [{"retry_attempts": 186}, {"retry_attempts": -1}, {"max_age": 59}, {"max_age": DAY + 1}], ids=str
)
def test_bounds_of_a_retry_policy(options: dict[str, Any]) -> None:
    world = World()
    with pytest.raises(ServiceError, match="is not from"):
        wire(world, Target("m", deploy(world).arn, **options))


# What is tried again


def test_a_throttled_target_gets_the_event_when_it_recovers() -> None:
    world = World(chances=Chances(throttled_between=((0, 500),)))
    machine = deploy(world)
    wire(world, Target("m", machine.arn))
    put(world)
    world.run(seconds=DAY)
    [run] = runs(world, machine)
    assert 500 <= run.began < 500 + 600
    assert world.undelivered == []


@pytest.mark.parametrize(
    ("options", "condition", "low", "high"),
    [
        ({"retry_attempts": 3}, "MaximumRetryAttempts", 3, 3),
        ({"retry_attempts": 0}, "MaximumRetryAttempts", 0, 0),
        ({"max_age": 60}, "MaximumEventAgeInSeconds", 5, 9),
        ({}, None, 140, 185),
    ],
    ids=str,
)
def test_retries_come_to_an_end(options: dict[str, Any], condition: str | None, low: int, high: int) -> None:
    world = World(chances=Chances(throttled=1.0))
    wire(world, Target("m", deploy(world).arn, dead_letter=QUEUE, **options))
    put(world)
    world.run(seconds=2 * DAY)
    [(attributes, _)] = letters(world)
    assert low <= int(attributes["RETRY_ATTEMPTS"]) <= high
    assert attributes["ERROR_CODE"] == "THROTTLING"
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == condition or condition is None
    [message] = world.place(EAST).sqs.queues["dead"].messages
    assert message.sent - world.begin <= options.get("max_age", DAY)
    assert world.runs == {}


# Other buses and Regions


def bus_arn(region: str, name: str = "etl") -> str:
    return f"arn:aws:events:{region}:{ACCOUNT}:event-bus/{name}"


def forwarding(**options: Any) -> tuple[World, Deployed]:
    """East forwards to west, where a machine starts."""
    world = World(regions=(EAST, WEST), event_latency=1.0, **options)
    machine = deploy(world, region=WEST)
    wire(world, Target("m", machine.arn), region=WEST)
    wire(world, Target("peer", bus_arn(WEST), dead_letter=QUEUE), name="forward")
    return world, machine


def test_a_bus_of_another_region_gives_a_new_id_and_keeps_the_region() -> None:
    world, machine = forwarding()
    event = put(world, batch_id="b1")
    world.run(seconds=5)
    [run] = runs(world, machine)
    assert run.began == 2.0
    assert run.input["id"] != event
    assert (run.input["region"], run.input["detail"], run.name[:36]) == (EAST, {"batch_id": "b1"}, run.input["id"])


def test_another_bus_of_the_region_keeps_the_id() -> None:
    world = World()
    machine = deploy(world)
    wire(world, Target("bus", bus_arn(EAST, "second")))
    wire(world, Target("m", machine.arn), bus="second")
    event = put(world)
    world.run(seconds=5)
    assert [run.input["id"] for run in runs(world, machine)] == [event]


@pytest.mark.parametrize("trouble", ["stop_region", "isolate_region"])
@pytest.mark.parametrize("region", [EAST, WEST])
def test_forwarding_waits_for_the_region(trouble: str, region: str) -> None:
    world, machine = forwarding()
    getattr(world, trouble)(region, after=0.5, lasting=5000)
    event = put(world)
    world.run(seconds=4000)
    assert runs(world, machine) == []
    world.run(seconds=2500)
    [run] = runs(world, machine)
    assert 5000.5 <= run.began <= 5000.5 + 600 + 1
    assert run.input["id"] != event
    assert letters(world) == []


def test_a_region_that_never_returns_leaves_a_dead_letter() -> None:
    world, machine = forwarding()
    world.stop_region(WEST)
    put(world)
    world.run(seconds=2 * DAY)
    assert runs(world, machine) == []
    [(attributes, _)] = letters(world)
    assert attributes["ERROR_CODE"] == "TIMEOUT"
    assert attributes["EXHAUSTED_RETRY_CONDITION"] in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds")


def test_a_stopped_region_keeps_what_its_bus_took() -> None:
    world = World(event_latency=1.0)
    machine = deploy(world)
    wire(world, Target("m", machine.arn))
    put(world)
    world.stop_region(EAST, after=0.5, lasting=100)
    world.run(seconds=200)
    assert [run.began for run in runs(world, machine)] == [100.5]


# Events of executions


def watched(**options: Any) -> World:
    """A world whose status events go to a queue."""
    world = World(status_events=True, event_latency=0.2, **options)
    place = world.place(EAST)
    place.sqs.create_queue("statuses")
    target = Target("q", f"arn:aws:sqs:{EAST}:{ACCOUNT}:statuses")
    place.events.put_rule("watch", "default", {"source": ["aws.states"]}, [target])
    return world


def statuses(world: World) -> list[dict[str, Any]]:
    return [json.loads(message.body) for message in world.place(EAST).sqs.queues["statuses"].messages]


@pytest.mark.parametrize(
    ("state", "status", "redrive"),
    [
        ({"Type": "Wait", "Seconds": 5, "End": True}, "SUCCEEDED", "NOT_REDRIVABLE"),
        ({"Type": "Fail", "Error": "E", "Cause": "c"}, "FAILED", "REDRIVABLE"),
    ],
)
def test_executions_tell_of_their_beginning_and_end(state: dict[str, Any], status: str, redrive: str) -> None:
    world = watched()
    machine = world.deploy(read_json({"StartAt": "S", "States": {"S": state}}).machine, name="load")
    run = world.start(machine, {"batch": "b1"}, name="r1")
    world.run(seconds=10)
    first, last = statuses(world)
    assert first["detail"]["status"] == "RUNNING"
    assert (first["detail"]["stopDate"], first["detail"]["output"], first["detail"]["outputDetails"]) == (None, None, None)
    failed = status == "FAILED"
    assert last["detail"] == {
        "executionArn": run.arn,
        "stateMachineArn": machine.arn,
        "name": "r1",
        "status": status,
        "startDate": int(run.start * 1000),
        "stopDate": int((run.stop or 0) * 1000),
        "input": '{"batch":"b1"}',
        "output": None if failed else '{"batch":"b1"}',
        "inputDetails": {"included": True},
        "outputDetails": None if failed else {"included": True},
        "error": "E" if failed else None,
        "cause": "c" if failed else None,
        "redriveCount": 0,
        "redriveDate": None,
        "redriveStatus": redrive,
        "redriveStatusReason": None if failed else "Execution is SUCCEEDED and cannot be redriven",
    }
    assert (last["source"], last["detail-type"], last["resources"]) == (
        "aws.states",
        "Step Functions Execution Status Change",
        [run.arn],
    )
    assert last["time"] == ("2026-01-01T00:00:00Z" if failed else "2026-01-01T00:00:05Z")


def test_large_data_is_left_out_of_the_event() -> None:
    world = watched()
    world.start(deploy(world), {"text": "x" * 130_000})
    world.run(seconds=10)
    first, last = (event["detail"] for event in statuses(world))
    assert first["inputDetails"] == {"included": True}
    assert (last["input"], last["inputDetails"], last["outputDetails"]) == (None, {"included": False}, {"included": False})


@pytest.mark.parametrize("case", ["lost", "express", "off"])
def test_executions_that_tell_nothing(case: str) -> None:
    world = watched(chances=Chances(status_lost=1.0 if case == "lost" else 0.0))
    world.status_events = case != "off"
    world.start(deploy(world, type="EXPRESS" if case == "express" else "STANDARD"))
    world.run(seconds=10)
    assert statuses(world) == []


# The seed decides


def history(seed: int) -> list[tuple[str, float]]:
    chances = Chances(lost=0.1, redelivered=0.3, throttled=0.3, new_names=True)
    world, machine = forwarding(chances=chances, seed=seed, status_events=True)
    world.isolate_region(WEST, after=20, lasting=300)
    for number in range(20):
        put(world, batch_id=f"b{number}")
    world.run(seconds=5000)
    return [(run.name, run.began) for run in runs(world, machine)]


def test_the_same_seed_gives_the_same_world() -> None:
    assert history(7) == history(7) != history(8)
