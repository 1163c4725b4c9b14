"""Services for what definitions name: tables, queues, topics and buses are there when a simulation begins.

Only names that stand in a definition as they are count; what is computed at run time is answered by samples, unless the world is
given it. A table's key is taken from what the definitions do with it: the `Key` of reads and updates, or what a conditional put
looks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sfn_dsl.asl.model import UNSET, Json, StateMachine, Task
from sfn_dsl.asl.walk import walk
from sfn_dsl.simulate.place import Place
from sfn_dsl.simulate.program.resource import Resource, task_resource
from sfn_dsl.simulate.world import World

__all__ = ["provide"]

_NOT_EXISTS = re.compile(r"attribute_not_exists\s*\(\s*([\w.#-]+)\s*\)")


def provide(world: World) -> None:
    """Make what the machines of a world name, in the Region of each machine."""
    for deployed in world.machines.values():
        _tables(deployed.region, deployed.program.machine)
        for resource, arguments in _calls(deployed.program.machine):
            _others(deployed.region, resource, arguments)


def _calls(machine: StateMachine) -> Iterator[tuple[Resource, Mapping[str, Any]]]:
    """The service calls of a machine with their payload templates."""
    for _, state in walk(machine):
        if isinstance(state, Task) and state.resource is not UNSET:
            template = state.arguments if state.arguments is not UNSET else state.parameters
            if isinstance(template, dict):
                yield task_resource(state.resource), template


def _is_plain(value: object) -> bool:
    return isinstance(value, str) and not value.startswith(("{%", "$", "States."))


def _tables(place: Place, machine: StateMachine) -> None:
    keys: dict[str, tuple[str, ...]] = {}
    guesses: dict[str, tuple[str, ...]] = {}
    for resource, arguments in _calls(machine):
        if resource.service == "dynamodb":
            for part in _parts(arguments):
                name = part.get("TableName")
                if not _is_plain(name):
                    continue
                table = str(name).rpartition("/")[2]
                key = part.get("Key")
                if isinstance(key, dict) and key:
                    keys.setdefault(table, tuple(member.removesuffix(".$") for member in key))
                elif "Item" in part:
                    guesses.setdefault(table, _guess(part))
    for table, names in {**guesses, **keys}.items():
        if names and len(names) <= 2 and table not in place.dynamodb.tables:
            place.dynamodb.create_table(table, *names)


def _parts(arguments: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A request, or the requests of a transaction."""
    yield arguments
    items = arguments.get("TransactItems")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            yield from (part for part in item.values() if isinstance(part, dict))


def _guess(part: Mapping[str, Json]) -> tuple[str, ...]:
    """The key of an item that is put on condition that it does not exist; else the item's first attribute."""
    names = part.get("ExpressionAttributeNames")
    condition = _NOT_EXISTS.search(str(part.get("ConditionExpression", "")))
    if condition is not None:
        known = names if isinstance(names, dict) else {}
        return (str(known.get(condition[1], condition[1])),)
    item = part.get("Item")
    return tuple(list(item)[:1]) if isinstance(item, dict) else ()


def _others(place: Place, resource: Resource, arguments: Mapping[str, Any]) -> None:
    match resource.service:
        case "sqs" if _is_plain(arguments.get("QueueUrl")):
            name = str(arguments["QueueUrl"]).rpartition("/")[2]
            if name not in place.sqs.queues:
                place.sqs.create_queue(name)
        case "sns" if _is_plain(arguments.get("TopicArn")):
            arn = str(arguments["TopicArn"])
            if arn not in place.sns.topics and f":{place.name}:" in arn:
                place.sns.create_topic(arn.rpartition(":")[2])
        case "events" | "eventbridge" if isinstance(arguments.get("Entries"), list):
            for entry in arguments["Entries"]:
                bus = entry.get("EventBusName") if isinstance(entry, dict) else None
                name = str(bus).rpartition("/")[2]
                if _is_plain(bus) and name not in place.events.buses:
                    place.events.create_bus(name)
