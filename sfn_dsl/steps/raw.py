"""`Raw`: a piece of ASL written by hand, inside a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field

from sfn_dsl.asl.shapes import declared
from sfn_dsl.draft import Draft, Fixed, Site
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import Template
from sfn_dsl.steps.step import Step

__all__ = ["Raw"]


@dataclass(frozen=True, slots=True, eq=False)
class Raw(Step):
    """A state (`{"Type": ...}`) or a fragment (`{"StartAt": ..., "States": {...}}`).

    A single state is named like the step; states of a fragment keep their names. A state with `End` goes on with what
    follows. Expressions may stand wherever the language takes a payload. `reads`: `{"run": load.output.JobRunId}` keeps that
    value in the variable `$run` for hand-written text. `writes`: `{"rows": int}` says which variables the fragment assigns,
    so that `raw.output.rows` can be used later. `query_language` is that of the text; a JSONPath fragment makes the whole
    machine a JSONPath one in which all other states say JSONata for themselves.
    """

    asl: Mapping[str, Template]
    _: KW_ONLY
    reads: Mapping[str, Template] = field(default_factory=dict)
    writes: Mapping[str, object] = field(default_factory=dict)
    query_language: str = "JSONata"

    def lower(self, site: Site) -> tuple[Draft, ...]:
        fragment = self.asl if "States" in self.asl else {"StartAt": self.name, "States": {self.name: self.asl}}
        if self.query_language not in ("JSONata", "JSONPath"):
            raise DeclarationError(
                f"unknown query language `{self.query_language}` of Raw `{self.name}`", help="JSONata or JSONPath", span=self.span
            )
        start, states = fragment.get("StartAt"), fragment["States"]
        if not isinstance(states, Mapping) or not all(isinstance(state, Mapping) for state in states.values()):
            raise DeclarationError(f"`States` of Raw `{self.name}` must be an object of states", span=self.span)
        if not isinstance(start, str) or start not in states:
            raise DeclarationError(
                f"`StartAt` of Raw `{self.name}` names no state of the fragment",
                help=f"use one of: {', '.join(states)}",
                span=self.span,
            )
        return (
            Fixed(
                comment=self.comment,
                start_at=start,
                states=states,
                query_language=self.query_language,
                reads=self.reads,
                writes={name: declared(kind) for name, kind in self.writes.items()},
            ),
        )
