"""Deletes versions that nothing uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.live import PREVIOUS_TAG, PROJECT_TAG, VERSION_TAG
from sfn_dsl.publish.machine import Machine
from sfn_dsl.publish.observing import at_once
from sfn_dsl.publish.pacing import Clock, Pace
from sfn_dsl.publish.reports import Reports
from sfn_dsl.region import Target

__all__ = ["KEEP", "Pruning", "plan_pruning", "prune"]

KEEP: Final = 10
"""How many of the newest versions stay, unless another number is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """The versions of a machine in a Region that are to go, oldest first. `used`: those older than the newest ones that stay
    because an alias, a rollback, an open execution or one that can be redriven uses them; `kept`: how many stay in all."""

    region: str
    name: str
    arn: str
    versions: tuple[int, ...]
    used: tuple[int, ...]
    kept: int


def plan_pruning(
    clients: Clients, machines: Iterable[tuple[Target, str]], *, project: str, keep: int, now: int
) -> tuple[Pruning, ...]:
    """What can go of each (target, name) that exists and is the project's. `keep`: how many of the newest stay in any case; `now`:
    milliseconds since 1970."""

    def look(one: tuple[Target, str]) -> Pruning | None:
        target, name = one
        machine = Machine(clients=clients, region=target.region, arn=target.arn("states", f"stateMachine:{name}"))
        tags = machine.tags() if machine.look() is not None else {}
        if tags.get(PROJECT_TAG) != project:
            return None
        old = [version.number for version in machine.versions()][keep:]
        used: set[int] = set()
        if old:
            # Executions first: what starts after that uses a version that an alias points to.
            used.update(machine.running(), (execution.version for execution in machine.redrivable(now)))
            used.update(version for routing in machine.aliases().values() for version, _ in routing)
            # What a rollback goes to, of all aliases.
            kept = (value for key, value in tags.items() if key.startswith((VERSION_TAG, PREVIOUS_TAG)))
            used.update(int(value) for value in kept if value.isdecimal())
        gone = tuple(sorted(number for number in old if number not in used))
        stay = tuple(sorted(number for number in old if number in used))
        return Pruning(region=target.region, name=name, arn=machine.arn, versions=gone, used=stay, kept=keep + len(stay))

    return tuple(found for found in at_once(look, machines) if found is not None)


def prune(
    clients: Clients, prunings: Iterable[Pruning], report: Callable[[str, str, int], None], clock: Clock | None = None
) -> None:
    """Delete the versions; `report` hears Region, name and number of each, and no more once it raises. AWS itself refuses to delete
    one that an alias uses."""
    pace, reports = Pace(clock=clock or Clock()), Reports(report)
    for pruning in prunings:
        machine = Machine(clients=clients, region=pruning.region, arn=pruning.arn)
        for number in pruning.versions:
            pace.wait(pruning.region, "delete_state_machine_version")
            machine.call("delete_state_machine_version", stateMachineVersionArn=f"{pruning.arn}:{number}")
            reports(pruning.region, pruning.name, number)
