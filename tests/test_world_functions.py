"""Functions in a world: called by states, rules, topics and queues; their errors, retries, records; code with a boto3 of the world."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from sfn_dsl.asl.read import read_json
from sfn_dsl.simulate.clients import ClientError, EndpointConnectionError, WorldClients
from sfn_dsl.simulate.handlers import load_handler
from sfn_dsl.simulate.mocks.answers import Answers, parse_answer
from sfn_dsl.simulate.mocks.chances import Chances
from sfn_dsl.simulate.running.invocations import QueueSource
from sfn_dsl.simulate.running.thread import Run
from sfn_dsl.simulate.services.event_input import Target
from sfn_dsl.simulate.services.functions import Function
from sfn_dsl.simulate.services.service_error import ServiceError
from sfn_dsl.simulate.world import World

EAST, WEST = "us-east-1", "us-west-2"
ACCOUNT = "111122223333"
INVOKE = "arn:aws:states:::lambda:invoke"
ARN = f"arn:aws:lambda:{EAST}:{ACCOUNT}:function:f"


class Wrong(Exception):
    """What a handler raises."""


class Recorder:
    """A handler that notes its events and when it got them, and fails as often as it is told."""

    def __init__(self, world: World, failures: int = 0) -> None:
        self.world = world
        self.failures = failures
        self.events: list[Any] = []
        self.times: list[float] = []

    def __call__(self, event: Any, context: Any) -> Any:
        self.events.append(event)
        self.times.append(self.world.env.now)
        if len(self.events) <= self.failures:
            raise Wrong("not yet")
        return {"done": len(self.events)}


def task(resource: str = INVOKE, **fields: Any) -> dict[str, Any]:
    arguments = {"Arguments": {"FunctionName": "f", "Payload": {"batch": "b1"}}} if resource == INVOKE else {}
    definition = {"Type": "Task", "Resource": resource, "End": True, **arguments, **fields}
    return {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": definition}}


def start(world: World, definition: dict[str, Any], input: Any = None) -> Run:
    return world.start(world.deploy(read_json(definition).machine), input)


def create(world: World, handler: Callable[[Any, Any], Any], **options: Any) -> Function:
    return world.place(EAST).functions.create("f", handler, **options)


def queue(world: World, name: str, **options: Any) -> str:
    """A new queue; its ARN."""
    return world.place(EAST).sqs.create_queue(name, **options).arn


def bodies(world: World, name: str) -> list[Any]:
    return [json.loads(message.body) for message in world.place(EAST).sqs.queues[name].messages]


# Called by states


@pytest.mark.parametrize("name", ["f", ARN, f"{ARN}:live"])
def test_a_state_gets_what_a_function_returns(name: str) -> None:
    world = World()
    create(world, lambda event, context: {"rows": 3, "of": event["batch"]}, seconds=2.5)
    run = start(world, task(Arguments={"FunctionName": name, "Payload": {"batch": "b1"}}))
    world.run()
    assert run.output["Payload"] == {"rows": 3, "of": "b1"}
    assert (run.output["StatusCode"], run.output["ExecutedVersion"], run.duration) == (200, "$LATEST", 2.5)


def test_a_function_as_a_resource() -> None:
    world = World()
    create(world, lambda event, context: event["n"] + 1)
    run = start(world, task(ARN), {"n": 1})
    world.run()
    assert run.output == 2


def test_the_sdk_integration_gives_text() -> None:
    world = World()
    create(world, lambda event, context: {"got": event})
    sdk = "arn:aws:states:::aws-sdk:lambda:invoke"
    run = start(world, task(sdk, Arguments={"FunctionName": "f", "Payload": "{% $string({'a': 1}) %}"}))
    world.run()
    assert (run.output["Payload"], run.output["StatusCode"]) == ('{"got":{"a":1}}', 200)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("f", True),
        ("f:live", True),
        (ARN, True),
        (f"{ARN}:7", True),
        ("g", False),
        (ARN.replace(EAST, WEST), False),
        (ARN.replace(ACCOUNT, "999999999999"), False),
    ],
)
def test_names_of_a_function(name: str, found: bool) -> None:
    world = World()
    create(world, lambda event, context: 1)
    world.place(EAST).functions.create("arn", lambda event, context: 2)
    assert (world.place(EAST).functions.find(name) is not None) == found


def test_a_mock_comes_before_the_function() -> None:
    world = World(answers=Answers(states={"S": parse_answer({"Payload": "mocked"})}), strict=False)
    function = create(world, lambda event, context: "real")
    run = start(world, task())
    world.run()
    assert (run.output["Payload"], function.invoked) == ("mocked", 0)


def raising(error: Exception) -> Callable[[Any, Any], Any]:
    def handler(event: Any, context: Any) -> Any:
        raise error

    return handler


@pytest.mark.parametrize(
    ("handler", "options", "error", "message"),
    [
        (raising(Wrong("no rows")), {}, "Wrong", "no rows"),
        (raising(KeyError("x")), {}, "KeyError", "'x'"),
        (lambda event, context: {1, 2}, {}, "Runtime.MarshalError", "Unable to marshal response"),
        (lambda event, context: 1, {"seconds": 9.0, "timeout": 5.0}, "Sandbox.Timedout", "Task timed out after 5.00 seconds"),
    ],
    ids=["own", "built-in", "no JSON", "late"],
)
def test_errors_have_lambdas_names(handler: Any, options: dict[str, Any], error: str, message: str) -> None:
    world = World()
    create(world, handler, **options)
    run = start(world, task())
    world.run()
    assert (run.status, run.error) == ("FAILED", error)
    cause = json.loads(run.cause or "")
    assert cause["errorType"] == error
    assert message in cause["errorMessage"]
    assert run.duration == options.get("timeout", 0.2)


def test_a_busy_function_is_throttled_and_retried() -> None:
    world = World()
    recorder = Recorder(world)
    create(world, recorder, seconds=10.0, timeout=60, reserved_concurrency=2)
    retry = [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 4, "BackoffRate": 1.0, "MaxAttempts": 9}]
    patient = world.deploy(read_json(task(Retry=retry)).machine, name="patient")
    runs = [world.start(patient) for _ in range(3)]
    hasty = start(world, task())
    world.run()
    assert [run.status for run in runs] == ["SUCCEEDED"] * 3
    assert (hasty.status, hasty.error) == ("FAILED", "Lambda.TooManyRequestsException")
    assert recorder.times[:2] == [0, 0]
    assert len(recorder.times) == 3
    assert recorder.times[2] >= 10


def test_a_state_invokes_and_does_not_wait() -> None:
    world = World()
    recorder = Recorder(world, failures=1)
    create(world, recorder, seconds=5.0, timeout=60)
    run = start(world, task(Arguments={"FunctionName": "f", "Payload": {"batch": "b1"}, "InvocationType": "Event"}))
    world.run()
    assert (run.status, run.duration) == ("SUCCEEDED", 1.0)
    world.run(seconds=200)
    assert recorder.events == [{"batch": "b1"}, {"batch": "b1"}]
    assert recorder.times == [0, 65], "the second try comes a minute after the first has ended"


@pytest.mark.parametrize("fails", [False, True])
def test_a_function_gets_a_task_token(fails: bool) -> None:
    world = World(callbacks_sampled=False)
    recorder = Recorder(world, failures=1 if fails else 0)
    create(world, recorder)
    payload = {"token": "{% $states.context.Task.Token %}"}
    run = start(world, task(f"{INVOKE}.waitForTaskToken", Arguments={"FunctionName": "f", "Payload": payload}))
    world.run(seconds=30)
    if fails:
        assert (run.status, run.error) == ("FAILED", "Wrong")
        return
    assert run.status == "RUNNING"
    assert world.send_task_success(recorder.events[0]["token"], {"rows": 1})
    world.run()
    assert (run.status, run.output, run.duration) == ("SUCCEEDED", {"rows": 1}, 30)


def test_a_handler_cannot_change_what_flows() -> None:
    world = World()

    def handler(event: Any, context: Any) -> Any:
        event["batch"] = "changed"
        return event

    create(world, handler)
    run = start(world, task(Arguments={"FunctionName": "f", "Payload": "{% $states.input %}"}), {"batch": "b1"})
    world.run()
    assert (run.input, run.output["Payload"]) == ({"batch": "b1"}, {"batch": "changed"})


def test_a_handler_knows_its_invocation() -> None:
    world = World()
    seen: list[Any] = []
    create(world, lambda event, context: seen.append(context), memory=256, timeout=15)
    start(world, task())
    world.run()
    [context] = seen
    assert (context.function_name, context.invoked_function_arn, context.memory_limit_in_mb) == ("f", ARN, 256)
    assert context.get_remaining_time_in_millis() == 15_000


@pytest.mark.parametrize("options", [{"retries": 3}, {"retries": -1}, {"max_age": 59}, {"max_age": 21_601}], ids=str)
def test_bounds_of_asynchronous_invocations(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="0 to 2 retries"):
        create(World(), lambda event, context: 1, **options)


# Asynchronous invocations


def ruled(world: World, **options: Any) -> Recorder:
    """A rule that invokes a function; the recorder notes its invocations. One event is sent."""
    recorder = Recorder(world, options.pop("failures", 0))
    function = create(world, recorder, **options)
    place = world.place(EAST)
    place.events.create_bus("etl")
    place.events.put_rule("start", "etl", {"source": ["up"]}, [Target("f", function.arn)])
    entry = {"Source": "up", "DetailType": "Ready", "EventBusName": "etl", "Detail": '{"batch_id":"b1"}'}
    place.events.call("PutEvents", {"Entries": [entry]}, world.now)
    return recorder


@pytest.mark.parametrize(
    ("failures", "retries", "times"),
    [
        (0, 2, [1]),
        (1, 2, [1, 61.5]),
        (2, 2, [1, 61.5, 182]),
        (9, 2, [1, 61.5, 182]),
        (9, 1, [1, 61.5]),
        (9, 0, [1]),
    ],
)
def test_tries_after_function_errors(failures: int, retries: int, times: list[float]) -> None:
    world = World(event_latency=1.0)
    destination = queue(world, "failed")
    recorder = ruled(world, failures=failures, retries=retries, seconds=0.5, on_failure=destination)
    world.run(seconds=3600)
    assert recorder.times == times
    assert len(bodies(world, "failed")) == (1 if failures > retries else 0)
    assert world.undelivered == []


def test_the_record_of_an_invocation_that_failed() -> None:
    world = World(event_latency=1.0)
    recorder = ruled(world, failures=9, seconds=0.5, on_failure=queue(world, "failed"))
    world.run(seconds=3600)
    [record] = bodies(world, "failed")
    request = record["requestContext"].pop("requestId")
    assert record == {
        "version": "1.0",
        "timestamp": "2026-01-01T00:03:02.500Z",
        "requestContext": {"functionArn": f"{ARN}:$LATEST", "condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": recorder.events[0],
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "not yet", "errorType": "Wrong", "requestId": request},
    }
    assert record["requestPayload"]["detail"] == {"batch_id": "b1"}


def test_the_event_goes_to_the_dead_letter_queue() -> None:
    world = World(event_latency=1.0)
    recorder = ruled(world, failures=9, dead_letter=queue(world, "dead"))
    world.run(seconds=3600)
    assert bodies(world, "dead") == [recorder.events[0]]
    [message] = world.place(EAST).sqs.queues["dead"].messages
    assert message.attributes["ErrorMessage"]["StringValue"] == "not yet"
    assert world.undelivered == []


def test_without_a_queue_the_event_is_lost_and_counted() -> None:
    world = World(event_latency=1.0)
    ruled(world, failures=9)
    world.run(seconds=3600)
    [letter] = world.undelivered
    assert (letter.source, json.loads(letter.body)["requestContext"]["condition"]) == (ARN, "RetriesExhausted")


@pytest.mark.parametrize(("max_age", "fits"), [(21_600, True), (60, False)])
def test_a_busy_function_is_tried_again_until_the_event_is_too_old(max_age: float, fits: bool) -> None:
    world = World(event_latency=1.0)
    recorder = ruled(world, reserved_concurrency=1, max_age=max_age, on_failure=queue(world, "failed"))
    world.place(EAST).functions.functions["f"].ends.append(world.now + 1000)
    world.run(seconds=21_600)
    assert [1000 <= time <= 1300 for time in recorder.times] == ([True] if fits else [])
    records = bodies(world, "failed")
    assert [record["requestContext"]["condition"] for record in records] == ([] if fits else ["EventAgeExceeded"])
    assert all("responsePayload" not in record for record in records)


def test_a_function_whose_concurrency_is_zero_is_switched_off() -> None:
    world = World()
    recorder = ruled(world, reserved_concurrency=0)
    world.run(seconds=30_000)
    assert recorder.events == []
    assert len(world.undelivered) == 1


def test_an_invocation_may_happen_twice() -> None:
    world = World(chances=Chances(doubled=1.0), event_latency=1.0)
    recorder = ruled(world)
    world.run(seconds=100)
    assert len(recorder.events) == 2
    assert recorder.events[0] == recorder.events[1]
    assert recorder.times[0] == 1 < recorder.times[1] <= 61


def test_invocations_wait_for_a_region_that_stands_still() -> None:
    world = World(event_latency=1.0)
    recorder = ruled(world, failures=1, seconds=0.5)
    world.stop_region(EAST, after=30, lasting=500)
    world.run(seconds=1000)
    assert recorder.times == [1, 530]


@pytest.mark.parametrize("there", [True, False])
def test_a_schedule_invokes_a_function(there: bool) -> None:
    world = World()
    recorder = Recorder(world, failures=1)
    if there:
        create(world, recorder, seconds=0.5)
    place = world.place(EAST)
    arguments = {"expression": "cron(5 0 * * ? *)", "target": ARN, "role_arn": "arn:aws:iam::1:role/r", "input": '{"a": 1}'}
    place.scheduler.create_schedule("nightly", **arguments, dead_letter=queue(world, "dead"))
    world.run(seconds=1000)
    assert recorder.events == ([{"a": 1}, {"a": 1}] if there else [])
    assert bodies(world, "dead") == ([] if there else [{"a": 1}])


# Topics and queues


def test_a_topic_invokes_a_function() -> None:
    world = World()
    recorder = Recorder(world, failures=1)
    place = world.place(EAST)
    topic = place.sns.create_topic("ready")
    place.functions.subscribe(place.sns, "ready", create(world, recorder))
    place.sns.call("Publish", {"TopicArn": topic.arn, "Message": "b1", "Subject": "s"}, world.now)
    world.run(seconds=100)
    assert recorder.times == [0, 60.2]
    [record] = recorder.events[0]["Records"]
    assert (record["EventSource"], record["Sns"]["Message"], record["Sns"]["TopicArn"]) == ("aws:sns", "b1", topic.arn)
    assert (record["Sns"]["Subject"], record["Sns"]["MessageAttributes"]) == ("s", {})
    assert "SigningCertUrl" in record["Sns"]


def polled(world: World, recorder: Callable[[Any, Any], Any], *, options: dict[str, Any] | None = None, **source: Any) -> Any:
    """A queue that is polled for a function; its `send`."""
    place = world.place(EAST)
    queue(world, "dead")
    found = place.sqs.create_queue("work", visibility_timeout=30, dead_letter_queue="dead", maximum_receives=3)
    world.map_queue(QueueSource(queue=found, function=create(world, recorder, **(options or {})), **source))

    def send(*texts: str) -> None:
        for text in texts:
            place.sqs.send(found, {"MessageBody": text}, world.now)

    return send


def test_a_queue_is_polled_for_a_function() -> None:
    world = World()
    recorder = Recorder(world)
    send = polled(world, recorder, batch=2)
    send("a", "b", "c")
    world.run(seconds=50)
    send("d")
    world.run(seconds=50)
    assert [[record["body"] for record in event["Records"]] for event in recorder.events] == [["a", "b"], ["c"], ["d"]]
    assert recorder.times == [0, 0, 50]
    record = recorder.events[0]["Records"][0]
    assert (record["eventSource"], record["eventSourceARN"], record["awsRegion"]) == (
        "aws:sqs",
        f"arn:aws:sqs:{EAST}:{ACCOUNT}:work",
        EAST,
    )
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert world.place(EAST).sqs.queues["work"].messages == []


def test_a_batch_that_fails_comes_back_and_is_buried() -> None:
    world = World()
    recorder = Recorder(world, failures=99)
    send = polled(world, recorder)
    send("a", "b")
    world.run(seconds=500)
    assert [len(event["Records"]) for event in recorder.events] == [2, 2, 2]
    assert recorder.times == pytest.approx([0, 30, 60], abs=1)
    dead = world.place(EAST).sqs.queues["dead"].messages
    assert [message.body for message in dead] == ["a", "b"]


def picky(event: Any, context: Any) -> Any:
    """Does all messages but `b`."""
    failed = [record["messageId"] for record in event["Records"] if record["body"] == "b"]
    return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]}


@pytest.mark.parametrize(
    ("handler", "reports", "left"),
    [
        (picky, True, ["b"]),
        (picky, False, []),
        (lambda event, context: None, True, []),
        (lambda event, context: {"batchItemFailures": []}, True, []),
        (lambda event, context: {"batchItemFailures": [{"itemIdentifier": "unknown"}]}, True, ["a", "b", "c"]),
        (lambda event, context: {"batchItemFailures": [{"itemIdentifier": None}]}, True, ["a", "b", "c"]),
    ],
    ids=["one of three", "not asked", "nothing", "none", "unknown", "null"],
)
def test_partial_failures(handler: Callable[[Any, Any], Any], reports: bool, left: list[str]) -> None:
    world = World()
    send = polled(world, handler, reports_failures=reports)
    send("a", "b", "c")
    world.run(seconds=10)
    assert [message.body for message in world.place(EAST).sqs.queues["work"].messages] == left
    world.run(seconds=500)
    assert [message.body for message in world.place(EAST).sqs.queues["dead"].messages] == left


def test_no_more_invocations_at_a_time_than_allowed() -> None:
    world = World()
    recorder = Recorder(world)
    send = polled(world, recorder, batch=1, concurrency=2, options={"seconds": 5.0, "timeout": 60})
    send(*"abcde")
    world.run(seconds=100)
    assert recorder.times == [0, 0, 5, 5, 10]


def test_messages_are_deleted_after_a_stop() -> None:
    world = World()
    recorder = Recorder(world)
    send = polled(world, recorder, options={"seconds": 5.0, "timeout": 60})
    world.stop_region(EAST, after=2, lasting=20)
    send("a")
    world.run(seconds=10)
    assert len(world.place(EAST).sqs.queues["work"].messages) == 1
    world.run(seconds=100)
    assert (world.place(EAST).sqs.queues["work"].messages, recorder.times) == ([], [0])


def test_a_busy_function_leaves_messages_where_they_are() -> None:
    world = World()
    recorder = Recorder(world)
    send = polled(world, recorder, batch=1, options={"seconds": 5.0, "timeout": 60, "reserved_concurrency": 1})
    send(*"abc")
    world.run(seconds=100)
    assert recorder.times == pytest.approx([0, 5, 10], abs=1)
    assert [record["Records"][0]["attributes"]["ApproximateReceiveCount"] for record in recorder.events] == ["1", "1", "1"]


def test_from_a_topic_through_a_queue() -> None:
    world = World()
    recorder = Recorder(world)
    polled(world, recorder)
    place = world.place(EAST)
    topic = place.sns.create_topic("ready")
    place.sns.subscribe_queue("ready", place.sqs, "work")
    world.run(seconds=5)
    place.sns.call("Publish", {"TopicArn": topic.arn, "Message": "b1"}, world.now)
    world.run(seconds=5)
    [event] = recorder.events
    assert json.loads(event["Records"][0]["body"])["Message"] == "b1"


def test_an_idle_poller_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    polled(world, Recorder(world))("a")
    sqs, operations = world.place(EAST).sqs, []
    call = sqs.call

    def counted(operation: str, arguments: Any, now: float) -> Any:
        operations.append(operation)
        return call(operation, arguments, now)

    monkeypatch.setattr(sqs, "call", counted)
    world.run(seconds=48 * 3600)
    assert operations.count("DeleteMessage") == 1
    assert operations.count("ReceiveMessage") <= 4


# Clients


def clients(world: World, region: str = EAST) -> WorldClients:
    return WorldClients(world, world.place(region))


def machine(world: World, region: str = EAST) -> str:
    state = {"StartAt": "S", "States": {"S": {"Type": "Pass", "End": True}}}
    return world.deploy(read_json(state).machine, region=region, name="down").arn


def test_a_client_starts_and_describes() -> None:
    world = World()
    sfn = clients(world).client("stepfunctions")
    started = sfn.start_execution(stateMachineArn=machine(world), name="b1", input='{"a":1}')
    assert started["startDate"] == datetime(2026, 1, 1, tzinfo=UTC)
    world.run()
    described = sfn.describe_execution(executionArn=started["executionArn"])
    assert (described["status"], described["input"], described["output"], described["name"]) == (
        "SUCCEEDED",
        '{"a":1}',
        '{"a":1}',
        "b1",
    )
    assert described["stopDate"] == datetime(2026, 1, 1, tzinfo=UTC)


FAR = "arn:aws:states:us-west-2:111122223333:execution:down:far"
START = "arn:aws:states:us-east-1:111122223333:stateMachine:down"


@pytest.mark.parametrize(
    ("method", "arguments", "code"),
    [
        ("start_execution", {"stateMachineArn": START, "name": "taken", "input": '{"b":1}'}, "ExecutionAlreadyExists"),
        ("start_execution", {"stateMachineArn": START, "name": "a b"}, "InvalidName"),
        ("start_execution", {"stateMachineArn": START, "name": "2026-11-21T02:00:00Z"}, "InvalidName"),
        ("start_execution", {"stateMachineArn": START, "name": "x" * 81}, "InvalidName"),
        ("start_execution", {"stateMachineArn": START, "input": "{"}, "InvalidExecutionInput"),
        ("start_execution", {"stateMachineArn": f"{START}2"}, "StateMachineDoesNotExist"),
        (
            "start_execution",
            {"stateMachineArn": "arn:aws:states:us-west-2:111122223333:stateMachine:down"},
            "StateMachineDoesNotExist",
        ),
        ("describe_execution", {"executionArn": "arn:none"}, "ExecutionDoesNotExist"),
        ("describe_execution", {"executionArn": FAR}, "ExecutionDoesNotExist"),
    ],
)
def test_errors_of_step_functions(method: str, arguments: dict[str, str], code: str) -> None:
    world = World(regions=(EAST, WEST))
    clients(world, WEST).client("stepfunctions").start_execution(stateMachineArn=machine(world, WEST), name="far")
    assert FAR in world.runs
    sfn = clients(world).client("stepfunctions")
    sfn.start_execution(stateMachineArn=machine(world), name="taken", input='{"a":1}')
    with pytest.raises(getattr(sfn.exceptions, code)) as caught:
        getattr(sfn, method)(**arguments)
    assert caught.value.response["Error"]["Code"] == code
    assert str(caught.value).startswith(f"An error occurred ({code}) when calling the ")
    assert isinstance(caught.value, sfn.exceptions.ClientError)
    assert isinstance(caught.value, ClientError)
    assert caught.type.__name__ == code, "what Lambda reports as the type of the error"


def test_starting_the_same_again_is_no_error() -> None:
    world = World()
    sfn = clients(world).client("stepfunctions")
    arguments = {"stateMachineArn": machine(world), "name": "b1", "input": "{}"}
    assert sfn.start_execution(**arguments)["executionArn"] == sfn.start_execution(**arguments)["executionArn"]


def test_a_client_of_dynamodb() -> None:
    world = World()
    world.place(EAST).dynamodb.create_table("t", "id", indexes={"by": ("status", None)})
    table = clients(world).client("dynamodb")
    table.put_item(TableName="t", Item={"id": {"S": "b1"}, "status": {"S": "READY"}})
    update = {
        "TableName": "t",
        "Key": {"id": {"S": "b1"}},
        "UpdateExpression": "SET #s = :run",
        "ConditionExpression": "#s = :ready",
        "ExpressionAttributeNames": {"#s": "status"},
        "ExpressionAttributeValues": {":run": {"S": "RUNNING"}, ":ready": {"S": "READY"}},
        "ReturnValues": "ALL_NEW",
    }
    assert table.update_item(**update)["Attributes"]["status"] == {"S": "RUNNING"}
    with pytest.raises(table.exceptions.ConditionalCheckFailedException) as caught:
        table.update_item(**update, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert caught.value.response["Item"] == {"id": {"S": "b1"}, "status": {"S": "RUNNING"}}
    assert table.get_item(TableName="t", Key={"id": {"S": "b1"}})["Item"]["status"] == {"S": "RUNNING"}
    found = table.query(
        TableName="t",
        IndexName="by",
        KeyConditionExpression="#s = :v",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":v": {"S": "RUNNING"}},
    )
    assert found["Count"] == 1
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_clients_of_queues_topics_buses_and_functions() -> None:
    world = World(event_latency=1.0)
    place = world.place(EAST)
    place.sqs.create_queue("work")
    topic = place.sns.create_topic("ready")
    place.sns.subscribe_queue("ready", place.sqs, "work", raw=True)
    sqs, sns, events, functions = (clients(world).client(name) for name in ("sqs", "sns", "events", "lambda"))
    url = sqs.get_queue_url(QueueName="work")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="one")
    sns.publish(TopicArn=topic.arn, Message="two")
    place.events.put_rule("r", "default", {"source": ["up"]}, [Target("q", f"arn:aws:sqs:{EAST}:{ACCOUNT}:work", input='"three"')])
    answer = events.put_events(Entries=[{"Source": "up", "DetailType": "d", "Detail": "{}"}])
    assert answer["FailedEntryCount"] == 0
    world.run(seconds=2)
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in messages] == ["one", "two", '"three"']
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert place.sqs.queues["work"].messages == []
    recorder = Recorder(world)
    create(world, recorder)
    assert functions.invoke(FunctionName="f", Payload=b'{"a":1}')["Payload"] == '{"done":1}'
    assert functions.invoke(FunctionName="f", Payload="{}", InvocationType="Event")["StatusCode"] == 202
    world.run(seconds=1)
    assert recorder.events == [{"a": 1}, {}]
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.invoke(FunctionName="none")


@pytest.mark.parametrize("trouble", ["stop_region", "isolate_region"])
@pytest.mark.parametrize(("sick", "fails"), [(EAST, True), (WEST, True), ("us-east-2", False)])
def test_a_client_of_another_region_fails_with_it(trouble: str, sick: str, fails: bool) -> None:
    world = World(regions=(EAST, WEST))
    world.place(WEST).dynamodb.create_table("t", "id")
    table = clients(world).client("dynamodb", region_name=WEST)
    item = {"TableName": "t", "Item": {"id": {"S": "b1"}}}
    table.put_item(**item)
    getattr(world, trouble)(sick, lasting=10)
    world.run(seconds=1)
    if fails:
        with pytest.raises(EndpointConnectionError, match=r"dynamodb\.us-west-2"):
            table.put_item(**item)
    world.run(seconds=10)
    table.put_item(**item)


def test_clients_that_there_are_not() -> None:
    with pytest.raises(ValueError, match="no client for glue"):
        clients(World()).client("glue")
    with pytest.raises(AttributeError, match="no list_tables"):
        clients(World()).client("dynamodb").list_tables()


# Source text

SOURCE = """
import json
import os
import time
from datetime import UTC, datetime
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

SFN = boto3.client("stepfunctions", region_name=os.environ["REGION"], config=Config(retries={"max_attempts": 2}))


def handler(event, context):
    try:
        started = SFN.start_execution(
            stateMachineArn=os.environ["MACHINE"],
            name=event["batch_id"],
            input=json.dumps({"at": int(time.time()), "day": datetime.now(UTC).isoformat(), "id": str(uuid.uuid4())}),
        )
    except SFN.exceptions.ExecutionAlreadyExists:
        return {"duplicate": event["batch_id"]}
    except ClientError as error:
        return {"refused": error.response["Error"]["Code"]}
    return {"started": started["executionArn"]}
"""


def loaded(world: World, region: str = EAST) -> Any:
    environment = {"MACHINE": machine(world, region), "REGION": region}
    return load_handler(SOURCE, clients(world), environment)


def test_source_text_runs_in_the_world() -> None:
    world = World(clock_skew={EAST: 30})
    handler = loaded(world)
    world.run(seconds=60)
    started = handler({"batch_id": "b1"}, None)
    run = world.runs[started["started"]]
    assert run.input["at"] == int(world.begin) + 90
    assert run.input["day"] == "2026-01-01T00:01:30+00:00"
    world.run()
    assert handler({"batch_id": "b1"}, None) == {"duplicate": "b1"}
    assert handler({"batch_id": "b 1"}, None) == {"refused": "InvalidName"}


def test_source_text_follows_the_seed() -> None:
    def ids(seed: int) -> list[Any]:
        world = World(seed=seed)
        handler = loaded(world)
        return [world.runs[handler({"batch_id": name}, None)["started"]].input["id"] for name in "ab"]

    assert ids(1) == ids(1) != ids(2)


def test_a_state_calls_source_text() -> None:
    world = World()
    create(world, loaded(world))
    run = start(world, task(Output="{% $states.result.Payload %}", Arguments={"FunctionName": "f", "Payload": {"batch_id": "b1"}}))
    world.run()
    assert run.output == {"started": f"arn:aws:states:{EAST}:{ACCOUNT}:execution:down:b1"}


def test_the_error_of_a_client_is_the_error_of_the_state() -> None:
    source = "import boto3\n\ndef handler(event, context):\n    boto3.client('dynamodb').get_item(TableName='none', Key={'id': {'S': 'x'}})\n"
    world = World()
    create(world, load_handler(source, clients(world), {}))
    run = start(world, task())
    world.run()
    assert run.error == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("import os.path\ndef handler(e, c): return os.environ.get('A')", "x"),
        ("from os import environ, getenv\ndef handler(e, c): return environ['A'] + getenv('A', '')", "xx"),
        ("import botocore.exceptions\ndef handler(e, c): return botocore.exceptions.ClientError.__name__", "ClientError"),
        ("import hashlib\ndef handler(e, c): return hashlib.sha256(b'').hexdigest()[:4]", "e3b0"),
        ("import time\ndef handler(e, c): return time.strftime('%Y-%m-%d', time.gmtime())", "2026-01-01"),
        ("from datetime import datetime\ndef handler(e, c): return datetime.utcnow().isoformat()", "2026-01-01T00:00:00"),
        ("class A:\n    x = __name__\ndef handler(e, c): return A.x", "lambda_function"),
    ],
)
def test_modules_of_source_text(source: str, value: str) -> None:
    assert load_handler(source, clients(World()), {"A": "x"})({}, None) == value


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import time\ndef handler(e, c): time.sleep(1)", NotImplementedError),
        ("import datetime\ndef handler(e, c): return datetime.date.today()", AttributeError),
    ],
)
def test_what_source_text_cannot_do(source: str, error: type[Exception]) -> None:
    handler = load_handler(source, clients(World()), {})
    with pytest.raises(error):
        handler({}, None)


def test_source_text_without_a_handler() -> None:
    with pytest.raises(KeyError, match="handler"):
        load_handler("x = 1", clients(World()), {})


def test_errors_of_this_package_are_not_function_errors() -> None:
    from sfn_dsl.errors import ConfigError

    world = World()
    function = create(world, raising(ConfigError("wrong")))
    with pytest.raises(ConfigError):
        world.place(EAST).functions.run(function, {}, world.now)


def test_a_function_that_is_not_there_is_sampled() -> None:
    world = World()
    create(world, lambda event, context: "mine")
    run = start(world, task(Arguments={"FunctionName": "other", "Payload": {}}))
    world.run()
    assert run.output["Payload"] != "mine"
    with pytest.raises(ServiceError, match="ResourceNotFoundException"):
        world.place(EAST).functions.call("Invoke", {"FunctionName": "other"}, world.now)
