"""Ctrl-C, and output that nobody takes: what was begun is finished or told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_aws import EAST, WEST, FakeAws, fault
from publishing import desired_of, planned, provide, published
from publishing_calls import Cli, live, only, versions

from sfn_dsl.publish import applying
from sfn_dsl.publish.applying import Done, apply
from sfn_dsl.publish.machine import Machine
from sfn_dsl.publish.pacing import Clock

pytest_plugins = ("publishing_fixtures",)


def interrupt(seconds: float) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def ctrl_c(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Ctrl-C while the publisher waits, or after a call was carried out and before its answer has come."""

    def during(operation: str = "") -> None:
        def call(machine: Machine, name: str, /, **arguments: object) -> object:
            answer = real(machine, name, **arguments)
            if name == operation:
                raise KeyboardInterrupt
            return answer

        real = Machine.call
        if operation:
            monkeypatch.setattr(Machine, "call", call)
        else:
            monkeypatch.setattr(applying, "Clock", lambda: Clock(sleep=interrupt))

    return during


def test_ctrl_c_while_the_alias_moves(
    cli: Cli, cloud: FakeAws, first: Path, second: Path, ctrl_c: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    provide(first, cloud)
    published(first, cloud)
    ctrl_c()
    assert cli(second, "publish", "--yes", "--strategy", "canary") == 130
    assert "Stopped at orders in us-west-1, alias: interrupted" in cli.out
    assert "    orders: version 2, then 10 % to version 2; not finished" in cli.out
    assert "  us-east-1: 0 of 1 done\n    orders: not begun" not in cli.out
    assert "    not begun: orders" in cli.out
    assert cli.err == "interrupted\n"
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(1, 90), (2, 10)]}
    assert cli(second, "drift") == 1
    assert "its publication or rollback was broken off with live at version 1 (90 %) and version 2 (10 %)" in cli.out
    monkeypatch.undo()
    assert published(second, cloud).stopped is None
    assert versions(cloud) == {EAST: (1, 2), WEST: (1, 2)}


def test_ctrl_c_during_a_call(cli: Cli, cloud: FakeAws, first: Path, second: Path, ctrl_c: Callable[..., None]) -> None:
    provide(first, cloud)
    published(first, cloud)
    ctrl_c("update_state_machine")
    assert cli(second, "publish", "--yes", "--output-format", "json") == 130
    stopped = json.loads(cli.out)["outcome"]["stopped"]
    assert (stopped["region"], stopped["work"], stopped["interrupted"], stopped["done"]) == (WEST, "update", True, [])
    assert "    orders: update was under way" in cli.err


def test_ctrl_c_during_a_rollback(cli: Cli, cloud: FakeAws, first: Path, second: Path, ctrl_c: Callable[..., None]) -> None:
    provide(first, cloud)
    published(first, cloud)
    published(second, cloud)
    ctrl_c("update_state_machine_alias")
    assert cli(second, "rollback", "orders", "--yes", "--output-format", "json") == 130
    assert {turn["region"]: turn["changed"] for turn in json.loads(cli.out)} == {WEST: False, EAST: False}
    assert "Done: no Region. Stopped at us-west-1. Not begun: us-east-1. Roll back again to finish." in cli.err


def heard(cloud: FakeAws, folder: Path, lines: int, *arguments: str) -> tuple[int, str]:
    """What a command says to somebody who reads some lines and goes away; exit code and stderr."""
    command = [sys.executable, "-m", "sfn_dsl", "-C", str(folder), *arguments, "--endpoint-url", cloud.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(lines):
            process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    return process.returncode, said


def test_the_work_goes_on_when_nobody_reads(cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    assert heard(cloud, first, 2, "publish", "--yes") == (0, "")
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(1, 100)]}
    published(second, cloud)
    assert heard(cloud, second, 1, "rollback", "orders", "--yes") == (0, "")
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(1, 100)]}
    for region in (EAST, WEST):
        for _ in range(5):
            cloud.machine(region, "orders").publish("by hand")
    assert heard(cloud, second, 1, "prune", "--keep", "2", "--yes") == (0, "")
    assert versions(cloud) == {EAST: (1, 6, 7), WEST: (1, 6, 7)}


def test_an_error_is_told_when_nobody_reads(cloud: FakeAws, first: Path) -> None:
    provide(first, cloud)
    cloud.fault = only("states", "StartExecution", fault("AccessDeniedException"))
    code, said = heard(cloud, first, 1, "publish", "--yes")
    assert code == 2
    assert said.startswith("error: AWS does not allow you states:StartExecution in us-west-1")


def test_the_work_goes_on_where_it_cannot_be_written(cloud: FakeAws, first: Path) -> None:
    provide(first, cloud)
    command = [sys.executable, "-m", "sfn_dsl", "-C", str(first), "publish", "--yes", "--endpoint-url", cloud.url]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr == "note: the output cannot be written (No space left on device); the work goes on\n"
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(1, 100)]}


def test_a_report_that_fails_does_not_stop_the_work(cloud: FakeAws, first: Path) -> None:
    provide(first, cloud)
    made, clients = planned(first, cloud)
    told = []

    def report(done: Done) -> None:
        told.append(done)
        raise ValueError("no paper")

    with pytest.warns(RuntimeWarning, match="no paper"):
        outcome = apply(made, desired_of(first), clients, report)
    assert outcome.stopped is None
    assert len(told) == 1
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(1, 100)]}
