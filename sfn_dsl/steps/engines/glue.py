"""AWS Glue jobs: `glue:startJobRun.sync`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sfn_dsl.asl.services import Pattern, sync_output
from sfn_dsl.draft import Call, Draft, Site
from sfn_dsl.expression import Template
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.step import TaskStep

__all__ = ["Glue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Glue:
    """A job run, waited for. Its output is the JobRun; `output.JobRunId` is the JobRun's `Id`.

    `options` are further fields of StartJobRun: `WorkerType`, `NumberOfWorkers`, `Timeout` (minutes), `ExecutionClass`, ...
    """

    job: Template
    arguments: Mapping[str, Template] = field(default_factory=dict)
    options: Mapping[str, Template] = field(default_factory=dict)

    def lower(self, step: TaskStep, site: Site) -> tuple[Draft, ...]:
        arguments: dict[str, Template] = {"JobName": self.job}
        if self.arguments:
            arguments["Arguments"] = dict(self.arguments)
        arguments.update(self.options)
        call = Call(
            action="glue:startJobRun",
            pattern=Pattern.SYNC,
            arguments=arguments,
            shape=sync_output("glue", "startJobRun", Pattern.SYNC),
            renamed={"JobRunId": "Id"},
        )
        return (finish(step, site, "glue", call),)
