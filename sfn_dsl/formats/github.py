"""Findings as workflow commands, which GitHub shows beside the lines of a pull request.

GitHub shows ten annotations of each level for a step and hides the rest without a word, so errors come first and the last notice
says how many more there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sfn_dsl.diagnostic import Diagnostic, Severity

__all__ = ["render"]

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_MOST = 10


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """A command for each finding that GitHub will show, and one that counts the rest."""
    groups = {level: [found for found in diagnostics if found.severity is level] for level in _LEVELS}
    over = any(len(group) > _MOST for group in groups.values())
    lines: list[str] = []
    hidden: Counter[str] = Counter()
    for level, group in groups.items():
        # The count is a notice too.
        room = _MOST - 1 if over and level is Severity.INFO else _MOST
        lines += [_command(found) for found in sorted(group, key=lambda found: found.sort_key)[:room]]
        hidden[level.value] = len(group[room:])
    if over:
        parts = ", ".join(f"{count} {word}{_plural(word, count)}" for word, count in hidden.items() if count)
        lines.append(f"::notice title=sfn-dsl::and {hidden.total()} more: {parts}")
    return "".join(f"{line}\n" for line in lines)


def _plural(word: str, count: int) -> str:
    return "" if count == 1 or word == Severity.INFO.value else "s"


def _command(found: Diagnostic) -> str:
    span = found.span
    properties = {"file": span.file, "line": span.line, "col": span.column if span.line else 0}
    title = f"{found.code} {found.name}".rstrip()
    shown = [f"{key}={_property(str(value))}" for key, value in properties.items() if value] + [f"title={_property(title)}"]
    text = found.message + (f"\nhelp: {found.help}" if found.help else "")
    return f"::{_LEVELS[found.severity]} {','.join(shown)}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
