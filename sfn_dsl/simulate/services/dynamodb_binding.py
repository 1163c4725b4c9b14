"""Names and values for the expressions of one request: what is missing, unused, of the wrong type or said twice.

`Binding` reads ExpressionAttributeNames and ExpressionAttributeValues once, binds each expression of the request to them and
reports what AWS reports, in its order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.services.dynamodb_expressions import (
    CONDITION_FUNCTIONS,
    UPDATE_FUNCTIONS,
    parse_condition,
    parse_projection,
    parse_update,
)
from sfn_dsl.simulate.services.dynamodb_nodes import Between, Call, Compare, Node, Path, Placeholder, Update, children
from sfn_dsl.simulate.services.dynamodb_values import Value, invalid, less, type_of, value_of
from sfn_dsl.simulate.services.service_error import ServiceError

__all__ = ["Binding", "Steps", "path_text"]

Steps = tuple[str | int, ...]
"""A document path with its names resolved."""

_ATTRIBUTE_TYPES = ("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M")
_TYPE_WORDS = {"S": "STRING", "N": "NUMBER", "B": "BINARY", "NULL": "NULL", "BOOL": "BOOLEAN", "L": "LIST", "M": "MAP"}
_KEYS = {"ExpressionAttributeNames": re.compile(r"#[A-Za-z_0-9]+"), "ExpressionAttributeValues": re.compile(r":[A-Za-z_0-9]+")}


def path_text(steps: Steps) -> str:
    """`[a, [0], b]`, as messages print a path."""
    return "[" + ", ".join(f"[{step}]" if isinstance(step, int) else step for step in steps) + "]"


class Binding:
    """The names and values of one request. Raises ServiceError for what AWS refuses."""

    def __init__(self, arguments: Mapping[str, Json], expressions: Sequence[str]) -> None:
        self.names = _map(arguments, "ExpressionAttributeNames", expressions)
        raw = _map(arguments, "ExpressionAttributeValues", expressions)
        for name, meant in self.names.items():
            if not isinstance(meant, str) or not meant:
                raise invalid(f'ExpressionAttributeNames contains invalid value: Empty attribute name for key "{name}"')
        self.values: dict[str, Value] = {}
        for name, value in raw.items():
            try:
                self.values[name] = value_of(value)
            except ServiceError as error:
                if error.code != "ValidationException":
                    raise
                raise invalid(f"ExpressionAttributeValues contains invalid value: {error.message} for key {name}") from error
        self._used: set[str] = set()

    def steps(self, path: Path) -> Steps:
        """A path of a bound expression with its names resolved."""
        names = self.names
        return tuple(names[part] if isinstance(part, str) and part[0] == "#" else part for part in path.parts)

    def condition(self, text: str, kind: str) -> Node:
        """The tree of a condition whose names, values and types are right."""
        root = parse_condition(text, kind)
        self._define(kind, (root,))
        check = _Checks(self, kind, CONDITION_FUNCTIONS)
        check.types(root)
        check.distinct(root)
        return root

    def projection(self, text: str) -> tuple[Steps, ...]:
        """The paths of a projection that do not overlap."""
        kind = "ProjectionExpression"
        paths = parse_projection(text)
        self._define(kind, paths)
        found = tuple(map(self.steps, paths))
        _check_paths(kind, found)
        return found

    def update(self, text: str) -> Update:
        """The actions of an update whose names, values, paths and types are right."""
        kind = "UpdateExpression"
        update = parse_update(text)
        operands = [operand for _, operand in (*update.sets, *update.adds, *update.deletes)]
        self._define(kind, (*update.paths, *operands))
        _check_paths(kind, tuple(map(self.steps, update.paths)))
        for section, actions in (("ADD", update.adds), ("DELETE", update.deletes)):
            for _, value in actions:
                word = _TYPE_WORDS.get(type_of(self.values[value.name]))
                if word and (section, word) != ("ADD", "NUMBER"):
                    _fail(
                        kind,
                        f"Incorrect operand type for operator or function; operator: {section}, operand type: {word}",
                    )
        check = _Checks(self, kind, UPDATE_FUNCTIONS)
        for _, operand in update.sets:
            check.types(operand)
        return update

    def finish(self) -> None:
        """Refuse names and values that no expression used."""
        for where, known in (("ExpressionAttributeNames", self.names), ("ExpressionAttributeValues", self.values)):
            left = [name for name in known if name not in self._used]
            if left:
                raise invalid(f"Value provided in {where} unused in expressions: keys: {{{', '.join(left)}}}")

    def _define(self, kind: str, roots: Iterable[Node]) -> None:
        """Refuse names, then values, that the request does not define; note those that are used."""
        names: list[str] = []
        values: list[str] = []
        stack = list(roots)[::-1]
        while stack:
            node = stack.pop()
            if isinstance(node, Path):
                names += [part for part in node.parts if isinstance(part, str) and part[0] == "#"]
            elif isinstance(node, Placeholder):
                values.append(node.name)
            stack += children(node)[::-1]
        for name in names:
            if name not in self.names:
                _fail(kind, f"An expression attribute name used in the document path is not defined; attribute name: {name}")
        for name in values:
            if name not in self.values:
                _fail(kind, f"An expression attribute value used in expression is not defined; attribute value: {name}")
        self._used.update(names, values)


def _fail(kind: str, message: str) -> NoReturn:
    raise invalid(f"Invalid {kind}: {message}")


def _map(arguments: Mapping[str, Json], where: str, expressions: Sequence[str]) -> Mapping[str, Json]:
    found = arguments.get(where)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise ServiceError("SerializationException", f"Unexpected value type in payload: {where} is not an object")
    if all(arguments.get(name) is None for name in expressions):
        reason = f": {expressions[0]} is null" if len(expressions) == 1 else ""
        raise invalid(f"{where} can only be specified when using expressions{reason}")
    if not found:
        raise invalid(f"{where} must not be empty")
    for key in found:
        if not _KEYS[where].fullmatch(key):
            raise invalid(f'{where} contains invalid key: Syntax error; key: "{key}"')
    return found


def _check_paths(kind: str, paths: Sequence[Steps]) -> None:
    """Two paths may not name the same place or lie in each other, nor read one place as a map and as a list."""
    conflict: tuple[Steps, Steps] | None = None
    for number, second in enumerate(paths):
        for first in paths[:number]:
            differing = next((pair for pair in zip(first, second, strict=False) if pair[0] != pair[1]), None)
            if differing is None:
                _fail(kind, _pair("overlap", first, second))
            if type(differing[0]) is not type(differing[1]):
                conflict = conflict or (first, second)
    if conflict:
        _fail(kind, _pair("conflict", *conflict))


def _pair(verb: str, first: Steps, second: Steps) -> str:
    return (
        f"Two document paths {verb} with each other; must remove or rewrite one of these paths; "
        f"path one: {path_text(first)}, path two: {path_text(second)}"
    )


class _Checks:
    """What can be known about operands before an item is looked at."""

    def __init__(self, binding: Binding, kind: str, counts: Mapping[str, int]) -> None:
        self.binding = binding
        self.kind = kind
        self.counts = counts

    def literal(self, node: Node) -> str | None:
        """The type of an operand that does not depend on the item."""
        if isinstance(node, Placeholder):
            return type_of(self.binding.values[node.name])
        return "N" if isinstance(node, Call) and node.function == "size" else None

    def mistyped(self, function: str, kind: str) -> NoReturn:
        message = f"Incorrect operand type for operator or function; operator or function: {function}, operand type: {kind}"
        _fail(self.kind, message)

    def types(self, node: Node) -> None:
        """Number and types of operands, innermost first."""
        for child in children(node):
            self.types(child)
        if isinstance(node, Call):
            self.call(node)
        elif isinstance(node, Compare) and node.operator not in ("=", "<>"):
            self.ordered(node.operator, (node.left, node.right))
        elif isinstance(node, Between):
            self.ordered("BETWEEN", children(node))
            self.bounds(node)

    def ordered(self, operator: str, operands: tuple[Node, ...]) -> None:
        for operand in operands:
            kind = self.literal(operand)
            if kind not in (None, "S", "N", "B"):
                self.mistyped(operator, str(kind))

    def bounds(self, node: Between) -> None:
        if not (isinstance(node.low, Placeholder) and isinstance(node.high, Placeholder)):
            return
        low, high = self.binding.values[node.low.name], self.binding.values[node.high.name]
        order = less(high, low)
        if order is not False:
            rule = "same data type for lower and upper bounds"
            if order:
                rule = "upper bound to be greater than or equal to lower bound"
            texts = [f"AttributeValue: {{{type_of(value)}:{value[type_of(value)]}}}" for value in (low, high)]
            _fail(
                self.kind,
                f"The BETWEEN operator requires {rule}; lower bound operand: {texts[0]}, upper bound operand: {texts[1]}",
            )

    def call(self, node: Call) -> None:
        function, operands = node.function, node.arguments
        if len(operands) != self.counts[function]:
            _fail(
                self.kind,
                "Incorrect number of operands for operator or function; "
                f"operator or function: {function}, number of operands: {len(operands)}",
            )
        if function in ("attribute_exists", "attribute_not_exists", "if_not_exists"):
            if not isinstance(operands[0], Path):
                _fail(self.kind, f"Operator or function requires a document path; operator or function: {function}")
            return
        if function == "attribute_type":
            self.attribute_type(operands[1])
            return
        allowed = {"begins_with": "S B", "size": "S B SS NS BS L M", "list_append": "L", "+": "N", "-": "N"}.get(function)
        for operand in operands:
            kind = self.literal(operand)
            if allowed and kind and kind not in allowed.split():
                self.mistyped(function, kind)

    def attribute_type(self, operand: Node) -> None:
        kind = self.literal(operand)
        if kind is None:
            self.mistyped("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
        if kind != "S" or not isinstance(operand, Placeholder):
            self.mistyped("attribute_type", kind)
        name = self.binding.values[operand.name]["S"]
        if name not in _ATTRIBUTE_TYPES:
            _fail(
                self.kind,
                f"Invalid attribute type name found; type: {name}, valid types: {{{','.join(_ATTRIBUTE_TYPES)}}}",
            )

    def distinct(self, root: Node) -> None:
        """Refuse to compare a path with itself."""
        stack = [root]
        while stack:
            node = stack.pop()
            operands = children(node)
            if isinstance(node, (Compare, Call)) and len(operands) == 2:
                first, second = operands
                if isinstance(first, Path) and isinstance(second, Path):
                    steps = self.binding.steps(first)
                    if steps == self.binding.steps(second):
                        operator = node.operator if isinstance(node, Compare) else node.function
                        _fail(
                            self.kind,
                            "The first operand must be distinct from the remaining operands for this operator or function; "
                            f"operator: {operator}, first operand: {path_text(steps)}",
                        )
            stack += operands[::-1]
