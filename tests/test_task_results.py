"""Results of Tasks: their shapes, the check of a mocked one, and the one made up where there is no mock."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from sfn_dsl.asl.services import actions, integration, optimised_services
from sfn_dsl.asl.shapes import ANY, service_operation
from sfn_dsl.simulate.results.check import check_result, misfit
from sfn_dsl.simulate.results.sample import sample_result
from sfn_dsl.simulate.results.shapes import job_name, mock_shape, result_shape, success_word

START = "arn:aws:states:::"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:f"
MACHINE = "arn:aws:states:us-east-1:111122223333:stateMachine:Child"
NOW = "2026-02-03T04:05:06.000Z"
EXECUTION = {"ExecutionArn": "a", "StateMachineArn": "m", "Status": "SUCCEEDED", "StartDate": "d"}
RUN = {"ExecutionArn": "a", "StartDate": "d"}

STRICT_ONLY = [
    ("states:startExecution", {}, "Required field 'ExecutionArn' is missing"),
    ("states:startExecution", {"ExecutionArn": "a"}, "Required field 'StartDate' is missing"),
    ("states:startExecution", {"executionArn": "a", "startDate": "d"}, "Required field 'ExecutionArn' is missing"),
    ("states:startExecution.sync", RUN, "Required field 'StateMachineArn' is missing"),
    ("states:startExecution.sync:2", {}, "Required field 'ExecutionArn' is missing"),
    ("aws-sdk:sfn:startExecution", {}, "Required field 'ExecutionArn' is missing"),
    ("aws-sdk:batch:describeJobs", {"Jobs": [{}]}, "Required field 'JobName' is missing"),
    ("bedrock:invokeModel", {"Body": 1}, "Required field 'ContentType' is missing"),
]
REFUSED = [
    ("states:startExecution", {**RUN, "StartDate": 1764103483}, "Field 'StartDate' must be a string"),
    ("states:startExecution", {**RUN, "StartDate": False}, "Field 'StartDate' must be a string"),
    ("states:startExecution", {**RUN, "ExecutionArn": None}, "Field 'ExecutionArn' must be a string"),
    ("states:startExecution.sync", {**EXECUTION, "Output": {}}, "Field 'Output' must be a string"),
    ("events:putEvents", {"Entries": "e"}, "Field 'Entries' must be an array"),
    ("events:putEvents", {"Entries": [{"EventId": "e"}, {"EventId": 1}]}, "Field 'EventId' must be a string"),
    ("events:putEvents", {"Entries": [[]]}, "Field 'Entries' must be an object"),
    ("events:putEvents", {"FailedEntryCount": "1"}, "Field 'FailedEntryCount' must be a number"),
    ("events:putEvents", {"FailedEntryCount": True}, "Field 'FailedEntryCount' must be a number"),
    ("events:putEvents", ["e"], "Field 'result' must be an object"),
    ("lambda:invoke", {"Payload": 1, "StatusCode": "200"}, "Field 'StatusCode' must be a number"),
    ("aws-sdk:lambda:invoke", {"Payload": {}}, "Field 'Payload' must be a string"),
    ("aws-sdk:lambda:getFunction", {"Configuration": {"MemorySize": 1}}, "Field 'MemorySize' is less than the minimum value"),
    ("aws-sdk:lambda:getFunction", {"Configuration": {"MemorySize": 1e9}}, "Field 'MemorySize' exceeds the maximum value"),
    ("aws-sdk:lambda:getFunction", {"Configuration": {"Environment": {"Variables": {"a": 1}}}}, "Field 'a' must be a string"),
    ("aws-sdk:kms:decrypt", {"Plaintext": 1}, "Field 'Plaintext' must be a string"),
    ("aws-sdk:s3:getObject", {"DeleteMarker": "true"}, "Field 'DeleteMarker' must be a boolean"),
    ("aws-sdk:s3:getObject", {"Metadata": []}, "Field 'Metadata' must be an object"),
    ("dynamodb:getItem", {"Item": {"id": {"S": 1}}}, "Field 'S' must be a string"),
    ("dynamodb:getItem", {"Item": {"id": {"L": [{"M": {"b": {"BOOL": 0}}}]}}}, "Field 'BOOL' must be a boolean"),
    ("dynamodb:getItem", {"Item": {"id": "1"}}, "Field 'id' must be an object"),
    ("dynamodb:putItem", {"ConsumedCapacity": {"CapacityUnits": "1"}}, "Field 'CapacityUnits' must be a number"),
    ("glue:startJobRun.sync", {"JobRun": {"Attempt": "1"}}, "Field 'Attempt' must be a number"),
    # The first wrong field, depth first, in the order of the mock.
    ("aws-sdk:s3:getObject", {"Body": 1, "AcceptRanges": 1}, "Field 'Body' must be a string"),
    ("events:putEvents", {"Entries": [{"EventId": 1}], "FailedEntryCount": ""}, "Field 'EventId' must be a string"),
]
ACCEPTED = [
    ("states:startExecution", {**RUN, "SdkHttpMetadata": 1, "Other": None}),
    ("states:startExecution.sync", {**EXECUTION, "Output": "{}"}),
    ("states:startExecution.sync:2", {**EXECUTION, "Output": {"a": 1}}),
    ("states:startExecution.waitForTaskToken", "any"),
    ("lambda:invoke", {"Payload": [1]}),
    ("lambda:invoke", {"answer": 42}),
    ("events:putEvents", {"random": "json"}),
    ("dynamodb:getItem", {"ConsumedCapacity": {"CapacityUnits": 1}}),
    ("http:invoke", 1),
    ("apigateway:invoke", None),
    ("eks:createCluster.sync", []),
    ("eks:call", "text"),
    ("nothing:known", []),
]


@pytest.mark.parametrize(("resource", "result", "message"), STRICT_ONLY)
def test_required_fields_are_asked_for_in_strict_mode(resource: str, result: Any, message: str) -> None:
    assert check_result(START + resource, result, "STRICT") == message
    assert check_result(START + resource, result, "PRESENT") is None
    assert check_result(START + resource, result, "NONE") is None


@pytest.mark.parametrize(("resource", "result", "message"), REFUSED)
def test_types_and_bounds_are_checked_but_in_mode_none(resource: str, result: Any, message: str) -> None:
    for mode, expected in (("STRICT", message), ("PRESENT", message), ("NONE", None)):
        assert check_result(START + resource, result, mode) == expected


@pytest.mark.parametrize(("resource", "result"), ACCEPTED)
def test_what_the_api_does_not_say_is_let_through(resource: str, result: Any) -> None:
    assert check_result(START + resource, result, "STRICT") is None


def test_functions_and_activities_may_answer_anything() -> None:
    for resource in (FUNCTION, "arn:aws:states:us-east-1:111122223333:activity:a"):
        assert mock_shape(resource) is result_shape(resource) is ANY
        assert check_result(resource, None, "STRICT") is None
        assert sample_result(resource, {"a": 1}) == {}


def test_an_unknown_mode_is_an_error() -> None:
    with pytest.raises(ValueError, match="strict"):
        check_result(FUNCTION, {}, "strict")


def test_a_deep_mock_is_checked() -> None:
    item: Any = {"BOOL": 0}
    for _ in range(20_000):
        item = {"L": [item]}
    assert check_result(START + "dynamodb:getItem", {"Item": {"id": item}}, "STRICT") == "Field 'BOOL' must be a boolean"


def test_bounds_come_from_the_model() -> None:
    function = service_operation("lambda", "GetFunction")
    assert function is not None
    memory = function.output.members["Configuration"].members["MemorySize"]
    assert memory.minimum == 128
    assert memory.maximum is not None
    assert memory.maximum >= 10_240


def test_result_shapes_differ_from_what_is_polled() -> None:
    assert {"JobRunState", "Id"} <= set(result_shape(START + "glue:startJobRun.sync").members)
    assert set(mock_shape(START + "glue:startJobRun.sync").members) == {"JobRun"}
    assert {"JobName", "JobRunId"} <= set(result_shape(START + "glue:startJobRun").members)
    assert "SdkHttpMetadata" in result_shape(START + "dynamodb:getItem").members
    assert "SdkHttpMetadata" not in result_shape(START + "aws-sdk:dynamodb:getItem").members
    assert result_shape(START + "codebuild:startBuild.sync").members["Build"].members["BuildStatus"].values
    for name, expected in (
        ("batch:submitJob.sync", "Job"),
        ("athena:startQueryExecution.sync", "QueryExecution"),
        ("codebuild:startBuildBatch.sync", "BuildBatch"),
        ("aws-sdk:glue:getJobRun", "JobRun"),
        ("sns:publish", ""),
    ):
        assert job_name(START + name) == expected


def test_every_optimised_result_passes_its_own_check() -> None:
    for service in optimised_services():
        for action in actions(service):
            known = integration(service, action)
            assert known is not None
            for pattern in known.patterns:
                resource = f"{START}{service}:{action}{pattern.value}"
                result = sample_result(resource, {"Name": "n", "JobName": 1})
                assert check_result(resource, result, "STRICT") is None, resource
                assert misfit(result_shape(resource), result, required=True) is None, resource


SAMPLES = [
    ("lambda:invoke", {"Payload": {"a": 1}}, {"ExecutedVersion": "$LATEST", "Payload": {}, "StatusCode": 200}),
    ("glue:startJobRun", {"JobName": "j"}, {"JobName": "j"}),
    ("glue:startJobRun.sync", {"JobName": "j"}, {"JobName": "j", "JobRunState": "SUCCEEDED", "StartedOn": NOW}),
    ("aws-sdk:glue:getJobRun", {"JobName": "j", "RunId": "r"}, {"JobRun": {"Id": "r", "JobName": "j", "JobRunState": "SUCCEEDED"}}),
    ("batch:submitJob.sync", {"JobName": "j", "JobQueue": "q"}, {"JobName": "j", "JobQueue": "q", "Status": "SUCCEEDED"}),
    ("aws-sdk:batch:describeJobs", {"Jobs": ["id"]}, {"Jobs": [{"JobId": "id", "Status": "SUCCEEDED"}]}),
    ("ecs:runTask.sync", {"Cluster": "c"}, {"ClusterArn": "c", "LastStatus": "STOPPED", "Containers": [{"ExitCode": 0}]}),
    ("ecs:runTask", {}, {"Failures": [], "Tasks": [{"LastStatus": "STOPPED", "Containers": [{"Name": "main"}]}]}),
    ("aws-sdk:ecs:describeTasks", {"Tasks": ["a", "b"]}, {"Tasks": [{"TaskArn": "a"}, {"TaskArn": "b"}]}),
    ("athena:startQueryExecution.sync", {}, {"QueryExecution": {"Status": {"State": "SUCCEEDED"}}}),
    ("aws-sdk:athena:getQueryExecution", {"QueryExecutionId": "q"}, {"QueryExecution": {"QueryExecutionId": "q"}}),
    (
        "states:startExecution.sync",
        {"StateMachineArn": MACHINE + ":3", "Name": "n", "Input": {"a": 1}},
        {
            "ExecutionArn": "arn:aws:states:us-east-1:111122223333:execution:Child:n",
            "Input": '{"a":1}',
            "Name": "n",
            "Output": "{}",
            "Status": "SUCCEEDED",
            "StopDate": NOW,
        },
    ),
    ("states:startExecution.sync:2", {"StateMachineArn": MACHINE, "Input": {"a": 1}}, {"Input": {"a": 1}, "Output": {}}),
    ("emr-serverless:startJobRun.sync", {"ApplicationId": "a"}, {"JobRun": {"ApplicationId": "a", "State": "SUCCESS"}}),
    ("emr-serverless:stopApplication.sync", {}, {"Application": {"State": "STOPPED"}}),
    ("elasticmapreduce:createCluster.sync", {"Name": "c"}, {"Cluster": {"Name": "c", "Status": {"State": "WAITING"}}}),
    ("aws-sdk:redshiftdata:describeStatement", {"Id": "i"}, {"Id": "i", "Status": "FINISHED"}),
    ("aws-sdk:glue:getCrawler", {"Name": "c"}, {"Crawler": {"Name": "c", "State": "READY"}}),
    ("aws-sdk:redshiftdata:describeStatement", {"Id": "i", "Status": "FAILED"}, {"Status": "FINISHED"}),
    ("aws-sdk:sfn:listExecutions", {}, {"Executions": []}),
    ("dynamodb:getItem", {"Key": {}}, {"SdkHttpMetadata": {"HttpStatusCode": 200}}),
    ("aws-sdk:dynamodb:getItem", {"Key": {}}, {}),
    ("aws-sdk:dynamodb:query", {}, {"Count": 0, "Items": []}),
    ("events:putEvents", {"Entries": [{"Source": "a"}, {}]}, {"Entries": [{}, {}], "FailedEntryCount": 0}),
    ("http:invoke", {}, {"ResponseBody": {}, "StatusCode": 200}),
    ("sqs:sendMessage", {"MessageBody": "hello"}, {"MD5OfMessageBody": "5d41402abc4b2a76b9719d911017c592"}),
    ("databrew:startJobRun.sync", {"Name": "j"}, {"JobName": "j", "State": "SUCCEEDED"}),
    ("sagemaker:createTrainingJob.sync", {"TrainingJobName": "t"}, {"TrainingJobName": "t", "TrainingJobStatus": "Completed"}),
    ("sns:publish.waitForTaskToken", {"Message": "m"}, {}),
]


def contains(value: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(value, dict) and all(key in value and contains(value[key], inner) for key, inner in part.items())
    if isinstance(part, list):
        return isinstance(value, list) and len(value) == len(part) and all(map(contains, value, part))
    return bool(value == part)


@pytest.mark.parametrize(("resource", "arguments", "part"), SAMPLES)
def test_samples(resource: str, arguments: Any, part: Any) -> None:
    result = sample_result(START + resource, arguments, now=NOW)
    assert contains(result, part), result
    if not part:
        assert result == {}
    assert check_result(START + resource, result, "STRICT") is None
    assert sample_result(START + resource, arguments, now=NOW) == result


def test_ids_depend_on_the_seed_and_the_element() -> None:
    def ids(seed: int) -> list[str]:
        entries = sample_result(START + "events:putEvents", {"Entries": [{}, {}]}, seed=seed)["Entries"]
        return [entry["EventId"] for entry in entries]

    assert len({*ids(0), *ids(1)}) == 4
    run = sample_result(START + "glue:startJobRun", {"JobName": "j"})
    assert run["JobRunId"].startswith("jr_")
    cluster = sample_result(START + "elasticmapreduce:createCluster.sync", {})
    assert cluster["ClusterId"] == cluster["Cluster"]["Id"]


def test_samples_are_not_shared() -> None:
    first = sample_result(START + "http:invoke", {})
    first["Headers"]["a"] = 1
    assert sample_result(START + "http:invoke", {})["Headers"] == {}


def test_arguments_of_any_kind() -> None:
    several: tuple[Any, ...] = (None, [], "text", 1, {"JobName": {}}, {"JobName": None})
    for arguments in several:
        assert sample_result(START + "batch:submitJob", arguments)["JobName"].startswith("JobName-")


def test_numbers_of_moments_are_milliseconds() -> None:
    job = sample_result(START + "batch:submitJob.sync", {}, now="1970-01-01T00:00:01.500Z")
    assert job["StartedAt"] == 1500


def test_words_for_success() -> None:
    shape = result_shape(START + "emr-serverless:startApplication.sync").members["Application"].members["State"]
    for action, word in (("createApplication", "CREATED"), ("deleteApplication", "TERMINATED"), ("startApplication", "STARTED")):
        assert success_word("State", shape, action) == word
    assert success_word("StateDetails", shape, "startApplication") == ""


def test_without_botocore_nothing_is_known() -> None:
    code = f"""
from sfn_dsl.asl import shapes
shapes.find_spec = lambda name: None
from sfn_dsl.simulate.results.check import check_result
from sfn_dsl.simulate.results.sample import sample_result
for name in ("glue:startJobRun", "glue:startJobRun.sync", "aws-sdk:s3:getObject", "lambda:invoke", "states:startExecution.sync:2",
             "ecs:runTask", "ecs:runTask.sync", "elasticmapreduce:createCluster.sync"):
    assert check_result("{START}" + name, 1, "STRICT") is None, name
    assert isinstance(sample_result("{START}" + name, {{}}), dict), name
assert sample_result("{START}lambda:invoke", {{}})["StatusCode"] == 200
"""
    subprocess.run([sys.executable, "-c", code], check=True)
