"""What a machine's settings need: log delivery, traces, a key of one's own.

Source: Developer Guide pages `cw-logs`, `concepts-xray-tracing`, `encryption-at-rest`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfn_dsl.asl.model import Json
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.family import Need

__all__ = ["needs_of_settings"]

_LOGS = """CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries PutResourcePolicy
    DescribeResourcePolicies DescribeLogGroups"""
_XRAY = "PutTraceSegments PutTelemetryRecords GetSamplingRules GetSamplingTargets"


def needs_of_settings(settings: Mapping[str, Json], target: Target) -> Iterator[Need]:
    """From settings in CreateStateMachine's form (`loggingConfiguration`, `tracingConfiguration`, `encryptionConfiguration`)."""
    logging = settings.get("loggingConfiguration") or {}
    if logging.get("destinations") and logging.get("level", "OFF") != "OFF":
        actions = tuple(f"logs:{name}" for name in _LOGS.split())
        yield Need(actions=actions, resources=("*",), why="logging: log delivery has no resource type")
    if (settings.get("tracingConfiguration") or {}).get("enabled"):
        actions = tuple(f"xray:{name}" for name in _XRAY.split())
        yield Need(actions=actions, resources=("*",), why="tracing: X-Ray has no resource type for them")
    key = (settings.get("encryptionConfiguration") or {}).get("kmsKeyId")
    if isinstance(key, str):
        yield _key(key, target)


def _key(key: str, target: Target) -> Need:
    actions = ("kms:Decrypt", "kms:GenerateDataKey")
    alias = key.partition(":alias/")[2] if ":alias/" in key else key.removeprefix("alias/") if key.startswith("alias/") else ""
    if alias:
        base = key.partition(":alias/")[0] if key.startswith("arn:") else target.arn("kms", "").rstrip(":")
        conditions = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{alias}"}}
        why = "encryption: a policy cannot name a key by its alias, so a condition does"
        return Need(actions=actions, resources=(f"{base}:key/*",), conditions=conditions, why=why)
    arn = key if key.startswith("arn:") else target.arn("kms", f"key/{key}")
    return Need(actions=actions, resources=(arn,), why="encryption: the machine's own key")
