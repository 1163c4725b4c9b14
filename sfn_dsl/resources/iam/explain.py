"""Why a role may do what it may: a row per grant, in the order of the policy's statements."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sfn_dsl.resources.iam.grants import MACHINE, Grant, statements_of
from sfn_dsl.resources.iam.statement import Conditions

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
    # Merged, an action stands in one statement only among those with the same effect and conditions.
    sids = {(one.effect, action, _text(one.conditions)): one.sid for one in statements_of(given) for action in one.actions}
    rows = [
        Row(
            sid=sids[one.effect, one.action, _text(one.conditions)],
            effect=one.effect,
            action=one.action,
            resources=one.resources,
            conditions=one.conditions,
            states=tuple(state for state in one.states if state != MACHINE),
            reason=one.reason,
        )
        for one in given
    ]
    return tuple(sorted(rows, key=lambda row: (row.sid, row.action, row.resources, _text(row.conditions))))


def _text(conditions: Conditions) -> str:
    return json.dumps(conditions, sort_keys=True)
