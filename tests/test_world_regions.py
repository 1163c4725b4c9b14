"""Regions that stand still or are cut off: what freezes, what goes on, who hears of it; clocks that are wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_dsl.asl.read import read_json
from sfn_dsl.simulate.mocks.answers import Answers, parse_answer
from sfn_dsl.simulate.running.thread import Run
from sfn_dsl.simulate.running.troubles import Observation
from sfn_dsl.simulate.world import World

EAST, WEST = "us-east-1", "us-west-1"


def started(world: World, first: dict[str, Any], region: str = EAST, **fields: Any) -> Run:
    """Start a machine of one state and a Pass."""
    states = {"S": {**first, "Next": "P"}, "P": {"Type": "Pass", "End": True}}
    definition = {"QueryLanguage": "JSONata", "StartAt": "S", "States": states, **fields}
    return world.start(world.deploy(read_json(definition).machine, region=region, name=f"m{len(world.runs)}"))


def waits(seconds: float) -> dict[str, Any]:
    return {"Type": "Wait", "Seconds": seconds}


def calls(seconds: float, world: World, **fields: Any) -> dict[str, Any]:
    """A Glue job that takes so long."""
    world.answers = Answers(states={"S": parse_answer({"Return": {"JobRunState": "SUCCEEDED"}, "Duration": seconds})})
    world.strict = False
    return {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Arguments": {"JobName": "j"}, **fields}


# Standing still


@pytest.mark.parametrize(("seconds", "end"), [(40, 40), (51, 550), (100, 550), (549, 550), (600, 600)])
@pytest.mark.parametrize("kind", ["wait", "task"])
def test_what_would_end_in_a_stop_ends_after_it(kind: str, seconds: int, end: float) -> None:
    world = World()
    run = started(world, waits(seconds) if kind == "wait" else calls(seconds, world))
    world.stop_region(EAST, after=50, lasting=500)
    world.run()
    assert (run.status, run.duration) == ("SUCCEEDED", end)


def test_a_task_times_out_after_the_stop() -> None:
    world = World()
    run = started(world, calls(1000, world, TimeoutSeconds=100))
    world.stop_region(EAST, after=50, lasting=500)
    world.run()
    assert (run.status, run.error, run.duration) == ("FAILED", "States.Timeout", 550)


@pytest.mark.parametrize(("seconds", "limit", "status", "end"), [(1000, 100, "TIMED_OUT", 550), (100, 300, "TIMED_OUT", 550)])
def test_an_execution_times_out_after_the_stop(seconds: int, limit: int, status: str, end: float) -> None:
    world = World()
    run = started(world, waits(seconds), TimeoutSeconds=limit)
    world.stop_region(EAST, after=50, lasting=500)
    world.run()
    assert (run.status, run.duration) == (status, end)


def test_an_execution_that_starts_in_a_stopped_region_waits() -> None:
    world = World()
    world.stop_region(EAST, lasting=100)
    world.run(seconds=10)
    run = started(world, {"Type": "Pass"})
    world.run()
    assert [visit.start for visit in run.visits] == [100, 100]


@settings(max_examples=50, deadline=None)
@given(stops=st.lists(st.tuples(st.integers(1, 300), st.integers(1, 300)), max_size=4), seconds=st.integers(1, 700))
def test_stops_may_overlap(stops: list[tuple[int, int]], seconds: int) -> None:
    """A wait ends at the first moment after its time at which no stop lasts."""
    world = World()
    run = started(world, waits(seconds))
    # Half seconds, because nothing is said about what happens at one moment.
    spans = [(after + 0.5, after + 0.5 + lasting) for after, lasting in stops]
    for begin, end in spans:
        world.stop_region(EAST, after=begin, lasting=end - begin)
    world.run()
    expected: float = seconds
    while covering := [end for begin, end in spans if begin <= expected < end]:
        expected = max(covering)
    assert run.duration == expected
    world.run(seconds=1000)
    assert world.healthy(EAST)


def test_the_zombie_goes_on_where_it_was() -> None:
    world = World(regions=(EAST, WEST))
    for region in (EAST, WEST):
        world.place(region).dynamodb.create_table("t", "id")
    write = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Arguments": {"TableName": "t", "Item": {"id": {"S": "b1"}, "at": {"S": "{% $states.context.State.EnteredTime %}"}}},
        "End": True,
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": "W", "States": {"W": {**waits(60), "Next": "P"}, "P": write}}
    run = world.start(world.deploy(read_json(definition).machine))
    world.stop_region(EAST, after=30, lasting=3600)
    world.run()
    items = world.place(EAST).dynamodb.tables["t"].items
    assert run.status == "SUCCEEDED"
    assert items["b1", ""]["at"] == {"S": "2026-01-01T01:00:30.000Z"}


# Health and observers


@pytest.mark.parametrize("trouble", ["stop_region", "isolate_region"])
def test_the_truth_about_a_region(trouble: str) -> None:
    world = World(regions=(EAST, WEST))
    getattr(world, trouble)(EAST, after=10, lasting=20)
    truth = []
    for _ in range(4):
        world.run(seconds=9)
        truth.append((world.healthy(EAST), world.healthy(WEST)))
    assert truth == [(True, True), (False, True), (False, True), (True, True)]


def test_a_region_that_is_cut_off_works_on() -> None:
    world = World()
    run = started(world, waits(100))
    world.isolate_region(EAST, after=50)
    world.run()
    assert (run.status, run.duration) == ("SUCCEEDED", 100)


def observed(world: World) -> list[tuple[str, bool, float]]:
    seen: list[tuple[str, bool, float]] = []

    def note(observation: Observation) -> None:
        seen.append((observation.region, observation.healthy, observation.time - world.begin))

    world.observers.append(note)
    return seen


def test_observers_hear_of_trouble_and_of_its_end() -> None:
    world = World(detection=100)
    seen = observed(world)
    world.stop_region(EAST, after=50, lasting=500)
    world.run(seconds=1000)
    assert seen == [(EAST, False, 150), (EAST, True, 650)]


def test_detection_is_drawn_from_a_pair() -> None:
    times = set()
    for seed in range(20):
        world = World(detection=(120, 420), seed=seed)
        seen = observed(world)
        world.isolate_region(EAST)
        world.run(seconds=1000)
        [(_, healthy, time)] = seen
        assert not healthy
        assert 120 <= time <= 420
        times.add(time)
    assert len(times) == 20


@pytest.mark.parametrize(
    ("lasting", "told"),
    [(99, []), (None, [(EAST, False, 100)])],
    ids=["over before it is detected", "for good"],
)
def test_what_observers_are_told(lasting: float | None, told: list[tuple[str, bool, float]]) -> None:
    world = World(detection=100)
    seen = observed(world)
    world.stop_region(EAST, lasting=lasting)
    world.run(seconds=1000)
    assert seen == told


def test_troubles_that_overlap_are_told_once() -> None:
    world = World(detection=100)
    seen = observed(world)
    world.stop_region(EAST, lasting=300)
    world.isolate_region(EAST, after=50, lasting=400)
    world.run(seconds=1000)
    assert seen == [(EAST, False, 100), (EAST, True, 550)]


def test_a_false_alarm_is_an_observation_without_trouble() -> None:
    world = World()
    seen = observed(world)
    world.false_alarm(EAST, after=10, lasting=60)
    run = started(world, waits(30))
    world.run(seconds=20)
    assert world.healthy(EAST)
    world.run(seconds=1000)
    assert seen == [(EAST, False, 10), (EAST, True, 70)]
    assert run.duration == 30


def test_an_alarm_does_not_end_while_there_is_trouble() -> None:
    world = World(detection=100)
    seen = observed(world)
    world.false_alarm(EAST, after=10, lasting=60)
    world.stop_region(EAST, after=20, lasting=500)
    world.run(seconds=1000)
    assert seen == [(EAST, False, 10), (EAST, True, 620)]


# Clocks


def test_a_clock_that_is_fast() -> None:
    world = World(regions=(EAST, WEST), clock_skew={WEST: 90.0})
    state = {
        "Type": "Pass",
        "Output": {"now": "{% $now() %}", "ms": "{% $millis() %}", "in": "{% $states.context.State.EnteredTime %}"},
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {**state, "End": True}}}
    east, west = (world.start(world.deploy(read_json(definition).machine, region=region)) for region in (EAST, WEST))
    world.run()
    milliseconds = int(world.begin * 1000)
    assert east.output == {"now": "2026-01-01T00:00:00.000Z", "ms": milliseconds, "in": "2026-01-01T00:00:00.000Z"}
    assert west.output == {"now": "2026-01-01T00:01:30.000Z", "ms": milliseconds + 90_000, "in": "2026-01-01T00:01:30.000Z"}


def test_a_wait_until_a_time_uses_the_clock_of_its_region() -> None:
    world = World(clock_skew={EAST: 90.0})
    run = started(world, {"Type": "Wait", "Timestamp": "2026-01-01T00:10:00Z"})
    world.run()
    assert run.duration == 600 - 90
