"""What a Task calls: the parts of its `Resource`, its payload, and what the catalogue knows of the action.

Computed once per definition. Nothing here says that something is wrong; the rules of this folder do.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sfn_dsl.asl.model import Json
from sfn_dsl.asl.services import Integration, Pattern, integration
from sfn_dsl.rules.subject import State, Subject

__all__ = ["Arn", "Call", "arn_of", "calls", "is_dynamic", "resources", "texts_in"]

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")
# No name is longer; a longer text is cut, so that looking for a name like it stays fast.
_LONG = 100
_PATTERNS = {pattern.value: pattern for pattern in Pattern}


@dataclass(frozen=True, slots=True)
class Arn:
    """The parts of an ARN. A placeholder `${...}` in a part is `${}` here, so that its colons do not split it."""

    partition: str
    service: str
    region: str
    account: str
    rest: str


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A Task that calls a service by `arn:<partition>:states:<region>:<account>:[aws-sdk:]<service>:<action><suffix>`."""

    state: State
    arn: Arn
    service: str
    action: str
    suffix: str
    sdk: bool

    @property
    def name(self) -> str:
        """The action as messages name it."""
        return f"{'aws-sdk:' if self.sdk else ''}{self.service}:{self.action}"

    @property
    def pattern(self) -> Pattern | None:
        """How the Task waits, None for a suffix that is no pattern."""
        return _PATTERNS.get(self.suffix)

    @property
    def entry(self) -> Integration | None:
        """The catalogue's entry, None where it has none or cannot be asked because botocore is missing."""
        return _entry(self.service, self.action, self.sdk)

    @property
    def field(self) -> str:
        """The field that holds the payload."""
        return "Arguments" if self.state.jsonata else "Parameters"

    @property
    def payload(self) -> Json:
        """What is sent, None where it is missing."""
        return self.state.get(self.field)

    @property
    def resource_pointer(self) -> str:
        """A pointer to `Resource`."""
        return self.state.at("Resource")


@functools.lru_cache(maxsize=512)
def _entry(service: str, action: str, sdk: bool) -> Integration | None:
    try:
        return integration(service, action, sdk)
    except LookupError:
        return None


@functools.lru_cache(maxsize=4)
def resources(subject: Subject) -> tuple[tuple[State, str], ...]:
    """Tasks whose `Resource` is a text, with that text; those that are one placeholder as a whole are left out."""
    found = []
    for state in subject.of_type("Task"):
        text = state.get("Resource")
        if isinstance(text, str) and not (subject.is_open(text) and not text.startswith("arn:")):
            found.append((state, text))
    return tuple(found)


@functools.lru_cache(maxsize=4)
def calls(subject: Subject) -> tuple[Call, ...]:
    """Tasks that call a service, in the order of the document; activities, functions and open texts are not among them."""
    found = []
    for state, text in resources(subject):
        arn = arn_of(text)
        if arn is None or arn.service != "states" or subject.is_open(arn.rest):
            continue
        rest = arn.rest.removeprefix("aws-sdk:")
        service, colon, tail = rest.partition(":")
        if not colon or not service or not tail or service == "activity":
            continue
        action, dot, suffix = tail.partition(".")
        found.append(Call(state, arn, service[:_LONG], action[:_LONG], (dot + suffix)[:_LONG], rest != arn.rest))
    return tuple(found)


def arn_of(text: str) -> Arn | None:
    """The parts of an ARN; None for a text that has not its form."""
    parts = _PLACEHOLDER.sub("${}", text).split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5].strip():
        return None
    return Arn(*parts[1:])


def is_dynamic(subject: Subject, state: State, text: str) -> bool:
    """Whether a text in a payload is an expression, looks like one, or waits for a substitution."""
    if subject.is_open(text):
        return True
    return text.startswith("{%") if state.jsonata else text.startswith(("$", "States."))


def texts_in(value: Json, pointer: str) -> Iterator[tuple[str, str]]:
    """Every text in a JSON value, with pointers."""
    pending: list[tuple[str, Json]] = [(pointer, value)]
    while pending:
        at, part = pending.pop()
        if isinstance(part, str):
            yield at, part
        elif isinstance(part, dict):
            pending += [(f"{at}/{key.replace('~', '~0').replace('/', '~1')}", inner) for key, inner in reversed(part.items())]
        elif isinstance(part, list):
            pending += [(f"{at}/{index}", inner) for index, inner in reversed(list(enumerate(part)))]
