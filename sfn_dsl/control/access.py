"""How states reach the control table: DynamoDB's own integration where the Region has a replica, else the bridge function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_dsl.expression import Template
from sfn_dsl.region import Target

__all__ = ["LOST", "Access"]

LOST: Final = "Pipeline.LeaseLost"
"""Error of an execution whose batch another one has taken over."""

_OPTIMISED: Final = {"getItem", "putItem", "updateItem", "deleteItem"}
_PATIENCE: Final = {"IntervalSeconds": 1, "MaxAttempts": 6, "BackoffRate": 2, "MaxDelaySeconds": 30, "JitterStrategy": "FULL"}


@dataclass(frozen=True, slots=True)
class Access:
    """Writes Task states that call the control table from a target's Region."""

    target: Target

    @property
    def direct(self) -> bool:
        """Whether the Region has the table itself."""
        return self.target.deployed.reached_from(self.target.region).direct

    @property
    def result(self) -> str:
        """Where DynamoDB's answer stands in the state's result."""
        return "$states.result" if self.direct else "$states.result.Payload"

    def refused(self, operation: str) -> str:
        """The error of a condition that did not hold."""
        if not self.direct:
            return "ConditionalCheckFailedException"
        prefix = "DynamoDB" if operation in _OPTIMISED else "DynamoDb"
        return f"{prefix}.ConditionalCheckFailedException"

    def task(self, operation: str, arguments: Mapping[str, Template], **fields: Any) -> dict[str, Template]:
        """A Task that calls an operation such as `updateItem`, tried again while the table cannot be reached.

        A condition that does not hold is never tried again; `refused` is the state to go to then.
        """
        refused = fields.pop("refused", None)
        body: dict[str, Template] = {"Type": "Task", **self._call(operation, arguments), "TimeoutSeconds": 30}
        conditional = "ConditionExpression" in arguments
        never = [{"ErrorEquals": [self.refused(operation)], "MaxAttempts": 0}] if conditional else []
        body["Retry"] = [*never, {"ErrorEquals": ["States.ALL"], **_PATIENCE}]
        if refused:
            body["Catch"] = [{"ErrorEquals": [self.refused(operation)], "Output": {}, "Next": refused}]
        return {**body, **fields}

    def _call(self, operation: str, arguments: Mapping[str, Template]) -> dict[str, Template]:
        table = self.target.deployed.table
        if self.direct:
            service = "dynamodb" if operation in _OPTIMISED else "aws-sdk:dynamodb"
            return {
                "Resource": self.target.integration(f"{service}:{operation}"),
                "Arguments": {"TableName": table, **arguments},
            }
        bridge = self.target.arn("lambda", f"function:{self.target.deployed.bridge}")
        payload = {"operation": operation, "arguments": {"TableName": table, **arguments}}
        return {
            "Resource": self.target.integration("lambda:invoke"),
            "Arguments": {"FunctionName": bridge, "Payload": payload},
        }
