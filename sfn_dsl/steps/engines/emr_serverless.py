"""Amazon EMR Serverless jobs: `emr-serverless:startJobRun.sync`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sfn_dsl.asl.services import Pattern
from sfn_dsl.draft import Call, Draft, Site
from sfn_dsl.expression import MISSING, Template
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.step import TaskStep

__all__ = ["EmrServerless"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmrServerless:
    """A Spark job, waited for. `client_token` makes a repeated call start no second job."""

    application_id: Template
    execution_role: Template
    entry_point: Template
    arguments: list[Template] = field(default_factory=list)
    spark_parameters: Template = MISSING
    client_token: Template = MISSING
    options: Mapping[str, Template] = field(default_factory=dict)

    def lower(self, step: TaskStep, site: Site) -> tuple[Draft, ...]:
        spark: dict[str, Template] = {"EntryPoint": self.entry_point}
        if self.arguments:
            spark["EntryPointArguments"] = list(self.arguments)
        if self.spark_parameters is not MISSING:
            spark["SparkSubmitParameters"] = self.spark_parameters
        token = {"ClientToken": self.client_token} if self.client_token is not MISSING else {}
        arguments: dict[str, Template] = {
            "ApplicationId": self.application_id,
            **token,
            "ExecutionRoleArn": self.execution_role,
            "JobDriver": {"SparkSubmit": spark},
            **self.options,
        }
        call = Call(action="emr-serverless:startJobRun", pattern=Pattern.SYNC, arguments=arguments)
        return (finish(step, site, "emr-serverless", call),)
