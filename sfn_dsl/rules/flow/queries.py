"""What a JSONata expression gives, as far as it can be told without running it.

Paths of plain names, constructors, operators, conditions and well-known functions are followed; anything else may give
anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sfn_dsl.rules.flow.joining import array_of, from_json, joined
from sfn_dsl.rules.flow.operands import ARITHMETIC, ORDER, Operand, operand_misfit
from sfn_dsl.rules.flow.reading import Found, Steps, member
from sfn_dsl.rules.flow.values import (
    ANY,
    ARRAY,
    BOOLEAN,
    NUMBER,
    OBJECT,
    STRING,
    Presence,
    Value,
    list_of,
    object_of,
    scalar,
)

__all__ = ["Lookup", "Outcome", "Querying", "truth"]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A path of names that an expression reads."""

    root: str
    steps: Steps
    found: Found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a part of an expression gives. `lookup`: the path that it is, or that makes it undefined."""

    value: Value
    presence: Presence
    lookup: Lookup | None = None


_MAX_DEPTH: Final = 60
_NOTHING: Final = Outcome(ANY, Presence.UNKNOWN)
_TRUE: Final = from_json(True)
_FALSE: Final = from_json(False)


def _giving(kinds: int, names: str) -> dict[str, Value]:
    return dict.fromkeys(names.split(), scalar(kinds))


_RESULTS: Final[Mapping[str, Value]] = {
    **_giving(STRING, "string substring substringBefore substringAfter uppercase lowercase trim pad join replace now fromMillis"),
    **_giving(
        STRING, "base64encode base64decode encodeUrl encodeUrlComponent formatNumber formatBase formatInteger uuid hash type"
    ),
    **_giving(
        NUMBER, "number abs floor ceil round power sqrt random parseInteger count length sum max min average millis toMillis"
    ),
    **_giving(BOOLEAN, "boolean not contains exists"),
    "split": list_of(scalar(STRING)),
}
_ALWAYS: Final = frozenset({"count", "exists", "millis", "now", "random", "uuid"})
# Functions that give nothing for nothing.
_PASSING: Final = (_RESULTS.keys() - _ALWAYS - {"hash"}) | {"distinct", "keys", "parse", "reverse", "shuffle", "sort", "spread"}
_NEVER_SURE: Final = frozenset({"average", "max", "min"})


def truth(outcome: Outcome) -> bool | None:
    """Whether a value counts as true; None where that is not known."""
    if outcome.presence is Presence.ABSENT:
        return False
    if outcome.presence is Presence.CERTAIN and outcome.value.has_literal:
        return bool(outcome.value.literal)
    return None


class Querying:
    """Follows one expression. `lookups` collects the paths that find nothing, `misfits` operands of a wrong type that are surely
    evaluated."""

    __slots__ = ("lookups", "misfits", "roots")

    def __init__(self, roots: Mapping[str, tuple[Value, Presence]]) -> None:
        self.roots = roots
        self.lookups: list[Lookup] = []
        self.misfits: list[Operand] = []

    def outcome(self, node: Any, local: Mapping[str, Outcome], depth: int = 0) -> Outcome:
        """What a node gives."""
        if depth > _MAX_DEPTH:
            return _NOTHING
        kind = node.type
        if kind == "path":
            found = self._path(node, local, depth)
        elif kind in ("string", "number", "value"):
            found = Outcome(from_json(node.value), Presence.CERTAIN)
        else:
            follow = _FOLLOW.get(kind)
            found = follow(self, node, local, depth) if follow is not None else _NOTHING
        if kind != "path" and (node.predicate or node.group is not None):
            return found if found.presence is Presence.ABSENT else _NOTHING
        return found

    def _variable(self, node: Any, local: Mapping[str, Outcome], depth: int) -> Outcome:
        name = node.value
        if name in local:
            return local[name]
        known = self.roots.get(name)
        if known is None:
            return _NOTHING
        value, presence = known
        return Outcome(value, presence, Lookup(name, (), Found(value, presence)))

    def _path(self, node: Any, local: Mapping[str, Outcome], depth: int) -> Outcome:
        first = node.steps[0]
        if first.type in ("name", "wildcard", "descendant", "parent") or first.stages or first.tuple:
            return _NOTHING
        current = self.outcome(first, local, depth + 1)
        root, steps = (current.lookup.root, list(current.lookup.steps)) if current.lookup else ("", [])
        for number, step in enumerate(node.steps[1:]):
            if current.presence is Presence.ABSENT:
                return current
            if step.type != "name":
                return _NOTHING
            steps.append(step.value)
            value, presence = _field(current.value, step.value)
            if presence is Presence.ABSENT:
                found = Found(ANY, presence, len(steps) - 1, current.value)
                rest = [later.value for later in node.steps[number + 2 :] if later.type == "name"]
                lookup = Lookup(root, (*steps, *rest), found) if root else None
                if lookup is not None:
                    self.lookups.append(lookup)
                return Outcome(ANY, presence, lookup)
            if step.stages or step.predicate or step.tuple or step.group is not None:
                return _NOTHING
            presence = presence if current.presence is Presence.CERTAIN else current.presence
            lookup = Lookup(root, tuple(steps), Found(value, presence)) if root else None
            current = Outcome(value, presence, lookup)
        if node.group is not None or node.predicate or node.keep_array or node.keep_singleton_array:
            return _NOTHING
        return current

    def _unary(self, node: Any, local: Mapping[str, Outcome], depth: int) -> Outcome:
        if node.value == "{":
            return self._object(node, local, depth)
        if node.value == "[":
            return self._array(node, local, depth)
        found = self.outcome(node.expression, local, depth + 1)
        return replace(found, value=scalar(NUMBER))

    def _object(self, node: Any, local: Mapping[str, Outcome], depth: int) -> Outcome:
        members: dict[str, tuple[Value, Presence]] = {}
        rest = None
        for key, inner in node.lhs_object:
            found = self.outcome(inner, local, depth + 1)
            if key.type != "string":
                rest = ANY
            elif found.presence is not Presence.ABSENT:
                members[key.value] = (found.value, found.presence)
        if rest is not None:
            members = {}
        return Outcome(object_of(members, rest), Presence.CERTAIN)

    def _array(self, node: Any, local: Mapping[str, Outcome], depth: int) -> Outcome:
        parts = [self.outcome(inner, local, depth + 1) for inner in node.expressions]
        plain = all(
            part.presence is Presence.CERTAIN and (not part.value.kinds & ARRAY or inner.type == "unary")
            for part, inner in zip(parts, node.expressions, strict=True)
        )
        return Outcome(array_of(part.value for part in parts) if plain else list_of(ANY), Presence.CERTAIN)

    def _binary(self, node: Any, local: Mapping[str, Outcome], depth: int) -> Outcome:
        sign = str(node.value)
        left = self.outcome(node.lhs, local, depth + 1)
        sure = len(self.misfits)
        right = self.outcome(node.rhs, local, depth + 1)
        if sign == "&":
            return Outcome(scalar(STRING), Presence.CERTAIN)
        if sign in ("=", "!="):
            absent = Presence.ABSENT in (left.presence, right.presence)
            return Outcome(_FALSE if absent else _compared(sign, left, right), Presence.CERTAIN)
        if sign == "in":
            return Outcome(scalar(BOOLEAN), Presence.CERTAIN)
        if sign in ("and", "or"):
            del self.misfits[sure:]
            return Outcome(_decided(sign, truth(left), truth(right)), Presence.CERTAIN)
        if sign not in ARITHMETIC | ORDER:
            return _NOTHING
        absent_side = next((side for side in (left, right) if side.presence is Presence.ABSENT), None)
        if absent_side is not None:
            return absent_side
        misfit = operand_misfit(sign, left.value, right.value)
        if misfit is not None:
            self.misfits.append(misfit)
        certain = left.presence is right.presence is Presence.CERTAIN
        kind = BOOLEAN if sign[0] in "<>" else NUMBER
        return Outcome(scalar(kind), Presence.CERTAIN if certain else Presence.UNKNOWN)

    def _condition(self, node: Any, local: Mapping[str, Outcome], depth: int) -> Outcome:
        decided = truth(self.outcome(node.condition, local, depth + 1))
        if decided is True:
            return self.outcome(node.then, local, depth + 1)
        sure = len(self.misfits)
        otherwise = _NOTHING if node._else is None else self.outcome(node._else, local, depth + 1)
        if decided is False:
            return Outcome(ANY, Presence.UNKNOWN) if node._else is None else otherwise
        then = self.outcome(node.then, local, depth + 1)
        del self.misfits[sure:]
        if then.presence is otherwise.presence is Presence.ABSENT:
            return then
        certain = then.presence is otherwise.presence is Presence.CERTAIN
        if Presence.ABSENT in (then.presence, otherwise.presence):
            return Outcome(otherwise.value if then.presence is Presence.ABSENT else then.value, Presence.UNKNOWN)
        return Outcome(joined(then.value, otherwise.value), Presence.CERTAIN if certain else Presence.UNKNOWN)

    def _block(self, node: Any, local: Mapping[str, Outcome], depth: int) -> Outcome:
        inner = dict(local)
        found = _NOTHING
        for expression in node.expressions:
            found = self.outcome(expression, inner, depth + 1)
            if expression.type == "bind":
                inner[expression.lhs.value] = replace(found, lookup=None)
        return found

    def _bind(self, node: Any, local: Mapping[str, Outcome], depth: int) -> Outcome:
        return self.outcome(node.rhs, local, depth + 1)

    def _function(self, node: Any, local: Mapping[str, Outcome], depth: int) -> Outcome:
        name = node.procedure.value if node.procedure.type == "variable" else None
        if not isinstance(name, str) or name in local or name in self.roots:
            return _NOTHING
        before = len(self.lookups)
        arguments = [self.outcome(argument, local, depth + 1) for argument in node.arguments or ()]
        first = arguments[0] if arguments else None
        if name == "exists" and first is not None:
            del self.lookups[before:]
            known = {Presence.ABSENT: _FALSE, Presence.CERTAIN: _TRUE}
            return Outcome(known.get(first.presence, scalar(BOOLEAN)), Presence.CERTAIN)
        if first is not None and first.presence is Presence.ABSENT and name in _PASSING:
            return first
        certain = name in _ALWAYS or all(argument.presence is Presence.CERTAIN for argument in arguments)
        certain = certain and name in _RESULTS and name not in _NEVER_SURE
        return Outcome(_RESULTS.get(name, ANY), Presence.CERTAIN if certain else Presence.UNKNOWN)


_FOLLOW: Final[Mapping[str, Any]] = {
    "variable": Querying._variable,
    "unary": Querying._unary,
    "binary": Querying._binary,
    "condition": Querying._condition,
    "block": Querying._block,
    "bind": Querying._bind,
    "function": Querying._function,
}


def _field(value: Value, name: str) -> tuple[Value, Presence]:
    """A field of an object, or of every object in an array."""
    if not value.kinds & ARRAY:
        return member(value, name)
    if value.kinds & OBJECT and member(value, name)[1] is not Presence.ABSENT:
        return ANY, Presence.UNKNOWN
    if value.element is None or _field(value.element, name)[1] is Presence.ABSENT:
        return ANY, Presence.ABSENT
    return ANY, Presence.UNKNOWN


def _compared(sign: str, left: Outcome, right: Outcome) -> Value:
    certain = left.presence is right.presence is Presence.CERTAIN
    if certain and left.value.has_literal and right.value.has_literal:
        equal = left.value.kinds == right.value.kinds and left.value.literal == right.value.literal
        return _TRUE if equal is (sign == "=") else _FALSE
    return scalar(BOOLEAN)


def _decided(sign: str, left: bool | None, right: bool | None) -> Value:
    if sign == "and":
        return _FALSE if False in (left, right) else _TRUE if left and right else scalar(BOOLEAN)
    return _TRUE if True in (left, right) else _FALSE if left is right is False else scalar(BOOLEAN)
