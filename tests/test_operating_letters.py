"""`dlq`: the shapes of dead letters, what each becomes, what stays, and what is deleted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from operating import ACCOUNT, EAST, WEST, run_item
from operating_aws import Aws

from sfn_dsl.publish import republishing
from sfn_dsl.publish.clients import Clients, Declined
from sfn_dsl.publish.letters import letter_of
from sfn_dsl.triggers.letter_kinds import LetterKind, letter_kind

pytest_plugins = ("operating_fixtures",)
SECRET = "4111-1111-1111-1111"
ALIAS = f"arn:aws:states:{EAST}:{ACCOUNT}:stateMachine:orders:live"
RULE = f"arn:aws:events:{EAST}:{ACCOUNT}:rule/etl/orders-on-base"
OWN_RULE = f"arn:aws:events:{EAST}:{ACCOUNT}:rule/orders-on-object"
SCHEDULE = f"arn:aws:scheduler:{EAST}:{ACCOUNT}:schedule/orders/orders-schedule"
FUNCTION = f"arn:aws:lambda:{EAST}:{ACCOUNT}:function:orders-starter:$LATEST"
EVENT = {
    "version": "0",
    "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "BatchReady",
    "source": "sfn-dsl.base",
    "account": ACCOUNT,
    "time": "2026-11-21T02:00:00Z",
    "region": EAST,
    "resources": ["arn:aws:states:us-east-1:123456789012:execution:base:x"],
    "detail": {"pipeline": "base", "batch_id": "b1", "status": "SUCCEEDED", "card": SECRET},
}
OBJECT = {
    **EVENT,
    "source": "aws.s3",
    "detail-type": "Object Created",
    "detail": {"bucket": {"name": "lake"}, "object": {"key": "a/b.csv"}},
}
RECORD = {
    "version": "1.0",
    "timestamp": "2026-11-21T02:00:09.000Z",
    "requestContext": {"requestId": "r", "functionArn": FUNCTION, "condition": "RetriesExhausted", "approximateInvokeCount": 3},
    "requestPayload": EVENT,
    "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    "responsePayload": {"errorMessage": "no", "errorType": "KeyError"},
}
BY_RULE = {"RULE_ARN": RULE, "TARGET_ARN": ALIAS, "ERROR_CODE": "NO_PERMISSIONS", "RETRY_ATTEMPTS": "0"}
BY_SCHEDULE = {"SCHEDULE_ARN": SCHEDULE, "TARGET_ARN": ALIAS, "ERROR_CODE": "AWS.SFN.ThrottlingException"}
FAILED_JOB = {
    **EVENT,
    "source": "aws.glue",
    "detail-type": "Glue Job State Change",
    "detail": {"jobName": "load", "jobRunId": "jr_1", "state": "TIMEOUT", "message": SECRET},
}
ASIDE = {
    "pipeline": "orders",
    "batch": "b1",
    "step": "Route",
    "error": "UnknownDataType",
    "cause": SECRET,
    "input": {"batch_id": "b1"},
}
KEPT = ("source", "detail-type", "detail", "resources", "time", "region")
SLOT = {"slot": "2026-11-21T02:00:00Z", "card": SECRET}


def message(body: Any, attributes: dict[str, str] | None = None) -> dict[str, Any]:
    written = {name: {"DataType": "String", "StringValue": value} for name, value in (attributes or {}).items()}
    text = body if isinstance(body, str) else json.dumps(body)
    return {
        "MessageId": "m",
        "ReceiptHandle": "h",
        "Body": text,
        "MessageAttributes": written,
        "Attributes": {"SentTimestamp": "5"},
    }


SHAPES: dict[str, tuple[dict[str, Any], tuple[str, str, str, str]]] = {
    "rule": (message(EVENT, BY_RULE), ("event", "NO_PERMISSIONS", "b1", "rule/etl/orders-on-base")),
    "schedule": (message(SLOT, BY_SCHEDULE), ("schedule", "AWS.SFN.ThrottlingException", SLOT["slot"], "schedule/orders/orders-schedule")),
    "schedule with a batch": (
        message({"batch_id": 7}, BY_SCHEDULE),
        ("schedule", "AWS.SFN.ThrottlingException", "7", "schedule/orders/orders-schedule"),
    ),
    "function": (message(RECORD), ("function", "KeyError", "b1", "function:orders-starter:$LATEST")),
    "function without an answer": (
        message({**RECORD, "responsePayload": None}),
        ("function", "RetriesExhausted", "b1", "function:orders-starter:$LATEST"),
    ),
    "an event without a batch": (message({**EVENT, "detail": {}}, BY_RULE), ("event", "NO_PERMISSIONS", "", "rule/etl/orders-on-base")),
    "no JSON": (message("hello", BY_RULE), ("unknown", "NO_PERMISSIONS", "", "rule/etl/orders-on-base")),
    "no object": (message([EVENT]), ("unknown", "", "", "")),
    "no event": (message({"detail": {}}, BY_RULE), ("unknown", "NO_PERMISSIONS", "", "rule/etl/orders-on-base")),
    "a message of a topic": (message({"order": 1}), ("unknown", "", "", "")),
    "a record without an event": (message({**RECORD, "requestPayload": {"Records": []}}), ("unknown", "", "", "")),
    "a slot without a time": (
        message('{"slot":"<aws.scheduler.scheduled-time>"}', BY_SCHEDULE),
        ("unknown", "AWS.SFN.ThrottlingException", "", "schedule/orders/orders-schedule"),
    ),
    "a slot with a time": (
        message('{"slot":"<aws.scheduler.scheduled-time>"}', {**BY_SCHEDULE, "SCHEDULED_TIME": "2026-11-21T02:00:00Z"}),
        ("schedule", "AWS.SFN.ThrottlingException", "2026-11-21T02:00:00Z", "schedule/orders/orders-schedule"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), SHAPES.values(), ids=SHAPES)
def test_shapes(given: dict[str, Any], expected: tuple[str, str, str, str]) -> None:
    letter = letter_of(given)
    assert (letter.shape, letter.error, letter.batch, letter.origin) == expected
    assert letter.sent_at == 5
    assert SECRET not in repr(letter)


KINDS: dict[str, tuple[LetterKind, Any, tuple[str, str, str, str]]] = {
    "a batch set aside": ("poison", ASIDE, ("poison", "UnknownDataType", "b1", "Route")),
    "a note of one's own": ("poison", {"why": 1}, ("poison", "", "", "")),
    "no note": ("poison", [1], ("unknown", "", "", "")),
    "a failed job": ("jobs", FAILED_JOB, ("job", "TIMEOUT", "", "job/load/jr_1")),
    "no failed job": ("jobs", {"a": 1}, ("unknown", "", "", "")),
    "a message": ("messages", {"order": 1}, ("message", "", "", "")),
    "a message that is an event": ("messages", EVENT, ("message", "", "", "")),
}


@pytest.mark.parametrize(("kind", "body", "expected"), KINDS.values(), ids=KINDS)
def test_shapes_by_the_kind_of_queue(kind: LetterKind, body: Any, expected: tuple[str, str, str, str]) -> None:
    letter = letter_of(message(body), kind)
    assert (letter.shape, letter.error, letter.batch, letter.origin) == expected
    assert SECRET not in repr(letter)


@pytest.mark.parametrize(
    ("queue", "pipeline", "kind"),
    [
        ("p-dead-letters", "p", "deliveries"),
        ("etl-forward-dead-letters", "", "deliveries"),
        ("p-starter-failures", "p", "calls"),
        ("p-messages-dead-letters", "p", "messages"),
        ("p-poison-dead-letters", "p", "poison"),
        ("p-job-failures", "p", "jobs"),
        ("p-messages", "p", None),
    ],
)
def test_kinds_of_queues(queue: str, pipeline: str, kind: str | None) -> None:
    assert letter_kind(queue, pipeline) == kind


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)
NAMED = st.dictionaries(
    st.sampled_from(["source", "detail-type", "detail", "requestPayload", "requestContext", "responsePayload"]), JSON
)


@settings(deadline=None)
@given(
    body=st.text() | (JSON | NAMED).map(json.dumps),
    attributes=st.dictionaries(st.sampled_from(sorted(BY_RULE)), st.text()),
    kind=st.sampled_from(["deliveries", "calls", "messages", "poison", "jobs"]),
)
def test_any_message_is_a_letter(body: str, attributes: dict[str, str], kind: LetterKind) -> None:
    letter = letter_of(message(body, attributes), kind)
    assert letter.origin is not None
    assert (letter.content is None) == (letter.shape == "unknown")


class Queues:
    """Queues of moto with dead letters, and a queue that hears what comes over the bus."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def make(self, name: str, *messages: dict[str, Any], region: str = EAST) -> str:
        client = self.aws.client("sqs", region)
        url: str = client.create_queue(QueueName=name)["QueueUrl"]
        for one in messages:
            client.send_message(QueueUrl=url, MessageBody=one["Body"], MessageAttributes=one["MessageAttributes"])
        return url

    def bodies(self, url: str, region: str = EAST) -> list[Any]:
        """What lies in a queue; it is taken out."""
        client, found = self.aws.client("sqs", region), []
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for one in messages:
                found.append(one["Body"])
                client.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return found

    def listener(self, bus: str) -> str:
        """A queue that gets every event of a bus."""
        events = self.aws.client("events", EAST)
        if bus != "default":
            events.create_event_bus(Name=bus)
        url = self.make(f"heard-on-{bus}")
        events.put_rule(Name="hear", EventBusName=bus, EventPattern='{"account": ["123456789012"]}')
        arn = f"arn:aws:sqs:{EAST}:{ACCOUNT}:heard-on-{bus}"
        events.put_targets(Rule="hear", EventBusName=bus, Targets=[{"Id": "q", "Arn": arn}])
        return url


@pytest.fixture
def queues(aws: Aws) -> Queues:
    return Queues(aws)


def heard(bodies: list[str]) -> list[Any]:
    """What events hold that a bus does not give them anew."""
    return [{name: value for name, value in json.loads(body).items() if name in KEPT} for body in bodies]


def test_events_and_records_go_over_the_bus_again(queues: Queues, aws: Aws, folder: Path) -> None:
    url = queues.listener("etl")
    letters = queues.make("orders-dead-letters", message(EVENT, BY_RULE), message({**EVENT, "resources": []}, BY_RULE))
    failures = queues.make("orders-starter-failures", message(RECORD))
    code, out, _ = aws.cli(folder, "dlq", "republish", "orders", "--yes")
    assert (code, out.splitlines()[-1]) == (0, "3 sent")
    assert SECRET not in out
    assert queues.bodies(letters) == queues.bodies(failures) == []
    sent = queues.bodies(url)
    assert EVENT["id"] not in {json.loads(body)["id"] for body in sent}
    plain = {name: value for name, value in EVENT.items() if name in KEPT}
    assert sorted(heard(sent), key=lambda event: len(event["resources"])) == [{**plain, "resources": []}, plain, plain]
    code, out, _ = aws.cli(folder, "dlq", "republish", "orders")
    assert (code, out.splitlines()[-1]) == (0, "There is nothing to send.")


def test_forwarded_events_go_to_the_bus_of_their_rule(queues: Queues, aws: Aws, folder: Path) -> None:
    url = queues.listener("etl")
    peer = f"arn:aws:events:{WEST}:{ACCOUNT}:event-bus/etl"
    letters = queues.make("etl-forward-dead-letters", message(EVENT, {**BY_RULE, "TARGET_ARN": peer}))
    assert aws.cli(folder, "dlq", "republish", "etl-forward-dead-letters", "--yes")[0] == 0
    assert (len(queues.bodies(url)), queues.bodies(letters)) == (1, [])


def test_a_schedules_input_starts_its_target(queues: Queues, aws: Aws, folder: Path) -> None:
    aws.machine(EAST)
    letters = queues.make("orders-dead-letters", message(SLOT, BY_SCHEDULE))
    code, out, _ = aws.cli(folder, "dlq", "republish", "orders-dead-letters", "--yes", "--output-format", "json")
    [told] = json.loads(out)
    assert (code, told["fate"], told["shape"], told["detail"]) == (0, "started", "schedule", "stateMachine:orders:live")
    [(arn, given)] = aws.started(EAST)
    assert given == SLOT
    assert arn.endswith(f":letter-{told['id']}")
    assert queues.bodies(letters) == []


def test_events_of_aws_start_what_their_rule_starts(queues: Queues, aws: Aws, folder: Path) -> None:
    """Nobody may put them on a bus."""
    aws.machine(EAST)
    events = aws.client("events", EAST)
    events.put_rule(Name="orders-on-object", EventPattern='{"source": ["aws.s3"]}')
    made = {"InputPathsMap": {"key": "$.detail.object.key"}, "InputTemplate": '{"key":<key>}'}
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    events.put_targets(Rule="orders-on-object", Targets=[{"Id": "start", "Arn": ALIAS, "RoleArn": role, "InputTransformer": made}])
    letters = queues.make("orders-dead-letters", message(OBJECT, {**BY_RULE, "RULE_ARN": OWN_RULE}))
    assert aws.cli(folder, "dlq", "republish", "orders", "--yes")[0] == 0
    assert [given for _, given in aws.started(EAST)] == [{"key": "a/b.csv"}]
    assert queues.bodies(letters) == []


def test_what_exists_is_not_sent(queues: Queues, aws: Aws, folder: Path) -> None:
    url = queues.listener("etl")
    letters = queues.make("orders-dead-letters", message(EVENT, {**BY_RULE, "ERROR_CODE": "RESOURCE_ALREADY_EXISTS"}))
    code, out, _ = aws.cli(folder, "dlq", "republish", "orders", "--yes")
    assert (code, out.splitlines()[-1]) == (0, "1 started before")
    assert queues.bodies(url) == queues.bodies(letters) == []


STAYING = {
    "unknown": (message({"card": SECRET}), "it is no dead letter of a rule, a schedule or a function"),
    "no machine": (message(SLOT, {**BY_SCHEDULE, "TARGET_ARN": FUNCTION}), "is no state machine"),
    "no target": (message(SLOT, {**BY_SCHEDULE, "TARGET_ARN": ""}), "its target (none) is no state machine"),
    "the machine is gone": (message(SLOT, BY_SCHEDULE), "does not take it: StateMachineDoesNotExist"),
    "the rule is gone": (message(OBJECT, {**BY_RULE, "RULE_ARN": OWN_RULE}), "the rule orders-on-object is no more"),
    "the rule has other targets": (
        message(OBJECT, {**BY_RULE, "RULE_ARN": OWN_RULE.replace("orders-on-object", "kept")}),
        "the rule kept has no target",
    ),
    "the rule says no JSON": (
        message(OBJECT, {**BY_RULE, "RULE_ARN": OWN_RULE.replace("orders-on-object", "odd")}),
        "what the rule odd makes of it is no JSON",
    ),
    "a record of AWS": (message({**RECORD, "requestPayload": OBJECT}), "nobody may send an event of `aws.s3` again"),
}


@pytest.mark.parametrize(("given", "reason"), STAYING.values(), ids=STAYING)
def test_what_nothing_can_be_made_of_stays(queues: Queues, aws: Aws, folder: Path, given: dict[str, Any], reason: str) -> None:
    events = aws.client("events", EAST)
    for rule in ("kept", "odd"):
        events.put_rule(Name=rule, EventPattern='{"source": ["aws.s3"]}')
    odd = {"InputPathsMap": {"key": "$.detail.object.key"}, "InputTemplate": "<key> <key>"}
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    events.put_targets(Rule="odd", Targets=[{"Id": "s", "Arn": ALIAS, "RoleArn": role, "InputTransformer": odd}])
    url = queues.listener("etl")
    letters = queues.make("orders-dead-letters", given, message(EVENT, BY_RULE))
    code, out, _ = aws.cli(folder, "dlq", "republish", "orders", "--yes")
    assert (code, reason in out, out.splitlines()[-1]) == (1, True, "1 sent, 1 left where they are"), out
    assert SECRET not in out
    # It can be seen again at once.
    assert queues.bodies(letters) == [given["Body"]]
    assert len(queues.bodies(url)) == 1


def test_a_bus_that_refuses_keeps_the_letter(queues: Queues, aws: Aws, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Clients.call

    def call(self: Clients, service: str, region: str, operation: str, /, **arguments: Any) -> Any:
        if operation == "put_events":
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException", "ErrorMessage": "slow"}]}
        return plain(self, service, region, operation, **arguments)

    monkeypatch.setattr(Clients, "call", call)
    letters = queues.make("orders-dead-letters", message(EVENT, BY_RULE))
    code, out, _ = aws.cli(folder, "dlq", "republish", "orders", "--yes")
    assert (code, "stays" in out, "the bus etl refuses it: ThrottlingException" in out) == (1, True, True)
    assert len(queues.bodies(letters)) == 1


@pytest.mark.parametrize("operation", ["put_events", "start_execution", "delete_message"])
def test_nothing_is_lost_when_aws_says_no(
    queues: Queues, aws: Aws, folder: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    """Done again when the rights are there, everything has been sent, and a start has happened once."""
    plain = Clients.call
    denied = [operation]

    def call(self: Clients, service: str, region: str, asked: str, /, **arguments: Any) -> Any:
        if asked in denied:
            raise Declined(f"AWS does not allow you {asked}", code="AccessDeniedException")
        if asked == "receive_message":
            arguments["VisibilityTimeout"] = 0
        return plain(self, service, region, asked, **arguments)

    monkeypatch.setattr(Clients, "call", call)
    aws.machine(EAST)
    url = queues.listener("etl")
    letters = queues.make("orders-dead-letters", message(EVENT, BY_RULE), message(SLOT, BY_SCHEDULE))
    assert aws.cli(folder, "dlq", "republish", "orders", "--yes")[0] == 2
    denied.clear()
    assert aws.cli(folder, "dlq", "republish", "orders", "--yes")[0] == 0
    assert queues.bodies(letters) == []
    assert len(aws.started(EAST)) == 1
    assert {json.loads(body)["detail"]["batch_id"] for body in queues.bodies(url)} == {"b1"}


def test_a_limit(queues: Queues, aws: Aws, folder: Path) -> None:
    url = queues.listener("etl")
    letters = queues.make("orders-dead-letters", *[message({**EVENT, "time": f"t{n}"}, BY_RULE) for n in range(25)])
    code, out, _ = aws.cli(folder, "dlq", "republish", "orders", "--yes", "--limit", "12")
    assert (code, out.splitlines()[-1], len(queues.bodies(url))) == (0, "12 sent", 12)
    assert aws.cli(folder, "dlq", "republish", "orders", "--yes")[1].splitlines()[-1] == "13 sent"
    assert queues.bodies(letters) == []


def test_what_fails_again_at_once_is_not_sent_in_a_circle(
    queues: Queues, aws: Aws, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = republishing._put
    queues.listener("etl")

    def failing(clients: Clients, region: str, event: dict[str, Any], bus: str) -> Any:
        queues.make("orders-dead-letters", message(event, BY_RULE))
        return plain(clients, region, event, bus)

    monkeypatch.setattr(republishing, "_put", failing)
    letters = queues.make("orders-dead-letters", *[message(EVENT, BY_RULE)] * 3)
    assert aws.cli(folder, "dlq", "republish", "orders", "--yes")[1].splitlines()[-1] == "3 sent"
    assert len(queues.bodies(letters)) == 3


def test_the_list(queues: Queues, aws: Aws, folder: Path) -> None:
    kept = queues.make("orders-dead-letters", message(EVENT, BY_RULE), message(SLOT, BY_SCHEDULE))
    queues.make("orders-daily-dead-letters", message("odd"), region=WEST)
    queues.make("orders-starter-failures")
    for other in ("orders-messages", "payments-dead-letters", "etl-forward-other", "etl-dead-letters"):
        queues.make(other, message(EVENT, BY_RULE))
    code, out, _ = aws.cli(folder, "dlq", "list")
    lines = out.splitlines()
    assert code == 0
    assert [line for line in lines if not line.startswith("  ")] == [
        "us-east-1  orders-dead-letters  2",
        "us-east-1  orders-starter-failures  empty",
        "us-west-1  orders-daily-dead-letters  1",
    ]
    assert sorted(line.strip().partition("  ")[2] for line in lines if line.startswith("  ")) == [
        "0 min  event  NO_PERMISSIONS  b1  rule/etl/orders-on-base",
        "0 min  schedule  AWS.SFN.ThrottlingException  2026-11-21T02:00:00Z  schedule/orders/orders-schedule",
        "0 min  unknown  -  -  -",
    ]
    assert SECRET not in out
    # Nothing has been taken out or hidden.
    assert aws.cli(folder, "dlq", "list")[1] == out
    assert SECRET in aws.cli(folder, "dlq", "list", "--show")[1]
    told = json.loads(aws.cli(folder, "dlq", "list", "orders", "--output-format", "json")[1])
    assert [(queue["queue"], queue["count"], len(queue["letters"])) for queue in told] == [
        ("orders-dead-letters", 2, 2),
        ("orders-starter-failures", 0, 0),
    ]
    assert SECRET not in json.dumps(told)
    code, out, _ = aws.cli(folder, "dlq", "list", "orders", "--limit", "1")
    assert (code, "  ... and about 1 more" in out) == (0, True)
    assert [line for line in aws.cli(folder, "dlq", "list", "--region", WEST)[1].splitlines() if "dead" in line] == [lines[-2]]
    assert len(queues.bodies(kept)) == 2


def test_a_batch_that_was_set_aside_runs_again(queues: Queues, aws: Aws, folder: Path) -> None:
    aws.machine(EAST)
    aws.put(EAST, run_item("FAILED", ("extract",), lease_until=0))
    letters = queues.make("orders-poison-dead-letters", message(ASIDE))
    code, out, _ = aws.cli(folder, "dlq", "republish", "orders", "--yes")
    assert (code, out.splitlines()[-1]) == (0, "1 started"), out
    assert SECRET not in out
    assert [given for _, given in aws.started(EAST)] == [{"batch_id": "b1"}]
    row = aws.row(EAST)
    assert (row["status"]["S"], row["attempt"]["N"], set(row["stages"]["M"])) == ("READY", "2", {"extract"})
    assert queues.bodies(letters) == []


@pytest.mark.parametrize("name", ["orders", "orders-daily"], ids=["lost its row", "has no control table"])
def test_a_batch_without_a_row_starts_with_its_input(queues: Queues, aws: Aws, folder: Path, name: str) -> None:
    aws.machine(EAST, name)
    letters = queues.make(f"{name}-poison-dead-letters", message({"batch": "b7", "input": {"batch_id": "b7"}}))
    assert aws.cli(folder, "dlq", "republish", f"{name}-poison-dead-letters", "--yes")[0] == 0
    assert [given for _, given in aws.started(EAST, name)] == [{"batch_id": "b7"}]
    assert queues.bodies(letters) == []


NOT_AGAIN: list[tuple[str, dict[str, Any] | None, dict[str, Any], str]] = [
    ("exists", run_item("SUCCEEDED"), ASIDE, "the batch is SUCCEEDED since"),
    ("exists", run_item("RUNNING", lease_until=1 << 43), ASIDE, "the batch is RUNNING since"),
    ("stays", run_item("PARKED"), ASIDE, "is PARKED"),
    ("stays", run_item(), {"why": SECRET}, "it holds neither a `batch` that has a row nor an `input`"),
]


@pytest.mark.parametrize(("fate", "item", "note", "told"), NOT_AGAIN, ids=lambda value: None)
def test_a_batch_that_is_not_run_again(
    queues: Queues, aws: Aws, folder: Path, fate: str, item: dict[str, Any] | None, note: dict[str, Any], told: str
) -> None:
    aws.machine(EAST)
    if item is not None:
        aws.put(EAST, item)
    letters = queues.make("orders-poison-dead-letters", message(note))
    code, out, _ = aws.cli(folder, "dlq", "republish", "orders-poison-dead-letters", "--yes")
    assert (code, f"  {fate}  " in out, told in out) == (int(fate == "stays"), True, True), out
    assert aws.started(EAST) == []
    assert len(queues.bodies(letters)) == int(fate == "stays")


def test_records_of_failed_jobs_are_no_letters_to_send(queues: Queues, aws: Aws, folder: Path) -> None:
    letters = queues.make("orders-job-failures", message(FAILED_JOB))
    code, out, _ = aws.cli(folder, "dlq", "republish", "orders")
    assert (code, out.splitlines()) == (
        0,
        ["us-east-1  orders-job-failures  1: records of failed job runs, of which nothing is missing", "There is nothing to send."],
    )
    assert len(queues.bodies(letters)) == 1


def test_messages_are_for_sqs_to_send_back(queues: Queues, aws: Aws, folder: Path) -> None:
    queues.make("orders-messages-dead-letters", message({"order": SECRET}))
    code, out, _ = aws.cli(folder, "dlq", "republish", "orders", "--yes")
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders-messages-dead-letters"
    assert (code, f"aws sqs start-message-move-task --region us-east-1 --source-arn {arn}" in out) == (1, True)


def test_letters_are_deleted_when_asked_for(queues: Queues, aws: Aws, folder: Path) -> None:
    letters = queues.make("orders-poison-dead-letters", *[message({**ASIDE, "batch": name}) for name in ("b1", "b2", "b3")])
    listed = [line.split() for line in aws.cli(folder, "dlq", "list", "orders")[1].splitlines() if line.startswith("  ")]
    ids = {words[5]: words[0] for words in listed}
    code, out, _ = aws.cli(folder, "dlq", "delete", "orders-poison-dead-letters", ids["b1"], "--yes")
    assert (code, out.splitlines()[-1]) == (0, "1 deleted")
    assert aws.cli(folder, "dlq", "delete", "orders-poison-dead-letters", ids["b1"], "--yes")[0] == 1
    told = aws.cli(folder, "dlq", "delete", "orders-poison-dead-letters", ids["b2"], "--yes", "--output-format", "json")[1]
    assert [one["batch"] for one in json.loads(told)] == ["b2"]
    # The other one can be seen at once.
    assert [json.loads(body)["batch"] for body in queues.bodies(letters)] == ["b3"]
    queues.make("orders-job-failures", message(FAILED_JOB), message(FAILED_JOB))
    assert aws.cli(folder, "dlq", "delete", "orders-job-failures", "--all", "--yes")[1].splitlines()[-1] == "2 deleted"
    assert aws.cli(folder, "dlq", "delete", "orders-job-failures", "--all", "--yes")[:2] == (0, "There is nothing to delete.\n")


def test_no_queues(aws: Aws, folder: Path) -> None:
    code, out, _ = aws.cli(folder, "dlq", "list")
    assert (code, "are the templates deployed?" in out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "expected", "message_"),
    [
        (("republish", "order", "--yes"), 1, "did you mean `orders`?"),
        (("republish", "payments-dead-letters", "--yes"), 1, "is neither a pipeline nor a dead-letter queue of this project"),
        (("list", "--region", "us-west-2"), 1, "is not a Region of this project"),
        (("republish", "orders"), 2, "this is no terminal"),
        (("delete", "orders-dead-letters", "--all"), 2, "this is no terminal"),
        (("delete", "orders-dead-letters", "--yes"), 1, "say --all"),
        (("delete", "orders-dead-letters", "--all", "00"), 1, "say --all"),
        (("delete", "orders-dead-letters", "x", "--yes"), 1, "no letter in orders-dead-letters begins with `x`"),
        (("delete", "orders", "--all", "--yes"), 1, "letters are deleted queue by queue"),
    ],
)
def test_refusals(queues: Queues, aws: Aws, folder: Path, arguments: tuple[str, ...], expected: int, message_: str) -> None:
    urls = [queues.make(f"{name}-dead-letters", message(EVENT, BY_RULE)) for name in ("orders", "payments")]
    code, _, err = aws.cli(folder, "dlq", *arguments)
    assert (code, message_ in err) == (expected, True), err
    assert [len(queues.bodies(url)) for url in urls] == [1, 1]
