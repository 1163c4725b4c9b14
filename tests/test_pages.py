"""Pages about systems: diagrams that say what the machine does, and tables that name what there is."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_dsl.asl.emit import to_json
from sfn_dsl.asl.read import read_json
from sfn_dsl.building import Build, build_project
from sfn_dsl.cli.main import run
from sfn_dsl.configuration import find_project
from sfn_dsl.pages.diagram import diagram
from sfn_dsl.pages.system_page import stages_of, system_pages
from sfn_dsl.project import load_pipelines

ROOT = Path(__file__).parent.parent
SYSTEMS = ("guidewire-base", "dbt-semantic", "lakehouse-etl", "lakehouse-etl-express", "payments", "kinesis-redshift")
SECTIONS = ["Diagram", "States", "Triggers", "Failure handling", "Permissions", "Cost and time", "Runbook"]
CODES = {"#35;": "#", "#quot;": '"', "#lt;": "<", "#gt;": ">", "#96;": "`", "#92;": "\\"}

NODE = re.compile(r'  (n\d+)(?:\["(.*)"\]|\[\["(.*)"\]\]|\{"(.*)"\}|\(\["(.*)"\]\))')
EDGE = re.compile(r"  (n\d+|start) (-->|-\.->) (n\d+)")
OTHER = re.compile(r'flowchart TD|  start\(\(start\)\)|  subgraph \w+ \["[^"]*"\]|  end')


@pytest.fixture(scope="module")
def built() -> Build:
    project = find_project(ROOT)
    loaded = load_pipelines(project)
    return build_project(project, loaded, loaded.pipelines, project.targets)


def parsed(text: str) -> tuple[list[str], set[tuple[str, str, bool]]]:
    """Names of the nodes in order, and the edges by names: from, to, dashed."""
    names: dict[str, str] = {}
    edges = set()
    depth = 0
    for line in text.splitlines():
        node, edge = NODE.fullmatch(line), EDGE.fullmatch(line)
        if node:
            label = next(group for group in node.groups()[1:] if group is not None)
            assert not set('"<>`') & set(label)
            assert node[1] not in names
            names[node[1]] = re.sub("#\\w+;", lambda code: CODES[code[0]], label)
        elif edge:
            edges.add((edge[1], edge[3], edge[2] == "-.->"))
        else:
            assert OTHER.fullmatch(line), line
            depth += line.startswith("  subgraph")
            depth -= line == "  end"
            assert depth >= 0
    assert depth == 0
    return list(names.values()), {(names.get(a, ""), names[b], dashed) for a, b, dashed in edges}


def wanted(definition: dict[str, Any]) -> tuple[set[str], set[tuple[str, str, bool]]]:
    """Names and edges of a definition, read from its JSON."""
    names, edges = set(), {("", definition["StartAt"], False)}

    def parts(state: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield from state.get("Branches", [])
        yield from (state[key] for key in ("ItemProcessor", "Iterator") if key in state)

    stack = [definition]
    while stack:
        for name, state in stack.pop()["States"].items():
            names.add(name)
            goals = [state.get("Next"), state.get("Default"), *(rule["Next"] for rule in state.get("Choices", []))]
            edges |= {(name, goal, False) for goal in goals if goal is not None}
            edges |= {(name, catcher["Next"], True) for catcher in state.get("Catch", [])}
            edges |= {(name, part["StartAt"], False) for part in parts(state)}
            stack += parts(state)
    return names, edges


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_diagram_has_all_states_and_edges(name: str, built: Build) -> None:
    compiled = next(one for one in built.compiled if one.pipeline.name == name)
    names, edges = parsed(diagram(compiled.machine, stages_of(compiled)))
    assert (set(names), edges) == wanted(to_json(compiled.machine))
    assert len(names) == len(set(names))


@given(st.lists(st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1), min_size=1, unique=True))
def test_any_name_can_stand_in_a_diagram(drawn: list[str]) -> None:
    states: dict[str, Any] = {name: {"Type": "Pass", "Next": then} for name, then in itertools.pairwise(drawn)}
    definition = {"StartAt": drawn[0], "States": {**states, drawn[-1]: {"Type": "Succeed"}}}
    names, edges = parsed(diagram(read_json(definition).machine, dict.fromkeys(drawn[:2], drawn[0])))
    assert (set(names), edges) == wanted(definition)


def test_stages_hold_their_gate_their_steps_and_their_mark(built: Build) -> None:
    compiled = next(one for one in built.compiled if one.pipeline.name == "kinesis-redshift")
    stages = stages_of(compiled)
    for stage in ("land", "transform", "validate", "load", "report"):
        assert stages[f"Is {stage} done?"] == stages[f"Mark {stage}"] == stage
    assert (stages["Send link"], stages["Send by e-mail"]) == ("report", "report")
    assert not {"Claim batch", "Finish run", "Alert"} & set(stages)


def test_pages_are_fresh_and_complete(built: Build) -> None:
    pages = system_pages(built, find_project(ROOT).rates)
    assert sorted(pages) == sorted(SYSTEMS)
    for name, text in pages.items():
        file = ROOT / f"docs/systems/{name}.md"
        assert file.read_text(encoding="utf-8") == text, "run `sfn-dsl docs --only systems`"
        assert re.findall(r"(?m)^## (.+)$", text) == SECTIONS
        compiled = next(one for one in built.compiled if one.pipeline.name == name)
        assert f"sfn-dsl rerun {name} BATCH" in text
        for stage in compiled.stages:
            assert f"sfn-dsl rerun {name} BATCH --from {stage.name} " in text
        for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
            assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


def test_each_kind_of_letters_has_advice_that_is_true() -> None:
    text = (ROOT / "docs/systems/lakehouse-etl.md").read_text(encoding="utf-8")
    rows = [row.split(" | ") for row in text.splitlines() if row.startswith(("| ApproximateNumber", "| Invocations |"))]
    told = {names.strip("`").removeprefix("lakehouse-etl-").partition("-Appr")[0]: advice for _, names, advice in rows}
    assert set(told) == {"poison-dead-letters", "dead-letters", "on-job-failure-Invocations"}
    assert "that no run could read" in told["poison-dead-letters"]
    assert "that were not started" in told["dead-letters"]
    assert "republish" not in told["on-job-failure-Invocations"]
    assert "sfn-dsl dlq delete lakehouse-etl-job-failures --all " in text
    assert "aws stepfunctions send-task-failure --region us-east-1 --error ApprovalRejected " in text
    messages = (ROOT / "docs/systems/payments.md").read_text(encoding="utf-8")
    [row] = [row for row in messages.splitlines() if "`payments-messages-dead-letters-ApproximateNumber" in row]
    assert "aws sqs start-message-move-task" in row


def test_triggers_in_words() -> None:
    text = (ROOT / "docs/systems/kinesis-redshift.md").read_text(encoding="utf-8")
    assert "daily at 02:00 America/New_York, starts a run." in text
    assert "Every 5 minutes `kinesis-redshift-sweeper` starts batches" in text


def test_docs_writes_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "setup.cfg").write_text(
        "[sfn_dsl]\nregions = us-east-1\n[sfn_dsl:us-east-1]\naccount = 111122223333\n", encoding="utf-8"
    )
    source = (
        'from sfn_dsl import Notify, Pipeline\np = Pipeline(name="p", body=Notify.sns("A", topic="t", subject="s", message="m"))\n'
    )
    (tmp_path / "pipelines/p.py").write_text(source, encoding="utf-8")
    where = ["-C", str(tmp_path), "docs"]
    assert run([*where, "--check"]) == 1
    assert "docs/systems/p.md is stale" in capsys.readouterr().err
    assert run(where) == 0
    assert run([*where, "--check"]) == 0
    assert "Nothing starts it by itself." in (tmp_path / "docs/systems/p.md").read_text(encoding="utf-8")
    assert run([*where, "--only", "triggers"]) == 2
    (tmp_path / "docs/systems/by-hand.md").write_text("# Mine", encoding="utf-8")
    (tmp_path / "pipelines/p.py").write_text(source.replace('"p"', '"q"'), encoding="utf-8")
    capsys.readouterr()
    assert run([*where, "--check"]) == 1
    assert "docs/systems/p.md is of no pipeline any more" in capsys.readouterr().err
    assert run(where) == 0
    assert sorted(path.name for path in (tmp_path / "docs/systems").iterdir()) == ["by-hand.md", "q.md"]
