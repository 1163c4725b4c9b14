"""What publishing refuses, and tells why."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fake_aws import EAST, WEST, FakeAws, fault
from publishing import (
    ACCOUNT,
    CHANGED,
    CONFIGURATION,
    ORDERS,
    clients_of,
    desired_of,
    git,
    make_project,
    provide,
    published,
)
from publishing_calls import Cli, live, only, operations

from sfn_dsl.cli.main import run

pytest_plugins = ("publishing_fixtures",)


def test_a_manual_edit_is_refused_and_shown(cli: Cli, cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    machine = cloud.machine(EAST, "orders")
    machine.definition = machine.definition.replace('"MaxAttempts": 3', '"MaxAttempts": 9')
    before = cloud.state()
    assert cli(second, "publish", "--yes") == 1
    assert "by hand: state  Load  Retry[0].MaxAttempts  3 -> 9" in cli.out
    assert "orders in us-east-1 has been changed by hand" in cli.err
    assert cloud.state() == before
    assert cli(second, "publish", "--yes", "--force") == 0
    assert live(cloud) == {EAST: [(2, 100)], WEST: [(2, 100)]}


def test_a_manual_edit_of_the_settings(cli: Cli, cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    cloud.machine(EAST, "orders").tracingConfiguration = {"enabled": True}
    assert cli(first, "publish", "--yes") == 1
    assert "by hand: machine  tracingConfiguration.enabled  false -> true" in cli.out
    assert cli(first, "drift") == 1
    assert "tracingConfiguration.enabled  false -> true" in cli.out


def test_a_machine_of_the_same_name_is_not_ours(cli: Cli, cloud: FakeAws, first: Path) -> None:
    provide(first, cloud)
    backend = cloud._backend(EAST)
    definition = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    backend.create_state_machine("orders", definition, f"arn:aws:iam::{ACCOUNT}:role/other")
    before = cloud.state()
    assert cli(first, "publish", "--yes") == 1
    assert "orders in us-east-1 was not published by this project" in cli.err
    assert cloud.state() == before
    assert cli(first, "publish", "--yes", "--force") == 0
    assert cloud.state()["us-east-1 orders"]["tags"]["sfn-dsl:project"] == "shop"
    assert live(cloud)[EAST] == [(1, 100)]


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_machine_of_a_stack_stays_with_its_stack(
    cli: Cli, cloud: FakeAws, first: Path, second: Path, force: tuple[str, ...]
) -> None:
    provide(first, cloud)
    published(first, cloud)
    machine = cloud.machine(EAST, "orders")
    tag = {"key": "aws:cloudformation:stack-name", "value": "etl"}
    cloud._backend(EAST).tagger.tag_resource(machine.arn, [tag])
    before = cloud.state()
    assert cli(second, "publish", "--yes", *force) == 1
    assert "belongs to the CloudFormation stack etl" in cli.err
    assert cloud.state() == before


def test_templates_that_own_machines(cli: Cli, cloud: FakeAws, first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(first, folder)
    (folder / "setup.cfg").write_text(CONFIGURATION.replace("name = shop", "name = shop\nowner = template"))
    assert cli(folder, "publish", "--yes") == 1
    assert "belong to its templates" in cli.err
    assert cli(folder, "drift") == 1
    assert "belong to its templates" in cli.err
    assert "help: `aws cloudformation detect-stack-drift` tells what was changed by hand" in cli.err
    assert cloud.calls == []


def test_what_is_missing_is_named(cli: Cli, cloud: FakeAws, first: Path) -> None:
    assert cli(first, "publish", "--yes") == 1
    assert "there is no role orders-us-east-1" in cli.out
    assert "there is no log group /aws/vendedlogs/states/orders" in cli.out
    assert cloud.state() == {}


def test_a_dirty_or_stale_tree(cli: Cli, cloud: FakeAws, first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(first, folder)
    provide(folder, cloud)
    (folder / "pipelines" / "orders.py").write_text(CHANGED)
    assert cli(folder, "publish", "--yes") == 1
    assert "build/ is stale" in cli.err
    assert run(["-C", str(folder), "build"]) == 0
    assert cli(folder, "publish", "--yes") == 1
    assert "build/us-east-1/manifest.json and 4 more are not committed" in cli.err
    assert cloud.state() == {}
    assert cli(folder, "publish", "--yes", "--allow-dirty") == 0
    ((description, definition),) = cloud.state()["us-east-1 orders"]["versions"].values()
    assert "-dirty build:" in description
    assert definition == (folder / "build/us-east-1/orders.asl.json").read_text()


@pytest.mark.parametrize("command", ["publish", "deploy"])
def test_a_build_that_git_ignores_is_not_committed(cli: Cli, cloud: FakeAws, first: Path, tmp_path: Path, command: str) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(first, folder)
    git(folder, "rm", "-rq", "--cached", "build")
    (folder / ".gitignore").write_text("build/\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "ignored")
    assert cli(folder, command, "--dry-run") == 1
    assert "error: build/us-east-1/manifest.json and 19 more are not committed\n" in cli.err
    assert "no .gitignore may hide" in cli.err
    provide(folder, cloud)
    assert cli(folder, "publish", "--yes", "--allow-dirty") == 0
    assert all("-dirty build:" in text for text, _ in cloud.state()["us-east-1 orders"]["versions"].values())


def test_nobody_can_be_asked(cli: Cli, cloud: FakeAws, first: Path) -> None:
    provide(first, cloud)
    assert cli(first, "publish") == 2
    assert "nobody can be asked" in cli.err
    assert cloud.state() == {}


def test_the_type_cannot_change(cli: Cli, cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    cloud.machine(EAST, "orders").type = "EXPRESS"
    assert cli(second, "publish", "--yes", "--force") == 1
    assert "is of type EXPRESS, which cannot become STANDARD" in cli.err


def test_machines_that_the_project_no_longer_has(cli: Cli, cloud: FakeAws, first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(first, folder)
    provide(folder, cloud)
    published(folder, cloud)
    (folder / "pipelines" / "orders.py").write_text(ORDERS.replace('"orders"', '"lines"'))
    assert run(["-C", str(folder), "build"]) == 0
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "renamed")
    cloud.reset_executions()
    provide_missing(folder, cloud, "lines")
    assert cli(folder, "publish", "--yes") == 0
    assert "orders  no longer in the project; stays" in cli.out
    assert "2 no longer in the project" in cli.out
    assert "us-east-1 orders" in cloud.state()
    cloud.run(EAST, "orders")
    assert cli(folder, "publish", "--yes", "--delete-removed") == 1
    assert "orders in us-east-1 is not deleted while its 1 open execution has not ended" in cli.err
    cloud.reset_executions()
    assert cli(folder, "publish", "--yes", "--delete-removed") == 0
    assert {key.split()[1] for key in cloud.state()} == {"lines", "etl-run-closer"}


def test_nothing_is_deleted_before_all_else_is_done(cli: Cli, cloud: FakeAws, first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(first, folder)
    provide(folder, cloud)
    published(folder, cloud)
    make_project(folder, ORDERS.replace('"orders"', '"zebra"'))
    provide_missing(folder, cloud, "zebra")
    cloud.fault = only("states", "StartExecution", fault("AccessDeniedException"), region=EAST)
    assert cli(folder, "publish", "--yes", "--delete-removed") == 2
    assert "orders  deleted when all else is done" in cli.out
    assert {"us-west-1 orders", "us-east-1 orders"} <= set(cloud.state())
    cloud.fault = lambda call: None
    cloud.calls.clear()
    assert cli(folder, "publish", "--yes", "--delete-removed") == 0
    assert [region for region, operation in operations(cloud) if operation == "DeleteStateMachine"] == [WEST, EAST]
    assert {key.split()[1] for key in cloud.state()} == {"zebra", "etl-run-closer"}


@pytest.mark.parametrize("selected", [("orders",), ("--select", "orders")])
def test_what_is_removed_is_not_looked_for_among_a_few(cli: Cli, cloud: FakeAws, first: Path, selected: tuple[str, ...]) -> None:
    assert cli(first, "publish", "--delete-removed", *selected) == 2
    assert "--delete-removed looks at all machines of the project" in cli.err
    assert cloud.calls == []


@pytest.mark.parametrize("command", [("publish", "--yes"), ("rollback", "orders"), ("drift",), ("status",)])
@pytest.mark.parametrize("alias", ["", "123", "a b", "a" * 81, "live:2"])
def test_no_alias_can_be_called_so(cli: Cli, cloud: FakeAws, first: Path, command: tuple[str, ...], alias: str) -> None:
    assert cli(first, *command, "--alias", alias) == 2
    assert "an alias has 1 to 80 letters, digits, `-`, `_` and `.`, not digits only" in cli.err
    assert cloud.calls == []


def provide_missing(folder: Path, cloud: FakeAws, name: str) -> None:
    """The roles and log groups of one machine."""
    from sfn_dsl.publish.desired import log_group
    from sfn_dsl.publish.providing import provide as make

    clients = clients_of(cloud.url)
    for one in desired_of(folder):
        if one.name == name:
            make(clients, one.target.region, one.role_arn)
            make(clients, one.target.region, log_group(one.settings))
