"""CloudFormation types and properties of queues, topics, buses, rules and schedules."""

from __future__ import annotations

from typing import assert_never

from sfn_dsl.asl.model import Json
from sfn_dsl.resources.element import RetryPolicy
from sfn_dsl.resources.messaging import (
    Archive,
    Endpoint,
    EventBus,
    EventBusPolicy,
    Queue,
    QueuePolicy,
    Rule,
    RuleTarget,
    Subscription,
    Topic,
    TopicPolicy,
)
from sfn_dsl.resources.references import Text
from sfn_dsl.resources.scheduling import Schedule, ScheduleGroup
from sfn_dsl.resources.writing import Declaration, Writer, present

__all__ = ["events", "messaging", "scheduling"]


def messaging(resource: Queue | QueuePolicy | Topic | TopicPolicy | Subscription, w: Writer) -> Declaration:
    """The type and the properties of a resource of SQS or SNS."""
    match resource:
        case Queue():
            redrive = resource.redrive
            return "AWS::SQS::Queue", {
                "QueueName": resource.queue_name,
                "MessageRetentionPeriod": resource.message_retention_seconds,
                "VisibilityTimeout": resource.visibility_timeout_seconds,
                "SqsManagedSseEnabled": resource.sqs_managed_sse_enabled,
                "RedrivePolicy": redrive
                and {"deadLetterTargetArn": w.text(redrive.dead_letter_arn), "maxReceiveCount": redrive.max_receive_count},
            }
        case QueuePolicy():
            return "AWS::SQS::QueuePolicy", {"Queues": w.value(resource.queues), "PolicyDocument": w.value(resource.document)}
        case Topic():
            return "AWS::SNS::Topic", {
                "TopicName": resource.topic_name,
                "KmsMasterKeyId": w.text(resource.kms_master_key_id),
            }
        case TopicPolicy():
            return "AWS::SNS::TopicPolicy", {"Topics": w.value(resource.topics), "PolicyDocument": w.value(resource.document)}
        case Subscription():
            return "AWS::SNS::Subscription", {
                "TopicArn": w.text(resource.topic_arn),
                "Protocol": resource.protocol,
                "Endpoint": w.text(resource.endpoint),
                "Region": resource.topic_region,
                "RawMessageDelivery": resource.raw_message_delivery,
                "FilterPolicyScope": None if resource.filter_policy is None else resource.filter_policy_scope,
                "FilterPolicy": w.value(resource.filter_policy),
            }
        case _:
            assert_never(resource)


def events(resource: EventBus | EventBusPolicy | Archive | Rule | Endpoint, w: Writer) -> Declaration:
    """The type and the properties of a resource of EventBridge."""
    match resource:
        case EventBus():
            return "AWS::Events::EventBus", {"Name": resource.name, "Description": resource.description}
        case EventBusPolicy():
            return "AWS::Events::EventBusPolicy", {
                "EventBusName": w.name(EventBus, resource.event_bus_name),
                "StatementId": resource.statement_id,
                "Statement": w.value(resource.statement),
            }
        case Archive():
            return "AWS::Events::Archive", {
                "ArchiveName": resource.archive_name,
                "Description": resource.description,
                "SourceArn": w.text(resource.source_arn),
                "RetentionDays": resource.retention_days,
                "EventPattern": w.value(resource.event_pattern),
            }
        case Rule():
            return "AWS::Events::Rule", {
                "Name": resource.name,
                "Description": resource.description,
                "EventBusName": w.name(EventBus, resource.event_bus_name),
                "State": resource.state,
                "EventPattern": w.value(resource.event_pattern),
                "Targets": [_rule_target(target, w) for target in resource.targets],
            }
        case Endpoint():
            return "AWS::Events::Endpoint", {
                "Name": resource.name,
                "Description": resource.description,
                "RoleArn": w.text(resource.role_arn),
                "EventBuses": [{"EventBusArn": w.text(bus)} for bus in resource.event_bus_arns],
                "ReplicationConfig": {"State": "ENABLED" if resource.replication else "DISABLED"},
                "RoutingConfig": {
                    "FailoverConfig": {
                        "Primary": {"HealthCheck": w.text(resource.health_check_arn)},
                        "Secondary": {"Route": resource.secondary_region},
                    }
                },
            }
        case _:
            assert_never(resource)


def scheduling(resource: ScheduleGroup | Schedule, w: Writer) -> Declaration:
    """The type and the properties of a resource of EventBridge Scheduler."""
    match resource:
        case ScheduleGroup():
            return "AWS::Scheduler::ScheduleGroup", {"Name": resource.name}
        case Schedule():
            window = resource.flexible_time_window
            return "AWS::Scheduler::Schedule", {
                "Name": resource.name,
                "Description": resource.description,
                "GroupName": w.name(ScheduleGroup, resource.group_name),
                "ScheduleExpression": resource.schedule_expression,
                "ScheduleExpressionTimezone": resource.schedule_expression_timezone,
                "State": resource.state,
                "FlexibleTimeWindow": {"Mode": "OFF"} if window is None else {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": window},
                "Target": present(
                    {
                        "Arn": w.text(resource.target_arn),
                        "RoleArn": w.text(resource.role_arn),
                        "Input": w.text(resource.input),
                        **_delivery(resource.retry, resource.dead_letter_arn, w),
                    }
                ),
            }
        case _:
            assert_never(resource)


def _rule_target(target: RuleTarget, w: Writer) -> dict[str, Json]:
    transformer = target.input_transformer
    return present(
        {
            "Id": target.id,
            "Arn": w.text(target.arn),
            "RoleArn": w.text(target.role_arn),
            "Input": w.text(target.input),
            "InputPath": target.input_path,
            "InputTransformer": transformer
            and present({"InputPathsMap": dict(transformer.input_paths), "InputTemplate": w.text(transformer.input_template)}),
            **_delivery(target.retry, target.dead_letter_arn, w),
        }
    )


def _delivery(retry: RetryPolicy | None, dead_letter_arn: Text | None, w: Writer) -> dict[str, Json]:
    return {
        "RetryPolicy": retry
        and {
            "MaximumRetryAttempts": retry.maximum_retry_attempts,
            "MaximumEventAgeInSeconds": retry.maximum_event_age_in_seconds,
        },
        "DeadLetterConfig": None if dead_letter_arn is None else {"Arn": w.text(dead_letter_arn)},
    }
