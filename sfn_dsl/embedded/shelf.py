"""What an account has in a Region: its state machines, as they are and as they were before their last change, and executions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sfn_dsl.asl.model import Json
from sfn_dsl.embedded.api_error import ApiError
from sfn_dsl.embedded.machine_arn import MachineArn, plain_arn, read_arn
from sfn_dsl.embedded.machines import Alias, Machine, Revision, Version
from sfn_dsl.embedded.started import Started
from sfn_dsl.region import partition_of
from sfn_dsl.simulate.running.thread import Run

__all__ = ["Moment", "Settings", "Shelf"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the service behaves. `deleting_seconds`: how long a deleted machine is DELETING. `real_time`: executions take their time
    and wait for task tokens; otherwise they end at once."""

    deleting_seconds: float = 0.0
    real_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a call is made and the one new identity that it may give; both are in the journal. `time`: seconds since 1970."""

    time: float
    identity: str


@dataclass(slots=True, kw_only=True, eq=False)
class Shelf:
    """One account in one Region. `machines` and `earlier` by plain ARN (None: there was none); `runs` and `started` by ARN.
    `samples`: what tasks answer, by plain ARN and state, of all Regions."""

    account: str
    region: str
    settings: Settings
    machines: dict[str, Machine] = field(default_factory=dict)
    earlier: dict[str, Machine | None] = field(default_factory=dict)
    started: dict[str, Started] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    samples: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)

    def arn(self, kind: str, name: str) -> str:
        """The ARN of something of this account and Region."""
        return f"arn:{partition_of(self.region)}:states:{self.region}:{self.account}:{kind}:{name}"

    def read(self, text: str) -> MachineArn:
        """The parts of an ARN that belongs here. Raises ApiError."""
        return read_arn(text, region=self.region, account=self.account)

    def plain(self, text: str) -> str:
        """The ARN of a machine itself that belongs here. Raises ApiError."""
        return plain_arn(text, region=self.region, account=self.account)

    def put(self, machine: Machine) -> None:
        """Set a machine."""
        self.earlier[machine.arn] = self.machines.get(machine.arn)
        self.machines[machine.arn] = machine

    def stale(self) -> Shelf:
        """The same Region with every machine as it was before its last change."""
        machines = {arn: self.earlier.get(arn, machine) for arn, machine in self.machines.items()}
        return replace(self, machines={arn: machine for arn, machine in machines.items() if machine is not None})

    def machine(self, arn: str) -> Machine:
        """A machine that is there. Raises ApiError."""
        if arn not in self.machines:
            raise ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        return self.machines[arn]

    def changeable(self, arn: str) -> Machine:
        """A machine that is not being deleted. Raises ApiError."""
        machine = self.machine(arn)
        if machine.deleted is not None:
            raise ApiError("StateMachineDeleting", f"State Machine is being deleted: '{arn}'")
        return machine

    def routed(self, arn: MachineArn, draw: float) -> tuple[Machine, Revision, Version | None, Alias | None]:
        """What an ARN leads to. `draw`: from 0 to 1, which of an alias's versions. Raises ApiError."""
        machine = self.machine(arn.plain)
        number, alias = arn.version, None
        if arn.alias:
            alias = machine.aliases.get(arn.alias)
            if alias is None:
                raise ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn.text}'")
            (number, weight), *others = alias.routes
            if others and draw * 100 >= weight:
                number = others[0][0]
        if not number:
            return machine, machine.revision, None, None
        if number not in machine.versions:
            raise ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn.text}'")
        version = machine.versions[number]
        return machine, version.revision, version, alias

    def settle(self, time: float) -> None:
        """Let machines go whose deletion has lasted long enough and that no execution needs. `time`: seconds since 1970."""
        for arn, machine in list(self.machines.items()):
            if machine.deleted is None or time < machine.deleted + self.settings.deleting_seconds:
                continue
            if not any(one.machine == arn and one.run.status == "RUNNING" for one in self.started.values()):
                del self.machines[arn]
                self.earlier.pop(arn, None)
