"""A publisher is killed between any two calls to AWS; the next run finishes the work, and nothing is lost or doubled."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from publishing import CHANGED, ORDERS, make_project, provide, published
from publishing_calls import ENVIRONMENT

pytest.importorskip("moto.server")
from fake_aws import FakeAws, fake_aws

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["boto3", "publishing"])


@pytest.fixture(scope="module")
def aws() -> Iterator[FakeAws]:
    with pytest.MonkeyPatch.context() as patch, fake_aws() as server:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield server


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The project before and after a change; the folder is called the same."""
    first = make_project(tmp_path_factory.mktemp("first") / "shop", ORDERS)
    return first, make_project(tmp_path_factory.mktemp("second") / "shop", CHANGED)


class Remote:
    """What a publisher needs to know of the server, in another process."""

    def __init__(self, url: str) -> None:
        self.url = url


def publish_there(folder: Path, url: str, environment: dict[str, str], ready: Any) -> None:
    """What the other process does: it waits until the test is ready to kill it."""
    os.environ.update(environment)
    ready.wait()
    outcome = published(folder, Remote(url))
    assert outcome.stopped is None, outcome


def killed(aws: FakeAws, folder: Path, number: int, after: bool) -> None:
    """Publish in another process, which is killed at a call."""
    ready = PROCESSES.Event()
    process = PROCESSES.Process(target=publish_there, args=(folder, aws.url, ENVIRONMENT, ready))
    process.start()
    assert process.pid is not None
    aws.calls.clear()
    aws.killing = (process.pid, number, after)
    ready.set()
    process.join(60)
    aws.killing = None
    assert process.exitcode == -signal.SIGKILL, f"call {number}: exit code {process.exitcode}"


def prepare(aws: FakeAws, projects: tuple[Path, Path], change: bool) -> Path:
    """An AWS before the publication that is to be killed, and the folder to publish."""
    aws.reset()
    provide(projects[0], aws)
    if change:
        assert published(projects[0], aws).stopped is None
    aws.calls.clear()
    return projects[1] if change else projects[0]


def undisturbed(aws: FakeAws, projects: tuple[Path, Path], change: bool) -> tuple[dict[str, Any], list[str], int, int]:
    """State, executions and numbers of calls of a publication that nobody disturbs: the first call that changes something, all."""
    folder = prepare(aws, projects, change)
    assert published(folder, aws).stopped is None
    writes = [number for number, call in enumerate(aws.calls) if call.operation == "ValidateStateMachineDefinition"]
    return aws.state(), sorted(aws.executions), writes[0], len(aws.calls)


@pytest.mark.parametrize(("change", "after"), [(False, False), (False, True), (True, False), (True, True)])
def test_a_run_is_killed_at_some_calls(aws: FakeAws, projects: tuple[Path, Path], change: bool, after: bool) -> None:
    state, executions, begin, end = undisturbed(aws, projects, change)
    # In both Regions, at other calls each time; every single one is `slow`.
    for number in range(begin + 2 * change + after, end, 5):
        again(aws, projects, change, number, after, state, executions)


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("change", [False, True], ids=["first", "change"])
def test_a_run_is_killed_at_every_call(aws: FakeAws, projects: tuple[Path, Path], change: bool, after: bool) -> None:
    state, executions, _, end = undisturbed(aws, projects, change)
    for number in range(end):
        again(aws, projects, change, number, after, state, executions)


def again(
    aws: FakeAws, projects: tuple[Path, Path], change: bool, number: int, after: bool, state: dict[str, Any], executions: list[str]
) -> None:
    """Killed at a call, published again: all is as if nothing had happened, and a third run has nothing to do."""
    folder = prepare(aws, projects, change)
    killed(aws, folder, number, after)
    assert published(folder, aws).stopped is None
    assert aws.state() == state, f"killed at call {number}"
    assert sorted(aws.executions) == executions
    assert published(folder, aws).done == ()
