"""Moves an alias to a version: at once, or in steps while alarms are watched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from sfn_dsl.errors import EnvironmentFault, SfnError
from sfn_dsl.publish.live import Routing, whole_routing
from sfn_dsl.publish.machine import Machine, routes
from sfn_dsl.publish.pacing import Clock

__all__ = ["Move", "alarms", "percents", "routing_text"]

_LOOK_SECONDS: Final = 10


def routing_text(routing: Routing) -> str:
    """Where an alias points, in words."""
    match routing:
        case ():
            return "nothing"
        case ((version, _),):
            return f"version {version}"
        case _:
            return " and ".join(f"version {version} ({percent} %)" for version, percent in routing)


def percents(strategy: str) -> tuple[int, ...]:
    """What part of the executions gets the new version in each step before the last."""
    match strategy:
        case "linear":
            return tuple(range(10, 100, 10))
        case "canary":
            return (10,)
        case _:
            return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An alias of a machine that is to point to `version`. `before`: where it is expected to point now; `retreat`: the version that
    it goes to when this was wrong, 0 for none. `say` hears of steps."""

    machine: Machine
    alias: str
    version: int
    before: Routing
    retreat: int
    strategy: str
    interval_seconds: int
    clock: Clock
    say: Callable[[str], None]

    def run(self) -> None:
        """Move it. Raises EnvironmentFault where somebody else has moved it meanwhile, and where an alarm rings: then it goes
        back."""
        goal = whole_routing(self.version)
        now = self.machine.routing(self.alias)
        if now == goal:
            return
        if now != self.before:
            raise EnvironmentFault(
                f"somebody has moved the alias {self.alias} of {self._where} meanwhile, to {routing_text(now)}",
                help="publish again to see what that means",
            )
        if not now:
            name, routing = self.alias, routes(self.machine.arn, goal)
            self.machine.call("create_state_machine_alias", name=name, routingConfiguration=routing)
            return
        for percent in percents(self.strategy):
            self._watched(0)
            self.point(tuple(sorted(((self.version, percent), (self.retreat, 100 - percent)))))
            self.say(f"{percent} % to version {self.version}")
            self._watched(self.interval_seconds)
        self.point(goal)

    def back(self, why: SfnError) -> NoReturn:
        """Let it point to what was live before, and raise why. Where that cannot be done, both are told."""
        if not self.retreat:
            stays = f"the alias {self.alias} stays at version {self.version}, because nothing was live before"
            raise EnvironmentFault(f"{why}; {stays}", help=why.help)
        try:
            self.point(whole_routing(self.retreat))
        except SfnError as error:
            raise EnvironmentFault(
                f"{why}; and the alias {self.alias} of {self._where} could not be put back to version {self.retreat}: {error}",
                help=f"look at `sfn-dsl status`, and run `sfn-dsl rollback {self.machine.name}`",
            ) from None
        self.say(f"{self.alias} -> version {self.retreat} again")
        raise why

    def point(self, routing: Routing) -> None:
        """Let it point somewhere."""
        arn, wanted = f"{self.machine.arn}:{self.alias}", routes(self.machine.arn, routing)
        self.machine.call("update_state_machine_alias", stateMachineAliasArn=arn, routingConfiguration=wanted)

    def _watched(self, seconds: int) -> None:
        """Look at the alarms now, and again until some seconds have passed."""
        end = self.clock.now() + seconds
        while True:
            for name, state in alarms(self.machine).items():
                if state == "ALARM":
                    self.back(EnvironmentFault(f"the alarm {name} rings", help="look into it, and publish again"))
            left = end - self.clock.now()
            if left <= 0:
                return
            self.clock.sleep(min(_LOOK_SECONDS, left))

    @property
    def _where(self) -> str:
        return f"{self.machine.name} in {self.machine.region}"


def alarms(machine: Machine) -> dict[str, str]:
    """The states of the alarms that watch a machine, by name: those that begin with its name and have it as a dimension."""
    found = machine.clients.pages(
        "cloudwatch",
        machine.region,
        "describe_alarms",
        "MetricAlarms",
        AlarmNamePrefix=f"{machine.name}-",
        AlarmTypes=["MetricAlarm"],
    )
    # A prefix finds those of `orders-late` for `orders` too.
    subjects = {machine.arn, machine.name}
    return {
        alarm["AlarmName"]: alarm["StateValue"]
        for alarm in found
        if subjects & {dimension["Value"] for dimension in alarm.get("Dimensions", ())}
    }
