"""DynamoDB's bound expressions applied to an item: conditions, updates, projections."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from sfn_dsl.simulate.services.dynamodb_binding import Binding, Steps
from sfn_dsl.simulate.services.dynamodb_nodes import And, Between, Call, Compare, In, Node, Not, Or, Path, Placeholder, Update
from sfn_dsl.simulate.services.dynamodb_values import (
    Item,
    Value,
    copied,
    equal,
    invalid,
    less,
    total,
    type_of,
)

__all__ = ["holds", "project", "read", "updated"]

_WRONG_TYPE = "An operand in the update expression has an incorrect data type"
_ABSENT = "The provided expression refers to an attribute that does not exist in the item"
_NO_PLACE = "The document path provided in the update expression is invalid for update"
_REMOVED: Value = {"REMOVED": True}


def read(item: Item, steps: Steps) -> Value | None:
    """The value at a path, None where there is none."""
    value: Value | None = {"M": item}
    for step in steps:
        if value is None:
            return None
        if isinstance(step, str):
            value = value.get("M", {}).get(step)
        else:
            members = value.get("L", ())
            value = members[step] if step < len(members) else None
    return value


def _operand(node: Node, item: Item, binding: Binding) -> Value | None:
    if isinstance(node, Placeholder):
        return binding.values[node.name]
    if isinstance(node, Path):
        return read(item, binding.steps(node))
    assert isinstance(node, Call)
    value = _operand(node.arguments[0], item, binding)
    size = None if value is None else _size(value)
    return None if size is None else {"N": str(size)}


def _size(value: Value) -> int | None:
    kind = type_of(value)
    if kind == "B":
        return len(base64.b64decode(value[kind]))
    return None if kind in ("N", "BOOL", "NULL") else len(value[kind])


def holds(node: Node, item: Item, binding: Binding) -> bool:
    """Whether a condition is true of an item. What is missing is unequal to everything and has no order."""
    match node:
        case And(operands=operands):
            return all(holds(operand, item, binding) for operand in operands)
        case Or(operands=operands):
            return any(holds(operand, item, binding) for operand in operands)
        case Not(operand=operand):
            return not holds(operand, item, binding)
        case Call():
            return _call(node, item, binding)
        case Compare(operator=operator, left=left, right=right):
            return _compare(operator, _operand(left, item, binding), _operand(right, item, binding))
        case Between(operand=operand, low=low, high=high):
            value = _operand(operand, item, binding)
            return _compare(">=", value, _operand(low, item, binding)) and _compare("<=", value, _operand(high, item, binding))
        case In(operand=operand, options=options):
            value = _operand(operand, item, binding)
            return any(_compare("=", value, _operand(option, item, binding)) for option in options)
    raise TypeError(f"{type(node).__name__} is not a condition")


def _compare(operator: str, left: Value | None, right: Value | None) -> bool:
    if left is None or right is None:
        return operator == "<>"
    if operator in ("=", "<>"):
        return equal(left, right) == (operator == "=")
    order = less(left, right) if operator in ("<", ">=") else less(right, left)
    return order is not None and order == (operator in ("<", ">"))


def _call(node: Call, item: Item, binding: Binding) -> bool:
    values = [_operand(argument, item, binding) for argument in node.arguments]
    value = values[0]
    if node.function == "attribute_exists":
        return value is not None
    if node.function == "attribute_not_exists":
        return value is None
    other = values[1]
    if value is None or other is None:
        return False
    if node.function == "attribute_type":
        return bool(type_of(value) == other["S"])
    if node.function == "begins_with":
        return _begins(value, other)
    return _contains(value, other)


def _begins(value: Value, prefix: Value) -> bool:
    kind = type_of(value)
    if kind != type_of(prefix) or kind not in ("S", "B"):
        return False
    if kind == "B":
        return base64.b64decode(value[kind]).startswith(base64.b64decode(prefix[kind]))
    return bool(value[kind].startswith(prefix[kind]))


def _contains(value: Value, sought: Value) -> bool:
    kind, wanted = type_of(value), type_of(sought)
    if kind == "L":
        return any(equal(member, sought) for member in value[kind])
    if kind == wanted and kind == "S":
        return bool(sought[kind] in value[kind])
    if kind == wanted and kind == "B":
        return base64.b64decode(sought[kind]) in base64.b64decode(value[kind])
    return kind == f"{wanted}S" and bool(sought[wanted] in value[kind])


def project(item: Item, paths: Iterable[Steps]) -> Item:
    """The parts of an item at some paths, in the item's own structure; elements of a list close up."""
    tree: dict[str | int, Any] = {}
    for steps in paths:
        if read(item, steps) is None:
            continue
        node = tree
        for step in steps:
            node = node.setdefault(step, {})
    picked: Item = _picked({"M": item}, tree)["M"] if tree else {}
    return picked


def _picked(value: Value, tree: dict[str | int, Any]) -> Value:
    if not tree:
        return value
    if "M" in value:
        return {"M": {name: _picked(value["M"][name], below) for name, below in tree.items()}}
    return {"L": [_picked(value["L"][index], tree[index]) for index in sorted(tree, key=int)]}


def updated(item: Item, update: Update, binding: Binding) -> Item:
    """The item after an update; the given one is not touched. Every operand is read from the item as it was."""
    result: Item = copied(item)
    late: list[tuple[Steps, Value]] = []
    lists: list[list[Value]] = []
    writes = [(binding.steps(path), _new_value(operand, item, binding)) for path, operand in update.sets]
    for path, operand in update.adds:
        steps = binding.steps(path)
        writes.append((steps, _added(read(item, steps), binding.values[operand.name])))
    removals = [binding.steps(path) for path in update.removes]
    for path, operand in update.deletes:
        steps = binding.steps(path)
        left = _without(read(item, steps), binding.values[operand.name])
        if left is None:
            removals.append(steps)
        else:
            writes.append((steps, left))
    for steps, value in writes:
        parent, last = _parent(result, steps)
        if isinstance(parent, list) and isinstance(last, int) and last >= len(parent):
            late.append((steps, value))
        else:
            parent[last] = copied(value)
    for steps in removals:
        parent, last = _parent(result, steps)
        if isinstance(parent, list):
            if isinstance(last, int) and last < len(parent):
                parent[last] = _REMOVED
                lists.append(parent)
        else:
            parent.pop(last, None)
    # Elements beyond the end of a list are appended in the order of their indexes.
    for steps, value in sorted(late, key=lambda write: int(write[0][-1])):
        _parent(result, steps)[0].append(copied(value))
    for members in lists:
        members[:] = [member for member in members if member is not _REMOVED]
    return result


def _parent(item: Item, steps: Steps) -> tuple[Any, Any]:
    """The map or list that holds the last step of a path. Raises ServiceError when there is none."""
    holder = read(item, steps[:-1])
    content = None if holder is None else holder.get("M" if isinstance(steps[-1], str) else "L")
    if content is None:
        raise invalid(_NO_PLACE)
    return content, steps[-1]


def _new_value(node: Node, item: Item, binding: Binding) -> Value:
    if isinstance(node, Placeholder):
        return binding.values[node.name]
    if isinstance(node, Path):
        value = read(item, binding.steps(node))
        if value is None:
            raise invalid(_ABSENT)
        return value
    assert isinstance(node, Call)
    first, second = node.arguments
    if node.function == "if_not_exists":
        assert isinstance(first, Path)
        present = read(item, binding.steps(first))
        return _new_value(second, item, binding) if present is None else present
    left, right = _new_value(first, item, binding), _new_value(second, item, binding)
    kind = "L" if node.function == "list_append" else "N"
    if type_of(left) != kind or type_of(right) != kind:
        raise invalid(_WRONG_TYPE)
    if kind == "L":
        return {"L": [*left["L"], *right["L"]]}
    return {"N": total(left["N"], right["N"], minus=node.function == "-")}


def _added(present: Value | None, more: Value) -> Value:
    """What ADD makes of a value: a sum, a union or the value itself."""
    if present is None:
        return more
    kind = type_of(present)
    if kind != type_of(more):
        raise invalid(_WRONG_TYPE)
    if kind == "N":
        return {"N": total(present["N"], more["N"])}
    return {kind: [*present[kind], *(member for member in more[kind] if member not in present[kind])]}


def _without(present: Value | None, taken: Value) -> Value | None:
    """What DELETE leaves of a set, None for nothing."""
    if present is None:
        return None
    kind = type_of(present)
    if kind != type_of(taken):
        raise invalid(_WRONG_TYPE)
    left = [member for member in present[kind] if member not in taken[kind]]
    return {kind: left} if left else None
