"""Amazon ECS tasks: `ecs:runTask.sync`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sfn_dsl.asl.services import Pattern, sync_output
from sfn_dsl.draft import Call, Draft, Site
from sfn_dsl.expression import MISSING, Template
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.step import TaskStep

__all__ = ["Ecs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ecs:
    """One task, waited for. `task_definition` and `cluster` are names or ARNs; `subnets` makes it an `awsvpc` task.

    `container` names the container that gets `command` and `environment`. The output is the description of the task.
    """

    task_definition: Template
    cluster: Template
    launch_type: str = "FARGATE"
    container: Template = MISSING
    command: list[Template] = field(default_factory=list)
    environment: Mapping[str, Template] = field(default_factory=dict)
    subnets: list[Template] = field(default_factory=list)
    security_groups: list[Template] = field(default_factory=list)
    options: Mapping[str, Template] = field(default_factory=dict)

    def lower(self, step: TaskStep, site: Site) -> tuple[Draft, ...]:
        arguments: dict[str, Template] = {
            "Cluster": site.arn("ecs", "cluster/", self.cluster),
            "TaskDefinition": site.arn("ecs", "task-definition/", self.task_definition),
            "LaunchType": self.launch_type,
        }
        if self.subnets:
            vpc: dict[str, Template] = {"Subnets": list(self.subnets)}
            if self.security_groups:
                vpc["SecurityGroups"] = list(self.security_groups)
            arguments["NetworkConfiguration"] = {"AwsvpcConfiguration": vpc}
        if self.container is not MISSING:
            override: dict[str, Template] = {"Name": self.container}
            if self.command:
                override["Command"] = list(self.command)
            if self.environment:
                override["Environment"] = [{"Name": name, "Value": value} for name, value in self.environment.items()]
            arguments["Overrides"] = {"ContainerOverrides": [override]}
        arguments.update(self.options)
        shape = sync_output("ecs", "runTask", Pattern.SYNC)
        call = Call(action="ecs:runTask", pattern=Pattern.SYNC, arguments=arguments, shape=shape)
        return (finish(step, site, "ecs", call),)
