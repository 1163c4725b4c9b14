"""Moves an alias to a version: at once, or in steps while alarms are watched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.live import Routing
from sfn_dsl.publish.machine import Machine, routes
from sfn_dsl.publish.pacing import Clock

__all__ = ["Move", "routing_text"]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An alias of a machine that is to point to `version`. `before`: where it is expected to point now. `say` hears of steps."""

    machine: Machine
    alias: str
    version: int
    before: Routing
    strategy: str
    interval_seconds: int
    clock: Clock
    say: Callable[[str], None]

    def run(self) -> None:
        """Move it. Raises EnvironmentFault where somebody else has moved it meanwhile, and where an alarm rings: then it points
        where it did before."""
        goal: Routing = ((self.version, 100),)
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
        old = next(version for version, _ in sorted(now, key=lambda route: -route[1]) if version != self.version)
        for percent in self._percents():
            self._watched(0)
            self.point(tuple(sorted(((self.version, percent), (old, 100 - percent)))))
            self.say(f"{percent} % to version {self.version}")
            self._watched(self.interval_seconds)
        self.point(goal)

    def back(self) -> None:
        """Let it point where it did before; nothing where there was no alias."""
        if self.before:
            self.point(self.before)

    def point(self, routing: Routing) -> None:
        """Let it point somewhere."""
        arn, wanted = f"{self.machine.arn}:{self.alias}", routes(self.machine.arn, routing)
        self.machine.call("update_state_machine_alias", stateMachineAliasArn=arn, routingConfiguration=wanted)

    def _percents(self) -> tuple[int, ...]:
        match self.strategy:
            case "linear":
                return tuple(range(10, 100, 10))
            case "canary":
                return (10,)
            case _:
                return ()

    def _watched(self, seconds: int) -> None:
        """Look at the alarms now, and again until some seconds have passed."""
        end = self.clock.now() + seconds
        while True:
            rings = ringing(self.machine.clients, self.machine)
            if rings:
                self._stop(rings)
            left = end - self.clock.now()
            if left <= 0:
                return
            self.clock.sleep(min(_LOOK_SECONDS, left))

    def _stop(self, rings: list[str]) -> NoReturn:
        self.back()
        raise EnvironmentFault(
            f"the alarm {rings[0]} rings, so the alias {self.alias} of {self._where} points to {routing_text(self.before)} again",
            help="look into it, and publish again",
        )

    @property
    def _where(self) -> str:
        return f"{self.machine.name} in {self.machine.region}"


def ringing(clients: Clients, machine: Machine) -> list[str]:
    """The names of the alarms of a machine that ring."""
    found = clients.pages(
        "cloudwatch",
        machine.region,
        "describe_alarms",
        "MetricAlarms",
        AlarmNamePrefix=f"{machine.name}-",
        AlarmTypes=["MetricAlarm"],
        StateValue="ALARM",
    )
    # A prefix finds those of `orders-late` for `orders` too.
    subjects = {machine.arn, machine.name}
    return [alarm["AlarmName"] for alarm in found if subjects & {dimension["Value"] for dimension in alarm["Dimensions"]}]
