"""The formats of findings, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sfn_dsl.diagnostic import Diagnostic

if TYPE_CHECKING:
    from sfn_dsl.formats.sarif import RuleInfo

__all__ = ["FORMATS", "render_findings"]

FORMATS: Final = ("text", "concise", "json", "github", "sarif")


def render_findings(diagnostics: Sequence[Diagnostic], output_format: str, root: Path, paint: Callable[[str, str], str]) -> str:
    """The text of findings in a format of FORMATS. `root`: where file names start from."""
    match output_format:
        case "text":
            from sfn_dsl.formats import text

            return text.render(diagnostics, root, paint)
        case "concise":
            from sfn_dsl.formats import concise

            return concise.render(diagnostics)
        case "json":
            from sfn_dsl.formats import json_findings

            return json_findings.render(diagnostics)
        case "github":
            from sfn_dsl.formats import github

            return github.render(diagnostics)
        case _:
            from sfn_dsl import __version__
            from sfn_dsl.formats import sarif

            return sarif.render(diagnostics, _rules(), version=__version__, root=root)


def _rules() -> list[RuleInfo]:
    from sfn_dsl.formats.sarif import RuleInfo
    from sfn_dsl.rules.registry import all_rules

    return [
        RuleInfo(code=rule.code, name=rule.name, summary=rule.summary, help=rule.doc.strip(), severity=rule.severity)
        for rule in all_rules()
    ]
