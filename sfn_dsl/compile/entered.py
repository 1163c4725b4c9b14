"""Values that a scope is entered with: the input of the execution, and the items of maps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sfn_dsl.asl.shapes import ANY
from sfn_dsl.compile.graph import Node, Scope, ScopeKind
from sfn_dsl.compile.handed import Passed
from sfn_dsl.compile.output_shapes import kind_at, read_at
from sfn_dsl.compile.reading import references
from sfn_dsl.compile.slots import EXECUTION_INPUT, Base, Path, Record, Slot
from sfn_dsl.draft import Each
from sfn_dsl.expression import MISSING, ContextRoot, Expression, ItemRoot, Operation, Reference, Template, path_text
from sfn_dsl.pipeline import Input
from sfn_dsl.span import Span
from sfn_dsl.steps.for_each import Item

if TYPE_CHECKING:
    from sfn_dsl.compile.resolve import Resolver

__all__ = ["Entered"]


class Entered:
    """The part of the resolver that knows inputs and items.

    An input without default is read from the context object. One with a default is applied by the first state, which keeps it
    in a variable; that state itself, and what runs inside it, writes the default out. An item is in the input of the first
    state of its iteration, which keeps what is read later (JSONata) or is handed on from state to state (JSONPath).
    """

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self.problems = resolver.problems
        self.pipeline = resolver.pipeline
        self.lowered = resolver.lowered
        self.jsonpath = resolver.jsonpath
        self.names = resolver.names
        self.records: dict[tuple[int, object], Record] = {}
        self.carrying: set[int] = set()

    def input(self, node: Node, reference: Reference, owner: object, tolerant: bool, figure: bool) -> Slot | Expression | None:
        declaration = self.pipeline.input
        path, fallback = reference._path, reference._fallback
        if owner is not declaration or not isinstance(owner, Input):
            where, also = read_at(node, reference)
            self.problems.add(
                "SFN202",
                f"step `{node.occurrence.name}` uses the input of another pipeline",
                where,
                f"pass it as `input=` of pipeline `{self.pipeline.name}`",
                also,
            )
            return None
        shape = owner.shape
        kind = kind_at(self.problems, node, shape, path, f"the input of pipeline `{self.pipeline.name}`", reference)
        if kind is None:
            return None
        if not path:
            whole = Reference(ContextRoot(), EXECUTION_INPUT)
            crossed = self._resolver.crossed(node, self.lowered.root, reference, (id(owner), ()), False)
            if crossed is not None:
                return crossed
            return (
                Operation("merge", (dict(owner.defaults), whole)) if owner.defaults else Slot(Base.CONTEXT, EXECUTION_INPUT, True)
            )
        maybe = tolerant or fallback is not MISSING
        first = Reference(reference._root, path[:1], reference._span)
        crossed = self._resolver.crossed(
            node, self.lowered.root, first, (id(owner), path[:1]), maybe and path[0] not in owner.defaults
        )
        if crossed is not None:
            return Slot(crossed.base, (*crossed.path, *path[1:]), crossed.sure and len(path) == 1, kind, fallback)
        default = owner.defaults.get(str(path[0]), MISSING)
        if figure and self.jsonpath and default is MISSING and fallback is MISSING:
            return self._figure(node, owner, path, kind)
        if default is MISSING and fallback is MISSING:
            return Slot(Base.CONTEXT, (*EXECUTION_INPUT, *path), False, kind)
        if default is MISSING and not self.jsonpath:
            return Slot(Base.CONTEXT, (*EXECUTION_INPUT, *path), False, kind, fallback)
        return self._defaulted(node, owner, path, default, kind, reference)

    def _figure(self, node: Node, owner: Input, path: Path, kind: str) -> Slot | None:
        """An input in a field for which JSONPath takes only a reference path, which the context object is not."""
        if node is self.lowered.root.entry.node:
            return Slot(Base.INPUT, path, False, kind)
        if self._before_entry(node, self.lowered.root):
            self._cannot(node, f"input `{path_text(path)}` in this field of the first step")
            return None
        record = self._input_record(owner)
        record.demand(path[:1], False)
        return Slot(Base.VARIABLE, (record.name, *path), False, kind)

    def _cannot(self, node: Node, what: str) -> None:
        self.problems.add(
            "SFN208",
            f"JSONPath cannot express {what}, in step `{node.occurrence.name}`",
            node.span,
            "use it in a later step, or use query_language JSONata",
        )

    def _input_record(self, owner: Input) -> Record:
        """The variable that the first state fills from the execution's input."""
        key = (id(self.lowered.root), id(owner))
        if key not in self.records:
            self.records[key] = self._resolver.keep(Record(self.names.make("input"), self.lowered.root, None))
        return self.records[key]

    def _defaulted(
        self, node: Node, owner: Input, path: Path, default: Template, kind: str, reference: Reference
    ) -> Slot | Expression | None:
        """An input with a default: applied once, in the first state; that one itself writes it out."""
        first = path[:1]
        here = self._before_entry(node, self.lowered.root)
        if here and not self.jsonpath:
            if len(path) == 1:
                return Slot(Base.CONTEXT, (*EXECUTION_INPUT, *first), True, kind, default)
            given = Reference(ContextRoot(), (*EXECUTION_INPUT, *first))
            inner = Reference(ContextRoot(), (*EXECUTION_INPUT, *path), reference._span, reference._fallback)
            return Operation("when", (Operation("exists", (given,)), inner, _inside(default, path[1:], reference._fallback)))
        value = default if default is not MISSING else reference._fallback
        if self.jsonpath and (here or len(path) > 1 or any(True for _ in references(value)) or isinstance(value, Expression)):
            self._cannot(node, f"the default of input `{path_text(path)}`")
            return None
        record = self._input_record(owner)
        record.demand(first, False)
        record.defaults[first] = value
        if self.jsonpath or not record.keys:
            return Slot(Base.VARIABLE, (record.name, *path), len(path) == 1, kind)
        at, sure = record.read(path)
        return Slot(Base.VARIABLE, at, sure, kind, reference._fallback if len(path) > 1 else MISSING)

    def item(self, node: Node, reference: Reference, owner: object, part: str, tolerant: bool, leaving: bool) -> Slot | None:
        home = next((scope for scope in node.scope.ancestry() if self._maps(scope, owner)), None)
        path, fallback = reference._path, reference._fallback
        if home is None or not isinstance(owner, Item):
            self.problems.add(
                "SFN205",
                f"step `{node.occurrence.name}` uses the item of a map that it is not part of",
                *_used(node, reference),
            )
            return None
        given = self._resolver.scope_input(home)
        if given.batched and part != "value":
            self.problems.add(
                "SFN205", f"an item has no {part} in a map with batches", node.span, "use the items of the batch, or no batches"
            )
            return None
        shape = owner._shape if part == "value" and not given.batched else ANY
        kind = kind_at(self.problems, node, shape, path, "the item", reference)
        if kind is None:
            return None
        crossed = self._resolver.crossed(node, home, Reference(reference._root, ()), (id(owner), part), False)
        if crossed is not None:
            return Slot(crossed.base, (*crossed.path, *path), not path, kind, fallback)
        given.parts[part] = None
        sure = part != "value" or not path
        if home.kind is ScopeKind.DISTRIBUTED:
            return Slot(Base.CONTEXT, (*EXECUTION_INPUT, *given.part(part, path)), sure, kind, fallback)
        key = (id(owner), part)
        if self.jsonpath:
            return self._carried(node, home, key, path, given.part(part, ()), kind, fallback, leaving)
        return self._seed(node, home, key, path, given.part(part, ()), tolerant, kind, fallback)

    def _carried(
        self, node: Node, home: Scope, key: object, path: Path, at: Path, kind: str, fallback: Template, leaving: bool
    ) -> Slot | None:
        """In JSONPath a Task's Assign cannot see the input, so the states of an iteration hand their input on instead."""
        if leaving:
            self.problems.add(
                "SFN208",
                f"JSONPath cannot express an item in what `{node.occurrence.name}` gives back",
                node.span,
                "collect results of steps only, or use query_language JSONata",
            )
            return None
        self.carrying.add(id(home))
        chain = list(node.scope.ancestry())
        for scope in reversed(chain[: chain.index(home)]):
            self.carrying.add(id(scope))
            if scope.kind is ScopeKind.INLINE:
                at = self._pass_on(scope, key, home)
        return Slot(Base.INPUT, (*at, *path), not path, kind, fallback)

    def _pass_on(self, scope: Scope, key: object, home: Scope) -> Path:
        """Hand a part of an outer item to the iterations of an inner map; where it stands in their input."""
        given = self._resolver.scope_input(scope)
        if key not in given.passed:
            given.passed[key] = Passed(self.names.make("outer item"), self._part_reference(key, home))
        return given.value(key, ())

    @staticmethod
    def _maps(scope: Scope, owner: object) -> bool:
        return scope.owner is not None and isinstance(scope.owner.draft, Each) and scope.owner.draft.item is owner

    def _seed(
        self, node: Node, home: Scope, key: object, path: Path, at: Path, tolerant: bool, kind: str, fallback: Template
    ) -> Slot:
        """A value in the input of an inline iteration: read from the input in its first state, kept in a variable after."""
        chain = list(node.scope.ancestry())
        inner = chain[: chain.index(home)]
        holder = home
        # Scopes nested in the first state see its input again, because nothing is assigned before it ends.
        for scope in reversed(inner):
            if scope.owner is not holder.entry.node:
                break
            if scope.kind is ScopeKind.INLINE:
                at = self._pass_on(scope, key, home)
            holder = scope
        if node is holder.entry.node:
            return Slot(Base.INPUT, (*at, *path), not path, kind, fallback)
        record = self.records.get((id(holder), key))
        if record is None:
            part = key[1] if isinstance(key, tuple) else ""
            record = Record(self.names.make("item" if part == "value" else f"item {part}"), holder, None)
            self.records[id(holder), key] = self._resolver.keep(record)
        record.demand(path, tolerant or fallback is not MISSING)
        if not record.keys:
            return Slot(Base.VARIABLE, (record.name, *path), False, kind, fallback)
        where, sure = record.read(path)
        return Slot(Base.VARIABLE, where, sure, kind, fallback)

    @staticmethod
    def _part_reference(key: object, home: Scope) -> Reference:
        assert isinstance(key, tuple)
        assert home.owner is not None
        assert isinstance(home.owner.draft, Each)
        return Reference(ItemRoot(home.owner.draft.item, key[1]))

    def _before_entry(self, node: Node, home: Scope) -> bool:
        """Whether a node runs before the first state of a scope has ended: it is that state, or stands inside it."""
        here: Node | None = node
        while here is not None and here.scope is not home:
            here = here.scope.owner
        return here is home.entry.node

    def entered_with(self, scope: Scope) -> Iterator[tuple[object, Record]]:
        """The records that the first state of a scope assigns from the scope's input, each with what it stands for."""
        known = set(map(id, self._resolver.in_scope.get(id(scope), ())))
        for (_, key), record in self.records.items():
            if id(record) in known:
                yield key, record


def _inside(value: Template, path: Path, fallback: Template) -> Template:
    """What a default value has at a path; the fallback, or None, where it has nothing."""
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None if fallback is MISSING else fallback
    return value


def _used(node: Node, reference: Reference) -> tuple[Span, str, tuple[tuple[Span, str], ...]]:
    where, also = read_at(node, reference)
    return where, "after a map only its `output`, a list, can be used", also
