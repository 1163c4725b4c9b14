"""Schedules (EventBridge Scheduler)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sfn_dsl.region import Target
from sfn_dsl.resources.element import Element, RetryPolicy
from sfn_dsl.resources.references import Text

__all__ = ["Schedule", "ScheduleGroup"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleGroup(Element):
    """A group of schedules (`AWS::Scheduler::ScheduleGroup`)."""

    name: str

    def arn(self, target: Target) -> str:
        """Its ARN where the template is deployed."""
        return target.arn("scheduler", f"schedule-group/{self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Element):
    """When a target is called (`AWS::Scheduler::Schedule`).

    `schedule_expression`: `cron(...)`, `rate(...)` or `at(...)`. `input`: JSON text, in which Scheduler fills in
    `<aws.scheduler.scheduled-time>` and its like. `retry`: AWS's 185 tries in 24 hours when None. `flexible_time_window`:
    minutes, 1 to 1440; None calls within the minute.
    """

    name: str
    schedule_expression: str
    target_arn: Text
    role_arn: Text
    group_name: str = "default"
    schedule_expression_timezone: str = "UTC"
    state: Literal["ENABLED", "DISABLED"] = "ENABLED"
    input: Text | None = None
    retry: RetryPolicy | None = None
    dead_letter_arn: Text | None = None
    flexible_time_window: int | None = None
    description: str = ""

    def arn(self, target: Target) -> str:
        """Its ARN where the template is deployed."""
        return target.arn("scheduler", f"schedule/{self.group_name}/{self.name}")
