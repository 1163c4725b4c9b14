"""Every rule finds fault with the `Fails` examples of its documentation, and with none of the `Passes` ones."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sfn_dsl.checking.files import check_text
from sfn_dsl.diagnostic import Severity
from sfn_dsl.errors import ConfigError
from sfn_dsl.rules.examples import Example, examples_of
from sfn_dsl.rules.registry import Rule, all_rules, find_rules

CASES = [
    pytest.param(rule, example, id=f"{rule.code}-{rule.name}-{'fails' if example.fails else 'passes'}-{number}")
    for rule in all_rules()
    for number, example in enumerate(examples_of(rule.doc))
    if "text" not in example.words
]


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_an_example(rule: Rule, example: Example) -> None:
    findings = list(rule.check(example.subject()))
    assert bool(findings) is example.fails
    for finding in findings:
        assert finding.name in ("", *rule.names)
        assert finding.message[:1].islower() or finding.message[:1] in "`0123456789"
        assert not finding.message.endswith(".")


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_a_rule_is_documented(rule: Rule) -> None:
    assert re.fullmatch(r"SFN[1-7]\d\d", rule.code)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in rule.names)
    kinds = {example.fails for example in examples_of(rule.doc)}
    assert kinds == {True, False}, "a rule's documentation needs a `Fails:` and a `Passes:` block"
    assert len(rule.summary) < 100


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_what_passes_is_right(rule: Rule) -> None:
    """A `Passes` example has no error of any other rule either."""
    errors = [one for one in all_rules() if one.severity is Severity.ERROR]
    for example in examples_of(rule.doc):
        if not example.fails and "text" not in example.words:
            subject = example.subject()
            found = {one.name: [finding.message for finding in one.check(subject)] for one in errors}
            assert {name: messages for name, messages in found.items() if messages} == {}


def test_rules_are_found_by_words() -> None:
    assert {rule.code[:4] for rule in find_rules(["SFN1"])} == {"SFN1"}
    assert [rule.code for rule in find_rules(["unreachable-island"])] == ["SFN130"]
    with pytest.raises(ConfigError, match="no rule `unreachable-stat`"):
        find_rules(["unreachable-stat"])


# What is too long to stand in a docstring


def found(**state: Any) -> list[tuple[str, str]]:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True, **state}}}
    return [(one.name or one.code, one.message) for one in check_text(json.dumps(definition)) if one.code in ("SFN402", "SFN404")]


def test_a_definition_that_is_too_large() -> None:
    fits = 1_048_576 - len(json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed", "Comment": ""}}}, separators=(",", ":")))
    for length, names in ((fits, []), (fits + 1, ["definition-too-large"])):
        text = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed", "Comment": "x" * length}}})
        assert [one.name for one in check_text(text)] == names


def test_a_literal_that_is_too_large() -> None:
    large = "x" * 262_143
    assert [name for name, _ in found(Result=large)] == ["bp-payload-too-large"]
    assert [name for name, _ in found(Assign={"kept": large})] == ["assign-too-large"]
    assert found(Result=large[:-1]) == []
    assert found(QueryLanguage="JSONata", Output="{% " + large + " %}") == []


# Plug-ins

PLUG_IN = '''
"""A state that nobody owns.

Fails:
    {"A": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Succeed", "Comment": "owner: data"}}
"""

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule


@rule("ACME101", "no-owner")
def no_owner(subject):
    for state in subject.states:
        if "owner:" not in str(state.get("Comment")):
            yield Finding(state.pointer, f"`{state.name}` has no owner", "add `owner:` to its `Comment`")
'''


def test_rules_of_a_plug_in(tmp_path: Path) -> None:
    (tmp_path / "acme_rules.py").write_text(PLUG_IN, encoding="utf-8")
    about = tmp_path / "acme_rules-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("[sfn_dsl.rules]\nacme = acme_rules\n", encoding="utf-8")
    (tmp_path / "a.asl.json").write_text('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}', encoding="utf-8")

    def sfn(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        command = [sys.executable, "-m", "sfn_dsl", "-C", str(tmp_path), *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    checked = sfn("check", "a.asl.json", "--rule", "ACME", "--output-format", "concise")
    assert (checked.returncode, checked.stderr.splitlines()[-1]) == (1, "Found 1 error in 1 file."), checked.stderr
    assert "ACME101" in checked.stdout
    page = sfn("explain", "--all").stdout
    assert page.index("## Plug-ins") < page.index("### ACME101 no-owner")
    (tmp_path / "acme_rules.py").write_text("import nothing_there\n", encoding="utf-8")
    broken = sfn("check", "a.asl.json")
    assert (broken.returncode, "the rules of `acme_rules` cannot be loaded" in broken.stderr) == (2, True)
