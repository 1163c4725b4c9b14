"""Terraform resources of tables, buckets, log groups, alarms and dashboards."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import assert_never

from sfn_dsl.asl.model import Json
from sfn_dsl.resources.cloudformation import to_json
from sfn_dsl.resources.monitoring import Alarm, CompositeAlarm, Dashboard
from sfn_dsl.resources.references import Name
from sfn_dsl.resources.storage import Bucket, LogGroup, Table
from sfn_dsl.resources.template import resolve
from sfn_dsl.resources.terraform_writing import Block, Module
from sfn_dsl.resources.writing import present

__all__ = ["monitoring", "storage"]


def storage(resource: LogGroup | Table | Bucket, m: Module) -> list[Block]:
    """The Terraform resources of a table, bucket or log group.

    A table with strong consistency is a CloudFormation stack of its own, because version 5 of the provider has no such setting.
    """
    match resource:
        case LogGroup():
            return [
                Block(
                    "aws_cloudwatch_log_group",
                    {"name": m.text(resource.name), "retention_in_days": resource.retention_in_days},
                )
            ]
        case Table():
            if resource.multi_region_consistency == "EVENTUAL":
                return [Block("aws_dynamodb_table", _table(resource, m))]
            alone = dataclasses.replace(m.template, resources=(dataclasses.replace(resource, depends_on=()),), outputs={})
            stack = {"name": m.text(resource.table_name), "template_body": m.document(resource, "template", to_json(alone))}
            return [Block("aws_cloudformation_stack", stack)]
        case Bucket():
            bucket = m.text(Name(resource.id))
            blocked = dict.fromkeys(
                ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
            )
            blocks = [
                Block("aws_s3_bucket", {"bucket": m.text(resource.bucket_name)}),
                Block("aws_s3_bucket_notification", {"bucket": bucket, "eventbridge": True}),
                Block("aws_s3_bucket_public_access_block", {"bucket": bucket, **blocked}),
            ]
            if resource.versioning:
                versioning = {"bucket": bucket, "versioning_configuration": {"status": "Enabled"}}
                blocks.append(Block("aws_s3_bucket_versioning", versioning))
            return blocks
        case _:
            assert_never(resource)


def monitoring(resource: Alarm | CompositeAlarm | Dashboard, m: Module) -> list[Block]:
    """The Terraform resources of a resource of CloudWatch."""
    w = m.writer
    match resource:
        case Alarm():
            arguments = {
                **_actions(resource, m),
                "namespace": resource.namespace,
                "metric_name": resource.metric_name,
                "dimensions": w.value(resource.dimensions),
                "statistic": resource.statistic,
                "extended_statistic": resource.extended_statistic,
                "period": resource.period,
                "evaluation_periods": resource.evaluation_periods,
                "datapoints_to_alarm": resource.datapoints_to_alarm,
                "threshold": resource.threshold,
                "comparison_operator": resource.comparison_operator,
                "treat_missing_data": resource.treat_missing_data,
            }
            return [Block("aws_cloudwatch_metric_alarm", arguments)]
        case CompositeAlarm():
            arguments = {**_actions(resource, m), "alarm_rule": m.text(resource.rule)}
            return [Block("aws_cloudwatch_composite_alarm", arguments)]
        case Dashboard():
            body = m.document(resource, "body", resolve(resource.body, m.template))
            return [Block("aws_cloudwatch_dashboard", {"dashboard_name": m.text(resource.name), "dashboard_body": body})]
        case _:
            assert_never(resource)


def _actions(alarm: Alarm | CompositeAlarm, m: Module) -> dict[str, Json]:
    return {
        "alarm_name": m.text(alarm.name),
        "alarm_description": m.text(alarm.description),
        "alarm_actions": m.writer.value(alarm.alarm_actions),
        "ok_actions": m.writer.value(alarm.ok_actions),
    }


def _table(table: Table, m: Module) -> Mapping[str, Json]:
    others = [region for region in table.replicas if region != m.template.target.region]
    return {
        "name": m.text(table.table_name),
        "billing_mode": "PAY_PER_REQUEST",
        "hash_key": table.partition_key.name,
        "range_key": table.sort_key and table.sort_key.name,
        "attribute": [{"name": key.name, "type": key.type} for key in table.attributes],
        "global_secondary_index": [
            present(
                {
                    "name": index.name,
                    "hash_key": index.partition_key.name,
                    "range_key": index.sort_key and index.sort_key.name,
                    "projection_type": "ALL",
                }
            )
            for index in table.indexes
        ],
        "ttl": table.time_to_live_attribute and {"attribute_name": table.time_to_live_attribute, "enabled": True},
        "point_in_time_recovery": {"enabled": table.point_in_time_recovery},
        "deletion_protection_enabled": table.deletion_protection,
        "stream_enabled": True if others else None,
        "stream_view_type": "NEW_AND_OLD_IMAGES" if others else None,
        "replica": [{"region_name": region, "point_in_time_recovery": table.point_in_time_recovery} for region in others],
    }
