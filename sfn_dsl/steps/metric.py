"""`Metric`: a figure of the batch as a CloudWatch metric, for an alarm to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import Final

from sfn_dsl.draft import Call, Draft, Site
from sfn_dsl.expression import Template
from sfn_dsl.policy import ALL, Catcher
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.step import TaskStep

__all__ = ["METRICS", "Metric", "put_figures"]

METRICS: Final = "SfnDsl"
"""Namespace of the metrics, whose dimension is `Pipeline`."""


def put_figures(site: Site, figures: Mapping[str, Template], unit: str = "None") -> Call:
    """The call that puts figures, by metric, of the pipeline."""
    dimensions = [{"Name": "Pipeline", "Value": site.pipeline}]
    data = [{"MetricName": name, "Dimensions": dimensions, "Value": value, "Unit": unit} for name, value in figures.items()]
    return Call(action="aws-sdk:cloudwatch:putMetricData", arguments={"Namespace": METRICS, "MetricData": data})


@dataclass(frozen=True, slots=True, eq=False)
class Metric(TaskStep):
    """Puts `value`, a number, as `metric` of the pipeline. `unit`: of CloudWatch, such as `Percent`, `Count`, `Seconds`.

    `Alarms(below={metric: limit})` and `above` ring by it. A metric that cannot be put is passed over: figures about a batch must
    not keep it back. Its time-out is 30 seconds unless given.
    """

    _: KW_ONLY
    metric: str
    value: Template
    unit: str = "None"
    timeout_seconds: Template = 30

    def lower(self, site: Site) -> tuple[Draft, ...]:
        done = finish(self, site, "cloudwatch", put_figures(site, {self.metric: self.value}, self.unit))
        return (replace(done, catch=(*done.catch, Catcher(ALL, do=None))),)
