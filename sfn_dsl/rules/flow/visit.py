"""One visit of a state: what its fields read and give, in both query languages."""

from __future__ import annotations

from typing import Any, Final

from sfn_dsl.rules.expressions.sites import is_delimited
from sfn_dsl.rules.flow.joining import array_of, from_json
from sfn_dsl.rules.flow.operands import Operand
from sfn_dsl.rules.flow.queries import Outcome, Querying
from sfn_dsl.rules.flow.reading import Found, Read, Steps, call_value, find, path_steps
from sfn_dsl.rules.flow.values import ANY, OBJECT, Presence, Value, list_of, object_of
from sfn_dsl.rules.subject import State, Subject
from sfn_dsl.simulate.intrinsics.calls import InvalidCall, compile_call, is_call
from sfn_dsl.simulate.jsonata.query import UnsupportedExpression, compile_query

__all__ = ["CONTEXT", "Visit", "Where"]

Where = tuple[str | int, ...]

CONTEXT: Final = Value(OBJECT, members={}, rest=ANY)
"""The context object, of which nothing is told here."""

_MAX_DEPTH: Final = 40
_ABSENT: Final[Any] = object()


class Visit:
    """A visit of a state whose input document and variables are known as far as they are. `reads` collects what finds nothing,
    `misfits` operands of a wrong type with pointers to their expressions."""

    __slots__ = ("context", "document", "misfits", "reads", "state", "states", "subject", "variables")

    def __init__(self, subject: Subject, state: State, document: Value, variables: Value) -> None:
        self.subject = subject
        self.state = state
        self.document = document
        self.variables = variables
        self.context = CONTEXT
        self.states: dict[str, Value] = {"input": document}
        self.reads: list[Read] = []
        self.misfits: list[tuple[str, Operand]] = []

    # JSONPath

    def look(self, text: str, document: Value) -> tuple[str, Steps, Found] | None:
        """What a JSONPath finds; None where that cannot be told."""
        parsed = None if self.subject.is_open(text) else path_steps(text)
        if parsed is None:
            return None
        root, steps, whole = parsed
        if not whole:
            return root, steps, Found(ANY, Presence.UNKNOWN)
        if not root:
            return root, steps, find(document, steps)
        if root == "$$":
            return root, steps, find(self.context, steps)
        return root, steps, self._variable(root, steps)

    def _variable(self, name: str, steps: Steps) -> Found:
        known = self.variables.members.get(name)
        if known is None:
            return Found(ANY, Presence.UNKNOWN)
        value, presence = known
        if presence is not Presence.CERTAIN:
            return Found(value if not steps else ANY, presence, -1)
        return find(value, steps)

    def path(self, where: Where, text: object, document: Value) -> Value:
        """The value of a JSONPath field."""
        if not isinstance(text, str):
            return ANY
        looked = self.look(text, document)
        if looked is None:
            return ANY
        root, steps, found = looked
        if found.presence in (Presence.ABSENT, Presence.POSSIBLE):
            missing = found.presence is Presence.POSSIBLE and root and self.variables.members[root][1] is Presence.POSSIBLE
            self.reads.append(Read(self.state, where, text, root, () if missing else steps, found))
            return ANY
        parsed = path_steps(text)
        return found.value if parsed is not None and parsed[2] else _list_or_any(text)

    def reference(self, where: Where, text: object, document: Value) -> Value:
        """The value of a path or of a call of an intrinsic function."""
        if not isinstance(text, str) or self.subject.is_open(text):
            return ANY
        if not is_call(text):
            return self.path(where, text, document)
        try:
            call = compile_call(text)
        except (InvalidCall, RecursionError):
            return ANY
        for one in call.paths:
            self.path(where, one.text, document)
        return call_value(call.name)

    def template(self, where: Where, value: Any, document: Value) -> Value:
        """The value of a payload template of JSONPath."""
        if len(where) > _MAX_DEPTH:
            return ANY
        if isinstance(value, dict):
            members = {}
            for key, inner in value.items():
                if key.endswith(".$"):
                    members[key[:-2]] = (self.reference((*where, key), inner, document), Presence.CERTAIN)
                else:
                    members[key] = (self.template((*where, key), inner, document), Presence.CERTAIN)
            return self._object(value, members)
        if isinstance(value, list):
            return array_of([self.template((*where, index), inner, document) for index, inner in enumerate(value)])
        return self.literal(value)

    # JSONata

    def query(self, where: Where, text: str) -> Outcome:
        """The value of a JSONata expression with its delimiters."""
        nothing = Outcome(ANY, Presence.UNKNOWN)
        if self.subject.is_open(text):
            return nothing
        try:
            tree = compile_query(text[2:-2].strip()).tree
        except (UnsupportedExpression, RecursionError):
            return nothing
        states = {name: (value, Presence.CERTAIN) for name, value in self.states.items()}
        querying = Querying({**self.variables.members, "states": (Value(OBJECT, members=states, rest=ANY), Presence.CERTAIN)})
        outcome = querying.outcome(tree, {})
        self.misfits += [(self.state.at(*where), misfit) for misfit in querying.misfits]
        lookup = outcome.lookup
        whole = outcome.presence is Presence.ABSENT or (
            outcome.presence is Presence.POSSIBLE and tree.type in ("path", "variable") and not tree.predicate
        )
        if whole and lookup is not None:
            found = lookup.found
            steps = () if lookup.root != "states" and querying.roots[lookup.root][1] is Presence.POSSIBLE else lookup.steps
            self.reads.append(Read(self.state, where, text, lookup.root, steps, found))
            return nothing
        for part in querying.lookups:
            self.reads.append(Read(self.state, where, text, part.root, part.steps, part.found, part=True))
        return nothing if whole else outcome

    def payload(self, where: Where, value: Any) -> Value:
        """The value of a payload of JSONata."""
        if len(where) > _MAX_DEPTH:
            return ANY
        if isinstance(value, str):
            return self.query(where, value).value if is_delimited(value) else self.literal(value)
        if isinstance(value, dict):
            members = {key: (self.payload((*where, key), inner), Presence.CERTAIN) for key, inner in value.items()}
            return self._object(value, members)
        if isinstance(value, list):
            return array_of([self.payload((*where, index), inner) for index, inner in enumerate(value)])
        return self.literal(value)

    # Both

    def given(self, where: Where, value: Any, document: Value) -> Value:
        """The value of a payload in the state's own language; `document` is what `$` means in JSONPath."""
        return self.payload(where, value) if self.state.jsonata else self.template(where, value, document)

    def field(self, *where: str | int) -> Any:
        """What is at a place of the state's body; a mark that is no JSON where there is nothing."""
        value: Any = self.state.body
        for part in where:
            value = value.get(part, _ABSENT) if isinstance(value, dict) else _ABSENT
        return value

    def has(self, *where: str | int) -> bool:
        """Whether there is something at a place of the state's body."""
        return self.field(*where) is not _ABSENT

    def literal(self, value: Any) -> Value:
        """A value that stands in the definition as it is."""
        if isinstance(value, str) and self.subject.is_open(value):
            return ANY
        if self.subject.substitutions and isinstance(value, dict | list):
            return ANY
        return from_json(value)

    def assigned(self, where: Where, value: Any, document: Value) -> Value:
        """The variables after an `Assign`."""
        if not isinstance(value, dict):
            return self.variables
        members = dict(self.variables.members)
        for key, inner in value.items():
            if not self.state.jsonata and key.endswith(".$"):
                members[key[:-2]] = (self.reference((*where, key), inner, document), Presence.CERTAIN)
            else:
                members[key] = (self.given((*where, key), inner, document), Presence.CERTAIN)
        return object_of(members, self.variables.rest)

    def _object(self, source: dict[str, Any], members: dict[str, tuple[Value, Presence]]) -> Value:
        unknown = self.subject.substitutions and any(self.subject.is_open(key) for key in source)
        return object_of(members, ANY if unknown else None)


def _list_or_any(text: str) -> Value:
    """What a path gives that does not mean one value: a list, except for several names at its end."""
    return list_of(ANY) if "*" in text or "?" in text or ".." in text else ANY
