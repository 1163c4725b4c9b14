"""`StartBatch`: start a pipeline for a batch, once however often it is asked."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Final

from sfn_dsl.control.sweep import alias_arn
from sfn_dsl.draft import Draft, Fixed, Site
from sfn_dsl.expression import Template
from sfn_dsl.functions import execution_name, format
from sfn_dsl.steps.step import Step

__all__ = ["StartBatch"]

_EXISTS: Final = "StepFunctions.ExecutionAlreadyExistsException"
_PATIENCE: Final = {
    "ErrorEquals": ["States.ALL"],
    "IntervalSeconds": 2,
    "MaxAttempts": 6,
    "BackoffRate": 2,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}


@dataclass(frozen=True, slots=True, eq=False)
class StartBatch(Step):
    """Starts a pipeline's live alias under a name made of the batch; an execution of that name is the same batch and counts as
    started. `wait`: until it has ended, and fail when it fails."""

    _: KW_ONLY
    pipeline: str
    batch: Template
    input: Template
    wait: bool = False

    @property
    def timeout_seconds(self) -> int:
        """How long one call may take, which is how long the batch of whoever calls must be held for it."""
        return 86_400 if self.wait else 60

    def lower(self, site: Site) -> tuple[Draft, ...]:
        there = f"{self.name} / has been"
        never = [_EXISTS, "States.TaskFailed"] if self.wait else [_EXISTS]
        start: dict[str, Template] = {
            "Type": "Task",
            "Resource": site.target.integration(f"states:startExecution{'.sync:2' if self.wait else ''}"),
            "Arguments": {
                "StateMachineArn": alias_arn(site, self.pipeline),
                "Name": execution_name(format(f"{self.pipeline}-{{}}-a1", self.batch)),
                "Input": self.input,
            },
            "TimeoutSeconds": self.timeout_seconds,
            "Retry": [{"ErrorEquals": never, "MaxAttempts": 0}, _PATIENCE],
            "Catch": [{"ErrorEquals": [_EXISTS], "Output": {}, "Next": there}],
            "Output": {},
            "End": True,
        }
        states = {self.name: start, there: {"Type": "Pass", "Output": {}, "End": True}}
        return (Fixed(start_at=self.name, states=states, query_language="JSONata"),)
