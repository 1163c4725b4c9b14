"""`check` and `explain`: pipelines and files, selection and suppression, formats, AWS's own opinion, bad input."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfn_dsl.checking.files import check_files, check_text
from sfn_dsl.checking.online import location_pointer
from sfn_dsl.checking.run import findings_of
from sfn_dsl.checking.selection import Selection, make_selection
from sfn_dsl.cli.main import run as run_cli
from sfn_dsl.codes import CODES
from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import Rule, all_rules
from sfn_dsl.rules.subject import Subject

ROOT = Path(__file__).parents[1]
LOST = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Gone"}, "Lost": {"Type": "Succeed"}, "Z": {"Type": "Succeed"}}}
PIPELINE = """
from sfn_dsl import Extract, Input, Pipeline, Raw
batch = Input(id=str)
load = Extract.glue("Load", job="j", arguments={"--id": batch.id})
wrong = Raw("Wrong", {"Type": "Wait", "Seconds": 200000000, "End": True})
pipeline = Pipeline(name="nightly", input=batch, body=load >> wrong)
"""

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run_cli(["-C", str(tmp_path), "--color", "never", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def names(text: str | bytes, **options: Any) -> set[str]:
    return {found.name for found in check_text(text, **options) if found.severity is Severity.ERROR}


# Files


def test_findings_stand_on_line_and_column(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.asl.json").write_text(json.dumps(LOST, indent=2), encoding="utf-8")
    code, out, err = cli("check", "a.asl.json", "--output-format", "concise", "-q")
    assert code == 1
    assert [line.split(" ")[0] for line in out.splitlines()] == ["a.asl.json:6:15:", "a.asl.json:8:13:", "a.asl.json:11:10:"]
    assert "next-target" in out
    assert "unreachable-state" in out
    assert err == "Found 3 errors in 1 file.\n"


def test_yaml_and_templates(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "b.asl.yaml").write_text("StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: Gone\n", encoding="utf-8")
    template = {"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"Definition": LOST}}}}
    (tmp_path / "template.json").write_text(json.dumps(template, indent=1), encoding="utf-8")
    code, out, _ = cli("check", ".", "--output-format", "json", "-q")
    found = json.loads(out)
    assert code == 1
    assert {"b.asl.yaml", "template.json"} == {one["file"] for one in found}
    assert [(one["line"], one["name"]) for one in found if one["file"] == "b.asl.yaml"] == [
        (3, "no-terminal-state"),
        (5, "next-target"),
    ]


def test_a_template_may_name_a_file(tmp_path: Path, cli: Cli) -> None:
    resource = {"Type": "AWS::Serverless::StateMachine", "Properties": {"DefinitionUri": "machines/m.asl.json", "Type": "EXPRESS"}}
    (tmp_path / "template.json").write_text(json.dumps({"Resources": {"M": resource}}), encoding="utf-8")
    code, out, _ = cli("check", "template.json", "--output-format", "concise", "-q")
    assert (code, "there is no file `machines/m.asl.json`" in out) == (1, True)
    (tmp_path / "machines").mkdir()
    (tmp_path / "machines" / "m.asl.json").write_text(json.dumps(LOST), encoding="utf-8")
    code, out, _ = cli("check", "template.json", "--output-format", "json", "-q")
    assert {one["file"] for one in json.loads(out)} == {"machines/m.asl.json"}
    assert code == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{", "json-syntax"),
        ("", "json-syntax"),
        ("[]", "root-not-object"),
        ('{"StartAt": NaN}', "json-syntax"),
        (json.dumps({"StartAt": "A", "States": {}}), "states-empty"),
        ('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "A": {"Type": "Succeed"}}}', "json-duplicate-state-key"),
        (
            json.dumps(
                {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRunn", "End": True}}}
            ),
            "task-unknown-optimised-action",
        ),
        (
            json.dumps(
                {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Output": "{% 1 + %}", "End": True}}}
            ),
            "jsonata-syntax",
        ),
    ],
)
def test_errors(text: str, name: str) -> None:
    assert name in names(text)


def test_the_type_comes_from_the_settings_beside(tmp_path: Path, cli: Cli) -> None:
    sync = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}, "End": True}
        },
    }
    (tmp_path / "a.asl.json").write_text(json.dumps(sync), encoding="utf-8")
    assert cli("check", "a.asl.json")[0] == 0
    assert cli("check", "a.asl.json", "--type", "EXPRESS")[0] == 1
    (tmp_path / "a.settings.json").write_text('{"type": "EXPRESS"}', encoding="utf-8")
    code, out, _ = cli("check", "a.asl.json", "--output-format", "concise", "-q")
    assert (code, "express-sync" in out) == (1, True)


def test_many_files_on_all_cores(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number:03}.asl.json").write_text(json.dumps(LOST), encoding="utf-8")
    files = sorted(tmp_path.glob("*.asl.json"))
    selection = make_selection(ignored=["SFN7"])
    one, many = (check_files(files, tmp_path, selection, processes=count) for count in (1, 2))
    assert one == many
    assert len({found.span.file for found in one}) == 100


# Selection and suppression


def test_rules_are_chosen_and_ignored(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "a.asl.json").write_text(json.dumps(LOST), encoding="utf-8")
    lines = lambda *options: cli("check", "a.asl.json", "--output-format", "concise", *options)[1].splitlines()  # noqa: E731
    assert {line.split()[-1] for line in lines("--rule", "SFN130")} == {"(unreachable-state)"}
    assert not any("unreachable" in line for line in lines("--ignore", "unreachable-state"))
    assert cli("check", "a.asl.json", "--exit-zero")[0] == 0
    code, _, err = cli("check", "a.asl.json", "--rule", "unreachable-stat")
    assert (code, "did you mean `unreachable-state`?" in err) == (2, True)
    _, _, err = cli("check", "a.asl.json", "--statistics", "-q")
    assert "2  SFN130  unreachable-state" in err


def test_comments_suppress(tmp_path: Path, cli: Cli) -> None:
    allowed = json.loads(json.dumps(LOST))
    allowed["States"]["Lost"]["Comment"] = "kept for later. sfn: allow unreachable-state"
    assert sum("`Lost`" in found.message for found in check_text(json.dumps(allowed))) == 0
    assert sum("`Z`" in found.message for found in check_text(json.dumps(allowed))) == 1
    yaml = "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: Gone # sfn: allow next-target\n"
    assert "next-target" not in names(yaml, file_name="a.asl.yaml")
    (tmp_path / "setup.cfg").write_text(
        "[sfn_dsl]\nregions = us-east-1\nignore = next-target\nper_file_ignores =\n    old/*: SFN130, SFN7\n[sfn_dsl:us-east-1]\naccount = 111122223333\n",
        encoding="utf-8",
    )
    (tmp_path / "old").mkdir()
    for file in ("new.asl.json", "old/old.asl.json"):
        (tmp_path / file).write_text(json.dumps(LOST), encoding="utf-8")
    out = cli("check", ".", "--output-format", "concise", "-q")[1]
    assert "next-target" not in out
    assert {line.split(":")[0] for line in out.splitlines() if "unreachable" in line} == {"new.asl.json"}


def test_the_profile_turns_practice_into_warnings(tmp_path: Path, cli: Cli) -> None:
    text = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": True}
        },
    }
    (tmp_path / "a.asl.json").write_text(json.dumps(text), encoding="utf-8")
    assert cli("check", "a.asl.json", "--warn-error")[0] == 0
    code, out, _ = cli("check", "a.asl.json", "--warn-error", "--profile", "strict", "--output-format", "concise")
    assert (code, "bp-task-no-timeout" in out) == (1, True)


def test_a_rule_that_falls_over_is_a_finding() -> None:
    def broken(subject: Subject) -> Iterator[Finding]:
        raise KeyError("oops")
        yield

    rules = (Rule(code="SFN199", names=("broken",), severity=Severity.ERROR, check=broken), *all_rules())
    found = list(findings_of(Subject(LOST), Selection(rules=rules)))
    assert [(one.code, one.severity) for one in found if one.name == "rule-crashed"] == [("SFN100", Severity.WARNING)]
    assert any(one.name == "unreachable-state" for one in found)


# Pipelines


def test_findings_about_pipelines_stand_on_python_lines(project: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    root = project({"pipelines/nightly.py": PIPELINE})
    assert run_cli(["-C", str(root), "check", "--output-format", "concise", "-q"]) == 1
    out = capsys.readouterr().out
    assert "pipelines/nightly.py:5: SFN" in out
    assert out.count("wait-seconds-max") == 1, "once for both Regions"
    assert run_cli(["-C", str(root), "build"]) == 1
    assert "Nothing was written" in capsys.readouterr().err
    assert run_cli(["-C", str(root), "check", "--rule", "SFN7"]) == 0
    assert run_cli(["-C", str(root), "check", "-q", "--ignore", "wait-seconds-max"]) == 0
    allowed = PIPELINE.replace("wrong = Raw", "# sfn: allow wait-seconds-max\nwrong = Raw")
    (root / "pipelines" / "nightly.py").write_text(allowed, encoding="utf-8")
    assert run_cli(["-C", str(root), "check", "-q"]) == 0
    assert run_cli(["-C", str(root), "build"]) == 0
    # A verdict that a comment made is not remembered: without the comment the fault is there again.
    (root / "pipelines" / "nightly.py").write_text(PIPELINE, encoding="utf-8")
    assert run_cli(["-C", str(root), "build"]) == 1


@pytest.mark.parametrize("setting", ["ignore = wait-seconds-max", "per_file_ignores =\n    pipelines/night*.py: SFN145"])
def test_settings_silence_findings_about_pipelines(setting: str, project: Callable[..., Path]) -> None:
    root = project({"pipelines/nightly.py": PIPELINE})
    settings = (root / "setup.cfg").read_text(encoding="utf-8")
    (root / "setup.cfg").write_text(settings.replace("[sfn_dsl]\n", f"[sfn_dsl]\n{setting}\n"), encoding="utf-8")
    assert run_cli(["-C", str(root), "check", "-q"]) == 0
    assert run_cli(["-C", str(root), "build"]) == 0
    (root / "setup.cfg").write_text(settings, encoding="utf-8")
    assert run_cli(["-C", str(root), "build"]) == 1


@pytest.mark.parametrize("profile", ["default", "strict"])
def test_our_own_pipelines_have_no_warnings(profile: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor have the machines that the library puts beside them, whose practice nobody but the library can mend."""
    assert run_cli(["-C", str(ROOT), "check", "--warn-error", "-q", "--profile", profile]) == 0
    assert capsys.readouterr().out == ""


# AWS's own opinion


class _Aws(BaseHTTPRequestHandler):
    """ValidateStateMachineDefinition, as much of it as is needed."""

    asked: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(request)
        found = {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": "nope", "location": "/States/Z/Type"}
        body = json.dumps({"result": "FAIL", "diagnostics": [found], "truncated": False}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def test_aws_is_asked(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    (tmp_path / "a.asl.json").write_text(
        json.dumps({"StartAt": "Z", "States": {"Z": {"Type": "Succeed"}}}, indent=1), encoding="utf-8"
    )
    server = HTTPServer(("127.0.0.1", 0), _Aws)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    code, out, _ = cli("check", "a.asl.json", "--online", "--endpoint-url", url, "--output-format", "json", "-q")
    server.shutdown()
    server.server_close()
    [found] = json.loads(out)
    assert (code, found["name"], found["line"], found["message"]) == (1, "aws-validation", 5, "AWS: nope")
    assert _Aws.asked[0]["type"] == "STANDARD"
    code, _, err = cli("check", "a.asl.json", "--online", "--endpoint-url", url)
    assert (code, "AWS cannot be asked" in err) == (2, True)


def test_locations_become_pointers() -> None:
    assert location_pointer("/States/A b/Catch[0]/Next") == "/States/A b/Catch/0/Next"
    assert location_pointer("") == ""


# Explaining


def test_explain(cli: Cli) -> None:
    code, out, _ = cli("explain", "SFN130")
    assert code == 0
    assert out.startswith("# SFN130 unreachable-state")
    assert "```json" in out
    assert cli("explain", "unreachable-island")[1] == out
    assert cli("explain", "SFN204")[1].startswith("# SFN204 no-such-output")
    assert cli("explain", "SFN999")[0] == 2
    assert cli("explain")[0] == 2


def test_every_code_has_one_meaning() -> None:
    """A code is a rule's, or listed for itself, and names are unique."""
    used = {
        code
        for file in (ROOT / "sfn_dsl").rglob("*.py")
        for code in re.findall(r'"(SFN\d{3})"', file.read_text(encoding="utf-8"))
        if not file.is_relative_to(ROOT / "sfn_dsl" / "rules")
    }
    listed, ruled = {code.code for code in CODES}, {rule.code for rule in all_rules()}
    assert used <= listed | ruled
    assert not listed & ruled
    assert not {code.name for code in CODES} & {name for rule in all_rules() for name in rule.names}


def test_the_reference_page_is_fresh(cli: Cli) -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == cli("explain", "--all")[1]


# Bad input


BAD: list[str | bytes] = [
    "",
    "[",
    "null",
    "3",
    '"text"',
    "{}",
    "\ufeff{}",
    b"\xff\xfe",
    b'{"a": "\xff"}',
    "[" * 100_000,
    '{"a":' * 100_000,
    '{"StartAt": 1e999, "States": 1}',
    '{"TimeoutSeconds": ' + "9" * 5000 + "}",
    '{"StartAt": "A", "States": {"A": null, "B": [], "C": 3, "D": {"Type": []}}}',
    '{"StartAt": {"x": 1}, "States": {"A": {"Type": "Choice", "Choices": [[1], {"And": [{"And": {}}]}]}}}',
    '{"StartAt": "A", "States": {"A": {"Type": "Map", "ItemProcessor": [], "Catch": [{}], "Retry": [3]}}}',
    json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "x" * 2_000_000, "End": True}}}),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_no_text_crashes(number: int) -> None:
    found = check_text(BAD[number])
    assert any(one.severity is Severity.ERROR for one in found)
    assert not any(one.name == "rule-crashed" for one in found)


FIELDS = [
    "Type",
    "Next",
    "End",
    "Choices",
    "Default",
    "Resource",
    "Parameters",
    "Arguments",
    "Catch",
    "Retry",
    "Branches",
    "ItemProcessor",
    "States",
    "StartAt",
    "Assign",
    "Output",
    "ResultPath",
    "Items",
    "QueryLanguage",
    "ErrorEquals",
    "Variable",
    "Condition",
    "And",
    "Not",
    "Label",
    "ItemReader",
    "Seconds",
]
WORDS = st.sampled_from(
    [
        "Task",
        "Pass",
        "Choice",
        "Map",
        "Parallel",
        "Wait",
        "JSONata",
        "$",
        "$.a",
        "$$.x",
        "{% $x %}",
        "{% ( %}",
        "States.ALL",
        "States.Format('{}', $.a)",
        "A",
        "B",
        "",
    ]
)
VALUES = st.recursive(
    WORDS | st.integers() | st.floats() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FIELDS, "A", "B", "x.$"]), inner, max_size=5),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    states=st.dictionaries(
        st.sampled_from(["A", "B", "C"]), st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6), max_size=3
    ),
    top=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3),
)
def test_no_definition_crashes(states: dict[str, Any], top: dict[str, Any]) -> None:
    for kind in ("STANDARD", "EXPRESS"):
        found = list(findings_of(Subject({"StartAt": "A", "States": states, **top}, type=kind, strict=True), make_selection()))
        assert [one.finding.message for one in found if one.name == "rule-crashed"] == []


# The large sets


def test_what_aws_accepts_and_refuses(shared_cases: Path) -> None:
    script = [sys.executable, str(ROOT / "bench" / "accuracy.py"), str(shared_cases)]
    last = subprocess.run(script, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
    assert last.startswith("accuracy: ")
    counts = [tuple(map(int, part.split()[-1].split("/"))) for part in last.removeprefix("accuracy: ").split(", ")]
    for name, (right, everything) in zip(("valid", "invalid", "probes"), counts, strict=True):
        assert everything - right <= len(EXCEPTIONS[name]), last


# Weak evidence that contradicts facts/asl.md, or what cannot be known from the text; each with its reason.
EXCEPTIONS: dict[str, dict[str, str]] = {
    "valid": {
        "als-does-not-show-diagnostic-error-on-valid-states": "reads $states.function, which AWS refuses (section 3.2)",
        "aslv-map-with-item-batcher-jsonata": "a JSONPath state in a JSONata machine, recorded as refused (section 1.0)",
    },
    "invalid": {},
    "probes": {},
}


def test_the_broken_ones_are_caught(shared_cases: Path) -> None:
    files = sorted((shared_cases / "broken").glob("*.json"))
    assert len(files) == 14
    for file in files:
        found = [one for one in check_text(file.read_bytes()) if one.severity is not Severity.INFO]
        assert found, file.name


def test_the_own_copies() -> None:
    folder = Path(__file__).parent / "cases"
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            errors = names((folder / row["file"]).read_bytes(), type=row["type"])
            assert bool(errors) is (row["expected"] == "invalid"), row["file"]
