"""The least that people and CI need for the commands of this package: to publish, to deploy, to operate.

A state machine's versions and aliases are authorised by the ARN of the machine, so that its name is all that has to be named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from sfn_dsl.compile.machine import Compiled
from sfn_dsl.control.rows import BY_QUEUE, RUNNING
from sfn_dsl.deployment import Deployment
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.publish.rights import may, may_pass
from sfn_dsl.publish.stack_file import stack_file, started_aliases
from sfn_dsl.publish.table import table_regions
from sfn_dsl.publish.template_rights import template_rights
from sfn_dsl.region import Target, parse_arn
from sfn_dsl.resources import cloudformation
from sfn_dsl.resources.iam.settings import needs_of_settings
from sfn_dsl.resources.iam.statement import Statement, merge
from sfn_dsl.resources.messaging import EventBus, Queue, Rule
from sfn_dsl.resources.references import Text
from sfn_dsl.resources.scheduling import Schedule
from sfn_dsl.resources.template import Template, resolve
from sfn_dsl.stacks.machine import role_name
from sfn_dsl.triggers.parts import machine_arn

__all__ = ["PURPOSES", "deploy_rights", "operate_rights", "publish_rights"]

PURPOSES: Final[Mapping[str, str]] = {
    "publish": "publish, rollback, drift, status, prune",
    "deploy": "deploy",
    "operate": "promote, failback, rerun, dlq, record",
}
"""What a policy is for: commands by purpose."""

_PUBLISH: Final = """CreateStateMachine CreateStateMachineAlias DeleteStateMachineVersion DescribeStateMachine
    DescribeStateMachineAlias ListExecutions ListStateMachineAliases ListStateMachineVersions ListTagsForResource
    PublishStateMachineVersion StartExecution TagResource UntagResource UpdateStateMachine UpdateStateMachineAlias"""
_REMOVE: Final = """DeleteStateMachine DescribeStateMachine DescribeStateMachineAlias ListExecutions ListStateMachineAliases
    ListStateMachineVersions ListTagsForResource"""
_STACK: Final = """CreateChangeSet DeleteChangeSet DescribeChangeSet DescribeStackEvents DescribeStacks ExecuteChangeSet
    ListStackResources TagResource UntagResource"""


def publish_rights(machines: Iterable[Compiled], project: str) -> tuple[Statement, ...]:
    """For `publish` and what goes with it: exactly these machines, and those that carry the tag of the project to be deleted.

    `machines`: compiled ones of all Regions. `project`: the project's name.
    """
    return merge(statement for machine in machines for statement in _publish(machine, project))


def _publish(machine: Compiled, project: str) -> Iterator[Statement]:
    target, name = machine.target, machine.pipeline.name
    arn = machine_arn(target, name)
    express = machine.pipeline.type == "EXPRESS"
    yield from may(target, "states", f"{_PUBLISH} StartSyncExecution" if express else _PUBLISH, (arn,))
    kind = "express" if express else "execution"
    yield from may(target, "states", "DescribeExecution", (target.arn("states", f"{kind}:{name}:*"),))
    yield may_pass(f"arn:{target.partition}:iam::{target.account}:role/{role_name(name, target.region)}", "states")
    yield from may(target, "states", "ListStateMachines ValidateStateMachineDefinition", ())
    ours = {"StringEquals": {"aws:ResourceTag/sfn-dsl:project": project}}
    yield from may(target, "states", _REMOVE, (target.arn("states", "stateMachine:*"),), ours)
    yield from may(target, "tag", "GetResources", ())
    yield from may(target, "iam", "ListRoles", (f"arn:{target.partition}:iam::{target.account}:role/*",))
    yield from may(target, "logs", "DescribeLogGroups", (target.arn("logs", "log-group:*"),))
    yield from may(target, "cloudwatch", "DescribeAlarms", (target.arn("cloudwatch", "alarm:*"),))
    yield from may(target, "sts", "GetCallerIdentity", ())
    encryption = {"encryptionConfiguration": machine.settings.get("encryptionConfiguration")}
    for need in needs_of_settings(encryption, target):
        yield Statement(sid="", actions=(*need.actions, "kms:DescribeKey"), resources=need.resources, conditions=need.conditions)


def deploy_rights(templates: Iterable[Template], bucket: str = "") -> tuple[Statement, ...]:
    """For `deploy`: the stacks of these templates, and what CloudFormation does on the caller's behalf to their resources.

    `bucket`: of long templates; `{region}` in it stands for the Region; empty for none.
    """
    return merge(statement for template in templates for statement in _deploy(template, bucket))


def _deploy(template: Template, bucket: str) -> Iterator[Statement]:
    target = template.target
    yield from may(target, "cloudformation", _STACK, (target.arn("cloudformation", f"stack/{template.name}/*"),))
    yield from template_rights(template)
    file = stack_file(cloudformation.to_text(template), target, template.name, shared=False, path=template.name)
    aliases = tuple(arn.rpartition(":")[0] for arn in started_aliases(file))
    if aliases:
        yield from may(target, "states", "DescribeStateMachineAlias", aliases)
    if bucket:
        objects = f"arn:{target.partition}:s3:::{bucket.replace('{region}', target.region)}/sfn-dsl/*"
        yield from may(target, "s3", "GetObject PutObject", (objects,))
    yield from may(target, "sts", "GetCallerIdentity", ())


def operate_rights(pipelines: Sequence[Pipeline], templates: Iterable[Template]) -> tuple[Statement, ...]:
    """For the operators' commands: rows of these pipelines in the control table, their executions and their dead letters.

    `templates`: of all Regions, of which queues, rules and buses are taken.
    """
    found: list[Statement] = []
    for template in templates:
        target = template.target
        for pipeline in pipelines:
            found += _operate(pipeline, target)
        found += _letters(template)
        found += may(target, "sts", "GetCallerIdentity", ())
    return merge(found)


def _operate(pipeline: Pipeline, target: Target) -> Iterator[Statement]:
    name = pipeline.name
    executions = (target.arn("states", f"execution:{name}:*"),)
    yield from may(target, "states", "StartExecution", (machine_arn(target, name),))
    yield from may(target, "states", "DescribeExecution GetExecutionHistory RedriveExecution", executions)
    if pipeline.control is not None:
        yield from _rows(name, pipeline.deployment or target.deployed, target)


def _rows(pipeline: str, deployment: Deployment, target: Target) -> Iterator[Statement]:
    """The rows of a pipeline by their keys, and the one that says which Region works, in all copies that commands ask."""
    regions = sorted({copy for region in deployment.regions for copy in table_regions(deployment, region)})
    tables = tuple(f"arn:{target.partition}:dynamodb:{region}:{target.account}:table/{deployment.table}" for region in regions)

    def keys(*patterns: str) -> dict[str, dict[str, list[str]]]:
        return {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": list(patterns)}}

    yield from may(target, "dynamodb", "GetItem PutItem UpdateItem", tables, keys(f"PIPE#{pipeline}#BATCH#*"))
    yield from may(target, "dynamodb", "GetItem UpdateItem", tables, keys("CONTROL"))
    indexes = tuple(f"{table}/index/{BY_QUEUE}" for table in tables)
    yield from may(target, "dynamodb", "Query", indexes, keys(f"{RUNNING}#{pipeline}"))


def _letters(template: Template) -> Iterator[Statement]:
    """The queues of a template, and what letters are sent again to: buses, and machines that rules and schedules start."""
    target = template.target
    names = "ChangeMessageVisibility DeleteMessage GetQueueAttributes ReceiveMessage"
    started: list[Text] = []
    for resource in template.resources:
        match resource:
            case Queue():
                yield from may(target, "sqs", names, (resource.arn(target),))
            case Rule():
                yield from may(target, "events", "ListTargetsByRule", (resource.arn(target),))
                yield from may(target, "events", "PutEvents", (target.arn("events", f"event-bus/{resource.event_bus_name}"),))
                started += [one.arn for one in resource.targets]
            case EventBus():
                yield from may(target, "events", "PutEvents", (resource.arn(target),))
            case Schedule():
                started.append(resource.target_arn)
            case _:
                pass
    for text in started:
        arn = parse_arn(resolve(text, template))
        if arn is not None and arn.service == "states":
            machine = target.arn("states", ":".join(arn.resource.split(":")[:2]))
            yield from may(target, "states", "StartExecution", (machine,))
    yield from may(target, "sqs", "ListQueues", (target.arn("sqs", "*"),))
