"""Which states of two machines are the same one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final

from sfn_dsl.asl.model import Json
from sfn_dsl.comparing.fields import differences
from sfn_dsl.comparing.flat import Fields, own_name, parent_of

__all__ = ["origins"]

_MOVED: Final = ("Next", "Default", "Assign", "Catch")
"""What differs in a state that only has another name, or another neighbour."""
_UNNAMED: Final = ("Choice", "Wait", "Pass", "Succeed", "Fail")
"""Types whose states look alike by chance."""
_ENOUGH: Final = 0.5
"""The part of the arguments that makes two tasks the same one."""
_MOST_PAIRS: Final = 40_000
"""How many tasks are compared with each other: a machine that is new as a whole has no new names."""


def origins(before: Mapping[str, Fields], after: Mapping[str, Fields]) -> dict[str, str]:
    """The path that each state of the new machine had in the old one, for those that were there.

    Within what they are in, states are the same by their names; then those that have a new name and else the same fields; then
    tasks of one resource with mostly the same arguments. Branches are the same that have the most names in common.
    """
    olds, news = _children(before), _children(after)
    found = {"": ""}
    waiting = [""]
    while waiting:
        new = waiting.pop()
        waiting += news.get(new, ())
        if new in found:
            found.update(_paired(olds.get(found[new], []), news.get(new, []), before, after))
    return found


def _children(paths: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        if path:
            found.setdefault(parent_of(path), []).append(path)
    return found


def _paired(olds: list[str], news: list[str], before: Mapping[str, Fields], after: Mapping[str, Fields]) -> dict[str, str]:
    """New paths with their old ones, among the members of one container."""
    if news and "Type" not in after[news[0]]:
        return _branches(olds, news, before, after)
    names = {own_name(path): path for path in olds}
    found = {path: names[own_name(path)] for path in news if own_name(path) in names}
    gone, fresh = _left(olds, found.values()), _left(news, found)
    by_work: dict[str, list[str]] = {}
    for path in gone:
        by_work.setdefault(_work(before[path]), []).append(path)
    for path in fresh:
        alike = by_work.get(_work(after[path]), [])
        if alike and after[path].get("Type") not in _UNNAMED:
            found[path] = alike.pop(0)
    gone, fresh = _left(gone, found.values()), _left(fresh, found)
    if len(gone) * len(fresh) <= _MOST_PAIRS:
        for path in fresh:
            shares = {old: _share(before[old], after[path]) for old in gone}
            best = max(shares, key=lambda old: shares[old], default="")
            if best and shares[best] >= _ENOUGH:
                found[path] = best
                gone.remove(best)
    return found


def _left(paths: Iterable[str], taken: Iterable[str]) -> list[str]:
    out = set(taken)
    return [path for path in paths if path not in out]


def _branches(olds: list[str], news: list[str], before: Mapping[str, Fields], after: Mapping[str, Fields]) -> dict[str, str]:
    """Branches by the names of their states; those that are left over by their order, if none was added or removed."""
    old_names, new_names = _names_in(olds, before), _names_in(news, after)
    common = [(len(old_names[old] & new_names[new]), own_name(old) == own_name(new), old, new) for old in olds for new in news]
    found: dict[str, str] = {}
    for count, _, old, new in sorted(common, key=lambda one: one[:2], reverse=True):
        if count and new not in found and old not in found.values():
            found[new] = old
    left = [old for old in olds if old not in found.values()], [new for new in news if new not in found]
    if len(left[0]) == len(left[1]):
        found.update(zip(left[1], left[0], strict=True))
    return found


def _names_in(branches: list[str], states: Mapping[str, Fields]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {branch: set() for branch in branches}
    for path in states:
        if parent_of(path) in found:
            found[parent_of(path)].add(own_name(path))
    return found


def _work(state: Fields) -> str:
    return json.dumps({key: value for key, value in state.items() if key not in _MOVED}, sort_keys=True)


def _share(old: Fields, new: Fields) -> float:
    """The part of the arguments that two tasks of one resource have in common, from 0 to 1."""
    if old.get("Resource") is None or any(old.get(key) != new.get(key) for key in ("Type", "Resource")):
        return 0.0
    was, now = (state.get("Arguments", state.get("Parameters")) for state in (old, new))
    size = max(len(_leaves(was)), len(_leaves(now)))
    return 1 - len(list(differences(was, now))) / size if size else 0.0


def _leaves(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return [leaf for member in value.values() for leaf in _leaves(member)]
    if isinstance(value, list):
        return [leaf for member in value for leaf in _leaves(member)]
    return [] if value is None else [value]
