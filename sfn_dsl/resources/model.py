"""All resources that a template can hold, under one name: a closed set."""

from __future__ import annotations

from typing import TypeAlias

from sfn_dsl.resources.element import Element, RetryPolicy
from sfn_dsl.resources.functions import EventInvokeConfig, EventSourceMapping, Function, Permission
from sfn_dsl.resources.identity import ManagedPolicy, Policy, Role
from sfn_dsl.resources.machines import (
    Deployment,
    MachineEncryption,
    MachineLogging,
    StateMachine,
    StateMachineAlias,
    StateMachineVersion,
)
from sfn_dsl.resources.messaging import (
    Archive,
    Endpoint,
    EventBus,
    EventBusPolicy,
    InputTransformer,
    Queue,
    QueuePolicy,
    Redrive,
    Rule,
    RuleTarget,
    Subscription,
    Topic,
    TopicPolicy,
)
from sfn_dsl.resources.monitoring import Alarm, Comparison, CompositeAlarm, Dashboard
from sfn_dsl.resources.references import Arn, Joined, Name, Reference, Text, Url, Value
from sfn_dsl.resources.scheduling import Schedule, ScheduleGroup
from sfn_dsl.resources.storage import Bucket, Key, LogGroup, SecondaryIndex, Table

__all__ = [
    "Alarm",
    "Archive",
    "Arn",
    "Bucket",
    "Comparison",
    "CompositeAlarm",
    "Dashboard",
    "Deployment",
    "Element",
    "Endpoint",
    "EventBus",
    "EventBusPolicy",
    "EventInvokeConfig",
    "EventSourceMapping",
    "Function",
    "InputTransformer",
    "Joined",
    "Key",
    "LogGroup",
    "MachineEncryption",
    "MachineLogging",
    "ManagedPolicy",
    "Name",
    "NamedResource",
    "Permission",
    "Policy",
    "Queue",
    "QueuePolicy",
    "Redrive",
    "Reference",
    "Resource",
    "RetryPolicy",
    "Role",
    "Rule",
    "RuleTarget",
    "Schedule",
    "ScheduleGroup",
    "SecondaryIndex",
    "StateMachine",
    "StateMachineAlias",
    "StateMachineVersion",
    "Subscription",
    "Table",
    "Text",
    "Topic",
    "TopicPolicy",
    "Unnamed",
    "Url",
    "Value",
]

NamedResource: TypeAlias = (
    Alarm
    | Archive
    | Bucket
    | CompositeAlarm
    | Dashboard
    | Endpoint
    | EventBus
    | Function
    | LogGroup
    | ManagedPolicy
    | Queue
    | Role
    | Rule
    | Schedule
    | ScheduleGroup
    | StateMachine
    | StateMachineAlias
    | Table
    | Topic
)
"""Resources with a `name` of ours, and so an ARN that is known before they exist."""

Unnamed: TypeAlias = (
    EventBusPolicy
    | EventInvokeConfig
    | EventSourceMapping
    | Permission
    | QueuePolicy
    | StateMachineVersion
    | Subscription
    | TopicPolicy
)
"""Resources that belong to another one."""

Resource: TypeAlias = NamedResource | Unnamed
