"""Shared fixtures. `--update` rewrites the golden files under tests/golden."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from compiling import compiled

from sfn_dsl.asl.emit import to_json
from sfn_dsl.asl.schema import validate
from sfn_dsl.pipeline import Pipeline


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite golden files")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["SFN_DSL_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def shared_cases() -> Path:
    folder = os.environ.get("SFN_DSL_CASES")
    if not folder:
        pytest.skip("SFN_DSL_CASES does not name the folder with the large case sets")
    return Path(folder)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of an empty moto server. All servers of a process share one world."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    server.start()
    url = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    reset = Request(f"{url}/moto-api/reset", method="POST")
    urlopen(reset).close()
    yield url
    urlopen(reset).close()
    server.stop()


@pytest.fixture
def definition() -> Callable[..., dict[str, Any]]:
    """Compile a pipeline that is right; the definition, which the schema accepts."""

    def make(pipeline: Pipeline, **more: Any) -> dict[str, Any]:
        result = compiled(pipeline, **more)
        assert result.diagnostics == ()
        value = to_json(result.machine)
        assert validate(value) == []
        return value

    return make


@pytest.fixture
def findings() -> Callable[..., list[tuple[str, str]]]:
    """Compile a pipeline that is wrong; code and message of every finding."""

    def make(pipeline: Pipeline, **more: Any) -> list[tuple[str, str]]:
        return [(found.code, found.message) for found in compiled(pipeline, **more).diagnostics]

    return make


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """A project folder from file names and texts; a plain `setup.cfg` unless one is given."""

    def make(files: dict[str, str]) -> Path:
        cfg = "[sfn_dsl]\nregions = us-east-1, us-west-1\n[sfn_dsl:us-east-1]\naccount = 111122223333\n[sfn_dsl:us-west-1]\naccount = 111122223333\n"
        for name, text in {"setup.cfg": cfg, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return make
