"""What a path or an expression finds in a value, and the record of it that rules look at."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from sfn_dsl.rules.flow.values import ANY, ARRAY, BOOLEAN, NUMBER, OBJECT, STRING, Presence, Value, list_of, scalar
from sfn_dsl.rules.subject import State
from sfn_dsl.simulate.jsonpath.parser import InvalidPath, parse_path
from sfn_dsl.simulate.jsonpath.steps import leading

__all__ = ["Found", "Read", "Steps", "call_value", "find", "member", "path_steps", "shown"]

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What is at the end of some steps.

    `at`: the step that may be missing, -1 for the root itself. `holder`: what lacks it, where it is absent on every way.
    """

    value: Value
    presence: Presence
    at: int = 0
    holder: Value | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A read that finds nothing, on all ways or on some.

    `where`: the parts of the pointer to the text below the state. `root`: "" for the document, else the name of a variable, or
    `states` in JSONata. `steps`: what follows the root. `part`: it is only a part of an expression that has a value without it.
    `test`: it is the variable of a Choice.
    """

    state: State
    where: tuple[str | int, ...]
    text: str
    root: str
    steps: Steps
    found: Found
    part: bool = False
    test: bool = False

    @property
    def absent(self) -> bool:
        """Whether there is nothing on every way."""
        return self.found.presence is Presence.ABSENT

    @property
    def pointer(self) -> str:
        """A pointer to the text."""
        return self.state.at(*self.where)

    @property
    def whole_variable(self) -> bool:
        """Whether it is the variable itself that is not there."""
        return bool(self.root) and self.root != "states" and not self.steps


def shown(root: str, steps: Iterable[str | int]) -> str:
    """A path as text."""
    return f"${root}" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


@functools.lru_cache(maxsize=16_384)
def path_steps(text: str) -> tuple[str, Steps, bool] | None:
    """The root of a JSONPath, its leading names and indexes, and whether these are all of it; None where it is not a path."""
    try:
        root, steps = parse_path(text)
    except (InvalidPath, RecursionError):
        return None
    single = leading(steps)
    return root, single, len(single) == len(steps)


def member(value: Value, step: str | int) -> tuple[Value, Presence]:
    """What one step of a JSONPath finds."""
    if isinstance(step, str):
        if not value.kinds & OBJECT:
            return ANY, Presence.ABSENT
        known = value.members.get(step)
        if known is not None:
            return known if value.only(OBJECT) else (known[0], Presence.UNKNOWN)
        if value.rest is None and not _spelled_otherwise(value, step):
            return ANY, Presence.ABSENT
        return value.rest or ANY, Presence.UNKNOWN
    if not value.kinds & ARRAY:
        return ANY, Presence.ABSENT
    if value.items is not None:
        if not -len(value.items) <= step < len(value.items):
            return ANY, Presence.ABSENT
        return value.items[step], Presence.CERTAIN if value.only(ARRAY) else Presence.UNKNOWN
    return (ANY, Presence.ABSENT) if value.element is None else (value.element, Presence.UNKNOWN)


def _spelled_otherwise(value: Value, name: str) -> bool:
    """Whether a service's field has this name but for capitals inside: AWS's SDK spells some acronyms in its own way.

    Metadata of the call may be in any result.
    """
    if value.origin and name in ("SdkHttpMetadata", "SdkResponseMetadata"):
        return True
    folded = name.lower()
    return name[:1].isupper() and any(
        known.lower() == folded and known[0] == name[0] and presence is Presence.UNKNOWN
        for known, (_, presence) in value.members.items()
    )


def find(value: Value, steps: Steps) -> Found:
    """What steps of a JSONPath find."""
    presence, at = Presence.CERTAIN, 0
    for index, step in enumerate(steps):
        holder = value
        value, known = member(holder, step)
        if known is Presence.ABSENT:
            return Found(ANY, known, index, holder)
        # What is missing on some ways on the way there is missing at the end, whatever is known of the rest.
        if presence is Presence.CERTAIN and known is not presence:
            presence, at = known, index
    return Found(value, presence, at)


_CALLS = {
    "States.Array": list_of(ANY),
    "States.ArrayContains": scalar(BOOLEAN),
    "States.ArrayLength": scalar(NUMBER),
    "States.ArrayPartition": list_of(list_of(ANY)),
    "States.ArrayRange": list_of(scalar(NUMBER)),
    "States.ArrayUnique": list_of(ANY),
    "States.Base64Decode": scalar(STRING),
    "States.Base64Encode": scalar(STRING),
    "States.Format": scalar(STRING),
    "States.Hash": scalar(STRING),
    "States.JsonMerge": Value(OBJECT, members={}, rest=ANY),
    "States.JsonToString": scalar(STRING),
    "States.MathAdd": scalar(NUMBER),
    "States.MathRandom": scalar(NUMBER),
    "States.StringSplit": list_of(scalar(STRING)),
    "States.UUID": scalar(STRING),
}


def call_value(name: str) -> Value:
    """What an intrinsic function gives."""
    return _CALLS.get(name, ANY)
