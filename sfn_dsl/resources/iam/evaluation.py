"""Whether statements allow a call, what a call of a run needs, and what nothing used.

Only what this package emits is understood: identity policies, and the operators of `OPERATORS`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sfn_dsl.asl.model import Json
from sfn_dsl.errors import ConfigError
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.arguments import Argument, Form
from sfn_dsl.resources.iam.calls import needs_of
from sfn_dsl.resources.iam.family import Lookup, Need, find_family
from sfn_dsl.resources.iam.grants import assume_role
from sfn_dsl.resources.iam.statement import Statement

__all__ = ["OPERATORS", "Needed", "allows", "covers", "needed_by_call", "unused"]

OPERATORS: Final = frozenset(
    {"StringEquals", "StringLike", "ArnEquals", "ArnLike", "ForAnyValue:StringEquals", "ForAnyValue:StringLike"}
)
"""The condition operators that can be evaluated."""

_PIECES = re.compile(r"\$\{([*?$])\}|([*?])|(.[^*?$]*)", re.S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """An API call that needs to be allowed: action, ARN (a pattern where one call touches many) and condition keys.

    `required`: whether the run fails when it is denied; rights to managed rules only make it slower.
    """

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    required: bool = True


def allows(statements: Iterable[Statement], action: str, resource: str, context: Mapping[str, str] | None = None) -> bool:
    """Whether the statements allow an action on a resource: some statement allows it and none denies it.

    Raises ConfigError for a condition operator that is not among `OPERATORS`.
    """
    allowed = False
    for one in statements:
        if _applies(one, action, resource, context or {}):
            if one.effect == "Deny":
                return False
            allowed = True
    return allowed


def needed_by_call(
    resource: str,
    arguments: Json,
    target: Target,
    *,
    credentials: Json = None,
    lookup: Lookup = find_family,
) -> tuple[Needed, ...]:
    """What one call of a run needs: `resource` is the Task's `Resource`, `arguments` the evaluated ones.

    `credentials`: the evaluated `Credentials`, where the state has them; then the role itself only needs to assume the other role.
    """
    if credentials is not None:
        return tuple(_needed(assume_role(Argument(credentials, Form.VALUE).member("RoleArn"), target)))
    found = needs_of(resource, Argument(arguments, Form.VALUE), target, lookup=lookup)
    every = {(one.action, one.resource, tuple(sorted(one.context.items()))): one for need in found for one in _needed(need)}
    return tuple(every.values())


def unused(statements: Iterable[Statement], calls: Iterable[Needed]) -> tuple[Statement, ...]:
    """What no call used, as statements: actions that nothing called, and resources that no call of the other actions touched."""
    made = list(calls)
    found = []
    for one in statements:
        matching = [call for call in made if _applies(one, call.action, call.resource, call.context)]
        idle = tuple(action for action in one.actions if not any(covers(action.lower(), call.action.lower()) for call in matching))
        if idle:
            found.append(replace(one, actions=idle))
        busy = tuple(action for action in one.actions if action not in idle)
        touched = {arn for arn in one.resources if any(covers(arn, call.resource) for call in matching)}
        # The versions of a function, job definition or log group come with it.
        untouched = tuple(arn for arn in one.resources if arn not in touched and arn.removesuffix(":*") not in touched)
        if busy and untouched:
            found.append(replace(one, actions=busy, resources=untouched))
    return tuple(found)


def _needed(need: Need) -> list[Needed]:
    context = {
        key: _first(value) if operator.endswith("StringEquals") else _plain(_first(value))
        for operator, keys in need.conditions.items()
        for key, value in keys.items()
    }
    touched = need.resources if need.used is None else need.used
    return [
        Needed(action=action, resource=_plain(resource), context=context, required=need.required)
        for action in need.actions
        for resource in touched
    ]


def _first(value: Json) -> str:
    return str(value[0] if isinstance(value, (list, tuple)) else value)


def _plain(pattern: str) -> str:
    """A resource that is known in full, without the escapes of a policy."""
    return re.sub(r"\$\{([*?$])\}", r"\1", pattern)


def _applies(one: Statement, action: str, resource: str, context: Mapping[str, str]) -> bool:
    if not any(covers(pattern.lower(), action.lower()) for pattern in one.actions):
        return False
    if not any(covers(pattern, resource) for pattern in one.resources):
        return False
    return all(
        _holds(operator, value, context.get(key)) for operator, keys in one.conditions.items() for key, value in keys.items()
    )


def _holds(operator: str, wanted: Json, value: str | None) -> bool:
    if operator not in OPERATORS:
        raise ConfigError(
            f"the condition operator `{operator}` cannot be evaluated", help=f"operators are {', '.join(sorted(OPERATORS))}"
        )
    if value is None:
        return False
    choices = [str(one) for one in (wanted if isinstance(wanted, (list, tuple)) else [wanted])]
    if operator.endswith("StringEquals"):
        return value in choices
    if operator.endswith("StringLike"):
        return any(covers(one, value) for one in choices)
    return any(_arn_like(one, value) for one in choices)


def _arn_like(pattern: str, arn: str) -> bool:
    """ARNs are compared part by part: a `*` of one part does not reach into the next, save in the last."""
    wanted, given = pattern.split(":", 5), arn.split(":", 5)
    return len(wanted) == len(given) and all(covers(one, other) for one, other in zip(wanted, given, strict=True))


def covers(pattern: str, text: str) -> bool:
    """Whether a pattern of a policy covers a text. `*` and `?` in the text are characters, so a pattern can be covered too."""
    return _regex(pattern).fullmatch(text) is not None


@functools.lru_cache(maxsize=4096)
def _regex(pattern: str) -> re.Pattern[str]:
    def piece(match: re.Match[str]) -> str:
        escaped, wild, plain = match.groups()
        if wild:
            return ".*" if wild == "*" else "."
        return re.escape(escaped or plain)

    return re.compile(_PIECES.sub(piece, pattern), re.S)
