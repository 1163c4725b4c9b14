"""Canonical JSON text: UTF-8, indent 2, keys in the order given, one final newline.

The same text as `json.dumps(value, indent=2, ensure_ascii=False)`, which in CPython 3.11 runs in pure Python one token at a
time; this one is 1.5 times as fast on definitions (`bench/speed.py`) and does not recurse, so depth has no limit.
"""

from __future__ import annotations

from json.encoder import encode_basestring as quote
from typing import Any

__all__ = ["canonical"]

_SCALARS = {None: "null", True: "true", False: "false"}


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return str(quote(value))
    if value is None or value is True or value is False:
        return _SCALARS[value]
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"{value!r} is not a JSON number")
        return float.__repr__(value)
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def canonical(value: Any) -> str:
    """The text of a JSON value. Raises TypeError or ValueError for what is not JSON."""
    out: list[str] = []
    write = out.append
    names: dict[str, str] = {}
    # Work still to do, last first: a piece of text, or (value, line break with its indent).
    stack: list[str | tuple[Any, str]] = ["\n", (value, "\n")]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            write(item)
            continue
        node, newline = item
        if not isinstance(node, (dict, list, tuple)):
            write(_scalar(node))
        elif not node:
            write("{}" if isinstance(node, dict) else "[]")
        else:
            inner = newline + "  "
            pending = _members(node, inner, names) if isinstance(node, dict) else _elements(node, inner)
            pending.append(newline + ("}" if isinstance(node, dict) else "]"))
            pending.reverse()
            stack += pending
    return "".join(out)


def _members(node: dict[Any, Any], inner: str, names: dict[str, str]) -> list[str | tuple[Any, str]]:
    pending: list[str | tuple[Any, str]] = []
    text, lead = "", "{" + inner
    for key, member in node.items():
        name = names.get(key)
        if name is None:
            if not isinstance(key, str):
                raise TypeError(f"{type(key).__name__} is not a JSON key")
            name = names[key] = quote(key) + ": "
        text += lead + name
        kind = type(member)
        if kind is str:
            text += quote(member)
        elif kind is dict or kind is list or isinstance(member, (dict, list, tuple)):
            pending += (text, (member, inner))
            text = ""
        else:
            text += _scalar(member)
        lead = "," + inner
    pending.append(text)
    return pending


def _elements(node: list[Any] | tuple[Any, ...], inner: str) -> list[str | tuple[Any, str]]:
    pending: list[str | tuple[Any, str]] = []
    text, lead = "", "[" + inner
    for member in node:
        text += lead
        if type(member) is str:
            text += quote(member)
        elif isinstance(member, (dict, list, tuple)):
            pending += (text, (member, inner))
            text = ""
        else:
            text += _scalar(member)
        lead = "," + inner
    pending.append(text)
    return pending
