"""Every rule finds fault with the `Fails` examples of its documentation, and with none of the `Passes` ones."""

from __future__ import annotations

import re

import pytest

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
