"""Templates as CloudFormation JSON."""

from __future__ import annotations

from typing import assert_never

from sfn_dsl.asl.canonical import canonical
from sfn_dsl.asl.model import Json
from sfn_dsl.resources.cloudformation_compute import compute, machines
from sfn_dsl.resources.cloudformation_data import monitoring, storage
from sfn_dsl.resources.cloudformation_messaging import events, messaging, scheduling
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
from sfn_dsl.resources.references import Arn, Joined, Name, Text, Url
from sfn_dsl.resources.scheduling import Schedule, ScheduleGroup
from sfn_dsl.resources.storage import Bucket, LogGroup, Table
from sfn_dsl.resources.template import Template, references, resolve
from sfn_dsl.resources.writing import Declaration, Writer, present

__all__ = ["to_json", "to_text"]


def to_json(template: Template) -> dict[str, Json]:
    """The template as a JSON object. Raises DeclarationError for a reference that means nothing."""
    made: dict[str, Json] = {"AWSTemplateFormatVersion": "2010-09-09"}
    if template.description:
        made["Description"] = template.description
    w = Writer(template, lambda text: _text(text, template))
    made["Resources"] = {resource.id: _resource(resource, w) for resource in template.resources}
    if template.outputs:
        made["Outputs"] = {name: {"Value": w.text(value)} for name, value in template.outputs.items()}
    return made


def to_text(template: Template) -> str:
    """The template as canonical JSON text: indent 2, resources in their order, a final newline."""
    return canonical(to_json(template))


def _resource(resource: Resource, w: Writer) -> dict[str, Json]:
    type, properties = _declaration(resource, w)
    made: dict[str, Json] = {"Type": type}
    named = {reference.id for reference in references(resource)}
    if depends_on := [id for id in resource.depends_on if id not in named]:
        made["DependsOn"] = depends_on
    if isinstance(resource, (Bucket, StateMachineVersion, Table)):
        made["DeletionPolicy"] = made["UpdateReplacePolicy"] = "Retain"
    made["Properties"] = present(properties)
    return made


def _declaration(resource: Resource, w: Writer) -> Declaration:
    match resource:
        case Queue() | QueuePolicy() | Topic() | TopicPolicy() | Subscription():
            return messaging(resource, w)
        case EventBus() | EventBusPolicy() | Archive() | Rule() | Endpoint():
            return events(resource, w)
        case Schedule() | ScheduleGroup():
            return scheduling(resource, w)
        case Role() | ManagedPolicy() | Function() | Permission() | EventInvokeConfig() | EventSourceMapping():
            return compute(resource, w)
        case StateMachine() | StateMachineVersion() | StateMachineAlias():
            return machines(resource, w)
        case LogGroup() | Table() | Bucket():
            return storage(resource)
        case Alarm() | CompositeAlarm() | Dashboard():
            return monitoring(resource, w)
        case _:
            assert_never(resource)


def _text(text: Text, template: Template) -> Json:
    match text:
        case str():
            return text
        case Joined():
            return _joined([_text(part, template) for part in text.parts])
        case Url():
            resolve(text, template)
            return {"Ref": text.id}
        case Arn():
            literal = resolve(text, template)
            match template.resource(text.id):
                case Dashboard():
                    return literal
                case ManagedPolicy() | Topic():
                    return {"Ref": text.id}
                case _:
                    return {"Fn::GetAtt": [text.id, "Arn"]}
        case Name():
            literal = resolve(text, template)
            match template.resource(text.id):
                case ManagedPolicy() | StateMachineAlias():
                    return literal
                case Queue():
                    return {"Fn::GetAtt": [text.id, "QueueName"]}
                case Topic():
                    return {"Fn::GetAtt": [text.id, "TopicName"]}
                case Rule():
                    return {"Fn::GetAtt": [text.id, "RuleName"]}
                case StateMachine():
                    return {"Fn::GetAtt": [text.id, "Name"]}
                case _:
                    return {"Ref": text.id}
        case _:
            assert_never(text)


def _joined(parts: list[Json]) -> Json:
    if all(isinstance(part, str) for part in parts):
        return "".join(parts)
    text = ""
    for part in parts:
        match part:
            case {"Ref": id}:
                text += f"${{{id}}}"
            case {"Fn::GetAtt": [id, attribute]}:
                text += f"${{{id}.{attribute}}}"
            case _:
                text += part.replace("${", "${!")
    return {"Fn::Sub": text}
