"""What runs where: alias, versions, executions of each machine in each Region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.live import Routing, Version
from sfn_dsl.publish.machine import Execution, Machine
from sfn_dsl.publish.observing import at_once
from sfn_dsl.region import Target

__all__ = ["Status", "statuses"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A machine in a Region. `there`: whether it exists. `live`: the versions that the alias points to; `versions`: how many there
    are; `running`: open executions by version, 0 for those without one; `last`: the execution that was started last, None for
    Express."""

    region: str
    name: str
    active: bool
    there: bool = True
    routing: Routing = ()
    live: tuple[Version, ...] = ()
    versions: int = 0
    newest: int = 0
    running: Mapping[int, int] = field(default_factory=dict)
    last: Execution | None = None


def statuses(clients: Clients, machines: Iterable[tuple[Target, str]], *, alias: str) -> tuple[Status, ...]:
    """The status of each (target, name), in order."""

    def ask(one: tuple[Target, str]) -> Status:
        target, name = one
        machine = Machine(clients=clients, region=target.region, arn=target.arn("states", f"stateMachine:{name}"))
        if machine.look() is None:
            return Status(region=target.region, name=name, active=target.is_active, there=False)
        versions, routing = machine.versions(), machine.routing(alias)
        looks = [machine.look(version) for version, _ in routing]
        return Status(
            region=target.region,
            name=name,
            active=target.is_active,
            routing=routing,
            live=tuple(look.newest for look in looks if look is not None and look.newest is not None),
            versions=len(versions),
            newest=versions[0].number if versions else 0,
            running=machine.running(),
            last=machine.last(),
        )

    return tuple(at_once(ask, machines))
