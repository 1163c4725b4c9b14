"""Which pipelines a pipeline starts."""

from __future__ import annotations

from sfn_dsl.pipeline import Pipeline, Stage
from sfn_dsl.span import Span
from sfn_dsl.steps.branch import Branch
from sfn_dsl.steps.distributed_map import DistributedMap
from sfn_dsl.steps.for_each import ForEach
from sfn_dsl.steps.parallel import Parallel
from sfn_dsl.steps.start_pipeline import StartPipeline
from sfn_dsl.steps.step import Step, as_catchers, as_steps

__all__ = ["all_steps", "started_by", "waited_for"]


def all_steps(pipeline: Pipeline) -> list[Step]:
    """Every step of a pipeline, nested ones, handlers and the failure handler included, each once. Iterative."""
    found: dict[int, Step] = {}
    stack: list[Step] = [*as_steps(pipeline.on_failure), *as_steps(pipeline.body)]
    while stack:
        step = stack.pop()
        if id(step) in found:
            continue
        found[id(step)] = step
        match step:
            case Branch(arms=arms, otherwise=otherwise):
                stack += otherwise or ()
                stack += [inner for _, steps in arms for inner in steps]
            case Parallel(branches=branches):
                stack += [inner for branch in branches for inner in branch]
            case ForEach(do=block) | DistributedMap(do=block):
                stack += as_steps(block)
            case Stage(steps=steps):
                stack += steps
            case _:
                pass
        catch = getattr(step, "catch", ())
        for catcher in as_catchers(step.name, catch, step.span):
            stack += as_steps(catcher.do)
    return list(found.values())


def started_by(pipeline: Pipeline) -> dict[str, Span]:
    """Names of the pipelines that it starts, each with the line that does so."""
    steps = [step for step in all_steps(pipeline) if isinstance(step, StartPipeline)]
    return {step.pipeline_name: step.span for step in steps if isinstance(step.pipeline, (str, Pipeline))}


def waited_for(pipeline: Pipeline) -> dict[str, Span]:
    """Names of the pipelines that it starts and waits for, each with the line that does so."""
    steps = [step for step in all_steps(pipeline) if isinstance(step, StartPipeline) and step.wait]
    return {step.pipeline_name: step.span for step in steps if isinstance(step.pipeline, (str, Pipeline))}
