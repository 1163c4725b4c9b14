"""Roles and what they may do (IAM)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sfn_dsl.region import Target
from sfn_dsl.resources.element import Element
from sfn_dsl.resources.references import Text, Value

__all__ = ["ManagedPolicy", "Policy", "Role"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """An inline policy of a role."""

    name: str
    document: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role(Element):
    """A role with inline policies (`AWS::IAM::Role`). Roles are global: the name has to say the Region.

    `trust`: the policy of who may assume it. `path`: begins and ends with `/`.
    """

    role_name: str
    trust: Mapping[str, Value]
    policies: tuple[Policy, ...] = ()
    path: str = "/"
    description: str = ""

    @property
    def name(self) -> str:
        """The role's name."""
        return self.role_name

    def arn(self, target: Target) -> str:
        """Its ARN, which has no Region."""
        return f"arn:{target.partition}:iam::{target.account}:role{self.path}{self.role_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedPolicy(Element):
    """A policy that stands by itself and is attached to roles (`AWS::IAM::ManagedPolicy`). Global: the name has to say the Region.

    `roles`: the names of those that get it; a role has at most 10 of them. `path`: begins and ends with `/`. AWS never changes path
    and description of a policy: others need a new name.
    """

    policy_name: str
    document: Mapping[str, Value]
    roles: tuple[Text, ...]
    path: str = "/"
    description: str = ""

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.policy_name

    def arn(self, target: Target) -> str:
        """Its ARN, which has no Region."""
        return f"arn:{target.partition}:iam::{target.account}:policy{self.path}{self.policy_name}"
