"""The catalogue of services: names, patterns, shapes, errors; and the cache behind it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sfn_dsl.asl import services, shapes
from sfn_dsl.asl.services import Pattern, integration, parse_resource, sdk_services, sync_output
from sfn_dsl.asl.shapes import ANY, declared, service_operation
from sfn_dsl.errors import DeclarationError
from sfn_dsl.region import REGIONS, Target, parse_arn


def test_every_optimised_action_is_known_to_botocore() -> None:
    for service, rows in services._OPTIMISED.items():
        for action, row in rows.items():
            known = integration(service, action)
            assert known is not None
            if row.service:
                assert service_operation(row.service, row.operation) is not None, (service, action)
                assert known.input.kind == "structure"
            sync_output(service, action, Pattern.SYNC)


def test_every_sdk_service_of_botocore_has_a_name() -> None:
    names = sdk_services()
    assert len(names) > 400
    assert {"sfn", "eventbridge", "cloudwatchlogs", "redshiftdata", "dynamodb", "emrserverless"} <= set(names)
    assert not {"stepfunctions", "events", "logs"} & set(names)


@pytest.mark.parametrize(
    ("service", "action", "prefix", "error"),
    [
        ("dynamodb", "getItem", "DynamoDb", "DynamoDb.ResourceNotFoundException"),
        ("sfn", "startExecution", "Sfn", "Sfn.ExecutionAlreadyExistsException"),
        ("s3", "getObject", "S3", "S3.NoSuchKeyException"),
        ("cloudwatch", "putMetricData", "CloudWatch", "CloudWatch.InternalServiceException"),
        ("sesv2", "sendEmail", "SesV2", "SesV2.TooManyRequestsException"),
        ("redshiftdata", "executeStatement", "RedshiftData", "RedshiftData.ActiveStatementsExceededException"),
    ],
)
def test_sdk_errors(service: str, action: str, prefix: str, error: str) -> None:
    known = integration(service, action, sdk=True)
    assert known is not None
    assert known.prefix == prefix
    assert error in known.errors
    assert Pattern.SYNC not in known.patterns


@pytest.mark.parametrize("service", ["emr-serverless", "emr-containers"])
def test_a_token_that_the_sdk_makes_up_need_not_be_given(service: str) -> None:
    known = integration(service, "startJobRun")
    assert known is not None
    assert "ClientToken" in known.input.members
    assert "ClientToken" not in known.input.required
    assert known.input.required >= {"ApplicationId" if service == "emr-serverless" else "VirtualClusterId"}


def test_outputs() -> None:
    glue = sync_output("glue", "startJobRun", Pattern.SYNC)
    assert {"Id", "JobName", "JobRunState"} <= set(glue.members)
    assert "JobRunId" not in glue.members
    batch = sync_output("batch", "submitJob", Pattern.SYNC)
    assert {"JobId", "Status", "Attempts"} <= set(batch.members)
    task = sync_output("ecs", "runTask", Pattern.SYNC)
    containers = task.step_into("Containers")
    assert containers is not None
    assert containers.element.step_into("ExitCode") is not None
    invoke = integration("lambda", "invoke")
    assert invoke is not None
    assert invoke.output.step_into("Payload") is ANY


def test_resources() -> None:
    resource = parse_resource("arn:aws-cn:states:::states:startExecution.sync:2")
    assert resource is not None
    assert (resource.partition, resource.service, resource.action, resource.pattern, resource.sdk) == (
        "aws-cn",
        "states",
        "startExecution",
        Pattern.SYNC_2,
        False,
    )
    assert parse_resource("arn:aws:states:::aws-sdk:s3:headObject").sdk  # type: ignore[union-attr]
    for text in ("arn:aws:lambda:us-east-1:111122223333:function:f", "arn:aws:states:::glue:startJobRun.snc", "glue:startJobRun"):
        assert parse_resource(text) is None


def test_declared_types() -> None:
    shape = declared({"rows": int, "names": [str], "any": object, "deep": {"x": float}})
    assert shape.step_into("rows").kind == "integer"  # type: ignore[union-attr]
    assert shape.step_into("names").step_into(0).kind == "string"  # type: ignore[union-attr]
    assert shape.step_into("nothing") is None
    assert shape.step_into(0) is None
    for wrong in (3, "str", [str, int], int | str):
        with pytest.raises(DeclarationError, match="is not a type of a value"):
            declared(wrong)


def test_shapes_that_contain_themselves() -> None:
    known = service_operation("dynamodb", "PutItem")
    assert known is not None
    item = known.input.step_into("Item")
    assert item is not None
    inner = item.element.step_into("L")
    assert inner is not None
    assert inner.element.step_into("M") is not None


def test_the_cache_is_only_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFN_DSL_CACHE", str(tmp_path))
    shapes._service.cache_clear()
    try:
        first = shapes._service("sns")
        [file] = tmp_path.rglob("sns.json")
        assert json.loads(file.read_text()) == first
        file.write_text("{broken")
        shapes._service.cache_clear()
        assert shapes._service("sns") == first
        (tmp_path / "a file").write_text("")
        monkeypatch.setenv("SFN_DSL_CACHE", str(tmp_path / "a file"))
        shapes._service.cache_clear()
        assert shapes._service("sns") == first
        with pytest.raises(LookupError):
            service_operation("no-such-service", "X")
    finally:
        shapes._service.cache_clear()


def test_regions_are_botocores() -> None:
    folder = shapes._data_folder()
    partitions = json.loads((folder / "partitions.json").read_text())["partitions"]
    known = {region: entry["id"] for entry in partitions for region in entry["regions"] if "global" not in region}
    assert {region: REGIONS.get(region) for region in known} == known


def test_arns() -> None:
    target = Target(region="us-gov-west-1", account="111122223333", values={"a": "b"})
    assert target.arn("sns", "t") == "arn:aws-us-gov:sns:us-gov-west-1:111122223333:t"
    assert target.constant("a") == "b"
    assert target.constant("partition") == "aws-us-gov"
    assert parse_arn("arn:aws:s3:::bucket/key") is not None
    assert parse_arn("not an arn") is None
