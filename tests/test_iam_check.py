"""`iam check`: the calls of a pipeline and of the machines beside it against their roles, and rights that no run used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sfn_dsl.cli.main import run

PIPELINE = """
from sfn_dsl import Control, Input, Load, Pipeline, Stage

batch = Input(batch_id=str)
load = Load.lambda_("Put", function="put", payload={"b": batch.batch_id}, timeout_seconds=60)
pipeline = Pipeline(name="orders", input=batch, control=Control(batch.batch_id), body=Stage("load", load))
"""


def test_the_machines_beside_a_pipeline_are_looked_at(
    project: Callable[[dict[str, str]], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project({"pipelines/orders.py": PIPELINE})
    assert run(["-C", str(folder), "iam", "check", "orders"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-1].endswith("kinds of calls, 0 not allowed.")
    # The sweeper has found a batch and started it, and given up another one.
    assert told[:-1] == []
