"""What pipelines cost and how long they take."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_dsl import Load, Pipeline
from sfn_dsl.asl.model import Choice, ChoiceRule, Condition, Origin, StateMachine, Succeed, Task, Wait
from sfn_dsl.asl.read import read_json
from sfn_dsl.cli.main import run
from sfn_dsl.costs.circles import step_timeouts
from sfn_dsl.costs.components import components
from sfn_dsl.costs.rates import read_rates
from sfn_dsl.costs.worst import worst_case
from sfn_dsl.errors import ConfigError
from sfn_dsl.formats.costs import seconds_text
from sfn_dsl.region import Target
from sfn_dsl.simulate.items.sample_objects import SampleObjects
from sfn_dsl.span import NOWHERE

TARGET = Target(region="us-east-1", account="111122223333")

SETUP = """
[sfn_dsl]
regions = us-east-1, us-west-1
active = us-east-1
passive = us-west-1
gate = mrec-manual
{more}
[sfn_dsl:us-east-1]
account = 111122223333
[sfn_dsl:us-west-1]
account = 111122223333
"""
PIPELINE = """
from sfn_dsl import Control, Input, Load, Pipeline, Schedule, Transform
batch = Input(batch_id=str)
job = Transform.glue("Make", job="make", options={{"WorkerType": "G.1X", "NumberOfWorkers": 2}}, timeout_seconds=600)
load = Load.lambda_("Load", function="load", payload={{"b": batch.batch_id}}, timeout_seconds=60)
pipeline = Pipeline(
    name="daily",
    input=batch,
    control=Control(batch.batch_id),
    body=job >> load,
    type="{type}",
    {triggers}
)
"""
SCHEDULE = 'triggers=(Schedule(expression="rate(1 hour)", input={"batch_id": "b"}),),'


@pytest.fixture
def cost(project: Callable[[dict[str, str]], Path], capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def ask(*arguments: str, more: str = "", type: str = "STANDARD", triggers: str = "", text: bool = False) -> Any:
        files = {"setup.cfg": SETUP.format(more=more), "pipelines/daily.py": PIPELINE.format(type=type, triggers=triggers)}
        folder = project(files)
        how = [] if text else ["--output-format", "json"]
        code = run(["-C", str(folder), "cost", "daily", *arguments, *how])
        shown = capsys.readouterr()
        assert code == 0, shown.err
        return shown.out if text else json.loads(shown.out)

    return ask


def test_runs_parked_runs_and_sweeps(cost: Callable[..., Any]) -> None:
    found = cost(triggers=SCHEDULE)
    assert (found["runs_per_month"], found["runs_from"]) == (730, "its schedule")
    active, passive = found["targets"]
    assert (active["role"], passive["role"]) == ("active", "passive")
    runs, sweeps = active["parts"]
    assert runs["dollars"] == pytest.approx(runs["transitions"] * 0.000025)
    assert sweeps["per_month"] == 8760
    parked = passive["parts"][0]
    assert parked["what"] == "parked runs (at most)"
    assert parked["dollars"] == pytest.approx(parked["transitions"] * 0.0000279)
    assert parked["transitions"] < runs["transitions"]
    assert active["dollars_per_month"] == pytest.approx(730 * runs["dollars"] + 8760 * sweeps["dollars"])
    assert passive["jobs"] == []


@pytest.mark.parametrize(
    ("arguments", "triggers", "runs", "source"),
    [((), "", 30, "by default"), (("--rate", "12.5"), SCHEDULE, 12.5, "--rate"), (("--rate", "0"), "", 0, "--rate")],
)
def test_how_often(cost: Callable[..., Any], arguments: tuple[str, ...], triggers: str, runs: float, source: str) -> None:
    found = cost(*arguments, triggers=triggers)
    assert (found["runs_per_month"], found["runs_from"]) == (runs, source)


def test_a_schedule_every_minute_is_not_counted_to_its_end(cost: Callable[..., Any]) -> None:
    found = cost(triggers=SCHEDULE.replace("rate(1 hour)", "rate(1 minute)"))
    assert found["runs_per_month"] == pytest.approx(43_800, rel=0.001)


def test_express_machines_pay_requests_and_time(
    project: Callable[[dict[str, str]], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    source = """
from sfn_dsl import Load, Pipeline
pipeline = Pipeline(name="quick", type="EXPRESS", body=Load.lambda_("Load", function="load", payload={}, timeout_seconds=60))
"""
    folder = project({"pipelines/quick.py": source})
    setup = (folder / "setup.cfg").read_text()
    (folder / "setup.cfg").write_text(setup.replace("[sfn_dsl]\n", "[sfn_dsl]\nexpected.load = 10.01\n"))
    assert run(["-C", str(folder), "cost", "quick", "--rate", "1000000", "--output-format", "json"]) == 0
    [part] = json.loads(capsys.readouterr().out)["targets"][0]["parts"]
    assert (part["requests"], part["gigabyte_seconds"]) == (1, pytest.approx(10.1 / 16))
    assert part["dollars_per_month"] == pytest.approx(1.0 + 10.1 / 16 * 16.67)


def test_jobs_are_priced_by_rates_only(cost: Callable[..., Any]) -> None:
    plain = cost()["targets"][0]
    assert {job["service"]: job["dollars"] for job in plain["jobs"]} == dict.fromkeys(("dynamodb", "glue", "lambda"))
    assert plain["jobs_dollars_per_month"] is None
    rates = """
expected.glue = 450
expected.load = 30
size.lambda = 0.5
rate.glue_dpu_hour = 0.44
rate.lambda_gb_second = 0.00002
rate.lambda_call = 0.0000002
rate.dynamodb_call = 0.000001
"""
    found = cost(more=rates)
    jobs = {job["service"]: job for job in found["targets"][0]["jobs"]}
    assert jobs["glue"]["dollars"] == pytest.approx(0.11)  # two DPUs for an eighth of an hour
    assert jobs["lambda"]["dollars"] == pytest.approx(30 * 0.5 * 0.00002 + 0.0000002)
    assert found["expected_seconds"] > 480
    assert found["assumed_durations"] == ["dynamodb"]
    total = sum(job["dollars"] for job in jobs.values())
    assert found["targets"][0]["jobs_dollars_per_month"] == pytest.approx(30 * total)


def test_a_rate_by_size_needs_the_size(cost: Callable[..., Any]) -> None:
    text = cost(more="rate.lambda_gb_second = 0.00002", text=True)
    assert "lambda: 1 call, 1 s, not priced (size.lambda)" in text
    assert "not subtracted" in text


def test_a_sample_that_fails_is_told_with_the_remedy(
    project: Callable[[dict[str, str]], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    source = """
from sfn_dsl import Branch, CONTINUE, Fail, Input, Pipeline
file = Input(kind=str)
pipeline = Pipeline(name="Kinds", input=file, body=Branch("Known?", (file.kind == "a", CONTINUE), otherwise=Fail("No", error="NoKind")))
"""
    folder = project({"pipelines/kinds.py": source})
    assert run(["-C", str(folder), "cost", "Kinds"]) == 2
    shown = capsys.readouterr().err
    assert "NoKind" in shown
    assert "sample.Kinds = {" in shown
    setup = (folder / "setup.cfg").read_text()
    (folder / "setup.cfg").write_text(setup.replace("[sfn_dsl]\n", '[sfn_dsl]\nsample.Kinds = {"kind": "a"}\n'))
    assert run(["-C", str(folder), "cost", "Kinds"]) == 0


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        ("rate.glue", "1", "no known unit"),
        ("rate._call", "1", "no known unit"),
        ("rate.glue_dpu_hour", "-1", "no figure"),
        ("expected.glue", "nan", "no figure"),
        ("size.lambda", "much", "no figure"),
        ("sample.a", "[]", "no JSON object"),
        ("objects.a", "{", "no JSON object"),
    ],
)
def test_wrong_rates(key: str, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        read_rates({key: text}, lambda _: NOWHERE)


@pytest.mark.parametrize(
    ("line", "says", "hint"),
    [
        ("rate.gleu_dpu_hour = 1", "names no service", "did you mean `glue`?"),
        ("expected.nosuchstate = 1", "names no state or service", ""),
        ("expected.Mak = 1", "names no state or service", "did you mean `make`?"),
        ("size.lamda = 1", "names no state or service", "did you mean `lambda`?"),
        ("sample.dayly = {}", "names no pipeline", "did you mean `daily`?"),
        ("objects.nosuch = {}", "names no pipeline", "the project has daily"),
    ],
)
@pytest.mark.parametrize("command", [("cost", "daily"), ("simulate", "daily"), ("build",)])
def test_names_that_the_project_has_not(
    command: tuple[str, ...],
    line: str,
    says: str,
    hint: str,
    project: Callable[[dict[str, str]], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = {"setup.cfg": SETUP.format(more=line), "pipelines/daily.py": PIPELINE.format(type="STANDARD", triggers="")}
    folder = project(files)
    assert run(["-C", str(folder), *command]) == 2
    shown = capsys.readouterr().err
    key = line.partition(" ")[0].lower()
    assert f"`{key}` in setup.cfg {says}" in shown
    assert "setup.cfg:7" in shown
    assert hint in shown
    assert not (folder / "build").exists()


def test_services_that_nothing_calls_may_have_rates(cost: Callable[..., Any]) -> None:
    assert cost(more="rate.athena_call = 1\nexpected.batch = 3\nexpected.LOAD = 4")["runs_per_month"] == 30


def _task(timeout: int | None = 10, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", **more}
    if timeout is not None:
        found["TimeoutSeconds"] = timeout
    if "Next" not in found:
        found["End"] = True
    return found


def _each(kind: str, state: dict[str, Any]) -> dict[str, Any]:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    return {"Type": "Map", "ItemProcessor": {"ProcessorConfig": config, "StartAt": "X", "States": {"X": state}}, "End": True}


RETRY = [{"ErrorEquals": ["A"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2.0, "MaxDelaySeconds": 5}]
HANDLED = [{"ErrorEquals": ["States.ALL"], "Next": "B"}]
WORST: list[tuple[dict[str, Any], int | None, float | None]] = [
    ({"A": _task()}, None, 10),
    ({"A": _task(None)}, None, None),
    ({"A": _task(None)}, 60, 60),
    ({"A": _task(Retry=RETRY)}, None, 10 * 4 + 2 + 4 + 5),
    ({"A": _task(Retry=[{"ErrorEquals": ["A"]}])}, None, 10 * 4 + 1 + 2 + 4),
    ({"A": _task(Retry=[{"ErrorEquals": ["A"], "MaxAttempts": 0}])}, None, 10),
    ({"A": _task(Retry=[{"ErrorEquals": ["A"], "MaxAttempts": 10**7, "BackoffRate": 1.0}])}, None, 10 + 11 * 10**7),
    ({"A": _task(Next="C", Catch=HANDLED), "B": _task(500), "C": _task(1)}, None, 510),
    ({"A": {"Type": "Wait", "Seconds": 7, "End": True}}, None, 7),
    ({"A": {"Type": "Wait", "Timestamp": "2026-01-01T00:00:00Z", "End": True}}, 9, 9),
    (
        {
            "A": {
                "Type": "Parallel",
                "Branches": [{"StartAt": "X", "States": {"X": _task(3)}}, {"StartAt": "Y", "States": {"Y": _task(8)}}],
                "Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 1}],
                "End": True,
            }
        },
        None,
        8 + 8 + 1,
    ),
    ({"A": _task(Next="B"), "B": _task(Next="A")}, 100, 100),
    ({"A": _each("STANDARD", _task(500))}, None, 500),
    ({"A": _each("EXPRESS", _task(500))}, None, 300),
    ({"A": _each("EXPRESS", _task(None))}, None, 300),
]


@pytest.mark.parametrize(("states", "limit", "seconds"), WORST)
def test_worst_case(states: dict[str, Any], limit: int | None, seconds: float | None) -> None:
    definition = {"StartAt": "A", "States": states, **({"TimeoutSeconds": limit} if limit else {})}
    assert worst_case(read_json(definition).machine, {}).seconds == seconds


def test_express_machines_end_after_five_minutes() -> None:
    machine = read_json({"StartAt": "A", "States": {"A": _task(1000)}}).machine
    found = worst_case(machine, {}, express=True)
    assert (found.seconds, found.way, found.capped) == (300, 1000, True)


def test_a_polling_step_is_bounded_by_its_own_timeout() -> None:
    copy = Load.redshift("Copy", workgroup="w", database="d", sql="select 1", timeout_seconds=900)
    loops = step_timeouts(Pipeline(name="polls", body=copy), TARGET)
    assert loops == {"Copy": 900}
    origin = Origin("Copy", NOWHERE)
    states = {
        "wait": Wait(seconds=60, next="ask", origin=origin),
        "ask": Task(resource="arn:aws:states:::sns:publish", timeout_seconds=30, next="done?", origin=origin),
        "done?": Choice(choices=(ChoiceRule(test=Condition(True), next="end"),), default="wait", origin=origin),
        "end": Succeed(),
    }
    machine = StateMachine(start_at="wait", states=states)
    assert worst_case(machine, loops).seconds == 900 + 60 + 30
    assert worst_case(machine, {}).unbounded == ("ask", "done?", "wait")


@given(st.dictionaries(st.sampled_from("abcdefg"), st.lists(st.sampled_from("abcdefg"), max_size=4)))
def test_components_are_the_classes_of_mutual_reach(drawn: dict[str, list[str]]) -> None:
    nodes = sorted({*drawn, *(other for others in drawn.values() for other in others)})
    edges = {node: drawn.get(node, []) for node in nodes}
    reach = {node: {node} for node in nodes}
    for _ in nodes:
        for node in nodes:
            reach[node] |= {far for other in edges[node] for far in reach[other]}
    found = components(edges)
    assert sorted(node for group in found for node in group) == nodes
    place = {node: number for number, group in enumerate(found) for node in group}
    for one in nodes:
        for other in nodes:
            assert (place[one] == place[other]) == (other in reach[one] and one in reach[other])
            if other in reach[one]:
                assert place[other] <= place[one]


def test_sample_objects() -> None:
    store = SampleObjects({"t/*.jsonl": [{"a": 1}, {"a": 2}], "plain": "text"})
    assert store.get("any", "t/x.jsonl") == b'{"a": 1}\n{"a": 2}'
    store.put("any", "t/x.jsonl", b"new")
    assert store.get("any", "t/x.jsonl") == b"new"
    assert [one.key for one in store.list("any", "")] == ["plain", "t/x.jsonl"]
    with pytest.raises(KeyError):
        store.get("any", "none")


@pytest.mark.parametrize(("seconds", "text"), [(0.25, "0.2 s"), (61, "1 min 1 s"), (7200, "2 h"), (math.pi, "3.1 s")])
def test_seconds(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_diff_tells_of_transitions(project: Callable[[dict[str, str]], Path], capsys: pytest.CaptureFixture[str]) -> None:
    source = 'from sfn_dsl import Notify, Pipeline\npipeline = Pipeline(name="p", body={body})\n'
    step = 'Notify.sns("{0}", topic="t", subject="s", message="{0}", timeout_seconds=60)'
    folder = project({"pipelines/p.py": source.format(body=step.format("A"))})
    assert run(["-C", str(folder), "build"]) == 0
    old = folder / "build/us-east-1/p.asl.json"
    for body, says in ((f"{step.format('A')} >> {step.format('B')}", "Transitions per run: 1 -> 2"), (step.format("C"), "")):
        project({"pipelines/p.py": source.format(body=body)})
        capsys.readouterr()
        assert run(["-C", str(folder), "diff", "p", "-r", "us-east-1", "--against", str(old)]) == 0
        shown = capsys.readouterr().out
        assert "us-east-1, changed" in shown
        assert says in shown
        assert bool(says) == ("Transitions" in shown)
