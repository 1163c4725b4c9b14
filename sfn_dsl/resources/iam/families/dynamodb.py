"""Amazon DynamoDB: `dynamodb` and `aws-sdk:dynamodb`, with tables, indexes, batches, transactions and PartiQL."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.arguments import Argument, Known
from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import by_reference
from sfn_dsl.resources.iam.names import iam_action
from sfn_dsl.resources.iam.reference import resource_types

__all__ = ["dynamodb"]

_TRANSACTION = {
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_STATEMENTS = {"SELECT": "PartiQLSelect", "INSERT": "PartiQLInsert", "UPDATE": "PartiQLUpdate", "DELETE": "PartiQLDelete"}


@family("dynamodb")
def dynamodb(call: Call) -> Iterator[Need]:
    """Actions on the table; of a query or scan, on the index where one is named."""
    match call.action:
        case "batchGetItem" | "batchWriteItem":
            yield from _batch(call)
        case "transactGetItems" | "transactWriteItems":
            yield from _transaction(call)
        case "executeStatement":
            yield from _partiql(call, call.arguments.member("Statement"))
        case "batchExecuteStatement" | "executeTransaction":
            listed = call.arguments.member("Statements" if call.action == "batchExecuteStatement" else "TransactStatements")
            for one in (listed.elements() if listed else ()) or (None,):
                yield from _partiql(call, one.member("Statement") if one else None)
        case "query" | "scan":
            yield from _read(call)
        case _:
            action = iam_action("dynamodb", call.action)
            kinds = {kind.name for kind in resource_types("dynamodb", action, call.target) or ()}
            if kinds == {"table"}:
                yield call.needs(action, on=call.place("TableName", "table/"))
            else:
                yield by_reference(call, action)


def _read(call: Call) -> Iterator[Need]:
    action = call.action.capitalize()
    table, index = call.place("TableName", "table/"), call.known("IndexName")
    if index is not None:
        why = table.why or ("" if index.text is not None else "`IndexName` is only known at run time")
        yield call.needs(action, on=Place(f"{table.arn}/index/{index.pattern}", why))
    if index is None or index.text is None:
        yield call.needs(action, on=table)


def _table(call: Call, known: Known | None) -> Place:
    return call.locate(known, "TableName", "table/")


def _batch(call: Call) -> Iterator[Need]:
    action = "BatchGetItem" if call.action == "batchGetItem" else "BatchWriteItem"
    items = call.arguments.member("RequestItems")
    names = [name for name, _ in items.members()] if items else []
    if not names:
        yield call.needs(action, on=Place(call.arn("table/*"), "`RequestItems` is only known at run time"))
    for name in sorted(names):
        yield call.needs(action, on=_table(call, Known((name,))))


def _transaction(call: Call) -> Iterator[Need]:
    items = call.arguments.member("TransactItems")
    elements: tuple[Argument, ...] = items.elements() if items else ()
    found = [(kind, inner) for one in elements for kind, inner in one.members() if kind in _TRANSACTION]
    for kind, inner in found:
        name = inner.member("TableName")
        yield call.needs(_TRANSACTION[kind], on=_table(call, name.known if name else None))
    if not found or any(one.open for one in elements):
        kinds = ["Get"] if call.action == "transactGetItems" else ["Put", "Update", "Delete", "ConditionCheck"]
        where = Place(call.arn("table/*"), "`TransactItems` is only known at run time")
        yield call.needs(*(_TRANSACTION[kind] for kind in kinds), on=where)


def _partiql(call: Call, statement: Argument | None) -> Iterator[Need]:
    start = statement.known.start.lstrip().partition(" ")[0].upper() if statement else ""
    actions = (_STATEMENTS[start],) if start in _STATEMENTS else tuple(_STATEMENTS.values())
    where = Place(call.arn("table/*"), "the text of the statement names the table")
    yield call.needs(*actions, on=where)
