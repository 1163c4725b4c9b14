"""The command line against the fake AWS, and what is there afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_aws import EAST, WEST, Answer, Call, FakeAws

from sfn_dsl.cli.main import run

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}
MACHINES = ("etl-run-closer", "orders")


class Cli:
    """The command line against the fake AWS; what it printed last."""

    def __init__(self, cloud: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
        self.cloud = cloud
        self.capsys = capsys
        self.out = self.err = ""

    def __call__(self, folder: Path, *arguments: str) -> int:
        self.capsys.readouterr()
        code = run(["-C", str(folder), *arguments, "--endpoint-url", self.cloud.url])
        self.out, self.err = self.capsys.readouterr()
        return code


def operations(cloud: FakeAws, service: str = "states") -> list[tuple[str, str]]:
    return [(call.region, call.operation) for call in cloud.calls if call.service == service]


def versions(cloud: FakeAws, name: str = "orders") -> dict[str, tuple[int, ...]]:
    return {region: tuple(cloud.machine(region, name).versions) for region in (EAST, WEST)}


def live(cloud: FakeAws, name: str = "orders") -> dict[str, list[tuple[int, int]]]:
    return {
        region: [
            (int(route["stateMachineVersionArn"].rpartition(":")[2]), route["weight"])
            for route in cloud.machine(region, name).aliases["live"].routing_configuration
        ]
        for region in (EAST, WEST)
    }


def only(service: str, operation: str, answer: Callable[[Call], Answer], *, region: str = "") -> Callable[[Call], Answer | None]:
    """A fault of one operation."""

    def found(call: Call) -> Answer | None:
        same = (call.service, call.operation) == (service, operation) and region in ("", call.region)
        return answer(call) if same else None

    return found
