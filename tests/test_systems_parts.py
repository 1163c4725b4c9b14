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
    CONTINUE,
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


TIMES: list[tuple[Any, str]] = [
    ("2026-11-21T22:00:00Z", "in time"),
    ("2026-11-21T22:00:00.000000001Z", "in time"),
    ("2026-11-21T22:00:00.001Z", "late"),
    ("2026-11-21T22:00:59Z", "late"),
    ("2026-11-21T18:30:00-05:00", "late"),
    ("2026-11-21T18:30:00.5-05:00", "late"),
    ("2026-11-22T01:30:00+05:30", "in time"),
    ("2026-11-21T23:00:00-05:00", "in time"),
    ("2024-02-29T23:00:00Z", "late"),
    ("2000-02-29T00:00:00Z", "in time"),
    *((text, "no time") for text in ("", "yesterday", "2026-11-21", "2026-11-21T22:00Z", "2026-11-21T22:00:00", 7, None, ["x"])),
    *(
        (f"2026-11-21T{clock}", "no time")
        for clock in ("24:00:00Z", "22:00:00Z\n", "22:60:00Z", "22:00:60Z", "22:00:00+18:00", "22:00:00 Z")
    ),
    *((f"{day}T22:00:00Z", "no time") for day in ("2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "26-1-1")),
]


def test_times_of_day(definition: Callable[..., dict[str, Any]], findings: Callable[..., list[tuple[str, str]]]) -> None:
    batch = Input(at=object)

    def told(word: str) -> Notify:
        return Notify.sns(word, topic="t", message="x")

    look = Branch(
        "look", (~fn.is_time(batch.at), told("no time")), (fn.past(batch.at, "22:00"), told("late")), otherwise=told("in time")
    )
    pipeline = Pipeline(name="p", input=batch, body=look)
    machine = definition(pipeline)
    assert [(at, simulate(machine, {"at": at}).states[-1]) for at, _ in TIMES] == TIMES
    assert simulate(machine, {}).states[-1] == "no time"
    assert [code for code, _ in findings(pipeline, query_language="JSONPath")] != []


def test_seconds_of_a_time_of_day(definition: Callable[..., dict[str, Any]]) -> None:
    batch = Input(at=str)
    tell = Notify.sns("late", topic="t", message="x")
    machine = definition(
        Pipeline(name="p", input=batch, body=Branch("look", (fn.past(batch.at, "09:30:15"), tell), otherwise=CONTINUE))
    )
    for second, late in ((15, False), (16, True)):
        assert ("late" in simulate(machine, {"at": f"2026-11-21T09:30:{second}Z"}).states) is late


@pytest.mark.parametrize("text", ["9:30", "25:99", "24:00", "0930", "09:30Z", "", "09:30:60"])
def test_a_time_of_day_is_looked_at_where_it_is_declared(text: str) -> None:
    with pytest.raises(DeclarationError, match=f"`{text}` is no time of day") as caught:
        fn.past(Input(at=str).at, text)
    assert caught.value.span.file.endswith("test_systems_parts.py")


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
    assert (alarm.namespace, alarm.dimensions) == ("SfnDsl", {"Pipeline": "p"})
    # The next bad batch rings too, although none was good in between.
    assert (alarm.treat_missing_data, alarm.ok_actions) == ("notBreaching", ())


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
        return int(arguments["ExpressionAttributeValues"][":lease"]["N"]) // 1000

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
    with pytest.raises(DeclarationError, match=f"`q` has `express=True` with {what}, which") as caught:
        lakehouse.LakehouseParameters(**QUICK, **given)
    assert "glue=False, approval=False" in caught.value.help
    assert caught.value.span is not None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"accept": 1.5}, "`accept=1.5`, which is no share from 0 to 1"),
        ({"accept": "0.9"}, "`accept='0.9'`, which is no share"),
        ({"review": -0.1}, "`review=-0.1`, which is no share"),
        ({"accept": float("nan")}, "`accept=nan`, which is no share"),
        ({"accept": 0.5, "review": 0.9}, "`review=0.9` above `accept=0.5`"),
        ({"batch_size": 0}, "`batch_size=0`, which is no whole number from 1 to 1000000"),
        ({"batch_size": 2.5}, "`batch_size=2.5`, which is no whole number"),
        ({"max_retries": -1}, "`max_retries=-1`, which is no whole number from 0"),
        ({"max_retries": True}, "`max_retries=True`, which is no whole number"),
        ({"retry_delay_seconds": 0}, "`retry_delay_seconds=0`, which"),
        ({"lambda_timeout_seconds": 1200}, "`lambda_timeout_seconds=1200`, which is no whole number from 1 to 900"),
        ({"glue_timeout_seconds": 0}, "`glue_timeout_seconds=0`, which"),
    ],
)
def test_figures_of_the_lakehouse(lakehouse: Any, given: dict[str, Any], says: str) -> None:
    with pytest.raises(DeclarationError, match=f"^`l` has {re.escape(says)}"):
        lakehouse.LakehouseParameters(name="l", dataset="d", sources=("a",), **given)


def test_shares_may_be_the_same(lakehouse: Any) -> None:
    for given in ({"accept": 0.9, "review": 0.9}, {"accept": 1, "review": 0}, {"accept": 0.5, "review": 0.9, "approval": False}):
        lakehouse.LakehouseParameters(name="l", dataset="d", sources=("a",), **given)


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
