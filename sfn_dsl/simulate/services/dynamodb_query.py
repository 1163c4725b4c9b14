"""DynamoDB's Query and Scan: key conditions, order, filters, pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.services.dynamodb_binding import Binding
from sfn_dsl.simulate.services.dynamodb_evaluation import holds, project
from sfn_dsl.simulate.services.dynamodb_nodes import And, Between, Call, Compare, In, Node, Not, Or, Path, Placeholder, children
from sfn_dsl.simulate.services.dynamodb_table import Index, Table
from sfn_dsl.simulate.services.dynamodb_values import Item, Value, copied, invalid, item_of, item_size, refused, type_of

__all__ = ["query", "scan"]

_KIND = "KeyConditionExpression"
_PAGE = 1_048_576
_SELECT = ("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")


def query(table_of: Callable[[], Table], arguments: Mapping[str, Json], binding: Binding) -> Json:
    """One page of the items of one partition. Expressions are checked before the table is asked for. Raises ServiceError."""
    text = arguments.get(_KIND)
    if text is None:
        raise invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    root = binding.condition(text, _KIND)
    conditions = _conditions(root, binding)
    filter_ = _filter(arguments, binding)
    projection = _projection(arguments, binding)
    binding.finish()
    table = table_of()
    index = table.index(arguments.get("IndexName"))
    partition, rest = _check_keys(table, index, conditions, binding)
    if filter_ is not None:
        _refuse_keys(filter_, index, binding)
    rows = [item for item in table.rows(index, partition) if all(holds(node, item, binding) for node in rest)]
    if arguments.get("ScanIndexForward") is False:
        rows.reverse()
    return _page(table, index, rows, arguments, binding, filter_, projection)


def scan(table_of: Callable[[], Table], arguments: Mapping[str, Json], binding: Binding) -> Json:
    """One page of all items. Raises ServiceError."""
    filter_ = _filter(arguments, binding)
    projection = _projection(arguments, binding)
    binding.finish()
    table = table_of()
    index = table.index(arguments.get("IndexName"))
    rows = table.rows(index)
    total, segment = arguments.get("TotalSegments"), arguments.get("Segment")
    if (total is None) != (segment is None):
        missing, present = ("Segment", "TotalSegments") if segment is None else ("TotalSegments", "Segment")
        raise invalid(
            f"The {missing} parameter is required but was not present in the request when "
            + (f"parameter {present} is present" if missing == "Segment" else "Segment parameter is present")
        )
    if total is not None and segment is not None:
        if segment >= total:
            raise invalid(
                "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
                f"Segment: {segment} is not less than TotalSegments: {total}"
            )
        partitions = list(dict.fromkeys(_content(item, index) for item in rows))
        mine = set(partitions[segment::total])
        rows = [item for item in rows if _content(item, index) in mine]
    return _page(table, index, rows, arguments, binding, filter_, projection)


def _content(item: Item, index: Index) -> str:
    value = item[index.partition_key]
    return str(value[type_of(value)])


def _filter(arguments: Mapping[str, Json], binding: Binding) -> Node | None:
    text = arguments.get("FilterExpression")
    return None if text is None else binding.condition(text, "FilterExpression")


def _projection(arguments: Mapping[str, Json], binding: Binding) -> tuple[tuple[str | int, ...], ...] | None:
    text = arguments.get("ProjectionExpression")
    return None if text is None else binding.projection(text)


def _conditions(root: Node, binding: Binding) -> dict[str, Node]:
    """The conditions of a key condition by attribute. Raises ServiceError for what cannot stand there."""
    found: dict[str, Node] = {}
    stack: list[Node] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, And):
            stack += node.operands[::-1]
            continue
        if isinstance(node, (Or, Not, In)):
            raise invalid(f"Invalid operator used in {_KIND}: {type(node).__name__.upper()}")
        if isinstance(node, Compare) and node.operator == "<>":
            raise invalid(f"Unsupported operator on {_KIND}: operator: <>")
        if isinstance(node, Call) and node.function != "begins_with":
            raise invalid(f"Invalid operator used in {_KIND}: {node.function}")
        path = _path(node)
        steps = binding.steps(path)
        if len(steps) > 1:
            raise invalid(f"Invalid {_KIND}: KeyConditionExpressions cannot have conditions on nested attributes")
        name = str(steps[0])
        if name in found:
            raise invalid(f"Invalid {_KIND}: KeyConditionExpressions must only contain one condition per key")
        found[name] = node
    return found


def _path(node: Node) -> Path:
    operands: tuple[Node, ...]
    match node:
        case Compare(left=left, right=right):
            operands = (left, right) if isinstance(left, Path) else (right, left)
        case Between(operand=operand, low=low, high=high):
            operands = (operand, low, high)
        case Call(arguments=arguments):
            operands = arguments
        case _:
            raise invalid(f"Invalid condition in {_KIND}")
    first, *others = operands
    if not isinstance(first, Path) or not all(isinstance(other, Placeholder) for other in others):
        raise invalid(f"Invalid condition in {_KIND}: a condition compares a key attribute with values")
    return first


def _check_keys(table: Table, index: Index, found: dict[str, Node], binding: Binding) -> tuple[Value, list[Node]]:
    """The partition asked for and what is left to check on each item. Raises ServiceError."""
    if len(found) > 2 or len(found) > len(index.attributes):
        if index.partition_key in found and len(found) > len(index.attributes):
            raise invalid(
                f"The number of query conditions ({len(found)}) exceeds the number of key attributes "
                f"defined in the schema ({len(index.attributes)})"
            )
        raise invalid("Conditions can be of length 1 or 2 only")
    for name in index.attributes[: len(found)]:
        if name not in found:
            raise invalid(f"Query condition missed key schema element: {name}")
    for name, node in found.items():
        for operand in _operands(node):
            value = binding.values[operand.name]
            if type_of(value) != table.key_type(name):
                raise invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
    equality = found.pop(index.partition_key)
    if not isinstance(equality, Compare) or equality.operator != "=":
        raise invalid("Query key condition not supported")
    return binding.values[_operands(equality)[0].name], list(found.values())


def _operands(node: Node) -> list[Placeholder]:
    nodes = {Compare: ("left", "right"), Between: ("low", "high")}.get(type(node), ())
    operands = node.arguments if isinstance(node, Call) else [getattr(node, name) for name in nodes]
    return [operand for operand in operands if isinstance(operand, Placeholder)]


def _refuse_keys(root: Node, index: Index, binding: Binding) -> None:
    """A query's filter may not look at the keys of its index."""
    stack: list[Node] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Path):
            name = binding.steps(node)[0]
            if name in index.attributes:
                raise invalid(f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {name}")
        stack += children(node)


def _page(
    table: Table,
    index: Index,
    rows: list[Item],
    arguments: Mapping[str, Json],
    binding: Binding,
    filter_: Node | None,
    projection: tuple[tuple[str | int, ...], ...] | None,
) -> Json:
    select = arguments.get("Select")
    if select is not None and select not in _SELECT:
        raise refused(select, "select", f"satisfy enum value set: [{', '.join(_SELECT)}]")
    if arguments.get("ConsistentRead") and table.is_global(index):
        raise invalid("Consistent reads are not supported on global secondary indexes")
    if select == "COUNT" and projection is not None:
        raise invalid("Cannot specify the ProjectionExpression when choosing to get only the Count")
    limit = arguments.get("Limit")
    if limit is not None and limit < 1:
        raise invalid(
            "1 validation error detected: Value at 'Limit' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1"
        )
    start = arguments.get("ExclusiveStartKey")
    if start is not None:
        rows = _after(table, index, rows, item_of(start), backward=arguments.get("ScanIndexForward") is False)
    items: list[Item] = []
    scanned = size = 0
    last: Item | None = None
    for item in rows:
        scanned += 1
        size += item_size(item)
        if filter_ is None or holds(filter_, item, binding):
            items.append(item)
        if scanned == limit or size >= _PAGE:
            last = item
            break
    result: dict[str, Json] = {"Count": len(items), "ScannedCount": scanned}
    if select != "COUNT":
        result = {"Items": [copied(item if projection is None else project(item, projection)) for item in items], **result}
    if last is not None:
        result["LastEvaluatedKey"] = copied(table.position(index, last))
    return result


def _after(table: Table, index: Index, rows: list[Item], start: Item, *, backward: bool) -> list[Item]:
    wanted = {*table.primary.attributes, *index.attributes}
    if set(start) != wanted or any(type_of(start[name]) != table.key_type(name) for name in wanted):
        raise invalid("The provided starting key is invalid")
    rank = table.rank(index, start)
    if backward:
        return [item for item in rows if table.rank(index, item) < rank]
    return [item for item in rows if table.rank(index, item) > rank]
