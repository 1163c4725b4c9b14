"""Publishing to the embedded AWS, which runs what is published."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from publishing import ACCOUNT, CHANGED, ORDERS, make_project, provide
from publishing_calls import ENVIRONMENT

from sfn_dsl.cli.main import run
from sfn_dsl.embedded.process import Embedded, Endpoint, Options


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        with Embedded(tmp_path_factory.mktemp("aws"), Options(account=ACCOUNT)) as endpoint:
            yield endpoint


@pytest.fixture
def cli(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def command(folder: Path, *arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = run(["-C", str(folder), *arguments, "--endpoint-url", endpoint.url])
        out, err = capsys.readouterr()
        return code, out + err

    return command


def test_a_change_there_and_back(endpoint: Endpoint, cli: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    folder = make_project(tmp_path / "shop", ORDERS)
    provide(folder, endpoint)
    code, said = cli(folder, "publish", "--yes")
    assert code == 0, said
    assert "us-east-1  orders  dry-run-1-" in said
    code, said = cli(folder, "publish", "--yes")
    assert (code, "Nothing to do." in said) == (0, True), said

    make_project(folder, CHANGED)
    code, said = cli(folder, "publish", "--yes")
    assert code == 0, said
    assert "Retry[0].MaxAttempts  3 -> 5" in said
    assert cli(folder, "drift")[0] == 0
    code, said = cli(folder, "status", "orders", "--output-format", "json")
    found = {one["region"]: (one["routing"], one["last"]["status"]) for one in json.loads(said)}
    assert found == {region: ([{"version": 2, "percent": 100}], "SUCCEEDED") for region in ("us-west-1", "us-east-1")}

    assert cli(folder, "rollback", "orders", "--yes")[0] == 0
    code, said = cli(folder, "publish", "--dry-run")
    assert "live: version 1 -> version 2" in said
    assert cli(folder, "prune", "--keep", "2", "--yes")[0] == 0
