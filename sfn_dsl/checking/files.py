"""Checking files: definitions in JSON or YAML, and in CloudFormation and SAM templates. Findings stand on file, line and column."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from sfn_dsl.checking.run import findings_of
from sfn_dsl.checking.selection import Selection, allowed_words, make_selection
from sfn_dsl.diagnostic import Diagnostic
from sfn_dsl.documents.definitions import Definition, definitions_in
from sfn_dsl.errors import ConfigError, EnvironmentFault
from sfn_dsl.rules.subject import Subject
from sfn_dsl.span import Span

__all__ = ["check_files", "check_text", "files_below"]

SUFFIXES: Final = (".asl.json", ".asl.yaml", ".asl.yml", ".template.json", ".template.yaml", ".template.yml")
NAMES: Final = ("template.yaml", "template.yml", "template.json")
# Fewer files than this are checked faster than processes start.
_WORTH_PROCESSES: Final = 500
_PART: Final = 50
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


def check_text(
    text: str | bytes,
    *,
    file_name: str = "definition.asl.json",
    type: str | None = None,
    selection: Selection | None = None,
) -> list[Diagnostic]:
    """Every finding about a definition, or about the definitions of a template, in order.

    `file_name` tells JSON from YAML and stands in the findings. `type`: STANDARD or EXPRESS, where the text does not say it itself;
    STANDARD by default. Never raises for any text.
    """
    return _checked(text, file_name, type, selection or make_selection(), demanded=True)


def _checked(
    text: str | bytes,
    name: str,
    type: str | None,
    selection: Selection,
    *,
    demanded: bool,
    read: Callable[[str], bytes | None] | None = None,
) -> list[Diagnostic]:
    definitions = definitions_in(text, name, expected=demanded, read=read)
    if not definitions and demanded:
        help = "a definition is an object with `StartAt` and `States`; templates hold AWS::StepFunctions::StateMachine"
        return [Diagnostic(code="SFN103", message="there is no state machine in this file", span=Span(name), help=help)]
    lines = _LINE_END.split(text if isinstance(text, str) else text.decode("utf-8", "replace"))
    found = [diagnostic for definition in definitions for diagnostic in _about(definition, name, type, selection, lines)]
    return sorted(set(found), key=lambda diagnostic: diagnostic.sort_key)


def _about(definition: Definition, name: str, type: str | None, selection: Selection, lines: Sequence[str]) -> Iterable[Diagnostic]:
    ignored = selection.for_file(name)
    where = f"{definition.name}: " if definition.name else ""
    for problem in definition.problems:
        if not ignored & {problem.name, "SFN103"}:
            yield Diagnostic(
                code="SFN103",
                name=problem.name,
                message=where + problem.message,
                span=Span(definition.file, problem.position.line, column=problem.position.column),
                help=problem.help,
                severity=problem.severity,
            )
    if not definition.readable:
        return
    subject = Subject(
        definition.value,
        type=type or definition.type or "STANDARD",
        strict=selection.strict,
        substitutions=definition.substitutions,
    )
    for found in findings_of(subject, selection, name):
        if found.silenced:
            continue
        position = definition.position_of(found.finding.pointer)
        line = lines[position.line - 1] if 0 < position.line <= len(lines) else ""
        above = lines[position.line - 2] if 1 < position.line <= len(lines) + 1 else ""
        if (allowed_words(_comment(line)) | allowed_words(_comment(above))) & {found.name, found.code}:
            continue
        yield Diagnostic(
            code=found.code,
            name=found.name,
            message=where + found.message,
            span=Span(definition.file, position.line, column=position.column),
            help=found.finding.help,
            severity=found.severity,
            aws_code=found.aws_code,
        )


def _comment(line: str) -> str:
    return line.partition("#")[2]


def files_below(paths: Iterable[Path]) -> list[Path]:
    """The files that paths mean: files themselves, and in folders everything named like a definition or a template.

    Raises ConfigError for a path that does not exist.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = (file for file in sorted(path.rglob("*")) if file.name.endswith(SUFFIXES) or file.name in NAMES)
            found |= dict.fromkeys(file for file in inside if file.is_file())
        elif path.is_file():
            found[path] = None
        else:
            raise ConfigError(f"there is no file or folder {path}")
    return list(found)


def check_files(
    paths: Sequence[Path], root: Path, selection: Selection, *, type: str | None = None, processes: int | None = None
) -> list[Diagnostic]:
    """Findings about many files, on all cores where that pays; names of files are shown from `root`.

    Raises EnvironmentFault for a file that cannot be read.
    """
    work = [(path, _shown(path, root), type, selection) for path in paths]
    count = min(processes or os.cpu_count() or 1, len(work))
    if count < 2 or len(work) < _WORTH_PROCESSES:
        results = map(_one, work)
        return sorted((one for found in results for one in found), key=lambda diagnostic: diagnostic.sort_key)
    words = _Words(selection)
    parts = [work[start : start + _PART] for start in range(0, len(work), _PART)]
    with ProcessPoolExecutor(count) as pool:
        found_by = pool.map(_elsewhere, [([(path, shown, type) for path, shown, type, _ in part], words) for part in parts])
        return sorted((one for found in found_by for one in found), key=lambda diagnostic: diagnostic.sort_key)


class _Words:
    """A selection that can be sent to another process: rules are functions, so only their codes travel."""

    def __init__(self, selection: Selection) -> None:
        self.codes = tuple(rule.code for rule in selection.rules)
        self.ignored = selection.ignored
        self.per_file = dict(selection.per_file)
        self.strict = selection.strict

    def selection(self) -> Selection:
        """The selection again."""
        rules = make_selection(chosen=self.codes).rules if self.codes else ()
        return Selection(rules=rules, ignored=self.ignored, per_file=self.per_file, strict=self.strict)


def _elsewhere(job: tuple[list[tuple[Path, str, str | None]], _Words]) -> list[Diagnostic]:
    files, words = job
    selection = words.selection()
    return [found for path, shown, type in files for found in _one((path, shown, type, selection))]


def _one(job: tuple[Path, str, str | None, Selection]) -> list[Diagnostic]:
    path, shown, type, selection = job
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EnvironmentFault(f"cannot read {shown}: {error.strerror}") from None

    def read(name: str) -> bytes | None:
        """A file that a template names, found beside it."""
        beside = path.parent / os.path.relpath(name, os.path.dirname(shown) or os.curdir)
        return beside.read_bytes() if beside.is_file() else None

    kind = type or settings_type(path)
    return _checked(data, shown, kind, selection, demanded=path.name.endswith(SUFFIXES[:3]), read=read)


def settings_type(path: Path) -> str | None:
    """The type of a machine from the settings that `build` writes beside a definition; None where there are none."""
    if not path.name.endswith(".asl.json"):
        return None
    settings = path.with_name(path.name.removesuffix(".asl.json") + ".settings.json")
    try:
        found = json.loads(settings.read_text(encoding="utf-8")).get("type")
    except (OSError, ValueError, AttributeError):
        return None
    return found if found in ("STANDARD", "EXPRESS") else None


def _shown(path: Path, root: Path) -> str:
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return str(path)
