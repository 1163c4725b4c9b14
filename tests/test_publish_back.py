"""Rollback, drift, status and pruning."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from fake_aws import EAST, WEST, FakeAws, fault
from publishing import (
    ACCOUNT,
    ORDERS,
    make_project,
    provide,
    published,
)
from publishing_calls import MACHINES, Cli, live, only, versions

pytest_plugins = ("publishing_fixtures",)


def test_rolling_back_and_forward(cli: Cli, cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    published(second, cloud)
    cloud.calls.clear()
    assert cli(second, "rollback", "orders", "--yes") == 0
    assert cli.out.index("us-west-1  live points to version 1") < cli.out.index("us-east-1  live points to version 1")
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(1, 100)]}
    assert cli(second, "drift") == 0
    assert cli(second, "publish", "--dry-run") == 0
    assert "live: version 1 -> version 2; dry run" in cli.out
    assert cli(second, "publish", "--yes") == 0
    assert live(cloud) == {EAST: [(2, 100)], WEST: [(2, 100)]}
    assert versions(cloud) == {EAST: (1, 2), WEST: (1, 2)}
    assert cli(second, "rollback", "orders", "--to", "1", "--region", EAST, "--yes", "--output-format", "json") == 0
    assert json.loads(cli.out)[0]["to"]["number"] == 1
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(2, 100)]}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("orders",), 1, "nothing was live before version 1 of orders in us-west-1"),
        (("orders", "--to", "7"), 1, "orders in us-west-1 has no version 7"),
        (("order",), 2, "build/ has no state machine called `order`"),
        (("orders", "--alias", "blue"), 1, "orders in us-west-1 has no alias blue"),
    ],
)
def test_rollbacks_that_cannot_be(cli: Cli, cloud: FakeAws, first: Path, arguments: tuple[str, ...], code: int, told: str) -> None:
    provide(first, cloud)
    published(first, cloud)
    before = cloud.state()
    assert cli(first, "rollback", *arguments, "--yes") == code
    assert told in cli.err
    assert cloud.state() == before


def test_drift(cli: Cli, cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    assert cli(first, "drift") == 1
    assert "has not been published" in cli.out
    published(first, cloud)
    assert cli(first, "drift") == 0
    # What is built but not published is no drift.
    assert cli(second, "drift") == 0
    machine = cloud.machine(WEST, "orders")
    machine.definition = machine.definition.replace('"Seconds": 10', '"Seconds": 11')
    assert cli(first, "drift", "--output-format", "json") == 1
    found = {(one["region"], one["name"]): one for one in json.loads(cli.out)}
    assert found[WEST, "orders"]["found"] == "changed"
    assert found[WEST, "orders"]["edits"][0]["state"] == "Settle"
    assert found[EAST, "orders"]["found"] == "none"
    machine.definition = machine.definition.replace('"Seconds": 11', '"Seconds": 10')
    published(second, cloud)
    arn = machine.arn
    machine.aliases["live"].routing_configuration = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    assert cli(second, "drift") == 1
    assert "somebody has moved the alias live: it points to version 1" in cli.out


def test_drift_tells_a_broken_off_publication_from_a_moved_alias(cli: Cli, cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    cloud.fault = only("states", "StartExecution", fault("AccessDeniedException"))
    machine = cloud.machine(WEST, "orders")
    published(second, cloud)
    versions = [(1, 90), (2, 10)]
    machine.aliases["live"].routing_configuration = [
        {"stateMachineVersionArn": f"{machine.arn}:{version}", "weight": weight} for version, weight in versions
    ]
    assert cli(second, "drift", "--output-format", "json") == 1
    (found,) = [one for one in json.loads(cli.out) if one["found"] != "none"]
    assert found["found"] == "unfinished"
    assert "was broken off with live at version 1 (90 %) and version 2 (10 %)" in found["message"]


def test_status(cli: Cli, cloud: FakeAws, first: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    cloud.run(EAST, "orders", version=1)
    assert cli(first, "status", "orders") == 0
    lines = cli.out.splitlines()
    assert lines[0].split() == ["REGION", "MACHINE", "ALIAS", "BUILT", "AT", "VERSIONS", "RUNNING", "LAST"]
    assert "version 1  c1" in lines[1]
    assert lines[2].startswith("us-east-1 *  orders")
    assert "1 on 1" in lines[2]
    assert "RUNNING 20" in lines[2]
    assert "SUCCEEDED 20" in lines[1]
    assert cli(first, "status", "--output-format", "json") == 0
    assert {(one["region"], one["name"], one["versions"]) for one in json.loads(cli.out)} == {
        (region, name, 1) for region in (EAST, WEST) for name in MACHINES
    }


def test_pruning_keeps_what_is_used(cli: Cli, cloud: FakeAws, first: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    machine = cloud.machine(EAST, "orders")
    for _ in range(9):
        machine.publish("by hand")
    cloud.run(EAST, "orders", version=3)
    cloud.run(EAST, "orders", "FAILED", version=4)
    cloud.run(EAST, "orders", "SUCCEEDED", version=5)
    cloud.run(EAST, "orders", "FAILED", version=6, execution="old")
    cloud.executions[f"arn:aws:states:{EAST}:{ACCOUNT}:execution:orders:old"]["stopDate"] -= 15 * 86_400
    assert cli(first, "prune", "--keep", "2", "--dry-run") == 0
    assert "versions 2, 5, 6, 7, 8 go, 5 stay; 1, 3, 4 in use" in cli.out
    assert len(machine.versions) == 10
    assert cli(first, "prune", "--keep", "2", "--yes") == 0
    assert sorted(machine.versions) == [1, 3, 4, 9, 10]
    assert cli(first, "prune", "--keep", "2", "--yes") == 0
    assert "Nothing to prune." in cli.out


def test_open_executions_and_renames_are_told(cli: Cli, cloud: FakeAws, first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(first, folder)
    make_project(folder, ORDERS.replace('"Load"', '"Load orders"'))
    provide(first, cloud)
    published(first, cloud)
    cloud.run(EAST, "orders", version=1)
    cloud.run(EAST, "orders", "FAILED", version=1)
    assert cli(folder, "publish", "--dry-run") == 0
    assert "open executions, which go on as they were started: 1 on version 1" in cli.out
    assert "2 open or failed executions know `Load` by its old name" in cli.out
