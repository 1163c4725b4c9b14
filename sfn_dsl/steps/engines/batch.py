"""AWS Batch jobs: `batch:submitJob.sync`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sfn_dsl.asl.services import Pattern, sync_output
from sfn_dsl.draft import Call, Draft, Site
from sfn_dsl.expression import Template
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.step import TaskStep

__all__ = ["Batch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A job, waited for. `definition` and `queue` are names or ARNs. `environment` and `command` override the container's.

    The output is the description of the job (`JobId`, `Status`, `Attempts`, ...).
    """

    definition: Template
    queue: Template
    job_name: Template = "job"
    command: list[Template] = field(default_factory=list)
    environment: Mapping[str, Template] = field(default_factory=dict)
    parameters: Mapping[str, Template] = field(default_factory=dict)
    options: Mapping[str, Template] = field(default_factory=dict)

    def lower(self, step: TaskStep, site: Site) -> tuple[Draft, ...]:
        arguments: dict[str, Template] = {
            "JobName": self.job_name,
            "JobDefinition": site.arn("batch", "job-definition/", self.definition),
            "JobQueue": site.arn("batch", "job-queue/", self.queue),
        }
        if self.parameters:
            arguments["Parameters"] = dict(self.parameters)
        overrides: dict[str, Template] = {}
        if self.command:
            overrides["Command"] = list(self.command)
        if self.environment:
            overrides["Environment"] = [{"Name": name, "Value": value} for name, value in self.environment.items()]
        if overrides:
            arguments["ContainerOverrides"] = overrides
        arguments.update(self.options)
        shape = sync_output("batch", "submitJob", Pattern.SYNC)
        call = Call(action="batch:submitJob", pattern=Pattern.SYNC, arguments=arguments, shape=shape)
        return (finish(step, site, "batch", call),)
