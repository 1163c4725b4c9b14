"""Findings for a terminal, in the manner of rustc: what, where, the line itself, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from sfn_dsl.diagnostic import Diagnostic, Severity

__all__ = ["render"]

Paint = Callable[[str, str], str]


def _plain(text: str, colour: str) -> str:
    return text


_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}


def render(diagnostics: Iterable[Diagnostic], root: Path, paint: Paint = _plain) -> str:
    """The text of findings; `paint(text, colour)` colours a word, `root` is where file names start from."""
    lines: dict[str, list[str]] = {}
    blocks = [_block(found, root, lines, paint) for found in diagnostics]
    return "\n".join(blocks)


def _block(found: Diagnostic, root: Path, lines: dict[str, list[str]], paint: Paint) -> str:
    word = paint(f"{found.severity.value}[{found.code}]", _COLOURS[found.severity])
    out = [f"{word}: {found.message}", f" --> {found.span}"]
    out += _quoted(found.span.file, found.span.line, root, lines)
    if found.span.called_from is not None:
        out.append(f"  = note: called from {found.span.called_from}")
    for span, text in found.also:
        out.append(f"  = note: {text}: {span}")
    if found.help:
        out.append(f"  = help: {found.help}")
    return "\n".join(out) + "\n"


def _quoted(file: str, line: int, root: Path, lines: dict[str, list[str]]) -> list[str]:
    if line <= 0:
        return []
    if file not in lines:
        try:
            lines[file] = (root / file).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            lines[file] = []
    if line > len(lines[file]):
        return []
    number = str(line)
    gutter = " " * len(number)
    return [f"{gutter} |", f"{number} | {lines[file][line - 1]}", f"{gutter} |"]
