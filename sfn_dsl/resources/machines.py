"""State machines, their versions and aliases (Step Functions)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sfn_dsl.asl.model import Json
from sfn_dsl.region import Target
from sfn_dsl.resources.element import Element
from sfn_dsl.resources.references import Text

__all__ = ["Deployment", "MachineEncryption", "MachineLogging", "StateMachine", "StateMachineAlias", "StateMachineVersion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLogging:
    """What a machine writes to a log group. `destination_arn`: ARN of the group with `:*`; none with level `OFF`."""

    destination_arn: Text | None
    level: Literal["ALL", "ERROR", "FATAL", "OFF"] = "ERROR"
    include_execution_data: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineEncryption:
    """A customer-managed key. `kms_data_key_reuse_period_seconds`: 60 to 900."""

    kms_key_id: Text
    kms_data_key_reuse_period_seconds: int = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMachine(Element):
    """A state machine (`AWS::StepFunctions::StateMachine`).

    `definition`: the ASL as JSON. `substitutions`: what `${Key}` in its texts stands for; a `${Key}` without one stays as it is.
    """

    name: str
    definition: Mapping[str, Json]
    role_arn: Text
    substitutions: Mapping[str, Text] = field(default_factory=dict)
    type: Literal["STANDARD", "EXPRESS"] = "STANDARD"
    logging: MachineLogging | None = None
    tracing_enabled: bool = False
    encryption: MachineEncryption | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def arn(self, target: Target) -> str:
        """Its ARN where the template is deployed, without version or alias."""
        return target.arn("states", f"stateMachine:{self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMachineVersion(Element):
    """A version of a machine of the same template (`AWS::StepFunctions::StateMachineVersion`).

    AWS makes a new one whenever the machine's revision changes, and older ones are kept. `number` is the one that a literal ARN
    says; AWS numbers versions itself, from 1.
    """

    state_machine_name: str
    description: str = ""
    number: int = 1

    def arn(self, target: Target) -> str:
        """Its ARN where the template is deployed."""
        return target.arn("states", f"stateMachine:{self.state_machine_name}:{self.number}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """How an alias goes over to a new version. `interval`: minutes. `percentage`: of the first step, or of every step.

    `alarms`: names of alarms that take it back.
    """

    type: Literal["ALL_AT_ONCE", "CANARY", "LINEAR"] = "ALL_AT_ONCE"
    interval: int | None = None
    percentage: int | None = None
    alarms: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMachineAlias(Element):
    """A name for a version of a machine of the same template (`AWS::StepFunctions::StateMachineAlias`).

    `version_arn`: where it leads. `name`: not only digits.
    """

    name: str
    state_machine_name: str
    version_arn: Text
    deployment: Deployment = field(default_factory=Deployment)
    description: str = ""

    def arn(self, target: Target) -> str:
        """Its ARN where the template is deployed."""
        return target.arn("states", f"stateMachine:{self.state_machine_name}:{self.name}")
