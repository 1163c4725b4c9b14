"""Fixtures of the operators' commands; a test module that wants them names this one in `pytest_plugins`."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from operating import write_project
from operating_aws import SECRETS, Aws


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """A moto server over HTTP that starts machines by their aliases, which moto 5.2 does not."""
    pytest.importorskip("moto.server")
    from moto.server import ThreadedMotoServer
    from moto.stepfunctions.models import StepFunctionBackend

    plain = StepFunctionBackend.describe_state_machine

    def describe(self: Any, arn: str) -> Any:
        return plain(self, arn.removesuffix(":live"))

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    StepFunctionBackend.describe_state_machine = describe
    yield f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    StepFunctionBackend.describe_state_machine = plain
    server.stop()


@pytest.fixture
def aws(moto_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Aws:
    """An empty AWS with control tables, and credentials for it."""
    urllib.request.urlopen(urllib.request.Request(f"{moto_url}/moto-api/reset", method="POST")).close()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", SECRETS["aws_access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRETS["aws_secret_access_key"])
    return Aws(moto_url, capsys)


@pytest.fixture
def folder(project: Callable[[dict[str, str]], Path]) -> Path:
    """A project whose deployment has an arbiter."""
    return write_project(project)
