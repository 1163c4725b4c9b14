"""What triggers and contracts add to machines, and that events, rows, direct starts and schedules get a batch from one to the next."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from estate import ACCOUNT, ARBITER, EAST, MANUAL, WEST, Estate, Worker

from sfn_dsl import (
    Alarms,
    BatchReady,
    Control,
    Direct,
    EventLambda,
    EventRule,
    Input,
    Intermediate,
    Load,
    Pipeline,
    S3Event,
    Schedule,
    SnsEvent,
    Stage,
    Transform,
    Wait,
)
from sfn_dsl.asl.model import Task
from sfn_dsl.control.contract import DETAIL_TYPE
from sfn_dsl.control.names import execution_name
from sfn_dsl.deployment import Deployment
from sfn_dsl.diagnostic import Severity
from sfn_dsl.region import Target
from sfn_dsl.resources import cloudformation, terraform
from sfn_dsl.resources.check import check
from sfn_dsl.resources.model import Alarm, Role, Rule
from sfn_dsl.resources.model import Schedule as Planned
from sfn_dsl.resources.template import Template
from sfn_dsl.simulate.mocks.chances import Chances
from sfn_dsl.stacks.pipeline_stack import pipeline_stack
from sfn_dsl.triggers.trigger import Trigger
from sfn_dsl.triggers.wiring import Wiring, wire

ALONE = Deployment(active=EAST)


def producer(name: str = "up", **more: Any) -> tuple[Pipeline, BatchReady]:
    batch = Input(batch_id=str)
    work = Transform.lambda_("Work", function="work", payload={"b": batch.batch_id}, returns={"uri": str}, timeout_seconds=300)
    ready = BatchReady(pipeline=name, batch_id=batch.batch_id, fields={"uri": work.output.uri, "unread": "x"})
    control = more.pop("control", True)
    given = {"produces": ready, "control": Control(batch.batch_id) if control else None, "timeout_seconds": 900, **more}
    return Pipeline(name=name, input=batch, body=Stage("work", work), **given), ready


def consumer(name: str, *consumed: BatchReady, triggers: tuple[Trigger, ...] = (), control: bool = True) -> Pipeline:
    batch = Input(batch_id=str, uri=str)
    load = Load.lambda_("Put", function=name, payload={"b": batch.batch_id, "u": batch.uri}, timeout_seconds=300)
    row = Control(batch.batch_id) if control else None
    return Pipeline(
        name=name, input=batch, control=row, body=Stage("load", load), consumes=consumed, triggers=triggers, timeout_seconds=900
    )


def names(wiring: Wiring, pipeline: str) -> list[str]:
    return [machine.name for machine in wiring.pipelines[pipeline].all_machines]


def errors(*pipelines: Pipeline) -> list[tuple[str, str]]:
    return [(found.code, found.message) for found in wire(pipelines).problems if found.severity is Severity.ERROR]


def states(estate: Estate, pipeline: str, region: str = EAST) -> list[str]:
    return list(estate.compiled[region, pipeline].machine.states or {})


# What is added


def test_an_upstream_writes_a_row_for_each_consumer_and_then_announces() -> None:
    up, ready = producer()
    estate = Estate([up, consumer("a", ready), consumer("b", ready), consumer("c", ready, control=False)], {})
    added = [name for name in states(estate, "up") if " / " not in name]
    first = added.index("Mark ready for a")
    assert added[first : first + 4] == ["Mark ready for a", "Mark ready for b", "Announce batch", "Finish run"]
    assert not any("for c" in name for name in added), "a consumer without rows gets none"


@pytest.mark.parametrize(("rows", "passed_over"), [((True, True), True), ((True, False), False), ((False,), False), ((), False)])
def test_an_event_that_cannot_be_put_is_passed_over_only_where_rows_stand_behind_it(
    rows: tuple[bool, ...], passed_over: bool
) -> None:
    """Whoever has no READY row, another project say, would never hear of the batch."""
    up, ready = producer()
    estate = Estate([up, *(consumer(f"c{number}", ready, control=row) for number, row in enumerate(rows))], {})
    announce = (estate.compiled[EAST, "up"].machine.states or {})["Announce batch"]
    assert isinstance(announce, Task)
    caught = announce.catch if isinstance(announce.catch, tuple) else ()
    onward = [catcher.next for catcher in caught if catcher.error_equals == ("States.ALL",)]
    assert (onward == ["Finish run"]) is passed_over


def test_machines_beside_a_pipeline() -> None:
    up, ready = producer()
    plain = Pipeline(name="plain", body=Wait("W", seconds=1))
    via = consumer("via", ready, triggers=(EventRule(via=Intermediate),))
    wiring = wire([up, plain, via])
    assert [names(wiring, name) for name in ("up", "plain", "via")] == [
        ["up", "up-sweeper"],
        ["plain"],
        ["via", "via-starter", "via-sweeper"],
    ]
    assert [trigger.__class__ for trigger in wire([up, consumer("d", ready)]).pipelines["d"].triggers] == [EventRule]


@pytest.mark.parametrize("kind", [EventRule, Schedule], ids=lambda kind: kind.__name__)
def test_labels_tell_two_triggers_of_a_kind_apart(kind: type[Trigger]) -> None:
    up, ready = producer()
    given: dict[str, Any] = {"expression": "rate(1 day)"} if kind is Schedule else {}
    two = [kind(label=label, via=via, **given) for label, via in (("x", Intermediate), ("y", Intermediate), ("z", None))]
    if kind is EventRule:
        two = [EventRule(label=one.label, via=one.via, contract=ready) for one in two]  # type: ignore[attr-defined]
    down = consumer("down", ready, triggers=tuple(two))
    assert errors(up, down) == []
    wiring = wire([up, down])
    assert names(wiring, "down") == ["down", "down-x-starter", "down-y-starter", "down-sweeper"]
    estate = Estate([up, down], {"work": Worker({"uri": "u"}), "down": Worker()})
    template = next(one for one in estate.templates if one.name == "down")
    for machine in ("down-x-starter", "down-y-starter", "down"):
        arn = f"arn:aws:states:{EAST}:{ACCOUNT}:stateMachine:{machine}"
        roles = [one.arn(template.target) for one in template.resources if isinstance(one, Role)]
        assert sum(estate._permits(role, "states:StartExecution", f"{arn}:live") for role in roles) >= 1, machine


@pytest.mark.parametrize(
    ("triggers", "code", "said"),
    [
        ((EventRule(), EventRule()), "SFN526", "two triggers EventRule with one label"),
        (
            (EventRule(via=Intermediate, label="x"), Schedule(expression="rate(1 day)", via=Intermediate, label="x")),
            "SFN526",
            "the Schedule of pipeline `down` makes `down-x-starter`, and its EventRule makes it too",
        ),
        (
            (
                S3Event(label="B-c", bucket="b", input={"batch_id": "key", "uri": "bucket"}),
                S3Event(label="bC", bucket="c", input={"batch_id": "key", "uri": "bucket"}),
            ),
            "SFN526",
            "makes `down-on-bC`, and its S3Event makes `down-on-B-c`, which gives the same logical id",
        ),
        (
            (S3Event(label="end", bucket="b", input={"batch_id": "key", "uri": "bucket"}),),
            "SFN526",
            "the S3Event of pipeline `down` makes `down-on-end`, and the pipeline itself makes it too",
        ),
        ((SnsEvent(label="dead-letters", topic="t", input={"batch_id": "id", "uri": "u"}, key="batch_id"),), "SFN526", "itself"),
        (("cron",), "SFN521", "`'cron'` in `triggers` of pipeline `down` is no trigger"),
        ((EventRule(label="a b"),), "SFN102", "`a b` is no label of a trigger"),
        ((EventLambda(retries=3),), "SFN503", "0 to 2 times"),
        ((EventRule(pattern={}),), "SFN522", "the event pattern is empty"),
        (
            (EventRule(pattern={"source": "x"}, input={"batch_id": "$.id", "uri": "$.u"}),),
            "SFN522",
            "`source` of the event pattern",
        ),
        ((S3Event(bucket="b", input={"batch_id": "kee", "uri": "bucket"}),), "SFN520", "an S3 event has no `kee`"),
        ((S3Event(bucket="b", input={"batch_id": "bucket", "uri": "size"}),), "SFN524", "holds nothing of the S3 event that tells"),
        ((SnsEvent(topic="t", input={"batch_id": "id", "uri": "u"}, key="idd"),), "SFN524", "the key `idd` is none of the inputs"),
        (
            (SnsEvent(topic="t", input={"batch_id": "id", "uri": "u"}, key="uri"),),
            "SFN524",
            "the batch is made of `batch_id`, but the key lacks `batch_id`",
        ),
        ((SnsEvent(topic="t", input={"batch_id": "id"}, key="batch_id"),), "SFN520", "needs the input `uri`"),
        ((Schedule(expression="rate(1 day)", input={"x": "y"}),), "SFN520", "gives the input `x`"),
    ],
)
def test_triggers_that_cannot_be(triggers: tuple[Any, ...], code: str, said: str) -> None:
    up, ready = producer()
    found = [message for one, message in errors(up, consumer("down", ready, triggers=triggers)) if one == code]
    assert any(said in message for message in found), found


DAILY = Schedule(expression="rate(1 day)", via=Intermediate)
OBJECT = S3Event(bucket="b", input={"batch_id": "key", "uri": "bucket"}, owned=True)
MESSAGE = SnsEvent(topic="t", input={"batch_id": "id", "uri": "u"}, key="batch_id")


@pytest.mark.parametrize(
    ("triggers", "labels"),
    [
        ((EventRule(), EventLambda()), ["", "lambda"]),
        ((EventLambda(), EventRule()), ["", "rule"]),
        ((DAILY, EventLambda()), ["", "lambda"]),
        ((EventRule(via=Intermediate), DAILY), ["", "timer"]),
        (
            (EventRule(label="object", pattern={"source": ["x"]}, input={"batch_id": "$.id", "uri": "$.u"}), OBJECT),
            ["object", "s3"],
        ),
        ((EventLambda(label="messages"), MESSAGE), ["messages", "sns"]),
        ((EventRule(), Schedule(expression="rate(1 day)"), Direct(), OBJECT, MESSAGE), ["", "", "", "", ""]),
        ((EventRule(via=Intermediate), DAILY, EventLambda(), OBJECT, MESSAGE, Direct()), ["", "timer", "lambda", "", "", ""]),
    ],
)
def test_triggers_of_different_kinds_get_names_of_their_own(triggers: tuple[Trigger, ...], labels: list[str]) -> None:
    """A trigger that is added changes no name of those before it; alone, each has the names that it always had."""
    up, ready = producer()
    down = consumer("down", ready, triggers=triggers)
    assert errors(up, down) == []
    assert [trigger.label for trigger in wire([up, down]).pipelines["down"].triggers] == labels
    estate = Estate([up, down], {"work": Worker({"uri": "u"}), "down": Worker()})
    found = [one for one in estate.templates if one.name == "down"]
    assert [problem.message for template in found for problem in check(template) if problem.severity is Severity.ERROR] == []
    made: Any = terraform.to_json(found)["resource"]
    assert len(made["aws_cloudwatch_event_rule"]) > len(found)


@pytest.mark.parametrize(
    ("topic", "region", "elsewhere", "sender"),
    [
        ("orders", EAST, None, "sns"),
        ("arn:aws:sns:us-east-1:444455556666:orders", EAST, None, "sns"),
        ("arn:aws:sns:us-east-1:111122223333:orders", WEST, "us-east-1", "sns"),
        ("arn:aws:sns:ap-east-1:111122223333:orders", EAST, "ap-east-1", "sns.ap-east-1"),
        ("arn:aws:sns:us-east-1:111122223333:orders", "eu-south-1", "us-east-1", "sns.eu-south-1"),
        ("arn:aws:sns:ap-east-1:111122223333:orders", "eu-south-1", "ap-east-1", "sns.eu-south-1"),
        ("arn:aws:sns:eu-south-1:111122223333:orders", "eu-south-1", None, "sns"),
        ("arn:aws-us-gov:sns:us-gov-east-1:111122223333:orders", "us-gov-west-1", "us-gov-east-1", "sns"),
    ],
)
def test_a_topic_of_another_region_is_subscribed_to_where_it_is(
    topic: str, region: str, elsewhere: str | None, sender: str
) -> None:
    down = consumer("down", triggers=(dataclasses.replace(MESSAGE, topic=topic),))
    target = Target(region=region, account=ACCOUNT)
    template = Template(name="down", target=target, resources=down.triggers[0].resources(down, target))
    written = cloudformation.to_json(template)["Resources"]
    assert written["MessagesSubscription"]["Properties"].get("Region") == elsewhere
    allowed = written["MessagesQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
    assert allowed["Principal"] == {"Service": f"{sender}.amazonaws.com"}
    module: Any = terraform.to_json([template])
    [made] = module["resource"]["aws_sns_topic_subscription"].values()
    assert made["provider"] == f"aws.{(elsewhere or region).replace('-', '_')}"
    assert {made["provider"], f"aws.{region.replace('-', '_')}"} == {f"aws.{one['alias']}" for one in module["provider"]["aws"]}


def test_calls_for_messages_are_bounded_where_messages_are_fetched() -> None:
    """What a function's reserved concurrency refuses has been received, and five receipts make a dead letter of a good message."""
    down = consumer("down", triggers=(dataclasses.replace(MESSAGE, concurrency=7),))
    target = Target(region=EAST, account=ACCOUNT)
    template = Template(name="down", target=target, resources=down.triggers[0].resources(down, target))
    written = cloudformation.to_json(template)["Resources"]
    assert written["MessagesMapping"]["Properties"]["ScalingConfig"] == {"MaximumConcurrency": 7}
    assert "ReservedConcurrentExecutions" not in written["MessagesStarterFunction"]["Properties"]
    made: Any = terraform.to_json([template])["resource"]
    assert made["aws_lambda_event_source_mapping"]["us_east_1_messages_mapping"]["scaling_config"] == {"maximum_concurrency": 7}
    for concurrency in (1, 1001):
        assert [
            code for code, _ in errors(consumer("down", triggers=(dataclasses.replace(MESSAGE, concurrency=concurrency),)))
        ] == ["SFN503"]


def alarms(template: Template) -> dict[str, tuple[str, dict[str, Any], float]]:
    """Namespace, dimensions and threshold of each alarm."""
    return {one.name: (one.namespace, dict(one.dimensions), one.threshold) for one in template.resources if isinstance(one, Alarm)}


def test_what_is_late_is_told() -> None:
    up, ready = producer()
    down = consumer("down", ready, triggers=(EventRule(), EventLambda(), OBJECT, MESSAGE))
    estate = Estate([up, down], {"work": Worker({"uri": "u"}), "down": Worker()})
    [template] = [one for one in estate.templates if one.name == "down"]
    told = {name: alarm for name, alarm in alarms(template).items() if name.endswith(("Latency", "Rules", "Age", "Message"))}
    bus, own = {"EventBusName": "etl", "RuleName": "down-on-up"}, {"RuleName": "down-on-object"}
    assert told == {
        "down-on-up-ThrottledRules": ("AWS/Events", bus, 1),
        "down-on-up-IngestionToInvocationSuccessLatency": ("AWS/Events", bus, 300_000),
        "down-on-up-lambda-ThrottledRules": ("AWS/Events", {**bus, "RuleName": "down-on-up-lambda"}, 1),
        "down-on-up-lambda-IngestionToInvocationSuccessLatency": (
            "AWS/Events",
            {**bus, "RuleName": "down-on-up-lambda"},
            300_000,
        ),
        "down-on-object-ThrottledRules": ("AWS/Events", own, 1),
        "down-on-object-IngestionToInvocationSuccessLatency": ("AWS/Events", own, 300_000),
        "down-lambda-starter-AsyncEventAge": ("AWS/Lambda", {"FunctionName": "down-lambda-starter"}, 300_000),
        "down-messages-ApproximateAgeOfOldestMessage": ("AWS/SQS", {"QueueName": "down-messages"}, 900),
        "down-OldestReadyAge": ("SfnDsl", {"Pipeline": "down"}, 3600),
        **{
            f"{queue}-ApproximateAgeOfOldestMessage": ("AWS/SQS", {"QueueName": queue}, 86_400)
            for queue in ("down-dead-letters", "down-lambda-starter-failures", "down-messages-dead-letters")
        },
    }
    assert "down-messages-starter-AsyncEventsDropped" not in alarms(template), "a queue is worked off, and drops nothing"


@pytest.mark.parametrize(
    ("deployment", "receiving"),
    [(ALONE, {}), (MANUAL, {EAST: WEST, WEST: EAST}), (ARBITER, {})],
    ids=["alone", "eventual", "strong"],
)
def test_a_replica_that_is_behind_is_told(deployment: Deployment, receiving: dict[str, str]) -> None:
    estate = Estate([producer()[0]], {"work": Worker({"uri": "u"})}, deployment=deployment)
    found = {
        one.target.region: alarm
        for one in estate.templates
        for name, alarm in alarms(one).items()
        if name.endswith("-ReplicationLatency")
    }
    assert found == {
        region: ("AWS/DynamoDB", {"TableName": "etl-control", "ReceivingRegion": other}, 60_000)
        for region, other in receiving.items()
    }


def test_a_sweep_comes_in_every_period_of_an_alarm_on_its_figures() -> None:
    slow = dataclasses.replace(ALONE, sweep_minutes=60)
    up = dataclasses.replace(producer()[0], alarms=Alarms(fresh_within_hours=26))
    for deployment, seconds in ((ALONE, 300), (slow, 3600)):
        [template] = [one for one in Estate([up], {}, deployment=deployment).templates if one.name == "up"]
        periods = {
            one.metric_name: one.period for one in template.resources if isinstance(one, Alarm) and one.namespace == "SfnDsl"
        }
        assert periods == dict.fromkeys(("ReadyUnclaimed", "OldestReadyAge", "ExpiredLeases", "HoursSinceLastSuccess"), seconds)


@pytest.mark.parametrize("trigger", [EventRule(), EventLambda(), Direct(), Schedule(expression="rate(1 day)", via=Intermediate)])
def test_a_trigger_without_a_source(trigger: Trigger) -> None:
    batch = Input(batch_id="x", uri="y")
    lonely = Pipeline(name="down", input=batch, body=Wait("W", seconds=1), triggers=(trigger,))
    assert [code for code, _ in errors(lonely)] == ["SFN521"]


def test_a_slot_without_rows_does_not_know_what_is_ready() -> None:
    up, ready = producer()
    down = consumer("down", ready, triggers=(Schedule(expression="rate(1 day)"),), control=False)
    [(code, said)] = errors(up, down)
    assert (code, said) == ("SFN521", "a Schedule of pipeline `down` has no way to know which batches are ready")


def test_a_required_input_that_the_event_does_not_bring() -> None:
    up, ready = producer()
    batch = Input(batch_id=str, urii=str)
    down = Pipeline(name="down", input=batch, body=Wait("W", seconds=1), consumes=(ready,), control=Control(batch.batch_id))
    [found] = [one for one in wire([up, down]).problems if one.code == "SFN520"]
    assert found.message == "pipeline `down` needs `urii`, which the event of `up` does not bring"
    assert found.help == "did you mean `uri`?"
    assert found.also[0][0] == ready.span


def test_an_upstream_of_another_project_cannot_start_anything_directly() -> None:
    foreign = BatchReady(pipeline="elsewhere", batch_id="b", fields={"uri": "u"})
    assert errors(consumer("down", foreign)) == []
    [(code, said)] = errors(consumer("down", foreign, triggers=(Direct(),)))
    assert (code, said) == ("SFN521", "`elsewhere`, which is to start `down` directly, is no pipeline of the project")


@pytest.mark.parametrize("length", [1, 2, 3])
def test_circles(length: int) -> None:
    made = []
    contracts = [BatchReady(pipeline=f"p{number}", batch_id="b") for number in range(length)]
    for number in range(length):
        batch = Input(batch_id=str)
        follows = contracts[(number - 1) % length]
        made.append(
            Pipeline(name=f"p{number}", input=batch, body=Wait("W", seconds=1), produces=contracts[number], consumes=(follows,))
        )
    found = [said for code, said in errors(*made) if code == "SFN525"]
    circle = " -> ".join(f"p{number % length}" for number in range(length + 1))
    assert found == [f"pipelines trigger each other in a circle: {circle}"]
    straight = [*made[:-1], Pipeline(name="end", body=Wait("W", seconds=1))]
    assert [code for code, _ in errors(*straight) if code == "SFN525"] == []


# That a batch gets through


def through(trigger: Trigger, *, seconds: float = 900, **more: Any) -> tuple[Estate, Worker, Worker]:
    """A batch goes from one pipeline to another; what the two functions were given."""
    up, ready = producer()
    down = consumer("down", ready, triggers=(trigger,))
    work, load = Worker({"uri": "s3://b1"}), Worker()
    estate = Estate([up, down], {"work": work, "down": load}, **more)
    estate.start("up", {"batch_id": "b 1"})
    estate.run(seconds)
    return estate, work, load


GIVEN = [{"b": "b 1", "u": "s3://b1"}]
WAYS: dict[str, tuple[Trigger, float]] = {
    "rule": (EventRule(), 900),
    "rule, intermediate": (EventRule(via=Intermediate), 900),
    "function": (EventLambda(), 900),
    "direct": (Direct(), 900),
    "direct, waiting": (Direct(wait=True), 900),
    "slots": (Schedule(expression="rate(1 hour)"), 3700),
    "slots, intermediate": (Schedule(expression="rate(1 hour)", via=Intermediate), 3700),
}


@pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
@pytest.mark.parametrize("deployment", [ALONE, ARBITER], ids=["alone", "arbiter"])
@pytest.mark.parametrize("way", WAYS)
def test_a_batch_gets_through_once(way: str, deployment: Deployment, language: str) -> None:
    trigger, seconds = WAYS[way]
    estate, work, load = through(trigger, seconds=seconds, deployment=deployment, language=language)
    assert [payload for _, payload in load.calls] == GIVEN
    assert len(work.calls) == 1
    for pipeline in ("up", "down"):
        row = estate.row(pipeline, "b 1")
        assert row is not None
        assert (row["status"], row["fence"]) == ("SUCCEEDED", 1)
    assert estate.world.undelivered == []


@pytest.mark.parametrize("way", WAYS)
def test_an_event_that_is_lost_costs_minutes_not_the_batch(way: str) -> None:
    trigger, seconds = WAYS[way]
    _, _, load = through(trigger, seconds=seconds, chances=Chances(lost=1.0))
    assert [payload for _, payload in load.calls] == GIVEN


@pytest.mark.parametrize("way", ["rule", "rule, intermediate", "function"])
def test_an_event_that_comes_twice_does_the_batch_once(way: str) -> None:
    trigger, seconds = WAYS[way]
    estate, _, load = through(trigger, seconds=seconds, chances=Chances(redelivered=1.0, new_names=1.0))
    assert [payload for _, payload in load.calls] == GIVEN
    assert len(estate.runs("down")) >= (1 if way != "rule" else 2)


def test_names_of_executions_come_from_the_batch() -> None:
    """The same name whoever makes it: the function, the machine between, the upstream."""
    expected = execution_name("down", "b 1")
    assert expected.startswith("down-b-1-a1-")
    for way in ("rule, intermediate", "function", "direct", "direct, waiting"):
        estate, _, _ = through(WAYS[way][0])
        assert [run.name for run in estate.runs("down")] == [expected], way


@pytest.mark.parametrize(("wait", "after"), [(False, 0.0), (True, 60.0)])
def test_an_upstream_waits_only_when_it_is_told_to(wait: bool, after: float) -> None:
    estate, _, _ = through(Direct(wait=wait))
    [up], [down] = estate.runs("up"), estate.runs("down")
    assert (up.status, down.status) == ("SUCCEEDED", "SUCCEEDED")
    ended = down.start - up.start + (down.duration or 0)
    assert ((up.duration or 0) > ended) == wait


def test_an_upstream_that_waits_keeps_its_batch() -> None:
    """Its lease covers the consumer's run, so that the sweeper does not take it for dead."""
    up, ready = producer(timeout_seconds=9000)
    down = consumer("down", ready, triggers=(Direct(wait=True),))
    work, load = Worker({"uri": "u"}), Worker(seconds=250.0)
    slow = Pipeline(
        name="down",
        input=down.input,
        body=[down.body, Wait("Settle", seconds=3000)],
        control=down.control,
        consumes=down.consumes,
        triggers=down.triggers,
    )
    estate = Estate([up, slow], {"work": work, "down": load})
    run = estate.start("up", {"batch_id": "b1"})
    estate.run(5000)
    assert (run.status, len(estate.runs("up")), len(work.calls)) == ("SUCCEEDED", 1, 1)


def test_an_upstream_that_waits_fails_with_its_consumer() -> None:
    up, ready = producer()
    load = Worker(errors=["Boom"])
    estate = Estate([up, consumer("down", ready, triggers=(Direct(wait=True),))], {"work": Worker({"uri": "u"}), "down": load})
    run = estate.start("up", {"batch_id": "b1"})
    estate.run(900)
    assert (run.status, len(estate.runs("down"))) == ("FAILED", 1)
    assert (estate.row("up", "b1") or {})["error"]["error"] == "States.TaskFailed"


LANGUAGES = pytest.mark.parametrize("language", ["JSONata", "JSONPath"])


def again(estate: Estate, pipeline: str, batch: str) -> None:
    """What `rerun` writes."""
    estate.change(pipeline, batch, status={"S": "READY"}, queue={"S": f"READY#{pipeline}"}, attempt={"N": "2"})


@LANGUAGES
@pytest.mark.parametrize("deployment", [ALONE, ARBITER], ids=["alone", "arbiter"])
def test_an_upstream_that_waits_again_fails_until_its_consumer_is_done(deployment: Deployment, language: str) -> None:
    """The execution's name is taken, so that the second wait has nothing to wait for but the row."""
    up, ready = producer()
    load = Worker(errors=["Boom"])
    down = consumer("down", ready, triggers=(Direct(wait=True),))
    estate = Estate([up, down], {"work": Worker({"uri": "u"}), "down": load}, deployment=deployment, language=language)
    estate.start("up", {"batch_id": "b1"})
    estate.run(900)
    again(estate, "up", "b1")
    second = estate.start("up", {"batch_id": "b1"})
    estate.run(900)
    assert (second.status, len(estate.runs("down", EAST))) == ("FAILED", 1)
    error = (estate.row("up", "b1") or {})["error"]
    assert (error["error"], error["step"]) == ("BatchFailed", "Start down")
    assert error["cause"] == "the batch of down that had been started before is FAILED"
    again(estate, "down", "b1")
    again(estate, "up", "b1")
    third = estate.start("up", {"batch_id": "b1"})
    estate.run(1800)
    assert (third.status, (estate.row("down", "b1") or {})["status"]) == ("SUCCEEDED", "SUCCEEDED")
    assert len(load.calls) == 2


@LANGUAGES
def test_an_upstream_waits_for_whoever_works_on_the_batch(language: str) -> None:
    """What it has started finds the batch taken and ends well, which says nothing of the batch."""
    up, ready = producer(timeout_seconds=200_000)
    down = consumer("down", ready, triggers=(Direct(wait=True),))
    estate = Estate([up, down], {"work": Worker({"uri": "u"}), "down": Worker()}, language=language, schedules=False)
    held = {"status": {"S": "RUNNING"}, "queue": {"S": "RUNNING#down"}, "exec_arn": {"S": "x"}, "fence": {"N": "1"}}
    for batch in ("b1", "b2"):
        estate.change("down", batch, **held, lease_until={"N": str(round(estate.world.now * 1000) + 10**9)})
    done, never = estate.start("up", {"batch_id": "b1"}), estate.start("up", {"batch_id": "b2"})
    estate.run(3600)
    assert [run.output for run in estate.runs("down")] == [{"claimed": False}] * 2
    assert (done.status, never.status) == ("RUNNING", "RUNNING")
    estate.change("down", "b1", status={"S": "SUCCEEDED"})
    estate.run(100)
    assert done.status == "SUCCEEDED"
    estate.run(90_000)
    assert never.status == "FAILED"
    assert (estate.row("up", "b2") or {})["error"]["cause"].endswith("is RUNNING")


@LANGUAGES
def test_without_rows_the_execution_says_what_has_become_of_the_batch(language: str) -> None:
    up, ready = producer(control=False)
    load = Worker(errors=["Boom"])
    down = consumer("down", ready, triggers=(Direct(wait=True),), control=False)
    estate = Estate([up, down], {"work": Worker({"uri": "u"}), "down": load}, language=language)
    found = []
    for batch in ("b1", "b1", "b2", "b2"):
        run = estate.start("up", {"batch_id": batch})
        estate.run(900)
        found.append((run.status, run.error))
    assert found == [("FAILED", "States.TaskFailed"), ("FAILED", "BatchFailed"), ("SUCCEEDED", None), ("SUCCEEDED", None)]
    assert len(load.calls) == len(estate.runs("down")) == 2


def test_only_schedules_with_dead_letters_may_send_them() -> None:
    """A sweep that could not be started is made up for by the next one."""
    up, ready = producer()
    estate = Estate([up, consumer("down", ready, triggers=(Schedule(expression="rate(1 days)"),))], {})
    [template] = [one for one in estate.templates if one.name == "down"]
    sending = {
        role.id
        for role in template.resources
        if isinstance(role, Role) and "sqs:SendMessage" in json.dumps([policy.document for policy in role.policies], default=str)
    }
    planned = {one.role_arn.id for one in template.resources if isinstance(one, Planned) and one.dead_letter_arn is not None}  # type: ignore[union-attr]
    assert sending == planned == {"ScheduleRole"}


def test_two_consumers_may_be_waited_for() -> None:
    up, ready = producer(timeout_seconds=200_000)
    pair = [consumer(name, ready, triggers=(Direct(wait=True),)) for name in ("a-1", "a-2")]
    estate = Estate([up, *pair], {"work": Worker({"uri": "u"}), "a-1": Worker(), "a-2": Worker()})
    run = estate.start("up", {"batch_id": "b1"})
    estate.run(900)
    assert run.status == "SUCCEEDED"


def test_two_consumers_get_what_each_asks_for() -> None:
    up, ready = producer()
    work, a, b = Worker({"uri": "s3://b1"}), Worker(), Worker()
    batch = Input(batch_id=str, unread=str)
    load = Load.lambda_("Put", function="b", payload={"x": batch.unread}, timeout_seconds=60)
    other = Pipeline(name="b", input=batch, control=Control(batch.batch_id), body=Stage("s", load), consumes=(ready,))
    estate = Estate([up, consumer("a", ready), other], {"work": work, "a": a, "b": b})
    estate.start("up", {"batch_id": "b 1"})
    estate.run(900)
    assert ([payload for _, payload in a.calls], [payload for _, payload in b.calls]) == (GIVEN, [{"x": "x"}])
    assert [json.loads((estate.row(name, "b 1") or {})["input"]) for name in ("a", "b")] == [
        {"batch_id": "b 1", "uri": "s3://b1"},
        {"batch_id": "b 1", "unread": "x"},
    ]


def test_an_upstream_that_runs_again_does_not_touch_a_row_that_is_in_work() -> None:
    """A re-run of the upstream announces again; the consumer has the batch already."""
    estate, work, load = through(EventRule())
    row = estate.row("down", "b 1")
    estate.change("up", "b 1", status={"S": "READY"}, attempt={"N": "2"}, stages={"M": {}})
    estate.start("up", {"batch_id": "b 1"})
    estate.run(900)
    assert (len(work.calls), len(load.calls)) == (2, 1)
    assert estate.row("down", "b 1") == row


def test_a_batch_of_the_active_region_is_not_done_in_the_other_one() -> None:
    estate, _, load = through(EventRule(), deployment=ARBITER)
    assert {region for region, _ in load.calls} == {EAST}
    assert [run.output for run in estate.runs("down", WEST)] == [{"claimed": False}]
    looped = [
        seen
        for region in (EAST, WEST)
        for seen in estate.world.place(region).events.events
        if seen.event["detail-type"] == DETAIL_TYPE
    ]
    assert [(seen.event["region"], seen.bus) for seen in looped] == [(EAST, "etl"), (EAST, "etl")], "once in each Region, no more"


def test_a_rule_of_ones_own_on_the_shared_bus() -> None:
    trigger = EventRule(
        pattern={"source": ["crm"], "detail": {"ok": [True]}}, input={"batch_id": "$.detail.id", "uri": "$.detail.where.uri"}
    )
    load = Worker()
    estate = Estate([consumer("down", triggers=(trigger,))], {"down": load})
    place = estate.world.place(EAST)
    entries = [
        {
            "Source": "crm",
            "DetailType": "New",
            "EventBusName": "etl",
            "Detail": json.dumps({"ok": ok, "id": 'q"1\u00e9', "where": {"uri": "u"}}),
        }
        for ok in (True, False)
    ]
    place.events.call("PutEvents", {"Entries": entries}, estate.world.now)
    estate.run(300)
    assert [payload for _, payload in load.calls] == [{"b": 'q"1\u00e9', "u": "u"}]


@pytest.mark.parametrize(
    ("prefix", "suffix", "key", "matches"),
    [
        ("", "", "any/thing", True),
        ("in/", "", "in/a.csv", True),
        ("in/", "", "out/a.csv", False),
        ("", ".csv", "in/a.csv", True),
        ("", ".csv", "in/a.csv.gz", False),
        ("in/", ".csv", "in/a.csv", True),
        ("in/", ".csv", "in/a.txt", False),
        ("in/", ".csv", "out/a.csv", False),
        ("in/*/", ".csv", "in/*/a.csv", True),
        ("in/*/", ".csv", "in/b/a.csv", False),
    ],
)
def test_an_object_starts_a_pipeline(prefix: str, suffix: str, key: str, matches: bool) -> None:
    trigger = S3Event(bucket="lake", prefix=prefix, suffix=suffix, input={"batch_id": "key", "uri": "bucket"})
    load = Worker()
    estate = Estate([consumer("down", triggers=(trigger,))], {"down": load})
    event = {
        "version": "0",
        "id": "i",
        "source": "aws.s3",
        "detail-type": "Object Created",
        "account": ACCOUNT,
        "region": EAST,
        "time": "2026-01-01T00:00:00Z",
        "resources": [],
        "detail": {"bucket": {"name": "lake"}, "object": {"key": key, "size": 3, "etag": "e", "sequencer": "1"}},
    }
    estate.world.place(EAST).events.receive(event, estate.world.now)
    estate.run(300)
    assert [payload for _, payload in load.calls] == ([{"b": key, "u": "lake"}] if matches else [])


def test_patterns_of_rules_match_what_is_announced() -> None:
    up, ready = producer()
    wired = wire([up, consumer("down", ready)]).pipelines["down"]
    target = Target(region=EAST, account=ACCOUNT)
    [rule] = [
        one
        for one in pipeline_stack(wired, [], target, "publish").resources
        if isinstance(one, Rule) and one.event_bus_name == "etl"
    ]
    assert rule.event_pattern == {
        "source": ["sfn-dsl.up"],
        "detail-type": ["BatchReady"],
        "detail": {"status": ["SUCCEEDED"], "pipeline": ["up"]},
    }
