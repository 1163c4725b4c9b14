"""Alarms and dashboards (CloudWatch)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sfn_dsl.region import Target
from sfn_dsl.resources.element import Element
from sfn_dsl.resources.references import Text, Value

__all__ = ["Alarm", "Comparison", "CompositeAlarm", "Dashboard"]

Comparison = Literal["GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(Element):
    """An alarm on one metric (`AWS::CloudWatch::Alarm`).

    Either `statistic` or `extended_statistic` (such as `p95`) is set. `dimensions`: value by name. `period`: seconds; it is
    compared `evaluation_periods` times, of which `datapoints_to_alarm` (all by default) must be over the line. `alarm_actions`,
    `ok_actions`: ARNs of topics and the like.
    """

    name: str
    namespace: str
    metric_name: str
    dimensions: Mapping[str, Text] = field(default_factory=dict)
    statistic: Literal["Average", "Maximum", "Minimum", "SampleCount", "Sum"] | None = None
    extended_statistic: str | None = None
    period: int = 300
    evaluation_periods: int = 1
    datapoints_to_alarm: int | None = None
    threshold: float = 1
    comparison_operator: Comparison = "GreaterThanOrEqualToThreshold"
    treat_missing_data: Literal["breaching", "notBreaching", "ignore", "missing"] = "notBreaching"
    alarm_actions: tuple[Text, ...] = ()
    ok_actions: tuple[Text, ...] = ()
    description: str = ""

    def arn(self, target: Target) -> str:
        """Its ARN where the template is deployed."""
        return target.arn("cloudwatch", f"alarm:{self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeAlarm(Element):
    """An alarm over alarms (`AWS::CloudWatch::CompositeAlarm`). `rule`: such as `ALARM("a") AND NOT ALARM("b")`."""

    name: str
    rule: Text
    alarm_actions: tuple[Text, ...] = ()
    ok_actions: tuple[Text, ...] = ()
    description: str = ""

    def arn(self, target: Target) -> str:
        """Its ARN where the template is deployed."""
        return target.arn("cloudwatch", f"alarm:{self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard(Element):
    """A dashboard (`AWS::CloudWatch::Dashboard`). References in `body` are written as literal text."""

    name: str
    body: Mapping[str, Value]

    def arn(self, target: Target) -> str:
        """Its ARN, which has no Region."""
        return f"arn:{target.partition}:cloudwatch::{target.account}:dashboard/{self.name}"
