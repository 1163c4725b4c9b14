"""A value of a wrong type, in any field of a declaration, is one finding about that field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from compiling import compiled

from sfn_dsl import (
    Alarms,
    Approval,
    CsvFile,
    DbtCall,
    Direct,
    DistributedMap,
    DynamoDB,
    EventLambda,
    EventRule,
    Extract,
    ForEach,
    HttpCall,
    Input,
    Intermediate,
    Item,
    Notify,
    Parallel,
    Pipeline,
    Raw,
    S3Event,
    Schedule,
    SnsEvent,
    StartPipeline,
    Task,
    Transform,
    Wait,
    WriteResults,
    config,
)
from sfn_dsl.steps.step import Step
from sfn_dsl.triggers.trigger import Trigger
from sfn_dsl.triggers.wiring import wire

batch = Input(args=dict, command=str)
END = {"Type": "Pass", "End": True}


def call(name: str, **more: Any) -> Transform:
    return Transform.lambda_(name, function="f", payload={}, **more)


def each(**more: Any) -> DistributedMap:
    return DistributedMap("s", item=Item(), do=call("a"), **more)


STEPS: dict[str, tuple[Callable[[], Step], str]] = {
    "policy of a map": (
        lambda: ForEach("s", items=[1], item=Item(), do=call("a"), retry=None),
        "`retry` of ForEach `s` is no retry policy",
    ),  # type: ignore[arg-type]
    "policy of a distributed map": (lambda: each(items=[1], retry=3), "`retry` of DistributedMap `s` is no retry policy"),
    "policy of branches": (lambda: Parallel("s", call("a"), call("b"), retry="x"), "`retry` of Parallel `s` is no retry policy"),  # type: ignore[arg-type]
    "text as ASL": (lambda: Raw("s", "Pass"), "`asl` of Raw `s` is no dict"),  # type: ignore[arg-type]
    "list of variables": (lambda: Raw("s", END, writes=["v"]), "`writes` of Raw `s` is no dict"),  # type: ignore[arg-type]
    "type of a variable": (lambda: Raw("s", END, writes={"v": "int"}), "`'int'` is not a type of a value"),
    "address as reader": (lambda: each(reader="s3://b/k"), "`reader` of DistributedMap `s` is no Reader"),
    "field of a reader": (
        lambda: each(reader=CsvFile(bucket="b", key="k", headers=5)),  # type: ignore[arg-type]
        "`headers` of DistributedMap `s` is no list",
    ),
    "number of a batch": (lambda: each(items=[1], batches=5), "`batches` of DistributedMap `s` is no Batches"),
    "field of a writer": (
        lambda: each(items=[1], results=WriteResults(bucket="b", transformation=5)),  # type: ignore[arg-type]
        "`transformation` of DistributedMap `s` is no text",
    ),
    "arguments of an engine": (lambda: Extract.glue("s", job="j", arguments=["x"]), "`arguments` of Extract `s` is no dict"),  # type: ignore[arg-type]
    "expression as input": (lambda: StartPipeline("s", pipeline="q", input=batch.args), "`input` of StartPipeline `s` is no dict"),  # type: ignore[arg-type]
    "text as command": (lambda: Extract.batch("s", definition="d", queue="q", command="ls"), "`command` of Extract `s` is no list"),  # type: ignore[arg-type]
    "topic as channel": (lambda: Notify("s", channel="topic", message="m"), "`channel` of Notify `s` is no Channel"),  # type: ignore[arg-type]
    "number as message": (lambda: Approval.sns("s", topic="t", message=5), "`message` of Approval `s` is no dict"),
    "number as pipeline": (lambda: StartPipeline("s", pipeline=5), "`pipeline` of StartPipeline `s` is no text or Startable"),  # type: ignore[arg-type]
    "vars of dbt": (
        lambda: DbtCall("s", function="f", select="m", idempotency_key="k", vars="x"),  # type: ignore[arg-type]
        "`vars` of DbtCall `s` is no dict",
    ),
    "no interval": (
        lambda: DbtCall("s", function="f", select="m", idempotency_key="k", poll_seconds=0),
        "`poll_seconds` of `s` is not a whole number of at least 1",
    ),
    "headers": (lambda: HttpCall("s", endpoint="e", connection="c", headers=5), "`headers` of HttpCall `s` is no dict"),  # type: ignore[arg-type]
    "key of an item": (lambda: DynamoDB.update("s", table="t", key={"id": "a"}, set=5), "`set` of DynamoDB `s` is no dict"),  # type: ignore[arg-type]
    "number as comment": (lambda: Wait("s", seconds=1, comment=5), "`comment` of Wait `s` is no text"),  # type: ignore[arg-type]
    "number as arguments": (
        lambda: Task("s", resource="sqs:sendMessage", arguments=5),
        "step `s`: the arguments of `sqs:sendMessage` must be an object",
    ),
    "type of a result": (lambda: call("s", returns="dict"), "`'dict'` is not a type of a value"),
    "what is collected": (
        lambda: ForEach("s", items=[1], item=Item(), do=call("a"), collect=object()),
        "step `s` holds a value of type object, which is not JSON",
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_step(name: str) -> None:
    make, message = STEPS[name]
    found = compiled(Pipeline(name="p", input=batch, body=make())).diagnostics
    assert [one.message for one in found] == [message]
    assert found[0].span.file == __file__
    assert found[0].help


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("retry", 3, "`retry` of pipeline `p` is no retry policy"),
        ("input", 5, "`input` of pipeline `p` is no Input"),
        ("logging", "ALL", "`logging` of pipeline `p` is no Logging"),
        ("encryption", "alias/a", "`encryption` of pipeline `p` is no Encryption"),
        ("tags", ["a"], "`tags` of pipeline `p` is no dict"),
        ("tracing", "yes", "`tracing` of pipeline `p` is no boolean"),
        ("timeout_seconds", "1h", "`timeout_seconds` of pipeline `p` is no integer"),
        ("timeout_seconds", True, "`timeout_seconds` of pipeline `p` is no integer"),
        ("dry_run", "yes", "`dry_run` of pipeline `p` is no condition"),
    ],
)
def test_a_pipeline(field: str, value: Any, message: str) -> None:
    found = compiled(Pipeline(name="p", body=Wait("w", seconds=-1, comment=5), **{field: value})).diagnostics  # type: ignore[arg-type]
    assert {one.message for one in found} == {message, "`comment` of Wait `w` is no text"}


TRIGGERS: dict[str, tuple[Callable[[], Trigger], list[str]]] = {
    "a number as expression": (lambda: Schedule(expression=15), ["`expression` of Schedule"]),  # type: ignore[arg-type]
    "all of a schedule": (
        lambda: Schedule(expression="rate(1 day)", timezone=None, retries="a", max_age_seconds="a", skips_dst="no"),  # type: ignore[arg-type]
        [f"`{name}` of Schedule" for name in ("timezone", "retries", "max_age_seconds", "skips_dst")],
    ),
    "a list as input": (lambda: EventRule(pattern={}, input=["key"]), ["`input` of EventRule"]),  # type: ignore[arg-type]
    "a text as contract": (lambda: EventRule(contract="x"), ["`contract` of EventRule"]),  # type: ignore[arg-type]
    "a text as pattern": (lambda: EventRule(pattern="abc"), ["`pattern` of EventRule"]),  # type: ignore[arg-type]
    "a number as label": (lambda: EventRule(label=5), ["`label` of EventRule"]),  # type: ignore[arg-type]
    "a text for the machine between": (lambda: EventRule(via="Intermediate"), ["`via` of EventRule"]),  # type: ignore[arg-type]
    "a class for the machine between": (lambda: Schedule(expression="rate(1 day)", via=str), ["`via` of Schedule"]),  # type: ignore[arg-type]
    "a text for a number": (
        lambda: EventLambda(retries="z", concurrency="a"),
        ["`concurrency` of EventLambda", "`retries` of EventLambda"],
    ),  # type: ignore[arg-type]
    "an expression for a number": (lambda: EventLambda(retries=config.n), ["`retries` of EventLambda"]),  # type: ignore[arg-type]
    "a number as input": (lambda: S3Event(bucket="b", input={1: "key"}), ["`input` of S3Event"]),  # type: ignore[dict-item]
    "no bucket": (lambda: S3Event(bucket=None, input={"key": "key"}), ["`bucket` of S3Event"]),  # type: ignore[arg-type]
    "a number as topic": (lambda: SnsEvent(topic=5, input={"key": "k"}, key=7), ["`topic` of SnsEvent", "`key` of SnsEvent"]),  # type: ignore[arg-type]
    "a number as what starts": (lambda: Direct(contract=5, wait="yes"), ["`contract` of Direct", "`wait` of Direct"]),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_trigger(name: str) -> None:
    make, said = TRIGGERS[name]
    found = wire(
        [Pipeline(name="p", body=Wait("w", seconds=1), triggers=(EventRule(via=Intermediate, pattern={}), make()))]
    ).problems
    mistyped = [one for one in found if one.code == "SFN104"]
    assert [one.message.partition(" of pipeline `p` ")[0] for one in mistyped] == said
    assert all(" is no " in one.message for one in mistyped)
    assert all(one.span.file == __file__ and one.help for one in mistyped)
    assert [one.code for one in found if one not in mistyped] == ["SFN522"], "the other trigger is looked at as well"


def test_expressions_pass_where_a_setting_may_stand() -> None:
    triggers = (S3Event(bucket=config.bucket, input={}), SnsEvent(topic=config.topic, input={"a": "a"}, key="a"))
    found = wire([Pipeline(name="p", input=Input(a="x"), body=Wait("w", seconds=1), triggers=triggers)]).problems
    assert [one for one in found if one.code == "SFN104"] == []


@pytest.mark.parametrize(
    ("alarms", "message"),
    [
        (Alarms(duration_seconds=-5), "`duration_seconds` of the alarms of pipeline `p` is -5"),
        (Alarms(fresh_within_hours=200), "`fresh_within_hours` of the alarms of pipeline `p` is 200"),
        (Alarms(duration_seconds="1h"), "`duration_seconds` of the alarms of pipeline `p` is no integer"),  # type: ignore[arg-type]
        (Alarms(below=["x"]), "`below` of the alarms of pipeline `p` is no dict"),  # type: ignore[arg-type]
    ],
)
def test_alarms(alarms: Alarms, message: str) -> None:
    found = compiled(Pipeline(name="p", body=Wait("w", seconds=1), alarms=alarms)).diagnostics
    assert [(one.code, one.message) for one in found] == [("SFN104", message)]


def test_expressions_and_tuples_pass() -> None:
    steps = [
        Extract.batch("a", definition="d", queue="q", command=("ls", batch.command)),  # type: ignore[arg-type]
        DbtCall("c", function="f", select="m", idempotency_key="k", command=config.bucket),  # type: ignore[arg-type]
    ]
    assert compiled(Pipeline(name="p", input=batch, body=steps)).diagnostics == ()


def test_a_class_of_the_user_with_names_for_type_checkers_only() -> None:
    @dataclass(frozen=True, slots=True, eq=False)
    class Odd(Wait):
        more: NoSuchName = None  # type: ignore[name-defined]  # noqa: F821

    assert compiled(Pipeline(name="p", body=Odd("w", seconds=1, more=5))).diagnostics == ()
