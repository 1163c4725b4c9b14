"""Aliases of state machines. Source: API reference, CreateStateMachineAlias and its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sfn_dsl.embedded.api_error import ApiError, invalid
from sfn_dsl.embedded.machines import MAX_ALIASES, Alias, Machine
from sfn_dsl.embedded.paging import page
from sfn_dsl.embedded.shelf import Moment, Shelf
from sfn_dsl.embedded.version_calls import version_arn

__all__ = [
    "alias_arn",
    "create_state_machine_alias",
    "delete_state_machine_alias",
    "describe_state_machine_alias",
    "list_state_machine_aliases",
    "update_state_machine_alias",
]

_ROUTING = "INVALID_ROUTING_CONFIGURATION"


def alias_arn(machine: Machine, name: str) -> str:
    """The ARN of an alias."""
    return f"{machine.arn}:{name}"


def create_state_machine_alias(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """CreateStateMachineAlias; the machine is that of the versions."""
    machine, routes = _routing(shelf, request["routingConfiguration"])
    name, description = request["name"], request.get("description") or ""
    alias = machine.aliases.get(name)
    if alias is not None and (alias.routes, alias.description) != (routes, description):
        raise ApiError(
            "ConflictException",
            "Failed to create alias because an alias with the same name and a different routing configuration already exists.",
        )
    if alias is None:
        if len(machine.aliases) >= MAX_ALIASES:
            raise ApiError("ServiceQuotaExceededException", f"A state machine has at most {MAX_ALIASES} aliases: '{machine.arn}'")
        alias = Alias(name=name, description=description, routes=routes, created=moment.time, updated=moment.time)
        shelf.put(replace(machine, aliases={**machine.aliases, name: alias}))
    return {"stateMachineAliasArn": alias_arn(machine, name), "creationDate": alias.created}


def update_state_machine_alias(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """UpdateStateMachineAlias."""
    machine, alias = _alias(shelf, request)
    shelf.changeable(machine.arn)
    if request.get("description") is None and request.get("routingConfiguration") is None:
        raise invalid("Either the description or the routing configuration must be specified", "MISSING_REQUIRED_PARAMETER")
    routes = alias.routes
    if request.get("routingConfiguration") is not None:
        owner, routes = _routing(shelf, request["routingConfiguration"])
        if owner.arn != machine.arn:
            raise invalid(f"The versions of an alias must be of its own state machine: '{machine.arn}'", _ROUTING)
    description = alias.description if request.get("description") is None else request["description"]
    if (routes, description) != (alias.routes, alias.description):
        alias = replace(alias, routes=routes, description=description, updated=moment.time)
        shelf.put(replace(machine, aliases={**machine.aliases, alias.name: alias}))
    return {"updateDate": alias.updated}


def describe_state_machine_alias(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """DescribeStateMachineAlias."""
    machine, alias = _alias(shelf, request)
    answer = {
        "stateMachineAliasArn": alias_arn(machine, alias.name),
        "name": alias.name,
        "routingConfiguration": [
            {"stateMachineVersionArn": version_arn(machine, number), "weight": weight} for number, weight in alias.routes
        ],
        "creationDate": alias.created,
        "updateDate": alias.updated,
    }
    return {**answer, "description": alias.description} if alias.description else answer


def delete_state_machine_alias(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """DeleteStateMachineAlias."""
    machine, alias = _alias(shelf, request)
    shelf.put(replace(machine, aliases={name: one for name, one in machine.aliases.items() if name != alias.name}))
    return {}


def list_state_machine_aliases(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """ListStateMachineAliases, by name; of a version only those that lead to it."""
    arn = shelf.read(request["stateMachineArn"])
    machine = shelf.changeable(arn.plain)
    found = [
        {"stateMachineAliasArn": alias_arn(machine, alias.name), "creationDate": alias.created}
        for alias in sorted(machine.aliases.values(), key=lambda one: one.name)
        if not arn.version or any(number == arn.version for number, _ in alias.routes)
    ]
    return page("stateMachineAliases", found, f"aliases {arn.text}", request)


def _alias(shelf: Shelf, request: Mapping[str, Any]) -> tuple[Machine, Alias]:
    arn = shelf.read(request["stateMachineAliasArn"])
    machine = shelf.machines.get(arn.plain)
    if machine is None or arn.alias not in machine.aliases:
        raise ApiError("ResourceNotFound", f"Request references a resource that does not exist: '{arn.text}'")
    return machine, machine.aliases[arn.alias]


def _routing(shelf: Shelf, given: list[Mapping[str, Any]]) -> tuple[Machine, tuple[tuple[int, int], ...]]:
    """The machine and the routes of a routing configuration. Raises ApiError."""
    arns = [shelf.read(route["stateMachineVersionArn"]) for route in given]
    weights = [route["weight"] for route in given]
    if sum(weights) != 100:
        raise invalid(f"Sum of routing configuration weights must equal 100: {weights}", _ROUTING)
    if (
        not all(arn.version for arn in arns)
        or len({arn.plain for arn in arns}) != 1
        or len({arn.text for arn in arns}) != len(arns)
    ):
        raise invalid("Routing configuration must have different versions of one state machine", _ROUTING)
    for arn in arns:
        if arn.plain not in shelf.machines or arn.version not in shelf.machines[arn.plain].versions:
            raise ApiError("ResourceNotFound", f"Request references a resource that does not exist: '{arn.text}'")
    return shelf.changeable(arns[0].plain), tuple((arn.version, weight) for arn, weight in zip(arns, weights, strict=True))
