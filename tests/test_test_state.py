"""TestState in the simulator: what it answers, what it shows, what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sfn_dsl.simulate.mocks.answers import Answer, Answers
from sfn_dsl.simulate.state_test.call import StateTest, TestStateRefused, test_state

ROLE = "arn:aws:iam::444455556666:role/tester"
PASS = {"Type": "Pass", "InputPath": "$.a", "Parameters": {"x.$": "$.b"}, "ResultPath": "$.c", "Next": "Later"}
GLUE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::glue:startJobRun.sync",
    "Parameters": {"JobName.$": "$.job"},
    "ResultSelector": {"run.$": "$.Id"},
    "ResultPath": "$.glue",
    "OutputPath": "$.glue.run",
    "Retry": [
        {"ErrorEquals": ["Slow"], "IntervalSeconds": 3, "BackoffRate": 2, "MaxAttempts": 4, "MaxDelaySeconds": 20},
        {"ErrorEquals": ["Never"], "MaxAttempts": 0},
    ],
    "Catch": [{"ErrorEquals": ["Other"], "Next": "No"}, {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Sorry"}],
    "End": True,
}
SEND = {
    "Type": "Task",
    "QueryLanguage": "JSONata",
    "Resource": "arn:aws:states:::sqs:sendMessage",
    "Arguments": {"QueueUrl": "q", "MessageBody": "{% $body & $states.input.tail %}"},
    "Assign": {"id": "{% $states.result.MessageId %}"},
    "Output": "{% $states.result.MessageId %}",
    "End": True,
}
PARALLEL = {
    "Type": "Parallel",
    "Branches": [{"StartAt": name, "States": {name: {"Type": "Succeed"}}} for name in ("L", "R")],
    "Catch": [{"ErrorEquals": ["Broken"], "Next": "Mend"}],
    "End": True,
}
EACH = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
    "StartAt": "One",
    "States": {"One": {"Type": "Succeed"}},
}
MAP = {
    "Type": "Map",
    "InputPath": "$.in",
    "ItemsPath": "$.rows",
    "ItemSelector": {"row.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index"},
    "ItemBatcher": {"MaxItemsPerBatch": 2},
    "ItemProcessor": EACH,
    "MaxConcurrency": 7,
    "ToleratedFailurePercentage": 50,
    "ResultPath": "$.out",
    "End": True,
}
READER = {
    "Type": "Map",
    "QueryLanguage": "JSONata",
    "ItemReader": {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON", "ItemsPointer": "/rows"},
        "Arguments": {"Bucket": "b", "Key": "k"},
    },
    "ItemSelector": {"v": "{% $states.context.Map.Item.Value.n %}"},
    "ItemProcessor": EACH,
    "ToleratedFailureCount": 1,
    "End": True,
}
TOKEN = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters": {"MessageBody.$": "$$.Task.Token", "QueueUrl.$": "$$.Execution.Input.q"},
    "End": True,
}
MACHINE = {
    "QueryLanguage": "JSONata",
    "StartAt": "Every",
    "States": {
        "Every": {"Type": "Map", "ItemProcessor": {"StartAt": "Deep", "States": {"Deep": {"Type": "Choice",
            "Choices": [{"Condition": "{% $states.input > 3 %}", "Assign": {"big": True}, "Next": "Big"}], "Default": "Small"},
            "Big": {"Type": "Succeed"}, "Small": {"Type": "Fail", "Error": "Small", "Cause": "{% 'only ' & $states.input %}"}}},
            "Next": "Done"},
        "Done": {"Type": "Wait", "Seconds": 60, "Output": {"waited": "{% $states.context.State.Name %}"}, "End": True},
    },
}  # fmt: skip


def tried(definition: Any, level: str = "DEBUG", **options: Any) -> dict[str, Any]:
    """The answer with its JSON texts parsed."""
    response: dict[str, Any] = test_state(json.dumps(definition), inspection_level=level, **options).response
    for holder in (response, response.get("inspectionData", {})):
        for key, value in holder.items():
            if isinstance(value, str) and key not in ("status", "error", "cause", "nextState"):
                holder[key] = json.loads(value)
    return response


def error(name: str, cause: str = "why") -> dict[str, Any]:
    return {"errorOutput": {"error": name, "cause": cause}}


PASS_INPUT = {"a": {"b": 1}}
PASS_MERGED = {"a": {"b": 1}, "c": {"x": 1}}
JOB = {"job": "j"}
JOB_SEEN = {"input": JOB, "afterInputPath": JOB, "afterParameters": {"JobName": "j"}}
ROWS = {"in": {"rows": [5, 6, 7]}}
PICKED = [{"row": 5, "at": 0}, {"row": 6, "at": 1}, {"row": 7, "at": 2}]
MAP_SEEN = {
    "input": ROWS,
    "afterInputPath": ROWS["in"],
    "afterItemsPath": [5, 6, 7],
    "afterItemSelector": PICKED,
    "afterItemBatcher": [{"Items": PICKED[:2]}, {"Items": PICKED[2:]}],
    "maxConcurrency": 7,
    "toleratedFailurePercentage": 50,
}
THRESHOLD = {"error": "States.ExceedToleratedFailureThreshold", "cause": "The specified tolerated failure threshold was exceeded"}
RUN = {"mock": {"result": '{"Id": "jr", "JobName": "j"}'}}


@pytest.mark.parametrize(
    ("definition", "options", "expected"),
    [
        pytest.param(
            PASS,
            {"input": PASS_INPUT},
            {
                "status": "SUCCEEDED",
                "nextState": "Later",
                "output": PASS_MERGED,
                "inspectionData": {
                    "input": PASS_INPUT,
                    "afterInputPath": {"b": 1},
                    "afterParameters": {"x": 1},
                    "afterResultSelector": {"x": 1},
                    "afterResultPath": PASS_MERGED,
                },
            },
            id="pass",
        ),
        pytest.param(
            {"Type": "Pass", "Result": [1], "End": True},
            {},
            {
                "status": "SUCCEEDED",
                "output": [1],
                "inspectionData": {"input": {}, "result": [1], "afterResultSelector": [1], "afterResultPath": [1]},
            },
            id="pass with a result",
        ),
        pytest.param(PASS, {"input": PASS_INPUT, "level": "INFO"}, {"status": "SUCCEEDED", "nextState": "Later", "output": PASS_MERGED}, id="INFO"),
        pytest.param(
            PASS,
            {"input": '{"a": {}}'},
            {
                "status": "FAILED",
                "error": "States.Runtime",
                "cause": "The JSONPath '$.b' specified for the field 'x.$' could not be found in the input '{}'",
                "inspectionData": {"input": {"a": {}}, "afterInputPath": {}},
            },
            id="what was seen before a fault",
        ),
        pytest.param(
            {"Type": "Fail", "Error": "E", "CausePath": "$.c"},
            {"input": {"c": "C"}},
            {"status": "FAILED", "error": "E", "cause": "C", "inspectionData": {"input": {"c": "C"}, "afterInputPath": {"c": "C"}}},
            id="fail",
        ),
        pytest.param(
            {"Type": "Wait", "Seconds": 301, "End": True},
            {"level": "INFO"},
            {"status": "FAILED", "error": "States.Timeout"},
            id="a wait of more than five minutes",
        ),
        pytest.param(
            GLUE,
            {"input": JOB, "mock": {"result": {"Id": "jr", "JobName": "j"}}},
            {
                "status": "SUCCEEDED",
                "output": "jr",
                "inspectionData": {
                    **JOB_SEEN,
                    "result": {"Id": "jr", "JobName": "j"},
                    "afterResultSelector": {"run": "jr"},
                    "afterResultPath": {"job": "j", "glue": {"run": "jr"}},
                },
            },
            id="task",
        ),
        *(
            pytest.param(
                GLUE,
                {"input": JOB, "mock": error("Slow"), "state_configuration": {"retrierRetryCount": made}},
                {
                    "status": "RETRIABLE",
                    "error": "Slow",
                    "cause": "why",
                    "inspectionData": {**JOB_SEEN, "errorDetails": {"retryIndex": 0, "retryBackoffIntervalSeconds": seconds}},
                },
                id=f"again after {made} retries",
            )
            for made, seconds in ((0, 3), (2, 12), (3, 20))
        ),
        pytest.param(
            GLUE,
            {"input": JOB, "mock": error("Slow"), "state_configuration": {"retrierRetryCount": 4}},
            {
                "status": "CAUGHT_ERROR",
                "error": "Slow",
                "cause": "why",
                "nextState": "Sorry",
                "output": {"job": "j", "error": {"Error": "Slow", "Cause": "why"}},
                "inspectionData": {**JOB_SEEN, "errorDetails": {"retryIndex": 0, "catchIndex": 1}},
            },
            id="no retry left, caught",
        ),
        pytest.param(
            {**GLUE, "Catch": []},
            {"input": JOB, "mock": error("Never")},
            {"status": "FAILED", "error": "Never", "cause": "why", "inspectionData": {**JOB_SEEN, "errorDetails": {"retryIndex": 1}}},
            id="no retry left, failed",
        ),
        pytest.param(
            {**GLUE, "Catch": []},
            {"input": JOB, "mock": error("Strange")},
            {"status": "FAILED", "error": "Strange", "cause": "why", "inspectionData": JOB_SEEN},
            id="nobody takes the error",
        ),
        pytest.param(
            SEND,
            {"input": {"tail": "!"}, "variables": '{"body": "hi"}', "mock": {"result": '{"MessageId": "m1"}', "fieldValidationMode": "PRESENT"}},
            {
                "status": "SUCCEEDED",
                "output": "m1",
                "inspectionData": {
                    "input": {"tail": "!"},
                    "afterArguments": {"QueueUrl": "q", "MessageBody": "hi!"},
                    "result": {"MessageId": "m1"},
                    "variables": {"body": "hi", "id": "m1"},
                },
            },
            id="JSONata and variables",
        ),
        pytest.param(
            PARALLEL,
            {"mock": {"result": "[1, 2]"}},
            {"status": "SUCCEEDED", "output": [1, 2], "inspectionData": {"input": {}, "afterResultSelector": [1, 2], "afterResultPath": [1, 2]}},
            id="parallel",
        ),
        pytest.param(
            PARALLEL,
            {"mock": error("Broken"), "level": "INFO", "state_configuration": {"errorCausedByState": "R"}},
            {"status": "CAUGHT_ERROR", "error": "Broken", "cause": "why", "nextState": "Mend", "output": {"Error": "Broken", "Cause": "why"}},
            id="parallel, an error of a branch",
        ),
        pytest.param(
            MAP,
            {"input": ROWS, "mock": {"result": [0]}, "state_configuration": {"mapIterationFailureCount": 1}},
            {
                "status": "SUCCEEDED",
                "output": {**ROWS, "out": [0]},
                "inspectionData": {**MAP_SEEN, "afterResultSelector": [0], "afterResultPath": {**ROWS, "out": [0]}},
            },
            id="map, half of the batches failed",
        ),
        pytest.param(
            MAP,
            {"input": ROWS, "mock": {"result": [0]}, "state_configuration": {"mapIterationFailureCount": 2}},
            {"status": "FAILED", **THRESHOLD, "inspectionData": MAP_SEEN},
            id="map, all batches failed",
        ),
        pytest.param(
            {**MAP, "ItemsPath": "$$.Execution.Name"},
            {"input": ROWS, "mock": {"result": [0]}, "context": {"Execution": {"Name": "n"}}},
            {
                "status": "FAILED",
                "error": "States.Runtime",
                "cause": 'Reference path "$.Execution.Name" must point to array.',
                "inspectionData": {"input": ROWS, "afterInputPath": ROWS["in"]},
            },
            id="map of no array",
        ),
        pytest.param(
            READER,
            {"mock": {"result": [1]}, "state_configuration": {"mapItemReaderData": '{"rows": [{"n": 1}, {"n": 2}]}', "mapIterationFailureCount": 2}},
            {
                "status": "FAILED",
                **THRESHOLD,
                "inspectionData": {
                    "input": {},
                    "afterItemsPointer": [{"n": 1}, {"n": 2}],
                    "afterItemSelector": [{"v": 1}, {"v": 2}],
                    "maxConcurrency": 0,
                    "toleratedFailureCount": 1,
                },
            },
            id="map with the data of its reader",
        ),
        pytest.param(
            READER,
            {"mock": {"result": [1]}},
            {"status": "SUCCEEDED", "output": [1], "inspectionData": {"input": {}, "maxConcurrency": 0, "toleratedFailureCount": 1}},
            id="map without the data of its reader",
        ),
        pytest.param(
            TOKEN,
            {"mock": {"result": "7"}, "context": '{"Task": {"Token": "t"}, "Execution": {"Input": {"q": "u"}}}'},
            {
                "status": "SUCCEEDED",
                "output": 7,
                "inspectionData": {
                    "input": {},
                    "afterInputPath": {},
                    "afterParameters": {"MessageBody": "t", "QueueUrl": "u"},
                    "result": 7,
                    "afterResultSelector": 7,
                    "afterResultPath": 7,
                },
            },
            id="a context object",
        ),
        pytest.param(
            MACHINE,
            {"state_name": "Deep", "input": "4"},
            {"status": "SUCCEEDED", "output": 4, "nextState": "Big", "inspectionData": {"input": 4, "variables": {"big": True}}},
            id="a nested Choice",
        ),
        pytest.param(
            MACHINE,
            {"state_name": "Small", "input": "3"},
            {"status": "FAILED", "error": "Small", "cause": "only 3", "inspectionData": {"input": 3}},
            id="a nested Fail",
        ),
        pytest.param(MACHINE, {"state_name": "Done", "level": "INFO"}, {"status": "SUCCEEDED", "output": {"waited": "Done"}}, id="a Wait"),
    ],
)  # fmt: skip
def test_answers(definition: Any, options: dict[str, Any], expected: dict[str, Any]) -> None:
    assert tried(definition, **options) == expected


def test_context_object_that_nobody_gave() -> None:
    found = tried({"Type": "Pass", "Parameters": {"c.$": "$$"}, "End": True}, "INFO", role_arn=ROLE, input={"i": 1})["output"]["c"]
    execution, machine, state = found["Execution"], found["StateMachine"], found["State"]
    assert set(found) == {"Execution", "StateMachine", "State"}
    assert (execution["Input"], execution["RoleArn"], state["Name"]) == ({"i": 1}, ROLE, "StateName")
    assert set(execution) == {"Id", "Input", "Name", "RoleArn", "StartTime"}
    assert execution["Id"] == f"arn:aws:states:us-east-1:444455556666:express:{machine['Name']}:{execution['Name']}"
    assert machine["Id"] == f"arn:aws:states:us-east-1:444455556666:stateMachine:{machine['Name']}"


def test_tasks_without_a_mock() -> None:
    answers = Answers(states={"StateName": lambda call, rng: Answer(value={"MessageId": call.arguments["QueueUrl"]})})
    options: dict[str, Any] = {"input": {"tail": "!"}, "variables": {"body": "x"}}
    assert tried(SEND, "INFO", answers=answers, **options) == {"status": "SUCCEEDED", "output": "q"}
    late = Answers(states={"StateName": lambda call, rng: Answer(value={}, duration=301)})
    assert tried(SEND, "INFO", answers=late, **options) == {"status": "FAILED", "error": "States.Timeout"}
    assert tried(SEND, "INFO", role_arn=ROLE, **options)["status"] == "SUCCEEDED"


def test_a_frozen_answer() -> None:
    found = test_state(PASS, input=PASS_INPUT)
    assert found == StateTest(
        status="SUCCEEDED", output=PASS_MERGED, has_output=True, next_state="Later", error=None, cause=None, inspection={}
    )
    assert test_state({"Type": "Fail"}).response == {"status": "FAILED"}


MISFIT = "Mock result schema validation error: Field 'MessageId' must be a string"
CONTEXT = "Invalid Context object provided: "


@pytest.mark.parametrize(
    ("definition", "options", "code", "message"),
    [
        (PASS, {"mock": {"result": "1"}}, "ValidationException", "State type 'Pass' is not supported when a mock is specified"),
        ({"Type": "Succeed"}, {"mock": error("E")}, "ValidationException", "State type 'Succeed' is not supported when a mock is specified"),
        (SEND, {"mock": {"result": "1", **error("E")}}, "ValidationException", "A test mock should have only one of the following fields: [result, errorOutput]."),
        (SEND, {"mock": {}}, "ValidationException", "A test mock should have one of the following fields: [result, errorOutput]."),
        (SEND, {"mock": {"result": "nope"}}, "ValidationException", "Mocked result must be valid JSON"),
        (SEND, {"mock": {"result": {"MessageId": 1}}}, "ValidationException", MISFIT),
        (SEND, {"mock": {"result": {"MessageId": 1}, "fieldValidationMode": "PRESENT"}}, "ValidationException", MISFIT),
        (SEND, {"mock": {"result": "1", "fieldValidationMode": "LAX"}}, "ValidationException", "'mock.fieldValidationMode' failed to satisfy"),
        (SEND, {}, "ValidationException", "RoleArn must be specified when testing a Task state"),
        (SEND, {"mock": {"result": "{}"}, "reveal_secrets": True}, "ValidationException", "TestState does not support RevealSecrets when a mock is specified."),
        (SEND, {"inspection_level": "ALL"}, "ValidationException", "'inspectionLevel' failed to satisfy"),
        (TOKEN, {"role_arn": ROLE}, "InvalidDefinition", "only supported when a mock is specified"),
        (PARALLEL, {"role_arn": ROLE}, "InvalidDefinition", "TestState API does not support Map or Parallel states."),
        (PARALLEL, {"mock": {"result": "[1]"}}, "ValidationException", "Mocked result must contain the same number of items as number of Parallel branches."),
        (PARALLEL, {"mock": {"result": "{}"}}, "ValidationException", "Mocked result must be an array."),
        (MAP, {"mock": {"result": "{}"}}, "ValidationException", "Mocked result must be an array."),
        (
            {**READER, "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "b"}}},
            {"mock": {"result": "[]"}},
            "ValidationException",
            "Mocked result must be a JSON object.",
        ),
        ({**PARALLEL, "Branches": []}, {"mock": {"result": "[]"}}, "InvalidDefinition", "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/StateName/Branches'"),
        ({"Type": "Nap"}, {}, "InvalidDefinition", "have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/StateName/Type'"),
        ({"Type": ["Task"]}, {}, "InvalidDefinition", "have one of these values"),
        ({"StartAt": ["A"], "States": {"A": {"Type": "Succeed"}}}, {"state_name": "A"}, "InvalidDefinition", "Expected value of type [STRING] at /StartAt'"),
        ({"End": True}, {}, "InvalidDefinition", "The field 'Type' is required but was missing at /States/StateName'"),
        (PASS, {"state_name": "X"}, "InvalidDefinition", "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /'"),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}},
            {"state_name": "A"},
            "InvalidDefinition",
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next'",
        ),
        ({**PASS, "QueryLanguage": "JSONata"}, {}, "InvalidDefinition", "field 'InputPath' is only supported for the 'JSONPath' QueryLanguage at /States/StateName"),
        (MACHINE, {"state_name": "Nobody"}, "ValidationException", "State not found in definition"),
        (MACHINE, {"state_name": "N" * 81}, "ValidationException", "length less than or equal to 80"),
        (PASS, {"input": "nope"}, "InvalidExecutionInput", "Unrecognized token 'nope'"),
        (PASS, {"variables": "[1]"}, "ValidationException", "variables must be a JSON object"),
        (PASS, {"context": {"State": {}}}, "ValidationException", "when a mock is not specified"),
        (SEND, {"mock": {"result": "{}", "fieldValidationMode": "NONE"}, "context": "{}}"}, "ValidationException", CONTEXT),
        *(
            (SEND, {"mock": {"result": "{}", "fieldValidationMode": "NONE"}, "context": context}, "ValidationException", CONTEXT + sentence)
            for context, sentence in (
                ({"Map": {}}, "'Map' field is not supported when mocking a Context object"),
                ({"Task": {"Token": "t"}}, "'Task' field is not supported when mocking a Context object"),
                ({"Weather": {}}, "Field 'Weather' is not allowed"),
                ({"State": {"Mood": 1}}, "Field 'Mood' is not allowed"),
                ({"State": {"RetryCount": "1"}}, "State.RetryCount must be a number"),
                ({"StateMachine": {"Name": 1}}, "StateMachine.Name must be a string"),
                ({"Execution": []}, "Execution must be an object"),
            )
        ),
        *(
            (definition, {"input": given, "mock": mock, "state_configuration": configuration}, "ValidationException", sentence)
            for definition, given, mock, configuration, sentence in (
                (SEND, "{}", error("E"), {"retrierRetryCount": 1}, "retrierRetryCount"),
                (GLUE, "{}", error("E"), {"retrierRetryCount": -1}, "value greater than or equal to 0"),
                (GLUE, "{}", error("E"), {"errorCausedByState": "L"}, "errorCausedByState"),
                (PARALLEL, "{}", error("E"), {"errorCausedByState": "X"}, "errorCausedByState 'X'"),
                (PARALLEL, "{}", {"result": "[1, 2]"}, {"errorCausedByState": "L"}, "when an error is mocked"),
                (PARALLEL, "{}", error("E"), {"mapIterationFailureCount": 1}, "mapIterationFailureCount"),
                (MAP, ROWS, {"result": "[1]"}, {"mapIterationFailureCount": 3}, "number of iterations"),
                (MAP, ROWS, {"result": "[1]"}, {"mapItemReaderData": "[]"}, "with an ItemReader"),
                (MAP, ROWS, {"result": "[1]"}, {"mapIterationFailureCount": "1"}, "must be a number"),
                (MAP, ROWS, {"result": "[1]"}, {"retries": 1}, "no field 'retries'"),
            )
        ),
    ],
)  # fmt: skip
def test_refusals(definition: Any, options: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(TestStateRefused) as caught:
        test_state(definition, **options)
    assert caught.value.code == code
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [("nope", "INVALID_JSON_DESCRIPTION: Unrecognized token 'nope'"), ("[1]", "Definition must be a valid JSON object")],
)
def test_definitions_that_are_none(text: str, message: str) -> None:
    with pytest.raises(TestStateRefused, match=message) as caught:
        test_state(text)
    assert caught.value.code == "InvalidDefinition"
