"""What the families of integrations share: the call they look at, the needs they yield, and the registry.

A family is a generator over a Call, in a file of its own under `families/`, named by the IAM prefixes it speaks for:
`@family("glue")`. It reads arguments as far as they are known, so that the same code says what a definition may need (patterns)
and what a call of a run needs (full ARNs).
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from sfn_dsl.asl.services import Pattern
from sfn_dsl.errors import ConfigError
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.arguments import NOTHING, Argument, Known
from sfn_dsl.resources.iam.statement import Conditions

__all__ = ["Call", "Family", "Lookup", "Need", "Place", "family", "find_family"]

_FAMILIES: Final = "sfn_dsl.resources.iam.families"
_ARN_FIELDS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Actions that a call needs on resources. `why` says what keeps the resources from being narrower; empty when nothing does.

    `used`: what of `resources` one call touches, where that is not all of them. `required`: whether the call fails without.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Conditions = field(default_factory=dict)
    why: str = ""
    used: tuple[str, ...] | None = None
    required: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """A resource as far as it is known: its ARN pattern, and why it is no narrower (empty when it is exact)."""

    arn: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A Task's call. `prefix`: IAM's name of the service; `action`: the API action as the resource ARN has it (`startJobRun`)."""

    prefix: str
    service: str
    action: str
    pattern: Pattern
    sdk: bool
    arguments: Argument
    target: Target

    @property
    def waits(self) -> bool:
        """Whether Step Functions waits for the job (`.sync`)."""
        return self.pattern in (Pattern.SYNC, Pattern.SYNC_2)

    def known(self, *names: str) -> Known | None:
        """What is known of an argument; None where it is certainly absent."""
        found = self.arguments.member(*names)
        return found.known if found else None

    def arn(self, tail: str, service: str = "") -> str:
        """The ARN of a resource of this target, of the call's own service unless another is named."""
        return self.target.arn(service or self.prefix, tail)

    def place(self, argument: str, head: str, *, service: str = "", tail: str = "") -> Place:
        """The resource that an argument names, by name or by ARN: `place("JobName", "job/")`. All of them where it is open."""
        return self.locate(self.known(argument), argument, head, service=service, tail=tail)

    def locate(self, known: Known | None, argument: str, head: str, *, service: str = "", tail: str = "") -> Place:
        """The same for a text that stands anywhere in the arguments."""
        if known is None:
            return Place(self.arn(f"{head}*{tail}", service), f"`{argument}` is not given")
        if known.text is not None:
            return Place(known.pattern + tail if known.text.startswith("arn:") else self.arn(head + known.pattern + tail, service))
        why = f"`{argument}` is only known at run time"
        if known.start.startswith("arn:"):
            fields = known.start.split(":", _ARN_FIELDS)
            if len(fields) <= _ARN_FIELDS:
                return Place(self.arn(f"{head}*{tail}", service), why)
            if fields[-1].startswith(head):
                return Place(known.pattern + tail, why)
            return Place(f"{':'.join(fields[:-1])}:{head}*{tail}", why)
        named = not "arn:".startswith(known.start)
        return Place(self.arn(head + (known.pattern if named else "*") + tail, service), why)

    def role(self, argument: str, known: Known | None = None) -> Place:
        """The IAM role that an argument names, by name or by ARN."""
        known = known or self.known(argument) or NOTHING
        base = f"arn:{self.target.partition}:iam::{self.target.account}:role/"
        if known.text is not None:
            return Place(known.pattern if known.text.startswith("arn:") else base + known.pattern)
        full = known.start.startswith("arn:") and known.start.count(":") >= _ARN_FIELDS
        return Place(known.pattern if full else f"{base}*", f"`{argument}` is only known at run time")

    def needs(self, *actions: str, on: Place | str, conditions: Conditions | None = None, required: bool = True) -> Need:
        """A need of actions of the call's own service on one resource."""
        place = Place(on) if isinstance(on, str) else on
        names = tuple(action if ":" in action else f"{self.prefix}:{action}" for action in actions)
        return Need(actions=names, resources=(place.arn,), conditions=conditions or {}, why=place.why, required=required)

    def passes(self, role: Place, *services: str) -> Need:
        """The right to hand a role to services, which IAM asks of whoever names the role in a call."""
        conditions: Mapping[str, Mapping[str, object]] = {"StringEquals": {"iam:PassedToService": list(services)}}
        return Need(actions=("iam:PassRole",), resources=(role.arn,), conditions=conditions, why=role.why)

    def rule(self, name: str) -> Need:
        """The managed rule by which Step Functions hears of a job's end. Without it the end is noticed late."""
        actions = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
        return Need(actions=actions, resources=(self.arn(f"rule/{name}", "events"),), required=False)


Needs: TypeAlias = Callable[[Call], Iterable[Need]]


@dataclass(frozen=True, slots=True)
class Family:
    """Integrations that share an IAM prefix, and what their calls need."""

    prefixes: tuple[str, ...]
    needs: Needs


Lookup: TypeAlias = Callable[[str], Family | None]
"""From an IAM prefix to the family that speaks for it; None for services that need no more than the reference says."""


def family(*prefixes: str) -> Callable[[Needs], Family]:
    """Make a family of a generator: `@family("glue")`."""

    def make(needs: Needs) -> Family:
        return Family(prefixes, needs)

    return make


def find_family(prefix: str) -> Family | None:
    """The family of an IAM prefix, from the files under `families/`."""
    return _families().get(prefix)


@functools.cache
def _families() -> Mapping[str, Family]:
    found: dict[str, Family] = {}
    package = importlib.import_module(_FAMILIES)
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda one: one.name):
        for value in vars(importlib.import_module(f"{_FAMILIES}.{module.name}")).values():
            for prefix in value.prefixes if isinstance(value, Family) else ():
                if found.setdefault(prefix, value) is not value:
                    raise ConfigError(f"two families speak for `{prefix}`", help="one file per IAM prefix")
    return found
