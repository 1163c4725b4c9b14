"""Checking what pipelines compile to: findings stand on the Python lines of the steps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sfn_dsl.asl.emit import to_json
from sfn_dsl.asl.model import Json
from sfn_dsl.asl.walk import walk
from sfn_dsl.checking.comments import Comments
from sfn_dsl.checking.run import Found, findings_of
from sfn_dsl.checking.selection import Selection
from sfn_dsl.compile.machine import Compiled
from sfn_dsl.diagnostic import Diagnostic
from sfn_dsl.project import relative
from sfn_dsl.rules.subject import Place, Subject
from sfn_dsl.span import Span

__all__ = ["Checked", "check_compiled"]


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
    comments, diagnostics, silenced = Comments(), [], 0
    for found in findings_of(subject, selection):
        state = found.state
        while state is not None and state.name not in spans:
            state = state.scope.parent
        span = spans[state.name].span if state is not None else pipeline.span
        diagnostic = relative(root, _diagnostic(found, span))
        words = comments.allowed(span) | selection.for_file(diagnostic.span.file)
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
