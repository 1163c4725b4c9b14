"""Every failure of a publication ends in one sentence, and the next run finishes the work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_aws import EAST, WEST, Answer, Call, FakeAws, fault
from publishing import (
    ACCOUNT,
    CONFIGURATION,
    ORDERS,
    git,
    make_project,
    provide,
    published,
)
from publishing_calls import Cli, live, only, versions

from sfn_dsl.cli.main import run
from sfn_dsl.publish import planning
from sfn_dsl.publish.clients import Clients

pytest_plugins = ("publishing_fixtures",)

EXECUTION = f"arn:aws:states:{EAST}:{ACCOUNT}:execution:orders:one"

CALLS = [
    ("sts", "GetCallerIdentity"),
    ("states", "ListStateMachines"),
    ("tagging", "GetResources"),
    ("states", "DescribeStateMachine"),
    ("states", "ListStateMachineVersions"),
    ("states", "ListTagsForResource"),
    ("states", "DescribeStateMachineAlias"),
    ("states", "ListExecutions"),
    ("iam", "ListRoles"),
    ("logs", "DescribeLogGroups"),
    ("states", "ValidateStateMachineDefinition"),
    ("states", "UpdateStateMachine"),
    ("states", "UpdateStateMachineAlias"),
    ("states", "StartExecution"),
    ("states", "DescribeExecution"),
    ("states", "TagResource"),
]


@pytest.fixture(scope="module")
def undisturbed(server: FakeAws, made: tuple[Path, Path]) -> dict[str, Any]:
    """What is there after a change was published without any trouble, and a check that the table above has every call."""
    server.reset()
    provide(made[0], server)
    published(made[0], server)
    server.calls.clear()
    published(made[1], server)
    assert {(call.service, call.operation) for call in server.calls} == set(CALLS)
    return _without_commits(server.state())


@pytest.mark.parametrize(("service", "operation"), CALLS, ids=lambda value: value)
def test_access_denied_on_each_call(
    undisturbed: dict[str, Any], cli: Cli, cloud: FakeAws, first: Path, second: Path, service: str, operation: str
) -> None:
    provide(first, cloud)
    published(first, cloud)
    cloud.fault = only(service, operation, fault("AccessDeniedException"))
    assert cli(second, "publish", "--yes") == 2
    (error,) = [line for line in cli.err.splitlines() if line.startswith("error:")]
    action = f"{'tag' if service == 'tagging' else service}:{operation}"
    assert error in {f"error: AWS does not allow you {action} in {region}" for region in (EAST, WEST)}
    cloud.fault = lambda call: None
    assert cli(second, "publish", "--yes") == 0
    assert _without_commits(cloud.state()) == undisturbed


def _without_commits(state: dict[str, Any]) -> dict[str, Any]:
    """States that can be compared: commits differ between runs of the tests."""
    return {
        key: {**machine, "versions": {n: (text.rpartition(" ")[2], d) for n, (text, d) in machine["versions"].items()}}
        for key, machine in state.items()
    }


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("ExpiredToken", "the AWS login has expired"),
        ("InvalidClientTokenId", "AWS does not know these credentials"),
    ],
)
def test_credentials_that_do_not_hold(cli: Cli, cloud: FakeAws, first: Path, code: str, told: str) -> None:
    cloud.fault = lambda call: fault(code)(call)
    assert cli(first, "publish", "--yes") == 2
    assert cli.err.startswith(f"error: {told}\n")


def test_no_credentials(cli: Cli, cloud: FakeAws, first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert cli(first, "publish", "--yes") == 2
    assert cli.err.startswith("error: there are no AWS credentials\n")
    assert cloud.calls == []


def test_credentials_for_another_account(cli: Cli, cloud: FakeAws, made: tuple[Path, Path], tmp_path: Path) -> None:
    folder = make_project(tmp_path / "shop", ORDERS)
    text = CONFIGURATION.replace(ACCOUNT, "999988887777")
    (folder / "setup.cfg").write_text(text)
    assert run(["-C", str(folder), "build"]) == 0
    git(folder, "commit", "-qam", "another account")
    assert cli(folder, "publish", "--yes") == 2
    assert "these credentials are for the account 123456789012, and setup.cfg names 999988887777" in cli.err


def test_a_region_that_does_not_answer(cli: Cli, cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    cloud.fault = lambda call: fault("ServiceUnavailable", status=503)(call) if call.region == WEST else None
    before = cloud.state()
    assert cli(second, "publish", "--yes") == 2
    assert "in us-west-1 is in trouble" in cli.err
    assert cloud.state() == before
    assert cli(second, "publish", "--yes", "--region", EAST) == 0
    assert live(cloud) == {EAST: [(2, 100)], WEST: [(1, 100)]}


def test_a_server_that_is_not_there(cli: Cli, first: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(first), "publish", "--yes", "--endpoint-url", "http://127.0.0.1:9"]) == 2
    assert "does not answer" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["nonsense", "", "http://", "ftp://somewhere", "http://somewhere:99999"])
@pytest.mark.parametrize("command", [["publish", "--dry-run"], ["deploy", "--dry-run"], ["status"], ["record", EXECUTION]])
def test_an_endpoint_that_is_no_url(
    server: FakeAws, first: Path, capsys: pytest.CaptureFixture[str], command: list[str], url: str
) -> None:
    assert run(["-C", str(first), *command, "--endpoint-url", url]) == 2
    (error,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert error == f"error: `{url}` is no endpoint"


def test_an_endpoint_of_the_environment_that_is_no_url(
    server: FakeAws, first: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    assert run(["-C", str(first), "status"]) == 2
    assert "help: AWS_ENDPOINT_URL, or endpoint_url in the AWS configuration, is a whole URL" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("process", "said"),
    [("/bin/sh -c 'echo no vault >&2; exit 3'", "no vault"), ("/no/such/program", "No such file"), ("echo hi", "Expecting value")],
)
def test_a_credential_process_that_fails(
    server: FakeAws,
    first: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    process: str,
    said: str,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    (tmp_path / "config").write_text(f"[profile etl]\ncredential_process = {process}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for command in (["status"], ["record", EXECUTION]):
        assert run(["-C", str(first), *command, "--profile", "etl"]) == 2
        (error,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
        assert error.startswith("error: the credential_process of the AWS configuration has failed: ")
        assert said in error


def test_throttling_is_waited_for(cli: Cli, cloud: FakeAws, first: Path) -> None:
    provide(first, cloud)
    seen: list[str] = []

    def throttled(call: Call) -> Answer | None:
        if call.operation not in ("GetResources", "CreateStateMachine") or call.operation in seen:
            return None
        seen.append(call.operation)
        return fault("ThrottlingException", "Rate exceeded")(call)

    cloud.fault = throttled
    # Clients remember how fast they may be.
    assert published(first, cloud, clients=Clients(endpoint_url=cloud.url)).stopped is None
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(1, 100)]}


@pytest.mark.slow
def test_throttling_without_end(cli: Cli, cloud: FakeAws, first: Path) -> None:
    provide(first, cloud)
    cloud.fault = only("states", "CreateStateMachine", fault("ThrottlingException", "Rate exceeded"), region=EAST)
    assert cli(first, "publish", "--yes") == 2
    assert "ThrottlingException: Rate exceeded" in cli.err
    assert "us-west-1: 2 of 2 done" in cli.out
    assert "us-east-1: 0 of 2 done" in cli.out
    assert "not begun: orders" in cli.out


@pytest.mark.parametrize("looks", [3, 200])
def test_a_description_that_lags(cloud: FakeAws, first: Path, second: Path, looks: int) -> None:
    provide(first, cloud)
    published(first, cloud)
    cloud.stale_looks = looks
    outcome = published(second, cloud)
    if looks == 3:
        assert outcome.stopped is None
        assert live(cloud) == {EAST: [(2, 100)], WEST: [(2, 100)]}
    else:
        assert outcome.stopped is not None
        assert "does not look as it was published after 30 seconds" in outcome.stopped.message
        assert outcome.stopped.region == WEST
        cloud.stale_looks, cloud.stale = 0, {}
        assert published(second, cloud).stopped is None
        assert versions(cloud) == {EAST: (1, 2), WEST: (1, 2)}


def test_an_alias_that_somebody_moves(cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)

    def conflict(call: Call) -> Answer | None:
        return only("states", "UpdateStateMachineAlias", fault("ConflictException", "meanwhile", 409), region=EAST)(call)

    cloud.fault = conflict
    outcome = published(second, cloud)
    assert outcome.stopped is not None
    assert "ConflictException" in outcome.stopped.message
    assert outcome.stopped.done == ("version 2",)
    cloud.fault = lambda call: None
    assert published(second, cloud).stopped is None
    assert versions(cloud) == {EAST: (1, 2), WEST: (1, 2)}
    assert live(cloud) == {EAST: [(2, 100)], WEST: [(2, 100)]}


def test_an_alias_that_was_moved_before_its_turn(cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    published(second, cloud)

    def move() -> None:
        arn = cloud.machine(EAST, "orders").arn
        cloud.machine(EAST, "orders").aliases["live"].routing_configuration = [
            {"stateMachineVersionArn": f"{arn}:1", "weight": 100}
        ]

    outcome = published(first, cloud, before=move)
    assert outcome.stopped is not None
    assert "somebody has moved the alias live of orders in us-east-1 meanwhile, to version 1" in outcome.stopped.message


def test_too_many_versions(cli: Cli, cloud: FakeAws, first: Path, second: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "MAXIMUM_VERSIONS", 20)
    provide(first, cloud)
    published(first, cloud)
    machine = cloud.machine(EAST, "orders")
    for _ in range(19):
        machine.publish(next(iter(machine.versions.values())).description)
    assert cli(second, "publish", "--yes") == 2
    assert "orders in us-east-1 has 20 versions" in cli.err
    assert "help: run `sfn-dsl prune orders`" in cli.err
    assert cli(second, "prune", "orders", "--keep", "5", "--region", EAST, "--yes") == 0
    # Version 1 is what the alias points to.
    assert versions(cloud)[EAST] == (1, *range(16, 21))
    assert cli(second, "publish", "--yes") == 0
    assert live(cloud)[EAST] == [(21, 100)]


def test_a_limit_that_aws_sees_first(cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    cloud.version_limit = 1
    outcome = published(second, cloud)
    assert outcome.stopped is not None
    assert "ServiceQuotaExceededException" in outcome.stopped.message


def test_a_name_that_is_deleted_but_still_drains(cli: Cli, cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    cloud.deleting.add(cloud.machine(EAST, "orders").arn)
    cloud.run(EAST, "orders", version=1)
    assert cli(second, "publish", "--yes") == 2
    assert "orders in us-east-1 is being deleted" in cli.err
    assert "1 open execution has ended" in cli.err
    cloud._backend(EAST).state_machines.remove(cloud.machine(EAST, "orders"))
    assert cli(second, "publish", "--yes") == 2
    assert "orders in us-east-1 is still being deleted" in cli.err
    cloud.deleting.clear()
    cloud.executions.clear()
    assert cli(second, "publish", "--yes") == 0


def test_aws_finds_a_definition_wrong(cloud: FakeAws, tmp_path: Path) -> None:
    folder = make_project(tmp_path / "shop", ORDERS.replace('"Settle"', '"Settle, broken on purpose"'))
    provide(folder, cloud)
    outcome = published(folder, cloud)
    assert outcome.stopped is not None
    assert "AWS finds the definition of orders in us-west-1 wrong: SCHEMA_VALIDATION_FAILED" in outcome.stopped.message
    assert list(cloud.state()) == ["us-west-1 etl-run-closer"]
