"""Parameters whose literal value names a resource: functions, state machines, topics, queues of jobs.

The rules about ARNs and URLs share this list.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from sfn_dsl.rules.finding import pointer_to
from sfn_dsl.rules.integrations.call import Call, calls, is_dynamic
from sfn_dsl.rules.subject import Subject

__all__ = ["NamedResource", "named_resources"]

# The service of the ARN; a parameter whose name ends in `Arn` takes nothing but an ARN, others a name as well.
_SERVICES = {
    "Cluster": "ecs",
    "FunctionName": "lambda",
    "JobDefinition": "batch",
    "JobQueue": "batch",
    "StateMachineArn": "states",
    "TaskDefinition": "ecs",
    "TopicArn": "sns",
}


@dataclass(frozen=True, slots=True)
class NamedResource:
    """A parameter with the name or ARN of a resource. `service`: the service of such an ARN."""

    call: Call
    parameter: str
    service: str
    pointer: str
    text: str


@functools.lru_cache(maxsize=4)
def named_resources(subject: Subject) -> tuple[NamedResource, ...]:
    """Parameters of the list above that are literals, in the order of the document."""
    found = []
    for call in calls(subject):
        payload = call.payload
        for parameter, text in payload.items() if isinstance(payload, dict) else ():
            service = _SERVICES.get(parameter)
            if service and isinstance(text, str) and not is_dynamic(subject, call.state, text):
                found.append(NamedResource(call, parameter, service, pointer_to(call.state.at(call.field), parameter), text))
    return tuple(found)
