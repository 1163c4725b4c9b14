"""Snowflake, which Step Functions cannot call itself: by a Lambda function or a Glue job that runs the statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sfn_dsl.draft import Draft, Site
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import MISSING, Template
from sfn_dsl.steps.engines.glue import Glue
from sfn_dsl.steps.engines.lambda_function import LambdaFunction
from sfn_dsl.steps.step import TaskStep

__all__ = ["Snowflake"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snowflake:
    """A statement for a runner: exactly one of `function` (gets `{"sql", "binds", ...}`) and `job` (gets `--sql`, ...).

    `binds` fill the statement's `?`; `options` go to the runner as they are (warehouse, role, database). Credentials are the
    runner's business and never stand in a definition.
    """

    sql: Template
    function: Template = MISSING
    job: Template = MISSING
    binds: list[Template] = field(default_factory=list)
    options: Mapping[str, Template] = field(default_factory=dict)
    returns: object = None

    def lower(self, step: TaskStep, site: Site) -> tuple[Draft, ...]:
        if (self.function is MISSING) == (self.job is MISSING):
            raise DeclarationError(f"`{step.name}` needs either `function` or `job` to reach Snowflake", span=step.span)
        if self.job is not MISSING:
            if self.binds:
                raise DeclarationError(
                    f"`{step.name}` cannot pass binds to a Glue job", help="pass them as options, or use `function`", span=step.span
                )
            arguments = {"--sql": self.sql, **{f"--{name}": value for name, value in self.options.items()}}
            return Glue(job=self.job, arguments=arguments).lower(step, site)
        payload: dict[str, Template] = {"sql": self.sql, "binds": list(self.binds), **self.options}
        return LambdaFunction(function=self.function, payload=payload, returns=self.returns).lower(step, site)
