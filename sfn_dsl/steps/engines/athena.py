"""Amazon Athena queries: `athena:startQueryExecution.sync`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sfn_dsl.asl.services import Pattern, sync_output
from sfn_dsl.draft import Call, Draft, Site
from sfn_dsl.expression import MISSING, Template
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.step import TaskStep

__all__ = ["Athena"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Athena:
    """A query, waited for. `parameters` fill its `?`, so that values never become part of the SQL text."""

    query: Template
    workgroup: Template = "primary"
    database: Template = MISSING
    output_location: Template = MISSING
    parameters: list[Template] = field(default_factory=list)
    options: Mapping[str, Template] = field(default_factory=dict)

    def lower(self, step: TaskStep, site: Site) -> tuple[Draft, ...]:
        arguments: dict[str, Template] = {"QueryString": self.query, "WorkGroup": self.workgroup}
        if self.parameters:
            arguments["ExecutionParameters"] = list(self.parameters)
        if self.database is not MISSING:
            arguments["QueryExecutionContext"] = {"Database": self.database}
        if self.output_location is not MISSING:
            arguments["ResultConfiguration"] = {"OutputLocation": self.output_location}
        arguments.update(self.options)
        shape = sync_output("athena", "startQueryExecution", Pattern.SYNC)
        call = Call(action="athena:startQueryExecution", pattern=Pattern.SYNC, arguments=arguments, shape=shape)
        return (finish(step, site, "athena", call),)
