"""A DynamoDB table in memory: its keys, its items in order, its secondary indexes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.services.dynamodb_values import Item, Value, equal, invalid, item_of, sort_key, type_of

__all__ = ["Admission", "Index", "Key", "Table"]

Key = tuple[str, str]
"""What identifies an item: the contents of its partition key and its sort key (empty where there is none)."""

_KEY_TYPES = frozenset("SNB")
_MISMATCH = "The provided key element does not match the schema"
_EMPTY_INDEX_KEY = (
    "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue "
    "for a key attribute cannot contain an empty {word} value. IndexName: {index}, IndexKey: {name}"
)
_EMPTY_WORDS = {"S": "string", "B": "binary"}


@dataclass(frozen=True, slots=True)
class Index:
    """A table's own order or a secondary index with all attributes. `name` is empty for the table."""

    name: str
    partition_key: str
    sort_key: str | None = None

    @property
    def attributes(self) -> tuple[str, ...]:
        """The key attributes, partition key first."""
        return (self.partition_key,) if self.sort_key is None else (self.partition_key, self.sort_key)


class Admission(Protocol):
    """Who may reach a table."""

    def __call__(self, region: str, *, writes: bool) -> None:
        """Raise ServiceError where a call from a Region cannot be answered."""


@dataclass(slots=True)
class Table:
    """Items by key. Items are never changed in place: whoever holds one keeps what it was.

    `changed` hears of each item that a call wrote (None: deleted), `admit` is asked before each call; both are for global tables.
    """

    name: str
    primary: Index
    indexes: Mapping[str, Index]
    key_types: Mapping[str, str]
    ttl_attribute: str | None = None
    items: dict[Key, Item] = field(default_factory=dict)
    changed: Callable[[Key, Item | None], None] | None = None
    admit: Admission | None = None

    def key_of(self, item: Item) -> Key:
        """The key of an item that was checked."""
        partition, *sort = (item[name][self.key_type(name)] for name in self.primary.attributes)
        return partition, sort[0] if sort else ""

    def key_type(self, attribute: str) -> str:
        """`S`, `N` or `B`."""
        return self.key_types.get(attribute, "S")

    def lookup(self, raw: Json) -> Item:
        """The key attributes of a request's Key. Raises ServiceError when they are not the table's."""
        key = item_of(raw)
        self.check_empty(key)
        if set(key) != set(self.primary.attributes) or any(type_of(key[name]) != self.key_type(name) for name in key):
            raise invalid(_MISMATCH)
        self._check_length(key)
        return key

    def check_item(self, item: Item) -> None:
        """Refuse an item whose key attributes, or those of an index, are missing or of another type."""
        for name in self.primary.attributes:
            if name not in item:
                raise invalid(f"One or more parameter values were invalid: Missing the key {name} in the item")
            self._check_type(f"key {name}", "expected: {} actual: {}", name, item)
        self.check_index_types(item)
        self._check_length(item)

    def check_index_types(self, item: Item) -> None:
        """Refuse an attribute that is a key of an index and has another type."""
        for index in self.indexes.values():
            for name in index.attributes:
                if name in item and name not in self.primary.attributes:
                    self._check_type(f"Index Key {name}", f"Expected: {{}} Actual: {{}} IndexName: {index.name}", name, item)

    def check_empty(self, item: Item) -> None:
        """Refuse empty texts and binaries in keys."""
        for name in self.primary.attributes:
            if name in item and _empty(item[name]):
                raise invalid(
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
                    f"{_EMPTY_WORDS[type_of(item[name])]} value. Key: {name}"
                )
        self.check_empty_index_keys(item, _EMPTY_INDEX_KEY)

    def check_empty_index_keys(self, item: Item, message: str) -> None:
        """Refuse empty texts and binaries in keys of indexes; the message may say {word}, {index} and {name}."""
        for index in self.indexes.values():
            for name in index.attributes:
                if name in item and _empty(item[name]):
                    raise invalid(message.format(word=_EMPTY_WORDS[type_of(item[name])], index=index.name, name=name))

    def _check_type(self, what: str, detail: str, name: str, item: Item) -> None:
        expected, actual = self.key_type(name), type_of(item[name])
        if expected != actual:
            said = detail.format(expected, actual)
            raise invalid(f"One or more parameter values were invalid: Type mismatch for {what} {said}")

    def _check_length(self, item: Item) -> None:
        limits = (
            (2048, "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
            (1024, "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"),
        )
        for name, (limit, message) in zip(self.primary.attributes, limits, strict=False):
            value = item[name]
            content = value[type_of(value)]
            size = len(base64.b64decode(content) if "B" in value else content.encode())
            if size > limit:
                raise invalid(f"One or more parameter values were invalid: {message}")

    def index(self, name: str | None) -> Index:
        """An index by name. Raises ServiceError."""
        if name is None:
            return self.primary
        if name not in self.indexes:
            raise invalid(f"The table does not have the specified index: {name}")
        return self.indexes[name]

    def is_global(self, index: Index) -> bool:
        """Whether an index has its own partition key."""
        return bool(index.name) and index.partition_key != self.primary.partition_key

    def rank(self, index: Index, item: Item) -> tuple[Any, ...]:
        """Where an item stands in the order of an index; AWS's order of partitions is not known, so they are sorted."""
        names = dict.fromkeys((*index.attributes, *self.primary.attributes))
        return tuple(sort_key(item[name]) for name in names)

    def rows(self, index: Index, partition: Value | None = None) -> list[Item]:
        """The items an index holds (of one partition), in its order."""
        found = [
            item
            for item in self.items.values()
            if all(name in item for name in index.attributes) and (partition is None or equal(item[index.partition_key], partition))
        ]
        return sorted(found, key=lambda item: self.rank(index, item))

    def position(self, index: Index, item: Item) -> Item:
        """What LastEvaluatedKey says of an item: the keys of the table and of the index."""
        return {name: item[name] for name in dict.fromkeys((*self.primary.attributes, *index.attributes))}

    def expire(self, now: float) -> list[Item]:
        """Delete and return the items whose time to live is over; AWS does so within days, so the caller says when."""
        attribute = self.ttl_attribute
        if attribute is None:
            return []
        five_years = 5 * 365 * 86400
        over = {
            key: item
            for key, item in self.items.items()
            if "N" in item.get(attribute, {}) and now - five_years < float(item[attribute]["N"]) <= now
        }
        for key in over:
            del self.items[key]
        return list(over.values())


def _empty(value: Value) -> bool:
    kind = type_of(value)
    return kind in _EMPTY_WORDS and value[kind] == ""
