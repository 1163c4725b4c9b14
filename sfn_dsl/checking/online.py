"""Asking AWS about definitions, and putting its answers where the user wrote what they are about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sfn_dsl.asl.canonical import canonical
from sfn_dsl.asl.emit import to_json
from sfn_dsl.asl.walk import walk
from sfn_dsl.checking.files import settings_type
from sfn_dsl.compile.machine import Compiled
from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.documents.definitions import definitions_in
from sfn_dsl.documents.position import Position
from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.publish.validation import Verdict, validate_definitions
from sfn_dsl.rules.finding import pointer_to
from sfn_dsl.span import Span

__all__ = ["Question", "ask_aws", "location_pointer", "questions_of_files", "questions_of_pipelines"]

CODE = "SFN199"
"""The code of what only AWS says."""


@dataclass(frozen=True, slots=True)
class Question:
    """A definition to ask about; `span_of` finds the place of a JSON Pointer in it."""

    definition: str
    type: str
    region: str
    span_of: Callable[[str], Span]


def questions_of_pipelines(compiled: Iterable[Compiled]) -> list[Question]:
    """A question per pipeline and target."""
    return [Question(canonical(to_json(one.machine)), one.pipeline.type, one.target.region, _python_span(one)) for one in compiled]


def _python_span(compiled: Compiled) -> Callable[[str], Span]:
    spans = {name: state.origin.span for name, state in walk(compiled.machine) if state.origin is not None}

    def span_of(pointer: str) -> Span:
        names = re.findall(r"/States/([^/]+)", pointer)
        for name in reversed(names):
            found = spans.get(name.replace("~1", "/").replace("~0", "~"))
            if found is not None:
                return found
        return compiled.pipeline.span

    return span_of


def questions_of_files(files: Sequence[Path], root: Path, region: str, type: str | None) -> list[Question]:
    """A question per definition in files; definitions with placeholders are left out, for AWS could not read them."""
    found = []
    for file in files:
        try:
            data = file.read_bytes()
        except OSError as error:
            raise EnvironmentFault(f"cannot read {file}: {error.strerror}") from None
        name = str(file.resolve())
        for definition in definitions_in(data, name):
            if not definition.readable or definition.substitutions:
                continue

            def span_of(pointer: str, position_of: Callable[[str], Position] = definition.position_of, name: str = name) -> Span:
                position = position_of(pointer)
                return Span(name, position.line, column=position.column)

            kind = type or definition.type or settings_type(file) or "STANDARD"
            found.append(Question(canonical(definition.value), kind, region, span_of))
    return found


def ask_aws(questions: Sequence[Question], *, profile: str | None, endpoint_url: str | None) -> list[Diagnostic]:
    """AWS's diagnostics about the questions. Raises EnvironmentFault."""
    asked = ((question.definition, question.type, question.region) for question in questions)
    answers = validate_definitions(asked, profile=profile, endpoint_url=endpoint_url)
    return [_diagnostic(question, verdict) for question, verdicts in zip(questions, answers, strict=True) for verdict in verdicts]


def _diagnostic(question: Question, verdict: Verdict) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        name="aws-validation",
        message=f"AWS: {verdict.message}",
        span=question.span_of(location_pointer(verdict.location)),
        help=f"in {question.region}" + (f" at {verdict.location}" if verdict.location else ""),
        severity=Severity.ERROR if verdict.severity == "ERROR" else Severity.WARNING,
        aws_code=verdict.code,
    )


def location_pointer(location: str) -> str:
    """The JSON Pointer of a location as AWS writes it: `/States/A/Catch[0]/Next` is `/States/A/Catch/0/Next`."""
    parts = [part for part in re.split(r"/|(\[\d+\])", location) if part]
    return pointer_to("", *(int(part[1:-1]) if re.fullmatch(r"\[\d+\]", part) else part for part in parts))
