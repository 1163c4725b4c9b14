"""Which values have certainly been set when a node is entered: dominance, counted over Choice, Catch, Parallel and Map.

A set of values is an integer with one bit per value. A value is set by every normal way out of the node that makes it, never
by a Catch. A Parallel sets what all ends of each of its branches have set; a Map sets nothing outside itself.
"""

from __future__ import annotations

from collections.abc import Callable

from sfn_dsl.compile.graph import EdgeKind, Node, Scope, ScopeKind

__all__ = ["Flow", "analyse"]


class Flow:
    """The result: `before(node)` are the bits set when a node is entered, those of the scopes around it included."""

    def __init__(self) -> None:
        self._before: dict[int, int] = {}
        self._after: dict[int, int] = {}
        self.reached: set[int] = set()

    def before(self, node: Node) -> int:
        """Bits certainly set on entry."""
        bits = 0
        here: Node | None = node
        while here is not None:
            bits |= self._before.get(id(here), 0)
            here = here.scope.owner
        return bits

    def after(self, node: Node) -> int:
        """Bits certainly set when the node is left normally."""
        return self.before(node) | self._after.get(id(node), 0)


def analyse(root: Scope, makes: Callable[[Node], int]) -> Flow:
    """Solve the data-flow equations for every scope, inner scopes first. `makes(node)` are the bits a node itself sets."""
    flow = Flow()
    for scope in reversed(list(root.walk())):
        _solve(scope, makes, flow)
    return flow


def _solve(scope: Scope, makes: Callable[[Node], int], flow: Flow) -> None:
    entry = scope.entry.node
    if entry is None:
        return
    order = _reverse_postorder(entry)
    flow.reached.update(id(node) for node in order)
    gains = {id(node): makes(node) | _joined(node, flow) for node in order}
    before: dict[int, int] = {id(entry): 0}
    loops = _has_back_edge(order)
    changed = True
    while changed:
        changed = False
        for node in order:
            known = before.get(id(node))
            if known is None:
                continue
            left = known | gains[id(node)]
            for edge in node.edges:
                target = edge.label.node
                # A skipped stage is restored as its mark left it, so this way tells nothing that the mark's does not.
                if target is None or edge.restores:
                    continue
                bits = known if edge.kind is EdgeKind.CATCH else left
                old = before.get(id(target))
                new = bits if old is None else old & bits
                if new != old:
                    before[id(target)] = new
                    changed = True
        if not loops:
            break
    flow._before.update(before)
    flow._after.update(gains)


def _joined(node: Node, flow: Flow) -> int:
    """What a Parallel sets: per branch, what every end of the branch has set. A Map sets nothing."""
    bits = 0
    for scope in node.inner:
        if scope.kind is not ScopeKind.BRANCH:
            return 0
        ends: int | None = None
        for inner in scope.nodes:
            if inner.ends and id(inner) in flow.reached:
                left = flow._before.get(id(inner), 0) | flow._after.get(id(inner), 0)
                ends = left if ends is None else ends & left
        bits |= ends or 0
    return bits


def _reverse_postorder(entry: Node) -> list[Node]:
    """Nodes reachable from the entry, each before its successors wherever no loop forbids it. Iterative."""
    seen = {id(entry)}
    order: list[Node] = []
    stack: list[tuple[Node, int]] = [(entry, 0)]
    while stack:
        node, position = stack.pop()
        if position == len(node.edges):
            order.append(node)
            continue
        stack.append((node, position + 1))
        target = node.edges[position].label.node
        if target is not None and id(target) not in seen:
            seen.add(id(target))
            stack.append((target, 0))
    order.reverse()
    return order


def _has_back_edge(order: list[Node]) -> bool:
    rank = {id(node): index for index, node in enumerate(order)}
    for node in order:
        here = rank[id(node)]
        for edge in node.edges:
            if edge.label.node is not None and rank[id(edge.label.node)] <= here:
                return True
    return False
