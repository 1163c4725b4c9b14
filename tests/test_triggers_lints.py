"""What triggers, contracts and deployments get wrong: found by `build` and by `check`, at the user's line, all in one run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sfn_dsl.building import build_project
from sfn_dsl.checking.selection import make_selection
from sfn_dsl.cli.main import run
from sfn_dsl.codes import CODES
from sfn_dsl.configuration import find_project
from sfn_dsl.diagnostic import Diagnostic
from sfn_dsl.project import load_pipelines
from sfn_dsl.rules.registry import all_rules

Project = Callable[[dict[str, str]], Path]

SECTIONS = "[sfn_dsl:us-east-1]\naccount = 111122223333\n[sfn_dsl:us-west-1]\naccount = 111122223333\n"
ONE = "[sfn_dsl]\nregions = us-east-1\n[sfn_dsl:us-east-1]\naccount = 111122223333\n"
TWO = "[sfn_dsl]\nregions = us-east-1, us-west-1\nactive = us-east-1\npassive = us-west-1\n"
ARBITER = TWO + "gate = arbiter\narbiter = us-east-1, us-west-2\nwitness = us-east-2\n" + SECTIONS
HEAD = "from sfn_dsl import *\nfrom sfn_dsl.deployment import Arbiter, Deployment\n"
UP = """
up_batch = Input(batch_id=str, size=int, rows=[str], note={"a": str})
work = Transform.lambda_("Work", function="f", payload={"b": up_batch.batch_id}, returns={"uri": str, "rows": [dict]}, timeout_seconds=60)
ready = BatchReady(pipeline="up", batch_id=up_batch.batch_id, fields={"uri": work.output.uri})
up_run = Control(up_batch.batch_id)
up = Pipeline(name="up", input=up_batch, control=up_run, body=Stage("work", work), produces=ready, timeout_seconds=900)
"""
DOWN = """
batch = Input(batch_id=str, uri=str)
step = Load.lambda_("Load", function="g", payload={"b": batch.batch_id}, timeout_seconds=60)
row = Control(batch.batch_id)
down = Pipeline(name="down", input=batch, control=row, body=Stage("load", step), consumes=(ready,), timeout_seconds=900)
"""
ALONE = """
batch = Input(batch_id=str, at="", count=1)
step = Load.lambda_("Load", function="g", payload={"b": batch.batch_id}, timeout_seconds=60)
row = Control(batch.batch_id)
down = Pipeline(name="down", input=batch, control=row, body=Stage("load", step), triggers=(TRIGGER,), timeout_seconds=900)
"""


def found_in(folder: Path, **words: Any) -> list[Diagnostic]:
    project = find_project(folder)
    loaded = load_pipelines(project)
    selection = make_selection(profile="default", **words) if words else None
    build = build_project(project, loaded, tuple(loaded.pipelines), project.targets, selection)
    return list(build.diagnostics)


def line_of(text: str, mark: str) -> int:
    """The line, from 1, on which a text stands first."""
    return text[: text.index(mark)].count("\n") + 1


def alone(trigger: str, **changes: str) -> str:
    text = HEAD + ALONE.replace("TRIGGER", trigger)
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def contract(**fields: str) -> str:
    return HEAD + UP.replace(
        '{"uri": work.output.uri}', "{" + ", ".join(f'"{name}": {value}' for name, value in fields.items()) + "}"
    )


def loop(pattern: str) -> str:
    """A producer with a pattern of its own."""
    rule = "EventRule(pattern={" + pattern + '}, input={"batch_id": "$.detail.batch_id"})'
    text = (HEAD + UP).replace('Input(batch_id=str, size=int, rows=[str], note={"a": str})', "Input(batch_id=str)")
    return text.replace("produces=ready", f"produces=ready, triggers=({rule},)")


SCHEDULE = 'Schedule(expression="{}", timezone="{}", input={{"batch_id": SCHEDULED_TIME}}{})'
PATTERN = 'EventRule(pattern={{"source": [{}]}}, input={{"batch_id": "{}"}})'
EXTERNAL = 'EventRule(pattern={{"source": [{}]}}, input={{"batch_id": "{}"}}{})'
FILES = """
batch = Input(key=str, version=str, bucket="")
TAKEN = {"key": "key", "version": "version", "bucket": "bucket"}
step = Load.lambda_("Load", function="g", payload={"b": batch.key}, timeout_seconds=60)
row = Control(fn.join([batch.key, batch.version], "@"))
down = Pipeline(name="down", input=batch, control=row, body=Stage("load", step), triggers=(TRIGGER,), timeout_seconds=240)
"""
OBJECTS = HEAD + FILES.replace("TRIGGER", 'S3Event(bucket="lake", input=TAKEN)')
MESSAGES = HEAD + FILES.replace("TRIGGER", 'SnsEvent(topic="t", input={"key": "a", "version": "b"}, key="key")').replace(
    'fn.join([batch.key, batch.version], "@")', "batch.key"
)
LONG = "x" * 60
# Code, severity, where (a text of the line), what is said, the pipelines' file, setup.cfg.
CASES: dict[str, tuple[str, str, str, str, str, str]] = {
    "a schedule that cannot be": (
        "SFN501", "error", "triggers=", "", alone(SCHEDULE.format("cron(0 5 * * *)", "UTC", "")), ONE,
    ),
    "cron in the hour that is leapt over": (
        "SFN502", "error", "triggers=", "`cron(30 2 * * ? *)` in America/New_York skips a day each year",
        alone(SCHEDULE.format("cron(30 2 * * ? *)", "America/New_York", "")), ONE,
    ),
    "tried for as long as the interval": (
        "SFN503", "error", "triggers=", "slots come every 900 seconds, and one is tried for 900 seconds",
        alone(SCHEDULE.format("rate(15 minutes)", "UTC", ", max_age_seconds=900")), ONE,
    ),
    "a cron of a year that is over": (
        "SFN501", "error", "triggers=", "`cron(0 2 * * ? 2020)` never fires", alone(SCHEDULE.format("cron(0 2 * * ? 2020)", "UTC", "")), ONE,
    ),
    "a time that is over": (
        "SFN501", "error", "triggers=", "`at(2020-01-01T00:00:00)` never fires", alone(SCHEDULE.format("at(2020-01-01T00:00:00)", "UTC", "")), ONE,
    ),
    "a schedule that is tried too often": (
        "SFN503", "error", "triggers=", "`retries` is 500", alone(SCHEDULE.format("rate(1 day)", "UTC", ", retries=500")), ONE,
    ),
    "a schedule with too much input": (
        "SFN509", "error", "triggers=", "the `input` of the schedule has at least 300,0",
        alone('Schedule(expression="rate(1 day)", input={"batch_id": "x" * 300_000})'), ONE,
    ),
    "a schedule whose input is no JSON": (
        "SFN107", "error", "triggers=", "the `input` of the schedule cannot be written as JSON", alone('Schedule(expression="rate(1 day)", input={"batch_id": {1, 2}})'), ONE,
    ),
    "a rule that is tried too often": (
        "SFN503", "error", "triggers=", "`retries` is 900", alone(EXTERNAL.format('"a"', "$.detail.id", ", retries=900")), ONE,
    ),
    "a rule that is tried too shortly": (
        "SFN503", "error", "triggers=", "`max_age_seconds` is 5", alone(EXTERNAL.format('"a"', "$.detail.id", ", max_age_seconds=5")), ONE,
    ),
    "a rule for objects that is tried too often": (
        "SFN503", "error", "triggers=", "`retries` is -1", alone('S3Event(bucket="lake", input={"batch_id": "key"}, retries=-1)'), ONE,
    ),
    "messages by fewer than no calls": (
        "SFN503", "error", "triggers=", "`concurrency` is -1", alone('SnsEvent(topic="t", input={"batch_id": "id"}, key="batch_id", concurrency=-1)'), ONE,
    ),
    "events by fewer than no calls": (
        "SFN503", "error", "triggers=", "`concurrency` is -1", (HEAD + UP + DOWN).replace("consumes=(ready,)", "consumes=(ready,), triggers=(EventLambda(concurrency=-1),)"), ONE,
    ),
    "a path without a root": (
        "SFN520", "error", "triggers=", "`detail.id`, from which the input `batch_id` is to come", alone(PATTERN.format('"a"', "detail.id")), ONE,
    ),
    "a path with quotes": (
        "SFN520", "error", "triggers=", "is no path into an event", alone(PATTERN.format('"a"', "$.detail['id']")), ONE,
    ),
    "a path that is a number": (
        "SFN520", "error", "triggers=", "`3`, from which the input `batch_id` is to come", alone('EventRule(pattern={"source": ["a"]}, input={"batch_id": 3})'), ONE,
    ),
    "an empty path into a message": (
        "SFN520", "error", "triggers=", "is no path into a message", alone('SnsEvent(topic="t", input={"batch_id": ""}, key="batch_id")'), ONE,
    ),
    "a path into a message that is a number": (
        "SFN520", "error", "triggers=", "`3`, from which the input `batch_id` is to come", alone('SnsEvent(topic="t", input={"batch_id": 3}, key="batch_id")'), ONE,
    ),
    "a part of an S3 event that is a list": (
        "SFN520", "error", "triggers=", "an S3 event has no `['key']`", alone('S3Event(bucket="lake", input={"batch_id": ["key"]})'), ONE,
    ),
    "a filter that there is not": (
        "SFN522", "error", "triggers=", "EventBridge refuses `source` of the event pattern: Unrecognized match type nope", alone(PATTERN.format('{"nope": 1}', "$.id")), ONE,
    ),
    "a filter of a wrong type": (
        "SFN522", "error", "triggers=", "EventBridge refuses `source` of the event pattern: prefix match pattern must be a string", alone(PATTERN.format('{"prefix": 1}', "$.id")), ONE,
    ),
    "a filter in an alternative": (
        "SFN522", "error", "triggers=", "EventBridge refuses `$or.detail.a` of the event pattern",
        alone('EventRule(pattern={"$or": [{"source": ["a"]}, {"detail": {"a": [{"nope": 1}]}}]}, input={"batch_id": "$.id"})'), ONE,
    ),
    "a date in a pattern": (
        "SFN107", "error", "triggers=", "the event pattern cannot be written as JSON", "import datetime\n" + alone(PATTERN.format("datetime.datetime(2026, 1, 1)", "$.id")), ONE,
    ),
    "infinity in a pattern": (
        "SFN107", "error", "triggers=", "the event pattern cannot be written as JSON", alone(PATTERN.format("1e400", "$.id")), ONE,
    ),
    "a topic that cannot be": (
        "SFN102", "error", "triggers=", "`a topic` is no topic", alone('SnsEvent(topic="a topic", input={"batch_id": "id"}, key="batch_id")'), ONE,
    ),
    "a bucket that cannot be": (
        "SFN102", "error", "triggers=", "`Bad_Bucket` is no name of a bucket", alone('S3Event(bucket="Bad_Bucket", input={"batch_id": "key"})'), ONE,
    ),
    "objects without a row": (
        "SFN527", "warning", "triggers=", "`down` is started by S3 without a control row", OBJECTS.replace("control=row, ", ""), ONE,
    ),
    "messages to an EXPRESS pipeline without a row": (
        "SFN527", "warning", "triggers=", "`down` is started by messages without a control row",
        MESSAGES.replace("control=row, ", 'type="EXPRESS", '), ONE,
    ),
    "a batch of the bucket alone": (
        "SFN524", "error", "triggers=", "holds nothing of the S3 event that tells", OBJECTS.replace("batch.key, batch.version", "batch.bucket"), ONE,
    ),
    "a batch without the version": (
        "SFN524", "warning", "triggers=", "is made without the object's version", OBJECTS.replace("batch.key, batch.version", "batch.bucket, batch.key"), ONE,
    ),
    "a batch without the key": (
        "SFN524", "warning", "triggers=", "is made without the object's key, and `version` may be the same", OBJECTS.replace("batch.key, batch.version", "batch.bucket, batch.version"), ONE,
    ),
    "a batch that does not tell buckets apart": (
        "SFN524", "warning", "triggers=", "is made without the bucket", OBJECTS.replace("triggers=(", 'triggers=(S3Event(label="b", bucket=config.other, input=TAKEN), '), ONE,
    ),
    "a batch of nothing in the message": (
        "SFN524", "error", "triggers=", "holds nothing of the message", MESSAGES.replace("Control(batch.key)", "Control(batch.bucket)"), ONE,
    ),
    "a setting that is no bucket": (
        "SFN104", "error", "triggers=", "`A_B` is no name of a bucket in us-east-1", OBJECTS.replace('bucket="lake"', "bucket=config.lake"), ONE + "var.lake = A_B\n",
    ),
    "a setting that is no topic": (
        "SFN104", "error", "triggers=", "`a b` is no topic in us-east-1", MESSAGES.replace('topic="t"', "topic=config.topic"), ONE + "var.topic = a b\n",
    ),
    "an alarm before the beginning": (
        "SFN104", "error", "down = Pipeline", "`duration_seconds` of the alarms of pipeline `down` is -5",
        alone(SCHEDULE.format("rate(1 day)", "UTC", ""), **{"control=row": "control=row, alarms=Alarms(duration_seconds=-5)"}), ONE,
    ),
    "an input that nobody gives": (
        "SFN520", "error", "triggers=", "needs the input `batch_id`", alone(SCHEDULE.format("rate(1 day)", "UTC", "").replace("batch_id", "at")), ONE,
    ),
    "a pattern of six thousand characters": (
        "SFN523", "error", "triggers=", "of which EventBridge takes 2048",
        alone(PATTERN.format(", ".join(f'"com.acme.{number:03}"' for number in range(200)), "$.detail.id")), ONE,
    ),
    "a batch that is the event's id": (
        "SFN507", "warning", "triggers=", "the batch of pipeline `down` is made of the event's id", alone(PATTERN.format('"a"', "$.id")), ONE,
    ),
    "forward always without a gate": (
        "SFN506", "warning", "forward = always", "runs every batch twice", HEAD + UP + DOWN, TWO + "forward = always\n" + SECTIONS,
    ),
    "forward always by default": (
        "SFN506", "warning", "passive = us-west-1", "(6,000 of 6,000 batches in 100 simulated worlds; with a claim in a table that is copied later still 2,845)", HEAD + UP + DOWN, TWO + SECTIONS,
    ),
    "forward on failure without a gate": (
        "SFN506", "warning", "forward = on-failure", "(5 of 6,000 batches in 100 simulated worlds ran twice, 4 with one Region)", HEAD + UP + DOWN, TWO + "forward = on-failure\n" + SECTIONS,
    ),
    "a flag that is copied later": (
        "SFN506", "info", "gate = mrec-manual", "(28 of 6,000 batches in 100 simulated worlds ran twice with promotion by itself, 24 were published twice)", HEAD + UP + DOWN, TWO + "gate = mrec-manual\n" + SECTIONS,
    ),
    "a schedule in two Regions without a gate": (
        "SFN506", "warning", "triggers=", "both us-east-1 and us-west-1 run every slot",
        alone(SCHEDULE.format("rate(1 day)", "UTC", "")), TWO + SECTIONS,
    ),
    "a list in an event": (
        "SFN509", "warning", "ready =", "the field `rows` of the event of `up` holds the list `rows`", contract(rows="up_batch.rows"), ONE,
    ),
    "a declared list of a step": (
        "SFN509", "warning", "ready =", "holds the list `rows`", contract(rows="work.output.rows"), ONE,
    ),
    "a result as a whole": (
        "SFN509", "warning", "ready =", "the whole result of step `Work`", contract(all="fn.to_json(work.output)"), ONE,
    ),
    "a long literal": (
        "SFN509", "warning", "ready =", "has at least 9,0", contract(text='"x" * 9_000'), ONE,
    ),
    "a literal over the limit": (
        "SFN509", "error", "ready =", "takes 262,144 in all", contract(text='"x" * 262_144'), ONE,
    ),
    "pipelines in a circle": (
        "SFN525", "error", "up = Pipeline", "in a circle: up -> down -> up",
        (HEAD + UP + DOWN).replace("produces=ready", "produces=ready, consumes=(back,)").replace("up = Pip", 'back = BatchReady(pipeline="down", batch_id=Input(batch_id=str).batch_id)\nup = Pip'),
        ONE,
    ),
    "a direct start that waits for an EXPRESS pipeline": (
        "SFN106", "error", "consumes=", "`up` cannot wait for `down`, which is EXPRESS",
        (HEAD + UP + DOWN).replace("consumes=(ready,), timeout_seconds=900", "consumes=(ready,), triggers=(Direct(wait=True),), type='EXPRESS', timeout_seconds=200"), ONE,
    ),
    "a step that waits for an EXPRESS pipeline": (
        "SFN106", "error", 'StartPipeline("S"', "`top` cannot wait for `down`, which is EXPRESS",
        (HEAD + UP + DOWN).replace("timeout_seconds=900)\n", "timeout_seconds=200, type='EXPRESS')\n").replace("type='EXPRESS'", "", 1)
        + 'top = Pipeline(name="top", body=[StartPipeline("S", pipeline=down, input={"batch_id": "b", "uri": "u"}, timeout_seconds=9)])\n', ONE,
    ),
    "a pattern for what the pipeline announces itself": (
        "SFN525", "error", "up = Pipeline", "pipelines trigger each other in a circle: up -> up", loop('"source": ["sfn-dsl.up"]'), ONE,
    ),
    "a pattern for all that is announced": (
        "SFN525", "error", "up = Pipeline", "in a circle: up -> up", loop('"detail-type": ["BatchReady"], "region": [{"prefix": "us-"}]'), ONE,
    ),
    "a pattern for the company's events": (
        "SFN525", "error", "up = Pipeline", "in a circle: up -> up", loop('"source": [{"prefix": "com.acme"}]'), ONE.replace("us-east-1\n", "us-east-1\nevent_source = com.acme.etl\n", 1),
    ),
    "a pattern for some of what the pipeline announces": (
        "SFN525", "warning", "up = Pipeline", "pipelines may trigger each other in a circle: up -> up",
        loop('"source": ["sfn-dsl.up"], "detail": {"batch_id": [{"prefix": "a"}]}'), ONE,
    ),
    "a pattern of one of two": (
        "SFN525", "error", "up = Pipeline", "in a circle: up -> down -> up",
        loop('"detail": {"pipeline": ["down"]}') + DOWN.replace("consumes", 'produces=BatchReady(pipeline="down", batch_id=batch.batch_id), consumes'), ONE,
    ),
    "two triggers of one kind": (
        "SFN526", "error", "triggers=", "two triggers Schedule with one label",
        alone(", ".join([SCHEDULE.format("rate(1 day)", "UTC", "")] * 2)), ONE,
    ),
    "a consumer without a row": (
        "SFN527", "warning", "down = Pipeline", "`down` consumes batches without a control row", (HEAD + UP + DOWN).replace("control=row, ", ""), ONE,
    ),
    "a batch that is a number": (
        "SFN528", "error", "row = Control", "the batch of pipeline `down` is a number", alone(SCHEDULE.format("rate(1 day)", "UTC", ""), **{"Control(batch.batch_id)": "Control(batch.count)"}), ONE,
    ),
    "a batch that is counted": (
        "SFN528", "error", "row = Control", "is a number or a truth value", alone(SCHEDULE.format("rate(1 day)", "UTC", ""), **{"Control(batch.batch_id)": "Control(batch.count + 1)"}), ONE,
    ),
    "a batch that is a literal number": (
        "SFN528", "error", "row = Control", "is a number", alone(SCHEDULE.format("rate(1 day)", "UTC", ""), **{"Control(batch.batch_id)": "Control(7)"}), ONE,
    ),
    "one batch for ever": (
        "SFN528", "warning", "row = Control", "is the same for all executions",
        alone(SCHEDULE.format("rate(1 day)", "UTC", ""), **{"Control(batch.batch_id)": 'Control(fn.format("x-{}", config.region))'}), ONE,
    ),
    "a contract whose batch is a number": (
        "SFN528", "error", "ready =", "the batch of the contract `up` is a number", (HEAD + UP).replace('pipeline="up", batch_id=up_batch.batch_id', 'pipeline="up", batch_id=up_batch.size'), ONE,
    ),
    "two producers of one contract": (
        "SFN529", "error", "twin = ", "pipelines `up` and `twin` both announce batches as `up`",
        HEAD + UP + 'other = Wait("W", seconds=1)\ntwin = Pipeline(name="twin", input=up_batch, body=[other], produces=BatchReady(pipeline="up", batch_id=up_batch.batch_id))\n',
        ONE,
    ),
    "a contract in another's name": (
        "SFN529", "warning", "ready =", "pipeline `up` announces its batches as `upp`", (HEAD + UP).replace('BatchReady(pipeline="up"', 'BatchReady(pipeline="upp"'), ONE,
    ),
    "a field that the event says by itself": (
        "SFN104", "error", "ready =", "`fields` of the BatchReady of `up` has `produced_region`", contract(produced_region='"us-west-1"'), ONE,
    ),
    "a contract for nobody": ("SFN530", "info", "ready =", "no pipeline of the project consumes what `up` announces", HEAD + UP, ONE),
    "a rule's name": (
        "SFN611", "error", "down = Pipeline", f"characters, over 64: `{LONG}-on-event`",
        alone(PATTERN.format('"a"', "$.detail.id"), **{'name="down"': f'name="{LONG}"'}), ONE,
    ),
    "a role's name": (
        "SFN611", "error", "down = Pipeline", f"characters, over 64: `{LONG}-us-east-1`",
        alone(PATTERN.format('"a"', "$.detail.id"), **{'name="down"': f'name="{LONG}"'}), ONE,
    ),
    "a function's name": (
        "SFN611", "error", "down = Pipeline", f"characters, over 64: `{LONG}-starter`",
        (HEAD + UP + DOWN).replace('name="down"', f'name="{LONG}"').replace("consumes=(ready,)", "consumes=(ready,), triggers=(EventLambda(),)"), ONE,
    ),
    "a schedule's name": (
        "SFN611", "error", "down = Pipeline", f"characters, over 64: `{LONG}-schedule`",
        alone(SCHEDULE.format("rate(1 day)", "UTC", ""), **{'name="down"': f'name="{LONG}"'}), ONE,
    ),
    "a queue's name": (
        "SFN611", "error", "down = Pipeline", f"characters, over 80: `{'x' * 72}-dead-letters`",
        alone(PATTERN.format('"a"', "$.detail.id"), **{'name="down"': f'name="{"x" * 72}"'}), ONE,
    ),
    "a deployment whose passive Region is active": (
        "SFN620", "error", "down = Pipeline", "`passive` is the active Region us-east-1",
        alone(SCHEDULE.format("rate(1 day)", "UTC", ""), **{"control=row": 'control=row, deployment=Deployment(active="us-east-1", passive="us-east-1")'}), ONE,
    ),
    "an arbiter with us-west-1": (
        "SFN620", "error", "down = Pipeline", "cannot keep a table strongly consistent over us-east-1, us-west-1, us-east-2",
        alone(
            SCHEDULE.format("rate(1 day)", "UTC", ""),
            **{"control=row": 'control=row, deployment=Deployment(active="us-east-1", passive="us-west-1", gate="arbiter", arbiter=Arbiter(replicas=("us-east-1", "us-west-1"), witness="us-east-2"))'},
        ),
        ONE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_found_at_its_line(name: str, project: Project) -> None:
    code, severity, mark, said, text, cfg = CASES[name]
    folder = project({"pipelines/p.py": text, "setup.cfg": cfg})
    built = [found for found in found_in(folder) if found.code == code and said in found.message]
    assert [(found.severity.value, found.message.count("\n")) for found in built] == [(severity, 0)]
    [found] = built
    where = ("setup.cfg", line_of(cfg, mark)) if mark in cfg else ("pipelines/p.py", line_of(text, mark))
    assert (found.span.file, found.span.line) == where
    assert found.help
    # What `check` says is the same.
    assert found in found_in(folder, ignored=())


CLEAN = {
    "one Region": (HEAD + UP + DOWN, ONE),
    "an arbiter": (HEAD + UP + DOWN, ARBITER),
    "no forwarding": (HEAD + UP + DOWN, TWO + "forward = never\n" + SECTIONS),
    "two Regions, nothing that is heard": (alone(PATTERN.format('"a"', "$.detail.id")), TWO + SECTIONS),
    "a slot to look for batches, in both": (
        (HEAD + UP + DOWN).replace("consumes=(ready,)", 'consumes=(ready,), triggers=(Schedule(expression="rate(1 day)"),)'),
        ARBITER,
    ),
    "another hour": (alone(SCHEDULE.format("cron(30 3 * * ? *)", "America/New_York", "")), ONE),
    "an accepted gap": (alone(SCHEDULE.format("cron(30 2 * * ? *)", "America/New_York", ", skips_dst=True")), ONE),
    "a second less than the interval": (alone(SCHEDULE.format("rate(15 minutes)", "UTC", ", max_age_seconds=899")), ONE),
    "all that a pattern may hold": (
        alone(
            'EventRule(pattern={"$or": [{"source": ["a"]}, {"source": [{"prefix": "b"}]}], "detail": {"a": [{"numeric": [">", 1]}, None], '
            '"b": [{"exists": True}], "c": [{"anything-but": {"prefix": "x"}}]}}, input={"batch_id": "$.detail.items[0].key-1", "at": "$.time"})'
        ),
        ONE,
    ),
    "a pattern for others": (loop('"source": ["crm"]') + DOWN, ONE),
    "a pattern for what is never announced": (loop('"source": ["sfn-dsl.up"], "detail": {"status": ["FAILED"]}') + DOWN, ONE),
    "a pattern for events without a batch": (
        loop('"source": ["sfn-dsl.up"], "detail": {"batch_id": [{"exists": False}]}') + DOWN,
        ONE,
    ),
    "objects by key and version": (OBJECTS, ONE),
    "objects of two buckets by all": (
        OBJECTS.replace("triggers=(", 'triggers=(S3Event(label="b", bucket="other", input=TAKEN), ').replace(
            "[batch.key,", "[batch.bucket, batch.key,"
        ),
        ONE,
    ),
    "two prefixes of a bucket": (
        OBJECTS.replace("triggers=(", 'triggers=(S3Event(label="b", bucket="lake", prefix="b/", input=TAKEN), '),
        ONE,
    ),
    "objects each for itself": (OBJECTS.replace("[batch.key, batch.version]", "[fn.uuid()]"), ONE),
    "messages by their key": (MESSAGES, ONE),
    "messages to a STANDARD pipeline, by name": (MESSAGES.replace("control=row, ", ""), ONE),
    "a year to come": (alone(SCHEDULE.format("cron(0 2 * * ? 2031)", "UTC", "")), ONE),
    "a topic of another account": (
        alone('SnsEvent(topic="arn:aws:sns:us-east-1:444455556666:t.fifo", input={"batch_id": "a.b"}, key="batch_id")'),
        ONE,
    ),
    "the event's id beside a key": (
        alone('EventRule(pattern={"source": ["a"]}, input={"batch_id": "$.detail.id", "at": "$.id"})'),
        ONE,
    ),
    "a random batch": (
        alone(SCHEDULE.format("rate(1 day)", "UTC", ""), **{"Control(batch.batch_id)": "Control(fn.uuid())"}),
        ONE,
    ),
    "a number as text": (
        alone(SCHEDULE.format("rate(1 day)", "UTC", ""), **{"Control(batch.batch_id)": "Control(fn.text(batch.count))"}),
        ONE,
    ),
    "names that just fit": (alone(PATTERN.format('"a"', "$.detail.id"), **{'name="down"': f'name="{"x" * 43}"'}), ONE),
    "pointers": (contract(uri="work.output.uri", count="fn.length(work.output.rows)", note="up_batch.note.a") + DOWN, ONE),
    "eight kilobytes": (contract(uri="work.output.uri", text='"x" * 8_000') + DOWN, ONE),
}


@pytest.mark.parametrize("name", CLEAN)
def test_nothing_is_found(name: str, project: Project) -> None:
    text, cfg = CLEAN[name]
    found = found_in(project({"pipelines/p.py": text, "setup.cfg": cfg}))
    assert [f"{one.code} {one.message}" for one in found] == []


def test_all_are_found_in_one_run(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake in one pipeline hides neither those of another one nor those of the templates."""
    text = (HEAD + UP + DOWN).replace("control=row, ", "") + ALONE.replace(
        "TRIGGER", SCHEDULE.format("cron(30 2 * * ? *)", "America/New_York", "")
    ).replace('"down"', '"third"').replace("down =", "third =")
    text += (
        f'fourth = Pipeline(name="{"y" * 70}", body=Wait("W", seconds=1), triggers=({PATTERN.format("", "$.id")},), input=batch)\n'
    )
    text += 'fifth = Pipeline(name="fifth", body=Wait("W", seconds=1) >> Wait("W", seconds=1))\n'
    text += f'sixth = Pipeline(name="{"z" * 60}", body=Wait("W", seconds=1), control=Control(batch.count), input=batch)\n'
    folder = project({"pipelines/p.py": text, "setup.cfg": TWO + SECTIONS})
    codes = {"SFN101", "SFN502", "SFN506", "SFN522", "SFN527", "SFN528", "SFN611"}
    for words in (["build"], ["check", "--output-format", "concise"]):
        assert run(["-C", str(folder), "--color", "never", *words]) == 1
        out, err = capsys.readouterr()
        assert codes <= set(re.findall(r"SFN\d{3}", out + err)), words
    assert not (folder / "build").exists()


def test_what_nobody_has_written_is_not_looked_for_in_our_own_code(project: Project) -> None:
    """The machine that closes rows is named after the bus; it and the shared template stand where setup.cfg says so."""
    bus = "b" * 75
    text = alone('S3Event(bucket="bk", owned=True, input={"batch_id": "key"})')
    cfg = TWO.replace("active =", f"event_bus = {bus}\nactive =", 1).replace("passive = us-west-1\n", "") + SECTIONS
    folder = project({"pipelines/p.py": text, "setup.cfg": cfg})
    found = {one.message.partition(" is in")[0]: one.span for one in found_in(folder) if one.code in ("SFN102", "SFN612")}
    assert {message: (span.file, span.line) for message, span in found.items()} == {
        f"`{bus}-run-closer` is no name for a pipeline": ("setup.cfg", 4),
        "Bucket `bk`": ("pipelines/p.py", line_of(text, "down = Pip")),
    }


QUEUES = """
from sfn_dsl.resources.model import Queue
from sfn_dsl.triggers.trigger import Trigger
class Queues(Trigger):
    def resources(self, pipeline, target):
        return tuple(Queue(id=id, queue_name=id) for id in ("OnBC", "OnBc"))
"""


def test_two_resources_of_one_name_in_terraform_are_a_finding_beside_the_others(project: Project) -> None:
    text = alone("Queues()").replace(HEAD, HEAD + QUEUES) + 'other = Pipeline(name="a b", body=Wait("W", seconds=1))\n'
    folder = project({"pipelines/p.py": text, "setup.cfg": ONE.replace("[sfn_dsl:", "iac = cloudformation, terraform\n[sfn_dsl:")})
    [clash, name] = sorted(found_in(folder), key=lambda one: one.code, reverse=True)
    assert (clash.code, clash.span.line) == ("SFN612", line_of(text, "down = Pip"))
    assert clash.message == "two resources would be `aws_sqs_queue.us_east_1_on_bc` in Terraform"
    assert name.code == "SFN102"


@pytest.mark.parametrize(
    ("silence", "told"),
    [("", True), ("# sfn: allow SFN506", False), ("# sfn: allow forwarding-without-gate", False), ("# sfn: allow SFN502", True)],
)
def test_a_warning_can_be_silenced_by_a_comment(silence: str, told: bool, project: Project) -> None:
    text = alone(SCHEDULE.format("rate(1 day)", "UTC", "")).replace("down = Pip", f"{silence}\ndown = Pip")
    found = found_in(project({"pipelines/p.py": text, "setup.cfg": TWO + SECTIONS}))
    assert [one.code for one in found] == (["SFN506"] if told else [])


@pytest.mark.parametrize("word", ["SFN506", "forwarding-without-gate", "SFN5"])
def test_a_warning_can_be_silenced_in_setup_cfg(word: str, project: Project) -> None:
    cfg = TWO + f"ignore = {word}\n" + SECTIONS
    assert found_in(project({"pipelines/p.py": HEAD + UP + DOWN, "setup.cfg": cfg})) == []


def test_an_error_cannot_be_silenced(project: Project) -> None:
    text = alone(SCHEDULE.format("cron(30 2 * * ? *)", "America/New_York", "")).replace(
        "down = Pip", "# sfn: allow SFN502\ndown = Pip"
    )
    found = found_in(project({"pipelines/p.py": text, "setup.cfg": ONE.replace("[sfn_dsl:", "ignore = SFN502\n[sfn_dsl:")}))
    assert [one.code for one in found] == ["SFN502"]


# The guide

PAGE = (Path(__file__).parents[1] / "docs" / "triggers-and-regions.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
def test_what_the_guide_shows_is_right(language: str, project: Project) -> None:
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    [cfg] = re.findall(r"```ini\n(.*?)```", PAGE, re.S)
    cfg = cfg.replace("gate =", f"query_language = {language}\ngate =") + SECTIONS
    assert found_in(project({"pipelines/p.py": example, "setup.cfg": cfg})) == []


def test_the_guide_names_codes_that_there_are() -> None:
    known = {code.code for code in CODES} | {rule.code for rule in all_rules()}
    named = {f"SFN{number}" for row in re.findall(r"SFN[\d, ]+", PAGE) for number in re.findall(r"\d{3}", row)}
    assert len(named) > 25
    assert named <= known
