"""Where the steps of a pipeline stand to each other, and why one may not see the output of another."""

from __future__ import annotations

from sfn_dsl.compile.graph import Node, Occurrence, Scope, ScopeKind
from sfn_dsl.compile.output_shapes import read_at
from sfn_dsl.compile.problems import Problems
from sfn_dsl.control.claim import Claim
from sfn_dsl.draft import Call, Each, Fixed
from sfn_dsl.expression import Reference
from sfn_dsl.steps.step import Step

__all__ = ["blame", "home_of", "own_node", "producer_in", "produces", "why_not"]


def own_node(occurrence: Occurrence) -> Node | None:
    """The node whose result is the output of an occurrence."""
    return next(filter(produces, occurrence.nodes.values()), None)


def produces(node: Node) -> bool:
    """Whether a node's result is an output that later nodes can read."""
    draft = node.draft
    return (isinstance(draft, Call) and draft.produces) or isinstance(draft, (Each, Fixed))


def home_of(node: Node, occurrence: Occurrence) -> Scope:
    """The innermost scope that holds both the reader and (itself or a Parallel around it) the producer."""
    if node.scope is occurrence.scope:
        return node.scope
    outer = set(map(id, occurrence.scope.ancestry()))
    return next(scope for scope in node.scope.ancestry() if id(scope) in outer)


def producer_in(occurrence: Occurrence, scope: Scope) -> Node | None:
    """The node of a scope that sets an occurrence's output there: its own node, or the Parallel it comes out of."""
    node = own_node(occurrence)
    while node is not None and node.scope is not scope:
        node = node.scope.owner
    return node


def why_not(node: Node, occurrence: Occurrence) -> str:
    """Why the output of an occurrence cannot be read: `map`, `side`, `later`, or `maybe` where it only may not have run."""
    home = home_of(node, occurrence)
    chain = list(occurrence.scope.ancestry())
    between = chain[: chain.index(home)]
    if any(scope.kind in (ScopeKind.INLINE, ScopeKind.DISTRIBUTED) for scope in between):
        return "map"
    readers = list(node.scope.ancestry())
    mine = readers[: readers.index(home)]
    if mine and between and mine[-1].owner is between[-1].owner:
        return "side"
    return "later" if occurrence.order > node.order else "maybe"


def blame(problems: Problems, pipeline: str, node: Node, reference: Reference, step: Step, found: list[Occurrence]) -> None:
    """Report that a node reads the output of a step that it cannot see."""
    reader = node.occurrence.name
    if any(occurrence.broken for occurrence in found):
        return  # what is wrong with that step is said already
    where, used = read_at(node, reference)
    also = (*used, (step.span, f"`{step.name}` is declared here"))
    if not found and isinstance(step, Claim):
        problems.add(
            "SFN202",
            f"step `{reader}` reads a `Control` that pipeline `{pipeline}` does not have",
            where,
            "give it to the pipeline: `control=...`",
            (*used, (step.span, "it is declared here")),
        )
        return
    if not found:
        problems.add(
            "SFN202",
            f"step `{reader}` refers to `{step.name}`, which is not a step of pipeline `{pipeline}`",
            where,
            "chain it into this pipeline, or pass the value as input",
            also,
        )
        return
    match why_not(node, found[0]):
        case "map":
            message = f"step `{reader}` refers to `{step.name}`, which runs inside a map"
            code, help = "SFN205", "after a map only its `output` can be used: name the value in `collect`"
        case "side":
            message = f"step `{reader}` refers to `{step.name}`, which runs beside it on another branch"
            code, help = "SFN203", "branches do not see each other; use the value after the Parallel"
        case "later":
            message = f"step `{reader}` refers to `{step.name}`, which runs later"
            code, help = "SFN201", "move it before this step"
        case _:
            message = f"step `{reader}` refers to `{step.name}`, which may not have run"
            code, help = "SFN203", "use it only where it has run, or say `.default(value)`"
    problems.add(code, message, where, help, also)
