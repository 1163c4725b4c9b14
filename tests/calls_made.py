"""What a command asks AWS for, as IAM sees it: actions, ARNs and condition keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import Session

from sfn_dsl.publish import clients as clients_module
from sfn_dsl.resources.iam.evaluation import Needed, allows
from sfn_dsl.resources.iam.statement import Statement

ACCOUNT = "123456789012"
PREFIXES = {"stepfunctions": "states", "resourcegroupstaggingapi": "tag"}
# Operations whose action has another name; those that IAM does not ask for.
ACTIONS = {"sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility"}
_SESSION = Session()


def action_of(service: str, operation: str) -> str:
    """IAM's name of an operation of boto3."""
    names = _SESSION.get_service_model(service).operation_names
    name = next(name for name in names if xform_name(name) == operation)
    action = f"{PREFIXES.get(service, service)}:{name}"
    return ACTIONS.get(action, action)


@dataclass
class Recorded:
    """The calls of commands, in order."""

    calls: list[tuple[str, str, str, Mapping[str, Any]]] = field(default_factory=list)

    def needed(self, tags: Mapping[str, str] | None = None) -> Iterator[Needed]:
        for service, region, operation, arguments in self.calls:
            action = action_of(service, operation)
            for resource in _resources(service, region, operation, arguments):
                yield Needed(action=action, resource=resource, context={**_context(service, arguments), **(tags or {})})
            if operation in ("create_state_machine", "update_state_machine") and "roleArn" in arguments:
                context = {"iam:PassedToService": "states.amazonaws.com"}
                yield Needed(action="iam:PassRole", resource=arguments["roleArn"], context=context)

    def denied(self, statements: tuple[Statement, ...]) -> list[tuple[str, str, Mapping[str, str]]]:
        """What the statements do not allow."""
        return [
            (one.action, one.resource, one.context)
            for one in self.needed()
            if not allows(statements, one.action, one.resource, one.context)
        ]

    def actions(self) -> set[str]:
        return {one.action for one in self.needed()}


def record(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """Hear of all calls that commands make from now on."""
    found = Recorded()
    plain = clients_module.Clients.call

    def call(self: Any, service: str, region: str, operation: str, /, **arguments: Any) -> Any:
        found.calls.append((service, region, operation, arguments))
        return plain(self, service, region, operation, **arguments)

    monkeypatch.setattr(clients_module.Clients, "call", call)
    return found


def _arn(service: str, region: str, resource: str) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


def _unqualified(arn: str) -> str:
    """Versions and aliases are authorised by their machine."""
    return ":".join(arn.split(":")[:7])


def _resources(service: str, region: str, operation: str, arguments: Mapping[str, Any]) -> list[str]:
    match service, operation:
        case "sts" | "resourcegroupstaggingapi", _:
            return ["*"]
        case "cloudwatch", "describe_alarms":
            # One that is asked for by the beginning of its name stands for all of them.
            names = arguments.get("AlarmNames") or [arguments["AlarmNamePrefix"]]
            return [_arn("cloudwatch", region, f"alarm:{name}") for name in names]
        case "iam", "list_roles":
            return [f"arn:aws:iam::{ACCOUNT}:role/"]
        case "logs", "describe_log_groups":
            return [_arn("logs", region, "log-group::log-stream:")]
        case "sqs", "list_queues":
            return ["*"]
        case "sqs", _:
            return [_arn("sqs", region, arguments["QueueUrl"].rpartition("/")[2])]
        case "dynamodb", _:
            index = f"/index/{arguments['IndexName']}" if "IndexName" in arguments else ""
            return [_arn("dynamodb", region, f"table/{arguments['TableName']}{index}")]
        case "events", "put_events":
            return [_arn("events", region, f"event-bus/{entry['EventBusName']}") for entry in arguments["Entries"]]
        case "events", "list_targets_by_rule":
            bus = arguments["EventBusName"]
            return [_arn("events", region, f"rule/{arguments['Rule']}" if bus == "default" else f"rule/{bus}/{arguments['Rule']}")]
        case "s3", "put_object":
            return [f"arn:aws:s3:::{arguments['Bucket']}/{arguments['Key']}"]
        case "cloudformation", _:
            name = str(arguments.get("StackName") or arguments["ChangeSetName"].rpartition("/")[0])
            return [
                name
                if name.startswith("arn:aws:cloudformation") and ":stack/" in name
                else _arn(service, region, f"stack/{name}/1")
            ]
        case "stepfunctions", "create_state_machine":
            return [_arn("states", region, f"stateMachine:{arguments['name']}")]
        case "stepfunctions", "list_state_machines" | "validate_state_machine_definition":
            return ["*"]
        case "stepfunctions", "create_state_machine_alias":
            return [_unqualified(arguments["routingConfiguration"][0]["stateMachineVersionArn"])]
        case "stepfunctions", "describe_execution" | "get_execution_history":
            return [arguments["executionArn"]]
        case "stepfunctions", _:
            given = next(arguments[key] for key in arguments if key.endswith("Arn") and ":stateMachine:" in str(arguments[key]))
            return [_unqualified(given)]
    raise AssertionError(f"{service} {operation} has no known resource")


def _context(service: str, arguments: Mapping[str, Any]) -> dict[str, str]:
    if service != "dynamodb":
        return {}
    if "ExpressionAttributeValues" in arguments and "KeyConditionExpression" in arguments:
        return {"dynamodb:LeadingKeys": arguments["ExpressionAttributeValues"][":queue"]["S"]}
    key = arguments.get("Key") or arguments["Item"]
    return {"dynamodb:LeadingKeys": key["pk"]["S"]}
