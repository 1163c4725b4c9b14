"""For how long steps of a pipeline may go round in circles: their own time-outs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sfn_dsl.draft import Site, steps_inside
from sfn_dsl.errors import DeclarationError
from sfn_dsl.pipeline import Pipeline, Stage
from sfn_dsl.region import Target
from sfn_dsl.steps.step import Step, as_catchers, as_steps

__all__ = ["every_step", "step_timeouts"]


def step_timeouts(pipeline: Pipeline, target: Target) -> dict[str, int]:
    """The time-outs in seconds that steps name, by name of step."""
    found: dict[str, int] = {}
    for step in every_step((*as_steps(pipeline.body), *as_steps(pipeline.on_failure)), pipeline, target):
        said = getattr(step, "timeout_seconds", None)
        if isinstance(said, int):
            found[step.name] = said
    return found


def every_step(steps: Iterable[Step], pipeline: Pipeline, target: Target) -> Iterator[Step]:
    """Steps of a pipeline, and those inside them and in their catchers. Iterative."""
    site = Site(target=target, retry=pipeline.retry, span=pipeline.span, pipeline=pipeline.name)
    stack = list(steps)
    while stack:
        step = stack.pop()
        yield step
        if isinstance(step, Stage):
            stack += step.steps
            continue
        for catcher in as_catchers(step.name, getattr(step, "catch", ()), step.span):
            stack += as_steps(catcher.do, catcher.span)
        try:
            drafts = step.lower(site)
        except DeclarationError:
            # What the compiler puts in place of such a step has no steps inside.
            continue
        for draft in drafts:
            stack += steps_inside(draft)
