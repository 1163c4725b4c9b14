"""Amazon EMR on EC2: a step on a running cluster, `elasticmapreduce:addStep.sync`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sfn_dsl.asl.services import Pattern
from sfn_dsl.draft import Call, Draft, Site
from sfn_dsl.expression import Template
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.step import TaskStep

__all__ = ["Emr"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Emr:
    """A step of a cluster, waited for. `args` usually start with `spark-submit`, for `jar` `command-runner.jar`."""

    cluster_id: Template
    args: list[Template]
    jar: Template = "command-runner.jar"
    action_on_failure: str = "CONTINUE"
    options: Mapping[str, Template] = field(default_factory=dict)

    def lower(self, step: TaskStep, site: Site) -> tuple[Draft, ...]:
        arguments: dict[str, Template] = {
            "ClusterId": self.cluster_id,
            "Step": {
                "Name": step.name,
                "ActionOnFailure": self.action_on_failure,
                "HadoopJarStep": {"Jar": self.jar, "Args": list(self.args)},
            },
            **self.options,
        }
        call = Call(action="elasticmapreduce:addStep", pattern=Pattern.SYNC, arguments=arguments)
        return (finish(step, site, "elasticmapreduce", call),)
