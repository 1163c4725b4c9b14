"""The rules of a Choice state and the tests inside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sfn_dsl.asl.model import Json
from sfn_dsl.rules.subject import State

__all__ = ["COMBINING", "OPERANDS", "RULE_FIELDS", "Test", "choice_tests"]

_ORDERS = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
_LITERAL = {
    **{f"{kind}{order}": kind for kind in ("String", "Numeric", "Timestamp") for order in _ORDERS},
    "BooleanEquals": "Boolean",
}

COMBINING = ("And", "Or", "Not")

OPERANDS: Mapping[str, str] = {
    **_LITERAL,
    **{f"{operator}Path": "Path" for operator in _LITERAL},
    "StringMatches": "String",
    **{f"Is{what}": "Boolean" for what in ("Null", "Present", "Numeric", "String", "Boolean", "Timestamp")},
}
"""Operators of JSONPath, with the kind of value that each takes."""

RULE_FIELDS = frozenset({*OPERANDS, *COMBINING, "Variable", "Condition", "Next", "Assign", "Output", "Comment"})


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """A member of `Choices`, or a test inside And, Or or Not of `around`; `value` is any JSON.

    Where it is, is put together only when asked for: tests can be nested deep.
    """

    state: State
    value: Json
    place: tuple[str | int, ...]
    around: Test | None = None

    @property
    def outermost(self) -> bool:
        """Whether it is a rule of the state."""
        return self.around is None

    def at(self, *parts: str | int) -> str:
        """A pointer to the test, or to something inside."""
        places = [parts]
        test: Test | None = self
        while test is not None:
            places.append(test.place)
            test = test.around
        return self.state.at(*(part for place in reversed(places) for part in place))


def choice_tests(state: State) -> Iterator[Test]:
    """Every member of `Choices` and every test inside And, Or and Not, in the order of the document."""
    rules = state.body.get("Choices")
    if not isinstance(rules, list):
        return
    pending = [Test(state, rule, ("Choices", index)) for index, rule in enumerate(rules)]
    pending.reverse()
    while pending:
        test = pending.pop()
        yield test
        if not isinstance(test.value, dict):
            continue
        if isinstance(test.value.get("Not"), dict):
            pending.append(Test(state, test.value["Not"], ("Not",), test))
        for word in ("Or", "And"):
            members = test.value.get(word)
            if isinstance(members, list):
                pending += reversed([Test(state, member, (word, index), test) for index, member in enumerate(members)])
