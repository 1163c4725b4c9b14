"""The control table as operators use it: four operations, and which Region to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from sfn_dsl.deployment import Deployment
from sfn_dsl.publish.clients import Clients, Declined, Unreachable

__all__ = ["ControlTable", "Item", "Table", "first_answer", "table_regions", "tables_of"]

Item: TypeAlias = "dict[str, dict[str, Any]]"
"""An item, or a part of one, in DynamoDB's form: `{"status": {"S": "READY"}}`."""
Answer = TypeVar("Answer")
Copy = TypeVar("Copy", bound="Table")

_REFUSED: Final = "ConditionalCheckFailedException"


class Table(Protocol):
    """A table. `request` holds members of DynamoDB's requests, without `TableName`; items are in DynamoDB's form."""

    @property
    def region(self) -> str:
        """The Region whose copy is asked."""

    def get(self, key: Item) -> Item | None:
        """The item of a key by a consistent read, None when there is none."""

    def put(self, **request: Any) -> bool:
        """PutItem; False when the condition does not hold."""

    def update(self, **request: Any) -> Item | None:
        """UpdateItem; the new item, None when the condition does not hold."""

    def query(self, **request: Any) -> list[Item]:
        """Query; the items of all pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTable:
    """The control table called `name`, as `region` has it."""

    clients: Clients
    region: str
    name: str

    def get(self, key: Item) -> Item | None:
        found = self.clients.call("dynamodb", self.region, "get_item", TableName=self.name, Key=key, ConsistentRead=True)
        return found.get("Item")

    def put(self, **request: Any) -> bool:
        return self._write("put_item", request) is not None

    def update(self, **request: Any) -> Item | None:
        return self._write("update_item", {**request, "ReturnValues": "ALL_NEW"})

    def query(self, **request: Any) -> list[Item]:
        items: list[Item] = []
        while True:
            page = self.clients.call("dynamodb", self.region, "query", TableName=self.name, **request)
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                return items
            request = {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _write(self, operation: str, request: dict[str, Any]) -> Item | None:
        """The new item (empty for a put), None when the condition does not hold."""
        try:
            answer = self.clients.call("dynamodb", self.region, operation, TableName=self.name, **request)
        except Declined as refusal:
            # Two writes that meet in a strongly consistent table are a conflict, which the client tries again by itself.
            if refusal.code != _REFUSED:
                raise
            return None
        attributes: Item = answer.get("Attributes", {})
        return attributes


def table_regions(deployment: Deployment, region: str) -> tuple[str, ...]:
    """Regions whose copy of the control table serves for work in a Region, in the order in which to try them.

    With an arbiter: the Region's own, then its neighbours, and the Region's peer last, for the peer is what is in trouble when
    somebody promotes. Any other table is asked where the work is done.
    """
    if deployment.gate != "arbiter":
        return (region,)
    peer, area = deployment.peer(region), region.rpartition("-")[0]

    def distance(replica: str) -> tuple[bool, bool, bool]:
        return (replica == peer, replica != region, replica.rpartition("-")[0] != area)

    return tuple(sorted(deployment.replicas, key=distance))


def first_answer(tables: Sequence[Copy], ask: Callable[[Copy], Answer], silent: Callable[[Unreachable], None]) -> Answer:
    """What the first table says whose Region answers. `silent` hears of those that do not.

    Raises Unreachable when none answers.
    """
    *others, last = tables
    for table in others:
        try:
            return ask(table)
        except Unreachable as fault:
            silent(fault)
    return ask(last)


def tables_of(clients: Clients, deployment: Deployment, regions: Iterable[str]) -> tuple[ControlTable, ...]:
    """The control table in some Regions."""
    return tuple(ControlTable(clients=clients, region=region, name=deployment.table) for region in regions)
