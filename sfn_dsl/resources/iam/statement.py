"""Statements of IAM policies: merging them, cutting them to IAM's size limits, and writing them as policy documents.

IAM counts the characters of a policy without white space: 10,240 for all inline policies of a role together, 6,144 for one
managed policy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from sfn_dsl.asl.canonical import canonical
from sfn_dsl.asl.model import Json
from sfn_dsl.errors import ConfigError

__all__ = ["Conditions", "Statement", "document", "emit", "merge", "size", "split"]

Conditions: TypeAlias = Mapping[str, Mapping[str, Json]]
"""Operator to condition key to value or list of values: `{"StringEquals": {"aws:SourceAccount": "111122223333"}}`."""

_VERSION: Final = "2012-10-17"
_FRAME: Final = len('{"Version":"2012-10-17","Statement":[]}')
_WORD = re.compile(r"[0-9A-Za-z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. `sid` has letters and digits only; `resources` are ARNs that may hold `*` and `?`; `effect` Allow or Deny."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Conditions = field(default_factory=dict)
    effect: str = "Allow"


def merge(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """The same permissions in fewer statements.

    Of equal conditions, all resources of an action are put together, then all actions with the same resources. Nothing is allowed
    that was not allowed before. The result depends on what is allowed alone, not on how the input was cut or ordered.
    """
    conditions: dict[str, Conditions] = {}
    by_action: dict[tuple[str, str, str], set[str]] = {}
    for one in statements:
        text = _text(one.conditions)
        conditions[text] = one.conditions
        for action in one.actions:
            by_action.setdefault((one.effect, text, action), set()).update(one.resources)
    by_resources: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for (effect, text, action), resources in sorted(by_action.items()):
        by_resources.setdefault((effect, text, tuple(sorted(resources))), []).append(action)
    found = [
        Statement(sid="", actions=tuple(actions), resources=resources, conditions=conditions[text], effect=effect)
        for (effect, text, resources), actions in by_resources.items()
    ]
    return _named(sorted(found, key=_order))


def document(statements: Iterable[Statement]) -> Json:
    """The policy document as JSON: statements, actions and resources in canonical order."""
    ordered = sorted((_sorted(one) for one in statements), key=lambda one: (one.effect != "Deny", one.sid, _order(one)))
    return {"Version": _VERSION, "Statement": [_json(one) for one in ordered]}


def emit(statements: Iterable[Statement]) -> str:
    """The policy document as canonical JSON text."""
    return canonical(document(statements))


def size(statements: Iterable[Statement]) -> int:
    """Characters of the policy document, white space not counted."""
    return _FRAME + max(0, sum(_length(one) + 1 for one in statements) - 1)


def split(statements: Iterable[Statement], limit: int = 10_240) -> tuple[tuple[Statement, ...], ...]:
    """Statements in as many policies as the limit needs, each at most `limit` characters; one where they all fit.

    A statement that is too long by itself is cut in two by resources, else by actions. Deterministic: each statement goes into
    the first policy that has room. Raises ConfigError when one action on one resource is longer than a policy may be.
    """
    groups: list[list[Statement]] = []
    room: list[int] = []
    for one in _cut(statements, limit - _FRAME):
        need = _length(one) + 1
        place = next((number for number, free in enumerate(room) if free >= need), None)
        if place is None:
            groups.append([one])
            room.append(limit - _FRAME + 1 - need)
        else:
            groups[place].append(one)
            room[place] -= need
    return tuple(tuple(group) for group in groups)


def _cut(statements: Iterable[Statement], limit: int) -> Iterable[Statement]:
    waiting = list(statements)[::-1]
    taken = {one.sid for one in waiting}
    while waiting:
        one = waiting.pop()
        if _length(one) <= limit:
            yield one
            continue
        if len(one.resources) == len(one.actions) == 1:
            raise ConfigError(
                f"the statement `{one.sid}` alone is longer than a policy may be", help="name fewer values in its conditions"
            )
        rest = _unused(one.sid, taken)
        taken.add(rest)
        if len(one.resources) > 1:
            half = len(one.resources) // 2
            waiting.append(replace(one, sid=rest, resources=one.resources[half:]))
            waiting.append(replace(one, resources=one.resources[:half]))
        else:
            half = len(one.actions) // 2
            waiting.append(replace(one, sid=rest, actions=one.actions[half:]))
            waiting.append(replace(one, actions=one.actions[:half]))


def _json(one: Statement) -> Json:
    found: dict[str, Json] = {"Sid": one.sid, "Effect": one.effect, "Action": list(one.actions), "Resource": list(one.resources)}
    if one.conditions:
        found["Condition"] = {operator: dict(sorted(keys.items())) for operator, keys in sorted(one.conditions.items())}
    return found


def _length(one: Statement) -> int:
    text = json.dumps(_json(one), separators=(",", ":"), ensure_ascii=False)
    return len("".join(text.split()))


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _sorted(one: Statement) -> Statement:
    return replace(one, actions=tuple(sorted(set(one.actions))), resources=tuple(sorted(set(one.resources))))


def _order(one: Statement) -> tuple[bool, tuple[str, ...], tuple[str, ...], str]:
    return (one.effect != "Deny", one.actions, one.resources, _text(one.conditions))


def _pascal(text: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in _WORD.findall(text))


def _title(one: Statement) -> str:
    """`GlueStartJobRun`, `GlueBatchStopJobRunAnd3More`, `LogsXray`."""
    prefixes = sorted({action.partition(":")[0] for action in one.actions})
    name = "".join(_pascal(prefix) for prefix in prefixes[:3])
    if len(prefixes) == 1:
        name += _pascal(one.actions[0].partition(":")[2])
        name += f"And{len(one.actions) - 1}More" if len(one.actions) > 1 else ""
    elif len(prefixes) > 3:
        name += f"And{len(prefixes) - 3}More"
    return ("Deny" if one.effect == "Deny" else "") + name


def _named(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    taken: set[str] = set()
    found = []
    for one in statements:
        title = _title(one)
        sid = title if title not in taken else _unused(title, taken)
        taken.add(sid)
        found.append(replace(one, sid=sid))
    return tuple(found)


def _unused(sid: str, taken: set[str]) -> str:
    number = 2
    while f"{sid}x{number}" in taken:
        number += 1
    return f"{sid}x{number}"
