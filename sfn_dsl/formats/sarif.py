"""Findings as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.span import NOWHERE, Span

__all__ = ["RuleInfo", "render"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What code scanning shows of a rule. `summary`: one line; `help`: its documentation."""

    code: str
    name: str
    summary: str
    help: str
    severity: Severity


def render(diagnostics: Sequence[Diagnostic], rules: Sequence[RuleInfo], *, version: str = "", root: Path | None = None) -> str:
    """One run with all findings and the rules they come from.

    `version`: that of this tool. `root`: the folder that file names start from; absolute names below it become relative.
    """
    by_code = {rule.code: rule for rule in rules}
    used = {found.code: by_code.get(found.code, RuleInfo(found.code, found.name, "", "", found.severity)) for found in diagnostics}
    known = [rule for _, rule in sorted((used | by_code).items())]
    index = {rule.code: number for number, rule in enumerate(known)}
    seen: Counter[str] = Counter()
    driver = {"name": "sfn-dsl", "rules": [_rule(rule) for rule in known]} | ({"version": version} if version else {})
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(found, index[found.code], root, seen) for found in diagnostics],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: RuleInfo) -> dict[str, Any]:
    found: dict[str, Any] = {"id": rule.code, "defaultConfiguration": {"level": _LEVELS[rule.severity]}}
    if rule.name:
        found["name"] = rule.name
    if rule.summary:
        found["shortDescription"] = {"text": rule.summary}
    if rule.help:
        found["help"] = {"text": rule.help}
    return found


def _result(found: Diagnostic, index: int, root: Path | None, seen: Counter[str]) -> dict[str, Any]:
    uri = _uri(found.span, root)
    # Neither line nor column: a finding that only moved is the same finding.
    key = "\n".join((found.code, found.name, uri, found.message))
    seen[key] += 1
    digest = hashlib.sha256(f"{key}\n{seen[key]}".encode("utf-8", "replace")).hexdigest()
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": index,
        "level": _LEVELS[found.severity],
        "message": {"text": found.message + (f"\nhelp: {found.help}" if found.help else "")},
        "locations": [] if found.span == NOWHERE else [_location(found.span, root)],
        "partialFingerprints": {"sfnDslFinding/v1": digest},
    }
    if found.also:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": text}, **_location(span, root)} for number, (span, text) in enumerate(found.also, 1)
        ]
    properties = {"name": found.name, "awsCode": found.aws_code}
    if any(properties.values()):
        result["properties"] = {key: value for key, value in properties.items() if value}
    return result


def _location(span: Span, root: Path | None) -> dict[str, Any]:
    """A place. Code scanning asks for a line: a finding about a whole file stands on its first."""
    region = {"startLine": span.line or 1}
    if span.line and span.column:
        region["startColumn"] = span.column
    uri = _uri(span, root)
    artifact = {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": "%SRCROOT%"}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _uri(span: Span, root: Path | None) -> str:
    path = Path(span.file)
    if root is not None and path.is_absolute() and path.is_relative_to(root):
        path = path.relative_to(root)
    quoted = quote(path.as_posix(), errors="replace")
    return f"file://{quoted}" if path.is_absolute() else quoted
