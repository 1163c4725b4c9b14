"""Expressions as JSONata 2.0.6, with Step Functions' functions.

A comparison never fails: an absent or mistyped operand makes it false, by a guard on `$type` where JSONata itself would
raise or answer something else. In places where JSONata would silently drop an absent value (texts, objects, lists), a value
that may be absent is guarded by `$error`, so that it fails as it does everywhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from sfn_dsl.compile.slots import Base, Slot
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import (
    MISSING,
    Comparison,
    Expression,
    FailureRoot,
    Logic,
    Negation,
    Operation,
    OtherRegion,
    Reference,
    Template,
    path_text,
)

__all__ = ["Jsonata"]

Resolve = Callable[[Reference], "Slot | Expression | None"]

_ROOTS: Final[Mapping[Base, str]] = {
    Base.CONTEXT: "$states.context",
    Base.INPUT: "$states.input",
    Base.RESULT: "$states.result",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CHAIN = 16
_QUOTE_IN_WORD = "'\\''"  # ends the quoted word, stands for itself, begins the next
_RESERVED = {"and", "or", "in", "true", "false", "null", "function"}
_LARGEST = 2**53

# How tightly a text binds: an operand that binds less tightly than its operator stands in parentheses.
_CHOICE, _OR, _AND, _COMPARE, _SUM, _PRODUCT, _ATOM = 0, 1, 2, 3, 4, 5, 9

_ARITHMETIC: Final = {
    "add": ("+", _SUM),
    "subtract": ("-", _SUM),
    "multiply": ("*", _PRODUCT),
    "divide": ("/", _PRODUCT),
    "modulo": ("%", _PRODUCT),
}

_FUNCTIONS: Final = {
    "sum": "$sum",
    "min": "$min",
    "max": "$max",
    "join": "$join",
    "hash": "$hash",
    "parse_json": "$parse",
    "to_json": "$string",
    "base64_encode": "$base64encode",
    "base64_decode": "$base64decode",
    "text": "$string",
    "number": "$number",
    "milliseconds": "$toMillis",
    "lowercase": "$lowercase",
    "uppercase": "$uppercase",
    "trim": "$trim",
    "substring": "$substring",
    "uuid": "$uuid",
    "random": "$random",
    "exists": "$exists",
    "range": "$range",
}
_LISTS: Final = {"unique": "$distinct", "partition": "$partition", "append": "$append"}
# JavaScript, Java and JSONata itself part over days that no month has, over offsets, and over whether `$` stands before a line's
# end: what is let through is a time to all of them.
_DATE: Final = (
    "[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29"
)
_CLOCK: Final = r"(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:\.[0-9]{1,9})?(?:Z|[+-](?:0[0-9]|1[0-7]):[0-5][0-9])"
_TIME: Final = rf"/^(?:{_DATE})T{_CLOCK}(?![\s\S])/"
_THERE, _NUMBER, _TEXT = "$exists({})", "$type({}) = 'number'", "$type({}) = 'string'"
_LIST, _OBJECT = "$type({}) = 'array'", "$type({}) = 'object'"
_NUMBERS = "$type({0}) = 'array' and $count({0}[$type($) != 'number']) = 0"
_STRINGS = "$type({0}) = 'array' and $count({0}[$type($) != 'string']) = 0"
_OPERANDS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("add", "subtract", "multiply", "divide", "modulo", "negate", "range"), (_NUMBER,)),
    **dict.fromkeys(("lowercase", "uppercase", "trim", "hash", "split", "execution_name", "shell_word"), (_TEXT,)),
    **dict.fromkeys(("parse_json", "milliseconds", "base64_encode", "base64_decode"), (_TEXT,)),
    **dict.fromkeys(("sum", "min", "max"), (_NUMBERS,)),
    "substring": (_TEXT, _NUMBER),
    "partition": (_LIST, _NUMBER),
    "join": (_STRINGS, _TEXT),
    "merge": (_OBJECT,),
}
"""What must hold of an operand, else the operation fails; the last one holds for all further operands."""
_UNKNOWN: Final = "'(unknown)'"

_MAY_BE_LISTS = {
    "append",
    "coalesce",
    "element",
    "max",
    "merge",
    "min",
    "parse_json",
    "partition",
    "range",
    "split",
    "unique",
    "when",
}


class Jsonata:
    """Writes templates for one node; `resolve` says where the node finds the value of a reference."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    # Payloads

    def template(self, value: Template) -> Template:
        """A payload in which every expression stands as `{% ... %}`."""
        match value:
            case OtherRegion(arn=arn):
                return arn
            case Expression():
                return self.wrapped(value)
            case dict():
                return {key: self.template(member) for key, member in value.items()}
            case list():
                return [self.template(member) for member in value]
            case str() if value.startswith("{%") or value.endswith("%}"):
                # A text that looks like an expression is written as one that gives the text.
                return "{% " + _quote(value).replace("{%", "{\\u0025").replace("%}", "\\u0025}") + " %}"
            case _:
                return value

    def wrapped(self, value: Template) -> str:
        """A template as one expression `{% ... %}`."""
        return "{% " + self.text(value) + " %}"

    def condition(self, value: Template) -> str | bool:
        """A condition as the `Condition` of a rule."""
        return value if isinstance(value, bool) else "{% " + self._condition(value)[0] + " %}"

    def record(self, values: Mapping[str, Slot], *, tolerant: bool) -> Template:
        """An object of values; with `tolerant`, absent ones are left out instead of failing."""
        if not tolerant:
            return {key: "{% " + self.slot(slot)[0] + " %}" for key, slot in values.items()}
        members = ", ".join(f"{_quote(key)}: {self.slot(slot)[0]}" for key, slot in values.items())
        return "{% {" + members + "} %}"

    def read(self, slot: Slot) -> str:
        """A slot as a whole field."""
        return "{% " + self.slot(slot)[0] + " %}"

    def message(self, value: Template) -> Template:
        """An error's name or cause. It is a text whatever came, `(unknown)` in place of what is absent or cannot be computed: one
        that failed itself would hide the error and pass by the failure handler."""
        if isinstance(value, str):
            return self.template(value)
        if isinstance(value, Reference) and isinstance(value._root, FailureRoot):
            return self.wrapped(value)
        text = self._told(value)
        return "{% " + (text if isinstance(value, Operation) and value.name == "format" else f"'' & {text}") + " %}"

    def _told(self, value: Template) -> str:
        """A part of a message, to stand beside `&`, which writes null as `null`."""
        match value:
            case Reference():
                found = self._resolve(value)
                if isinstance(found, Expression):
                    return self._told(found)
                if found is None or (found.sure and found.fallback is MISSING):
                    return self._tight(value, _PRODUCT)
                text = self._plain(found)
                return f"($exists({text}) ? {text} : {_UNKNOWN if found.fallback is MISSING else self._told(found.fallback)})"
            case Operation(name="format", operands=operands):
                parts = [self._told(part) if isinstance(part, Expression) else self._tight(part, _PRODUCT) for part in operands]
                return " & ".join(parts if len(parts) > 1 else ["''", *parts])
            case Operation(name="when", operands=(test, then, otherwise)):
                return f"({self._condition(test)[0]} ? {self._told(then)} : {self._told(otherwise)})"
            case Expression():
                needed = " and ".join(dict.fromkeys(self._needs(value)))
                text = self._tight(value, _PRODUCT)
                return f"({needed} ? {text} : {_UNKNOWN})" if needed else text
            case _:
                return self._tight(value, _PRODUCT)

    def _needs(self, value: Template) -> Iterator[str]:
        """The conditions under which a computed value can be computed. Iterative."""
        stack: list[tuple[Template, str]] = [(value, _THERE)]
        while stack:
            part, kind = stack.pop()
            match part:
                case Reference():
                    text = self._tight(part, _SUM)
                    yield kind.format(text)
                case Operation(name=name, operands=operands):
                    kinds = _OPERANDS.get(name, (_THERE,))
                    stack += [(operand, kinds[min(place, len(kinds) - 1)]) for place, operand in reversed([*enumerate(operands)])]
                case _:
                    pass

    # Expressions

    def text(self, value: Template) -> str:
        """The JSONata text of a template."""
        return self._value(value)[0]

    def slot(self, slot: Slot) -> tuple[str, int]:
        """The text that reads a slot."""
        text = self._plain(slot)
        if slot.fallback is MISSING:
            return text, _ATOM
        return f"$exists({text}) ? {text} : {self._tight(slot.fallback, _OR)}", _CHOICE

    @staticmethod
    def _plain(slot: Slot) -> str:
        parts = list(slot.path)
        text = _ROOTS.get(slot.base, "")
        if slot.base is Base.VARIABLE:
            text = f"${parts.pop(0)}"
        for part in parts:
            if isinstance(part, int):
                text += f"[{part}]"
            elif _NAME.fullmatch(part) and part not in _RESERVED:
                text += f".{part}"
            elif "`" in part:
                raise DeclarationError(f"the field name `{part}` has a back-tick, which JSONata cannot quote")
            else:
                text += f".`{part}`"
        return text

    def _value(self, value: Template) -> tuple[str, int]:
        match value:
            case Reference():
                found = self._resolve(value)
                if isinstance(found, Expression):
                    return self._value(found)
                return self.slot(found) if found is not None else ("null", _ATOM)
            case Comparison() | Logic() | Negation():
                return self._condition(value)
            case OtherRegion(arn=arn):
                return _quote(arn), _ATOM
            case Operation():
                return self._operation(value)
            case Mapping():
                members = ", ".join(f"{_quote(str(key))}: {self._certain(member)}" for key, member in value.items())
                return "{" + members + "}", _ATOM
            case list() | tuple():
                for member in value:
                    self._no_list(member)
                return "[" + ", ".join(self._certain(member) for member in value) + "]", _ATOM
            case _:
                return _literal(value)

    def _no_list(self, member: Template) -> None:
        """Refuse a member of a list that may be a list itself: JSONata would put its elements in its place."""
        kind = "any"
        if isinstance(member, Reference):
            found = self._resolve(member)
            kind = found.kind if isinstance(found, Slot) else kind
        elif isinstance(member, Operation):
            kind = "list" if member.name in _MAY_BE_LISTS else "text"
        else:
            return
        if kind in ("any", "list"):
            raise DeclarationError(
                "a list inside an expression cannot hold a value that may be a list, because JSONata joins the two",
                help="put the list plainly into a payload, or declare the type of the value",
            )

    def _tight(self, value: Template, level: int) -> str:
        text, binds = self._value(value)
        return text if binds >= level else f"({text})"

    def _certain(self, value: Template, level: int = _CHOICE) -> str:
        """A value in a place where JSONata would drop it silently if it were absent."""
        if isinstance(value, Reference):
            found = self._resolve(value)
            if isinstance(found, Slot) and not found.sure and found.fallback is MISSING:
                text = self._plain(found)
                return f"($exists({text}) ? {text} : $error({_quote(path_text(value._path) + ' is absent')}))"
        return self._tight(value, level)

    def _operation(self, operation: Operation) -> tuple[str, int]:
        name, operands = operation.name, operation.operands
        if name in _ARITHMETIC:
            sign, level = _ARITHMETIC[name]
            left, right = operands
            return f"{self._tight(left, level)} {sign} {self._tight(right, level + 1)}", level
        match name:
            case "format":
                parts = [self._certain(part, _PRODUCT) for part in operands]
                if len(parts) == 1:
                    parts.insert(0, "''")
                return " & ".join(parts), _SUM
            case "negate":
                return f"-{self._tight(operands[0], _ATOM)}", _SUM
            case "when":
                test, then, otherwise = operands
                condition, binds = self._condition(test)
                condition = condition if binds >= _OR else f"({condition})"
                return f"{condition} ? {self._tight(then, _OR)} : {self._tight(otherwise, _OR)}", _CHOICE
            case "coalesce":
                text = self._tight(operands[-1], _OR)
                for operand in reversed(operands[:-1]):
                    value = self._tight(operand, _OR)
                    text = f"({value} != null ? {value} : {text})"
                return text, _ATOM
            case "contains":
                return f"{self._tight(operands[1], _SUM)} in {self._tight(operands[0], _SUM)}", _COMPARE
            case "matches":
                return self._matches(operands[0], operands[1])
            case "is_time":
                text = self._tight(operands[0], _SUM)
                return f"$type({text}) = 'string' and $contains({text}, {_TIME})", _AND
            case "past":
                text = self._tight(operands[0], _SUM)
                return f"$type({text}) = 'string' and $toMillis({text}) % 86400000 > {operands[1]}", _AND
            case "element":
                return f"{self._tight(operands[0], _ATOM)}[{self.text(operands[1])}]", _ATOM
            case "merge":
                return f"$merge([{', '.join(self._certain(operand) for operand in operands)}])", _ATOM
            case "split":
                return f"[$split({self._certain(operands[0])}, {self.text(operands[1])})[$ != '']]", _ATOM
            case "to_json":
                return self._to_json(operands[0])
            case "execution_name":
                # The rule is that of `control.names.execution_name`, which the deployed functions use.
                return (
                    f"($raw := {self.text(operands[0])}; $safe := $replace($raw, /[^0-9A-Za-z_-]/, '-'); "
                    "$safe = $raw and $length($safe) <= 80 ? $safe : "
                    "$substring($safe, 0, 63) & '-' & $substring($hash($raw, 'SHA-256'), 0, 16))"
                ), _ATOM
            case "shell_word":
                quote, inside = _quote("'"), _quote(_QUOTE_IN_WORD)
                return f"({quote} & $replace($string({self._certain(operands[0])}), {quote}, {inside}) & {quote})", _ATOM
            case "length":
                return f"$count({self._certain(operands[0])})", _ATOM
            case _ if name in _LISTS:
                return f"[{_LISTS[name]}({', '.join(self._certain(operand) for operand in operands)})]", _ATOM
            case _:
                return f"{_FUNCTIONS[name]}({', '.join(self.text(operand) for operand in operands)})", _ATOM

    def _to_json(self, value: Template) -> tuple[str, int]:
        """JSON of a value. `$string` leaves a text as it is, so the value is written inside an object and taken out again."""
        text = self._certain(value)
        found = self._resolve(value) if isinstance(value, Reference) else None
        if isinstance(value, (Mapping, list, tuple)) or (isinstance(found, Slot) and found.kind in ("structure", "map", "list")):
            return f"$string({text})", _ATOM
        return f"($json := $string({{'v': {text}}}); $substring($json, 5, $length($json) - 6))", _ATOM

    # Conditions

    def _condition(self, value: Template) -> tuple[str, int]:
        match value:
            case bool():
                return ("true" if value else "false"), _ATOM
            case Comparison():
                return self._comparison(value)
            case Logic(op=op, operands=operands):
                level = _AND if op == "and" else _OR
                parts = []
                for operand in operands:
                    text, binds = self._condition(operand)
                    parts.append(text if binds >= level else f"({text})")
                return _joined(parts, op), level
            case Negation(operand=operand):
                return f"$not({self._condition(operand)[0]})", _ATOM
            case Operation(name="exists", operands=(operand,)):
                return f"$exists({self.text(operand)})", _ATOM
            case Operation(name="matches" | "contains" | "is_time" | "past"):
                return self._operation(value)
            case _:
                return f"{self._tight(value, _SUM)} = true", _COMPARE

    def _kind(self, value: Template) -> str | None:
        """The type that a value certainly has, by its own nature; None when only the run can tell."""
        match value:
            case bool():
                return "boolean"
            case int() | float():
                return "number"
            case str():
                return "string"
            case Reference():
                found = self._resolve(value)
                if isinstance(found, Slot) and found.sure and found.base is Base.VARIABLE and found.kind == "number":
                    return "number"
                return None
            case _:
                return None

    def _comparison(self, comparison: Comparison) -> tuple[str, int]:
        op, left, right = comparison.op, comparison.left, comparison.right
        if not isinstance(left, Expression) and isinstance(right, Expression):
            op = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
            left, right = right, left
        a, b = self._tight(left, _SUM), self._tight(right, _SUM)
        both = isinstance(left, Expression) and isinstance(right, Expression)
        if op == "==" and not both:
            return f"{a} = {b}", _COMPARE
        if right is None:
            if op != "!=":
                raise DeclarationError("null has no order", help="compare with `==` or `!=`")
            return f"$exists({a}) and {a} != null", _AND
        if isinstance(right, (bool, list, tuple, Mapping)) and op != "!=":
            raise DeclarationError(f"`{op}` compares numbers or texts", help="use `==` or `!=` here")
        text = f"{a} {op} {b}"
        known, other = self._kind(left), self._kind(right)
        if known is not None and known == other:
            return text, _COMPARE
        if isinstance(right, (list, tuple, Mapping)):
            kind = "object" if isinstance(right, Mapping) else "array"
            return f"$type({a}) = '{kind}' and {text}", _AND
        if other is not None:
            return f"$type({a}) = '{other}' and {text}", _AND
        if known is not None:
            return f"$type({b}) = '{known}' and {text}", _AND
        # Lists and objects are equal to nothing, because JSONPath cannot compare them.
        scalars = "'string', 'number', 'boolean'"
        kinds = {"==": f"[{scalars}, 'null']", "!=": f"[{scalars}]"}.get(op, "['number', 'string']")
        same = f"$type({a}) = $type({b}) and $type({a}) in {kinds}"
        return f"{same} and {a} {'=' if op == '==' else op} {b}", _AND

    def _matches(self, value: Template, pattern: Template) -> tuple[str, int]:
        if not isinstance(pattern, str):
            raise DeclarationError("`fn.matches` takes a plain text as pattern")
        text = self._tight(value, _SUM)
        pieces = re.split(r"(\\.|\*)", pattern)
        regex = "".join(
            "[\\s\\S]*" if piece == "*" else re.sub(r"([^\w\s])", r"\\\1", piece[1:] if piece[:1] == "\\" else piece)
            for piece in pieces
        )
        return f"$type({text}) = 'string' and $contains({text}, /^{regex}$/)", _AND


def _joined(parts: list[str], op: str) -> str:
    """Parts joined by `and` or `or`; long chains in groups of groups, because AWS evaluates at most 100 levels deep and every
    further operand of a chain is one more."""
    while len(parts) > _CHAIN:
        groups = (parts[start : start + _CHAIN] for start in range(0, len(parts), _CHAIN))
        parts = [f"({f' {op} '.join(group)})" for group in groups]
    return f" {op} ".join(parts)


def _quote(text: str) -> str:
    """A JSONata string in single quotes, so that it needs no escapes inside JSON. JSONata 2.0 has no escape for its own quote
    but the code point."""
    escaped = json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\u0027")
    return f"'{escaped}'"


def _literal(value: Template) -> tuple[str, int]:
    if isinstance(value, str):
        return _quote(value), _ATOM
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST:
        raise DeclarationError(f"the number {value} is not exact in JSONata", help="write it as text")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
        return json.dumps(value), _SUM
    return json.dumps(value), _ATOM
