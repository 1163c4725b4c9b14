"""How large a value is as JSON, without writing it."""

from __future__ import annotations

import functools
from typing import Any

from sfn_dsl.rules.subject import Subject

__all__ = ["PAYLOAD", "characters", "literal_bytes", "whole"]

PAYLOAD = 262_144
"""Bytes of UTF-8 that an input, an output or a result may have."""


@functools.lru_cache(maxsize=8)
def whole(subject: Subject) -> int:
    """The characters of a definition."""
    return characters(subject.value)


def characters(value: Any) -> int:
    """The fewest characters that a value takes as JSON: no blanks, nothing escaped."""
    total = 0
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, str):
            total += len(node) + 2
        elif isinstance(node, dict):
            total += 4 * len(node) + (1 if node else 2) + sum(map(len, node))
            pending += node.values()
        elif isinstance(node, list):
            total += len(node) + (1 if node else 2)
            pending += node
        else:
            total += _scalar(node)
    return total


def literal_bytes(value: Any, *, jsonata: bool) -> int:
    """The fewest bytes of UTF-8 of what a payload surely holds: expressions and paths are left out."""
    total = 0
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, str):
            if not (jsonata and node.startswith("{%")):
                total += _bytes(node) + 2
        elif isinstance(node, dict):
            total += 2 * len(node) + (1 if node else 2)
            for key, member in node.items():
                total += _bytes(key) + 2
                if jsonata or not key.endswith(".$"):
                    pending.append(member)
        elif isinstance(node, list):
            total += len(node) + (1 if node else 2)
            pending += node
        else:
            total += _scalar(node)
    return total


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _scalar(value: Any) -> int:
    if value is None or isinstance(value, bool):
        return 5 if value is False else 4
    if isinstance(value, int):
        return max(1, value.bit_length() * 3 // 10)
    return 1
