"""Schedules in the simulator: when they fire, what the target gets, and what becomes of firings that it does not take."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from sfn_dsl.asl.read import read_json
from sfn_dsl.simulate.bounds import Bounds, BoundsExceeded
from sfn_dsl.simulate.services.scheduler import Outcome, Scheduler
from sfn_dsl.simulate.services.service_error import ServiceError
from sfn_dsl.simulate.world import Deployed, World

ROLE = "arn:aws:iam::111122223333:role/scheduler"
MACHINE = "arn:aws:states:us-east-1:111122223333:stateMachine:load"
QUEUE = "arn:aws:sqs:us-east-1:111122223333:inbox"
DEAD = "arn:aws:sqs:us-east-1:111122223333:dead"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:start"
UNIVERSAL = "arn:aws:scheduler:::aws-sdk:sfn:startExecution"
HOUR, DAY = 3600.0, 86_400.0
MARKS = (
    '{"time": "<aws.scheduler.scheduled-time>", "arn": "<aws.scheduler.schedule-arn>", '
    '"id": "<aws.scheduler.execution-id>", "attempt": "<aws.scheduler.attempt-number>"}'
)


def a_world(seed: int = 1, **more: Any) -> tuple[World, Deployed, Scheduler]:
    """A world with a machine that ends at once, two queues and a scheduler without schedules, on 1 January 2026."""
    world = World(seed=seed, **more)
    machine = world.deploy(read_json({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}).machine, name="load")
    for name in ("inbox", "dead"):
        world.place("us-east-1").sqs.create_queue(name)
    return world, machine, world.place("us-east-1").scheduler


def schedule(scheduler: Scheduler, expression: str = "rate(15 minutes)", **more: Any) -> str:
    """The ARN of a new schedule."""
    given: dict[str, Any] = {"target": MACHINE, "role_arn": ROLE, "input": MARKS, "expression": expression} | more
    return scheduler.create_schedule("nightly", **given).arn


def bodies(world: World, queue: str = "dead") -> list[Any]:
    return [json.loads(message.body) for message in world.place("us-east-1").sqs.queues[queue].messages]


def times(world: World) -> list[str]:
    """The slots of the executions there are."""
    return [run.input["time"] for run in world.runs.values()]


def outcomes(scheduler: Scheduler) -> list[tuple[str, int]]:
    return [(firing.outcome.value, firing.attempts) for firing in scheduler.firings]


def throttled_until(world: World, second: float) -> Callable[[str], bool]:
    return lambda target: world.env.now < second


@pytest.mark.parametrize(
    ("expression", "timezone", "seconds", "expected"),
    [
        ("rate(15 minutes)", "UTC", HOUR, ["01-01T00:00:00", "01-01T00:15:00", "01-01T00:30:00", "01-01T00:45:00"]),
        ("cron(0/20 * * * ? *)", "UTC", HOUR, ["01-01T00:20:00", "01-01T00:40:00"]),
        ("cron(0 2 * * ? *)", "America/New_York", 2 * DAY, ["01-01T07:00:00", "01-02T07:00:00"]),
        ("cron(0 2 ? * MON-FRI *)", "UTC", 5 * DAY, ["01-01T02:00:00", "01-02T02:00:00", "01-05T02:00:00"]),
        ("at(2026-01-01T06:30:30)", "Europe/Berlin", DAY, ["01-01T05:30:30"]),
        ("at(2025-12-31T06:30:30)", "Europe/Berlin", DAY, []),
    ],
)
def test_fires_within_the_minute(expression: str, timezone: str, seconds: float, expected: list[str]) -> None:
    world, _, scheduler = a_world()
    arn = schedule(scheduler, expression, timezone=timezone)
    world.run(seconds=seconds)
    assert times(world) == [f"2026-{text}Z" for text in expected]
    for run, firing in zip(world.runs.values(), scheduler.firings, strict=True):
        assert 0 <= run.start - firing.slot < 60
        assert run.start == firing.time
        assert run.status == "SUCCEEDED"
        assert run.input["arn"] == arn == "arn:aws:scheduler:us-east-1:111122223333:schedule/default/nightly"
        assert run.input["attempt"] == "1"
    ids = {run.input["id"] for run in world.runs.values()}
    assert len(ids) == len(expected)


def test_the_second_within_the_minute_varies() -> None:
    world, _, scheduler = a_world()
    schedule(scheduler, "cron(* * * * ? *)")
    world.run(seconds=6 * HOUR)
    seconds = {firing.time - firing.slot for firing in scheduler.firings}
    assert len(seconds) > 50
    assert min(seconds) == 0
    assert max(seconds) == 59


def test_a_start_date() -> None:
    world, _, scheduler = a_world()
    schedule(scheduler, "rate(1 hour)", start=datetime(2026, 1, 1, 3, 10, tzinfo=UTC))
    other = scheduler.create_schedule(
        "other",
        expression="cron(0 * * * ? *)",
        target=MACHINE,
        role_arn=ROLE,
        input=MARKS,
        start=datetime(2026, 1, 1, 4, tzinfo=UTC),
    )
    world.run(seconds=5.5 * HOUR)
    found = [(firing.schedule == other.arn, (firing.slot - world.begin) / 60) for firing in scheduler.firings]
    assert found == [(False, 190), (True, 240), (False, 250), (True, 300), (False, 310)]


def test_daylight_saving_time_skips_a_night() -> None:
    world, _, scheduler = a_world(start=datetime(2026, 3, 6, tzinfo=UTC).timestamp())
    schedule(scheduler, "cron(30 2 * * ? *)", timezone="America/New_York")
    world.run(seconds=5 * DAY)
    assert times(world) == [f"2026-03-{text}:30:00Z" for text in ("06T07", "07T07", "09T06", "10T06")]


def test_a_schedule_alone_does_not_keep_the_world_going() -> None:
    world, machine, scheduler = a_world()
    schedule(scheduler)
    world.run()
    assert world.env.now == 0
    run = world.start(machine)
    world.run()
    assert run.status == "SUCCEEDED"
    assert world.env.now < 60


def test_bounds() -> None:
    world, _, scheduler = a_world(bounds=Bounds(seconds=DAY))
    schedule(scheduler, "cron(0 0 1 * ? *)")
    world.run(seconds=0.5 * DAY)
    with pytest.raises(BoundsExceeded, match="1 days of virtual time"):
        world.run(seconds=DAY)


def test_a_schedule_that_is_switched_off_and_on() -> None:
    world, _, scheduler = a_world()
    arn = schedule(scheduler, "cron(0 * * * ? *)", enabled=False)
    world.run(seconds=1.5 * HOUR)
    assert scheduler.firings == []
    scheduler.enable(arn)
    world.run(seconds=2 * HOUR)
    scheduler.enable(arn, enabled=False)
    world.run(seconds=5 * HOUR)
    assert times(world) == ["2026-01-01T02:00:00Z", "2026-01-01T03:00:00Z"]


# Targets


def test_alias() -> None:
    world, machine, scheduler = a_world()
    alias = f"{MACHINE}:live"
    world.machines[alias] = machine
    schedule(scheduler, target=alias)
    world.run(seconds=HOUR)
    assert len(world.runs) == 4
    assert {run.machine.arn for run in world.runs.values()} == {MACHINE}


def test_queue_gets_any_text() -> None:
    world, _, scheduler = a_world()
    schedule(scheduler, "rate(30 minutes)", target=QUEUE, input="tick <aws.scheduler.scheduled-time>")
    world.run(seconds=HOUR)
    messages = world.place("us-east-1").sqs.queues["inbox"].messages
    assert [message.body for message in messages] == ["tick 2026-01-01T00:00:00Z", "tick 2026-01-01T00:30:00Z"]


def test_function() -> None:
    world, _, scheduler = a_world()
    calls: list[tuple[str, Any]] = []
    scheduler.invoke = lambda arn, payload: calls.append((arn, json.loads(payload)["time"]))
    schedule(scheduler, "rate(30 minutes)", target=FUNCTION)
    world.run(seconds=HOUR)
    assert calls == [(FUNCTION, "2026-01-01T00:00:00Z"), (FUNCTION, "2026-01-01T00:30:00Z")]


def test_universal_target() -> None:
    world, _, scheduler = a_world()
    inner = json.dumps({"time": "<aws.scheduler.scheduled-time>"})
    named = {"StateMachineArn": MACHINE, "Name": "once", "Input": inner}
    schedule(scheduler, "rate(30 minutes)", target=UNIVERSAL, input=json.dumps(named), dead_letter=DEAD)
    world.run(seconds=HOUR)
    # The second start of the same name has another input, which StartExecution refuses for good.
    assert [run.name for run in world.runs.values()] == ["once"]
    assert times(world) == ["2026-01-01T00:00:00Z"]
    assert outcomes(scheduler) == [("delivered", 1), ("dead letter", 1)]
    assert scheduler.firings[1].error == "ExecutionAlreadyExists"
    assert [json.loads(body["Input"]) for body in bodies(world)] == [{"time": "2026-01-01T00:30:00Z"}]


def test_without_an_input_the_target_gets_a_notification() -> None:
    world, _, scheduler = a_world()
    arn = schedule(scheduler, "rate(30 minutes)", input=None)
    world.run(seconds=60)
    (run,) = world.runs.values()
    assert run.input["source"] == "aws.scheduler"
    assert run.input["resources"] == [arn]
    assert run.input["time"] == "2026-01-01T00:00:00Z"


# Troubles


def test_a_throttled_target_is_tried_again_with_growing_pauses() -> None:
    world, _, scheduler = a_world()
    scheduler.throttles = throttled_until(world, 300)
    schedule(scheduler, "rate(1 hour)")
    world.run(seconds=HOUR)
    (run,) = world.runs.values()
    (firing,) = scheduler.firings
    assert 300 <= run.start - world.begin <= 600
    assert firing.outcome is Outcome.DELIVERED
    assert run.input["attempt"] == str(firing.attempts)
    assert 5 < firing.attempts < 14


def test_every_attempt_has_an_id_of_its_own() -> None:
    world, _, scheduler = a_world()
    seen: list[Any] = []

    def refuse(arn: str, payload: str) -> None:
        seen.append(json.loads(payload))
        raise ServiceError("ServiceException", "Try again.", status=500)

    scheduler.invoke = refuse
    schedule(scheduler, "rate(1 hour)", target=FUNCTION, retry_attempts=4, dead_letter=DEAD)
    world.run(seconds=HOUR - 1)
    assert [one["attempt"] for one in seen] == ["1", "2", "3", "4", "5"]
    assert len({one["id"] for one in seen}) == 5
    assert {one["time"] for one in seen} == {"2026-01-01T00:00:00Z"}
    # The dead letter is what the last attempt sent.
    assert bodies(world) == [seen[-1]]


@pytest.mark.parametrize(
    ("given", "condition", "attempts"),
    [
        ({"retry_attempts": 0}, "MaximumRetryAttempts", range(1, 2)),
        ({"retry_attempts": 3}, "MaximumRetryAttempts", range(4, 5)),
        ({"max_age": 840}, "MaximumEventAgeInSeconds", range(8, 14)),
        ({"max_age": 60}, "MaximumEventAgeInSeconds", range(5, 9)),
    ],
)
def test_exhausted_retries(given: dict[str, int], condition: str, attempts: range) -> None:
    world, _, scheduler = a_world()
    scheduler.throttles = throttled_until(world, DAY)
    arn = schedule(scheduler, "at(2026-01-01T00:30:00)", dead_letter=DEAD, **given)
    world.run(seconds=DAY)
    (firing,) = scheduler.firings
    assert firing.outcome is Outcome.DEAD_LETTER
    assert firing.error == "ThrottlingException"
    assert firing.attempts in attempts
    assert firing.time - firing.slot < given.get("max_age", DAY) + 60
    (message,) = world.place("us-east-1").sqs.queues["dead"].messages
    assert json.loads(message.body)["time"] == "2026-01-01T00:30:00Z"
    assert {name: value["StringValue"] for name, value in message.attributes.items()} == {
        "SCHEDULE_ARN": arn,
        "TARGET_ARN": MACHINE,
        "ERROR_CODE": "ThrottlingException",
        "ERROR_MESSAGE": "Rate exceeded",
        "EXHAUSTED_RETRY_CONDITION": condition,
        "RETRY_ATTEMPTS": str(firing.attempts - 1),
    }


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"target": f"{MACHINE}-gone"}, "StateMachineDoesNotExist"),
        ({"target": f"{QUEUE}-gone"}, "ResourceNotFoundException"),
        ({"target": FUNCTION}, "ResourceNotFoundException"),
        ({"target": UNIVERSAL, "input": json.dumps({"StateMachineArn": MACHINE, "Input": "{"})}, "InvalidExecutionInput"),
        ({"target": UNIVERSAL, "input": json.dumps({"StateMachineArn": f"{MACHINE}-gone"})}, "StateMachineDoesNotExist"),
    ],
)
def test_what_cannot_pass_is_not_tried_again(given: dict[str, str], error: str) -> None:
    world, _, scheduler = a_world()
    schedule(scheduler, "at(2026-01-01T00:30:00)", **given)
    world.run(seconds=DAY)
    (firing,) = scheduler.firings
    assert (firing.outcome, firing.attempts, firing.error) == (Outcome.DROPPED, 1, error)
    assert scheduler.dropped == 1


def test_a_missing_or_refusing_dead_letter_queue_drops() -> None:
    for queue, size in ((f"{DEAD}-gone", 10), (DEAD, 262_000)):
        world, _, scheduler = a_world()
        schedule(scheduler, "at(2026-01-01T00:30:00)", target=FUNCTION, input=json.dumps("x" * size), dead_letter=queue)
        world.place("us-east-1").sqs.queues["dead"].maximum_size = 100_000
        world.run(seconds=DAY)
        assert scheduler.dropped == 1
        assert bodies(world) == []


def test_a_machine_of_another_region_cannot_be_started() -> None:
    world, _, scheduler = a_world(regions=("us-east-1", "us-west-2"))
    other = world.deploy(read_json({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}).machine, region="us-west-2")
    schedule(scheduler, "rate(1 day)", target=UNIVERSAL, input=json.dumps({"StateMachineArn": other.arn}))
    world.run(seconds=HOUR)
    assert outcomes(scheduler) == [("dropped", 1)]


def test_an_outage_loses_the_slots_that_grow_too_old() -> None:
    world, _, scheduler = a_world()
    # Slots at 0, 15, 30, ... minutes; the Region stands still from 20 minutes to 2 hours.
    schedule(scheduler, max_age=840, dead_letter=DEAD)
    world.stop_region("us-east-1", after=20 * 60, lasting=100 * 60)
    world.run(seconds=2.2 * HOUR)
    lost = [firing for firing in scheduler.firings if firing.outcome is Outcome.LOST]
    assert [(firing.slot - world.begin) / 60 for firing in lost] == [30, 45, 60, 75, 90, 105]
    assert {firing.attempts for firing in lost} == {0}
    assert times(world) == [f"2026-01-01T{text}:00Z" for text in ("00:00", "00:15", "02:00")]
    assert bodies(world) == []
    assert scheduler.dropped == 0


def test_an_outage_shorter_than_the_age_only_delays() -> None:
    world, _, scheduler = a_world()
    schedule(scheduler, max_age=3600)
    world.stop_region("us-east-1", after=20 * 60, lasting=40 * 60)
    world.run(seconds=HOUR - 1)
    assert len(world.runs) == 2
    world.run(seconds=120)
    assert sorted(times(world)) == [f"2026-01-01T{text}:00Z" for text in ("00:00", "00:15", "00:30", "00:45", "01:00")]
    assert scheduler.count(Outcome.DELIVERED) == 5


def test_an_outage_between_two_attempts_ends_in_a_dead_letter() -> None:
    world, _, scheduler = a_world()
    scheduler.throttles = throttled_until(world, DAY)
    schedule(scheduler, "at(2026-01-01T00:10:00)", max_age=600, dead_letter=DEAD)
    world.stop_region("us-east-1", after=15 * 60, lasting=HOUR)
    world.run(seconds=DAY)
    (firing,) = scheduler.firings
    assert firing.outcome is Outcome.DEAD_LETTER
    assert firing.attempts > 1
    assert len(bodies(world)) == 1


def test_a_region_that_stops_for_good_fires_nothing_more_and_others_go_on() -> None:
    world, _, scheduler = a_world(regions=("us-east-1", "us-west-2"))
    world.deploy(read_json({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}).machine, name="load", region="us-west-2")
    schedule(scheduler)
    west = world.place("us-west-2").scheduler
    schedule(west, target=MACHINE.replace("us-east-1", "us-west-2"))
    world.stop_region("us-east-1", after=20 * 60)
    world.run(seconds=DAY)
    assert len(scheduler.firings) == 2
    assert len(west.firings) == 96


def test_double_invocations() -> None:
    world, _, scheduler = a_world()
    scheduler.doubled = 0.25
    schedule(scheduler)
    world.run(seconds=10 * DAY)
    found = times(world)
    assert len(set(found)) == 960
    assert 960 * 0.15 < len(found) - len(set(found)) < 960 * 0.35
    assert len({run.input["id"] for run in world.runs.values()}) == len(found)
    assert all(found.count(slot) <= 2 for slot in found[:50])


def test_the_same_seed_gives_the_same_firings() -> None:
    def once(seed: int) -> list[Any]:
        world, _, scheduler = a_world(seed)
        scheduler.doubled = 0.1
        scheduler.throttles = lambda target: world.rng.random() < 0.3
        schedule(scheduler, "cron(0/5 * * * ? *)", max_age=60)
        world.stop_region("us-east-1", after=HOUR, lasting=HOUR)
        world.run(seconds=DAY)
        return [*scheduler.firings, *(run.input for run in world.runs.values())]

    assert once(7) == once(7)
    assert once(7) != once(8)


# What CreateSchedule refuses


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"expression": "cron(0 2 * * *)"}, "ValidationException", "5 fields instead of six"),
        ({"timezone": "Mars/Base"}, "ValidationException", "no time zone"),
        ({"retry_attempts": 186}, "ValidationException", "0 to 185"),
        ({"retry_attempts": -1}, "ValidationException", "0 to 185"),
        ({"max_age": 59}, "ValidationException", "60 to 86400"),
        ({"max_age": 86_401}, "ValidationException", "60 to 86400"),
        ({"group": "other"}, "ResourceNotFoundException", "Schedule group other"),
        ({"target": "inbox"}, "ValidationException", "not in correct format"),
        ({"target": "arn:aws:sns:us-east-1:111122223333:topic"}, "ValidationException", "not in correct format"),
        ({"target": MACHINE.replace("us-east-1", "us-west-2")}, "ValidationException", "is not in us-east-1"),
        ({"target": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"}, "NotSimulated", "sqs:sendMessage"),
        ({"target": UNIVERSAL, "input": None}, "ValidationException", "no JSON"),
        ({"target": UNIVERSAL, "input": "[]"}, "ValidationException", "StartExecution"),
        ({"target": UNIVERSAL, "input": '{"Input": "{}"}'}, "ValidationException", "StartExecution"),
        ({"target": UNIVERSAL, "input": '{"StateMachineArn": "a", "input": "{}"}'}, "ValidationException", "StartExecution"),
        ({"target": UNIVERSAL, "input": '{"StateMachineArn": "a", "Input": {}}'}, "ValidationException", "StartExecution"),
        ({"input": '{"time": <aws.scheduler.attempt-number>}'}, "ValidationException", "no JSON"),
        ({"input": json.dumps("x" * 262_144)}, "ValidationException", "262144 bytes"),
        ({"dead_letter": DEAD + ".fifo"}, "ValidationException", "not a standard queue"),
        ({"dead_letter": DEAD.replace("us-east-1", "us-west-2")}, "ValidationException", "not a standard queue"),
        ({"dead_letter": "dead"}, "ValidationException", "not a standard queue"),
    ],
)
def test_refused(given: dict[str, Any], code: str, message: str) -> None:
    _, _, scheduler = a_world()
    with pytest.raises(ServiceError) as caught:
        schedule(scheduler, **given)
    assert caught.value.code == code
    assert message in caught.value.message
    assert scheduler.schedules == {}


def test_names_and_groups() -> None:
    _, _, scheduler = a_world()
    assert scheduler.create_group("etl") == "arn:aws:scheduler:us-east-1:111122223333:schedule-group/etl"
    assert schedule(scheduler, group="etl").endswith(":schedule/etl/nightly")
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: schedule(scheduler, group="etl"), "ConflictException"),
        (lambda: scheduler.create_group("etl"), "ConflictException"),
        (lambda: scheduler.create_group("a b"), "ValidationException"),
        (lambda: scheduler.enable("arn:nothing"), "ResourceNotFoundException"),
        (
            lambda: scheduler.create_schedule("n" * 65, expression="rate(1 day)", target=MACHINE, role_arn=ROLE),
            "ValidationException",
        ),
    ]
    for call, code in refused:
        with pytest.raises(ServiceError) as caught:
            call()
        assert caught.value.code == code
