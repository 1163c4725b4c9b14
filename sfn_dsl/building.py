"""From a project to the files of its build: compile every pipeline for every target, prove the results, write them down."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sfn_dsl.asl.canonical import canonical
from sfn_dsl.asl.emit import to_json
from sfn_dsl.asl.schema import schema_digest, validate
from sfn_dsl.asl.shapes import cache_folder, remember
from sfn_dsl.asl.walk import walk
from sfn_dsl.compile.machine import Compiled, compile_pipeline
from sfn_dsl.configuration import Project
from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.output import MANIFEST, Output, listed, sha256
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.project import Loaded, relative
from sfn_dsl.region import Target
from sfn_dsl.rules.registry import plug_in_files
from sfn_dsl.span import Span

if TYPE_CHECKING:
    from sfn_dsl.checking.selection import Selection

__all__ = ["Build", "build_project", "definition_file", "retired_folders", "settings_file"]

MAX_DEFINITION = 1_048_576
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Everything a build made in memory: machines, files and findings. The files are good when no finding is an error."""

    compiled: tuple[Compiled, ...]
    outputs: tuple[Output, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def failed(self) -> bool:
        """Whether a finding is an error."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


def definition_file(name: str) -> str:
    """The file of a pipeline's definition in a target folder."""
    return f"{name}.asl.json"


def settings_file(name: str) -> str:
    """The file of a state machine's other settings (type, logging, tracing, encryption, tags)."""
    return f"{name}.settings.json"


def build_project(
    project: Project,
    loaded: Loaded,
    pipelines: Iterable[Pipeline],
    targets: Iterable[Target],
    selection: Selection | None = None,
) -> Build:
    """Compile pipelines for targets. Findings of all of them come in one list, each once, by file and line. `selection`: rules to
    judge definitions by, instead of those of level error and the schema."""
    targets = tuple(targets)
    chosen = tuple(pipelines)
    findings: dict[Diagnostic, None] = dict.fromkeys(relative(project.root, found) for found in loaded.diagnostics)
    proven = _Proven(project)
    results: dict[str, list[Compiled]] = {target.folder: [] for target in targets}
    files: dict[str, dict[str, str]] = {target.folder: {} for target in targets}
    for pipeline in chosen:
        for target in targets:
            compiled = compile_pipeline(pipeline, target, query_language=project.query_language)
            found = [relative(project.root, item) for item in compiled.diagnostics]
            findings.update(dict.fromkeys(found))
            if any(item.severity is Severity.ERROR for item in found):
                continue
            definition = to_json(compiled.machine)
            text = canonical(definition)
            for item in _judged(project, compiled, definition, text, proven, selection):
                findings[relative(project.root, item)] = None
            results[target.folder].append(compiled)
            files[target.folder][definition_file(pipeline.name)] = text
            files[target.folder][settings_file(pipeline.name)] = canonical(dict(compiled.settings))
    proven.save()
    names = {pipeline.name for pipeline in chosen}
    everything = {pipeline.name for pipeline in loaded.pipelines}
    outputs = tuple(
        Output(folder=target.folder, files=files[target.folder], kept=_kept(project.build / target.folder, everything - names))
        for target in targets
    )
    return Build(
        compiled=tuple(compiled for target in targets for compiled in results[target.folder]),
        outputs=outputs,
        diagnostics=tuple(sorted(findings, key=lambda item: item.sort_key)),
    )


def _kept(folder: Path, names: set[str]) -> frozenset[str]:
    """Listed files of pipelines that exist but were not selected."""
    files = {file for name in names for file in (definition_file(name), settings_file(name))}
    return frozenset(path for path in listed(folder) if path in files)


def retired_folders(project: Project) -> tuple[str, ...]:
    """Target folders below `build/` that have a manifest but that the project no longer has."""
    known = {target.folder for target in project.targets}
    found = [file.parent.relative_to(project.build).as_posix() for file in sorted(project.build.glob(f"**/{MANIFEST}"))]
    return tuple(folder for folder in found if folder not in known)


def _judged(
    project: Project,
    compiled: Compiled,
    definition: Mapping[str, object],
    text: str,
    proven: _Proven,
    selection: Selection | None,
) -> Iterable[Diagnostic]:
    if selection is None:
        return _proof(project, compiled, definition, text, proven)
    from sfn_dsl.checking.pipelines import check_compiled

    return check_compiled(compiled, selection, project.root, definition).diagnostics


def _proof(project: Project, compiled: Compiled, definition: Mapping[str, object], text: str, proven: _Proven) -> list[Diagnostic]:
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


class _Proven:
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
        digest = self._digest(compiled, text)
        return digest in self._known or digest in self._new

    def add(self, compiled: Compiled, text: str) -> None:
        self._new[self._digest(compiled, text)] = None

    def save(self) -> None:
        if self._new:
            latest = [*self._new, *self._known][:_REMEMBERED]
            remember(self._file, "\n".join(latest).encode("ascii"))


@functools.cache
def _rules_digest() -> str:
    """Names, sizes and times of the files that judge definitions, so that a verdict of other rules does not count."""
    package = Path(__file__).parent
    files = [file for part in ("rules", "checking", "simulate") for file in sorted((package / part).rglob("*.py"))]
    return sha256("\n".join(f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in [*files, *plug_in_files()]))
