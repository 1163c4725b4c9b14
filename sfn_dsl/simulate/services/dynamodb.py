"""DynamoDB in memory: the item operations that Step Functions can call, with AWS's checks, errors and atomicity.

Not simulated: capacity and throttling, streams, projections of indexes (they hold all attributes), eventual consistency,
parameters older than expressions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import ClassVar

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.services.dynamodb_binding import Binding, Steps
from sfn_dsl.simulate.services.dynamodb_evaluation import project
from sfn_dsl.simulate.services.dynamodb_query import query, scan
from sfn_dsl.simulate.services.dynamodb_table import Index, Key, Table
from sfn_dsl.simulate.services.dynamodb_values import Item, copied, invalid, refused
from sfn_dsl.simulate.services.dynamodb_writes import Change, ConditionalCheckFailed, Write, prepare, require
from sfn_dsl.simulate.services.service_error import ServiceError

__all__ = ["ConditionalCheckFailed", "DynamoDB", "TransactionCanceled"]

_TOKEN_SECONDS = 600
_TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]+")
_TABLE_ARN = re.compile(r"arn:[^:]+:dynamodb:([^:]+):([^:]+):table/([^/]+)")
_ACTIONS = ("ConditionCheck", "Put", "Delete", "Update")
_MANY = "Transaction request cannot include multiple operations on one item"


class TransactionCanceled(ServiceError):
    """A transaction that changed nothing; `reasons` has one entry per action (Code, Message, Item)."""

    def __init__(self, reasons: list[dict[str, Json]]) -> None:
        codes = ", ".join(str(reason["Code"]) for reason in reasons)
        message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
        super().__init__("TransactionCanceledException", message)
        self.reasons = reasons


class DynamoDB:
    """The tables of one account and Region."""

    operations: ClassVar[frozenset[str]] = frozenset(
        {
            "BatchGetItem",
            "BatchWriteItem",
            "DeleteItem",
            "GetItem",
            "PutItem",
            "Query",
            "Scan",
            "TransactGetItems",
            "TransactWriteItems",
            "UpdateItem",
        }
    )

    def __init__(self, *, region: str, account: str) -> None:
        self.region = region
        self.account = account
        self.tables: dict[str, Table] = {}
        # Of each transaction's ClientRequestToken: when it was used, and for what.
        self._tokens: dict[str, tuple[float, str]] = {}

    def create_table(
        self,
        name: str,
        partition_key: str,
        sort_key: str | None = None,
        *,
        ttl_attribute: str | None = None,
        indexes: Mapping[str, tuple[str, str | None]] = MappingProxyType({}),
        key_types: Mapping[str, str] = MappingProxyType({}),
    ) -> Table:
        """A new table. `indexes`: partition and sort key by index name; `key_types`: `N` or `B` of key attributes, others are `S`.

        Raises ValueError for a name that is taken.
        """
        found = {index: Index(index, *keys) for index, keys in sorted(indexes.items())}
        table = Table(name, Index("", partition_key, sort_key), found, dict(key_types), ttl_attribute)
        self.add_table(table)
        return table

    def add_table(self, table: Table) -> None:
        """Have a table that other Regions have too. Raises ValueError for a name that is taken."""
        if table.name in self.tables:
            raise ValueError(f"there is already a table {table.name}")
        self.tables[table.name] = table

    def call(self, operation: str, arguments: Mapping[str, Json], now: float) -> Json:
        """Answer an API call at `now` (epoch seconds). Raises ServiceError."""
        match operation:
            case "PutItem" | "UpdateItem" | "DeleteItem":
                change = prepare(operation.removesuffix("Item"), arguments, self._written).change()
                change.apply()
                return {"Attributes": copied(change.attributes)} if change.attributes else {}
            case "GetItem":
                return self._get(arguments)
            case "Query":
                return self._rows(arguments, "KeyConditionExpression", "FilterExpression", "ProjectionExpression")
            case "Scan":
                return self._rows(arguments, "FilterExpression", "ProjectionExpression")
            case "TransactWriteItems":
                return self._transact_write(arguments, now)
            case "TransactGetItems":
                return self._transact_get(arguments)
            case "BatchGetItem":
                return self._batch_get(arguments)
            case "BatchWriteItem":
                return self._batch_write(arguments)
        raise ServiceError("NotSimulated", f"The operation {operation} of DynamoDB is not simulated")

    def _written(self, name: Json) -> Table:
        """The table of a write. Raises ServiceError."""
        return self._table(name, writes=True)

    def _table(self, name: Json, *, writes: bool = False) -> Table:
        """The table of a TableName, which may be an ARN. Raises ServiceError."""
        text = str(name)
        arn = _TABLE_ARN.fullmatch(text)
        if arn:
            text = arn[3] if (arn[1], arn[2]) == (self.region, self.account) else ""
        else:
            if not text:
                raise refused(text, "tableName", "have length greater than or equal to 1")
            if not _TABLE_NAME.fullmatch(text):
                raise refused(text, "tableName", "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
            if len(text) > 255:
                raise refused(text, "tableName", "have length less than or equal to 255")
        if text not in self.tables:
            raise ServiceError("ResourceNotFoundException", "Requested resource not found")
        table = self.tables[text]
        if table.admit is not None:
            table.admit(self.region, writes=writes)
        return table

    def _reader(self, arguments: Mapping[str, Json], within: str = "") -> tuple[Table, Key, tuple[Steps, ...] | None]:
        require(arguments, "TableName", "Key", within=within)
        paths = _projection(arguments)
        table = self._table(arguments["TableName"])
        return table, table.key_of(table.lookup(arguments["Key"])), paths

    def _get(self, arguments: Mapping[str, Json]) -> Json:
        table, key, paths = self._reader(arguments)
        return _answer(table.items.get(key), paths)

    def _rows(self, arguments: Mapping[str, Json], *expressions: str) -> Json:
        require(arguments, "TableName")
        binding = Binding(arguments, expressions)
        read = query if len(expressions) == 3 else scan
        return read(lambda: self._table(arguments["TableName"]), arguments, binding)

    def _transact_write(self, arguments: Mapping[str, Json], now: float) -> Json:
        require(arguments, "TransactItems")
        entries = _limited(arguments["TransactItems"])
        token = arguments.get("ClientRequestToken")
        if token is not None and self._repeated(str(token), json.dumps(entries, sort_keys=True), now):
            return {}
        writes: list[Write] = []
        for number, entry in enumerate(entries, 1):
            actions = [name for name in _ACTIONS if entry.get(name) is not None]
            if len(actions) != 1:
                raise invalid(
                    "TransactItems can only contain one of Check, Put, Update or Delete"
                    if actions
                    else "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"
                )
            name = actions[0]
            within = f"transactItems.{number}.member.{name[0].lower()}{name[1:]}."
            writes.append(prepare(name, entry[name], self._written, within))
        self._refuse_repeated_targets((write.table, _target(write)) for write in writes)
        changes: list[Change] = []
        reasons: list[dict[str, Json]] = []
        for write in writes:
            try:
                changes.append(write.change())
                reasons.append({"Code": "None"})
            except ConditionalCheckFailed as failure:
                item = {"Item": failure.item} if failure.item else {}
                reasons.append({"Code": "ConditionalCheckFailed", "Message": failure.message, **item})
            except ServiceError as failure:
                reasons.append({"Code": "ValidationError", "Message": failure.message})
        if len(changes) < len(writes):
            raise TransactionCanceled(reasons)
        for change in changes:
            change.apply()
        if token is not None:
            self._tokens[str(token)] = (now, json.dumps(entries, sort_keys=True))
        return {}

    def _repeated(self, token: str, request: str, now: float) -> bool:
        """Whether this transaction was made within ten minutes. Raises ServiceError when another one used the token."""
        used = self._tokens.get(token)
        if used is None or now - used[0] > _TOKEN_SECONDS:
            return False
        if used[1] != request:
            raise ServiceError(
                "IdempotentParameterMismatchException",
                "DynamoDB rejected the request because you retried a request with a different payload but with an idempotent "
                "token that was already used.",
            )
        return True

    def _refuse_repeated_targets(self, targets: Iterable[tuple[Table, str]]) -> None:
        seen: set[tuple[str, str]] = set()
        for table, key in targets:
            if (table.name, key) in seen:
                raise invalid(_MANY)
            seen.add((table.name, key))

    def _transact_get(self, arguments: Mapping[str, Json]) -> Json:
        require(arguments, "TransactItems")
        responses: list[Json] = []
        for number, entry in enumerate(_limited(arguments["TransactItems"]), 1):
            table, key, paths = self._reader(entry.get("Get") or {}, f"transactItems.{number}.member.get.")
            responses.append(_answer(table.items.get(key), paths))
        return {"Responses": responses}

    def _batch_get(self, arguments: Mapping[str, Json]) -> Json:
        require(arguments, "RequestItems")
        requests = arguments["RequestItems"]
        if sum(len(request.get("Keys") or ()) for request in requests.values()) > 100:
            raise invalid("Too many items requested for the BatchGetItem call")
        responses: dict[str, Json] = {}
        for name, request in requests.items():
            paths = _projection(request)
            table = self._table(name)
            keys = [table.key_of(table.lookup(key)) for key in request.get("Keys") or ()]
            if not keys:
                raise invalid("The list of keys in RequestItems for BatchGetItem is required")
            if len(set(keys)) < len(keys):
                raise invalid("Provided list of item keys contains duplicates")
            found = [table.items[key] for key in keys if key in table.items]
            responses[name] = [_answer(item, paths)["Item"] for item in found]
        return {"Responses": responses, "UnprocessedKeys": {}}

    def _batch_write(self, arguments: Mapping[str, Json]) -> Json:
        require(arguments, "RequestItems")
        requests = arguments["RequestItems"]
        if sum(len(entries or ()) for entries in requests.values()) > 25:
            raise invalid("Too many items requested for the BatchWriteItem call")
        changes: list[Change] = []
        for name, entries in requests.items():
            if not entries:
                raise invalid("The batch write request list for a table cannot be null or empty")
            for entry in entries:
                action = "Put" if entry.get("PutRequest") is not None else "Delete"
                request = entry.get(f"{action}Request")
                if request is None:
                    raise invalid("Supplied AttributeValue has no PutRequest or DeleteRequest")
                changes.append(prepare(action, {**request, "TableName": name}, self._written).change())
        if len({(change.table.name, change.key) for change in changes}) < len(changes):
            raise invalid("Provided list of item keys contains duplicates")
        for change in changes:
            change.apply()
        return {"UnprocessedItems": {}}


def _projection(arguments: Mapping[str, Json]) -> tuple[Steps, ...] | None:
    binding = Binding(arguments, ("ProjectionExpression",))
    text = arguments.get("ProjectionExpression")
    paths = None if text is None else binding.projection(text)
    binding.finish()
    return paths


def _answer(item: Item | None, paths: tuple[Steps, ...] | None) -> dict[str, Json]:
    if item is None:
        return {}
    return {"Item": copied(item if paths is None else project(item, paths))}


def _limited(entries: Json) -> list[Mapping[str, Json]]:
    rule = "greater than or equal to 1" if not entries else "less than or equal to 100" if len(entries) > 100 else ""
    if rule:
        raise refused(json.dumps(entries, separators=(",", ":")), "transactItems", f"have length {rule}")
    return list(entries)


def _target(write: Write) -> str:
    names = write.table.primary.attributes
    return json.dumps([write.subject.get(name) for name in names])
