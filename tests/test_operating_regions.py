"""`promote` and `failback`: what they write, what they refuse, races, Regions that do not answer; and what AWS's errors become."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions
from hypothesis import given, settings
from hypothesis import strategies as st
from operating import EAST, MANUAL, NOW, OREGON, UNGATED, WEST, SimulatedTable, make_simulated, run_item, write_project
from operating_aws import Aws

from sfn_dsl.control.rows import ACTIVE_KEY
from sfn_dsl.deployment import Arbiter, Deployment
from sfn_dsl.embedded import process
from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.publish import promotion
from sfn_dsl.publish.batch_row import running_rows
from sfn_dsl.publish.clients import Clients, Declined, Unreachable
from sfn_dsl.publish.promotion import Active, LostRace, promote, read_active
from sfn_dsl.publish.table import ControlTable, Table, table_regions

pytest_plugins = ("operating_fixtures",)
PAIR = Deployment(active=EAST, passive=WEST, gate="arbiter", arbiter=Arbiter(replicas=(EAST, OREGON), witness="us-east-2"))


# The write


def test_the_first_promotion_and_the_next() -> None:
    table = make_simulated()
    assert read_active(table, PAIR) == Active(region=EAST, epoch=0)
    first = promote(table, read_active(table, PAIR), WEST, by="ann", reason="drill", now=NOW)
    assert first == read_active(table, PAIR) == Active(region=WEST, epoch=1, changed_by="ann", changed_at=NOW, reason="drill")
    second = promote(table, first, EAST, by="bob", reason="", now=NOW + 1)
    assert second == read_active(table, PAIR) == Active(region=EAST, epoch=2, changed_by="bob", changed_at=NOW + 1)


@settings(deadline=None)
@given(turns=st.permutations(range(12)), before=st.integers(0, 2))
def test_of_those_who_have_read_one_epoch_exactly_one_wins(turns: list[int], before: int) -> None:
    """Six people read, then write, in any order: each epoch is won once, and the losers hear by whom."""
    table = make_simulated()
    for _ in range(before):
        promote(table, read_active(table, PAIR), WEST, by="before", reason="", now=NOW)
    read: dict[int, Active] = {}
    won: list[int] = []
    for turn in turns:
        person = turn % 6
        if person not in read:
            read[person] = read_active(table, PAIR)
            continue
        now = read_active(table, PAIR)
        if now == read[person]:
            won.append(promote(table, now, WEST, by=str(person), reason="", now=NOW).epoch)
            continue
        with pytest.raises(LostRace, match=f"^{now.changed_by} has promoted") as lost:
            promote(table, read[person], WEST, by=str(person), reason="", now=NOW)
        assert lost.value.winner == now == read_active(table, PAIR)
    assert won == list(range(before + 1, before + 1 + len(won)))
    assert read_active(table, PAIR).epoch == before + len(won)
    assert won


def test_people_who_write_the_same_at_the_same_time_are_told_apart() -> None:
    table = make_simulated()
    before = read_active(table, PAIR)
    promote(table, before, WEST, by="ci", reason="x", now=NOW)
    with pytest.raises(LostRace, match="ci has promoted us-west-1 meanwhile"):
        promote(table, before, WEST, by="ci", reason="x", now=NOW)


def test_a_lost_answer_is_no_lost_race() -> None:
    class Forgetful(SimulatedTable):
        def update(self, **request: Any) -> None:
            super().update(**request)

    table = Forgetful(make_simulated().service)
    assert promote(table, read_active(table, PAIR), WEST, by="ann", reason="", now=NOW).epoch == 1


ORDERS = {
    "the passive Region beside a replica": (PAIR, WEST, (OREGON, EAST)),
    "the active Region has a replica": (PAIR, EAST, (EAST, OREGON)),
    "its own replica, the peer last": (
        Deployment(active=EAST, passive=OREGON, gate="arbiter", arbiter=Arbiter(replicas=(EAST, "us-east-2", OREGON))),
        OREGON,
        (OREGON, "us-east-2", EAST),
    ),
    "eventually consistent": (Deployment(active=EAST, passive=WEST, gate="mrec-manual"), WEST, (WEST,)),
    "no gate": (Deployment(active=EAST, passive=WEST), WEST, (WEST,)),
}


@pytest.mark.parametrize(("deployment", "region", "expected"), ORDERS.values(), ids=ORDERS)
def test_which_copies_are_asked(deployment: Deployment, region: str, expected: tuple[str, ...]) -> None:
    assert table_regions(deployment, region) == expected


def test_rows_of_another_region_or_without_a_lease_are_not_in_work() -> None:
    table = make_simulated()
    rows = [
        run_item("RUNNING", batch="live", region=WEST),
        run_item("RUNNING", batch="edge", region=WEST, lease_until=NOW),
        run_item("RUNNING", batch="expired", region=WEST, lease_until=NOW - 1),
        run_item("RUNNING", batch="here", region=EAST),
        run_item("FAILED", batch="failed", region=WEST),
    ]
    for row in rows:
        assert table.put(Item=row)
    assert [row.batch for row in running_rows(table, ["orders", "other"], WEST, NOW)] == ["edge", "live"]


# The commands


def test_a_promotion(aws: Aws, folder: Path) -> None:
    code, out, _ = aws.cli(folder, "promote", WEST, "--reason", "us-east-1 is down", "--yes")
    assert code == 0
    assert "active Region: us-east-1 (as deployed)" in out
    assert "now: us-west-1 (epoch 1), by the copy of etl-control in us-west-2" in out
    assert "start in us-west-1 within 5 minutes" in out
    found = aws.active(OREGON)
    assert (found["region"], found["epoch"], found["reason"]) == ({"S": WEST}, {"N": "1"}, {"S": "us-east-1 is down"})
    assert found["changed_by"]["S"].startswith("arn:aws:sts::")
    assert abs(int(found["changed_at"]["N"]) - aws.now()) < 60_000
    assert aws.active(EAST) == {}
    # Once more: nothing is written.
    code, out, _ = aws.cli(folder, "promote", WEST, "--output-format", "json")
    told = json.loads(out)
    assert (code, told["changed"], told["before"], told["after"]["epoch"]) == (0, False, told["after"], 1)
    assert aws.active(OREGON) == found


def test_a_promotion_as_json(aws: Aws, folder: Path) -> None:
    code, out, err = aws.cli(folder, "promote", WEST, "--yes", "--output-format", "json")
    told = json.loads(out)
    assert (code, told["changed"], told["before"]["epoch"], told["after"]["region"]) == (0, True, 0, WEST)
    assert "is the active Region now" in err


def test_a_dry_run_writes_nothing(aws: Aws, folder: Path) -> None:
    code, out, _ = aws.cli(folder, "promote", WEST, "--dry-run")
    assert (code, "Nothing was written: --dry-run." in out, aws.active(OREGON)) == (0, True, {})


@pytest.mark.parametrize(
    ("setup", "arguments", "expected", "message"),
    [
        (None, ("us-west-2", "--yes"), 1, "`us-west-2` is neither the active nor the passive Region"),
        (None, ("us-wset-1", "--yes"), 1, "did you mean `us-west-1`?"),
        (None, (WEST,), 2, "this is no terminal"),
        (UNGATED, (WEST, "--yes"), 1, "gate `none` lets each Region work"),
        (MANUAL, (WEST, "--yes"), 1, "then say --fenced"),
    ],
)
def test_refusals(
    aws: Aws, project: Callable[..., Path], setup: str | None, arguments: tuple[str, ...], expected: int, message: str
) -> None:
    folder = write_project(project, setup) if setup else write_project(project)
    code, _, err = aws.cli(folder, "promote", *arguments)
    assert (code, message in err) == (expected, True), err
    assert aws.active(WEST) == aws.active(OREGON) == aws.active(EAST) == {}


def test_an_eventually_consistent_table_is_written_in_the_new_region(aws: Aws, project: Callable[..., Path]) -> None:
    folder = write_project(project, MANUAL)
    assert aws.cli(folder, "promote", WEST, "--yes", "--fenced")[0] == 0
    assert (aws.active(WEST)["region"], aws.active(EAST)) == ({"S": WEST}, {})


@pytest.mark.parametrize(("answer", "expected"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_a_person_is_asked(aws: Aws, folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str, expected: int) -> None:
    import io

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    code, out, _ = aws.cli(folder, "promote", WEST)
    assert code == expected
    assert ("Nothing was changed." in out) is bool(expected)
    assert bool(aws.active(OREGON)) is not bool(expected)


def test_a_lost_race_says_who_won(aws: Aws, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = promotion.promote

    def slow(table: Table, *rest: Any, **more: Any) -> Active:
        aws.activate(OREGON, EAST, epoch=9)
        return plain(table, *rest, **more)

    monkeypatch.setattr("sfn_dsl.cli.promote.promote", slow)
    code, _, err = aws.cli(folder, "promote", WEST, "--yes")
    assert (code, "ann has promoted us-east-1 meanwhile (epoch 9)" in err) == (2, True)
    assert aws.active(OREGON)["region"] == {"S": EAST}


@pytest.fixture
def down(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let Regions not answer."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    plain = Clients._client

    def make(*regions: str) -> None:
        def client(self: Clients, service: str, region: str) -> Any:
            if region in regions:
                return plain(Clients(endpoint_url="http://127.0.0.1:1"), service, region)
            return plain(self, service, region)

        monkeypatch.setattr(Clients, "_client", client)

    return make


def test_the_next_copy_is_asked_when_a_region_is_down(aws: Aws, folder: Path, down: Callable[..., None]) -> None:
    down(OREGON)
    code, out, err = aws.cli(folder, "promote", WEST, "--yes")
    assert (code, "by the copy of etl-control in us-east-1" in out) == (0, True)
    assert "warning: dynamodb in us-west-2 does not answer; the next copy of the table is asked" in err
    assert aws.active(EAST)["region"] == {"S": WEST}


def test_all_regions_are_down(aws: Aws, folder: Path, down: Callable[..., None]) -> None:
    down(OREGON, EAST)
    code, _, err = aws.cli(folder, "promote", WEST, "--yes")
    assert (code, "error: dynamodb in us-east-1 does not answer" in err) == (2, True)


def test_the_active_region_is_found_where_one_answers(aws: Aws, project: Callable[..., Path], down: Callable[..., None]) -> None:
    folder = write_project(project, MANUAL)
    aws.activate(WEST, WEST)
    aws.put(WEST, run_item("FAILED"))
    down(EAST)
    code, _, _ = aws.cli(folder, "rerun", "orders", "b1", "--no-start", "--yes")
    assert (code, aws.row(WEST)["status"]) == (0, {"S": "READY"})


def test_failback_waits_for_what_is_in_work(aws: Aws, folder: Path) -> None:
    aws.activate(EAST, WEST)
    aws.put(EAST, run_item("RUNNING", region=WEST, lease_until=aws.now() + 600_000))
    code, out, err = aws.cli(folder, "failback", "--yes")
    assert (code, "in work in us-west-1: orders b1, lease until " in out) == (1, True)
    assert "us-west-1 still works on 1 batch" in err
    assert "they finish where they are, because their leases protect them" in err
    assert aws.active(EAST)["region"] == {"S": WEST}
    code, out, _ = aws.cli(folder, "failback", "--yes", "--output-format", "json")
    assert (code, json.loads(out)["running"][0]["batch"]) == (1, "b1")
    assert aws.cli(folder, "failback", "--yes", "--now")[0] == 0
    assert (aws.active(EAST)["region"], aws.active(EAST)["epoch"]) == ({"S": EAST}, {"N": "5"})
    assert aws.row(EAST)["status"] == {"S": "RUNNING"}


def test_failback_when_nothing_is_in_work(aws: Aws, folder: Path) -> None:
    aws.activate(EAST, WEST)
    aws.put(EAST, run_item("RUNNING", region=WEST, lease_until=aws.now() - 1))
    assert aws.cli(folder, "failback", "--dry-run")[0] == 0
    assert aws.active(EAST)["region"] == {"S": WEST}
    assert aws.cli(folder, "failback", "--yes")[0] == 0
    assert (aws.active(EAST)["region"], aws.active(EAST)["reason"]) == ({"S": EAST}, {"S": "failback"})
    code, out, _ = aws.cli(folder, "failback", "--yes")
    assert (code, "is the active Region already" in out) == (0, True)


def test_failback_does_not_work_on_half_a_project(aws: Aws, folder: Path) -> None:
    (folder / "pipelines/broken.py").write_text("import nothing_of_that_name\n")
    code, _, err = aws.cli(folder, "failback", "--yes")
    assert (code, "the pipelines cannot be loaded" in err) == (2, True)


def test_one_environment_must_be_named(aws: Aws, project: Callable[..., Path]) -> None:
    parts = "".join(f"[sfn_dsl:{name}:{region}]\naccount = 123456789012\n" for name in ("dev", "prod") for region in (EAST, WEST))
    folder = write_project(project, "[sfn_dsl]\nregions = us-east-1, us-west-1\nactive = us-east-1\npassive = us-west-1\n" + parts)
    code, _, err = aws.cli(folder, "promote", WEST, "--yes")
    assert (code, "choose one: --env dev or --env prod" in err) == (2, True)
    code, _, err = aws.cli(folder, "promote", WEST, "--yes", "--env", "dev")
    assert (code, "gate `none`" in err) == (1, True)


def test_a_local_server_needs_no_credentials(aws: Aws, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(process, "start", lambda folder, options: process.Endpoint(url=aws.url, pid=0))
    assert aws.cli(folder, "promote", WEST, "--yes", "--local", endpoint=False)[0] == 0
    assert aws.active(OREGON)["region"] == {"S": WEST}


# What AWS's errors become


class Refusing(BaseHTTPRequestHandler):
    """Answers everything with one error of DynamoDB."""

    error = ""
    status = 400

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{self.error}", "message": "because"}).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def refusing() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


ERRORS: Mapping[str, tuple[int, type[EnvironmentFault], str]] = {
    "ExpiredTokenException": (400, Declined, "the AWS login has expired"),
    "UnrecognizedClientException": (400, Declined, "AWS does not know these credentials"),
    "AccessDeniedException": (400, Declined, "AWS does not allow you dynamodb:GetItem in us-east-1"),
    "ResourceNotFoundException": (400, Declined, "there is no such table in us-east-1, says dynamodb:GetItem"),
    "InternalServerError": (500, Unreachable, "dynamodb in us-east-1 is in trouble: InternalServerError"),
    "ServiceUnavailable": (503, Unreachable, "dynamodb in us-east-1 is in trouble: ServiceUnavailable"),
    "ValidationException": (400, Declined, "AWS refuses dynamodb:GetItem in us-east-1: ValidationException: because"),
}


@pytest.mark.parametrize("code", ERRORS)
def test_errors_of_aws(refusing: str, aws: Aws, folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    status, kind, message = ERRORS[code]
    monkeypatch.setattr(Refusing, "error", code)
    monkeypatch.setattr(Refusing, "status", status)
    table = ControlTable(clients=Clients(endpoint_url=refusing), region=EAST, name="etl-control")
    with pytest.raises(kind) as caught:
        table.get(ACTIVE_KEY)
    assert type(caught.value) is kind
    assert str(caught.value) == message
    assert (caught.value.exit_code, bool(caught.value.help) or code == "ValidationException") == (2, True)
    result = aws.cli(folder, "promote", EAST, "--yes", "--endpoint-url", refusing, endpoint=False)
    assert (result[0], message in result[2]) == (2, True)


def test_a_conflict_between_replicas_is_tried_again(refusing: str, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            monkeypatch.setattr(Refusing, "error", "ConditionalCheckFailedException")

    monkeypatch.setattr(Refusing, "error", "ReplicatedWriteConflictException")
    monkeypatch.setattr(Refusing, "status", 400)
    monkeypatch.setattr(time, "sleep", sleep)
    table = ControlTable(clients=Clients(endpoint_url=refusing), region=EAST, name="etl-control")
    assert table.put(Item=run_item(), ConditionExpression="attribute_not_exists(pk)") is False
    assert len(pauses) == 2


FAULTS: Mapping[str, tuple[Exception, type[EnvironmentFault], str]] = {
    "no way": (exceptions.EndpointConnectionError(endpoint_url="x"), Unreachable, "sqs in us-east-1 does not answer"),
    "no connection": (exceptions.ConnectTimeoutError(endpoint_url="x"), Unreachable, "sqs in us-east-1 does not answer"),
    "no answer": (exceptions.ReadTimeoutError(endpoint_url="x"), Unreachable, "sqs in us-east-1 does not answer"),
    "hung up": (exceptions.ConnectionClosedError(endpoint_url="x"), Unreachable, "sqs in us-east-1 does not answer"),
    "half a key": (
        exceptions.PartialCredentialsError(provider="p", cred_var="v"),
        EnvironmentFault,
        "there are no AWS credentials",
    ),
    "old login": (exceptions.UnauthorizedSSOTokenError(), EnvironmentFault, "the AWS login has expired"),
    "no login": (exceptions.SSOTokenLoadError(error_msg="e"), EnvironmentFault, "the AWS login has expired"),
    "a process": (
        exceptions.CredentialRetrievalError(provider="custom-process", error_msg="no\nvault\n"),
        EnvironmentFault,
        "the credential_process of the AWS configuration has failed: no vault",
    ),
    "a container": (
        exceptions.CredentialRetrievalError(provider="container-role", error_msg="e"),
        EnvironmentFault,
        "AWS credentials cannot be had from container-role: e",
    ),
    "anything else": (exceptions.NoRegionError(), EnvironmentFault, "AWS cannot be asked: You must specify a region."),
}


@pytest.mark.parametrize(("fault", "kind", "message"), FAULTS.values(), ids=FAULTS)
def test_faults_on_the_way_to_aws(
    monkeypatch: pytest.MonkeyPatch, fault: Exception, kind: type[EnvironmentFault], message: str
) -> None:
    def client(self: Clients, service: str, region: str) -> Any:
        raise fault

    monkeypatch.setattr(Clients, "_client", client)
    with pytest.raises(EnvironmentFault) as caught:
        Clients().call("sqs", EAST, "list_queues")
    assert (type(caught.value), str(caught.value)) == (kind, message)


@pytest.mark.parametrize(
    ("arguments", "message"), [((), "there are no AWS credentials"), (("--profile", "nobody"), "profile (nobody)")]
)
def test_no_credentials(aws: Aws, folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(folder / "none"))
    code, _, err = aws.cli(folder, "promote", WEST, "--yes", *arguments)
    assert (code, message in err) == (2, True), err


def test_who_does_it_is_known_without_the_token_service(aws: Aws, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Clients.call

    def call(self: Clients, service: str, region: str, operation: str, /, **arguments: Any) -> Any:
        if service == "sts":
            raise Unreachable("sts does not answer")
        return plain(self, service, region, operation, **arguments)

    monkeypatch.setattr(Clients, "call", call)
    monkeypatch.setenv("LOGNAME", "ann")
    assert aws.cli(folder, "promote", WEST, "--yes")[0] == 0
    assert aws.active(OREGON)["changed_by"] == {"S": "ann"}
