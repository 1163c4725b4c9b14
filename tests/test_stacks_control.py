"""The compiled control states, run as they are deployed: claim, marks, leases, parking, sweeping, closing; both query languages, every
gate, with the table in the Region and behind the bridge function."""

from __future__ import annotations

from typing import Any

import pytest
from estate import ARBITER, EAST, MANUAL, WEST, Estate, Worker

from sfn_dsl import BatchReady, Control, DbtCall, Extract, Input, Load, Notify, Pipeline, Schedule, Stage, config
from sfn_dsl.asl.emit import to_json
from sfn_dsl.compile.controlled import controlled
from sfn_dsl.deployment import Deployment
from sfn_dsl.region import Target
from sfn_dsl.simulate.mocks.faults import Faults, Injection
from sfn_dsl.simulate.running.thread import Run
from sfn_dsl.stacks.machine import machine_policy

ALONE = Deployment(active=EAST)
# The gate, and the Region that is active. In us-west-1 the arbiter's table is behind the bridge.
PLACES = {
    "none": (ALONE, EAST),
    "mrec-manual": (MANUAL, EAST),
    "arbiter": (ARBITER, EAST),
    "arbiter-bridge": (ARBITER, WEST),
}
GATED = [name for name in PLACES if name != "none"]
LANGUAGES = ["JSONata", "JSONPath"]


def two_stages(*, held: int | None = 600, **more: Any) -> Pipeline:
    batch = Input(batch_id=str)
    first = Extract.lambda_(
        "Get", function="first", payload={"b": batch.batch_id}, returns={"uri": str, "rows": int}, timeout_seconds=300
    )
    second = Load.lambda_(
        "Put",
        function="second",
        payload={"b": batch.batch_id, "uri": first.output.uri, "rows": first.output.rows},
        returns={"n": int},
        timeout_seconds=5000,
    )
    return Pipeline(
        name="p",
        input=batch,
        control=Control(batch.batch_id),
        body=[Stage("first", first), Stage("second", second, lease_seconds=held)],
        output={"n": second.output.n, "uri": first.output.uri},
        on_failure=Notify.sns("Alert", topic=config.alert_topic, subject="p failed", message={"batch": batch.batch_id}),
        **more,
    )


class Tried:
    """Two stages at a place."""

    def __init__(self, place: str, language: str, **more: Any) -> None:
        deployment, self.region = PLACES[place]
        self.first = Worker({"uri": "s3://lake/b1", "rows": 7})
        self.second = Worker({"n": 1})
        workers = {"first": self.first, "second": self.second}
        self.estate = Estate([two_stages(**more)], workers, deployment=deployment, language=language, schedules=False)
        if self.region == WEST:
            self.estate.promote(WEST)

    def start(self, batch: str = "b1", **more: Any) -> Run:
        return self.estate.start("p", {"batch_id": batch}, self.region, **more)

    def row(self, batch: str = "b1") -> dict[str, Any]:
        found = self.estate.row("p", batch)
        assert found is not None
        return found

    @property
    def done(self) -> tuple[int, int]:
        return len(self.first.calls), len(self.second.calls)


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


NOT_MINE = {"claimed": False}


def test_a_fresh_batch_is_claimed_and_a_second_trigger_does_nothing(place: str, language: str) -> None:
    tried = Tried(place, language)
    run = tried.start()
    tried.estate.run(3000)
    assert (run.status, run.output) == ("SUCCEEDED", {"n": 1, "uri": "s3://lake/b1"})
    row = tried.row()
    assert {name: row[name] for name in ("status", "queue", "fence", "attempt", "exec_arn", "region")} == {
        "status": "SUCCEEDED",
        "queue": "SUCCEEDED#p",
        "fence": 1,
        "attempt": 1,
        "exec_arn": run.arn,
        "region": tried.region,
    }
    assert {name: stage["status"] for name, stage in row["stages"].items()} == {"first": "SUCCEEDED", "second": "SUCCEEDED"}
    assert "lease_until" not in row
    again = tried.start()
    tried.estate.run(3000)
    assert (again.status, again.output, tried.done) == ("SUCCEEDED", NOT_MINE, (1, 1))
    assert tried.row() == row


def test_a_second_trigger_while_the_batch_is_in_work_does_nothing(place: str, language: str) -> None:
    tried = Tried(place, language)
    run = tried.start()
    tried.estate.run(30)
    assert tried.row()["status"] == "RUNNING"
    again = tried.start()
    tried.estate.run(3000)
    assert (run.status, again.output, tried.done) == ("SUCCEEDED", NOT_MINE, (1, 1))


def test_a_claim_whose_answer_was_lost_can_be_repeated(place: str, language: str) -> None:
    """The row is there already and says that it is this execution's."""
    tried = Tried(place, language)
    arn = tried.estate.arn("p", tried.region).replace(":stateMachine:", ":execution:") + ":n1"
    tried.estate.change(
        "p", "b1", status={"S": "RUNNING"}, exec_arn={"S": arn}, lease_until={"N": "99999999999999"}, fence={"N": "1"}
    )
    stranger = tried.start()
    run = tried.start(name="n1")
    tried.estate.run(3000)
    assert (stranger.output, run.status, run.output["n"]) == (NOT_MINE, "SUCCEEDED", 1)
    assert tried.row()["fence"] == 2


def test_an_expired_lease_is_taken_over_and_the_old_owner_stops_without_a_trace(place: str, language: str) -> None:
    tried = Tried(place, language)
    tried.second.seconds = 4000
    old = tried.start()
    tried.estate.run(700)
    tried.second.seconds = 60
    new = tried.start()
    tried.estate.run(120)
    assert (new.status, new.output) == ("SUCCEEDED", {"n": 1, "uri": "s3://lake/b1"})
    assert tried.done == (1, 2), "the stage that was done is skipped"
    row = tried.row()
    assert (row["status"], row["fence"], row["exec_arn"]) == ("SUCCEEDED", 2, new.arn)
    assert tried.second.calls[0] == tried.second.calls[1]
    tried.estate.run(5000)
    assert (old.status, old.error) == ("FAILED", "Pipeline.LeaseLost")
    assert tried.row() == row
    assert tried.estate.alerts() == 0


def test_who_skips_a_stage_holds_the_batch_for_the_next_one(place: str, language: str) -> None:
    tried = Tried(place, language, held=None)
    tried.second.seconds = 4000
    old = tried.start()
    tried.estate.run(700)
    tried.estate.change("p", "b1", lease_until={"N": "1"})
    begun = round(tried.estate.world.now * 1000)
    new = tried.start()
    tried.estate.run(60)
    row = tried.row()
    assert (row["exec_arn"], tried.done) == (new.arn, (1, 2))
    assert 5_300_000 <= row["lease_until"] - begun < 5_302_000, "longer than the first stage would need"
    for _ in range(12):
        tried.estate.start("p-sweeper", {}, tried.region)
        tried.estate.run(300)
    assert tried.estate.runs("p") == [old, new]
    tried.estate.run(5000)
    assert (new.status, tried.row()["fence"]) == ("SUCCEEDED", 2)


def test_a_lease_is_not_taken_before_it_ends(place: str, language: str) -> None:
    tried = Tried(place, language)
    tried.second.seconds = 550
    run = tried.start()
    tried.estate.run(600)
    again = tried.start()
    tried.estate.run(3000)
    assert (again.output, run.status, tried.done) == (NOT_MINE, "SUCCEEDED", (1, 1))


def test_a_batch_that_failed_is_not_started_again_by_an_event(place: str, language: str) -> None:
    tried = Tried(place, language)
    tried.second.errors = ["BadData"]
    run = tried.start()
    tried.estate.run(3000)
    assert (run.status, run.error) == ("FAILED", "BadData")
    row = tried.row()
    assert (row["status"], row["queue"]) == ("FAILED", "FAILED#p")
    assert (row["error"]["step"], row["error"]["error"], list(row["stages"])) == ("Put", "BadData", ["first"])
    again = tried.start()
    tried.estate.run(3000)
    assert (again.status, again.output, tried.done, tried.row()) == ("SUCCEEDED", NOT_MINE, (1, 1), row)
    assert tried.estate.alerts("b1") == 1, "the handler has told people, the closer has nothing to add"


def test_a_rerun_skips_the_stages_that_are_done(place: str, language: str) -> None:
    tried = Tried(place, language)
    tried.second.errors = ["BadData"]
    tried.start()
    tried.estate.run(3000)
    tried.estate.change("p", "b1", status={"S": "READY"}, queue={"S": "READY#p"}, attempt={"N": "2"})
    run = tried.start()
    tried.estate.run(3000)
    assert (run.output, tried.done) == ({"n": 1, "uri": "s3://lake/b1"}, (1, 2))
    row = tried.row()
    assert (row["fence"], row["attempt"], "error" in row) == (2, 2, False)
    assert [row["stages"][name]["attempt"] for name in ("first", "second")] == [1, 2]


# A Region that stands by


@pytest.mark.parametrize("gate", ["mrec-manual", "arbiter"])
@pytest.mark.parametrize("passive", [EAST, WEST])
def test_a_passive_region_parks_and_the_active_one_takes_it_up(gate: str, passive: str, language: str) -> None:
    tried = Tried(gate, language)
    active = WEST if passive == EAST else EAST
    tried.estate.promote(active)
    tried.estate.run(30)
    run = tried.estate.start("p", {"batch_id": "b1"}, passive)
    again = tried.estate.start("p", {"batch_id": "b1"}, passive)
    tried.estate.run(60)
    assert [(one.status, one.output) for one in (run, again)] == [("SUCCEEDED", NOT_MINE)] * 2
    assert tried.done == (0, 0)
    sort = "RUN" if gate == "arbiter" else f"PARKED#{passive}"
    assert tried.estate.keys(active if gate == "mrec-manual" else None) == [("PIPE#p#BATCH#b1", sort)]
    for region in (passive, active):
        tried.estate.start("p-sweeper", {}, region)
        tried.estate.run(300)
        assert len(tried.estate.runs("p", region)) == (2 if region == passive else 1)
    assert (tried.done, tried.row()["status"]) == ((1, 1), "SUCCEEDED")
    assert {region for region, _ in tried.first.calls} == {active}
    assert tried.estate.keys() == [("PIPE#p#BATCH#b1", "RUN")], "a note is removed when its batch is started"


def test_a_region_that_was_promoted_works_and_the_other_one_parks(language: str) -> None:
    tried = Tried("arbiter", language)
    tried.estate.promote(WEST)
    west = tried.estate.start("p", {"batch_id": "b1"}, WEST)
    east = tried.estate.start("p", {"batch_id": "b2"}, EAST)
    tried.estate.run(300)
    assert (west.output, east.output) == ({"n": 1, "uri": "s3://lake/b1"}, NOT_MINE)
    assert (tried.row()["region"], tried.row("b2")["status"]) == (WEST, "PARKED")


# The sweeper


def waiting(tried: Tried, batch: str, status: str, age: float, **more: Any) -> None:
    """A row in a queue since `age` seconds."""
    since = round((tried.estate.world.now - age) * 1000)
    values = {"status": {"S": status}, "queue": {"S": f"{status}#p"}, "updated_at": {"N": str(since)}}
    tried.estate.change("p", batch, **values, batch_id={"S": batch}, input={"S": f'{{"batch_id":"{batch}"}}'}, **more)


def test_the_sweeper_starts_what_nobody_works_on(place: str, language: str) -> None:
    tried = Tried(place, language)
    now = round(tried.estate.world.now * 1000)
    waiting(tried, "old", "READY", 301)
    waiting(tried, "young", "READY", 200)
    waiting(tried, "expired", "RUNNING", 900, lease_until={"N": str(now - 1000)}, exec_arn={"S": "x"}, fence={"N": "4"})
    waiting(tried, "held", "RUNNING", 900, lease_until={"N": str(now + 900_000)}, exec_arn={"S": "x"}, fence={"N": "4"})
    waiting(tried, "failed", "FAILED", 900)
    waiting(tried, "done", "SUCCEEDED", 900)
    if place != "none":
        waiting(tried, "parked", "PARKED", 1)
    tried.estate.start("p-sweeper", {}, tried.region)
    tried.estate.run(300)
    started = sorted(run.input["batch_id"] for run in tried.estate.runs("p"))
    assert started == ["expired", "old", *(["parked"] if place != "none" else [])]
    assert [tried.row(batch)["status"] for batch in started] == ["SUCCEEDED"] * len(started)
    assert (tried.row("expired")["fence"], tried.row("held")["fence"]) == (5, 4)
    assert tried.row("young")["status"] == "READY"


def test_a_batch_whose_executions_die_is_not_started_for_ever(place: str, language: str) -> None:
    tried = Tried(place, language)
    now = round(tried.estate.world.now * 1000)
    held = {"lease_until": {"N": str(now - 1000)}, "exec_arn": {"S": "x"}}
    for batch, fence, attempt in (("ninth", 9, 1), ("tenth", 10, 1), ("again", 10, 2), ("often", 25, 2)):
        waiting(tried, batch, "RUNNING", 900, **held, fence={"N": str(fence)}, attempt={"N": str(attempt)})
    sweep = tried.estate.start("p-sweeper", {}, tried.region)
    tried.estate.run(300)
    assert sweep.status == "SUCCEEDED"
    assert sorted(run.input["batch_id"] for run in tried.estate.runs("p")) == ["again", "ninth"]
    for batch, fence in (("tenth", 10), ("often", 25)):
        row = tried.row(batch)
        assert (row["status"], row["queue"], row["fence"]) == ("FAILED", "FAILED#p", fence)
        assert row["error"]["error"] == "Pipeline.GivenUp"
        assert f"claimed {fence} times" in row["error"]["cause"]
    for batch in ("tenth", "often"):
        [told] = tried.estate.messages(batch)
        assert told.endswith(f"    sfn-dsl rerun p '{batch}'")
        assert "Error: Pipeline.GivenUp" in told
    again = tried.estate.start("p-sweeper", {}, tried.region)
    tried.estate.run(300)
    assert "Give up" not in [visit.state for visit in again.visits], "and people are told once"


def hopeless(tried: Tried, execution: str) -> None:
    """A batch that is to be given up."""
    until = {"N": str(round(tried.estate.world.now * 1000) - 1000)}
    waiting(tried, "b1", "RUNNING", 900, lease_until=until, exec_arn={"S": execution}, fence={"N": "10"}, attempt={"N": "1"})


def test_people_are_told_when_the_answer_to_giving_up_is_lost(place: str, language: str) -> None:
    tried = Tried(place, language)
    hopeless(tried, "x")
    tried.estate.world.faults = Faults([Injection("Fail row", "lost", 1)])
    tried.estate.start("p-sweeper", {}, tried.region)
    tried.estate.run(300)
    assert (tried.row()["status"], tried.row()["error"]["error"]) == ("FAILED", "Pipeline.GivenUp")
    assert tried.estate.alerts("b1") == 1


def test_a_batch_that_another_sweep_has_given_up_is_told_once() -> None:
    tried = Tried("none", "JSONata")
    hopeless(tried, "x")
    for _ in range(2):
        tried.estate.start("p-sweeper", {}, tried.region)
    tried.estate.run(300)
    assert tried.estate.alerts("b1") == 1


@pytest.mark.parametrize("region", [EAST, WEST])
def test_what_is_given_up_names_the_region_in_which_it_ran(region: str) -> None:
    """The sweeper of the Region that was promoted tells it."""
    tried = Tried("arbiter-bridge", "JSONata")
    execution = f"arn:aws:states:{region}:111122223333:execution:p:n1"
    hopeless(tried, execution)
    tried.estate.start("p-sweeper", {}, WEST)
    tried.estate.run(300)
    [told] = tried.estate.messages("b1")
    assert told.startswith(f"Pipeline p failed in {region}.")
    page = f"https://{region}.console.aws.amazon.com/states/home?region={region}#/v2/executions/details/{execution}"
    assert f"Execution: {page}\n" in told


@pytest.mark.parametrize("count", [1, 2, 250, 251])
def test_the_sweeper_takes_up_to_250_batches_of_a_kind_at_once(count: int) -> None:
    tried = Tried("arbiter", "JSONata")
    for number in range(count):
        waiting(tried, f"b{number}", "READY", 1000 - number)
    tried.estate.start("p-sweeper", {}, EAST)
    tried.estate.run(600)
    started = [run.input["batch_id"] for run in tried.estate.runs("p")]
    assert sorted(started) == sorted(f"b{number}" for number in range(min(count, 250))), "those that have waited longest"


@pytest.mark.parametrize("place", ["arbiter", "arbiter-bridge"])
@pytest.mark.parametrize(("held", "expired"), [(249, 1), (250, 0), (250, 1), (501, 2), (0, 251)])
def test_an_expired_lease_is_found_behind_many_good_ones(place: str, held: int, expired: int) -> None:
    tried = Tried(place, "JSONata")
    now = round(tried.estate.world.now * 1000)
    for number in range(held + expired):
        until = now + (900_000 if number < held else -1000)
        waiting(tried, f"b{number}", "RUNNING", 1000 - number, lease_until={"N": str(until)}, exec_arn={"S": "x"}, fence={"N": "4"})
    sweep = tried.estate.start("p-sweeper", {}, tried.region)
    tried.estate.run(600)
    started = [run.input["batch_id"] for run in tried.estate.runs("p")]
    assert sweep.status == "SUCCEEDED"
    assert sorted(started) == sorted(f"b{number}" for number in range(held, held + expired))


def figures(tried: Tried) -> dict[str, float]:
    """What a sweep tells CloudWatch."""
    sweep = tried.estate.start("p-sweeper", {}, tried.region)
    tried.estate.run(600)
    assert sweep.status == "SUCCEEDED"
    calls = [event.details["parameters"] for event in sweep.history.events if event.type == "TaskScheduled"]
    [put] = [call for call in calls if "MetricData" in call]
    return {one["MetricName"]: one["Value"] for one in put["MetricData"]}


def test_a_pipeline_that_has_never_done_a_batch_grows_stale_from_the_first_look_on(place: str) -> None:
    """Neither fresh for ever, nor stale the minute it is deployed."""
    tried = Tried(place, "JSONata")
    assert figures(tried)["HoursSinceLastSuccess"] == pytest.approx(0, abs=0.01)
    waiting(tried, "failed", "FAILED", 60)
    tried.estate.run(30 * 3600)
    assert figures(tried)["HoursSinceLastSuccess"] == pytest.approx(30.2, abs=0.2)
    waiting(tried, "done", "SUCCEEDED", 7200)
    assert figures(tried)["HoursSinceLastSuccess"] == pytest.approx(2, abs=0.1)


def test_how_long_the_oldest_batch_has_waited(place: str) -> None:
    tried = Tried(place, "JSONata")
    assert figures(tried)["OldestReadyAge"] == 0
    for number in range(3):
        waiting(tried, f"b{number}", "READY", 1000 * (number + 1))
        tried.estate.change("p", f"b{number}", input={"S": "{"})
    assert figures(tried)["OldestReadyAge"] == pytest.approx(3000, abs=30)


def test_a_batch_that_cannot_be_started_does_not_keep_back_the_others() -> None:
    tried = Tried("none", "JSONata")
    waiting(tried, "bad", "READY", 400)
    waiting(tried, "good", "READY", 400)
    tried.estate.change("p", "bad", input={"S": "{"})
    sweep = tried.estate.start("p-sweeper", {}, EAST)
    tried.estate.run(600)
    assert (sweep.status, [run.input["batch_id"] for run in tried.estate.runs("p")]) == ("SUCCEEDED", ["good"])


# A schedule that looks for batches


@pytest.mark.parametrize("via", [False, True], ids=["itself", "starter"])
def test_a_slot_starts_one_execution_per_batch_that_is_ready(place: str, language: str, via: bool) -> None:
    from sfn_dsl import Intermediate

    deployment, region = PLACES[place]
    up = Input(batch_id=str)
    ready = BatchReady(pipeline="up", batch_id=up.batch_id)
    batch = Input(batch_id=str)
    load = Load.lambda_("Put", function="load", payload={"b": batch.batch_id}, timeout_seconds=60)
    slots = Schedule(expression="rate(1 day)", via=Intermediate if via else None)
    down = Pipeline(
        name="p", input=batch, control=Control(batch.batch_id), body=Stage("load", load), consumes=(ready,), triggers=(slots,)
    )
    worker = Worker()
    estate = Estate([down], {"load": worker}, deployment=deployment, language=language, schedules=False)
    if region == WEST:
        estate.promote(WEST)
    for name in ("b1", "b2", "b3"):
        estate.change(
            "p", name, status={"S": "READY"}, queue={"S": "READY#p"}, updated_at={"N": "1"}, input={"S": f'{{"batch_id":"{name}"}}'}
        )
    slot = {"slot": "2026-01-01T02:00:00Z"}
    looking = estate.start("p-starter" if via else "p", slot, region)
    estate.run(600)
    assert looking.status == "SUCCEEDED"
    started = [run for run in estate.runs("p", region) if run is not looking]
    assert sorted(run.input["batch_id"] for run in started) == ["b1", "b2", "b3"]
    assert sorted(payload["b"] for _, payload in worker.calls) == ["b1", "b2", "b3"]
    again = estate.start("p-starter" if via else "p", slot, region)
    estate.run(600)
    assert (again.status, len(worker.calls)) == ("SUCCEEDED", 3)


# What ends without saying so


@pytest.mark.parametrize("end", ["TIMED_OUT", "ABORTED"])
def test_a_row_whose_execution_ends_in_silence_is_closed_once(end: str, place: str, language: str) -> None:
    tried = Tried(place, language, timeout_seconds=400)
    tried.second.seconds = 4000
    run = tried.start()
    tried.estate.run(200)
    if end == "ABORTED":
        tried.estate.world.stop(run)
    tried.estate.run(600)
    assert run.status == end
    row = tried.row()
    assert (row["status"], row["queue"], row["error"]) == ("FAILED", "FAILED#p", {"error": end})
    assert tried.estate.alerts("b1") == 1
    told = tried.estate.messages("b1")[0].splitlines()
    assert told[:4] == [f"Pipeline p failed in {tried.region}.", "", "Batch: b1", "Step:  Put"]
    assert next(line for line in told if line.startswith("Error: ")).split()[1] == end
    assert told[-1] == "    sfn-dsl rerun p 'b1'"
    assert any(line.startswith("Execution: https://") and line.endswith(run.arn) for line in told)
    [event] = [
        seen.event
        for seen in tried.estate.world.place(tried.region).events.events
        if seen.bus == "default" and seen.event["detail"].get("executionArn") == run.arn and seen.event["detail"]["status"] == end
    ]
    tried.estate.start(tried.estate.deployment.closer, event, tried.region)
    tried.estate.run(60)
    assert (tried.row(), tried.estate.alerts("b1")) == (row, 1), "an event that comes twice closes nothing twice"


def test_a_run_that_is_to_be_redriven_is_closed_by_its_event(place: str, language: str) -> None:
    tried = Tried(place, language, failure_mode="redrivable")
    tried.second.errors = ["BadData"]
    run = tried.start()
    tried.estate.run(600)
    assert (run.status, tried.row()["status"], tried.row()["error"]) == ("FAILED", "FAILED", {"error": "FAILED"})
    assert tried.estate.alerts("b1") == 1


def test_what_is_told_of_an_execution_that_held_no_batch() -> None:
    tried = Tried("arbiter", "JSONata")
    run = tried.start()
    tried.estate.world.stop(run, "Mine", "c" * 3000)
    tried.estate.run(60)
    [told] = tried.estate.messages(run.arn)
    assert told.startswith(f"Execution {run.name} of p is ABORTED in {tried.region}. It holds no batch now.")
    assert "Error: ABORTED Mine" in told
    assert told.count("c") < 1100
    assert "\n\n    sfn-dsl rerun p BATCH\n\n" in told


def test_the_closer_leaves_a_batch_alone_that_another_execution_has() -> None:
    tried = Tried("arbiter", "JSONata")
    tried.second.seconds = 4000
    old = tried.start()
    tried.estate.run(700)
    new = tried.start()
    tried.estate.run(30)
    tried.estate.world.stop(old)
    tried.estate.run(60)
    assert (old.status, tried.row()["status"], tried.row()["exec_arn"]) == ("ABORTED", "RUNNING", new.arn)
    [told] = tried.estate.messages(old.arn)
    assert "handed on to another execution" in told
    assert "redrive-execution" not in told, "it would go on without a claim, beside the new owner"


def test_people_are_told_when_the_answer_to_the_closing_write_is_lost(place: str, language: str) -> None:
    tried = Tried(place, language)
    tried.second.seconds = 4000
    tried.estate.world.faults = Faults([Injection("Close row", "lost", 1)])
    run = tried.start()
    tried.estate.run(200)
    tried.estate.world.stop(run)
    tried.estate.run(60)
    assert tried.row()["status"] == "FAILED"
    assert tried.estate.alerts("Batch: b1") == 1


def test_the_closer_may_read_the_histories_of_the_machines_that_it_is_told_of_only() -> None:
    estate = Tried("none", "JSONata").estate
    document = machine_policy(estate.compiled[EAST, estate.deployment.closer])
    read = [one["Resource"] for one in document["Statement"] if "states:GetExecutionHistory" in one["Action"]]
    assert read == [[f"arn:aws:states:{EAST}:111122223333:execution:p:*"]], "of the sweeper, which is EXPRESS, there is none"


def test_the_closer_tells_people_when_the_history_cannot_be_read() -> None:
    tried = Tried("none", "JSONata")
    tried.second.seconds = 4000
    tried.estate.world.faults = Faults([Injection("Find step", "too-large")])
    run = tried.start()
    tried.estate.run(200)
    tried.estate.world.stop(run)
    tried.estate.run(60)
    [told] = tried.estate.messages("b1")
    assert "Step:  see the history of the execution" in told
    # Of AWS the guide says, other than recordings, that States.ALL does not catch it.
    definition = to_json(tried.estate.compiled[EAST, tried.estate.deployment.closer].machine)
    caught = [catcher["ErrorEquals"] for catcher in definition["States"]["Find step"]["Catch"]]
    assert caught == [["States.DataLimitExceeded"], ["States.ALL"]]


def test_a_lease_lasts_as_long_as_a_polling_loop_may() -> None:
    batch = Input(batch_id=str)
    control = Control(batch.batch_id)
    dbt = DbtCall("Build", function="dbt-proxy", select="x", idempotency_key=batch.batch_id)
    pipeline = Pipeline(name="p", input=batch, control=control, body=[Stage("build", dbt)])
    _, lease_seconds = controlled(pipeline, Target(region="us-east-1", account="111122223333"))
    assert 14_400 <= lease_seconds <= 14_400 + 3 * 300


@pytest.mark.parametrize(("type", "timeout", "own", "lease"), [
    ("STANDARD", None, None, 5000 + 300),
    ("STANDARD", 3600, None, 3600 + 300),
    ("STANDARD", 3600, 9000, 9000),
    ("EXPRESS", None, None, 300 + 300),
])  # fmt: skip
def test_a_lease_is_not_longer_than_the_execution_can_last(type: str, timeout: int | None, own: int | None, lease: int) -> None:
    batch = Input(batch_id=str)
    load = Load.lambda_("Put", function="f", payload={"b": batch.batch_id}, timeout_seconds=5000)
    stage = Stage("load", load, lease_seconds=own)
    pipeline = Pipeline(name="p", input=batch, control=Control(batch.batch_id), body=[stage], type=type, timeout_seconds=timeout)
    _, lease_seconds = controlled(pipeline, Target(region="us-east-1", account="111122223333"))
    assert lease_seconds == lease
