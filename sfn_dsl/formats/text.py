"""Findings for a terminal, in the manner of rustc: what, where, the line itself, what to do."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.span import Span

__all__ = ["render"]

Paint = Callable[[str, str], str]


def _plain(text: str, colour: str) -> str:
    return text


_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}

# A longer line is cut around the column: minified definitions are one line.
_WIDTH = 160


def render(diagnostics: Iterable[Diagnostic], root: Path, paint: Paint = _plain) -> str:
    """The text of findings; `paint(text, colour)` colours a word, `root` is where file names start from."""
    lines: dict[str, list[str]] = {}
    blocks = [_block(found, root, lines, paint) for found in diagnostics]
    return "\n".join(blocks)


def _block(found: Diagnostic, root: Path, lines: dict[str, list[str]], paint: Paint) -> str:
    word = paint(f"{found.severity.value}[{found.code}]", _COLOURS[found.severity])
    out = [f"{word}: {found.message}", f" --> {_place(found.span)}"]
    out += _quoted(found.span, root, lines)
    if found.span.called_from is not None:
        out.append(f"  = note: called from {found.span.called_from}")
    for span, text in found.also:
        out.append(f"  = note: {text}: {_place(span)}")
    if found.help:
        out.append(f"  = help: {found.help}")
    return "\n".join(out) + "\n"


def _place(span: Span) -> str:
    return f"{span}:{span.column}" if span.line and span.column else str(span)


def _quoted(span: Span, root: Path, lines: dict[str, list[str]]) -> list[str]:
    """The line itself between gutters, with a caret under the column where that is known."""
    file, line = span.file, span.line
    if line <= 0:
        return []
    if file not in lines:
        try:
            # Not splitlines: it also cuts at characters that no editor counts as the end of a line.
            lines[file] = (root / file).read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError):
            lines[file] = []
    if line > len(lines[file]):
        return []
    number = str(line)
    gutter = " " * len(number)
    text, caret = lines[file][line - 1], ""
    if 0 < span.column <= len(text) + 1:
        text, before = _shown(text, span.column)
        caret = f" {before}^"
    return [f"{gutter} |", f"{number} | {text}", f"{gutter} |{caret}"]


def _shown(text: str, column: int) -> tuple[str, str]:
    """The line, cut around the column where it is very long, and the blanks that lead to the column."""
    start = max(0, column - 1 - _WIDTH // 2) if len(text) > _WIDTH else 0
    end = start + _WIDTH
    left, right = "..." if start else "", "..." if end < len(text) else ""
    before = "".join("\t" if char == "\t" else " " * _width(char) for char in text[start : column - 1])
    return left + text[start:end] + right, " " * len(left) + before


def _width(char: str) -> int:
    """Columns of a terminal that a character takes."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
