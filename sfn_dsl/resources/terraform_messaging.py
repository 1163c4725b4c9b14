"""Terraform resources of queues, topics, buses, rules and schedules."""

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
from sfn_dsl.resources.references import Text, Value
from sfn_dsl.resources.scheduling import Schedule, ScheduleGroup
from sfn_dsl.resources.terraform_writing import Block, Module, label
from sfn_dsl.resources.writing import Writer, present

__all__ = ["events", "messaging", "scheduling"]


def messaging(resource: Queue | QueuePolicy | Topic | TopicPolicy | Subscription, m: Module) -> list[Block]:
    """The Terraform resources of a resource of SQS or SNS."""
    w = m.writer
    arguments: dict[str, Json]
    match resource:
        case Queue():
            redrive = resource.redrive
            policy = redrive and m.document(
                resource,
                "redrive",
                {"deadLetterTargetArn": redrive.dead_letter_arn, "maxReceiveCount": redrive.max_receive_count},
            )
            arguments = {
                "name": m.text(resource.queue_name),
                "message_retention_seconds": resource.message_retention_seconds,
                "visibility_timeout_seconds": resource.visibility_timeout_seconds,
                "sqs_managed_sse_enabled": resource.sqs_managed_sse_enabled,
                "redrive_policy": policy,
            }
            return [Block("aws_sqs_queue", arguments)]
        case QueuePolicy():
            document = m.document(resource, "document", resource.document)
            return [
                Block("aws_sqs_queue_policy", {"queue_url": m.text(queue), "policy": document}, f"_{number}" if number else "")
                for number, queue in enumerate(resource.queues)
            ]
        case Topic():
            arguments = {"name": m.text(resource.topic_name), "kms_master_key_id": w.text(resource.kms_master_key_id)}
            return [Block("aws_sns_topic", arguments)]
        case TopicPolicy():
            document = m.document(resource, "document", resource.document)
            return [
                Block("aws_sns_topic_policy", {"arn": m.text(topic), "policy": document}, f"_{number}" if number else "")
                for number, topic in enumerate(resource.topics)
            ]
        case Subscription():
            filtered = resource.filter_policy is not None
            arguments = {
                "provider": f"aws.{label(resource.topic_region)}" if resource.topic_region else None,
                "topic_arn": m.text(resource.topic_arn),
                "protocol": resource.protocol,
                "endpoint": m.text(resource.endpoint),
                "raw_message_delivery": resource.raw_message_delivery,
                "filter_policy_scope": resource.filter_policy_scope if filtered else None,
                "filter_policy": m.document(resource, "filter", resource.filter_policy) if filtered else None,
            }
            return [Block("aws_sns_topic_subscription", arguments)]
        case _:
            assert_never(resource)


def events(resource: EventBus | EventBusPolicy | Archive | Rule | Endpoint, m: Module) -> list[Block]:
    """The Terraform resources of a resource of EventBridge; a bus has one policy, made with its first statement."""
    w = m.writer
    arguments: dict[str, Json]
    match resource:
        case EventBus():
            return [Block("aws_cloudwatch_event_bus", {"name": m.text(resource.name), "description": m.text(resource.description)})]
        case EventBusPolicy():
            statements = [
                other
                for other in m.template.resources
                if isinstance(other, EventBusPolicy) and other.event_bus_name == resource.event_bus_name
            ]
            if statements[0] is not resource:
                return []
            whole: dict[str, Value] = {
                "Version": "2012-10-17",
                "Statement": [{"Sid": other.statement_id, **other.statement} for other in statements],
            }
            arguments = {
                "event_bus_name": w.name(EventBus, resource.event_bus_name),
                "policy": m.document(resource, "document", whole),
            }
            return [Block("aws_cloudwatch_event_bus_policy", arguments)]
        case Archive():
            pattern = resource.event_pattern
            arguments = {
                "name": m.text(resource.archive_name),
                "description": m.text(resource.description),
                "event_source_arn": m.text(resource.source_arn),
                "retention_days": resource.retention_days,
                "event_pattern": None if pattern is None else m.document(resource, "pattern", pattern),
            }
            return [Block("aws_cloudwatch_event_archive", arguments)]
        case Rule():
            bus = w.name(EventBus, resource.event_bus_name)
            arguments = {
                "name": m.text(resource.name),
                "description": m.text(resource.description),
                "event_bus_name": bus,
                "state": resource.state,
                "event_pattern": m.document(resource, "pattern", resource.event_pattern),
            }
            rule = f"${{{m.address(resource)}.name}}"
            targets = [_rule_target(target, {"rule": rule, "event_bus_name": bus}, w) for target in resource.targets]
            return [Block("aws_cloudwatch_event_rule", arguments), *targets]
        case Endpoint():
            arguments = {
                "name": m.text(resource.name),
                "description": m.text(resource.description),
                "role_arn": w.text(resource.role_arn),
                "event_bus": [{"event_bus_arn": m.text(bus)} for bus in resource.event_bus_arns],
                "replication_config": {"state": "ENABLED" if resource.replication else "DISABLED"},
                "routing_config": {
                    "failover_config": {
                        "primary": {"health_check": m.text(resource.health_check_arn)},
                        "secondary": {"route": resource.secondary_region},
                    }
                },
            }
            return [Block("aws_cloudwatch_event_endpoint", arguments)]
        case _:
            assert_never(resource)


def scheduling(resource: ScheduleGroup | Schedule, m: Module) -> list[Block]:
    """The Terraform resources of a resource of EventBridge Scheduler."""
    w = m.writer
    arguments: dict[str, Json]
    match resource:
        case ScheduleGroup():
            return [Block("aws_scheduler_schedule_group", {"name": m.text(resource.name)})]
        case Schedule():
            window = resource.flexible_time_window
            arguments = {
                "name": m.text(resource.name),
                "description": m.text(resource.description),
                "group_name": w.name(ScheduleGroup, resource.group_name),
                "schedule_expression": m.text(resource.schedule_expression),
                "schedule_expression_timezone": resource.schedule_expression_timezone,
                "state": resource.state,
                "flexible_time_window": {"mode": "OFF"}
                if window is None
                else {"mode": "FLEXIBLE", "maximum_window_in_minutes": window},
                "target": present(
                    {
                        "arn": m.text(resource.target_arn),
                        "role_arn": m.text(resource.role_arn),
                        "input": w.text(resource.input),
                        **_delivery(resource.retry, resource.dead_letter_arn, w),
                    }
                ),
            }
            return [Block("aws_scheduler_schedule", arguments)]
        case _:
            assert_never(resource)


def _rule_target(target: RuleTarget, rule: dict[str, Json], w: Writer) -> Block:
    transformer = target.input_transformer
    arguments = {
        **rule,
        "target_id": target.id,
        "arn": w.text(target.arn),
        "role_arn": w.text(target.role_arn),
        "input": w.text(target.input),
        "input_path": w.text(target.input_path),
        "input_transformer": transformer
        and {"input_paths": w.value(transformer.input_paths), "input_template": w.text(transformer.input_template)},
        **_delivery(target.retry, target.dead_letter_arn, w),
    }
    return Block("aws_cloudwatch_event_target", arguments, f"_{label(target.id)}")


def _delivery(retry: RetryPolicy | None, dead_letter_arn: Text | None, w: Writer) -> dict[str, Json]:
    return {
        "retry_policy": retry
        and {
            "maximum_retry_attempts": retry.maximum_retry_attempts,
            "maximum_event_age_in_seconds": retry.maximum_event_age_in_seconds,
        },
        "dead_letter_config": None if dead_letter_arn is None else {"arn": w.text(dead_letter_arn)},
    }
