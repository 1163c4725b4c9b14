"""Why a role may do what it may: a row per grant, in the order of the policy's statements."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sfn_dsl.resources.iam.grants import MACHINE, Grant, statements_of
from sfn_dsl.resources.iam.statement import Conditions, Statement

__all__ = ["Row", "explain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A grant and the statement it went into. `states` is empty where the machine as a whole needs it."""

    sid: str
    effect: str
    action: str
    resources: tuple[str, ...]
    conditions: Conditions
    states: tuple[str, ...]
    reason: str

    @property
    def text(self) -> str:
        """The row for a person: two lines or more, without a final newline."""
        who = ", ".join(self.states) if self.states else "the state machine"
        lines = [f"{self.sid}: {self.action} ({self.effect})", *(f"  on {arn}" for arn in self.resources)]
        lines += [
            f"  if {key} {operator} {json.dumps(value)}"
            for operator, keys in self.conditions.items()
            for key, value in keys.items()
        ]
        return "\n".join([*lines, f"  for {who}: {self.reason}"])


def explain(grants: Iterable[Grant]) -> tuple[Row, ...]:
    """The rows of a role's grants, by statement, action and resources."""
    given = tuple(grants)
    statements = statements_of(given)
    rows = [
        Row(
            sid=_statement(one, statements).sid,
            effect=one.effect,
            action=one.action,
            resources=one.resources,
            conditions=one.conditions,
            states=tuple(state for state in one.states if state != MACHINE),
            reason=one.reason,
        )
        for one in given
    ]
    return tuple(sorted(rows, key=lambda row: (row.sid, row.action, row.resources, json.dumps(row.conditions, sort_keys=True))))


def _statement(grant: Grant, statements: tuple[Statement, ...]) -> Statement:
    return next(
        one
        for one in statements
        if one.effect == grant.effect
        and grant.action in one.actions
        and set(grant.resources) <= set(one.resources)
        and one.conditions == grant.conditions
    )
