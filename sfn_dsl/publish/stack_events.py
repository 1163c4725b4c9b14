"""What happens in a stack while CloudFormation works on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.live_stack import works
from sfn_dsl.publish.pauses import pauses

__all__ = ["Ended", "StackEvent", "events_since", "follow", "newest_event"]

_STACK: Final = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackEvent:
    """An event. `at`: ISO 8601 in UTC. `resource`: logical id, the stack's name for the stack itself. `reason`: mostly empty."""

    id: str
    at: str
    resource: str
    type: str
    status: str
    reason: str

    @property
    def failed(self) -> bool:
        """Whether it tells of a failure, not of what was given up because of one."""
        return self.status.endswith("_FAILED") and "cancelled" not in self.reason.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an operation on a stack has ended. `cause`: the event of the resource that failed first, None when nothing did."""

    status: str
    cause: StackEvent | None

    @property
    def well(self) -> bool:
        """Whether the stack is now what was asked for."""
        return self.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def newest_event(clients: Clients, region: str, stack: str) -> str:
    """The id of a stack's newest event, empty when it has none."""
    page = clients.call("cloudformation", region, "describe_stack_events", StackName=stack)["StackEvents"]
    return str(page[0]["EventId"]) if page else ""


def events_since(clients: Clients, region: str, stack: str, known: str) -> tuple[StackEvent, ...]:
    """The events of a stack that are newer than a known one, oldest first; all of them where `known` is empty."""
    found: list[StackEvent] = []
    arguments = {"StackName": stack}
    while True:
        # Newest first: no more pages are asked for than there is news.
        page = clients.call("cloudformation", region, "describe_stack_events", **arguments)
        for one in page["StackEvents"]:
            if one["EventId"] == known:
                return tuple(reversed(found))
            found.append(_event(one))
        if not page.get("NextToken"):
            return tuple(reversed(found))
        arguments["NextToken"] = page["NextToken"]


def _event(one: dict[str, Any]) -> StackEvent:
    return StackEvent(
        id=one["EventId"],
        at=f"{one['Timestamp']:%Y-%m-%dT%H:%M:%SZ}",
        resource=one.get("LogicalResourceId", ""),
        type=one.get("ResourceType", ""),
        status=one.get("ResourceStatus", ""),
        reason=one.get("ResourceStatusReason", ""),
    )


def follow(
    clients: Clients, region: str, stack: str, known: str, report: Callable[[StackEvent], None], *, begun: bool = False
) -> Ended:
    """Wait for the end of an operation and report its events as they come, each once.

    `stack`: the id, for names of deleted stacks mean nothing. `known`: the newest event of before. `begun`: the operation is known
    to be under way already; without that, a stack that still stands as before is waited for too.
    """
    last: StackEvent | None = None
    cause: StackEvent | None = None
    for _ in pauses():
        [found] = clients.call("cloudformation", region, "describe_stacks", StackName=stack)["Stacks"]
        for event in events_since(clients, region, stack, known):
            known = event.id
            report(event)
            if event.type == _STACK and event.resource == found["StackName"]:
                last = event
            elif event.failed and cause is None:
                cause = event
        ended = begun if last is None else not last.status.endswith("_IN_PROGRESS")
        if ended and not works(found["StackStatus"]):
            break
    # The status was read before the events, so that no event is missed; the last event is newer.
    return Ended(status=found["StackStatus"] if last is None else last.status, cause=cause)
