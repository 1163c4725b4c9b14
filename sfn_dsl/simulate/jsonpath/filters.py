"""The operators of JSONPath filters, as Jayway compares values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sfn_dsl.simulate.java.text import equal, map_text
from sfn_dsl.simulate.jsonpath.steps import ABSENT

__all__ = ["COMPARISONS", "is_scalar"]


def is_scalar(value: Any) -> bool:
    """Whether `=~` looks at the value at all."""
    return isinstance(value, (str, int, float))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _same(left: Any, right: Any) -> bool:
    """Jayway's `==`: a number and a text are equal when they read alike; what is absent equals nothing."""
    if left is ABSENT or right is ABSENT:
        return False
    if _is_number(left):
        if isinstance(right, str):
            try:
                return bool(left == float(right))
            except ValueError:
                return False
        return _is_number(right) and bool(left == right)
    if isinstance(left, str) and _is_number(right):
        return left == map_text(right)
    return equal(left, right)


def _ordered(left: Any, right: Any) -> bool:
    return (_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str))


def _among(value: Any, items: Any) -> bool:
    return isinstance(items, list) and any(_same(value, item) for item in items)


def _sized(value: Any) -> bool:
    return isinstance(value, (str, list, dict))


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(whole, str):
        return isinstance(part, str) and part in whole
    return _among(part, whole)


def _overlap(left: Any, right: Any) -> bool:
    return isinstance(left, list) and any(_among(item, right) for item in left)


COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": _same,
    "!=": lambda left, right: not _same(left, right),
    "===": lambda left, right: type(left) is type(right) and _same(left, right),
    "!==": lambda left, right: type(left) is not type(right) or not _same(left, right),
    "<": lambda left, right: _ordered(left, right) and bool(left < right),
    "<=": lambda left, right: _ordered(left, right) and bool(left <= right),
    ">": lambda left, right: _ordered(left, right) and bool(left > right),
    ">=": lambda left, right: _ordered(left, right) and bool(left >= right),
    "in": _among,
    "nin": lambda left, right: not _among(left, right),
    "contains": _contains,
    "size": lambda left, right: _sized(left) and len(left) == right,
    "empty": lambda left, right: _sized(left) and (len(left) == 0) is right,
    "subsetof": lambda left, right: isinstance(left, list) and all(_among(item, right) for item in left),
    "anyof": _overlap,
    "noneof": lambda left, right: not _overlap(left, right),
}
"""What the operators do with the values of their two sides."""
