"""The documentation of rules and other codes in Markdown: one of them, or the page of all."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from itertools import groupby

from sfn_dsl.codes import Code
from sfn_dsl.rules.registry import Rule

__all__ = ["code_page", "reference", "rule_page"]

_FAMILIES = {
    "SFN1": "Structure and integrations",
    "SFN2": "Data flow and expressions",
    "SFN3": "Retriers and catchers",
    "SFN4": "Limits",
    "SFN5": "Triggers",
    "SFN6": "Regions and templates",
    "SFN7": "Practice, security, cost",
}
_PLUG_INS = "Plug-ins"


def rule_page(rule: Rule, level: int = 1) -> str:
    """A rule's page: its names, how bad it is, its documentation with the examples as code."""
    lines = [f"{'#' * level} {rule.code} {rule.name}", ""]
    facts = [f"Level: {'info, warning in the strict profile' if rule.practice else rule.severity.value}."]
    if len(rule.names) > 1:
        facts.append(f"Names: {', '.join(f'`{name}`' for name in rule.names)}.")
    if rule.aws_code:
        facts.append(f"AWS: `{rule.aws_code}`.")
    lines += [" ".join(facts), "", *_body(rule.doc)]
    return "\n".join(lines).rstrip() + "\n"


def code_page(code: Code, level: int = 1) -> str:
    """The page of a code that no rule has."""
    return f"{'#' * level} {code.code} {code.name}\n\n{textwrap.fill(code.text, 120)}\n"


def _body(doc: str) -> Iterable[str]:
    """The documentation; indented blocks below `Fails:` and `Passes:` become code."""
    code = False
    above = ""
    for line in doc.strip().splitlines():
        indented = line.startswith("    ")
        if indented and not code:
            yield "```json"
        elif code and not indented:
            yield "```"
        code = indented
        if not indented and above.strip() and line.startswith(("Fails", "Passes")):
            yield ""
        above = line
        yield line[4:] if indented else line
    if code:
        yield "```"


def reference(rules: Iterable[Rule], codes: Iterable[Code]) -> str:
    """The page of all rules, by family, and of the other codes."""
    lines = [
        "# Rules",
        "",
        "What `sfn-dsl check` finds. Written by `sfn-dsl explain --all`; the examples are the tests of the rules.",
        "",
    ]
    ordered = sorted(rules, key=lambda rule: (rule.code[:4] not in _FAMILIES, rule.code))
    lines += ["| code | name | level | |", "|---|---|---|---|"]
    for rule in ordered:
        level = "practice" if rule.practice else rule.severity.value
        lines.append(f"| [{rule.code}](#{rule.code.lower()}-{rule.name}) | {rule.name} | {level} | {rule.summary} |")
    for family, members in groupby(ordered, key=lambda rule: _FAMILIES.get(rule.code[:4], _PLUG_INS)):
        lines += ["", f"## {family}"]
        for rule in members:
            lines += ["", rule_page(rule, 3).rstrip()]
    lines += [
        "",
        "## Declaring, compiling, reading",
        "",
        "Errors, unless the text says otherwise. Errors cannot be left out; warnings and what is only told can, like rules.",
    ]
    for code in codes:
        lines += ["", code_page(code, 3).rstrip()]
    return "\n".join(lines) + "\n"
