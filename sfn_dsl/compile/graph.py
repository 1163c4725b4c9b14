"""The graph that the compiler works on: scopes of nodes, one node per draft, edges by label.

A scope is one `States` block of the result: the machine itself, a branch of a Parallel, or the processor of a Map.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field

from sfn_dsl.draft import Draft, Stop, Throw
from sfn_dsl.expression import Template
from sfn_dsl.span import Span
from sfn_dsl.steps.step import Step

__all__ = ["Edge", "EdgeKind", "Failure", "Label", "Node", "Occurrence", "Scope", "ScopeKind"]


class ScopeKind(enum.Enum):
    """What a scope belongs to."""

    ROOT = "the pipeline"
    BRANCH = "a branch of a Parallel"
    INLINE = "an inline Map"
    DISTRIBUTED = "a distributed Map"


@dataclass(eq=False, slots=True)
class Label:
    """A place to go to. `node` is filled in when the steps that stand there are lowered; None for good means the end."""

    node: Node | None = None


@dataclass(eq=False, slots=True)
class Failure:
    """One failure handler: what `failure` stands for inside it. `owner` is the step whose errors it handles."""

    owner: str


class EdgeKind(enum.Enum):
    """How a node is left."""

    NEXT = "next"
    RULE = "rule"
    DEFAULT = "default"
    CATCH = "catch"


@dataclass(eq=False, slots=True)
class Edge:
    """One way out of a node. `failure` with `thrown` or caught errors says that it enters a failure handler. `restores`: it skips
    the stage of this name, whose variables are set from the JSON text `restored`."""

    kind: EdgeKind
    label: Label
    condition: Template = None
    errors: tuple[str, ...] = ()
    failure: Failure | None = None
    thrown: Throw | None = None
    restores: str = ""
    restored: Template = None


@dataclass(eq=False, slots=True)
class Occurrence:
    """One place of a step in a pipeline; a fragment that is used twice has two occurrences. `generated` ones stand for no step
    of the user's; `broken` ones for a step that could not be lowered."""

    step: Step
    name: str
    order: int
    scope: Scope
    nodes: dict[str, Node] = field(default_factory=dict)
    stage: str = ""
    generated: bool = False
    broken: bool = False


@dataclass(eq=False, slots=True)
class Node:
    """One draft in its scope. `failure` is the handler it stands in; `inner` are the scopes of a Parallel or Map."""

    name: str
    draft: Draft
    occurrence: Occurrence
    scope: Scope
    order: int
    edges: list[Edge] = field(default_factory=list)
    inner: list[Scope] = field(default_factory=list)
    failure: Failure | None = None
    output: Template | None = None

    @property
    def ends(self) -> bool:
        """Whether its scope can end here, with the scope's output."""
        return isinstance(self.draft, Stop) or any(edge.kind is EdgeKind.NEXT and edge.label.node is None for edge in self.edges)

    @property
    def span(self) -> Span:
        """The user's line that it comes from."""
        return self.occurrence.step.span


@dataclass(eq=False, slots=True)
class Scope:
    """One `States` block. `owner` is the Parallel or Map around it, `position` the number of the branch."""

    kind: ScopeKind
    owner: Node | None = None
    position: int = 0
    nodes: list[Node] = field(default_factory=list)
    entry: Label = field(default_factory=Label)

    @property
    def parent(self) -> Scope | None:
        """The scope around this one."""
        return self.owner.scope if self.owner else None

    def ancestry(self) -> Iterator[Scope]:
        """This scope, the one around it, and so on up to the root."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def walk(self) -> Iterator[Scope]:
        """This scope and all scopes inside it, outer ones first."""
        stack = [self]
        while stack:
            scope = stack.pop()
            yield scope
            inner = [child for node in scope.nodes for child in node.inner]
            stack += reversed(inner)
