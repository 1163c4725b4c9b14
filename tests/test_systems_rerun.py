"""A batch of each system that has failed in any stage, run again from any stage: it comes to the same."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from systems_running import BATCHES, PAYMENT_BATCH, ROWS, SYSTEMS, Life, payments_store, stages

from sfn_dsl.publish.batch_row import read_row
from sfn_dsl.publish.rerunning import plan_rerun, reset_row

WORK = {
    "guidewire-base": {"copy": "Copy to lake", "load": "Load base layer"},
    "dbt-semantic": {"check": "Data consistency check", "build": "Check dbt results", "publish": "Publish semantic layer"},
    "lakehouse-etl": {
        "extract": "Extract customers",
        "transform": "Transform tables",
        "validate": "Validate",
        "load": "Load lake tables",
    },
    "lakehouse-etl-express": {
        "extract": "Extract web",
        "transform": "Transform light data",
        "validate": "Validate",
        "load": "Load lake tables",
    },
    "payments": {"receive": "Transfer file", "prepare": "Tokenise file", "load": "Count payments"},
    "kinesis-redshift": {
        "land": "Kinesis to lake",
        "transform": "Transform to Parquet",
        "validate": "Validate",
        "load": "Load to Redshift",
        "report": "Build report",
    },
}
"""A task of each stage, in the order of the stages."""
CASES = [(name, failing, start) for name in SYSTEMS for failing in WORK[name] for start in (None, *WORK[name])]
OWN = {state for states in WORK.values() for state in states.values()}


RUNS = re.compile(r"jr_[0-9a-f]{64}|(?<=payments:)[0-9a-f-]{36}")
FENCES = re.compile(r'(?<="--fence": ")\d+|(?<=Z", )\d+(?=\], "role")')
"""Ids of runs of jobs and Maps, and fences: what tells one attempt from another."""


def effects(life: Life) -> dict[str, Any]:
    """What the work of a run has handed to others: arguments of its tasks, without what tells attempts apart."""
    told = {state: json.dumps(arguments, sort_keys=True) for state, arguments in life.calls if state in OWN}
    return {state: FENCES.sub("fence", RUNS.sub("run", text)) for state, text in told.items()}


def test_every_stage_is_gone_through() -> None:
    assert {name: list(WORK[name]) for name in SYSTEMS} == {name: stages(name) for name in SYSTEMS}


@pytest.mark.parametrize(("name", "failing", "start"), CASES, ids=["/".join(map(str, case)) for case in CASES])
def test_run_again_from_any_stage(name: str, failing: str, start: str | None) -> None:
    whole = Life(name)
    expected = whole.run(name="first")
    wanted = effects(whole)

    number, state = stages(name).index(failing), WORK[name][failing]
    life = Life(name, faults=[f"{state}=Boom"])
    first = life.run(name="first")
    assert (first.status, first.error) == ("FAILED", "Boom")
    life.mend()
    # A second event for the failed batch does nothing.
    assert life.run(name="second").output == {"claimed": False}
    row = read_row(life.table, name, BATCHES[name])
    assert row is not None
    assert row.done == set(stages(name)[:number])
    plan = plan_rerun(row, stages(name), from_stage=start, now=life.world.now_ms)
    reset_row(life.table, plan, now=life.world.now_ms)
    third = life.run(name="third")
    assert (third.status, third.output) == ("SUCCEEDED", expected.output)
    ended = read_row(life.table, name, BATCHES[name])
    assert ended is not None
    assert (ended.status, ended.attempt, ended.done) == ("SUCCEEDED", 2, set(stages(name)))
    begin = number if start is None else min(number, stages(name).index(start))
    ran = effects(life)
    assert {stage for stage, task in WORK[name].items() if task in ran} == set(stages(name)[begin:])
    assert {task: wanted[task] for task in ran if task in wanted} == ran


def test_a_later_run_of_a_file_counts_its_own_refusals() -> None:
    life = Life("payments", rows=["{}"] * 3 + ROWS)
    assert life.run(name="first").error == "TooManyRefusedPayments"
    told = str(life.arguments("Tell data owners")["Message"])
    assert f"3 of 203 payments cannot be read; see {PAYMENT_BATCH}-1 in payment-refusals" in told
    row = read_row(life.table, "payments", PAYMENT_BATCH)
    assert row is not None
    reset_row(life.table, plan_rerun(row, stages("payments"), from_stage="prepare", now=life.world.now_ms), now=life.world.now_ms)
    life.world.objects = payments_store(["{}", *ROWS])
    assert life.run(name="second").output == {"loaded": 200, "refused": 1}
