"""Which service a Task calls, and with which parameters, as far as the definition tells."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from sfn_dsl.asl.services import Integration, Pattern, Resource, integration, parse_resource
from sfn_dsl.rules.subject import State

__all__ = ["call_of", "catalogued", "given", "parameters_of"]


def call_of(state: State) -> Resource | None:
    """The service and action of a Task; a function's own ARN counts as `lambda:invoke`. None where it is not known."""
    resource = state.body.get("Resource")
    return _call(resource) if state.type == "Task" and isinstance(resource, str) else None


@functools.lru_cache(maxsize=1024)
def _call(resource: str) -> Resource | None:
    parts = resource.split(":", 6)
    if len(parts) == 7 and parts[2] == "lambda" and parts[5] == "function":
        return Resource(parts[1], "lambda", "invoke", Pattern.REQUEST_RESPONSE, sdk=False)
    return parse_resource(resource)


def catalogued(call: Resource) -> Integration | None:
    """What the catalogue knows of a call; None where it knows nothing."""
    try:
        return integration(call.service, call.action, call.sdk)
    except LookupError:
        return None  # botocore is not installed


def parameters_of(state: State) -> Mapping[str, Any] | None:
    """The parameters of a Task; None where the whole of them is made at run time or is the state's input."""
    value = state.body.get("Arguments" if state.jsonata else "Parameters")
    return value if isinstance(value, dict) else None


def given(parameters: Mapping[str, Any], name: str) -> bool:
    """Whether a parameter is there, also as `name.$`."""
    return name in parameters or f"{name}.$" in parameters
