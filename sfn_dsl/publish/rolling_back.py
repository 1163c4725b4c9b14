"""Points an alias back to a version that was published before, Region by Region."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sfn_dsl.errors import SfnError
from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.live import PREVIOUS_TAG, PUBLISHED_TAG, VERSION_TAG, of_alias, whole_routing
from sfn_dsl.publish.machine import Machine, routes
from sfn_dsl.publish.moving import routing_text
from sfn_dsl.publish.refusal import Refused
from sfn_dsl.publish.reports import Reports
from sfn_dsl.publish.turns import Turn

__all__ = ["Turned", "roll_back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """What came of a rollback. `error`: why it stopped, None where it did not; `interrupted`: by Ctrl-C. Then the turn after those
    that are `done` may be carried out or not, and the others are not begun."""

    done: tuple[Turn, ...]
    error: SfnError | None = None
    interrupted: bool = False


def roll_back(clients: Clients, turns: Iterable[Turn], report: Callable[[Turn], None] = lambda turn: None) -> Turned:
    """Point the aliases where the turns say, and stop at the first that cannot be; `report` hears of each that is done, and no more
    once it raises. The same turns planned again finish the work."""
    done, reports = list[Turn](), Reports(report)
    try:
        for turn in turns:
            if not turn.done:
                _turn(Machine(clients=clients, region=turn.region, arn=turn.arn), turn)
            done.append(turn)
            reports(turn)
    except SfnError as error:
        return Turned(done=tuple(done), error=error)
    except KeyboardInterrupt:
        return Turned(done=tuple(done), interrupted=True)
    return Turned(done=tuple(done))


def _turn(machine: Machine, turn: Turn) -> None:
    now = machine.routing(turn.alias)
    if now != turn.before:
        message = f"somebody has moved the alias {turn.alias} of {turn.name} in {turn.region} meanwhile, to {routing_text(now)}"
        raise Refused(message, help="look at `sfn-dsl status`, and roll back again")
    # First the tags: whoever plans must see that the alias is not at the newest version, even if this is broken off.
    number = str(turn.to.number)
    tags = {VERSION_TAG: number, PREVIOUS_TAG: number, **({PUBLISHED_TAG: turn.to.digest} if turn.to.digest else {})}
    written = [{"key": of_alias(key, turn.alias), "value": value} for key, value in tags.items()]
    machine.call("tag_resource", resourceArn=turn.arn, tags=written)
    if not turn.to.digest:
        machine.call("untag_resource", resourceArn=turn.arn, tagKeys=[of_alias(PUBLISHED_TAG, turn.alias)])
    goal = whole_routing(turn.to.number)
    if now != goal:
        routing = routes(turn.arn, goal)
        machine.call("update_state_machine_alias", stateMachineAliasArn=f"{turn.arn}:{turn.alias}", routingConfiguration=routing)
