"""`DynamoDB`: get, put, update and delete one item, without a Lambda function."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Final, Self

from sfn_dsl.asl.shapes import ANY, Shape
from sfn_dsl.draft import Call, Draft, Fixed, Site
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import Expression, InputRoot, Operation, Reference, StepRoot, Template
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.step import TaskStep

__all__ = ["DynamoDB"]

_TYPES: Final = {"S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"}
_NUMBERS: Final = {"add", "subtract", "multiply", "divide", "modulo", "negate", "length", "sum", "min", "max", "number"}


@dataclass(frozen=True, slots=True, eq=False)
class DynamoDB(TaskStep):
    """One call on one item. The output is DynamoDB's answer; attributes keep their form `{"S": ...}`.

    Values are written plainly and typed here: text, numbers, booleans, None, lists and objects. An expression has the type that
    is declared for it (`Input(n=int)`, `returns={"rows": int}`), else it is a text; one that is declared as list or object is
    refused: pass `fn.to_json(...)`. `{"N": ...}` and the like are taken as they are.
    A condition that does not hold raises `DynamoDB.ConditionalCheckFailedException`.
    """

    _: KW_ONLY
    action: str
    table: Template
    item: Mapping[str, Template]
    options: Mapping[str, Template] = field(default_factory=dict)
    set: Mapping[str, Template] = field(default_factory=dict)
    add: Mapping[str, Template] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    condition: str | None = None
    values: Mapping[str, Template] = field(default_factory=dict)

    @classmethod
    def get(cls, name: str, *, table: Template, key: Mapping[str, Template], consistent: bool = True, **task: Any) -> Self:
        """Reads an item: `output.Item`. Strongly consistent unless said otherwise."""
        return cls(name, action="getItem", table=table, item=key, options={"ConsistentRead": consistent}, **task)

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
        """Writes an item, whole. In `condition`, `#name` is an attribute and `:name` one of `values`."""
        return cls(name, action="putItem", table=table, item=item, condition=condition, values=values or {}, **task)

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
        """Changes attributes of an item. In `condition`, `#name` is an attribute, `:name` one of `values` or of what is set."""
        return cls(
            name,
            action="updateItem",
            table=table,
            item=key,
            options={"ReturnValues": return_values} if return_values else {},
            set=set or {},
            add=add or {},
            remove=remove,
            condition=condition,
            values=values or {},
            **task,
        )

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
        return cls(name, action="deleteItem", table=table, item=key, condition=condition, values=values or {}, **task)

    def lower(self, site: Site) -> tuple[Draft, ...]:
        body = "Item" if self.action == "putItem" else "Key"
        fields = {name: self._attribute(value, site) for name, value in self.item.items()}
        arguments = {"TableName": self.table, body: fields, **self._expressions(site), **self.options}
        call = Call(action=f"dynamodb:{self.action}", arguments=arguments)
        return (finish(self, site, "dynamodb", call),)

    def _expressions(self, site: Site) -> dict[str, Template]:
        """UpdateExpression, ConditionExpression, and the names and values in them."""
        names: dict[str, str] = {}
        bound: dict[str, Template] = {}
        written: dict[str, Template] = {**self.set, **self.add}
        for attribute in (*written, *self.remove):
            names[f"#{_placeholder(attribute)}"] = attribute
        for attribute, value in written.items():
            bound[f":{_placeholder(attribute)}"] = value
        for name, value in self.values.items():
            placeholder = f":{name.lstrip(':')}"
            if placeholder in bound and bound[placeholder] is not value and bound[placeholder] != value:
                self._refuse(f"gives `{placeholder}` a second value, beside the one that is set", "give it another name")
            bound[placeholder] = value
        found: dict[str, Template] = {}
        if self.action == "updateItem":
            found["UpdateExpression"] = self._update()
        if self.condition:
            found["ConditionExpression"] = self.condition
            names.update({f"#{name}": name for name in re.findall(r"#(\w+)", self.condition) if f"#{name}" not in names})
            for name in re.findall(r":(\w+)", self.condition):
                if f":{name}" not in bound:
                    self._refuse(f"has no value for `:{name}` in its condition", f'say `values={{"{name}": ...}}`')
        if names:
            found["ExpressionAttributeNames"] = names
        if bound:
            found["ExpressionAttributeValues"] = {name: self._attribute(value, site) for name, value in bound.items()}
        return found

    def _update(self) -> str:
        clauses = []
        if self.set:
            clauses.append("SET " + ", ".join(f"#{_placeholder(name)} = :{_placeholder(name)}" for name in self.set))
        if self.add:
            clauses.append("ADD " + ", ".join(f"#{_placeholder(name)} :{_placeholder(name)}" for name in self.add))
        if self.remove:
            clauses.append("REMOVE " + ", ".join(f"#{_placeholder(name)}" for name in self.remove))
        if not clauses:
            self._refuse("changes nothing", "give it `set`, `add` or `remove`")
        return " ".join(clauses)

    def _refuse(self, what: str, help: str) -> None:
        raise DeclarationError(f"step `{self.name}` {what}", help=help, span=self.span)

    def _attribute(self, value: Template, site: Site) -> Template:
        """A value in DynamoDB's form: `"x"` is `{"S": "x"}`, `3` is `{"N": "3"}`."""
        match value:
            case Expression():
                return self._expression(value, site)
            case bool():
                return {"BOOL": value}
            case None:
                return {"NULL": True}
            case int() | float():
                return {"N": repr(value)}
            case str():
                return {"S": value}
            case list() | tuple():
                return {"L": [self._attribute(member, site) for member in value]}
            case Mapping() if len(value) == 1 and next(iter(value)) in _TYPES:
                return dict(value)
            case Mapping():
                return {"M": {name: self._attribute(member, site) for name, member in value.items()}}
            case _:
                raise DeclarationError(
                    f"step `{self.name}` holds a value of type {type(value).__name__}, which DynamoDB cannot keep",
                    help="use text, a number, a boolean, None, a list or an object",
                    span=self.span,
                )

    def _expression(self, value: Expression, site: Site) -> Template:
        kind = "number" if isinstance(value, Operation) and value.name in _NUMBERS else "string"
        if isinstance(value, Reference):
            kind = _kind(value, site)
        if kind in ("list", "map", "structure"):
            self._refuse("would keep a list or object that is only known at run time", "pass `fn.to_json(...)`, or its fields")
        if kind in ("integer", "number"):
            return {"N": Operation("format", (value,))}
        return {"BOOL": value} if kind == "boolean" else {"S": value}


def _placeholder(attribute: str) -> str:
    return re.sub(r"\W", "_", attribute)


def _kind(reference: Reference, site: Site) -> str:
    """The declared kind of a reference; `any` where nothing is declared."""
    root, path = reference._root, reference._path
    shape: Shape | None = ANY
    if isinstance(root, InputRoot):
        shape = root.owner.shape  # type: ignore[attr-defined]
    elif isinstance(root, StepRoot):
        for draft in root.step.lower(site):
            if isinstance(draft, Call) and draft.produces and draft.shape is not None:
                shape = draft.shape
                path = (draft.renamed.get(str(path[0]), path[0]), *path[1:]) if path else path
            elif isinstance(draft, Fixed):
                shape = Shape(kind="structure", members=dict(draft.writes))
    for part in path:
        shape = shape.step_into(part) if shape else None
    return shape.kind if shape else "any"
