"""The generated functions run as Lambda runs them: their own text, a process of its own, real boto3 over HTTP against a moto server."""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from estate import ACCOUNT, ARBITER, EAST, WEST
from moto_client import client

from sfn_dsl import BatchReady, Control, EventLambda, Input, Load, Pipeline, SnsEvent, Stage, fn
from sfn_dsl.control.contract import DETAIL_TYPE
from sfn_dsl.control.names import execution_name
from sfn_dsl.deployment import Deployment
from sfn_dsl.proof.deploying import deploy
from sfn_dsl.region import Target
from sfn_dsl.resources.model import Function
from sfn_dsl.resources.template import Template
from sfn_dsl.simulate.clients import ClientError, WorldClient
from sfn_dsl.simulate.world import World
from sfn_dsl.stacks.pipeline_stack import pipeline_stack
from sfn_dsl.stacks.shared_stack import shared_stack
from sfn_dsl.triggers.wiring import wire

# What Lambda does: load the module once, call the handler per event, name an exception by its class.
DRIVER = """
import importlib.util, json, sys
import boto3
told = json.load(sys.stdin)
if told["endpoints"]:
    real = boto3.client
    def client(service, region_name=None, **options):
        return real(service, region_name=region_name, endpoint_url=told["endpoints"].get(region_name), **options)
    boto3.client = client
spec = importlib.util.spec_from_file_location("index", told["file"])
index = importlib.util.module_from_spec(spec)
spec.loader.exec_module(index)
for event in told["events"]:
    try:
        answer = {"returned": index.handler(event, None)}
    except Exception as error:
        answer = {"errorType": type(error).__name__, "errorMessage": str(error)}
    print("\\u0001" + json.dumps(answer))
"""
SECRETS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
NOBODY = "http://127.0.0.1:9"


def invoke(
    folder: Path,
    source: str,
    events: list[Any],
    endpoint: str,
    *,
    region: str = EAST,
    environment: Mapping[str, str] | None = None,
    endpoints: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """What each call of the handler came to. `endpoints`: where clients of single Regions go instead."""
    (folder / "index.py").write_text(source, encoding="utf-8")
    known = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    surroundings = {**known, **SECRETS, "AWS_DEFAULT_REGION": region, "AWS_ENDPOINT_URL": endpoint, **(environment or {})}
    told = {"file": str(folder / "index.py"), "events": events, "endpoints": dict(endpoints or {})}
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        input=json.dumps(told),
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line[1:]) for line in done.stdout.splitlines() if line.startswith("\u0001")]


def source_in(template: Template, name: str) -> str:
    [found] = [one.source for one in template.resources if isinstance(one, Function) and one.function_name == name]
    return found


READY = BatchReady(pipeline="up", batch_id="b", fields={"uri": "u", "unread": 1})


def pipeline(name: str, *triggers: Any) -> Pipeline:
    batch = Input(batch_id=str, uri="none")
    load = Load.lambda_("Put", function="f", payload={"b": batch.batch_id, "u": batch.uri}, timeout_seconds=60)
    control = Control(batch.batch_id)
    return Pipeline(name=name, input=batch, control=control, body=Stage("load", load), consumes=(READY,), triggers=triggers)


def stack(made: Pipeline) -> Template:
    return pipeline_stack(wire([made]).pipelines[made.name], [], Target(region=EAST, account=ACCOUNT), "publish")


def shared(region: str, deployment: Deployment) -> Template:
    return shared_stack(Target(region=region, account=ACCOUNT, deployment=deployment), [READY], [], "publish")


def sources() -> dict[str, str]:
    failing = Deployment(active=EAST, passive=WEST, forward="on-failure")
    sns = SnsEvent(topic="t", input={"batch_id": "order.id", "uri": "where"}, key="batch_id")
    return {
        "start_for_event": source_in(stack(pipeline("down", EventLambda())), "down-starter"),
        "start_for_message": source_in(stack(pipeline("down", sns)), "down-messages-starter"),
        "control_bridge": source_in(shared(WEST, ARBITER), "etl-control-bridge"),
        "forward_on_failure": source_in(shared(EAST, failing), "etl-forward-on-failure"),
    }


SOURCES = sources()


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_good_python(name: str, tmp_path: Path) -> None:
    source = SOURCES[name]
    tree = ast.parse(source, feature_version=(3, 11))
    assert ast.get_docstring(tree)
    assert len(source.splitlines()) < 60
    # CloudFormation takes 4 MB of inline code, but people read it in a pull request.
    file = tmp_path / "index.py"
    file.write_text(source.rstrip("\n") + "\n", encoding="utf-8")
    ruff = [str(Path(sys.executable).parent / "ruff"), "check", "--isolated", "--target-version", "py313", "--line-length", "132"]
    done = subprocess.run([*ruff, "--select", "E,F,W,I,B,UP", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


# The starter for events


def machine(endpoint: str, name: str = "m") -> str:
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    return str(
        client("stepfunctions", endpoint).create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]
    )


def started(endpoint: str, arn: str) -> dict[str, Any]:
    """Inputs of the executions of a machine, by name."""
    states = client("stepfunctions", endpoint)
    found = states.list_executions(stateMachineArn=arn)["executions"]
    return {one["name"]: json.loads(states.describe_execution(executionArn=one["executionArn"])["input"]) for one in found}


@pytest.mark.parametrize(
    "batch",
    ["b1", "2026-11-21T02:00:00Z", "x" * 80, "x" * 300, "\u00e9t\u00e9 \u2713 \U0001f600", 'a"b\\c\n', "", "a/b", "a:b", "a_b-c"],
)
def test_an_event_starts_an_execution_once(batch: str, endpoint: str, tmp_path: Path) -> None:
    arn = machine(endpoint, f"m{uuid.uuid4().hex}")
    detail = {"pipeline": "up", "batch_id": batch, "uri": "s3://x", "unread": 7, "status": "SUCCEEDED"}
    events = [{"id": str(number), "detail": detail} for number in range(2)]
    first, second = invoke(tmp_path, SOURCES["start_for_event"], events, endpoint, environment={"STATE_MACHINE_ARN": arn})
    name = execution_name("down", batch)
    assert started(endpoint, arn) == {name: {"batch_id": batch, "uri": "s3://x"}}
    assert first == {"returned": {"started": f"{arn.replace(':stateMachine:', ':execution:')}:{name}"}}
    # AWS answers the same ARN while the first one runs, and refuses when it has ended; moto's have ended.
    assert second in (first, {"returned": {"duplicate": name}})


def test_keys_that_look_alike_are_told_apart(endpoint: str, tmp_path: Path) -> None:
    arn = machine(endpoint, f"m{uuid.uuid4().hex}")
    batches = ["a b", "a/b", "a-b", "a:b", "x" * 90, "x" * 91]
    events = [{"detail": {"batch_id": batch, "attempt": attempt}} for batch in batches for attempt in (1, 2)]
    answers = invoke(tmp_path, SOURCES["start_for_event"], events, endpoint, environment={"STATE_MACHINE_ARN": arn})
    assert all("started" in one["returned"] for one in answers)
    assert started(endpoint, arn).keys() == {execution_name("down", batch, attempt) for batch in batches for attempt in (1, 2)}
    assert all(len(name) <= 80 for name in started(endpoint, arn))


@pytest.mark.parametrize(
    ("event", "arn", "error"),
    [
        ({"detail": {"batch_id": "b"}}, f"arn:aws:states:{EAST}:{ACCOUNT}:stateMachine:gone", "StateMachineDoesNotExist"),
        ({"detail": {}}, "", "KeyError"),
        ({}, "", "KeyError"),
    ],
)
def test_an_event_that_cannot_start_anything_is_an_error(event: Any, arn: str, error: str, endpoint: str, tmp_path: Path) -> None:
    """Lambda repeats the call, then sends it to the queue for failures."""
    [answer] = invoke(tmp_path, SOURCES["start_for_event"], [event], endpoint, environment={"STATE_MACHINE_ARN": arn})
    assert answer["errorType"] == error


# The starter for messages


def record(number: int, body: str) -> dict[str, Any]:
    return {"messageId": f"m{number}", "body": body, "eventSource": "aws:sqs"}


def test_messages_start_executions_and_bad_ones_come_again(endpoint: str, tmp_path: Path) -> None:
    arn = machine(endpoint, f"m{uuid.uuid4().hex}")
    bodies = [
        {"order": {"id": "o 1"}, "where": "s3://1", "more": 1},
        {"order": {"id": "o 1"}, "where": "s3://1"},
        {"order": {}, "where": "s3://2"},
        {"order": {"id": "\u00e9" * 100}, "where": "s3://3"},
    ]
    texts = [*(json.dumps(body) for body in bodies), "no JSON"]
    event = {"Records": [record(number, text) for number, text in enumerate(texts)]}
    environment = {"STATE_MACHINE_ARN": arn}
    [answer] = invoke(tmp_path, SOURCES["start_for_message"], [event], endpoint, environment=environment)
    assert answer == {"returned": {"batchItemFailures": [{"itemIdentifier": "m2"}, {"itemIdentifier": "m4"}]}}
    assert started(endpoint, arn) == {
        execution_name("down", "o 1"): {"batch_id": "o 1", "uri": "s3://1"},
        execution_name("down", "\u00e9" * 100): {"batch_id": "\u00e9" * 100, "uri": "s3://3"},
    }


def test_no_message_is_lost_when_nothing_can_be_started(endpoint: str, tmp_path: Path) -> None:
    event = {"Records": [record(number, json.dumps({"order": {"id": str(number)}, "where": "w"})) for number in range(3)]}
    environment = {"STATE_MACHINE_ARN": f"arn:aws:states:{EAST}:{ACCOUNT}:stateMachine:gone"}
    [answer] = invoke(tmp_path, SOURCES["start_for_message"], [event], endpoint, environment=environment)
    assert [one["itemIdentifier"] for one in answer["returned"]["batchItemFailures"]] == ["m0", "m1", "m2"]


def test_a_key_that_is_a_nasty_text_is_still_python() -> None:
    nasty = 'a"; import os #'
    batch = Input(**{"batch_id": "b", nasty: str})
    made = Pipeline(
        name="down",
        input=batch,
        body=Load.lambda_("Put", function="f", payload={}),
        triggers=(SnsEvent(topic="t", input={nasty: "x"}, key=nasty),),
    )
    tree = ast.parse(source_in(stack(made), "down-messages-starter"))
    [key] = [node.value for node in tree.body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "KEY"]
    assert ast.literal_eval(key) == [nasty]


def keyed(batch: Any, **more: Any) -> str:
    """The starter of a pipeline whose batch is what `batch` makes of the input; None: it keeps no rows."""
    given = Input(key=str, version=str, arrived=str)
    trigger = SnsEvent(topic="t", input={"key": "key", "version": "version", "arrived": "arrived"}, **more)
    load = Load.lambda_("Put", function="f", payload={"k": given.key}, timeout_seconds=60)
    made = Pipeline(
        name="down", input=given, control=batch and Control(batch(given)), body=Stage("load", load), triggers=(trigger,)
    )
    assert not wire([made]).problems
    return source_in(stack(made), "down-messages-starter")


@pytest.mark.parametrize(
    ("batch", "more", "executions"),
    [
        (lambda given: fn.format("{}@{}", given.key, given.version), {}, 3),
        (lambda given: given.key, {}, 2),
        (lambda given: given.key, {"key": ("version", "key")}, 3),
        (None, {"key": "version"}, 2),
        (None, {}, 4),
    ],
)
def test_messages_of_two_batches_never_start_one_execution(
    batch: Any, more: Any, executions: int, endpoint: str, tmp_path: Path
) -> None:
    arn = machine(endpoint, f"m{uuid.uuid4().hex}")
    said = [("a", "v1", "10:00"), ("b", "v1", "10:00"), ("b", "v2", "10:00"), ("a", "v1", "10:05")]
    texts = [json.dumps(dict(zip(("key", "version", "arrived"), one, strict=True))) for one in said]
    event = {"Records": [record(number, text) for number, text in enumerate(texts)]}
    [answer] = invoke(tmp_path, keyed(batch, **more), [event], endpoint, environment={"STATE_MACHINE_ARN": arn})
    assert answer == {"returned": {"batchItemFailures": []}}
    assert len(started(endpoint, arn)) == executions


def test_events_of_two_batches_never_start_one_execution(endpoint: str, tmp_path: Path) -> None:
    """The consumer's batch is made of more than the event's; without rows, two producers may give batches one name."""
    other = BatchReady(pipeline="other", batch_id="b", fields={"uri": "u"})
    given = Input(batch_id=str, uri=str)
    load = Load.lambda_("Put", function="f", payload={"b": given.batch_id}, timeout_seconds=60)
    rows = Control(fn.format("{}/{}", given.uri, given.batch_id))
    details = [{"pipeline": pipeline, "batch_id": "1", "uri": uri} for pipeline in ("up", "other") for uri in ("x", "y")]
    for control, executions in ((rows, {"x", "y"}), (None, {"up", "other"})):
        made = Pipeline(
            name="down",
            input=given,
            control=control,
            body=Stage("load", load),
            consumes=(READY, other),
            triggers=(EventLambda(),),
        )
        arn = machine(endpoint, f"m{uuid.uuid4().hex}")
        source = source_in(stack(made), "down-starter")
        invoke(tmp_path, source, [{"detail": one} for one in details], endpoint, environment={"STATE_MACHINE_ARN": arn})
        assert len(started(endpoint, arn)) == len(executions)


# The bridge to the control table


def table(endpoint: str, region: str) -> None:
    client("dynamodb", endpoint, region).create_table(
        TableName="etl-control",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "queue")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_queue",
                "KeySchema": [{"AttributeName": "queue", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture
def tables(endpoint: str) -> Iterator[str]:
    for region in ARBITER.replicas:
        table(endpoint, region)
    yield endpoint
    for region in ARBITER.replicas:
        client("dynamodb", endpoint, region).delete_table(TableName="etl-control")


def call(operation: str, **arguments: Any) -> dict[str, Any]:
    return {"operation": operation, "arguments": {"TableName": "etl-control", **arguments}}


KEY = {"pk": {"S": "PIPE#p#BATCH#b"}, "sk": {"S": "RUN"}}
ITEM = {**KEY, "queue": {"S": "READY#p"}, "fence": {"N": "1"}}
NEW = {"ConditionExpression": "attribute_not_exists(pk)"}
RAISE = {
    "Key": KEY,
    "UpdateExpression": "SET fence = fence + :one",
    "ConditionExpression": "fence = :mine",
    "ReturnValues": "ALL_NEW",
}


def test_every_operation_goes_over_the_bridge(tables: str, tmp_path: Path) -> None:
    events = [
        call("getItem", Key=KEY, ConsistentRead=True),
        call("putItem", Item=ITEM, **NEW),
        call("putItem", Item=ITEM, **NEW),
        call("updateItem", **RAISE, ExpressionAttributeValues={":one": {"N": "1"}, ":mine": {"N": "1"}}),
        call("updateItem", **RAISE, ExpressionAttributeValues={":one": {"N": "1"}, ":mine": {"N": "1"}}),
        call(
            "query",
            IndexName="by_queue",
            KeyConditionExpression="queue = :q",
            ExpressionAttributeValues={":q": {"S": "READY#p"}},
            ProjectionExpression="pk, sk",
        ),
        call("deleteItem", Key=KEY),
        call("getItem", Key=KEY),
        call("scan"),
    ]
    answers = invoke(tmp_path, SOURCES["control_bridge"], events, tables, region=WEST)
    refused = {"errorType": "ConditionalCheckFailedException"}
    assert answers[0] == {"returned": {}}
    assert answers[1] == {"returned": {}}
    assert {"errorType": answers[2]["errorType"]} == {"errorType": answers[4]["errorType"]} == refused
    assert answers[3]["returned"]["Attributes"] == {**ITEM, "fence": {"N": "2"}}
    assert answers[5]["returned"]["Items"] == [KEY]
    assert [answers[6], answers[7]] == [{"returned": {}}, {"returned": {}}]
    assert answers[8]["errorType"] == "KeyError", "the bridge carries only what the machines need"


def write(number: int = 1) -> dict[str, Any]:
    return call("putItem", Item={"pk": {"S": f"b{number}"}, "sk": {"S": "RUN"}})


def there(endpoint: str, region: str) -> int:
    return int(client("dynamodb", endpoint, region).scan(TableName="etl-control")["Count"])


class _Refusing(BaseHTTPRequestHandler):
    """A DynamoDB that answers one error to everything."""

    code = ""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{self.code}", "message": "no"}).encode()
        self.send_response(500 if self.code in ("InternalServerError", "ServiceUnavailable") else 400)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def refusing() -> Iterator[Any]:
    servers = []

    def make(code: str) -> str:
        server = HTTPServer(("127.0.0.1", 0), type("Handler", (_Refusing,), {"code": code}))
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_nearest_replica_is_asked_first(tables: str, tmp_path: Path) -> None:
    invoke(tmp_path, SOURCES["control_bridge"], [write()], tables, region=WEST)
    assert (there(tables, "us-west-2"), there(tables, EAST)) == (1, 0)


def test_an_unreachable_region_costs_nothing_but_time(tables: str, tmp_path: Path) -> None:
    endpoints = {"us-west-2": NOBODY, EAST: tables}
    events = [write(), write(2)]
    answers = invoke(tmp_path, SOURCES["control_bridge"], events, tables, region=WEST, endpoints=endpoints)
    assert answers == [{"returned": {}}] * 2
    assert (there(tables, "us-west-2"), there(tables, EAST)) == (0, 2)


def test_without_any_region_the_call_fails(tables: str, tmp_path: Path) -> None:
    endpoints = {"us-west-2": NOBODY, EAST: NOBODY}
    [answer] = invoke(tmp_path, SOURCES["control_bridge"], [write()], tables, region=WEST, endpoints=endpoints)
    assert answer["errorType"] == "EndpointConnectionError"


@pytest.mark.parametrize(
    ("code", "elsewhere", "error"),
    [
        ("InternalServerError", True, ""),
        ("ServiceUnavailable", True, ""),
        ("ThrottlingException", True, ""),
        ("ReplicatedWriteConflictException", True, ""),
        ("AccessDeniedException", False, "AccessDeniedException"),
        ("ResourceNotFoundException", False, "ResourceNotFoundException"),
        ("ValidationException", False, "ClientError"),
        ("ConditionalCheckFailedException", False, "ConditionalCheckFailedException"),
    ],
)
def test_errors_of_the_first_region(code: str, elsewhere: bool, error: str, tables: str, tmp_path: Path, refusing: Any) -> None:
    """Trouble is taken elsewhere; an answer is an answer."""
    endpoints = {"us-west-2": refusing(code), EAST: tables}
    [answer] = invoke(tmp_path, SOURCES["control_bridge"], [write()], tables, region=WEST, endpoints=endpoints)
    assert there(tables, EAST) == elsewhere
    if elsewhere:
        assert answer == {"returned": {}}
    else:
        assert answer["errorType"] in (error, "ClientError")
        assert code in answer["errorMessage"]


def test_the_last_region_has_the_last_word(tables: str, tmp_path: Path, refusing: Any) -> None:
    endpoints = {"us-west-2": NOBODY, EAST: refusing("ThrottlingException")}
    [answer] = invoke(tmp_path, SOURCES["control_bridge"], [write()], tables, region=WEST, endpoints=endpoints)
    assert "ThrottlingException" in answer["errorMessage"]


# Forwarding on failure


@pytest.fixture
def peer(endpoint: str) -> Iterator[Any]:
    """The peer's bus, with a queue behind it that shows what arrives."""
    events, queues = client("events", endpoint, WEST), client("sqs", endpoint, WEST)
    bus = events.create_event_bus(Name="etl")["EventBusArn"]
    url = queues.create_queue(QueueName="seen")["QueueUrl"]
    pattern = json.dumps({"source": ["com.acme.etl.up"]})
    events.put_rule(Name="seen", EventBusName="etl", EventPattern=pattern)
    arn = f"arn:aws:sqs:{WEST}:123456789012:seen"
    events.put_targets(Rule="seen", EventBusName="etl", Targets=[{"Id": "q", "Arn": arn}])

    def received() -> list[Any]:
        return [json.loads(one["Body"]) for one in queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])]

    received.bus = bus  # type: ignore[attr-defined]
    yield received
    events.remove_targets(Rule="seen", EventBusName="etl", Ids=["q"])
    events.delete_rule(Name="seen", EventBusName="etl")
    events.delete_event_bus(Name="etl")
    queues.delete_queue(QueueUrl=url)


EVENT = {
    "id": "i",
    "source": "com.acme.etl.up",
    "detail-type": "BatchReady",
    "region": EAST,
    "detail": {"batch_id": "\u00e9 1", "uri": "s3://x", "pipeline": "up", "status": "SUCCEEDED"},
}


def test_nothing_is_forwarded_while_the_region_works(endpoint: str, peer: Any, tmp_path: Path) -> None:
    environment = {"PEER_BUS_ARN": peer.bus, "PROBED_MACHINE_ARN": machine(endpoint, "probe")}
    [answer] = invoke(tmp_path, SOURCES["forward_on_failure"], [EVENT], endpoint, environment=environment)
    assert (answer, peer()) == ({"returned": {"forwarded": False}}, [])


PROBED = f"arn:aws:states:{EAST}:{ACCOUNT}:stateMachine:gone"


@pytest.mark.parametrize("code", ["InternalServerError", "ServiceUnavailable"])
def test_an_event_is_forwarded_when_step_functions_is_broken(
    code: str, endpoint: str, peer: Any, tmp_path: Path, refusing: Any
) -> None:
    environment = {"PEER_BUS_ARN": peer.bus, "PROBED_MACHINE_ARN": PROBED, "AWS_ENDPOINT_URL_SFN": refusing(code)}
    [answer] = invoke(tmp_path, SOURCES["forward_on_failure"], [EVENT], endpoint, environment=environment)
    assert answer == {"returned": {"forwarded": True}}
    [seen] = peer()
    assert {name: seen[name] for name in ("source", "detail-type", "detail")} == {
        name: EVENT[name] for name in ("source", "detail-type", "detail")
    }
    assert seen["region"] == WEST, "so that `region` alone would let the peer send it back"


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "StateMachineDoesNotExist", "InvalidArn"])
def test_a_refusal_is_no_failure_of_the_region(code: str, endpoint: str, peer: Any, tmp_path: Path, refusing: Any) -> None:
    environment = {"PEER_BUS_ARN": peer.bus, "PROBED_MACHINE_ARN": PROBED, "AWS_ENDPOINT_URL_SFN": refusing(code)}
    [answer] = invoke(tmp_path, SOURCES["forward_on_failure"], [EVENT], endpoint, environment=environment)
    assert (answer, peer()) == ({"returned": {"forwarded": False}}, [])


@pytest.mark.parametrize("probed", [NOBODY, "silent"])
def test_an_unreachable_probe_counts_as_failure(probed: str, endpoint: str, peer: Any, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        there = f"http://127.0.0.1:{silent.getsockname()[1]}" if probed == "silent" else probed
        environment = {"PEER_BUS_ARN": peer.bus, "PROBED_MACHINE_ARN": PROBED, "AWS_ENDPOINT_URL_SFN": there}
        [answer] = invoke(tmp_path, SOURCES["forward_on_failure"], [EVENT], endpoint, environment=environment)
    assert (answer, len(peer())) == ({"returned": {"forwarded": True}}, 1)


def test_an_unreachable_peer_is_an_error(endpoint: str, tmp_path: Path) -> None:
    """So that Lambda tries again."""
    environment = {
        "PEER_BUS_ARN": f"arn:aws:events:{WEST}:{ACCOUNT}:event-bus/etl",
        "PROBED_MACHINE_ARN": PROBED,
        "AWS_ENDPOINT_URL_SFN": NOBODY,
        "AWS_ENDPOINT_URL_EVENTBRIDGE": NOBODY,
    }
    [answer] = invoke(tmp_path, SOURCES["forward_on_failure"], [EVENT], endpoint, environment=environment)
    assert answer["errorType"] == "EndpointConnectionError"


@pytest.mark.parametrize("sick", [{EAST, WEST}, {EAST}, set()], ids=["both sick", "one sick", "none sick"])
@pytest.mark.parametrize("forward", ["always", "on-failure"])
def test_an_event_crosses_once(forward: str, sick: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The forward rules and functions of both Regions as generated, in a world: what is put in one Region reaches the peer at most
    once, and never comes back."""
    monkeypatch.setattr("sfn_dsl.simulate.clients.WorldClient._call", _with_sick(sick))
    deployment = Deployment(active=EAST, passive=WEST, forward=forward)
    world = World(regions=(EAST, WEST), account=ACCOUNT)
    deploy(world, [shared(region, deployment) for region in (EAST, WEST)], [])
    detail = {"batch_id": "b", "pipeline": "up", "status": "SUCCEEDED", "produced_region": EAST}
    entry = {"EventBusName": "etl", "Source": "sfn-dsl.up", "DetailType": DETAIL_TYPE}
    world.place(EAST).events.call("PutEvents", {"Entries": [{**entry, "Detail": json.dumps(detail)}]}, world.now)
    world.run(seconds=3600)
    crossed = forward == "always" or EAST in sick
    assert {region: len(world.place(region).events.events) for region in (EAST, WEST)} == {EAST: 1, WEST: int(crossed)}


def _with_sick(sick: set[str]) -> Any:
    """Calls of a world in which Step Functions of some Regions is broken."""
    real = WorldClient._call

    def call(self: WorldClient, operation: str, **arguments: Any) -> Any:
        if self._service == "stepfunctions" and self._there.name in sick:
            response = {"Error": {"Code": "InternalServerError", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 500}}
            raise ClientError(response, operation)
        return real(self, operation, **arguments)

    return call
