"""Checking what pipelines compile to: findings stand on the Python lines of the steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sfn_dsl.asl.emit import to_json
from sfn_dsl.asl.model import Json
from sfn_dsl.asl.walk import walk
from sfn_dsl.checking.run import Found, findings_of
from sfn_dsl.checking.selection import Selection, allowed_words
from sfn_dsl.compile.machine import Compiled
from sfn_dsl.diagnostic import Diagnostic
from sfn_dsl.project import relative
from sfn_dsl.rules.subject import Place, Subject
from sfn_dsl.span import Span

__all__ = ["Checked", "Lines", "check_compiled"]


@dataclass(frozen=True, slots=True)
class Checked:
    """Findings about a pipeline, and how many more are silenced by a setting or a comment."""

    diagnostics: tuple[Diagnostic, ...]
    silenced: int


def check_compiled(compiled: Compiled, selection: Selection, root: Path, definition: Json = None) -> Checked:
    """Check a compiled pipeline of a project at `root`, from which files are shown. `definition`: its JSON, where it has been made
    already."""
    target, pipeline = compiled.target, compiled.pipeline
    subject = Subject(
        to_json(compiled.machine) if definition is None else definition,
        type=pipeline.type,
        place=Place(target.partition, target.region, target.account),
        ours=True,
        strict=selection.strict,
    )
    spans = {name: state.origin for name, state in walk(compiled.machine) if state.origin is not None}
    lines, diagnostics, silenced = Lines(), [], 0
    for found in findings_of(subject, selection):
        state = found.state
        while state is not None and state.name not in spans:
            state = state.scope.parent
        span = spans[state.name].span if state is not None else pipeline.span
        diagnostic = relative(root, _diagnostic(found, span))
        words = lines.allowed(span) | selection.for_file(diagnostic.span.file)
        if found.silenced or not words.isdisjoint((found.name, found.code)):
            silenced += 1
        else:
            diagnostics.append(diagnostic)
    return Checked(tuple(diagnostics), silenced)


def _diagnostic(found: Found, span: Span) -> Diagnostic:
    return Diagnostic(
        code=found.code,
        name=found.name,
        message=found.message,
        span=span,
        help=found.finding.help,
        severity=found.severity,
        aws_code=found.aws_code,
    )


class Lines:
    """The words that comments in Python files allow, file by file."""

    def __init__(self) -> None:
        self._files: dict[str, list[str]] = {}

    def allowed(self, span: Span) -> frozenset[str]:
        """Words on the line of a span, on the line above, and on the line it was called from."""
        found: frozenset[str] = frozenset()
        for place in _chain(span):
            lines = self._read(place.file)
            for number in (place.line - 1, place.line):
                if 0 < number <= len(lines) and "#" in lines[number - 1]:
                    found |= allowed_words(lines[number - 1].partition("#")[2])
        return found

    def _read(self, file: str) -> list[str]:
        if file not in self._files:
            try:
                with open(file, encoding="utf-8") as stream:
                    self._files[file] = stream.read().splitlines()
            except (OSError, UnicodeDecodeError):
                self._files[file] = []
        return self._files[file]


def _chain(span: Span) -> Iterable[Span]:
    while True:
        yield span
        if span.called_from is None:
            return
        span = span.called_from
