"""`rerun`: the law of marks, interrupted commands, and runs in the simulator that skip every prefix of stages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from operating import ACCOUNT, EAST, NOW, STAGES, UNGATED, WEST, SimulatedTable, make_simulated, run_item, write_project
from operating_aws import Aws

from sfn_dsl.compile.machine import compile_pipeline
from sfn_dsl.control.control import Control
from sfn_dsl.control.rows import BY_EXECUTION, BY_QUEUE, run_key
from sfn_dsl.errors import EnvironmentFault, SfnError
from sfn_dsl.expression import Reference
from sfn_dsl.pipeline import Input, Pipeline, Stage
from sfn_dsl.publish.batch_row import BatchRow, read_row, row_of
from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.refusal import Refused
from sfn_dsl.publish.rerunning import plan_rerun, reset_row
from sfn_dsl.region import Target
from sfn_dsl.simulate.mocks.answers import Answer, Answers, Call
from sfn_dsl.simulate.world import World
from sfn_dsl.steps.task import Task

pytest_plugins = ("operating_fixtures",)
NAMES = st.sampled_from(["extract", "load", "check", "publish", "tell", "stale"])


def row(item: dict[str, Any]) -> BatchRow:
    return row_of("orders", item["batch_id"]["S"], item)


def stored(item: dict[str, Any]) -> SimulatedTable:
    table = make_simulated()
    assert table.put(Item=item)
    return table


# The law of marks


@settings(deadline=None)
@given(stages=st.lists(NAMES.filter(lambda name: name != "stale"), unique=True), data=st.data())
def test_the_marks_left_are_exactly_those_before_the_first_stage_to_run(stages: list[str], data: st.DataObject) -> None:
    done = tuple(stages[: data.draw(st.integers(0, len(stages)))])
    start = data.draw(st.none() | st.sampled_from(stages)) if stages else None
    table = stored(run_item("FAILED", done))
    plan = plan_rerun(row(run_item("FAILED", done)), stages, from_stage=start, now=NOW)
    ready = reset_row(table, plan, now=NOW)
    expected = done if start is None else tuple(stage for stage in done if stages.index(stage) < stages.index(start))
    assert ready.done == frozenset(expected)
    assert plan.skipped == expected
    assert plan.skipped + plan.runs == tuple(stages)


@settings(deadline=None)
@given(done=st.sets(NAMES), start=st.none() | st.sampled_from(STAGES))
def test_what_follows_a_stage_that_runs_again_runs_again(done: set[str], start: str | None) -> None:
    """Stages may have been inserted, removed or renamed since the batch ran."""
    item = run_item("FAILED", tuple(sorted(done)))
    plan = plan_rerun(row(item), STAGES, from_stage=start, now=NOW)
    assert reset_row(stored(item), plan, now=NOW).done == frozenset(plan.skipped) <= done
    assert plan.skipped == STAGES[: len(plan.skipped)]
    assert start is None or start in plan.runs


@pytest.mark.parametrize("status", ["FAILED", "SUCCEEDED", "RUNNING"])
def test_a_row_is_set_back(status: str) -> None:
    item = run_item(status, ("extract", "load"), lease_until=NOW - 1)
    table = stored(item)
    reset_row(table, plan_rerun(row(item), STAGES, from_stage="load", now=NOW), now=NOW)
    found = table.get(run_key("orders", "b1"))
    assert found == {
        "pk": item["pk"],
        "sk": {"S": "RUN"},
        "status": {"S": "READY"},
        "queue": {"S": "READY#orders"},
        "pipeline": {"S": "orders"},
        "batch_id": {"S": "b1"},
        "region": {"S": EAST},
        "created_at": item["created_at"],
        "updated_at": {"N": str(NOW)},
        "input": item["input"],
        "fence": {"N": "3"},
        "attempt": {"N": "2"},
        "stages": {"M": {"extract": item["stages"]["M"]["extract"]}},
    }
    # The finished attempt is kept whole, but in no index: sweeper and closer must not find it.
    copy = table.get({"pk": item["pk"], "sk": {"S": "ATTEMPT#0001"}})
    whole = {name: value for name, value in item.items() if name not in ("queue", "exec_arn")}
    assert copy == {**whole, "sk": {"S": "ATTEMPT#0001"}, "execution": item["exec_arn"]}
    for index, name, value in ((BY_QUEUE, "queue", f"{status}#orders"), (BY_EXECUTION, "exec_arn", item["exec_arn"]["S"])):
        values = {":value": {"S": value}}
        assert table.query(IndexName=index, KeyConditionExpression=f"{name} = :value", ExpressionAttributeValues=values) == []


@pytest.mark.parametrize(("start", "lease"), [("publish", "2000"), ("load", "1000"), ("extract", None), (None, "2000")])
def test_the_batch_is_held_for_the_stage_that_comes_next(start: str | None, lease: str | None) -> None:
    item = run_item("FAILED", ("extract", "load"))
    for stage, milliseconds in (("extract", "1000"), ("load", "2000")):
        item["stages"]["M"][stage]["M"]["next_lease"] = {"N": milliseconds}
    item["next_lease"] = {"N": "2000"}
    table = stored(item)
    reset_row(table, plan_rerun(row(item), STAGES, from_stage=start, now=NOW), now=NOW)
    found = table.get(run_key("orders", "b1"))
    assert found is not None
    assert found.get("next_lease") == (None if lease is None else {"N": lease})


REFUSALS = [
    (run_item("RUNNING"), None, "is in work in us-east-1: arn:aws:states:us-east-1:123456789012:execution:orders:first holds it for 10 min yet"),
    (run_item("RUNNING", lease_until=NOW + 30_000), "load", "holds it for 30 s yet"),
    (run_item("RUNNING", lease_until=NOW), None, "holds it for 0 s yet"),
    (run_item("SUCCEEDED", STAGES), None, "has succeeded, and all its stages are done"),
    (run_item("PARKED"), None, "is PARKED, so there is nothing to run again"),
    (run_item("CANCELLED"), None, "is CANCELLED, so there is nothing to run again"),
    (run_item("READY", ("extract", "load")), "load", "waits already for attempt 1, which skips extract, load"),
    (run_item("FAILED"), "loda", "has no stage `loda`"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "start", "message"), REFUSALS, ids=lambda value: None)
def test_refusals(item: dict[str, Any], start: str | None, message: str) -> None:
    with pytest.raises(Refused) as caught:
        plan_rerun(row(item), STAGES, from_stage=start, now=NOW)
    assert message in str(caught.value)
    assert caught.value.exit_code == 1


def test_a_misspelt_stage_is_recognised() -> None:
    with pytest.raises(Refused) as caught:
        plan_rerun(row(run_item()), STAGES, from_stage="loda", now=NOW)
    assert caught.value.help == "did you mean `load`?"


CHANGES = {
    "another fence": {"fence": {"N": "4"}},
    "another write": {"updated_at": {"N": str(NOW - 1)}},
    "claimed again": {"status": {"S": "RUNNING"}, "lease_until": {"N": str(NOW + 1)}},
    "lease renewed": {"status": {"S": "RUNNING"}, "lease_until": {"N": str(NOW)}},
    "cancelled": {"status": {"S": "CANCELLED"}},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_row_that_has_changed_meanwhile_stays(change: dict[str, Any]) -> None:
    item = run_item("FAILED", ("extract",))
    plan = plan_rerun(row(item), STAGES, now=NOW)
    changed = {**item, **change}
    table = stored(changed)
    with pytest.raises(EnvironmentFault, match="has changed meanwhile"):
        reset_row(table, plan, now=NOW)
    assert table.get(run_key("orders", "b1")) == changed


def test_a_lost_answer_is_no_failure() -> None:
    """The client repeats a write whose answer was lost, and the condition then fails because of the first one."""

    class Forgetful(SimulatedTable):
        def update(self, **request: Any) -> None:
            super().update(**request)

    item = run_item("FAILED", ("extract",))
    table = Forgetful(stored(item).service)
    assert reset_row(table, plan_rerun(row(item), STAGES, now=NOW), now=NOW).status == "READY"


def test_a_copy_from_before_a_crash_is_replaced_when_the_attempt_went_on() -> None:
    item = run_item("RUNNING", ("extract",), lease_until=NOW - 1)
    table = stored(item)
    key = {"pk": item["pk"], "sk": {"S": "ATTEMPT#0001"}}
    reset = plan_rerun(row(item), STAGES, now=NOW)
    assert table.put(Item={**item, **key, "queue": {"S": "x"}})
    later = run_item("FAILED", ("extract", "load"), fence={"N": "4"})
    assert table.put(Item=later)
    reset = plan_rerun(row(later), STAGES, now=NOW)
    reset_row(table, reset, now=NOW)
    copy = table.get(key)
    assert copy is not None
    assert set(copy["stages"]["M"]) == {"extract", "load"}


# The command


def test_the_command(aws: Aws, folder: Path) -> None:
    aws.put(EAST, run_item("FAILED", ("extract", "load")))
    aws.machine(EAST)
    code, out, _ = aws.cli(folder, "rerun", "orders", "b1", "--from", "load", "--yes")
    assert code == 0, out
    arn = f"arn:aws:states:us-east-1:{ACCOUNT}:execution:orders:orders-b1-a2"
    for line in (
        "orders b1 is FAILED, attempt 1",
        "attempt: 2",
        "skips: extract\n",
        "runs: load, check, publish",
        f"started: {arn}",
    ):
        assert line in out
    assert aws.started(EAST) == [(arn, {"batch_id": "b1"})]
    found = aws.row(EAST)
    assert (found["status"], found["attempt"], set(found["stages"]["M"])) == ({"S": "READY"}, {"N": "2"}, {"extract"})
    # Once more: nothing is left to do, and the same execution is named.
    code, out, _ = aws.cli(folder, "rerun", "orders", "b1", "--yes", "--output-format", "json")
    assert (code, json.loads(out)["execution"]) == (0, arn)
    assert aws.row(EAST) == found


def test_without_a_start(aws: Aws, folder: Path) -> None:
    aws.put(EAST, run_item("FAILED"))
    code, out, _ = aws.cli(folder, "rerun", "orders", "b1", "--no-start", "--yes")
    assert (code, "by the sweeper" in out) == (0, True)
    assert aws.row(EAST)["status"] == {"S": "READY"}


def test_an_execution_of_that_name_exists(aws: Aws, folder: Path) -> None:
    aws.put(EAST, run_item("FAILED", input={"S": "{}"}))
    aws.machine(EAST)
    aws.client("stepfunctions", EAST).start_execution(stateMachineArn=aws.arn(EAST), name="orders-b1-a2", input='{"other": 1}')
    code, out, _ = aws.cli(folder, "rerun", "orders", "b1", "--yes")
    assert (code, "exists already: " in out, "the sweeper starts the batch" in out) == (0, True, True)


@pytest.mark.parametrize(
    ("arguments", "expected", "message"),
    [
        (("orders", "nothing", "--yes"), 1, "has no batch `nothing`"),
        (("order", "b1", "--yes"), 1, "did you mean `orders`?"),
        (("orders-daily", "b1", "--yes"), 1, "keeps no rows in the control table"),
        (("orders", "b1", "--from", "chek", "--yes"), 1, "did you mean `check`?"),
        (("orders", "b1", "--region", "us-west-1", "--yes"), 1, "us-west-1 stands by: us-east-1 is the active Region"),
        (("orders", "b1", "--region", "eu-west-1", "--yes"), 1, "is not a Region of this project"),
        (("orders", "b1"), 2, "this is no terminal"),
        (("orders", "b1", "--yes"), 2, "there is no such state machine or alias in us-east-1"),
    ],
)
def test_refusals_of_the_command(aws: Aws, folder: Path, arguments: tuple[str, ...], expected: int, message: str) -> None:
    aws.put(EAST, run_item("FAILED"))
    code, _, err = aws.cli(folder, "rerun", *arguments)
    assert (code, message in err) == (expected, True), err


def test_a_batch_in_work_is_left_alone(aws: Aws, folder: Path) -> None:
    item = run_item("RUNNING", lease_until=aws.now() + 600_000)
    aws.put(EAST, item)
    code, _, err = aws.cli(folder, "rerun", "orders", "b1", "--yes")
    assert (code, "holds it for 10 min yet" in err) == (1, True)
    assert aws.row(EAST) == item


def test_it_starts_in_the_active_region(aws: Aws, folder: Path) -> None:
    for region in (EAST, "us-west-2"):
        aws.activate(region, WEST)
        aws.put(region, run_item("FAILED"))
    aws.machine(WEST)
    code, out, _ = aws.cli(folder, "rerun", "orders", "b1", "--yes")
    assert (code, f"arn:aws:states:us-west-1:{ACCOUNT}:execution:orders:orders-b1-a2" in out) == (0, True)
    # us-west-1 has no replica; its neighbour's is asked.
    assert aws.row("us-west-2")["status"] == {"S": "READY"}


def test_regions_that_know_no_active_one(aws: Aws, project: Any) -> None:
    folder = write_project(project, UNGATED)
    aws.put(WEST, run_item("FAILED"))
    aws.machine(WEST)
    code, out, _ = aws.cli(folder, "rerun", "orders", "b1", "--region", WEST, "--yes")
    assert (code, f"arn:aws:states:us-west-1:{ACCOUNT}:execution:orders:orders-b1-a2" in out) == (0, True)


class Crash(SfnError):
    """The command is interrupted."""


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_an_interrupted_command_given_again_ends_in_the_same_row(
    aws: Aws, folder: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    plain = Clients.call
    left = [10_000]

    def crashing(self: Clients, service: str, region: str, operation: str, /, **arguments: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and not after:
            raise Crash("interrupted")
        answer = plain(self, service, region, operation, **arguments)
        if left[0] == 0:
            raise Crash("interrupted")
        return answer

    def undisturbed() -> tuple[Any, Any]:
        items = aws.items(EAST)
        for item in items:
            if item["sk"] == {"S": "RUN"}:
                assert int(item.pop("updated_at")["N"]) > NOW - 5_000
        return items, aws.started(EAST)

    monkeypatch.setattr(Clients, "call", crashing)
    aws.machine(EAST)
    given = ("rerun", "orders", "b1", "--from", "check", "--yes")

    def fresh() -> None:
        aws.clear(EAST)
        aws.put(EAST, run_item("FAILED", STAGES))

    fresh()
    assert aws.cli(folder, *given)[0] == 0
    expected, calls = undisturbed(), 10_000 - left[0]
    assert calls >= 5
    for number in range(1, calls + 1):
        fresh()
        left[0] = number
        assert aws.cli(folder, *given)[0] == 2
        assert aws.cli(folder, *given)[0] == 0
        assert undisturbed() == expected, f"call {number} of {calls}"


# In the simulator: what was skipped makes no difference


def declared() -> Pipeline:
    batch = Input(batch_id=str)
    control = Control(batch.batch_id)
    stages: list[Stage] = []
    before: Reference = batch.batch_id
    for name in STAGES:
        step = Task(
            f"Do {name}", resource="arn:aws:states:::lambda:invoke", arguments={"FunctionName": name, "Payload": {"of": before}}
        )
        before = step.output.Payload.made
        stages.append(Stage(name, step))
    return Pipeline(name="orders", input=batch, control=control, body=stages, output={"made": before}, timeout_seconds=3600)


class Life:
    """A world with the pipeline and its control table. `failing`: the state whose call fails; `calls`: the states that called."""

    def __init__(self) -> None:
        self.failing = ""
        self.calls: list[str] = []
        compiled = compile_pipeline(declared(), Target(region=EAST, account=ACCOUNT))
        assert compiled.diagnostics == ()
        names = [f"Do {name}" for name in STAGES]
        self.world = World(account=ACCOUNT, answers=Answers(states=dict.fromkeys(names, self.answer)), strict=False)
        self.table = make_simulated(self.world.place(EAST).dynamodb)
        self.machine = self.world.deploy(compiled.machine, name="orders")

    def answer(self, call: Call, rng: object) -> Answer:
        self.calls.append(call.state)
        if call.state == self.failing:
            return Answer(fails=True, error="Boom", cause="asked for")
        return Answer(value={"Payload": {"made": f"{call.state}({call.arguments['Payload']['of']})"}})

    def run(self, name: str) -> tuple[str, Any, list[str]]:
        self.calls = []
        execution = self.world.start(self.machine, {"batch_id": "b1"}, name=name)
        self.world.run(until=execution)
        return execution.status, execution.output, self.calls


@pytest.mark.parametrize("failing", range(len(STAGES)), ids=STAGES)
def test_skipping_every_prefix_of_stages_makes_no_difference(failing: int) -> None:
    states = [f"Do {name}" for name in STAGES]
    whole = Life().run("first")
    assert whole == ("SUCCEEDED", {"made": "Do publish(Do check(Do load(Do extract(b1))))"}, states)
    for start in (None, *STAGES):
        life = Life()
        life.failing = states[failing]
        assert life.run("first")[::2] == ("FAILED", states[: failing + 1])
        life.failing = ""
        # A second event for the failed batch does nothing.
        assert life.run("second") == ("SUCCEEDED", {"claimed": False}, [])
        found = read_row(life.table, "orders", "b1")
        assert found is not None
        assert found.done == set(STAGES[:failing])
        plan = plan_rerun(found, STAGES, from_stage=start, now=life.world.now_ms)
        reset_row(life.table, plan, now=life.world.now_ms)
        first = failing if start is None else min(failing, STAGES.index(start))
        assert life.run("third") == ("SUCCEEDED", whole[1], states[first:])
        ended = read_row(life.table, "orders", "b1")
        assert ended is not None
        assert (ended.status, ended.attempt, ended.done) == ("SUCCEEDED", 2, set(STAGES))
        # Done again from anywhere, it comes to the same.
        again = plan_rerun(ended, STAGES, from_stage=STAGES[failing], now=life.world.now_ms)
        reset_row(life.table, again, now=life.world.now_ms)
        assert life.run("fourth") == ("SUCCEEDED", whole[1], states[failing:])


def test_a_run_that_was_stopped_is_run_again_when_its_lease_is_over() -> None:
    life = Life()
    states = [f"Do {name}" for name in STAGES]
    stopped = life.world.start(life.machine, {"batch_id": "b1"}, name="first")
    while "Do check" not in life.calls:
        life.world.run(seconds=0.1)
    life.world.stop(stopped)
    life.world.run()
    assert stopped.status == "ABORTED"
    found = read_row(life.table, "orders", "b1")
    assert found is not None
    assert (found.status, found.done) == ("RUNNING", {"extract", "load"})
    with pytest.raises(Refused, match="is in work in us-east-1"):
        plan_rerun(found, STAGES, now=life.world.now_ms)
    life.world.run(seconds=found.lease_left(life.world.now_ms) + 1)
    reset_row(life.table, plan_rerun(found, STAGES, now=life.world.now_ms), now=life.world.now_ms)
    made = "Do publish(Do check(Do load(Do extract(b1))))"
    assert life.run("second") == ("SUCCEEDED", {"made": made}, states[2:])
