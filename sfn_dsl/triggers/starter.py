"""The function between a trigger and a pipeline."""

from __future__ import annotations

from collections.abc import Mapping

from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.statement import Statement
from sfn_dsl.resources.model import Resource
from sfn_dsl.texts import source_template
from sfn_dsl.triggers.function import function_resources
from sfn_dsl.triggers.parts import live_arn, start_statement

__all__ = ["starter_function"]


def starter_function(
    pipeline: Pipeline,
    target: Target,
    *,
    label: str,
    template: str,
    values: Mapping[str, object],
    concurrency: int | None,
    statement: Statement,
) -> tuple[Resource, ...]:
    """A function from a source template, with log group and role. `statement`: what it may do beside starting the pipeline."""
    return function_resources(
        target,
        name=f"{pipeline.name}-{label}",
        label=label,
        source=source_template(template, pipeline.span, pipeline=pipeline.name, **values),
        description=f"Starts {pipeline.name}.",
        rights=(start_statement(target, pipeline.name), statement),
        environment={"STATE_MACHINE_ARN": live_arn(target, pipeline.name)},
        concurrency=concurrency,
    )
