"""`DynamoDB`: get, put, update and delete one item, without a Lambda function."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

from sfn_dsl.asl.shapes import Shape
from sfn_dsl.draft import Call, Draft, Site
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import Expression, InputRoot, Operation, Reference, Template
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.step import TaskStep

__all__ = ["DynamoDB", "attribute"]

_TYPES = {"S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"}


@dataclass(frozen=True, slots=True, eq=False)
class DynamoDB(TaskStep):
    """One call on one item. The output is DynamoDB's answer; attributes keep their form `{"S": ...}`.

    Values are written plainly and typed here: text, numbers, booleans, None, lists and objects; an expression is a text unless
    it is an input declared as a number or boolean. `{"N": ...}` and the like are taken as they are.
    A condition that does not hold raises `DynamoDB.ConditionalCheckFailedException`.
    """

    _: KW_ONLY
    action: str
    arguments: Mapping[str, Template]

    def lower(self, site: Site) -> tuple[Draft, ...]:
        call = Call(action=f"dynamodb:{self.action}", arguments=dict(self.arguments))
        return (finish(self, site, "dynamodb", call),)

    @classmethod
    def get(cls, name: str, *, table: Template, key: Mapping[str, Template], consistent: bool = True, **task: Any) -> Self:
        """Reads an item: `output.Item`. Strongly consistent unless said otherwise."""
        arguments = {"TableName": table, "Key": _item(key), "ConsistentRead": consistent}
        return cls(name, action="getItem", arguments=arguments, **task)

    @classmethod
    def put(
        cls,
        name: str,
        *,
        table: Template,
        item: Mapping[str, Template],
        condition: str | None = None,
        values: Mapping[str, Template] | None = None,
        **task: Any,
    ) -> Self:
        """Writes an item, whole."""
        arguments = {"TableName": table, "Item": _item(item), **_condition(condition, {}, values)}
        return cls(name, action="putItem", arguments=arguments, **task)

    @classmethod
    def update(
        cls,
        name: str,
        *,
        table: Template,
        key: Mapping[str, Template],
        set: Mapping[str, Template] | None = None,
        add: Mapping[str, Template] | None = None,
        remove: tuple[str, ...] = (),
        condition: str | None = None,
        values: Mapping[str, Template] | None = None,
        return_values: str | None = None,
        **task: Any,
    ) -> Self:
        """Changes attributes of an item. In `condition`, `#name` is an attribute and `:name` one of `values`."""
        names: dict[str, str] = {}
        bound: dict[str, Template] = {}

        def place(attribute_name: str, value: Template) -> str:
            key_name = re.sub(r"\W", "_", attribute_name)
            names[f"#{key_name}"] = attribute_name
            bound[f":{key_name}"] = value
            return key_name

        clauses = []
        if set:
            clauses.append("SET " + ", ".join(f"#{place(k, v)} = :{place(k, v)}" for k, v in set.items()))
        if add:
            clauses.append("ADD " + ", ".join(f"#{place(k, v)} :{place(k, v)}" for k, v in add.items()))
        if remove:
            for attribute_name in remove:
                names["#" + re.sub(r"\W", "_", attribute_name)] = attribute_name
            clauses.append("REMOVE " + ", ".join("#" + re.sub(r"\W", "_", attribute_name) for attribute_name in remove))
        arguments: dict[str, Template] = {
            "TableName": table,
            "Key": _item(key),
            "UpdateExpression": " ".join(clauses),
            **_condition(condition, names, {**bound, **{f":{k.lstrip(':')}": v for k, v in (values or {}).items()}}),
        }
        if return_values:
            arguments["ReturnValues"] = return_values
        return cls(name, action="updateItem", arguments=arguments, **task)

    @classmethod
    def delete(
        cls,
        name: str,
        *,
        table: Template,
        key: Mapping[str, Template],
        condition: str | None = None,
        values: Mapping[str, Template] | None = None,
        **task: Any,
    ) -> Self:
        """Removes an item."""
        arguments = {"TableName": table, "Key": _item(key), **_condition(condition, {}, values)}
        return cls(name, action="deleteItem", arguments=arguments, **task)


def _condition(condition: str | None, names: dict[str, str], values: Mapping[str, Template] | None) -> dict[str, Template]:
    found: dict[str, Template] = {}
    if condition:
        found["ConditionExpression"] = condition
        for name in re.findall(r"#(\w+)", condition):
            names.setdefault(f"#{name}", name)
    if names:
        found["ExpressionAttributeNames"] = dict(names)
    if values:
        found["ExpressionAttributeValues"] = {f":{name.lstrip(':')}": attribute(value) for name, value in values.items()}
    return found


def _item(fields: Mapping[str, Template]) -> dict[str, Template]:
    return {name: attribute(value) for name, value in fields.items()}


def attribute(value: Template) -> Template:
    """A value in DynamoDB's form: `"x"` is `{"S": "x"}`, `3` is `{"N": "3"}`."""
    match value:
        case Expression():
            return _expression(value)
        case bool():
            return {"BOOL": value}
        case None:
            return {"NULL": True}
        case int() | float():
            return {"N": repr(value)}
        case str():
            return {"S": value}
        case list() | tuple():
            return {"L": [attribute(member) for member in value]}
        case Mapping() if len(value) == 1 and next(iter(value)) in _TYPES:
            return dict(value)
        case Mapping():
            return {"M": _item(value)}
        case _:
            raise DeclarationError(
                f"`{type(value).__name__}` has no form in DynamoDB", help="use text, a number, a list or an object"
            )


def _expression(value: Expression) -> Template:
    kind = "string"
    if isinstance(value, Reference) and isinstance(value._root, InputRoot):
        shape: Shape = value._root.owner.shape  # type: ignore[attr-defined]
        for part in value._path:
            shape = shape.step_into(part) or shape
        kind = shape.kind
    elif isinstance(value, Operation) and value.name in ("add", "subtract", "multiply", "divide", "modulo", "negate", "length"):
        kind = "number"
    if kind in ("integer", "number"):
        return {"N": Operation("format", (value,))}
    return {"BOOL": value} if kind == "boolean" else {"S": value}
