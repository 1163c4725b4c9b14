"""A pipeline with a control row, as its states need it: claim, gates and marks around stages, and the end of the row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sfn_dsl.asl.limits import EXPRESS_SECONDS
from sfn_dsl.control.claim import Claim
from sfn_dsl.control.marks import FailRun, FinishRun, MarkStage
from sfn_dsl.control.rows import SUCCEEDED
from sfn_dsl.draft import Call, Pause, Site, steps_inside
from sfn_dsl.errors import DeclarationError
from sfn_dsl.pipeline import Pipeline, Skip, Stage
from sfn_dsl.region import Target
from sfn_dsl.steps.step import Step, as_catchers, as_steps

__all__ = ["controlled"]

_UNKNOWN_SECONDS = 3600


def controlled(pipeline: Pipeline, target: Target) -> tuple[Pipeline, int]:
    """The pipeline with all that its control row and its triggers add to its body, and for how many seconds its claim holds.

    The original of a body that is no list of steps is handed back as it is: the lowering says what is wrong with it.
    """
    try:
        body = as_steps(pipeline.body, pipeline.span)
    except DeclarationError:
        return pipeline, 0
    if pipeline.control is None:
        if pipeline.before is None and pipeline.after is None:
            return pipeline, 0
        return replace(pipeline, body=[pipeline.before, list(body), pipeline.after]), 0
    claim = pipeline.control.claim
    leases = _leases((*body, *as_steps(pipeline.after)), pipeline, target)
    gated: list[Step] = []
    for number, step in enumerate(body):
        gated.append(_gated(step, claim, leases[number + 1]) if isinstance(step, Stage) else step)
    finish = FinishRun("Finish run", span=claim.span)
    on_failure = [FailRun("Mark run failed", claim=claim, span=claim.span), pipeline.on_failure]
    found = replace(
        pipeline,
        body=[pipeline.before, claim, gated, pipeline.after, finish],
        on_failure=on_failure if pipeline.failure_mode == "record" else pipeline.on_failure,
    )
    return found, leases[0]


def _gated(stage: Stage, claim: Claim, lease_seconds: int) -> Stage:
    mark = MarkStage(f"Mark {stage.name}", stage=stage.name, lease_seconds=lease_seconds, span=stage.span)
    kept = claim.output.stages[stage.name].M
    skip = Skip(kept.status.S == SUCCEEDED, kept.out.S)
    return Stage(
        stage.name, stage.steps, mark, comment=stage.comment, lease_seconds=stage.lease_seconds, skip=skip, span=stage.span
    )


def _leases(body: Sequence[Step], pipeline: Pipeline, target: Target) -> list[int]:
    """For how long the batch must be held from before each step of the body on: until the next stage has ended, and no longer than
    the execution itself can last, unless a stage says so."""
    margin = target.deployed.lease_margin_seconds
    site = Site(target=target, retry=pipeline.retry, span=pipeline.span, pipeline=pipeline.name)
    unknown = pipeline.timeout_seconds or _UNKNOWN_SECONDS
    lasts = pipeline.timeout_seconds or (EXPRESS_SECONDS if pipeline.type == "EXPRESS" else None)
    longest = lasts + margin if lasts else None
    found = [margin]
    for step in reversed(body):
        stage = isinstance(step, Stage)
        held = step.lease_seconds if isinstance(step, Stage) else None
        if held is None:
            held = _seconds((step,), site, unknown) + (margin if stage else found[-1])
            if longest is not None:
                held = min(held, longest if stage else max(longest, found[-1]))
        found.append(held)
    return found[::-1]


def _seconds(steps: Sequence[Step], site: Site, unknown: int) -> int:
    """The time-outs of steps, added up. Iterative."""
    total = 0
    stack = list(steps)
    while stack:
        step = stack.pop()
        if isinstance(step, Stage):
            stack += step.steps
            continue
        said = getattr(step, "timeout_seconds", None)
        try:
            handlers = as_catchers(step.name, getattr(step, "catch", ()), step.span)
            # What a handler does comes on top of the time that its step has had.
            stack += [inner for catcher in handlers for inner in as_steps(catcher.do, catcher.span)]
            drafts = () if isinstance(said, int) else step.lower(site)
        except DeclarationError:
            continue
        total += said if isinstance(said, int) else 0
        for draft in drafts:
            match draft:
                case Call(timeout=timeout):
                    total += timeout if isinstance(timeout, int) else unknown
                case Pause(seconds=seconds, at_most=at_most):
                    total += at_most or (seconds if isinstance(seconds, int) else 0)
                case _:
                    stack += steps_inside(draft)
    return total
