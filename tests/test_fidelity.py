"""The simulator against executions and TestState calls recorded on AWS; `docs/differences.md` lists what differs."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sfn_dsl.asl.read import read_json
from sfn_dsl.simulate.program.machine import compile_program
from sfn_dsl.simulate.provisions import provide
from sfn_dsl.simulate.simulation import Machine, Simulation

ROOT = Path(__file__).parents[1]
OWN = Path(__file__).parent / "cases"
sys.path.insert(0, str(ROOT / "bench"))

from recorded import Case, Verdict, compare, load, simulate  # noqa: E402
from recorded_calls import compare_call  # noqa: E402


def _listed() -> dict[str, set[str]]:
    """Cases of the table in the document, and the aspects in which they differ."""
    text = (ROOT / "docs" / "differences.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\S+__\S+) \| ([\w, ]+) \|", text, re.MULTILINE)
    return {name: set(aspects.split(", ")) for name, aspects in rows}


def _judge(case: Case) -> Verdict:
    return compare_call(case) if case["kind"].startswith("test_state") else compare(case, simulate(case))


def _differing(case: Case) -> set[str]:
    return {aspect for aspect, agrees in _judge(case).items() if not agrees}


@pytest.mark.parametrize("path", sorted((OWN / "executions").glob("*.json")), ids=lambda path: path.stem)
def test_a_recorded_execution(path: Path) -> None:
    assert _differing(json.loads(path.read_text(encoding="utf-8"))) == set()


@pytest.mark.parametrize("path", sorted((OWN / "test_state").glob("*.json")), ids=lambda path: path.stem)
def test_a_recorded_call(path: Path) -> None:
    assert _differing(json.loads(path.read_text(encoding="utf-8"))) == set()


@pytest.mark.parametrize("folder", ["executions", "test_state"])
def test_the_large_sets(shared_cases: Path, folder: str) -> None:
    listed = _listed()
    assert listed
    cases = list(load(shared_cases / folder))
    assert len(cases) > 50
    found = {case["name"]: differing for case in cases if (differing := _differing(case))}
    names = {case["name"] for case in cases}
    assert found == {name: aspects for name, aspects in listed.items() if name in names}


def test_the_comparison_can_fail() -> None:
    case: dict[str, Any] = json.loads(next((OWN / "executions").glob("*.json")).read_text(encoding="utf-8"))
    execution = simulate(case)
    case["expected"] = {**case["expected"], "status": "TIMED_OUT", "states": ["Elsewhere"], "states_top": [], "event_types": []}
    case["expected"].pop("output", None)
    verdict = compare(case, execution)
    assert not verdict["status"]
    assert not verdict["states"]
    assert not verdict["event_types"]


def test_the_script_counts(tmp_path: Path) -> None:
    """The script's last line counts; a case that cannot be run has failed, and the others go on."""
    (tmp_path / "executions").mkdir()
    path = next((OWN / "executions").glob("*.json"))
    case = json.loads(path.read_text(encoding="utf-8"))
    (tmp_path / "executions" / "good.json").write_text(json.dumps(case), encoding="utf-8")
    case["definition"] = {"StartAt": "Nowhere", "States": {}}
    (tmp_path / "executions" / "bad.json").write_text(json.dumps(case), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "fidelity.py"), str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "1 passed, 1 failed"


def test_every_copied_case_names_its_origin() -> None:
    with (OWN / "recorded.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    copied = {path.relative_to(OWN).as_posix() for folder in ("executions", "test_state") for path in (OWN / folder).glob("*.json")}
    assert rows.keys() == copied
    assert all(row["origin"] and row["licence"] == "Apache-2.0" for row in rows.values())


def test_every_valid_definition_runs_to_an_end(shared_cases: Path) -> None:
    """Whatever AWS accepts can be simulated: it succeeds or fails as an execution does, and nothing falls over."""
    ended = Counter(_status(path) for path in sorted((shared_cases / "definitions" / "valid").rglob("*.json")))
    assert set(ended) <= {"SUCCEEDED", "FAILED", "TIMED_OUT"}
    assert ended["SUCCEEDED"] > 200


def _status(path: Path) -> str:
    value = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(value, dict) and "definition" in value:
        value = value["definition"]
    machine = read_json(json.loads(value) if isinstance(value, str) else value).machine
    simulation = Simulation(machine=Machine(program=compile_program(machine)), prepare=provide, strict=False)
    return simulation.run({}).status
