"""Amazon CloudWatch Logs: `aws-sdk:cloudwatchlogs`. ARNs of log groups end in `:*`, with the stream before it."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, family
from sfn_dsl.resources.iam.generic import by_reference, passed_roles
from sfn_dsl.resources.iam.names import iam_action
from sfn_dsl.resources.iam.reference import resource_types

__all__ = ["logs"]


@family("logs")
def logs(call: Call) -> Iterator[Need]:
    """Actions on the log group that the call names, whichever of its streams."""
    action = iam_action("logs", call.action)
    kinds = {kind.name for kind in resource_types("logs", action, call.target) or ()}
    group = call.known("LogGroupName")
    if not kinds or not kinds <= {"log-group", "log-stream"} or group is None:
        yield by_reference(call, action)
    else:
        place = call.place("LogGroupName", "log-group:")
        stream = call.known("LogStreamName")
        tail = f":log-stream:{stream.pattern}" if kinds == {"log-stream"} and stream and stream.text is not None else ":*"
        resources = (f"{place.arn}{tail}",) if kinds == {"log-stream"} else (place.arn, f"{place.arn}:*")
        yield Need(actions=(f"logs:{action}",), resources=resources, why=place.why, used=resources[-1:])
    yield from passed_roles(call)
