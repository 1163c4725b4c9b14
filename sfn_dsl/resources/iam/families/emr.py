"""Amazon EMR on EC2: `elasticmapreduce:createCluster`, `addStep` and so on, and `aws-sdk:emr`."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import generic, passed_roles

__all__ = ["emr"]

_ACTIONS = {
    "modifyInstanceFleetByName": ("ModifyInstanceFleet", "ListInstanceFleets"),
    "modifyInstanceGroupByName": ("ModifyInstanceGroups", "ListInstanceGroups"),
    "setClusterTerminationProtection": ("SetTerminationProtection",),
    "cancelStep": ("CancelSteps",),
}


@family("elasticmapreduce")
def emr(call: Call) -> Iterator[Need]:
    """Clusters that are made have no id yet; steps and changes are needs on the cluster they name."""
    cluster = call.place("ClusterId", "cluster/")
    if call.sdk:
        yield from generic(call)
    elif call.action == "createCluster":
        yield from _create(call)
    elif call.action == "addStep":
        yield call.needs("AddJobFlowSteps", "DescribeStep", "CancelSteps", on=cluster)
        yield from passed_roles(call)
        if call.waits:
            yield call.rule("StepFunctionsGetEventForEMRAddJobFlowStepsRule")
    elif call.action == "terminateCluster":
        yield call.needs("TerminateJobFlows", "DescribeCluster", on=cluster)
        if call.waits:
            yield call.rule("StepFunctionsGetEventForEMRTerminateJobFlowsRule")
    elif call.action in _ACTIONS:
        yield call.needs(*_ACTIONS[call.action], on=cluster)


def _create(call: Call) -> Iterator[Need]:
    yield Need(actions=("elasticmapreduce:RunJobFlow",), resources=("*",), why="the action has no resource type")
    clusters = Place(call.arn("cluster/*"), "the id of the cluster is not known before it runs")
    yield call.needs("DescribeCluster", "TerminateJobFlows", "AddTags", on=clusters)
    for argument, service in (
        ("ServiceRole", "elasticmapreduce"),
        ("JobFlowRole", "ec2"),
        ("AutoScalingRole", "application-autoscaling"),
    ):
        if call.arguments.member(argument) or argument != "AutoScalingRole":
            yield call.passes(call.role(argument), f"{service}.amazonaws.com")
    account = f"arn:{call.target.partition}:iam::{call.target.account}:role/aws-service-role"
    yield Need(
        actions=("iam:CreateServiceLinkedRole",),
        resources=(f"{account}/elasticmapreduce.amazonaws.com/AWSServiceRoleForEMRCleanup",),
        conditions={"StringEquals": {"iam:AWSServiceName": "elasticmapreduce.amazonaws.com"}},
        required=False,
    )
    if call.waits:
        yield call.rule("StepFunctionsGetEventForEMRRunJobFlowRule")
