"""Templates of several Regions as one root module of Terraform, in its JSON syntax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from sfn_dsl.asl.canonical import canonical
from sfn_dsl.asl.model import Json
from sfn_dsl.errors import DeclarationError
from sfn_dsl.resources.functions import EventInvokeConfig, EventSourceMapping, Function, Permission
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
from sfn_dsl.resources.scheduling import Schedule, ScheduleGroup
from sfn_dsl.resources.storage import Bucket, LogGroup, Table
from sfn_dsl.resources.template import Template
from sfn_dsl.resources.terraform_compute import compute, machines
from sfn_dsl.resources.terraform_data import monitoring, storage
from sfn_dsl.resources.terraform_messaging import events, messaging, scheduling
from sfn_dsl.resources.terraform_writing import Block, Module, escaped, label
from sfn_dsl.resources.writing import present

__all__ = ["to_json", "to_text"]


def to_json(templates: Sequence[Template]) -> dict[str, Json]:
    """The content of `main.tf.json`: providers by Region (`aws.us_east_1`), resources named `us_east_1_start_role`.

    Each call makes a whole root module, for a folder of its own. Raises DeclarationError for a reference that means nothing, and
    for two resources that would have one name.
    """
    providers: dict[str, Json] = {}
    archives: dict[str, Json] = {}
    outputs: dict[str, Json] = {}
    resources: dict[str, dict[str, Json]] = {}
    documents: dict[str, Json] = {}
    for template in templates:
        region = label(template.target.region)
        account = template.target.account
        elsewhere = {one.topic_region for one in template.resources if isinstance(one, Subscription) and one.topic_region}
        for place in (template.target.region, *sorted(elsewhere)):
            providers.setdefault(label(place), {"alias": label(place), "region": place, "allowed_account_ids": [account]})
        module = Module(template, documents)
        blocks = {resource.id: _blocks(resource, module) for resource in template.resources}
        for resource in template.resources:
            depends_on = [
                f"{block.type}.{module.label(template.resource(id))}{block.suffix}"
                for id in resource.depends_on
                for block in blocks[id]
            ]
            for block in blocks[resource.id]:
                name = module.label(resource) + block.suffix
                if name in resources.setdefault(block.type, {}):
                    raise DeclarationError(
                        f"two resources would be `{block.type}.{name}` in Terraform",
                        help="use logical ids that differ by more than case",
                    )
                arguments = {"provider": f"aws.{region}", "depends_on": depends_on, **present(block.arguments)}
                resources[block.type][name] = present(arguments)
            if isinstance(resource, Function):
                archives[module.label(resource)] = {
                    "type": "zip",
                    "output_path": f"${{path.module}}/{module.label(resource)}.zip",
                    "source": {"filename": "index.py", "content": escaped(resource.source)},
                }
        outputs.update({f"{region}_{label(name)}": {"value": module.text(value)} for name, value in template.outputs.items()})
    required = {"aws": {"source": "hashicorp/aws", "version": ">= 5.100"}}
    if archives:
        required["archive"] = {"source": "hashicorp/archive", "version": ">= 2.4"}
    return present(
        {
            "terraform": {"required_providers": required},
            "provider": {"aws": list(providers.values())},
            "locals": documents,
            "data": {"archive_file": archives} if archives else None,
            "resource": resources,
            "output": outputs,
        }
    )


def to_text(templates: Sequence[Template]) -> str:
    """The same as canonical JSON text: indent 2, a final newline."""
    return canonical(to_json(templates))


def _blocks(resource: Resource, module: Module) -> list[Block]:
    match resource:
        case Queue() | QueuePolicy() | Topic() | TopicPolicy() | Subscription():
            return messaging(resource, module)
        case EventBus() | EventBusPolicy() | Archive() | Rule() | Endpoint():
            return events(resource, module)
        case Schedule() | ScheduleGroup():
            return scheduling(resource, module)
        case Role() | ManagedPolicy() | Function() | Permission() | EventInvokeConfig() | EventSourceMapping():
            return compute(resource, module)
        case StateMachine() | StateMachineVersion() | StateMachineAlias():
            return machines(resource, module)
        case LogGroup() | Table() | Bucket():
            return storage(resource, module)
        case Alarm() | CompositeAlarm() | Dashboard():
            return monitoring(resource, module)
        case _:
            assert_never(resource)
