"""Amazon ECS: `ecs:runTask` and `aws-sdk:ecs`."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["ecs"]

_TASKS = "ecs-tasks.amazonaws.com"


@family("ecs")
def ecs(call: Call) -> Iterator[Need]:
    """A task needs its definition (any revision, unless one is named), in its cluster, and the roles of its containers."""
    if call.action not in ("runTask", "startTask"):
        yield from generic(call)
        return
    definition = call.place("TaskDefinition", "task-definition/")
    revised = definition.why or ":" in definition.arn.rpartition("/")[2]
    resources = (definition.arn,) if revised else (definition.arn, f"{definition.arn}:*")
    action = "ecs:RunTask" if call.action == "runTask" else "ecs:StartTask"
    cluster = call.known("Cluster")
    place = call.place("Cluster", "cluster/")
    conditions = {"ArnEquals": {"ecs:cluster": place.arn}} if cluster and cluster.text is not None else {}
    yield Need(actions=(action,), resources=resources, conditions=conditions, why=definition.why, used=(definition.arn,))
    head = f"task/{place.arn.rpartition('/')[2]}/*" if conditions else "task/*"
    tasks = Place(call.arn(head), "the id of the task is not known before it runs")
    if call.arguments.member("Tags") or call.arguments.member("PropagateTags"):
        yield call.needs("TagResource", on=tasks)
    for role in ("TaskRoleArn", "ExecutionRoleArn"):
        given = call.arguments.member("Overrides", role)
        where = call.role(role, given.known) if given else call.role(role)
        why = where.why if given else "the task definition names the role"
        yield call.passes(Place(where.arn, why), _TASKS)
    if call.waits:
        yield call.needs("StopTask", "DescribeTasks", on=tasks)
        yield call.rule("StepFunctionsGetEventsForECSTaskRule")
