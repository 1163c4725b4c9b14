"""`StartBatch`: start a pipeline for a batch, once however often it is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Final

from sfn_dsl.asl.shapes import ANY
from sfn_dsl.control.access import Access
from sfn_dsl.control.rows import PARKED, READY, RUNNING, SUCCEEDED, run_key
from sfn_dsl.control.sweep import alias_arn
from sfn_dsl.draft import NEXT, Draft, Fixed, Pause, Site, Test, Throw
from sfn_dsl.expression import Reference, StepRoot, Template
from sfn_dsl.functions import execution_name, format
from sfn_dsl.steps.step import Step

__all__ = ["StartBatch"]

_EXISTS: Final = "StepFunctions.ExecutionAlreadyExistsException"
_PATIENT_SECONDS: Final = 86_400
_LOOK_SECONDS: Final = 60
_OPEN: Final = (READY, RUNNING, PARKED, "PENDING_REDRIVE")
"""Statuses of rows and executions that something is still to become of."""
_NOW: Final = "$toMillis($states.context.State.EnteredTime)"
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
    started. `wait`: until the batch has ended, and fail when it has failed.

    `rows`: the pipeline has control rows. What it is started for may have been done by another execution, or be so still; then the
    execution that was started says nothing about the batch, and its row does.
    """

    _: KW_ONLY
    pipeline: str
    batch: Template
    input: Template
    wait: bool = False
    rows: bool = False

    @property
    def timeout_seconds(self) -> int:
        """How long the batch of whoever calls must be held for it: while one call may take, or until it is given up."""
        return _PATIENT_SECONDS if self.wait else 60

    def lower(self, site: Site) -> tuple[Draft, ...]:
        name = execution_name(format(f"{self.pipeline}-{{}}-a1", self.batch))
        start: dict[str, Template] = {
            "Type": "Task",
            "Resource": site.target.integration(f"states:startExecution{'.sync:2' if self.wait else ''}"),
            "Arguments": {"StateMachineArn": alias_arn(site, self.pipeline), "Name": name, "Input": self.input},
            "TimeoutSeconds": self.timeout_seconds,
            "Retry": [{"ErrorEquals": [_EXISTS, *(["States.TaskFailed"] if self.wait else [])], "MaxAttempts": 0}, _PATIENCE],
            "Output": {},
        }
        there = f"{self.name} / has been"
        started: dict[str, Template] = {"ErrorEquals": [_EXISTS], "Output": {}, "Next": there}
        start |= {"Catch": [started], "End": True}
        states: dict[str, Mapping[str, Template]] = {self.name: start, there: {"Type": "Pass", "Output": {}, "End": True}}
        if not self.wait:
            return (Fixed(start_at=self.name, states=states, query_language="JSONata"),)
        variable = re.sub(r"\W", "_", self.pipeline)
        status, waits, until = (f"{variable}_{word}" for word in ("status", "waits", "until"))
        start["Assign"] = started["Assign"] = {until: f"{{% {_NOW} + {1000 * self.timeout_seconds} %}}"}
        look, found = self._row(site) if self.rows else self._execution(site, name)
        look["Assign"] = {
            status: f"{{% {found} %}}",
            waits: f"{{% {found} in {list(_OPEN)} and {_NOW} < ${until} %}}",
        }
        seen, open = (Reference(StepRoot(self), (name,)) for name in (status, waits))
        what = "batch" if self.rows else "execution"
        failed = Throw("BatchFailed", format(f"the {what} of {self.pipeline} that had been started before is {{}}", seen))
        writes = dict.fromkeys((status, waits, until), ANY)
        return (
            Fixed(start_at=self.name, states=states, query_language="JSONata", writes=writes, next="look"),
            Fixed(label="look", start_at="look", states={"look": look}, query_language="JSONata", next="outcome"),
            Test(label="outcome", rules=((seen == SUCCEEDED, NEXT), (open == True, "wait")), default=failed),  # noqa: E712
            Pause(label="wait", seconds=_LOOK_SECONDS, next="look"),
        )

    def _row(self, site: Site) -> tuple[dict[str, Template], str]:
        """A Task that reads the batch's row, and the status in it; a batch without a row has not been begun."""
        access = Access(site.target)
        status = f"{access.result}.Item.status.S"
        arguments: dict[str, Template] = {"ConsistentRead": True, "Key": run_key(self.pipeline, self.batch)}
        return access.task("getItem", arguments, Output={}, End=True), f"($exists({status}) ? {status} : '{READY}')"

    def _execution(self, site: Site, name: Template) -> tuple[dict[str, Template], str]:
        """A Task that looks at the execution with the batch's name, and the status of that."""
        executions = site.target.arn("states", f"execution:{self.pipeline}:")
        task: dict[str, Template] = {
            "Type": "Task",
            "Resource": site.target.integration("aws-sdk:sfn:describeExecution"),
            "Arguments": {"ExecutionArn": format(f"{executions}{{}}", name)},
            "TimeoutSeconds": 30,
            "Retry": [_PATIENCE],
            "Output": {},
            "End": True,
        }
        return task, "$states.result.Status"
