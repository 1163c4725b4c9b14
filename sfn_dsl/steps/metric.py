"""`Metric`: a figure of the batch as a CloudWatch metric, for an alarm to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import Final

from sfn_dsl.asl.model import Retrier
from sfn_dsl.draft import Call, Draft, Site
from sfn_dsl.expression import Template
from sfn_dsl.policy import ALL, Catcher
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.step import TaskStep

__all__ = ["METRICS", "Metric", "briefly", "put_figures"]

METRICS: Final = "SfnDsl"
"""Namespace of the metrics, whose dimension is `Pipeline`."""


def put_figures(site: Site, figures: Mapping[str, Template], unit: str = "None") -> Call:
    """The call that puts figures, by metric, of the pipeline."""
    dimensions = [{"Name": "Pipeline", "Value": site.pipeline}]
    data = [{"MetricName": name, "Dimensions": dimensions, "Value": value, "Unit": unit} for name, value in figures.items()]
    return Call(action="aws-sdk:cloudwatch:putMetricData", arguments={"Namespace": METRICS, "MetricData": data})


def briefly(retriers: tuple[Retrier, ...]) -> tuple[Retrier, ...]:
    """The same retriers within seconds: what tells about a batch must not keep it back."""
    return tuple(
        replace(one, interval_seconds=1, max_attempts=min(one.max_attempts, 3) if isinstance(one.max_attempts, int) else 3)
        for one in retriers
    )


@dataclass(frozen=True, slots=True, eq=False)
class Metric(TaskStep):
    """Puts `value`, a number, as `metric` of the pipeline. `unit`: of CloudWatch, such as `Percent`, `Count`, `Seconds`.

    `Alarms(below={metric: limit})` and `above` ring by it. Figures about a batch must not keep it back: a metric that cannot be put
    is passed over, and the pipeline's retries come within seconds, three times at most. Its time-out is 30 seconds unless given.
    """

    _: KW_ONLY
    metric: str
    value: Template
    unit: str = "None"
    timeout_seconds: Template = 30

    def lower(self, site: Site) -> tuple[Draft, ...]:
        done = finish(self, site, "cloudwatch", put_figures(site, {self.metric: self.value}, self.unit))
        retry = briefly(done.retry) if self.retry is None else done.retry
        return (replace(done, retry=retry, catch=(*done.catch, Catcher(ALL, do=None))),)
