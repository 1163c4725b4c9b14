"""Putting templates and machines into a world: what they say is there afterwards, and nothing else.

Archives, log groups, policies, alarms and dashboards change nothing that happens in a world, and are left out; so is the global
endpoint, because nothing that is generated publishes through it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sfn_dsl.asl.model import Json
from sfn_dsl.region import LIVE, parse_arn
from sfn_dsl.resources.model import (
    EventBus,
    EventInvokeConfig,
    EventSourceMapping,
    Function,
    Queue,
    RetryPolicy,
    Rule,
    RuleTarget,
    Schedule,
    ScheduleGroup,
    Subscription,
    Table,
    Topic,
)
from sfn_dsl.resources.template import Template, resolve
from sfn_dsl.simulate.clients import WorldClients
from sfn_dsl.simulate.handlers import load_handler
from sfn_dsl.simulate.place import Place
from sfn_dsl.simulate.running.invocations import QueueSource
from sfn_dsl.simulate.services.event_input import Target
from sfn_dsl.simulate.simulation import Machine
from sfn_dsl.simulate.world import World

__all__ = ["deploy"]

_CONCURRENCY: Final = 5
"""Batches that Lambda works off at once while a queue is not full."""
_FUNCTION_SECONDS: Final = 0.2
_INVOKING: Final = EventInvokeConfig(id="Default", function_name="")


def deploy(world: World, templates: Iterable[Template], machines: Iterable[Machine]) -> None:
    """Make in a world what templates hold, and put machines into it with the alias `live`.

    Functions run their own generated text. Raises DeclarationError for a reference that leads nowhere, ServiceError for what AWS
    would refuse.
    """
    templates = list(templates)
    for template in templates:
        for resource in template.resources:
            _found(world, template, resource)
    for machine in machines:
        deployed = world.deploy(machine.program, name=machine.name, region=machine.region, type=machine.type, arn=machine.arn)
        world.alias(LIVE, deployed)
    for template in templates:
        for resource in template.resources:
            if isinstance(resource, Function):
                _function(world, template, resource)
    for template in templates:
        for resource in template.resources:
            _listen(world, template, resource)


def _found(world: World, template: Template, resource: object) -> None:
    """What others are bound to: buses, queues, topics, tables, groups."""
    place = world.place(template.target.region)
    match resource:
        case EventBus():
            place.events.create_bus(resource.name)
        case Queue():
            place.sqs.create_queue(
                resource.queue_name,
                visibility_timeout=resource.visibility_timeout_seconds,
                retention=resource.message_retention_seconds,
                now=world.now,
            )
        case Topic():
            place.sns.create_topic(resource.topic_name)
        case ScheduleGroup():
            place.scheduler.create_group(resource.name)
        case Table():
            _table(world, place, resource)
        case _:
            pass


def _table(world: World, place: Place, table: Table) -> None:
    keys = [key.name for key in (table.partition_key, table.sort_key) if key is not None]
    indexes = {
        index.name: (index.partition_key.name, index.sort_key.name if index.sort_key is not None else None)
        for index in table.indexes
    }
    types = {key.name: key.type for key in table.attributes if key.type != "S"}
    if not table.replicas:
        place.dynamodb.create_table(table.table_name, *keys, indexes=indexes, key_types=types)
        return
    world.global_table(
        table.table_name,
        keys,
        table.replicas,
        consistency=table.multi_region_consistency,
        witness=table.witness_region,
        indexes=indexes,
        key_types=types,
    )


def _function(world: World, template: Template, function: Function) -> None:
    place = world.place(template.target.region)
    invoking = next(
        (
            one
            for one in template.resources
            if isinstance(one, EventInvokeConfig) and resolve(one.function_name, template) == function.function_name
        ),
        _INVOKING,
    )
    environment = {name: resolve(value, template) for name, value in function.environment.items()}
    environment["AWS_REGION"] = place.name
    handler = load_handler(function.source, WorldClients(world, place), environment)
    place.functions.create(
        function.function_name,
        handler,
        memory=function.memory_size,
        seconds=_FUNCTION_SECONDS,
        timeout=function.timeout,
        reserved_concurrency=function.reserved_concurrent_executions,
        retries=invoking.maximum_retry_attempts,
        max_age=invoking.maximum_event_age_in_seconds,
        on_failure=_text(invoking.on_failure_arn, template),
    )


def _listen(world: World, template: Template, resource: object) -> None:
    """What brings something somewhere: rules, schedules, subscriptions, mappings."""
    place = world.place(template.target.region)
    match resource:
        case Rule():
            targets = [_target(one, template) for one in resource.targets]
            pattern = resolve(dict(resource.event_pattern), template)
            place.events.put_rule(resource.name, resource.event_bus_name, pattern, targets, enabled=resource.state == "ENABLED")
        case Schedule():
            _schedule(place, template, resource)
        case Subscription():
            queue = parse_arn(resolve(resource.endpoint, template))
            assert queue is not None
            topics = world.place(resource.topic_region) if resource.topic_region else place
            topics.sns.subscribe_queue(
                resolve(resource.topic_arn, template),
                place.sqs,
                queue.resource,
                raw=resource.raw_message_delivery,
                filter_policy=_json(resource.filter_policy, template),
                filter_scope=resource.filter_policy_scope,
            )
        case EventSourceMapping():
            function = place.functions.find(resolve(resource.function_name, template))
            source = parse_arn(resolve(resource.event_source_arn, template))
            assert function is not None
            assert source is not None
            world.map_queue(
                QueueSource(
                    queue=place.sqs.queues[source.resource],
                    function=function,
                    batch=resource.batch_size,
                    concurrency=resource.maximum_concurrency or _CONCURRENCY,
                    reports_failures=resource.report_batch_item_failures,
                )
            )
        case _:
            pass


def _target(target: RuleTarget, template: Template) -> Target:
    retry = target.retry or RetryPolicy()
    made = target.input_transformer
    return Target(
        id=target.id,
        arn=resolve(target.arn, template),
        input=_text(target.input, template),
        input_path=target.input_path,
        input_paths=dict(made.input_paths) if made is not None else None,
        input_template=resolve(made.input_template, template) if made is not None else None,
        role_arn=_text(target.role_arn, template),
        retry_attempts=retry.maximum_retry_attempts,
        max_age=retry.maximum_event_age_in_seconds,
        dead_letter=_text(target.dead_letter_arn, template),
    )


def _schedule(place: Place, template: Template, schedule: Schedule) -> None:
    retry = schedule.retry or RetryPolicy()
    place.scheduler.create_schedule(
        schedule.name,
        expression=schedule.schedule_expression,
        timezone=schedule.schedule_expression_timezone,
        target=resolve(schedule.target_arn, template),
        role_arn=resolve(schedule.role_arn, template),
        group=schedule.group_name,
        input=_text(schedule.input, template),
        retry_attempts=retry.maximum_retry_attempts,
        max_age=retry.maximum_event_age_in_seconds,
        dead_letter=_text(schedule.dead_letter_arn, template),
        enabled=schedule.state == "ENABLED",
    )


def _text(value: object, template: Template) -> str | None:
    return None if value is None else str(resolve(value, template))  # type: ignore[call-overload]


def _json(value: Mapping[str, object] | None, template: Template) -> Mapping[str, Json] | None:
    found: Mapping[str, Json] | None = None if value is None else resolve(dict(value), template)  # type: ignore[arg-type]
    return found
