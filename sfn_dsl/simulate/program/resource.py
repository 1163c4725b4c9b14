"""What a Task's `Resource` is to the simulator: the family of its history events and the words in them."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from sfn_dsl.asl.services import Pattern, parse_resource

__all__ = ["Resource", "task_resource"]

_SERVICE = re.compile(r"arn:[\w-]+:states:::((?:aws-sdk:)?[\w-]+):(\w+(?:\.[\w:]+)?)")


@dataclass(frozen=True, slots=True)
class Resource:
    """`kind`: `service`, `lambda` (a function ARN) or `activity`. `type` and `action` are `resourceType` and `resource` of events.

    `service` and `operation` name the API (`sqs`, `sendMessage`); `sdk` tells an `aws-sdk` integration.
    """

    arn: str
    kind: str
    type: str = ""
    action: str = ""
    service: str = ""
    operation: str = ""
    pattern: Pattern = Pattern.REQUEST_RESPONSE
    sdk: bool = False

    @property
    def name(self) -> str:
        """`sqs:sendMessage`, `aws-sdk:s3:getObject`, or the ARN of a function or activity."""
        return f"{self.type}:{self.operation}" if self.kind == "service" else self.arn


@functools.lru_cache(maxsize=4096)
def task_resource(arn: str) -> Resource:
    """The parts of a `Resource`. Text of no known form is a service call that nothing is known of."""
    parsed = parse_resource(arn)
    if parsed is not None:
        match = _SERVICE.fullmatch(arn)
        assert match is not None
        return Resource(arn, "service", match[1], match[2], parsed.service, parsed.action, parsed.pattern, parsed.sdk)
    if ":activity:" in arn:
        return Resource(arn, "activity")
    return Resource(arn, "lambda")
