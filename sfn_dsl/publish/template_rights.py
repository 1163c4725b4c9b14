"""What CloudFormation does, on behalf of whoever deploys, to make, change and delete the resources of a template.

The actions are those that the resource types' own schemas name for their handlers, without what concerns properties that this
package never writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, assert_never

from sfn_dsl.publish.rights import may, may_pass
from sfn_dsl.region import Target
from sfn_dsl.resources.functions import EventInvokeConfig, EventSourceMapping, Function, Permission
from sfn_dsl.resources.iam.statement import Statement
from sfn_dsl.resources.identity import ManagedPolicy, Role
from sfn_dsl.resources.machines import StateMachine, StateMachineAlias, StateMachineVersion
from sfn_dsl.resources.messaging import (
    Archive,
    Endpoint,
    EventBus,
    EventBusPolicy,
    Queue,
    QueuePolicy,
    Rule,
    Subscription,
    Topic,
    TopicPolicy,
)
from sfn_dsl.resources.model import Resource
from sfn_dsl.resources.monitoring import Alarm, CompositeAlarm, Dashboard
from sfn_dsl.resources.references import Text, Url
from sfn_dsl.resources.scheduling import Schedule, ScheduleGroup
from sfn_dsl.resources.storage import Bucket, LogGroup, Table
from sfn_dsl.resources.template import Template, resolve

__all__ = ["template_rights"]

_QUEUE: Final = "CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags SetQueueAttributes TagQueue UntagQueue"
_TOPIC: Final = """CreateTopic DeleteTopic GetDataProtectionPolicy GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource
    SetTopicAttributes TagResource UntagResource"""
_BUS: Final = "CreateEventBus DeleteEventBus DescribeEventBus ListTagsForResource TagResource UntagResource UpdateEventBus"
_RULE: Final = """DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets RemoveTargets TagResource
    UntagResource"""
_ROLE: Final = """CreateRole DeleteRole DeleteRolePolicy GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies
    PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription"""
_POLICY: Final = """CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion
    ListEntitiesForPolicy ListPolicyVersions"""
_FUNCTION: Final = """CreateFunction DeleteFunction DeleteFunctionConcurrency GetFunction GetFunctionCodeSigningConfig
    GetFunctionRecursionConfig GetRuntimeManagementConfig ListTags PutFunctionConcurrency TagResource UntagResource
    UpdateFunctionCode UpdateFunctionConfiguration"""
_INVOKE: Final = """DeleteFunctionEventInvokeConfig GetFunctionEventInvokeConfig PutFunctionEventInvokeConfig
    UpdateFunctionEventInvokeConfig"""
_MACHINE: Final = """CreateStateMachine DeleteStateMachine DescribeStateMachine ListTagsForResource TagResource UntagResource
    UpdateStateMachine"""
_VERSION: Final = "DeleteStateMachineVersion DescribeStateMachine ListStateMachineVersions PublishStateMachineVersion"
_ALIAS: Final = "CreateStateMachineAlias DeleteStateMachineAlias DescribeStateMachineAlias UpdateStateMachineAlias"
_LOGS: Final = """CreateLogGroup DeleteLogGroup DeleteRetentionPolicy GetDataProtectionPolicy ListTagsForResource ListTagsLogGroup
    PutRetentionPolicy TagLogGroup TagResource UntagLogGroup UntagResource"""
_TABLE: Final = """CreateTable DeleteTable DescribeContinuousBackups DescribeContributorInsights DescribeKinesisStreamingDestination
    DescribeTable DescribeTimeToLive GetResourcePolicy ListTagsOfResource TagResource UntagResource UpdateContinuousBackups
    UpdateTable UpdateTimeToLive"""
# Making a replica needs the rights to the items too, which AWS copies in the caller's name.
_REPLICA: Final = """BatchWriteItem CreateTableReplica DeleteItem DeleteTableReplica DescribeTableReplicaAutoScaling GetItem PutItem
    Query Scan UpdateItem"""
_WITNESS: Final = "CreateGlobalTableWitness DeleteGlobalTableWitness"
_BUCKET: Final = """CreateBucket DeleteBucket GetBucketNotification GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning
    ListBucket PutBucketNotification PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning"""
_ALARM: Final = "DeleteAlarms DescribeAlarms ListTagsForResource TagResource UntagResource"
_DASHBOARD: Final = "DeleteDashboards GetDashboard ListTagsForResource PutDashboard TagResource UntagResource"


def template_rights(template: Template) -> Iterator[Statement]:
    """The rights for all resources of a template. Raises DeclarationError for a reference that means nothing."""
    for resource in template.resources:
        yield from _rights(resource, template)


def _rights(resource: Resource, template: Template) -> Iterator[Statement]:
    target = template.target
    match resource:
        case Queue() | QueuePolicy() | Topic() | TopicPolicy() | Subscription():
            yield from _messaging(resource, template)
        case EventBus() | EventBusPolicy() | Archive() | Rule() | Endpoint() | Schedule() | ScheduleGroup():
            yield from _events(resource, template)
        case Function() | Permission() | EventInvokeConfig() | EventSourceMapping():
            yield from _functions(resource, template)
        case StateMachine() | StateMachineVersion() | StateMachineAlias():
            yield from _machines(resource, template)
        case Role():
            yield from may(target, "iam", _ROLE, (resource.arn(target),))
        case ManagedPolicy():
            arn = resource.arn(target)
            yield from may(target, "iam", _POLICY, (arn,))
            roles = tuple(f"arn:{target.partition}:iam::{target.account}:role/{resolve(name, template)}" for name in resource.roles)
            yield from may(target, "iam", "AttachRolePolicy DetachRolePolicy", roles, {"ArnEquals": {"iam:PolicyARN": arn}})
        case LogGroup():
            arn = resource.arn(target)
            yield from may(target, "logs", _LOGS, (arn, arn.removesuffix(":*")))
            yield from may(target, "logs", "DescribeLogGroups", (target.arn("logs", "log-group:*"),))
        case Table():
            yield from _table(resource, target)
        case Bucket():
            yield from may(target, "s3", _BUCKET, (resource.arn(target),))
        case Alarm():
            yield from may(target, "cloudwatch", f"PutMetricAlarm {_ALARM}", (resource.arn(target),))
        case CompositeAlarm():
            yield from may(target, "cloudwatch", f"PutCompositeAlarm {_ALARM}", (resource.arn(target),))
        case Dashboard():
            yield from may(target, "cloudwatch", _DASHBOARD, (resource.arn(target),))
        case _:
            assert_never(resource)


def _messaging(resource: Queue | QueuePolicy | Topic | TopicPolicy | Subscription, template: Template) -> Iterator[Statement]:
    target = template.target
    match resource:
        case Queue():
            yield from may(target, "sqs", _QUEUE, (resource.arn(target),))
        case QueuePolicy():
            queues = tuple(_queue_arn(url, template) for url in resource.queues)
            yield from may(target, "sqs", "GetQueueAttributes SetQueueAttributes", queues)
        case Topic():
            yield from may(target, "sns", _TOPIC, (resource.arn(target),))
        case TopicPolicy():
            topics = tuple(resolve(arn, template) for arn in resource.topics)
            yield from may(target, "sns", "GetTopicAttributes SetTopicAttributes", topics)
        case Subscription():
            names = "GetSubscriptionAttributes ListSubscriptionsByTopic SetSubscriptionAttributes Subscribe Unsubscribe"
            yield from may(target, "sns", names, (resolve(resource.topic_arn, template),))
        case _:
            assert_never(resource)


def _queue_arn(url: Text, template: Template) -> str:
    if isinstance(url, Url):
        queue = template.resource(url.id)
        if isinstance(queue, Queue):
            return queue.arn(template.target)
    return template.target.arn("sqs", resolve(url, template).rpartition("/")[2])


def _events(
    resource: EventBus | EventBusPolicy | Archive | Rule | Endpoint | Schedule | ScheduleGroup, template: Template
) -> Iterator[Statement]:
    target = template.target
    match resource:
        case EventBus():
            yield from may(target, "events", _BUS, (resource.arn(target),))
        case EventBusPolicy():
            bus = target.arn("events", f"event-bus/{resolve(resource.event_bus_name, template)}")
            yield from may(target, "events", "DescribeEventBus PutPermission RemovePermission", (bus,))
        case Archive():
            names = "CreateArchive DeleteArchive DescribeArchive UpdateArchive"
            yield from may(target, "events", names, (resource.arn(target), resolve(resource.source_arn, template)))
        case Rule():
            yield from may(target, "events", _RULE, (resource.arn(target),))
            for one in resource.targets:
                if one.role_arn is not None:
                    yield may_pass(resolve(one.role_arn, template), "events")
        case Endpoint():
            names = "CreateEndpoint DeleteEndpoint DescribeEndpoint UpdateEndpoint"
            yield from may(target, "events", names, (resource.arn(target),))
            yield from may(target, "route53", "GetHealthCheck", (resolve(resource.health_check_arn, template),))
            if resource.role_arn is not None:
                yield may_pass(resolve(resource.role_arn, template), "events")
        case Schedule():
            names = "CreateSchedule DeleteSchedule GetSchedule UpdateSchedule"
            yield from may(target, "scheduler", names, (resource.arn(target),))
            yield may_pass(resolve(resource.role_arn, template), "scheduler")
        case ScheduleGroup():
            names = "CreateScheduleGroup DeleteScheduleGroup GetScheduleGroup ListTagsForResource TagResource UntagResource"
            yield from may(target, "scheduler", names, (resource.arn(target),))
            # A group takes its schedules with it.
            yield from may(target, "scheduler", "DeleteSchedule", (target.arn("scheduler", f"schedule/{resource.name}/*"),))
        case _:
            assert_never(resource)


def _functions(resource: Function | Permission | EventInvokeConfig | EventSourceMapping, template: Template) -> Iterator[Statement]:
    target = template.target
    match resource:
        case Function():
            yield from may(target, "lambda", _FUNCTION, (resource.arn(target),))
            yield may_pass(resolve(resource.role_arn, template), "lambda")
        case Permission():
            names = "AddPermission GetPolicy RemovePermission"
            yield from may(target, "lambda", names, (_function_arn(resource.function_name, template),))
        case EventInvokeConfig():
            yield from may(target, "lambda", _INVOKE, (_function_arn(resource.function_name, template),))
        case EventSourceMapping():
            function = _function_arn(resource.function_name, template)
            mappings = (target.arn("lambda", "event-source-mapping:*"),)
            names = "CreateEventSourceMapping DeleteEventSourceMapping UpdateEventSourceMapping"
            yield from may(target, "lambda", names, mappings, {"ArnEquals": {"lambda:FunctionArn": function}})
            yield from may(target, "lambda", "GetEventSourceMapping ListTags TagResource UntagResource", mappings)
        case _:
            assert_never(resource)


def _function_arn(name: Text, template: Template) -> str:
    """The ARN of a function by its name or its ARN."""
    text = resolve(name, template)
    return text if text.startswith("arn:") else template.target.arn("lambda", f"function:{text}")


def _machines(resource: StateMachine | StateMachineVersion | StateMachineAlias, template: Template) -> Iterator[Statement]:
    target = template.target
    match resource:
        case StateMachine():
            yield from may(target, "states", _MACHINE, (resource.arn(target),))
            yield may_pass(resolve(resource.role_arn, template), "states")
        case StateMachineVersion():
            yield from may(target, "states", _VERSION, (template.machine(resource.state_machine_name).arn(target),))
        case StateMachineAlias():
            yield from may(target, "states", _ALIAS, (template.machine(resource.state_machine_name).arn(target),))
            alarms = tuple(target.arn("cloudwatch", f"alarm:{resolve(alarm, template)}") for alarm in resource.deployment.alarms)
            if alarms:
                yield from may(target, "cloudwatch", "DescribeAlarms", alarms)
        case _:
            assert_never(resource)


def _table(table: Table, target: Target) -> Iterator[Statement]:
    def arn(region: str) -> str:
        return f"arn:{target.partition}:dynamodb:{region}:{target.account}:table/{table.table_name}"

    if not table.replicas:
        yield from may(target, "dynamodb", _TABLE, (table.arn(target),))
        return
    witness = (table.witness_region,) if table.witness_region else ()
    everywhere = tuple(arn(region) for region in (*table.replicas, *witness))
    yield from may(target, "dynamodb", f"{_TABLE} {_REPLICA}", everywhere)
    if witness:
        yield from may(target, "dynamodb", _WITNESS, everywhere)
    service = "replication.dynamodb.amazonaws.com"
    role = f"arn:{target.partition}:iam::{target.account}:role/aws-service-role/{service}/AWSServiceRoleForDynamoDBReplication"
    yield from may(target, "iam", "CreateServiceLinkedRole", (role,), {"StringEquals": {"iam:AWSServiceName": service}})
