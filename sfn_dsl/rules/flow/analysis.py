"""The data flow of a definition: for every state what its input and the variables can be, whatever the execution's input is.

One work list goes over all states of all scopes until nothing changes. What different ways bring to a state is joined. A
Parallel or Map is entered, its scopes are gone through like the rest, and it is left when these have an end.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from sfn_dsl.rules.flow.choices import Clash
from sfn_dsl.rules.flow.fields import work
from sfn_dsl.rules.flow.iterations import iteration
from sfn_dsl.rules.flow.joining import joined
from sfn_dsl.rules.flow.operands import Operand
from sfn_dsl.rules.flow.reading import Read
from sfn_dsl.rules.flow.transfer import Edge, Misplaced, arguments, caught, chosen, effective, left
from sfn_dsl.rules.flow.values import ANY, OBJECT, Value, object_of
from sfn_dsl.rules.flow.visit import Visit
from sfn_dsl.rules.subject import Scope, State, Subject

__all__ = ["DataFlow", "flow_of"]

_UNKNOWN_VARIABLES: Final = Value(OBJECT, members={}, rest=ANY)
# After so many visits a state's input is taken to be anything; a large definition has fewer.
_MANY: Final = 10


@dataclass(slots=True)
class _Report:
    reads: list[Read] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    misfits: list[tuple[str, Operand]] = field(default_factory=list)
    misplaced: list[Misplaced] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Node:
    """A state, or (with `leaving`) the end of a Parallel or Map."""

    state: State
    leaving: bool
    rank: int
    document: Value | None = None
    variables: Value = _UNKNOWN_VARIABLES
    visits: int = 0
    waiting: bool = False
    report: _Report = field(default_factory=_Report)


class DataFlow:
    """The analysis of one definition, for any input or for one of which something is known."""

    def __init__(self, subject: Subject, document: Value = ANY) -> None:
        self._subject = subject
        self._nodes: dict[State, _Node] = {}
        self._ends: dict[State, _Node] = {}
        self._outputs: dict[Scope, Value] = {}
        self._pending: list[tuple[int, _Node]] = []
        self._order: list[_Node] = []
        self._rank()
        self._visits, self._budget = 0, 1000 + 2 * len(self._order)
        self._enter(subject.scopes[0], document, object_of({}))
        while self._pending:
            _, node = heapq.heappop(self._pending)
            node.waiting = False
            node.visits += 1
            self._visits += 1
            node.report = _Report()
            (self._leave if node.leaving else self._visit)(node)

    @property
    def reads(self) -> Iterator[Read]:
        """Reads that find nothing, on all ways or on some, in the order of the document."""
        for node in self._order:
            yield from node.report.reads

    @property
    def clashes(self) -> Iterator[Clash]:
        """Comparisons with an operator of another type."""
        for node in self._order:
            yield from node.report.clashes

    @property
    def misfits(self) -> Iterator[tuple[str, Operand]]:
        """Operands of a wrong type in JSONata, with pointers to their expressions."""
        for node in self._order:
            yield from node.report.misfits

    @property
    def misplaced(self) -> Iterator[Misplaced]:
        """ResultPaths that cannot be applied."""
        for node in self._order:
            yield from node.report.misplaced

    def document(self, state: State) -> Value | None:
        """What can come into a state; None where nothing does."""
        return self._nodes[state].document

    def _rank(self) -> None:
        """Make the nodes, numbered so that a state mostly comes after all that lead to it."""
        stack: list[tuple[State | Scope, bool]] = [(self._subject.scopes[0], False)]
        while stack:
            entry, leaving = stack.pop()
            if isinstance(entry, Scope):
                stack += [(state, False) for state in reversed(_reverse_postorder(entry))]
                continue
            node = _Node(entry, leaving, len(self._order))
            self._order.append(node)
            (self._ends if leaving else self._nodes)[entry] = node
            if entry.inner and not leaving:
                stack.append((entry, True))
                stack += [(scope, False) for scope in reversed(entry.inner)]

    def _push(self, node: _Node) -> None:
        if not node.waiting:
            node.waiting = True
            heapq.heappush(self._pending, (node.rank, node))

    def _enter(self, scope: Scope, document: Value, variables: Value) -> None:
        start = scope.start_at
        if isinstance(start, str) and start in scope.states:
            self._flow(scope.states[start], document, variables)

    def _flow(self, state: State, document: Value, variables: Value) -> None:
        node = self._nodes[state]
        if node.document is None:
            node.document, node.variables = document, variables
        else:
            together, all_variables = joined(node.document, document), joined(node.variables, variables)
            if together is node.document and all_variables is node.variables:
                return
            node.document, node.variables = together, all_variables
        if node.visits >= _MANY or (node.visits and self._visits > self._budget):
            node.document, node.variables = ANY, _UNKNOWN_VARIABLES
        self._push(node)

    def _follow(self, state: State, edges: list[Edge]) -> None:
        for edge in edges:
            if isinstance(edge.target, str) and edge.target in state.scope.states:
                self._flow(state.scope.states[edge.target], edge.document, edge.variables)

    def _end(self, scope: Scope, document: Value) -> None:
        if scope.parent is None:
            return
        known = self._outputs.get(scope)
        together = document if known is None else joined(known, document)
        if together is not known:
            self._outputs[scope] = together
            self._push(self._ends[scope.parent])

    def _visit(self, node: _Node) -> None:
        state, report = node.state, node.report
        visit = Visit(self._subject, state, node.document or ANY, node.variables)
        report.reads, report.misfits = visit.reads, visit.misfits
        document = effective(visit)
        if state.type == "Choice":
            self._follow(state, chosen(visit, document, report.clashes))
            return
        work(visit, document)
        if state.type == "Fail" or state.type is None:
            return
        if state.type in ("Task", "Parallel", "Map"):
            if state.type != "Map":
                self._start(state, arguments(visit, document), visit)
            else:
                self._iterate(state, document, visit)
            self._follow(state, caught(visit, report.misplaced))
        if state.inner:
            self._push(self._ends[state])
        else:
            self._go(visit, document, [], report)

    def _start(self, state: State, given: Value, visit: Visit) -> None:
        for scope in state.inner:
            self._enter(scope, given, visit.variables)

    def _iterate(self, state: State, document: Value, visit: Visit) -> None:
        for scope in state.inner[:1]:
            given = iteration(visit, document, scope.distributed)
            if given is not None:
                self._enter(scope, given, _UNKNOWN_VARIABLES if scope.distributed else visit.variables)

    def _leave(self, node: _Node) -> None:
        state = node.state
        entered = self._nodes[state]
        if entered.document is None:
            return
        visit = Visit(self._subject, state, entered.document, entered.variables)
        document = effective(visit)
        visit.reads, visit.misfits = node.report.reads, node.report.misfits
        self._go(visit, document, [self._outputs.get(scope) for scope in state.inner], node.report)

    def _go(self, visit: Visit, document: Value, inner: list[Value | None], report: _Report) -> None:
        """Leave a state in the ordinary way."""
        state = visit.state
        gone = left(visit, document, inner, report.misplaced)
        if gone is None:
            return
        if state.type == "Succeed" or state.get("End") is True:
            self._end(state.scope, gone[0])
        elif "Next" in state.body:
            self._follow(state, [Edge(state.body["Next"], *gone)])


def _reverse_postorder(scope: Scope) -> list[State]:
    """The states of a scope that can be reached, each mostly after those that lead to it; then the others."""
    states = scope.states
    seen: set[str] = set()
    finished: list[State] = []
    start = scope.start_at
    for name in ([start] if isinstance(start, str) and start in states else []) + list(states):
        if name in seen:
            continue
        seen.add(name)
        stack = [(states[name], states[name].targets())]
        while stack:
            state, targets = stack[-1]
            for _, target in targets:
                if isinstance(target, str) and target in states and target not in seen:
                    seen.add(target)
                    stack.append((states[target], states[target].targets()))
                    break
            else:
                finished.append(state)
                stack.pop()
    return finished[::-1]


_CACHE: Final[WeakKeyDictionary[Subject, DataFlow]] = WeakKeyDictionary()


def flow_of(subject: Subject) -> DataFlow:
    """The data flow of a definition; computed once for a subject."""
    found = _CACHE.get(subject)
    if found is None:
        found = _CACHE[subject] = DataFlow(subject)
    return found
