"""The function between a trigger and a pipeline, with what it needs: role, log group, queue for calls that failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.roles import trust_lambda
from sfn_dsl.resources.iam.statement import Statement
from sfn_dsl.resources.model import Arn, Function, LogGroup, Queue, Resource, Role
from sfn_dsl.texts import source_template
from sfn_dsl.triggers.parts import inline_policy, live_arn, logical_id, start_statement

__all__ = ["Starter", "starter_function"]

_RUNTIME_SECONDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """A function that starts a pipeline, and the resources around it."""

    function: Function
    failures: Queue
    resources: tuple[Resource, ...]


def starter_function(
    pipeline: Pipeline,
    target: Target,
    *,
    label: str,
    template: str,
    values: Mapping[str, object],
    concurrency: int,
    statements: tuple[Statement, ...] = (),
) -> Starter:
    """A function from a source template. `concurrency`: how many run at once; 0 pauses it. `statements`: further rights."""
    name = f"{pipeline.name}-{label}"
    failures = Queue(id=logical_id(label, "failures"), queue_name=f"{name}-failures")
    group = LogGroup(id=logical_id(label, "logs"), name=f"/aws/lambda/{name}", retention_in_days=30)
    rights = (
        start_statement(target, pipeline.name),
        Statement(
            sid="Logs",
            actions=("logs:CreateLogStream", "logs:PutLogEvents"),
            resources=(target.arn("logs", f"log-group:{group.name}:*"),),
        ),
        Statement(sid="Failures", actions=("sqs:SendMessage",), resources=(failures.arn(target),)),
        *statements,
    )
    role = Role(
        id=logical_id(label, "role"),
        role_name=f"{name}-{target.region}",
        trust=trust_lambda(),
        policies=(inline_policy("function", *rights),),
        description=f"The function {name} starts {pipeline.name}.",
    )
    function = Function(
        id=logical_id(label, "function"),
        function_name=name,
        role_arn=Arn(role.id),
        source=source_template(template, pipeline.span, pipeline=pipeline.name, **values),
        timeout=_RUNTIME_SECONDS,
        reserved_concurrent_executions=concurrency,
        environment={"STATE_MACHINE_ARN": live_arn(target, pipeline.name)},
        depends_on=(group.id,),
        description=f"Starts {pipeline.name}.",
    )
    return Starter(function=function, failures=failures, resources=(failures, group, role, function))
