"""Every step kind, in both query languages, against golden files (`pytest --update` rewrites them; review the diff)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sfn_dsl import (
    TIMEOUT,
    TRANSIENT,
    Approval,
    AthenaResults,
    Batches,
    Branch,
    CsvFile,
    DbtCall,
    DeadLetter,
    DistributedMap,
    DynamoDB,
    Extract,
    Fail,
    ForEach,
    HttpCall,
    Input,
    Item,
    JsonFile,
    JsonLines,
    Load,
    Metric,
    Notify,
    Parallel,
    ParquetFile,
    Pipeline,
    Raw,
    S3Inventory,
    S3Objects,
    StartPipeline,
    Succeed,
    Task,
    Transform,
    Wait,
    WriteResults,
    config,
    fn,
    other_region,
    retry,
)
from sfn_dsl.steps.step import Step

GOLDEN = Path(__file__).parent / "golden"
batch = Input(id=str, day=str, rows=list, count=int, live=bool, until=str, at={"x": [{"y": str}]})
item = Item(key=str)
one = Transform.lambda_("one", function="f", payload={})

STEPS: dict[str, list[Step]] = {
    "glue": [
        Extract.glue(
            "x",
            job="j",
            arguments={"--id": batch.id},
            options={"WorkerType": "G.1X", "NumberOfWorkers": 2},
            retry=TRANSIENT + TIMEOUT,
            timeout_seconds=60,
        )
    ],
    "lambda": [
        Transform.lambda_("x", function="f", payload={"id": batch.id, "b": config.bucket}, heartbeat_seconds=5, timeout_seconds=60)
    ],
    "batch": [
        Extract.batch(
            "x", definition="d:3", queue="q", command=["run", batch.id], environment={"ID": batch.id}, parameters={"a": "b"}
        )
    ],
    "ecs": [
        Extract.ecs(
            "x",
            task_definition="t",
            cluster="c",
            container="main",
            command=["run", batch.id],
            environment={"ID": batch.id},
            subnets=["subnet-1"],
            security_groups=["sg-1"],
        )
    ],
    "emr": [Transform.emr("x", cluster_id="j-1", args=["spark-submit", "s3://x", batch.id])],
    "emr_serverless": [
        Transform.emr_serverless(
            "x",
            application_id="a",
            execution_role="arn:aws:iam::111122223333:role/r",
            entry_point="s3://x",
            arguments=[batch.id],
            spark_parameters="--x",
            client_token=batch.id,
        )
    ],
    "athena": [Extract.athena("x", query="select ?", workgroup="w", database="d", output_location="s3://o", parameters=[batch.id])],
    "redshift": [
        Load.redshift("x", sql="call p(:id)", database="d", workgroup="w", parameters={"id": batch.id}, timeout_seconds=30)
    ],
    "snowflake_lambda": [Load.snowflake("x", sql="call p(?)", function="f", binds=[batch.id])],
    "snowflake_glue": [Load.snowflake("x", sql="call p()", job="j", options={"warehouse": "W"})],
    "dbt_poll": [DbtCall("x", function="f", select="tag:a", idempotency_key=fn.format("k/{}", batch.id))],
    "dbt_callback": [DbtCall("x", function="f", select="tag:a", idempotency_key=batch.id, mode="callback")],
    "notify_sns": [Notify.sns("x", topic="t", message={"id": batch.id}, subject="s", attributes={"a": batch.id})],
    "notify_sqs": [Notify.sqs("x", queue="q.fifo", message=batch.id, group="g", deduplication=batch.id)],
    "notify_eventbridge": [Notify.eventbridge("x", bus="b", source="s", detail_type="d", detail={"id": batch.id, "n": [1]})],
    "dead_letter": [DeadLetter("x", letter={"id": batch.id, "why": "unreadable"})],
    "metric": [Metric("x", metric="Rows", value=batch.count, unit="Count")],
    "approval": [Approval.sns("x", topic="t", message={"id": batch.id}, returns={"ok": bool})],
    "start_pipeline": [
        StartPipeline("x", pipeline="other", input={"id": batch.id}, execution_name=fn.format("other-{}", batch.id))
    ],
    "start_pipeline_only": [StartPipeline("x", pipeline="other", wait=False)],
    "dynamodb": [
        DynamoDB.get("get", table="t", key={"pk": batch.id}),
        DynamoDB.put(
            "put",
            table="t",
            item={"pk": batch.id, "n": batch.count, "b": batch.live, "l": [1, None, True], "m": {"x": 1.5}},
            condition="attribute_not_exists(pk)",
        ),
        DynamoDB.update(
            "update",
            table="t",
            key={"pk": batch.id},
            set={"a": "b"},
            add={"n": 1},
            remove=("z",),
            condition="#a <> :x",
            values={"x": "y"},
            return_values="ALL_NEW",
        ),
        DynamoDB.delete("delete", table="t", key={"pk": batch.id}, condition="a = :x", values={"x": "y"}),
    ],
    "http": [
        HttpCall(
            "x",
            endpoint="https://a/b",
            method="POST",
            connection=other_region("arn:aws:events:us-west-2:111122223333:connection/c/1"),
            headers={"h": "v"},
            query={"id": batch.id},
            body={"d": batch.day},
        )
    ],
    "task": [
        Task(
            "x",
            resource="aws-sdk:s3:headObject",
            arguments={"Bucket": "b", "Key": batch.id},
            credentials={"RoleArn": "arn:aws:iam::111122223333:role/r"},
            retry=retry("S3.NoSuchKeyException", max_attempts=1),
        )
    ],
    "branch": [
        Branch(
            "x",
            ((batch.count > 1) & ~(batch.day == "d") | batch.live, Wait("w", seconds=batch.count)),
            (fn.exists(batch.id) & fn.matches(batch.id, "a*\\*"), Succeed("s")),
            (batch.id != batch.day, Wait("u", until=batch.until)),
            (batch.at.x[0].y == None, Wait("v", until="2026-11-21T02:00:00Z")),  # noqa: E711
            otherwise=Fail("f", error="E", cause=fn.format("{} is {}", batch.id, batch.count)),
        )
    ],
    "parallel": [Parallel("x", one, Wait("w", seconds=1), retry=retry("A", max_attempts=1))],
    "for_each": [
        ForEach(
            "x",
            items=batch.rows,
            item=item,
            do=Wait("w", seconds=1) >> Transform.lambda_("t", function="f", payload={"k": item.key, "id": batch.id}),
            max_concurrency=2,
        )
    ],
    "distributed_objects": [
        DistributedMap(
            "x",
            reader=S3Objects(bucket="b", prefix="p/", max_items=5),
            item=item,
            do=Transform.lambda_("t", function="f", payload={"k": item.key, "id": batch.id}),
            label="L",
            tolerated_failure_percentage=5,
            execution_type="EXPRESS",
        )
    ],
    "distributed_contents": [
        DistributedMap(
            "x",
            reader=S3Objects(bucket="b", prefix="p/", contents="PARQUET"),
            item=item,
            do=Transform.lambda_("t", function="f", payload={"k": item}),
        )
    ],
    "distributed_csv": [
        DistributedMap(
            "x",
            reader=CsvFile(bucket="b", key=batch.id, headers=("a", "b"), delimiter="PIPE"),
            item=item,
            do=Transform.lambda_("t", function="f", payload={"k": item, "id": batch.id}),
            batches=Batches(max_items=10, max_bytes=1000),
            results=WriteResults(bucket="r", prefix=batch.id, transformation="FLATTEN", output_type="JSONL"),
            tolerated_failure_count=batch.count,
        )
    ],
    "distributed_json": [
        DistributedMap(
            "x",
            reader=JsonFile(bucket="b", key="k", pointer="/rows"),
            item=item,
            do=Wait("w", seconds=1),
            results=WriteResults(bucket="r"),
        )
    ],
    "distributed_lines": [
        DistributedMap(
            "x",
            reader=JsonLines(bucket="b", key="k", max_items=batch.count),
            item=item,
            do=Wait("w", seconds=1),
            max_concurrency=batch.count,
        )
    ],
    "distributed_parquet": [DistributedMap("x", reader=ParquetFile(bucket="b", key="k"), item=item, do=Wait("w", seconds=1))],
    "distributed_athena": [
        DistributedMap(
            "x", reader=AthenaResults(bucket="b", key="k", contents="CSV", headers=("a",)), item=item, do=Wait("w", seconds=1)
        )
    ],
    "distributed_inventory": [DistributedMap("x", reader=S3Inventory(bucket="b", key="k"), item=item, do=Wait("w", seconds=1))],
    "distributed_items": [DistributedMap("x", items=batch.rows, item=item, do=Wait("w", seconds=1))],
    "raw": [
        Raw("x", {"StartAt": "a", "States": {"a": {"Type": "Pass", "Next": "b"}, "b": {"Type": "Wait", "Seconds": 1, "End": True}}})
    ],
    "functions": [
        Transform.lambda_(
            "x",
            function="f",
            payload={
                "length": fn.length(batch.rows),
                "contains": fn.contains(batch.rows, 1),
                "unique": fn.unique(batch.rows),
                "partition": fn.partition(batch.rows, 2),
                "range": fn.range(1, batch.count),
                "element": fn.element(batch.rows, batch.count),
                "split": fn.split(batch.id, ","),
                "merge": fn.merge({"a": 1}, batch.at),
                "hash": fn.hash(batch.id),
                "parse": fn.parse_json(batch.id),
                "dump": fn.to_json(batch.rows),
                "base64": fn.base64_decode(fn.base64_encode(batch.id)),
                "now": fn.now(),
                "uuid": fn.uuid(),
                "sum": batch.count + 1,
                "less": batch.count - 1,
                "text": "a'b\\c{" + batch.id + "}\n",
                "looks_like_jsonata": "a % b",
            },
        )
    ],
}


@pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
@pytest.mark.parametrize("name", STEPS)
def test_step(name: str, language: str, definition: Callable[..., dict[str, Any]], request: pytest.FixtureRequest) -> None:
    value = definition(Pipeline(name="p", input=batch, body=STEPS[name]), query_language=language)
    file = GOLDEN / f"{name}.{language.lower()}.json"
    text = json.dumps(value["States"], indent=1, ensure_ascii=False) + "\n"
    if request.config.getoption("--update"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    known = {f"{name}.{language}.json" for name in STEPS for language in ("jsonata", "jsonpath")}
    assert {file.name for file in GOLDEN.glob("*.json")} == known
