"""Points an alias back to a version that was published before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.live import PROJECT_TAG, STACK_TAG, Routing, Version, published_tag
from sfn_dsl.publish.machine import Machine, routes
from sfn_dsl.publish.moving import routing_text
from sfn_dsl.publish.refusal import Refused
from sfn_dsl.region import Target

__all__ = ["Turn", "plan_rollback", "roll_back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An alias of a machine in a Region, from where it points to a version. Nothing is to be done where it points there already."""

    region: str
    name: str
    arn: str
    alias: str
    before: Routing
    to: Version

    @property
    def done(self) -> bool:
        """Whether it points there already."""
        return self.before == ((self.to.number, 100),)


def plan_rollback(
    clients: Clients, targets: Iterable[Target], name: str, *, project: str, alias: str, to: int | None = None
) -> tuple[Turn, ...]:
    """What `rollback` does, in the order of the targets. `to`: a version; None is the one before the present one, in each Region.

    Raises Refused where there is no such version, no alias, or the machine is not the project's.
    """
    return tuple(
        _turn(Machine(clients=clients, region=target.region, arn=target.arn("states", f"stateMachine:{name}")), project, alias, to)
        for target in targets
    )


def _turn(machine: Machine, project: str, alias: str, to: int | None) -> Turn:
    where = f"{machine.name} in {machine.region}"
    if machine.look() is None:
        raise Refused(f"there is no state machine {where}", help="publish it first, or name --region")
    tags = machine.tags()
    if tags.get(PROJECT_TAG) != project or tags.get(STACK_TAG):
        raise Refused(f"{where} was not published by this project", help="roll it back with what deployed it")
    before = machine.routing(alias)
    if not before:
        raise Refused(f"{where} has no alias {alias}", help="publish it first, or name another --alias")
    versions = [version.number for version in machine.versions()]
    if to is None:
        newest = max(version for version, _ in before)
        to = next((number for number in versions if number < newest), None)
        if to is None:
            raise Refused(f"{where} has no version before {newest}", help="publish an older commit instead")
    elif to not in versions:
        raise Refused(f"{where} has no version {to}", help=f"it has {', '.join(map(str, versions[:10])) or 'none'}")
    found = machine.look(to)
    version = found.newest if found is not None and found.newest is not None else Version(number=to)
    return Turn(region=machine.region, name=machine.name, arn=machine.arn, alias=alias, before=before, to=version)


def roll_back(clients: Clients, turns: Iterable[Turn], report: Callable[[Turn], None]) -> None:
    """Point the aliases where the turns say; `report` hears of each that is done. Raises what `Clients.call` raises, and then the
    turns that were not reported are not done."""
    for turn in turns:
        machine = Machine(clients=clients, region=turn.region, arn=turn.arn)
        now = machine.routing(turn.alias)
        if now != turn.before:
            message = f"somebody has moved the alias {turn.alias} of {turn.name} in {turn.region} meanwhile, to {routing_text(now)}"
            raise Refused(message, help="look at `sfn-dsl status`, and roll back again")
        # First the tag: whoever plans must see that the alias is not at the newest version, even if this is broken off.
        key = published_tag(turn.alias)
        if turn.to.digest:
            machine.call("tag_resource", resourceArn=turn.arn, tags=[{"key": key, "value": turn.to.digest}])
        else:
            machine.call("untag_resource", resourceArn=turn.arn, tagKeys=[key])
        if not turn.done:
            machine.call(
                "update_state_machine_alias",
                stateMachineAliasArn=f"{turn.arn}:{turn.alias}",
                routingConfiguration=routes(turn.arn, ((turn.to.number, 100),)),
            )
        report(turn)
