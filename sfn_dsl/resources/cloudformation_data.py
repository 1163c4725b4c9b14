"""CloudFormation types and properties of tables, buckets, log groups, alarms and dashboards."""

from __future__ import annotations

import json
from typing import assert_never

from sfn_dsl.asl.model import Json
from sfn_dsl.resources.monitoring import Alarm, CompositeAlarm, Dashboard
from sfn_dsl.resources.storage import Bucket, Key, LogGroup, Table
from sfn_dsl.resources.template import resolve
from sfn_dsl.resources.writing import Declaration, Writer

__all__ = ["monitoring", "storage"]


def storage(resource: LogGroup | Table | Bucket) -> Declaration:
    """The type and the properties of a table, bucket or log group."""
    match resource:
        case LogGroup():
            return "AWS::Logs::LogGroup", {"LogGroupName": resource.name, "RetentionInDays": resource.retention_in_days}
        case Table():
            return _table(resource)
        case Bucket():
            return "AWS::S3::Bucket", {
                "BucketName": resource.bucket_name,
                "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
                "VersioningConfiguration": {"Status": "Enabled"} if resource.versioning else None,
            }
        case _:
            assert_never(resource)


def monitoring(resource: Alarm | CompositeAlarm | Dashboard, w: Writer) -> Declaration:
    """The type and the properties of a resource of CloudWatch."""
    match resource:
        case Alarm():
            return "AWS::CloudWatch::Alarm", {
                **_actions(resource, w),
                "Namespace": resource.namespace,
                "MetricName": resource.metric_name,
                "Dimensions": [{"Name": key, "Value": w.text(value)} for key, value in resource.dimensions.items()],
                "Statistic": resource.statistic,
                "ExtendedStatistic": resource.extended_statistic,
                "Period": resource.period,
                "EvaluationPeriods": resource.evaluation_periods,
                "DatapointsToAlarm": resource.datapoints_to_alarm,
                "Threshold": resource.threshold,
                "ComparisonOperator": resource.comparison_operator,
                "TreatMissingData": resource.treat_missing_data,
            }
        case CompositeAlarm():
            return "AWS::CloudWatch::CompositeAlarm", {**_actions(resource, w), "AlarmRule": w.text(resource.rule)}
        case Dashboard():
            body = json.dumps(resolve(resource.body, w.template), ensure_ascii=False, separators=(",", ":"))
            return "AWS::CloudWatch::Dashboard", {"DashboardName": resource.name, "DashboardBody": body}
        case _:
            assert_never(resource)


def _actions(alarm: Alarm | CompositeAlarm, w: Writer) -> dict[str, Json]:
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AlarmActions": w.value(alarm.alarm_actions),
        "OKActions": w.value(alarm.ok_actions),
    }


def _table(table: Table) -> Declaration:
    ttl = table.time_to_live_attribute
    protection: dict[str, Json] = {
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": table.point_in_time_recovery},
        "DeletionProtectionEnabled": table.deletion_protection,
    }
    made: dict[str, Json] = {
        "TableName": table.table_name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key.name, "AttributeType": key.type} for key in table.attributes],
        "KeySchema": _keys(table.partition_key, table.sort_key),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index.name,
                "KeySchema": _keys(index.partition_key, index.sort_key),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in table.indexes
        ],
        "TimeToLiveSpecification": ttl and {"AttributeName": ttl, "Enabled": True},
    }
    if not table.replicas:
        return "AWS::DynamoDB::Table", {**made, **protection}
    streams = table.multi_region_consistency == "EVENTUAL"
    return "AWS::DynamoDB::GlobalTable", {
        **made,
        "MultiRegionConsistency": table.multi_region_consistency,
        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"} if streams else None,
        "GlobalTableWitnesses": table.witness_region and [{"Region": table.witness_region}],
        "Replicas": [{"Region": region, **protection} for region in table.replicas],
    }


def _keys(partition: Key, sort: Key | None) -> list[Json]:
    keys = [{"AttributeName": partition.name, "KeyType": "HASH"}]
    return keys if sort is None else [*keys, {"AttributeName": sort.name, "KeyType": "RANGE"}]
