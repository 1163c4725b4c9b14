"""`StartPipeline`: start another pipeline of the same account and Region, and wait for it or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Protocol

from sfn_dsl.asl.services import Pattern
from sfn_dsl.asl.shapes import ANY, Shape, structure
from sfn_dsl.draft import Call, Draft, Site
from sfn_dsl.expression import CONTEXT, MISSING, Template
from sfn_dsl.region import LIVE
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.step import TaskStep

__all__ = ["StartPipeline"]

_STARTED = structure("ExecutionArn StartDate")
_FINISHED = structure("ExecutionArn StateMachineArn Name Status StartDate StopDate Input Output", Output=ANY)


class Startable(Protocol):
    """A pipeline, which is declared further down than steps are."""

    @property
    def name(self) -> str:
        """The name of its state machine."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class StartPipeline(TaskStep):
    """Starts a pipeline, given as object or by name: what its alias `live` points to, as everything does. An ARN is taken as it is.

    `wait=True` waits and fails when the other one fails (`.sync:2`); the output is then its execution with `Output` parsed.
    `wait=False` only starts it: `ExecutionArn`, `StartDate`. `execution_name`: unique for 90 days, at most 80 characters.
    Source: Developer Guide `connect-stepfunctions`.
    """

    _: KW_ONLY
    pipeline: str | Startable
    input: Mapping[str, Template] = field(default_factory=dict)
    wait: bool = True
    execution_name: Template = MISSING

    @property
    def pipeline_name(self) -> str:
        """Name of the pipeline that is started."""
        return self.pipeline if isinstance(self.pipeline, str) else self.pipeline.name

    def lower(self, site: Site) -> tuple[Draft, ...]:
        name = self.pipeline_name
        machine = site.arn("states", "stateMachine:", name if name.startswith("arn:") else f"{name}:{LIVE}")
        arguments: dict[str, Template] = {"StateMachineArn": machine}
        if self.execution_name is not MISSING:
            arguments["Name"] = self.execution_name
        arguments["Input"] = {**self.input, "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": CONTEXT.Execution.Id}
        shape: Shape = _FINISHED if self.wait else _STARTED
        pattern = Pattern.SYNC_2 if self.wait else Pattern.REQUEST_RESPONSE
        call = Call(action="states:startExecution", pattern=pattern, arguments=arguments, shape=shape)
        return (finish(self, site, "states", call),)
