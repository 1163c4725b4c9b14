"""Whether a definition is right: its size, the schema, the rules; and which verdicts need not be made again."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sfn_dsl.asl.schema import schema_digest, validate
from sfn_dsl.asl.shapes import cache_folder, remember
from sfn_dsl.asl.walk import walk
from sfn_dsl.compile.machine import Compiled
from sfn_dsl.configuration import Project
from sfn_dsl.diagnostic import Diagnostic
from sfn_dsl.output import sha256
from sfn_dsl.rules.registry import plug_in_files
from sfn_dsl.span import Span

if TYPE_CHECKING:
    from sfn_dsl.checking.selection import Selection

__all__ = ["Proven", "judged"]

MAX_DEFINITION = 1_048_576
_REMEMBERED = 20_000


def judged(
    project: Project,
    compiled: Compiled,
    definition: Mapping[str, object],
    text: str,
    proven: Proven,
    selection: Selection | None,
) -> Iterable[Diagnostic]:
    """Findings about a definition (`text` is its canonical form): those of the selected rules, or of the schema and the rules of
    level error."""
    if selection is None:
        return _proof(project, compiled, definition, text, proven)
    from sfn_dsl.checking.pipelines import check_compiled

    return check_compiled(compiled, selection, project.root, definition).diagnostics


def _proof(project: Project, compiled: Compiled, definition: Mapping[str, object], text: str, proven: Proven) -> list[Diagnostic]:
    """Findings about a finished definition: its size, what the schema forbids, and what the rules of level error say."""
    pipeline = compiled.pipeline
    if proven.knows(compiled, text):
        return []
    # Imported here, because a build whose definitions are all proven needs no rules.
    from sfn_dsl.checking.pipelines import check_compiled
    from sfn_dsl.checking.selection import make_selection

    selection = make_selection(ignored=project.ignore, per_file=project.per_file_ignores, errors_only=True)
    checked = check_compiled(compiled, selection, project.root, definition)
    # The schema stands behind the rules: it speaks only where they have nothing to say.
    violations = [] if checked.diagnostics or checked.silenced else validate(definition)
    origins = _origins(compiled)
    found = []
    for violation in violations:
        where = f"state `{violation.state}`: " if violation.state else ""
        span = origins.get(violation.state, pipeline.span)
        found.append(
            Diagnostic(code="SFN103", message=f"{where}{violation.message}", span=span, help=f"at {violation.pointer or '/'}")
        )
    if len(text) > MAX_DEFINITION and not checked.diagnostics:
        # The rule counts the fewest characters; the file has blanks too.
        found.append(
            Diagnostic(
                code="SFN402",
                message=f"the definition of `{pipeline.name}` has {len(text):,} characters",
                span=pipeline.span,
                help=f"AWS takes at most {MAX_DEFINITION:,}; move steps to a pipeline of their own and use `StartPipeline`",
            )
        )
    # What a setting or a comment silences is looked at each time: both can change while the definition stays the same.
    if not found and not checked.diagnostics and not checked.silenced:
        proven.add(compiled, text)
    return [*found, *checked.diagnostics]


def _origins(compiled: Compiled) -> dict[str, Span]:
    return {name: state.origin.span for name, state in walk(compiled.machine) if state.origin is not None}


class Proven:
    """Definitions that the schema and the rules have accepted before, by digest, in the user cache: `jsonschema` in pure Python is
    the slow part of a build (figures in `bench/README.md`), and the same text gets the same verdict."""

    def __init__(self, project: Project) -> None:
        self._file = cache_folder() / f"valid-{schema_digest()[:16]}.txt"
        self._judge = _rules_digest()
        try:
            self._known = dict.fromkeys(self._file.read_text(encoding="ascii").split())
        except (OSError, UnicodeDecodeError):
            self._known = {}
        self._new: dict[str, None] = {}

    def _digest(self, compiled: Compiled, text: str) -> str:
        target = compiled.target
        about = f"{self._judge} {compiled.pipeline.type} {target.region} {target.account}"
        return sha256(f"{about}\n{text}")

    def knows(self, compiled: Compiled, text: str) -> bool:
        """Whether the text has been accepted before."""
        digest = self._digest(compiled, text)
        return digest in self._known or digest in self._new

    def add(self, compiled: Compiled, text: str) -> None:
        """Remember that a text is accepted."""
        self._new[self._digest(compiled, text)] = None

    def save(self) -> None:
        """Write down what was added."""
        if self._new:
            latest = [*self._new, *self._known][:_REMEMBERED]
            remember(self._file, "\n".join(latest).encode("ascii"))


@functools.cache
def _rules_digest() -> str:
    """Names, sizes and times of the files that judge definitions, so that a verdict of other rules does not count."""
    package = Path(__file__).parent
    files = [file for part in ("rules", "checking", "simulate") for file in sorted((package / part).rglob("*.py"))]
    return sha256("\n".join(f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in [*files, *plug_in_files()]))
