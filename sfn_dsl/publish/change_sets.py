"""Change sets: what CloudFormation would do to a stack, and having it done."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_dsl.publish.clients import Clients, Declined
from sfn_dsl.publish.pauses import pauses
from sfn_dsl.publish.refusal import Refused

__all__ = ["ChangeSet", "StackChange", "delete_change_set", "execute_change_set", "make_change_set"]

_LOSSES: Final[Mapping[str, str]] = {
    "AWS::DynamoDB::GlobalTable": "the state of every batch",
    "AWS::DynamoDB::Table": "the state of every batch",
    "AWS::Events::Archive": "the events in it",
    "AWS::Events::EventBus": "the rules and permissions that others have on it",
    "AWS::Logs::LogGroup": "the logs in it",
    "AWS::S3::Bucket": "the objects in it",
    "AWS::SNS::Topic": "its subscriptions",
    "AWS::SQS::Queue": "the messages in it",
    "AWS::StepFunctions::StateMachine": "its running executions and their histories",
}
_TABLES: Final = frozenset({"AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table"})
_EMPTY: Final = ("didn't contain changes", "No updates are to be performed")
_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class StackChange:
    """What happens to one resource.

    `action`: Add, Modify, Remove, Import or Dynamic. `replacement`: `never`, `maybe` or `always`. `kept`: what leaves the stack
    stays in AWS. `reasons`: the properties that change, as `Name` or `Name (replaces)`, or what makes it change.
    """

    action: str
    id: str
    type: str
    physical: str = ""
    replacement: str = "never"
    kept: bool = False
    reasons: tuple[str, ...] = ()

    @property
    def loss(self) -> str:
        """What is lost with the resource as it is now; empty where nothing is."""
        goes = self.action == "Remove" or self.replacement != "never"
        return "" if self.kept or not goes else _LOSSES.get(self.type, "")

    @property
    def takes_table(self) -> bool:
        """Whether a table certainly leaves the stack, be it kept in AWS or not."""
        return self.type in _TABLES and (self.action == "Remove" or self.replacement == "always")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """A change set that can be executed. `id` and `stack_id` are ARNs."""

    id: str
    stack_id: str
    region: str
    changes: tuple[StackChange, ...]


def make_change_set(clients: Clients, region: str, request: Mapping[str, Any]) -> ChangeSet | None:
    """Have a change set made and wait for it; None when it is empty, which leaves none behind.

    `request`: CreateChangeSet's. Raises Refused where CloudFormation cannot make one, with its reason.
    """
    made = _created(clients, region, request)
    ready: dict[str, Any] = {}
    for _ in pauses():
        ready = clients.call(
            "cloudformation", region, "describe_change_set", ChangeSetName=made["Id"], StackName=request["StackName"]
        )
        if ready["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            break
    if ready["Status"] != "CREATE_COMPLETE":
        delete_change_set(clients, ChangeSet(id=made["Id"], stack_id=made["StackId"], region=region, changes=()))
        reason = ready.get("StatusReason", ready["Status"])
        if any(words in reason for words in _EMPTY):
            return None
        raise Refused(f"CloudFormation cannot change the stack {request['StackName']} in {region}: {reason}")
    changes = _changes(clients, region, ready)
    return ChangeSet(id=made["Id"], stack_id=made["StackId"], region=region, changes=changes)


def _created(clients: Clients, region: str, request: Mapping[str, Any]) -> dict[str, Any]:
    attempt = 1
    for _ in pauses():
        try:
            return clients.call("cloudformation", region, "create_change_set", **request)
        except Declined as refusal:
            # Left over by a run that was cut off, or made by a call whose answer was lost.
            if refusal.code != "AlreadyExistsException" or attempt == _ATTEMPTS:
                raise
        attempt += 1
        name = {"ChangeSetName": request["ChangeSetName"], "StackName": request["StackName"]}
        clients.call("cloudformation", region, "delete_change_set", **name)
    raise AssertionError("pauses never end")


def _changes(clients: Clients, region: str, page: dict[str, Any]) -> tuple[StackChange, ...]:
    found = []
    while True:
        found += [_change(one["ResourceChange"]) for one in page.get("Changes", ()) if "ResourceChange" in one]
        if not page.get("NextToken"):
            return tuple(found)
        page = clients.call(
            "cloudformation",
            region,
            "describe_change_set",
            ChangeSetName=page["ChangeSetId"],
            StackName=page["StackName"],
            NextToken=page["NextToken"],
        )


def _change(one: Mapping[str, Any]) -> StackChange:
    policy = one.get("PolicyAction", "")
    return StackChange(
        action=one["Action"],
        id=one["LogicalResourceId"],
        type=one["ResourceType"],
        physical=one.get("PhysicalResourceId", ""),
        replacement={"True": "always", "Conditional": "maybe"}.get(one.get("Replacement", ""), "never"),
        kept=policy in ("Retain", "ReplaceAndRetain"),
        reasons=tuple(dict.fromkeys(_reason(detail) for detail in one.get("Details", ()))),
    )


def _reason(detail: Mapping[str, Any]) -> str:
    """What changes, without its values: they may be nobody's business."""
    target = detail.get("Target", {})
    name = str(target.get("Name") or target.get("Attribute", ""))
    cause = detail.get("CausingEntity", "")
    words = f"{name} by {cause}" if cause else name
    match target.get("RequiresRecreation"):
        case "Always":
            return f"{words} (replaces)"
        case "Conditionally":
            return f"{words} (may replace)"
        case _:
            return words


def execute_change_set(clients: Clients, change_set: ChangeSet, *, creates: bool) -> None:
    """Have a change set done; this does not wait. A stack that cannot be created leaves nothing behind."""
    more = {"RetainExceptOnCreate": True} if creates else {}
    try:
        clients.call(
            "cloudformation",
            change_set.region,
            "execute_change_set",
            ChangeSetName=change_set.id,
            StackName=change_set.stack_id,
            ClientRequestToken=f"sfn-dsl-{uuid.uuid4()}",
            **more,
        )
    except Declined as refusal:
        if refusal.code in ("ChangeSetNotFound", "ChangeSetNotFoundException", "InvalidChangeSetStatus"):
            message = f"the stack {change_set.stack_id.split('/')[1]} in {change_set.region} was changed meanwhile by somebody else"
            raise Refused(message, help="deploy again to see what is left to do") from None
        raise


def delete_change_set(clients: Clients, change_set: ChangeSet) -> None:
    """Delete a change set that was not executed."""
    names = {"ChangeSetName": change_set.id, "StackName": change_set.stack_id}
    clients.call("cloudformation", change_set.region, "delete_change_set", **names)
