"""What the systems brought into the library: classes of failures, figures, dead letters, alarms for what is called."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from compiling import TARGET, compiled
from systems_running import ROOT, project

from sfn_dsl import (
    BUSINESS,
    POISON,
    Alarms,
    Approval,
    Branch,
    Catcher,
    Control,
    DeadLetter,
    ErrorClass,
    Extract,
    Input,
    Logging,
    Metric,
    Notify,
    Pipeline,
    Stage,
    Transform,
    config,
    context,
    failure,
    fn,
    text_template,
)
from sfn_dsl.cli.main import run as cli
from sfn_dsl.compile.machine import Compiled
from sfn_dsl.errors import DeclarationError
from sfn_dsl.region import REGIONS, Target
from sfn_dsl.resources import cloudformation
from sfn_dsl.resources.model import Alarm, Queue, QueuePolicy, Rule
from sfn_dsl.resources.template import Template
from sfn_dsl.schedules.expression import parse
from sfn_dsl.simulate.simulation import simulate
from sfn_dsl.stacks.pipeline_stack import pipeline_stack
from sfn_dsl.triggers.schedule import Schedule
from sfn_dsl.triggers.wiring import wire

# Classes of failures

CLASSES = [
    ("DataInconsistencyError", "", "business"),
    ("DbtRunFailed", "States.ItemReaderFailed", "business"),
    ("Mine", "", "business"),
    ("MineNot", "Mine", "other"),
    ("States.ItemReaderFailed", "", "poison"),
    ("States.TaskFailed", '{"ErrorMessage": "line one\\nMine: no keys"}', "business"),
    ("States.TaskFailed", "States.ItemReaderFailed", "other"),
    ("States.TaskFailed", "", "other"),
    ("States.Timeout", "Mine", "other"),
]


@pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
@pytest.mark.parametrize(("error", "cause", "kind"), CLASSES)
def test_the_class_of_a_failure(
    definition: Callable[..., dict[str, Any]], language: str, error: str, cause: str, kind: str
) -> None:
    told = [Notify.sns(name, topic="t", message=name) for name in ("business", "poison", "other")]
    handler = Branch("kind?", (BUSINESS.adding("Mine").has(failure), told[0]), (POISON.has(failure), told[1]), otherwise=told[2])
    pipeline = Pipeline(name="p", body=Extract.glue("job", job="j"), on_failure=handler)
    machine = definition(pipeline, query_language=language)
    done = simulate(machine, {}, mocks={"job": {"Throw": {"Error": error, "Cause": cause}}})
    assert [state for state in done.states if state in ("business", "poison", "other")] == [kind]
    assert done.error == error


def test_a_class_without_names_holds_nothing() -> None:
    with pytest.raises(DeclarationError, match="error class `mine` has no names"):
        ErrorClass("mine").has(failure)


# Figures and letters


def test_a_figure_that_cannot_be_put_is_passed_over(definition: Callable[..., dict[str, Any]]) -> None:
    tell = Notify.sns("tell", topic="t", message="x")
    first = Metric("put", metric="Rows", value=3, catch=Catcher("CloudWatch.Mine", do=tell))
    machine = definition(Pipeline(name="p", body=first >> Notify.sns("next", topic="t", message="x"), on_failure=tell))
    for error, states in (("Boom", ["put", "next"]), ("CloudWatch.Mine", ["put", "tell", "next"])):
        done = simulate(machine, {}, faults=[f"put={error}"])
        assert (done.status, [state for state in done.states if state in ("put", "tell", "next")]) == ("SUCCEEDED", states)


def test_milliseconds(definition: Callable[..., dict[str, Any]], findings: Callable[..., list[tuple[str, str]]]) -> None:
    step = Transform.lambda_("t", function="f", payload={"at": fn.milliseconds(context.Execution.StartTime)})
    seen: list[Any] = []
    done = simulate(definition(Pipeline(name="p", body=step)), {}, functions={"f": lambda arguments: seen.append(arguments) or {}})
    assert seen[0]["Payload"]["at"] == round(done.start * 1000)
    assert [code for code, _ in findings(Pipeline(name="p", body=step), query_language="JSONPath")] != []


# Commands in texts


@pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
@pytest.mark.parametrize("batch", ["2026-11-21", "it's", "'; exit 3; #", "$(exit 3)", "`exit 3`", '"\\', "a\nb", "é*?", "-n"])
def test_a_value_is_one_word_for_the_shell(definition: Callable[..., dict[str, Any]], language: str, batch: str) -> None:
    given = Input(batch=str)
    tell = Notify.sns("tell", topic="t", message=fn.format("printf '<%s>' run {}", fn.shell_word(given.batch)))
    done = simulate(definition(Pipeline(name="p", input=given, body=tell), query_language=language), {"batch": batch})
    [sent] = [event["taskScheduledEventDetails"] for event in done.events if "taskScheduledEventDetails" in event]
    command = json.loads(sent["parameters"])["Message"]
    assert subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout == f"<run><{batch}>"


@pytest.mark.parametrize(("environment", "end"), [("", ""), ("prod", " --env prod")])
def test_the_command_names_the_environment(definition: Callable[..., dict[str, Any]], environment: str, end: str) -> None:
    values = {"region": config.region, "batch": "it's", "step": "s", "error": "e", "cause": "c", "link": "l"}
    text = text_template("batch_failed.txt", pipeline="p", environment=config.environment, **values)
    target = Target(region="us-east-1", account="111122223333", environment=environment)
    machine = definition(Pipeline(name="p", body=Notify.sns("tell", topic="t", message=text)), target=target)
    command = machine["States"]["tell"]["Arguments"]["Message"].splitlines()[-1]
    assert command == f"""    sfn-dsl rerun p 'it'"'"'s'{end}"""


# Alarms


def stack(pipeline: Pipeline, target: Target = TARGET) -> Template:
    [wired] = wire([pipeline]).pipelines.values()
    machines: list[Compiled] = [compiled(machine, target=target) for machine in wired.all_machines]
    assert all(machine.diagnostics == () for machine in machines)
    return pipeline_stack(wired, machines, target, "")


def working(**more: Any) -> Pipeline:
    batch = Input(name=str)
    own, other = f"arn:aws:lambda:us-east-1:111122223333:function:{'g'}:live", "arn:aws:lambda:us-east-1:999999999999:function:h"
    body = [
        Extract.glue("glue", job="j"),
        Extract.glue("glue again", job="j"),
        Extract.glue("glue of a name", job=batch.name),
        Transform.lambda_("f", function="f", payload={}),
        Transform.lambda_("g", function=own, payload={}),
        Transform.lambda_("h", function=other, payload={}),
        Transform.lambda_("some", function=batch.name, payload={}),
        Metric("put", metric="Rows", value=1),
    ]
    return Pipeline(name="p", input=batch, body=body, **more)


def named(template: Template, kind: type) -> set[str]:
    return {resource.name for resource in template.resources if isinstance(resource, kind)}  # type: ignore[attr-defined]


def test_alarms_for_what_is_called() -> None:
    plain, watched = stack(working()), stack(working(alarms=Alarms(calls=True)))
    assert named(watched, Alarm) - named(plain, Alarm) == {
        "p-f-Errors",
        "p-g-Errors",
        "p-on-job-failure-FailedInvocations",
        "p-on-job-failure-InvocationsFailedToBeSentToDlq",
        "p-on-job-failure-Invocations",
    }
    # Each failure rings, and the alarm ends by itself.
    [alarm] = [one for one in watched.resources if isinstance(one, Alarm) and one.name == "p-on-job-failure-Invocations"]
    assert (alarm.namespace, alarm.dimensions, alarm.statistic) == ("AWS/Events", {"RuleName": "p-on-job-failure"}, "Sum")
    assert alarm.treat_missing_data == "notBreaching"
    [rule] = [one for one in watched.resources if isinstance(one, Rule) and one.name == "p-on-job-failure"]
    assert rule.event_pattern["detail"] == {"jobName": ["j"], "state": ["FAILED", "TIMEOUT", "ERROR"]}
    made = cloudformation.to_json(watched)["Resources"]
    [statement] = [
        one for one in made["JobFailuresPolicy"]["Properties"]["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"
    ]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": [{"Fn::GetAtt": ["OnJobFailure", "Arn"]}]}}
    assert made["OnJobFailure"]["Properties"]["Targets"][0]["Arn"] == {"Fn::GetAtt": ["JobFailures", "Arn"]}


@pytest.mark.parametrize(
    ("alarms", "name", "statistic", "comparison"),
    [
        (Alarms(below={"Rows": 7.5}), "p-low-Rows", "Minimum", "LessThanThreshold"),
        (Alarms(above={"Rows": 7.5}), "p-high-Rows", "Maximum", "GreaterThanThreshold"),
    ],
)
def test_limits_of_figures(alarms: Alarms, name: str, statistic: str, comparison: str) -> None:
    [alarm] = [one for one in stack(working(alarms=alarms)).resources if isinstance(one, Alarm) and one.name == name]
    assert (alarm.threshold, alarm.statistic, alarm.comparison_operator) == (7.5, statistic, comparison)
    assert (alarm.namespace, alarm.dimensions, alarm.treat_missing_data) == ("SfnDsl", {"Pipeline": "p"}, "ignore")


def test_a_limit_needs_a_figure() -> None:
    with pytest.raises(DeclarationError, match="has a limit for `Rwos`, which none of its steps puts") as caught:
        stack(working(alarms=Alarms(below={"Rwos": 1})))
    assert caught.value.help == "did you mean `Rows`?"


@pytest.mark.parametrize("target", [TARGET, Target(region="cn-north-1", account="111122223333")], ids=lambda one: one.region)
def test_the_queue_of_dead_letters_is_made_where_letters_are_sent(target: Target) -> None:
    pipeline = Pipeline(name="p", body=DeadLetter("aside", letter={"a": 1}))
    template = stack(pipeline, target)
    assert "p-poison-dead-letters" in named(template, Queue)
    assert "p-poison-dead-letters-ApproximateNumberOfMessagesVisible" in named(template, Alarm)
    assert len([one for one in template.resources if isinstance(one, QueuePolicy) and one.id == "PoisonPolicy"]) == 1
    assert "p-poison-dead-letters" not in named(stack(working()), Queue)


# The console


def test_the_console_of_every_partition(definition: Callable[..., dict[str, Any]]) -> None:
    found = {partition: Target(region=region, account="1" * 12).console for region, partition in REGIONS.items()}
    assert {partition: host and host.split(".", 1)[1] for partition, host in found.items()} == {
        "aws": "console.aws.amazon.com",
        "aws-cn": "console.amazonaws.cn",
        "aws-eusc": "console.amazonaws-eusc.eu",
        "aws-us-gov": "console.amazonaws-us-gov.com",
        **dict.fromkeys(("aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f")),
    }
    pipeline = Pipeline(name="p", body=Notify.sns("x", topic="t", message=config.console))
    assert definition(pipeline)["States"]["x"]["Arguments"]["Message"] == "https://us-east-1.console.aws.amazon.com"
    hidden = Target(region="us-iso-east-1", account="1" * 12)
    assert "setting `console` has no value" in compiled(pipeline, target=hidden).diagnostics[0].message
    told = Target(region="us-iso-east-1", account="1" * 12, values={"console": "https://here"})
    assert compiled(pipeline, target=told).diagnostics == ()


# The lease


def test_the_lease_covers_what_handlers_do() -> None:
    batch = Input(id=str)

    def lease(*catch: Catcher) -> int:
        ask = Transform.lambda_("ask", function="f", payload={}, timeout_seconds=100, catch=catch)
        machine = compiled(Pipeline(name="p", input=batch, control=Control(batch.id), body=[Stage("s", ask)])).machine
        arguments: Any = machine.states["Claim batch"].arguments  # type: ignore[union-attr]
        written = arguments["ExpressionAttributeValues"][":lease"]["N"]
        return int(re.findall(r"\+ (\d+)", written)[0]) // 1000

    again = Transform.lambda_("ask again", function="f", payload={}, timeout_seconds=7000)
    assert lease(Catcher("States.Timeout", do=again)) == lease() + 7000


# Large templates


@pytest.mark.parametrize(("comment", "found"), [("", 1), ("# Through a bucket. sfn: allow SFN610\n", 0)])
def test_a_comment_allows_a_large_template(
    project: Callable[[dict[str, str]], Path], capsys: pytest.CaptureFixture[str], comment: str, found: int
) -> None:
    text = f"""from sfn_dsl import *
steps = [Transform.lambda_(f"step {{n}}", function=f"function-with-a-long-name-{{n}}", payload={{}}) for n in range(60)]
{comment}p = Pipeline(name="p", body=steps, alarms=Alarms(calls=True))
"""
    assert cli(["-C", str(project({"pipelines/p.py": text})), "build"]) == 0
    assert capsys.readouterr().err.count("over 51,200") == found


# Parameters of the lakehouse


@pytest.fixture
def lakehouse(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT))
    import pipelines.lakehouse_etl as module

    yield module
    for name in [name for name in sys.modules if name.split(".")[0] == "pipelines"]:
        del sys.modules[name]


QUICK = {"name": "q", "dataset": "d", "sources": ("a", "b"), "express": True}


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({}, "Glue and Approval"),
        ({"approval": False}, "Glue"),
        ({"glue": False}, "Approval"),
        ({"glue": False, "approval": False, "emr_cluster": "j-1"}, "EMR"),
    ],
)
def test_express_refuses_what_it_cannot_wait_for(lakehouse: Any, given: dict[str, Any], what: str) -> None:
    with pytest.raises(DeclarationError, match=f"`q` is an Express pipeline with {what}, which") as caught:
        lakehouse.LakehouseParameters(**QUICK, **given)
    assert "glue=False, approval=False" in caught.value.help
    assert caught.value.span is not None


def test_the_library_refuses_jobs_in_express_too(
    project: Callable[[dict[str, str]], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    text = """from sfn_dsl import *
p = Pipeline(name="p", type="EXPRESS", timeout_seconds=300, body=Extract.glue("Extract", job="j"))
q = Pipeline(name="q", type="EXPRESS", timeout_seconds=300, body=Approval.sns("Ask", topic="t", message={"a": 1}))
"""
    assert cli(["-C", str(project({"pipelines/p.py": text})), "build"]) == 1
    told = capsys.readouterr().err
    assert "`Extract`" in told
    assert "`Ask`" in told
    assert "pipelines/p.py:2" in told


@pytest.mark.parametrize(
    ("logging", "found"),
    [(Logging(level="ALL", include_execution_data=True), 1), (Logging(level="ALL"), 0), (Logging(include_execution_data=True), 0)],
)
def test_a_token_stays_out_of_the_logs(
    logging: Logging, found: int, findings: Callable[..., list[tuple[str, str]]], definition: Callable[..., dict[str, Any]]
) -> None:
    ask = Approval.sns("Ask", topic="t", message={"a": 1}, timeout_seconds=60)
    told = [message for _, message in findings(Pipeline(name="p", body=ask, logging=logging))] if found else []
    assert ["the task token of `Ask`" in message for message in told] == [True] * found
    if not found:
        definition(Pipeline(name="p", body=ask, logging=logging))


OPTIONS = [
    ({}, set(), "structured", "Transform tables"),
    ({"emr_cluster": "j-1ABC"}, {"Transform on EMR"}, "large", "Transform on EMR"),
    ({"redshift": ("wg", "db")}, {"Copy to Redshift"}, "structured", "Copy to Redshift"),
    (
        {"approval": False, "glue": False, "redshift": ("wg", "db"), "express": True},
        {"Copy to Redshift"},
        "structured",
        "Copy to Redshift",
    ),
]


@pytest.mark.parametrize(("given", "states", "kind", "entered"), OPTIONS)
def test_options_of_the_lakehouse(
    lakehouse: Any, given: dict[str, Any], states: set[str], kind: str, entered: str, definition: Callable[..., dict[str, Any]]
) -> None:
    pipeline = lakehouse.lakehouse(lakehouse.LakehouseParameters(name="l", dataset="d", sources=("a", "b"), **given))
    machine = definition(pipeline)
    assert {"Transform on EMR", "Copy to Redshift"} & set(machine["States"]) == states
    mocks = {
        "Validate": {"Payload": {"quality": 1.0, "rejected": 0}},
        "Claim batch": {"Attributes": {"pk": {"S": "x"}, "fence": {"N": "1"}, "attempt": {"N": "1"}, "stages": {"M": {}}}},
        **{f"Extract {name}": {"Payload": {"uri": name}} for name in ("a", "b")},
        "Load lake tables": {"Payload": {"rows": 1}},
    }
    if "Copy to Redshift" in states:
        mocks["Copy to Redshift / status"] = {"Id": "s1", "Status": "FINISHED"}
    done = simulate(machine, {"batch_id": "b1", "data_type": kind}, mocks=mocks, type=pipeline.type)
    assert (done.status, done.error) == ("SUCCEEDED", None)
    assert entered in done.states
    assert done.output == {"rows": 1}


# Times


def test_every_day_of_new_york_has_its_run() -> None:
    zone = ZoneInfo("America/New_York")
    schedules = [one for one in project().compiled("kinesis-redshift").pipeline.triggers if isinstance(one, Schedule)]
    slots: list[datetime] = []
    for one in schedules:
        parsed, at, end = parse(one.expression, one.timezone), datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
        while (at := parsed.after(at) or end) < end:
            slots.append(at)
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range((date(2035, 12, 31) - date(2026, 1, 1)).days + 1)]
    local = sorted(slot.astimezone(zone) for slot in slots)
    assert [slot.date() for slot in local] == days
    assert {(slot.hour, slot.minute) for slot in local} == {(2, 0), (3, 0)}
    assert sum(slot.hour == 3 for slot in local) == 10
    # The batch is called by the date of the slot in UTC, which is the same day.
    assert all(slot.astimezone(UTC).date() == slot.date() for slot in local)


def test_how_each_system_is_started() -> None:
    found = {}
    for one in project().build.templates:
        made = cloudformation.to_json(one)["Resources"].values()
        kinds = [resource["Type"].removeprefix("AWS::") for resource in made]
        times = [r["Properties"]["ScheduleExpression"] for r in made if r["Type"] == "AWS::Scheduler::Schedule"]
        found[one.name, one.target.region] = (times, kinds)
    for region in ("us-east-1", "us-west-1"):
        assert "rate(1 hour)" in found["lakehouse-etl", region][0]
        assert "rate(15 minutes)" in found["lakehouse-etl-express", region][0]
        assert {"cron(0 2 * * ? *)", "cron(0 3 ? 3 1#2 *)"} <= set(found["kinesis-redshift", region][0])
        assert {"S3::Bucket", "SNS::Subscription", "Lambda::EventSourceMapping"} <= set(found["payments", region][1])
