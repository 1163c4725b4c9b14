"""Amazon EMR on EKS: `emr-containers` and `aws-sdk:emrcontainers`."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["emr_containers"]

_PRINCIPAL = "emr-containers.amazonaws.com"


@family("emr-containers")
def emr_containers(call: Call) -> Iterator[Need]:
    """Job runs on their virtual cluster, with the role they run as."""
    match call.action:
        case "startJobRun":
            cluster = call.place("VirtualClusterId", "/virtualclusters/")
            role = call.role("ExecutionRoleArn")
            conditions = {"ArnEquals" if not role.why else "ArnLike": {"emr-containers:ExecutionRoleArn": role.arn}}
            yield call.needs("StartJobRun", on=cluster, conditions=conditions)
            yield call.passes(role, _PRINCIPAL)
            if call.waits:
                runs = Place(f"{cluster.arn}/jobruns/*", cluster.why or "the id of the run is not known before it runs")
                yield call.needs("DescribeJobRun", "CancelJobRun", on=runs)
        case "deleteVirtualCluster" if not call.sdk:
            cluster = call.place("Id", "/virtualclusters/")
            yield call.needs("DeleteVirtualCluster", on=cluster)
            if call.waits:
                yield call.needs("DescribeVirtualCluster", on=cluster)
        case "createVirtualCluster":
            yield from generic(call)
            base = f"arn:{call.target.partition}:iam::{call.target.account}:role/aws-service-role/{_PRINCIPAL}"
            yield Need(
                actions=("iam:CreateServiceLinkedRole",),
                resources=(f"{base}/AWSServiceRoleForAmazonEMRContainers",),
                conditions={"StringEquals": {"iam:AWSServiceName": _PRINCIPAL}},
                required=False,
            )
        case _:
            yield from generic(call)
