"""Expressions as JSONPath, intrinsic functions and Choice operators; what these cannot express is refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from sfn_dsl.asl.model import And, Not, Or, Test
from sfn_dsl.asl.model import Comparison as Operator
from sfn_dsl.compile.slots import Base, Path, Slot
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import (
    MISSING,
    Comparison,
    Expression,
    Logic,
    Negation,
    Operation,
    OtherRegion,
    Reference,
    Template,
)

__all__ = ["JsonPath", "holds_expression"]

Resolve = Callable[[Reference], "Slot | Expression | None"]

_ROOTS: Final[Mapping[Base, str]] = {Base.CONTEXT: "$$", Base.INPUT: "$", Base.RESULT: "$"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_NESTED = 10
_INT_MAX = 2**31 - 1

_INTRINSICS: Final = {
    "length": "ArrayLength",
    "element": "ArrayGetItem",
    "unique": "ArrayUnique",
    "partition": "ArrayPartition",
    "range": "ArrayRange",
    "contains": "ArrayContains",
    "hash": "Hash",
    "parse_json": "StringToJson",
    "to_json": "JsonToString",
    "base64_encode": "Base64Encode",
    "base64_decode": "Base64Decode",
    "split": "StringSplit",
    "uuid": "UUID",
}
_KINDS: Final = {"string": ("String",), "integer": ("Numeric",), "number": ("Numeric",), "boolean": ("Boolean",)}
_ORDER: Final = {"<": "LessThan", "<=": "LessThanEquals", ">": "GreaterThan", ">=": "GreaterThanEquals"}
_IS: Final = {"String": "IsString", "Numeric": "IsNumeric", "Boolean": "IsBoolean"}


def _refuse(what: str) -> DeclarationError:
    return DeclarationError(f"JSONPath cannot express {what}", help="use query_language JSONata, or compute it in a function")


def holds_expression(value: Template) -> bool:
    """Whether an expression stands anywhere in a template."""
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, OtherRegion):
            continue
        if isinstance(node, Expression):
            return True
        if isinstance(node, Mapping):
            stack += node.values()
        elif isinstance(node, (list, tuple)):
            stack += node
    return False


def _holds_directly(value: Template) -> bool:
    """Whether an expression stands in a list itself; inside objects in a list, `"key.$"` works as everywhere."""
    if isinstance(value, OtherRegion):
        return False
    return isinstance(value, Expression) or (isinstance(value, (list, tuple)) and any(_holds_directly(member) for member in value))


class JsonPath:
    """Writes templates for one node; `resolve` says where the node finds the value of a reference."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    # Payloads

    def template(self, value: Template) -> Template:
        """A payload template: `"key.$"` where the value is an expression."""
        match value:
            case OtherRegion(arn=arn):
                return arn
            case Expression():
                raise _refuse("a whole payload that is one expression")
            case Mapping():
                found = {}
                for key, member in value.items():
                    if str(key).endswith(".$"):
                        raise _refuse(f"the key `{key}`, because `.$` at its end has a meaning of its own")
                    name, written = self.member(str(key), member)
                    found[name] = written
                return found
            case list() | tuple():
                if _holds_directly(value):
                    raise _refuse("an expression inside a list here")
                return [self.template(member) for member in value]
            case _:
                return value

    def member(self, key: str, value: Template) -> tuple[str, Template]:
        """A key and its value in a payload template."""
        if isinstance(value, OtherRegion):
            return key, value.arn
        if isinstance(value, Expression) or (isinstance(value, (list, tuple)) and _holds_directly(value)):
            return f"{key}.$", self.text(value)
        return key, self.template(value)

    def record(self, values: Mapping[str, Slot]) -> dict[str, Template]:
        """An object of values."""
        return {f"{key}.$": self.path(slot) for key, slot in values.items()}

    def as_text(self, value: Template) -> Template:
        """A value where the language takes only text, such as an error name: an object or list becomes its JSON."""
        if isinstance(value, Reference):
            found = self._resolve(value)
            if isinstance(found, Slot) and found.kind in ("structure", "map", "list"):
                return Operation("to_json", (value,))
            if isinstance(found, Slot) and found.kind != "string":
                return Operation("format", (value,))
        return value

    # Values

    def text(self, value: Template) -> str:
        """A value as a path or an intrinsic call."""
        text, depth = self._text(value)
        if depth > _MAX_NESTED:
            raise _refuse(f"more than {_MAX_NESTED} intrinsic functions inside each other")
        return text

    def path(self, slot: Slot) -> str:
        """A slot as a path."""
        if slot.fallback is not MISSING:
            raise _refuse("`.default(...)` here")
        parts = list(slot.path)
        text = _ROOTS.get(slot.base, "")
        if slot.base is Base.VARIABLE:
            text = f"${parts.pop(0)}"
        return text + _path(tuple(parts))

    def merged(self, defaults: Mapping[str, Template], slot: Slot) -> str:
        """A slot whose absent fields have plain default values."""
        return f"States.JsonMerge({self.text(defaults)}, {self.path(slot)}, false)" if defaults else self.path(slot)

    def reference_path(self, value: Template, *, context: bool = False) -> str:
        """A value that must be a plain path, for the `...Path` fields."""
        if isinstance(value, Reference):
            found = self._resolve(value)
            if isinstance(found, Slot) and (found.base is not Base.CONTEXT or context):
                return self.path(found)
            if isinstance(found, Slot):
                raise _refuse("a value of the context object in this field")
        raise _refuse("a computed value in this field")

    def _text(self, value: Template) -> tuple[str, int]:
        match value:
            case Reference():
                found = self._resolve(value)
                if isinstance(found, Slot):
                    return self.path(found), 0
                return self._text(found) if found is not None else ("$", 0)
            case OtherRegion(arn=arn):
                return _quote(arn), 0
            case Operation():
                return self._operation(value)
            case Comparison() | Logic() | Negation():
                raise _refuse("a comparison outside a condition")
            case list() | tuple():
                return self._call("Array", tuple(value))
            case Mapping():
                if holds_expression(value):
                    raise _refuse("an object with expressions inside a list or function")
                return f"States.StringToJson({_quote(json.dumps(value, ensure_ascii=False))})", 1
            case bool() | None:
                return json.dumps(value), 0
            case int() | float():
                return json.dumps(value), 0
            case _:
                return _quote(str(value)), 0

    def _call(self, name: str, operands: tuple[Template, ...], last: str = "") -> tuple[str, int]:
        texts = [self._text(operand) for operand in operands]
        inside = [text for text, _ in texts] + ([last] if last else [])
        return f"States.{name}({', '.join(inside)})", 1 + max((depth for _, depth in texts), default=0)

    def _operation(self, operation: Operation) -> tuple[str, int]:
        name, operands = operation.name, operation.operands
        match name:
            case "format":
                pattern = "".join(_escape(part) if isinstance(part, str) else "{}" for part in operands)
                texts = [self._text(part) for part in operands if not isinstance(part, str)]
                inside = ", ".join([f"'{pattern}'", *(text for text, _ in texts)])
                return f"States.Format({inside})", 1 + max((depth for _, depth in texts), default=0)
            case "add" | "subtract":
                return self._sum(name, *operands)
            case "text":
                text, depth = self._text(operands[0])
                return f"States.Format('{{}}', {text})", 1 + depth
            case "shell_word":
                text, depth = self._call("Base64Encode", (Operation("format", operands),))
                return f"States.Format('\"$(echo {{}} | base64 --decode)\"', {text})", 1 + depth
            case "merge":
                return self._call("JsonMerge", operands, "false")
            case _ if name in _INTRINSICS:
                return self._call(_INTRINSICS[name], operands)
            case _:
                raise _refuse(f"`fn.{name}`" if name not in ("multiply", "divide", "modulo", "negate") else f"to {name} numbers")

    def _sum(self, name: str, left: Template, right: Template) -> tuple[str, int]:
        if name == "subtract":
            if not isinstance(right, int) or isinstance(right, bool):
                raise _refuse("to subtract anything but an integer")
            right = -right
        for operand in (left, right):
            if isinstance(operand, float) or (isinstance(operand, int) and abs(operand) > _INT_MAX):
                raise _refuse(f"arithmetic with {operand}, only with integers of 32 bits")
        return self._call("MathAdd", (left, right))

    # Conditions

    def condition(self, value: Template) -> Test:
        """A condition as the test of a Choice rule."""
        match value:
            case Comparison():
                return self._comparison(value)
            case Logic(op=op, operands=operands):
                tests: list[Test] = []
                for operand in operands:
                    test = self.condition(operand)
                    if isinstance(test, And if op == "and" else Or):
                        tests += test.tests
                    else:
                        tests.append(test)
                return And(tuple(tests)) if op == "and" else Or(tuple(tests))
            case Negation(operand=operand):
                return Not(self.condition(operand))
            case Operation(name="exists", operands=(operand,)):
                return Operator(self._variable(operand)[0], "IsPresent", True)
            case Operation(name="matches", operands=(operand, pattern)):
                variable, sure = self._variable(operand)
                return _guard(variable, sure, Operator(variable, "StringMatches", pattern))
            case Reference():
                variable, sure = self._variable(value)
                return _guard(variable, sure, Operator(variable, "BooleanEquals", True))
            case _:
                raise _refuse("this condition")

    def _variable(self, value: Template) -> tuple[str, bool]:
        if isinstance(value, Reference):
            found = self._resolve(value)
            if isinstance(found, Slot):
                return self.path(found), found.sure
        raise _refuse("a computed value in a condition")

    def _kind(self, value: Template) -> tuple[str, ...]:
        if isinstance(value, Reference):
            found = self._resolve(value)
            if isinstance(found, Slot):
                return _KINDS.get(found.kind, ())
        return ()

    def _comparison(self, comparison: Comparison) -> Test:
        op, left, right = comparison.op, comparison.left, comparison.right
        if not isinstance(left, Expression) and isinstance(right, Expression):
            op = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
            left, right = right, left
        variable, sure = self._variable(left)
        if isinstance(right, Expression):
            return self._both(op, left, right, variable, sure)
        match right:
            case None if op in ("==", "!="):
                null: Test = Operator(variable, "IsNull", True)
                return _guard(variable, sure, null if op == "==" else Not(null))
            case bool() if op in ("==", "!="):
                kind = "Boolean"
            case bool() | None:
                raise DeclarationError(f"`{op}` compares numbers or texts", help="use `==` or `!=` here")
            case int() | float():
                kind = "Numeric"
            case str():
                kind = "String"
            case _:
                raise _refuse("a comparison with a list or an object")
        if op == "!=":
            equal = Operator(variable, f"{kind}Equals", right)
            return _guard(variable, sure, Operator(variable, _IS[kind], True), Not(equal))
        name = f"{kind}Equals" if op == "==" else f"{kind}{_ORDER[op]}"
        return _guard(variable, sure, Operator(variable, name, right))

    def _both(self, op: str, left: Template, right: Template, variable: str, sure: bool) -> Test:
        other, certain = self._variable(right)
        kinds = self._kind(left) or self._kind(right)
        if op not in ("==", "!="):
            kinds = tuple(kind for kind in kinds or ("Numeric", "String") if kind != "Boolean")
        choices: list[Test] = []
        for kind in kinds or ("String", "Numeric", "Boolean"):
            name = f"{kind}EqualsPath" if op in ("==", "!=") else f"{kind}{_ORDER[op]}Path"
            compared: Test = Operator(variable, name, other)
            typed = (Operator(variable, _IS[kind], True), Operator(other, _IS[kind], True))
            choices.append(And((*typed, Not(compared) if op == "!=" else compared)))
        tests = choices[0] if len(choices) == 1 else Or(tuple(choices))
        if op == "==" and not kinds:
            nulls = And((Operator(variable, "IsNull", True), Operator(other, "IsNull", True)))
            tests = Or((*choices, nulls))
        guards = [Operator(path, "IsPresent", True) for path, known in ((variable, sure), (other, certain)) if not known]
        if not guards:
            return tests
        rest = tests.tests if isinstance(tests, And) else (tests,)
        return And((*guards, *rest))


def _guard(variable: str, sure: bool, *tests: Test) -> Test:
    """The tests, after one that the variable is there: Step Functions fails on a missing one, even with a Default."""
    if sure:
        return tests[0] if len(tests) == 1 else And(tests)
    return And((Operator(variable, "IsPresent", True), *tests))


def _path(parts: Path) -> str:
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _NAME.fullmatch(part):
            text += f".{part}"
        elif "'" in part or "\\" in part:
            raise _refuse(f"the field name `{part}`")
        else:
            text += f"['{part}']"
    return text


def _escape(text: str) -> str:
    return re.sub(r"([\\'{}])", r"\\\1", text)


def _quote(text: str) -> str:
    return f"'{_escape(text)}'"
