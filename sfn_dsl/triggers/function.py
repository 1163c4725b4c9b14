"""A Lambda function of ours with what it needs: a log group and a role that may write there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sfn_dsl.region import Target
from sfn_dsl.resources.iam.roles import trust_lambda
from sfn_dsl.resources.iam.statement import Statement
from sfn_dsl.resources.model import Arn, Function, LogGroup, Resource, Role
from sfn_dsl.triggers.parts import inline_policy, logical_id

__all__ = ["function_id", "function_resources"]


def function_id(label: str) -> str:
    """The logical id of the function with this label."""
    return logical_id(label, "function")


def function_resources(
    target: Target,
    *,
    name: str,
    label: str,
    source: str,
    description: str,
    rights: Iterable[Statement],
    environment: Mapping[str, str],
    seconds: int = 15,
    concurrency: int | None = None,
) -> tuple[Resource, ...]:
    """Log group, role and function. `label`: of logical ids. `rights`: beside that of writing logs. `concurrency`: how many calls
    run at once; 0 pauses it, None shares the account's."""
    group = LogGroup(id=logical_id(label, "logs"), name=f"/aws/lambda/{name}", retention_in_days=30)
    logs = Statement(
        sid="Logs",
        actions=("logs:CreateLogStream", "logs:PutLogEvents"),
        resources=(target.arn("logs", f"log-group:{group.name}:*"),),
    )
    role = Role(
        id=logical_id(label, "role"),
        role_name=f"{name}-{target.region}",
        trust=trust_lambda(),
        policies=(inline_policy("function", logs, *rights),),
        description=description,
    )
    function = Function(
        id=function_id(label),
        function_name=name,
        role_arn=Arn(role.id),
        source=source,
        timeout=seconds,
        reserved_concurrent_executions=concurrency,
        environment=dict(environment),
        depends_on=(group.id,),
        description=description,
    )
    return group, role, function
