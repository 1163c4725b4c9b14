"""State transitions per run, beside the least that a hand-written definition needs; `pytest --update` rewrites the table."""

from __future__ import annotations

import re
from typing import Any

import pytest
from systems_running import FUNCTIONS, INPUTS, PAYMENT_BATCH, ROOT, SYSTEMS, Life

from sfn_dsl.simulate.execution import Execution
from sfn_dsl.simulate.items.store import MemoryStore
from sfn_dsl.simulate.simulation import simulate

PAGE = ROOT / "docs/systems/transitions.md"
MINIMAL = ROOT / "tests/systems/minimal"
FEATURES = {
    "claim": r"Read active Region|Is this Region active\?|Claim batch",
    "stages": r"Is \w+ done\?|Mark (?!run failed|ready)\w+",
    "row": r"Finish run|Mark run failed",
    "ready": r"Mark ready for .*",
    "class": r"Is it the data\?|Can it ever be read\?",
    "named": r"Unknown type|Unknown data type|Too many bad rows|Unreadable time|Refuse file",
}
"""What is switched on: the claim of the batch in the active Region, gates and marks of stages, the end of the row, READY rows of
consumers, one place that tells what kind of failure it was, and `Fail` steps with names of their own."""
WAYS: list[tuple[str, str, dict[str, Any], str]] = [
    *((name, "", {}, "") for name in SYSTEMS),
    ("lakehouse-etl", "documents", {"data_type": "semi_structured"}, ""),
    ("payments", "late file", {"arrived": "2026-11-21T23:30:00Z"}, ""),
    ("guidewire-base", "load fails", {}, "Load base layer=Boom"),
    ("dbt-semantic", "publishing fails", {}, "Publish semantic layer=Boom"),
    ("lakehouse-etl", "bad data", {}, "Validate=DataQualityError"),
    ("lakehouse-etl-express", "bad data", {}, "Validate=DataQualityError"),
    ("lakehouse-etl", "too many bad rows", {}, ""),
    ("payments", "unknown type", {"key": "incoming/gold/f"}, ""),
    ("payments", "no time", {"arrived": ""}, ""),
    ("kinesis-redshift", "bad data", {}, "Validate=DataQualityError"),
]


PAYMENT_ROW = '{"id": "p1", "amount": "1.00", "currency": "USD"}'
BAD = {"lakehouse-validate": {"quality": 0.1, "rejected": 9}}


def minimal(name: str, given: dict[str, Any], fault: str, functions: dict[str, Any]) -> Execution:
    return simulate(
        (MINIMAL / f"{name}.asl.json").read_text(encoding="utf-8"),
        {"data_type": "structured", "deliver": "link", **INPUTS[name], **given},
        functions=_called(name, functions),
        faults=[fault] if fault else [],
        type="EXPRESS" if name.endswith("express") else "STANDARD",
        objects=lambda: MemoryStore({("acme-payments-use1", "tokens/one.jsonl"): PAYMENT_ROW}),
    )


def _called(name: str, functions: dict[str, Any]) -> dict[str, Any]:
    text = (MINIMAL / f"{name}.asl.json").read_text(encoding="utf-8")
    return {function: answer for function, answer in {**FUNCTIONS, **functions}.items() if f":{function}" in text}


def row(name: str, way: str, given: dict[str, Any], fault: str) -> list[str | int]:
    """Name, way, transitions of ours, those of each feature, those that are left, and those of the minimal definition."""
    functions = BAD if way == "too many bad rows" else {}
    life = Life(name, rows=[PAYMENT_ROW], faults=[fault] if fault else [], functions=functions)
    done = life.run(given)
    least = minimal(name, given, fault, functions)
    assert (done.status, done.error) == (least.status, least.error)
    spent = [sum(re.fullmatch(pattern, state) is not None for state in done.states) for pattern in FEATURES.values()]
    return [name, way, done.transitions, *spent, done.transitions - sum(spent), least.transitions]


def test_nothing_is_spent_but_for_features(pytestconfig: pytest.Config) -> None:
    rows = [row(*way) for way in WAYS]
    for found in rows:
        assert found[-2] <= found[-1], found
    lines = [
        "| pipeline | way | transitions | claim | stages | row | ready | class | named | left | by hand |",
        "|---|---|" + "--:|" * 9,
    ]
    lines += ["| " + " | ".join(f"`{found[0]}`" if n == 0 else str(cell) for n, cell in enumerate(found)) + " |" for found in rows]
    text = PAGE.read_text(encoding="utf-8")
    wanted = re.sub(r"\| pipeline \|.*?\n\n", "\n".join(lines) + "\n\n", text, flags=re.S)
    if pytestconfig.getoption("--update"):
        PAGE.write_text(wanted, encoding="utf-8")
    assert wanted == PAGE.read_text(encoding="utf-8")


def test_the_batch_of_a_file_is_known() -> None:
    life = Life("payments")
    life.run()
    assert life.arguments("Transfer file")["Payload"]["batch"] == PAYMENT_BATCH
