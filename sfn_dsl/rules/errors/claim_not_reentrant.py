"""A retried write that only holds where no item is, so that its own success makes the retry fail.

When the answer to the write is lost, the retry finds the item that the first try has written, and the catcher takes it for somebody
else's: the work is given up, and nobody does it. Let the condition hold for the item's own writer too.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Next": "Work",
           "Parameters": {"TableName": "t", "Item": {"id": {"S": "1"}}, "ConditionExpression": "attribute_not_exists(id)"},
           "Retry": [{"ErrorEquals": ["States.ALL"]}],
           "Catch": [{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Taken"}]},
     "Work": {"Type": "Succeed"}, "Taken": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Next": "Work",
           "Parameters": {"TableName": "t", "Item": {"id": {"S": "1"}, "owner": {"S.$": "$$.Execution.Id"}},
                          "ConditionExpression": "attribute_not_exists(id) OR #o = :me",
                          "ExpressionAttributeNames": {"#o": "owner"},
                          "ExpressionAttributeValues": {":me": {"S.$": "$$.Execution.Id"}}},
           "Retry": [{"ErrorEquals": ["States.ALL"]}],
           "Catch": [{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Taken"}]},
     "Work": {"Type": "Succeed"}, "Taken": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Next": "Work",
           "Parameters": {"TableName": "t", "Item": {"id": {"S": "1"}}, "ConditionExpression": "attribute_not_exists(id)"},
           "Retry": [{"ErrorEquals": ["States.ALL"]}],
           "Catch": [{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Work"}]},
     "Work": {"Type": "Succeed"}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.errors.entries import entries
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import calls
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import State, Subject

__all__ = ["claim_not_reentrant"]

_ONLY_NEW: Final = re.compile(r"\s*\(*\s*attribute_not_exists\s*\([^()]+\)\s*\)*\s*", re.I)
_REFUSED: Final = ".ConditionalCheckFailedException"


@rule("SFN508", "claim-not-reentrant", severity=Severity.WARNING)
def claim_not_reentrant(subject: Subject) -> Iterator[Finding]:
    retried = {
        entry.state.pointer
        for entry in entries(subject, "Retry")
        if entry.body.get("MaxAttempts") != 0 and not all(name.endswith(_REFUSED) for name in entry.names)
    }
    for call in calls(subject):
        payload = call.payload
        if call.service != "dynamodb" or call.action not in ("putItem", "updateItem") or not isinstance(payload, Mapping):
            continue
        condition = payload.get("ConditionExpression")
        if not isinstance(condition, str) or not _ONLY_NEW.fullmatch(condition) or call.state.pointer not in retried:
            continue
        if _gives_up(call.state):
            yield Finding(
                call.state.at(call.field, "ConditionExpression"),
                f"when the answer of `{call.state.name}` is lost, its retry takes the item for somebody else's and gives up",
                "let the condition hold for the item's own writer too: `... OR owner = :me`",
            )


def _gives_up(state: State) -> bool:
    """Whether a condition that does not hold leads elsewhere than success does."""
    return any(
        any(isinstance(name, str) and name.endswith(_REFUSED) for name in catcher.get("ErrorEquals") or ())
        and catcher.get("Next") != state.get("Next")
        for _, catcher in state.rules("Catch")
        if isinstance(catcher.get("ErrorEquals"), list)
    )
