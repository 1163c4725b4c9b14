"""What moto's CloudFormation lacks of what our templates hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

__all__ = ["complete", "replicate"]

_Properties = dict[str, Any]
_TAUGHT: Final[list[type]] = []
"""moto finds types by looking through subclasses, which live only as long as somebody holds them."""
_REPLICAS: Final[dict[tuple[str, str], list[str]]] = {}
"""The Regions of global tables, by account and name."""


def complete() -> None:
    """Teach moto global tables, alarms, schedules with their groups, and policies of queues, and that a reference to a bus is its
    name. To be called before moto's CloudFormation is asked for anything."""
    from moto.events.models import EventBus

    # Without a name of its own a bus of a stack stands for itself where `Ref` should give its name, and moto falls over it.
    EventBus.physical_resource_id = property(lambda bus: bus.name)  # type: ignore[attr-defined]
    _teach("AWS::DynamoDB::GlobalTable", "TableName", _make_tables, _drop_tables, changes=False)
    _teach("AWS::CloudWatch::Alarm", "AlarmName", _make_alarm, _drop_alarm)
    _teach("AWS::CloudWatch::CompositeAlarm", "AlarmName", _make_alarm, _drop_alarm)
    _teach("AWS::Scheduler::ScheduleGroup", "Name", _make_group, _drop_group, changes=False)
    _teach("AWS::Scheduler::Schedule", "Name", _make_schedule, _drop_schedule)
    _teach("AWS::SQS::QueuePolicy", "", _make_policy, _drop_policy)


def replicate(account: str, region: str) -> None:
    """Let the replicas of global tables hold what a Region's copies hold, which somebody may have written to."""
    from moto.dynamodb.models import dynamodb_backends

    for (owner, name), regions in _REPLICAS.items():
        if owner != account or region not in regions:
            continue
        copies = [dynamodb_backends[account][one].tables.get(name) for one in regions]
        written = dynamodb_backends[account][region].tables.get(name)
        for copy in copies:
            if copy is not None and written is not None:
                # One and the same: moto changes items in place, and replaces them only to take a transaction back.
                copy.items = written.items


def _teach(
    kind: str,
    named: str,
    make: Callable[[str, str, str, _Properties], str],
    drop: Callable[[str, str, str, _Properties], None],
    *,
    changes: bool = True,
) -> None:
    """Teach moto a type. `named`: the property that is its name. `make` gives an ARN; both get account, Region, name and
    properties. Without `changes` a resource that is there stays as it is unless its name changes."""
    from moto.core.common_models import CloudFormationModel

    class Taught(CloudFormationModel):
        def __init__(self, name: str, arn: str, properties: _Properties) -> None:
            self.physical_resource_id = name
            self.arn = arn
            self.properties = properties

        @staticmethod
        def cloudformation_name_type() -> str:
            return named

        @staticmethod
        def cloudformation_type() -> str:
            return kind

        @classmethod
        def has_cfn_attr(cls, attr: str) -> bool:
            return attr == "Arn"

        def get_cfn_attribute(self, attribute_name: str) -> str:
            return self.arn

        @classmethod
        def create_from_cloudformation_json(
            cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **kwargs: Any
        ) -> Taught:
            properties = cloudformation_json["Properties"]
            return cls(resource_name, make(account_id, region_name, resource_name, properties), properties)

        @classmethod
        def update_from_cloudformation_json(
            cls,
            original_resource: Any,
            new_resource_name: str,
            cloudformation_json: dict[str, Any],
            account_id: str,
            region_name: str,
        ) -> Any:
            before = original_resource.physical_resource_id
            # A name that was made up is another one each time.
            name = new_resource_name if named in cloudformation_json["Properties"] else before
            if not changes and name == before:
                return original_resource
            original_resource.delete(account_id, region_name)
            return cls.create_from_cloudformation_json(name, cloudformation_json, account_id, region_name)

        def delete(self, account_id: str, region_name: str) -> None:
            drop(account_id, region_name, self.physical_resource_id, self.properties)

    _TAUGHT.append(Taught)


def _make_tables(account: str, region: str, name: str, properties: _Properties) -> str:
    from moto.dynamodb.models import dynamodb_backends
    from moto.dynamodb.models.table import Table

    regions = [replica["Region"] for replica in properties["Replicas"]]
    for one in regions:
        Table.create_from_cloudformation_json(name, {"Properties": properties}, account, one)
    _REPLICAS[account, name] = regions
    replicate(account, region)
    return str(dynamodb_backends[account][region].get_table(name).table_arn)


def _drop_tables(account: str, region: str, name: str, properties: _Properties) -> None:
    from moto.dynamodb.models import dynamodb_backends

    for one in _REPLICAS.pop((account, name), ()):
        dynamodb_backends[account][one].delete_table(name=name)


def _make_alarm(account: str, region: str, name: str, properties: _Properties) -> str:
    from moto.cloudwatch.models import cloudwatch_backends

    given: Any = properties.get
    alarm = cloudwatch_backends[account][region].put_metric_alarm(
        name=name,
        namespace=given("Namespace"),
        metric_name=given("MetricName"),
        comparison_operator=given("ComparisonOperator"),
        evaluation_periods=given("EvaluationPeriods"),
        datapoints_to_alarm=given("DatapointsToAlarm"),
        period=given("Period"),
        threshold=given("Threshold"),
        statistic=given("Statistic"),
        extended_statistic=given("ExtendedStatistic"),
        description=given("AlarmDescription"),
        dimensions=given("Dimensions", []),
        alarm_actions=given("AlarmActions", []),
        ok_actions=given("OKActions", []),
        treat_missing_data=given("TreatMissingData"),
        rule=given("AlarmRule"),
    )
    return str(alarm.alarm_arn)


def _drop_alarm(account: str, region: str, name: str, properties: _Properties) -> None:
    from moto.cloudwatch.models import cloudwatch_backends

    cloudwatch_backends[account][region].delete_alarms([name])


def _make_group(account: str, region: str, name: str, properties: _Properties) -> str:
    from moto.scheduler.models import scheduler_backends

    return str(scheduler_backends[account][region].create_schedule_group(name, properties.get("Tags", [])).arn)


def _drop_group(account: str, region: str, name: str, properties: _Properties) -> None:
    from moto.scheduler.models import scheduler_backends

    scheduler_backends[account][region].schedule_groups.pop(name, None)


def _make_schedule(account: str, region: str, name: str, properties: _Properties) -> str:
    from moto.scheduler.models import scheduler_backends

    given: Any = properties.get
    schedule = scheduler_backends[account][region].create_schedule(
        name=name,
        group_name=given("GroupName"),
        description=given("Description"),
        schedule_expression=given("ScheduleExpression"),
        schedule_expression_timezone=given("ScheduleExpressionTimezone"),
        flexible_time_window=given("FlexibleTimeWindow"),
        target=given("Target"),
        state=given("State"),
        kms_key_arn=given("KmsKeyArn"),
        start_date=given("StartDate"),
        end_date=given("EndDate"),
        action_after_completion=None,
    )
    return str(schedule.arn)


def _drop_schedule(account: str, region: str, name: str, properties: _Properties) -> None:
    from moto.scheduler.models import scheduler_backends

    # A group takes its schedules with it.
    group = scheduler_backends[account][region].schedule_groups.get(properties.get("GroupName", "default"))
    if group is not None:
        group.schedules.pop(name, None)


def _make_policy(account: str, region: str, name: str, properties: _Properties) -> str:
    _set_policies(account, region, properties, json.dumps(properties["PolicyDocument"]))
    return name


def _drop_policy(account: str, region: str, name: str, properties: _Properties) -> None:
    _set_policies(account, region, properties, "")


def _set_policies(account: str, region: str, properties: _Properties, policy: str) -> None:
    from moto.sqs.models import sqs_backends

    queues = sqs_backends[account][region].queues
    for url in properties["Queues"]:
        queue = queues.get(url.rpartition("/")[2])
        if queue is not None:
            queue.policy = policy
