"""`ConsistencyCheck`: a Lambda function that looks at the data, and a verdict that decides whether the pipeline goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace

from sfn_dsl.draft import NEXT, Draft, Site, Test, Throw
from sfn_dsl.expression import Template
from sfn_dsl.steps.engines.lambda_function import LambdaFunction
from sfn_dsl.steps.metric import briefly, put_figures
from sfn_dsl.steps.step import TaskStep

__all__ = ["ConsistencyCheck"]


@dataclass(frozen=True, slots=True, eq=False)
class ConsistencyCheck(TaskStep):
    """Goes on only if the function's answer has `status_field` equal to `success`.

    Any other answer, one without the field included, fails with `error` and `cause` (through the pipeline's failure handler).
    `metrics`: figures of the answer, field by metric, that are put as by `Metric`, before the verdict, so that alarms see bad data
    too; the answer must have the fields.
    """

    _: KW_ONLY
    function: Template
    payload: Template
    status_field: str = "consistencyStatus"
    success: str = "SUCCESS"
    error: str = "DataInconsistencyError"
    cause: Template = "Data consistency check failed."
    metrics: Mapping[str, str] = field(default_factory=dict)
    returns: object = None

    def lower(self, site: Site) -> tuple[Draft, ...]:
        engine = LambdaFunction(function=self.function, payload=self.payload, returns=self.returns)
        verdict = Test(
            label="result",
            rules=((self.output[self.status_field] == self.success, NEXT),),
            default=Throw(self.error, self.cause),
        )
        [call] = engine.lower(self, site)
        call = replace(call, sample={self.status_field: self.success}, next="result")
        if not self.metrics:
            return (call, verdict)
        figures = put_figures(site, {metric: self.output[field] for metric, field in self.metrics.items()})
        retry = briefly(self.retriers(site, "cloudwatch"))
        put = replace(figures, label="metrics", retry=retry, timeout=30, produces=False, passed_over=True, next="result")
        return (replace(call, next="metrics"), put, verdict)
