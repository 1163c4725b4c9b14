"""Who owns a state machine: `publish` or the stack of a template. Never both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sfn_dsl.publish.clients import Clients, Declined
from sfn_dsl.publish.live_stack import LiveStack
from sfn_dsl.publish.refusal import Refused
from sfn_dsl.publish.stack_file import MACHINE, StackFile, machines_in

__all__ = ["absent_aliases", "check_owner"]

_ABSENT: Final = frozenset({"StateMachineDoesNotExist", "ResourceNotFound", "ResourceNotFoundException"})
_STACK_TAG: Final = "aws:cloudformation:stack-name"


def check_owner(clients: Clients, file: StackFile, live: LiveStack | None) -> None:
    """Raises Refused where the template has machines that exist outside its stack, or has none while the stack owns some."""
    wanted = machines_in(file)
    held = {id: one.physical for id, one in live.resources.items() if one.type == MACHINE} if live is not None else {}
    if held and not wanted:
        names = ", ".join(sorted(arn.rpartition(":")[2] for arn in held.values()))
        raise Refused(
            f"the stack {file.name} in {file.region} owns {names}, and the template has no machine: deploying would delete it",
            help="say `owner = template` again, or let the stack go of it first (docs/deploying.md, From the template to publish)",
        )
    for id, name in wanted.items():
        tags = None if id in held else _tags(clients, file, name)
        if tags is not None:
            owner = f"the stack {tags[_STACK_TAG]}" if _STACK_TAG in tags else "`publish`, or by somebody else"
            raise Refused(
                f"the state machine {name} in {file.region} exists outside the stack {file.name}: it was made by {owner}",
                help="say `owner = publish`, or import it into the stack first (docs/deploying.md, From publish to the template)",
            )


def _tags(clients: Clients, file: StackFile, machine: str) -> dict[str, str] | None:
    """The tags of a machine, None when there is no such machine."""
    arn = file.target.arn("states", f"stateMachine:{machine}")
    try:
        clients.call("stepfunctions", file.region, "describe_state_machine", stateMachineArn=arn)
        found = clients.call("stepfunctions", file.region, "list_tags_for_resource", resourceArn=arn)["tags"]
    except Declined as refusal:
        if refusal.code in _ABSENT:
            return None
        raise
    return {tag["key"]: tag["value"] for tag in found}


def absent_aliases(clients: Clients, region: str, arns: Iterable[str]) -> frozenset[str]:
    """Those of some aliases that do not exist."""
    absent = set()
    for arn in arns:
        try:
            clients.call("stepfunctions", region, "describe_state_machine_alias", stateMachineAliasArn=arn)
        except Declined as refusal:
            if refusal.code not in _ABSENT:
                raise
            absent.add(arn)
    return frozenset(absent)
