"""What AWS's service authorization reference says: which actions there are, and which kinds of resources each works on.

The facts stand in `reference.json`, so that what is generated does not depend on the botocore that is installed. They are rewritten
by `pytest tests/test_iam_reference.py --update`, from the copies of the reference that cfn-lint and parliament
carry and from botocore's models.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sfn_dsl.region import Target

__all__ = ["ResourceType", "action_known", "named_optionally", "prefixes", "resource_types", "signing_name"]

_FILE: Final = Path(__file__).with_name("reference.json")


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A kind of resource. `name` in lower case, as the reference spells it; `pattern`: the ARN of all of them in a target."""

    name: str
    pattern: str


def action_known(prefix: str, action: str) -> bool:
    """Whether the reference knows an action, in any case: `("glue", "StartJobRun")`."""
    return action.lower() in _actions(prefix)


def named_optionally(prefix: str, action: str) -> bool:
    """Whether a call may name none of the action's resources, so that IAM then asks for the action on `*`."""
    return action.lower() in _optional(prefix)


def prefixes() -> frozenset[str]:
    """All service prefixes of the reference."""
    return frozenset(_table())


def signing_name(service: str) -> str:
    """The name that requests to an `aws-sdk` service are signed with; the service part itself where it is that or not known."""
    return str(_facts()["signed"].get(service, service))


def resource_types(prefix: str, action: str, target: Target) -> tuple[ResourceType, ...] | None:
    """The kinds of resources an action works on; empty when it takes none but `*`; None when the reference does not know it."""
    names = _actions(prefix).get(action.lower())
    if names is None:
        return None
    known = _table()[prefix]["resources"]
    found = []
    for name in names.split():
        for form in known.get(name, "").split():
            if not form.startswith("arn:"):
                form = f"arn:${{Partition}}:{prefix}:${{Region}}:${{Account}}:{form}"
            parts = {"${Partition}": target.partition, "${Region}": target.region, "${Account}": target.account}
            for word, value in parts.items():
                form = form.replace(word, value)
            found.append(ResourceType(name, form.replace("${Vendor}", "*")))
    return tuple(found)


@functools.cache
def _facts() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(_FILE.read_bytes())
    return found


def _table() -> Mapping[str, Any]:
    found: Mapping[str, Any] = _facts()["services"]
    return found


@functools.cache
def _optional(prefix: str) -> frozenset[str]:
    return frozenset(_table().get(prefix, {}).get("optional", "").split())


@functools.cache
def _actions(prefix: str) -> Mapping[str, str]:
    groups = _table().get(prefix, {}).get("actions", {})
    return {action: types for types, actions in groups.items() for action in actions.split()}
