"""A definition as rules see it: raw JSON, states and scopes already found, whatever is wrong with it.

Rules work on JSON and not on the model, because what is to be found is just what the model has no place for. Everything here is
computed once per definition. Nothing raises for odd input: a state that is no object is not among the states.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sfn_dsl.asl.model import Json
from sfn_dsl.rules.finding import pointer_to

__all__ = ["Place", "Scope", "State", "Subject"]

_PLACEHOLDER = re.compile(r"\$\{[^{}]+\}")
STATE_TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a definition is to run; None where it is not known, as for a foreign file."""

    partition: str
    region: str
    account: str


@dataclass(slots=True, eq=False)
class Scope:
    """A `States` block: the machine itself, a branch of a Parallel, the processor of a Map.

    `kind`: machine, branch or processor. `body` is the object that holds `StartAt` and `States`; `states` are its states that are
    objects, by name, in order. `parent` is the state around it. `distributed`: the processor of a distributed Map.
    """

    kind: str
    pointer: str
    body: Mapping[str, Any]
    parent: State | None
    distributed: bool = False
    states: dict[str, State] = field(default_factory=dict)

    @property
    def start_at(self) -> Json:
        """What `StartAt` holds, a name of a state or anything else; None where it is missing."""
        return self.body.get("StartAt")

    @property
    def ancestry(self) -> Iterator[Scope]:
        """This scope and those around it, from the inside out."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent.scope if scope.parent is not None else None


@dataclass(slots=True, eq=False)
class State:
    """A state. `type` is its Type where that is one of the eight, else None. `language`: JSONPath or JSONata, as AWS sees it."""

    name: str
    pointer: str
    body: Mapping[str, Any]
    scope: Scope
    type: str | None
    language: str
    inner: list[Scope] = field(default_factory=list)

    @property
    def jsonata(self) -> bool:
        """Whether its query language is JSONata."""
        return self.language == "JSONata"

    def get(self, name: str) -> Json:
        """A field; None where it is missing (and where it is null)."""
        return self.body.get(name)

    def at(self, *parts: str | int) -> str:
        """A pointer to something inside the state."""
        return pointer_to(self.pointer, *parts)

    def targets(self) -> Iterator[tuple[str, Json]]:
        """Every transition: the pointer to it and what it names (any JSON)."""
        if "Next" in self.body:
            yield self.at("Next"), self.body["Next"]
        for index, rule in enumerate(_objects(self.body.get("Choices"))):
            if rule is not None and "Next" in rule:
                yield self.at("Choices", index, "Next"), rule["Next"]
        if "Default" in self.body:
            yield self.at("Default"), self.body["Default"]
        for index, catcher in enumerate(_objects(self.body.get("Catch"))):
            if catcher is not None and "Next" in catcher:
                yield self.at("Catch", index, "Next"), catcher["Next"]

    def rules(self, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The members of `Retry`, `Catch`, `Choices` or `Branches` that are objects, with pointers."""
        for index, member in enumerate(_objects(self.body.get(name))):
            if member is not None:
                yield self.at(name, index), member


def _objects(value: Json) -> list[Mapping[str, Any] | None]:
    if not isinstance(value, list):
        return []
    return [member if isinstance(member, dict) else None for member in value]


class Subject:
    """A definition to be checked.

    `value`: the parsed definition, any JSON. `type`: STANDARD or EXPRESS. `place`: where it runs, None if that is not known.
    `ours`: it was compiled from a pipeline of ours (findings then go to Python lines). `strict`: the profile is strict.
    `substitutions`: names of `${...}` placeholders that are filled in at deployment; text that holds one is not a value yet.
    """

    def __init__(
        self,
        value: Json,
        *,
        type: str = "STANDARD",
        place: Place | None = None,
        ours: bool = False,
        strict: bool = False,
        substitutions: bool = False,
    ) -> None:
        self.value = value
        self.type = type
        self.place = place
        self.ours = ours
        self.strict = strict
        self.substitutions = substitutions

    @cached_property
    def root(self) -> Mapping[str, Any]:
        """The definition where it is an object, else an empty one."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def language(self) -> str:
        """The machine's query language."""
        return "JSONata" if self.root.get("QueryLanguage") == "JSONata" else "JSONPath"

    @cached_property
    def scopes(self) -> list[Scope]:
        """Every scope, each before those inside it."""
        machine = Scope("machine", "", self.root, None)
        found, pending = [], [machine]
        while pending:
            scope = pending.pop()
            found.append(scope)
            pending += reversed(self._fill(scope))
        return found

    def _fill(self, scope: Scope) -> list[Scope]:
        """Find the states of a scope; the scopes inside them."""
        states = scope.body.get("States")
        inside: list[Scope] = []
        for name, body in states.items() if isinstance(states, dict) else ():
            if not isinstance(body, dict):
                continue
            kind = body.get("Type")
            own = body.get("QueryLanguage")
            language = own if own in ("JSONata", "JSONPath") else self.language
            known = kind if isinstance(kind, str) and kind in STATE_TYPES else None
            state = State(name, pointer_to(scope.pointer, "States", name), body, scope, known, language)
            scope.states[name] = state
            for index, branch in enumerate(_objects(body.get("Branches"))):
                if branch is not None:
                    state.inner.append(Scope("branch", state.at("Branches", index), branch, state))
            for part in ("ItemProcessor", "Iterator"):
                processor = body.get(part)
                if isinstance(processor, dict):
                    config = processor.get("ProcessorConfig")
                    distributed = isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"
                    state.inner.append(Scope("processor", state.at(part), processor, state, distributed))
            inside += state.inner
        return inside

    @cached_property
    def states(self) -> list[State]:
        """Every state, nested ones included, in the order of the document, each before those inside it."""
        return [state for scope in self.scopes for state in scope.states.values()]

    def of_type(self, *types: str) -> list[State]:
        """The states of some types."""
        return [state for state in self.states if state.type in types]

    def is_open(self, text: str) -> bool:
        """Whether a text holds a placeholder that is filled in at deployment, so that nothing is known of its value."""
        return self.substitutions and _PLACEHOLDER.search(text) is not None
