"""The control table of a world, as the commands of operators use it."""

from __future__ import annotations

from typing import Any

from sfn_dsl.proof.proof_world import ProofWorld
from sfn_dsl.publish.table import Item
from sfn_dsl.simulate.clients import ClientError, WorldClients

__all__ = ["WorldTable"]

_REFUSED = "ConditionalCheckFailedException"


class WorldTable:
    """The copy in one Region, called from another. Raises ServiceError where it does not answer."""

    def __init__(self, world: ProofWorld, here: str, there: str) -> None:
        self._client = WorldClients(world, world.place(here)).client("dynamodb", region_name=there)
        self._name = world.deployment.table
        self._region = there

    @property
    def region(self) -> str:
        """The Region whose copy is asked."""
        return self._region

    def get(self, key: Item) -> Item | None:
        """The item of a key, None when there is none."""
        item: Item | None = self._client.get_item(TableName=self._name, Key=key, ConsistentRead=True).get("Item")
        return item

    def put(self, **request: Any) -> bool:
        """PutItem; False when the condition does not hold."""
        return self._write("put_item", request) is not None

    def update(self, **request: Any) -> Item | None:
        """UpdateItem; the new item, None when the condition does not hold."""
        return self._write("update_item", {**request, "ReturnValues": "ALL_NEW"})

    def query(self, **request: Any) -> list[Item]:
        """Query; the items of the first page, which holds all that a world has."""
        items: list[Item] = self._client.query(TableName=self._name, **request)["Items"]
        return items

    def _write(self, operation: str, request: dict[str, Any]) -> Item | None:
        try:
            answer = getattr(self._client, operation)(TableName=self._name, **request)
        except ClientError as error:
            if error.code == _REFUSED:
                return None
            raise
        attributes: Item = answer.get("Attributes", {})
        return attributes
