"""`publish` and what goes with it make no call outside the policy that `iam publisher --for publish` prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from calls_made import record
from fake_aws import FakeAws
from publishing import CHANGED, ORDERS, provide
from test_publish import Cli, aws, cli, make_project, server  # noqa: F401
from test_publisher_rights import built

from sfn_dsl.publish.publisher_rights import publish_rights


def test_no_call_outside(cli: Cli, aws: FakeAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    folder = make_project(tmp_path / "shop", ORDERS)
    provide(folder, aws)
    build, _ = built(folder)
    allowed = publish_rights((*build.compiled, *build.machines), "shop")
    calls = record(monkeypatch)
    assert cli(folder, "publish", "--yes") == 0
    for attempts in (5, 6, 7):
        make_project(folder, CHANGED.replace("max_attempts=5", f"max_attempts={attempts}"))
        assert cli(folder, "publish", "--yes") == 0, cli.err
    assert cli(folder, "rollback", "orders", "--yes") == 0
    assert cli(folder, "status") == 0
    assert cli(folder, "drift") in (0, 1)
    assert cli(folder, "prune", "--keep", "2", "--yes") == 0
    assert calls.denied(allowed) == []
