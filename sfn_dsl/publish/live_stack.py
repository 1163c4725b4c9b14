"""A CloudFormation stack as it is: what it holds, and what its status allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sfn_dsl.publish.clients import Clients, Declined
from sfn_dsl.publish.refusal import Refused

__all__ = ["LiveResource", "LiveStack", "is_new", "read_stack", "works"]

_READY: Final = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}
)
_NEVER_MADE: Final = "its first deployment has failed, so that CloudFormation can only delete it"
_DELETE: Final = "aws cloudformation delete-stack --stack-name {name} --region {region}"
_STUCK: Final[Mapping[str, tuple[str, str]]] = {
    "ROLLBACK_COMPLETE": (_NEVER_MADE, _DELETE),
    "CREATE_FAILED": (_NEVER_MADE, _DELETE),
    "ROLLBACK_FAILED": (_NEVER_MADE, _DELETE),
    "DELETE_FAILED": ("somebody began to delete it, and some resource could not be deleted", _DELETE),
    "UPDATE_FAILED": (
        "an update has failed and was not rolled back",
        "aws cloudformation rollback-stack --stack-name {name} --region {region}",
    ),
    "UPDATE_ROLLBACK_FAILED": (
        "an update has failed, and so has its rollback",
        "aws cloudformation continue-update-rollback --stack-name {name} --region {region}",
    ),
    "IMPORT_ROLLBACK_FAILED": (
        "an import has failed, and so has its rollback",
        "mend what `aws cloudformation describe-stack-events --stack-name {name} --region {region}` tells of",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveResource:
    """A resource of a stack. `physical`: its name or ARN in AWS, empty before it has one."""

    type: str
    physical: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveStack:
    """A stack. `id`: its ARN. `resources`: by logical id."""

    id: str
    name: str
    region: str
    status: str
    resources: Mapping[str, LiveResource] = field(repr=False)


def read_stack(clients: Clients, region: str, name: str) -> LiveStack | None:
    """The stack of this name or id with all its resources, None when there is none."""
    try:
        [found] = clients.call("cloudformation", region, "describe_stacks", StackName=name)["Stacks"]
    except Declined as refusal:
        # CloudFormation has no code of its own for this.
        if refusal.code == "ValidationError" and "does not exist" in str(refusal):
            return None
        raise
    return LiveStack(
        id=found["StackId"],
        name=found["StackName"],
        region=region,
        status=found["StackStatus"],
        resources=_resources(clients, region, found["StackId"]),
    )


def _resources(clients: Clients, region: str, id: str) -> dict[str, LiveResource]:
    found = {}
    arguments = {"StackName": id}
    while True:
        page = clients.call("cloudformation", region, "list_stack_resources", **arguments)
        for one in page["StackResourceSummaries"]:
            if one["ResourceStatus"] != "DELETE_COMPLETE":
                physical = one.get("PhysicalResourceId", "")
                found[one["LogicalResourceId"]] = LiveResource(type=one["ResourceType"], physical=physical)
        if not page.get("NextToken"):
            return found
        arguments["NextToken"] = page["NextToken"]


def works(status: str) -> bool:
    """Whether an operation on a stack with this status is under way."""
    return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"


def is_new(stack: LiveStack | None) -> bool:
    """Whether a stack has yet to be created; False when it can be updated.

    A stack in review is a name with change sets that nobody has executed. Raises Refused where the status allows neither, with the
    command that helps.
    """
    if stack is None or stack.status in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
        return True
    if stack.status in _READY:
        return False
    why, command = _STUCK.get(stack.status, ("an operation on it is under way", "wait for its end"))
    command = command.format(name=stack.name, region=stack.region)
    raise Refused(f"the stack {stack.name} in {stack.region} is {stack.status}: {why}", help=f"{command}; then deploy again")
