"""Fixtures of publishing; a test module that wants them names this one in `pytest_plugins`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_aws import FakeAws, fake_aws
from publishing import CHANGED, ORDERS, make_project
from publishing_calls import ENVIRONMENT, Cli


@pytest.fixture(scope="module")
def server() -> Iterator[FakeAws]:
    """An AWS over HTTP, and credentials for it."""
    pytest.importorskip("moto.server")
    with pytest.MonkeyPatch.context() as patch, fake_aws() as cloud:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield cloud


@pytest.fixture
def cloud(server: FakeAws) -> FakeAws:
    server.reset()
    return server


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The project before and after a change."""
    first = make_project(tmp_path_factory.mktemp("first"), ORDERS)
    second = tmp_path_factory.mktemp("second") / "shop"
    shutil.copytree(first, second)
    return first, make_project(second, CHANGED)


@pytest.fixture
def first(made: tuple[Path, Path]) -> Path:
    return made[0]


@pytest.fixture
def second(made: tuple[Path, Path]) -> Path:
    return made[1]


@pytest.fixture
def cli(cloud: FakeAws, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(cloud, capsys)
