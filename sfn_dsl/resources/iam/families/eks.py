"""Amazon EKS: `eks:call` and `eks:runJob`, which only Kubernetes' own roles guard, and clusters and node groups."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import by_reference, generic

__all__ = ["eks"]

_CREATES = frozenset({"createCluster", "createNodegroup", "createFargateProfile"})


@family("eks")
def eks(call: Call) -> Iterator[Need]:
    """Creating hands roles on; waiting describes and, for a creation that is given up, deletes."""
    if call.action in ("call", "runJob"):
        return
    if call.sdk:
        yield from generic(call)
        return
    verb, noun = ("Create", call.action[6:]) if call.action in _CREATES else ("Delete", call.action[6:])
    cluster = call.place("Name" if noun == "Cluster" else "ClusterName", "cluster/")
    place = _place(call, noun, cluster)
    if noun == "Cluster" and verb == "Create":
        yield by_reference(call, "CreateCluster")
    else:
        yield call.needs(f"{verb}{noun}", on=cluster if verb == "Create" else place)
    if verb == "Create":
        argument = {"Nodegroup": "NodeRole", "FargateProfile": "PodExecutionRoleArn"}.get(noun, "RoleArn")
        principal = "eks-fargate-pods.amazonaws.com" if noun == "FargateProfile" else "eks.amazonaws.com"
        yield call.passes(call.role(argument), principal)
    if verb == "Create" and noun == "Nodegroup":
        yield Need(actions=("ec2:DescribeSubnets",), resources=("*",), why="the action has no resource type")
        node = call.role("NodeRole")
        yield call.needs("iam:GetRole", "iam:ListAttachedRolePolicies", on=node)
    if call.waits:
        yield call.needs(f"Describe{noun}", f"Delete{noun}", on=place)


def _place(call: Call, noun: str, cluster: Place) -> Place:
    if noun == "Cluster":
        return cluster
    name = cluster.arn.rpartition("/")[2]
    key, head = {"Nodegroup": ("NodegroupName", "nodegroup"), "FargateProfile": ("FargateProfileName", "fargateprofile")}[noun]
    found = call.place(key, f"{head}/{name}/", tail="/*")
    return Place(found.arn, found.why or cluster.why or "its ARN ends in an id that its name does not tell")
