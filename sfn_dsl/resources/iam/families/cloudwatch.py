"""Amazon CloudWatch: `aws-sdk:cloudwatch`. Metrics have no ARNs; what may be written is narrowed by namespace."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["cloudwatch"]


@family("cloudwatch")
def cloudwatch(call: Call) -> Iterator[Need]:
    """Metrics into the namespace that is named, where one is."""
    namespace = call.known("Namespace")
    if call.action != "putMetricData" or namespace is None or namespace.pattern == "*":
        yield from generic(call)
        return
    operator = "StringEquals" if namespace.text is not None else "StringLike"
    value = namespace.pattern if namespace.text is None else namespace.text
    conditions = {operator: {"cloudwatch:namespace": value}}
    why = "metrics have no resource type"
    yield Need(actions=("cloudwatch:PutMetricData",), resources=("*",), conditions=conditions, why=why)
