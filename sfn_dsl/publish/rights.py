"""Statements of the policies of people and of CI, from action names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfn_dsl.asl.model import Json
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.reference import resource_types
from sfn_dsl.resources.iam.statement import Conditions, Statement

__all__ = ["may", "may_pass"]

_NO_CONDITIONS: Mapping[str, Mapping[str, Json]] = {}


def may(
    target: Target, prefix: str, names: str, resources: tuple[str, ...], conditions: Conditions = _NO_CONDITIONS
) -> Iterator[Statement]:
    """Actions on resources. `names`: without the prefix, between spaces. Those that IAM knows no resources for are on `*`."""
    apart: dict[bool, list[str]] = {}
    for name in names.split():
        apart.setdefault(bool(resource_types(prefix, name, target)), []).append(f"{prefix}:{name}")
    for narrow, actions in apart.items():
        yield Statement(sid="", actions=tuple(actions), resources=resources if narrow else ("*",), conditions=conditions)


def may_pass(role_arn: str, service: str) -> Statement:
    """The right to hand a role to a service such as `states`, and to no other."""
    conditions = {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}
    return Statement(sid="", actions=("iam:PassRole",), resources=(role_arn,), conditions=conditions)
