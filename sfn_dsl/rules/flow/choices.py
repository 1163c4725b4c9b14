"""What the rules of a JSONPath Choice read, and what can be told of their outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_dsl.rules.flow.reading import Read, Steps
from sfn_dsl.rules.flow.values import BOOLEAN, NUMBER, STRING, Presence, Value
from sfn_dsl.rules.flow.visit import Visit, Where

__all__ = ["Clash", "Tests"]

_MAX_DEPTH: Final = 40
_FAMILIES: Final = (("String", STRING), ("Numeric", NUMBER), ("Boolean", BOOLEAN), ("Timestamp", STRING))
_KIND_TESTS: Final = frozenset({"IsPresent", "IsNull", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"})
_Place = tuple[str, Steps]


@dataclass(frozen=True, slots=True)
class Clash:
    """A comparison of a value that cannot be of the operator's type."""

    pointer: str
    text: str
    operator: str
    wanted: int
    value: Value


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a test says: its outcome where that is known, and which places are there when it is true and when it is false."""

    outcome: bool | None
    if_true: frozenset[_Place] = frozenset()
    if_false: frozenset[_Place] = frozenset()


_OPEN: Final = _Verdict(None)


class Tests:
    """The tests of one Choice, in order. `there`: the places that earlier tests have shown to be there."""

    __slots__ = ("clashes", "document", "there", "visit")

    def __init__(self, visit: Visit, document: Value) -> None:
        self.visit = visit
        self.document = document
        self.there: frozenset[_Place] = frozenset()
        self.clashes: list[Clash] = []

    def rule(self, where: Where, rule: Mapping[str, Any]) -> bool | None:
        """The outcome of a rule; then the next rule sees what is known after this one did not match."""
        verdict = self._test(where, rule, self.there)
        self.there |= verdict.if_false
        return verdict.outcome

    def _test(self, where: Where, test: Any, there: frozenset[_Place]) -> _Verdict:
        if not isinstance(test, dict) or len(where) > _MAX_DEPTH:
            return _OPEN
        if isinstance(test.get("And"), list):
            return self._several((*where, "And"), test["And"], there, True)
        if isinstance(test.get("Or"), list):
            return self._several((*where, "Or"), test["Or"], there, False)
        if isinstance(test.get("Not"), dict):
            inner = self._test((*where, "Not"), test["Not"], there)
            return _Verdict(None if inner.outcome is None else not inner.outcome, inner.if_false, inner.if_true)
        return self._comparison(where, test, there)

    def _several(self, where: Where, tests: list[Any], there: frozenset[_Place], every: bool) -> _Verdict:
        """And, or (with `every` false) Or: each test is made only when those before it were true (false)."""
        going: frozenset[_Place] = frozenset()
        stopping: frozenset[_Place] | None = None
        outcomes = []
        for index, test in enumerate(tests):
            verdict = self._test((*where, index), test, there | going)
            ahead, back = (verdict.if_true, verdict.if_false) if every else (verdict.if_false, verdict.if_true)
            stopping = going | back if stopping is None else stopping & (going | back)
            going |= ahead
            outcomes.append(verdict.outcome)
            if verdict.outcome is (not every):
                break
        outcome = (not every) if (not every) in outcomes else None if None in outcomes else every
        stopped = stopping or frozenset()
        return _Verdict(outcome, going, stopped) if every else _Verdict(outcome, stopped, going)

    def _comparison(self, where: Where, test: Mapping[str, Any], there: frozenset[_Place]) -> _Verdict:
        operator = next((name for name in test if name in _KIND_TESTS or name.startswith(_PREFIXES)), None)
        variable = test.get("Variable")
        if operator is None or not isinstance(variable, str):
            return _OPEN
        looked = self.visit.look(variable, self.document)
        if looked is None:
            return _OPEN
        root, steps, found = looked
        place: _Place = (root, steps)
        if operator == "IsPresent":
            return _presence(test[operator], found.presence, place)
        value = self._operand((*where, "Variable"), variable, there)
        known = frozenset({place, *((root, steps[:end]) for end in range(1, len(steps)))})
        if value is None:
            return _Verdict(None, known, known)
        return _Verdict(self._compared(where, test, operator, variable, value, there), known, known)

    def _operand(self, where: Where, text: str, there: frozenset[_Place]) -> Value | None:
        """The value of a variable; None where it may not be there."""
        looked = self.visit.look(text, self.document)
        if looked is None:
            return None
        root, steps, found = looked
        if found.presence in (Presence.ABSENT, Presence.POSSIBLE):
            needed = steps[: found.at + 1]
            if not any(root == other and given[: len(needed)] == needed for other, given in there):
                self.visit.reads.append(Read(self.visit.state, where, text, root, steps, found, test=True))
            return None
        return found.value

    def _compared(
        self, where: Where, test: Mapping[str, Any], operator: str, variable: str, value: Value, there: frozenset[_Place]
    ) -> bool | None:
        kind = next((kind for family, kind in _FAMILIES if operator.startswith(family)), None)
        if kind is None:
            return None
        wanted = test[operator]
        if not value.kinds & kind:
            self.clashes.append(Clash(self.visit.state.at(*where, "Variable"), variable, operator, kind, value))
            return False
        if operator.endswith("Path") and isinstance(wanted, str):
            other = self._operand((*where, operator), wanted, there)
            if other is not None and not other.kinds & kind:
                self.clashes.append(Clash(self.visit.state.at(*where, operator), wanted, operator, kind, other))
                return False
            return None
        if not operator.endswith("Equals") or "Than" in operator or (kind == STRING and operator != "StringEquals"):
            return None
        if value.has_literal and value.only(kind) and not (isinstance(wanted, str) and self.visit.subject.is_open(wanted)):
            return bool(value.literal == wanted)
        return None


_PREFIXES: Final = tuple(family for family, _ in _FAMILIES)


def _presence(wanted: Any, presence: Presence, place: _Place) -> _Verdict:
    if not isinstance(wanted, bool):
        return _OPEN
    outcome = None
    if presence is Presence.CERTAIN:
        outcome = wanted
    elif presence is Presence.ABSENT:
        outcome = not wanted
    there = frozenset({place})
    return _Verdict(outcome, there if wanted else frozenset(), frozenset() if wanted else there)
