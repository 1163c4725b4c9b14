"""Names of what triggers make: which ones each uses, and labels for triggers that would use one name with another kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from sfn_dsl.diagnostic import Diagnostic
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.triggers.parts import logical_id
from sfn_dsl.triggers.trigger import Trigger

__all__ = ["labelled"]

_LABEL: Final = re.compile(r"[0-9A-Za-z-]+")
_RESERVED: Final = (
    *("dead-letters", "dead-letters-policy", "poison", "poison-policy", "job-failures", "job-failures-policy"),
    *("on-end", "on-job-failure", "sweep", "sweep-role", "sweeper", "schedule-group"),
)
"""Names of a pipeline's own resources."""


def labelled(pipeline: Pipeline, triggers: Sequence[Trigger], problems: list[Diagnostic]) -> tuple[Trigger, ...]:
    """The triggers, with the kind as label of each that has none and would use a name of another kind before it.

    What a label cannot tell apart is added to `problems`. Logical ids have neither `-` nor small first letters, so labels that
    differ in nothing else are one.
    """
    problems += (problem for trigger in triggers for problem in _no_label(pipeline, trigger))
    first: dict[tuple[type[Trigger], str], Trigger] = {}
    taken: dict[str, tuple[str, Trigger | None]] = {_folded(name): (name, None) for name in _RESERVED}
    found = []
    for trigger in triggers:
        twin = first.setdefault((type(trigger), trigger.label), trigger)
        if twin is not trigger:
            problems.append(_twins(pipeline, trigger, twin))
            found.append(trigger)
            continue
        if not trigger.label and trigger.kind and not taken.keys().isdisjoint(_names(pipeline, trigger)):
            trigger = replace(trigger, label=trigger.kind)
        names = _names(pipeline, trigger)
        clash = next((name for name in names if name in taken), None)
        if clash is not None:
            problems.append(_clash(pipeline, trigger, names[clash], *taken[clash]))
        for folded, name in names.items():
            taken.setdefault(folded, (name, trigger))
        found.append(trigger)
    return tuple(found)


def _names(pipeline: Pipeline, trigger: Trigger) -> dict[str, str]:
    """The names of what a trigger makes, by what of them becomes part of logical ids."""
    machines = [machine.name.removeprefix(f"{pipeline.name}-") for machine in trigger.machines(pipeline)]
    return {_folded(name): name for name in (*machines, *trigger.names(pipeline))}


def _folded(name: str) -> str:
    return logical_id(name).lower()


def _no_label(pipeline: Pipeline, trigger: Trigger) -> Iterator[Diagnostic]:
    if trigger.label and not _LABEL.fullmatch(trigger.label):
        yield Diagnostic(
            code="SFN102",
            message=f"`{trigger.label}` is no label of a trigger of pipeline `{pipeline.name}`",
            span=trigger.span,
            help="use letters, digits and `-`",
        )


def _twins(pipeline: Pipeline, trigger: Trigger, other: Trigger) -> Diagnostic:
    return Diagnostic(
        code="SFN526",
        message=f"pipeline `{pipeline.name}` has two triggers {type(trigger).__name__} with one label",
        span=trigger.span,
        help="give each a `label`, which becomes part of the names of its resources",
        also=((other.span, "the first one"),),
    )


def _clash(pipeline: Pipeline, trigger: Trigger, name: str, theirs: str, other: Trigger | None) -> Diagnostic:
    whose = "the pipeline itself" if other is None else f"its {type(other).__name__}"
    kind = type(trigger).__name__
    it = "it too" if name == theirs else f"`{pipeline.name}-{theirs}`, which gives the same logical id"
    return Diagnostic(
        code="SFN526",
        message=f"the {kind} of pipeline `{pipeline.name}` makes `{pipeline.name}-{name}`, and {whose} makes {it}",
        span=trigger.span,
        help="give it another `label`, which becomes part of the names of its resources",
        also=() if other is None else ((other.span, "the first one"),),
    )
