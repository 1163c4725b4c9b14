"""What every step has: a name, a place in the user's file, and `>>` to put another one after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, TypeAlias

from sfn_dsl.asl.model import Retrier
from sfn_dsl.draft import Draft, Site
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import MISSING, Reference, StepRoot, Template
from sfn_dsl.policy import Catcher, RetryPolicy
from sfn_dsl.span import NOWHERE, Span, caller

__all__ = ["Block", "Chain", "Step", "TaskStep", "as_catchers", "as_steps"]


class _Chained:
    """`a >> b`: first a, then b."""

    __slots__ = ()

    def __rshift__(self, other: Block) -> Chain:
        return Chain(self, other)

    def __rrshift__(self, other: Block) -> Chain:
        return Chain(other, self)


class Chain(_Chained):
    """Steps one after another, as `>>` makes them. A tree, so that a chain of 10,000 costs no copies."""

    __slots__ = ("left", "right", "span")

    def __init__(self, left: Any, right: Any) -> None:
        self.left = left
        self.right = right
        self.span = caller()


@dataclass(frozen=True, slots=True, eq=False)
class Step(_Chained):
    """Base of all steps. `name` is the name of its (first) state: 1 to 80 characters, unique in the pipeline."""

    name: str
    _: KW_ONLY
    comment: str = ""
    span: Span = field(default_factory=caller, repr=False)

    @property
    def output(self) -> Reference:
        """The result of the step, for later steps; fields by attribute or index."""
        return Reference(StepRoot(self), (), caller())

    @property
    def kind(self) -> str:
        """What kind of step it is, for people: `Extract`, `Branch`."""
        return type(self).__name__

    def lower(self, site: Site) -> tuple[Draft, ...]:
        """The states this step becomes; the first one is its entry."""
        raise TypeError(f"{self.kind} does not lower itself")


@dataclass(frozen=True, slots=True, eq=False)
class TaskStep(Step):
    """Base of steps that call a service.

    `retry`: a policy; None takes the pipeline's. `catch`: handlers for errors left after the retries.
    `timeout_seconds` and `heartbeat_seconds`: integers from 1, or expressions; none by default, which AWS takes as 99999999.
    """

    _: KW_ONLY
    retry: RetryPolicy | None = None
    catch: tuple[Catcher, ...] | Catcher = ()
    timeout_seconds: Template = MISSING
    heartbeat_seconds: Template = MISSING

    def retriers(self, site: Site, service: str, action: str = "") -> tuple[Retrier, ...]:
        """The retriers of this step for calls of a service; some names are only of one `action`."""
        policy = site.retry if self.retry is None else self.retry
        return policy.retriers(service, action)

    @property
    def catchers(self) -> tuple[Catcher, ...]:
        """The handlers, as a tuple."""
        return as_catchers(self.name, self.catch, self.span)


def as_catchers(name: str, catch: Any, span: Span) -> tuple[Catcher, ...]:
    """One handler or several, as a tuple. Raises DeclarationError for anything else."""
    found = (catch,) if isinstance(catch, Catcher) else tuple(catch) if isinstance(catch, (list, tuple)) else (None,)
    if not all(isinstance(catcher, Catcher) for catcher in found):
        raise DeclarationError(f"`catch` of `{name}` takes Catcher objects", help='write `Catcher("Error", do=steps)`', span=span)
    return found


Block: TypeAlias = Step | Chain | Iterable[Any] | None
"""A step, a chain, or a list of them; `None` is nothing."""


def as_steps(block: Any, span: Span = NOWHERE) -> tuple[Step, ...]:
    """The steps of a block in order; `span` is where the block stands. Iterative. Raises DeclarationError for what is not a
    step."""
    found: list[Step] = []
    stack: list[Any] = [block]
    while stack:
        node = stack.pop()
        if node is None:
            continue
        if isinstance(node, Step):
            found.append(node)
        elif isinstance(node, Chain):
            span = node.span
            stack += [node.right, node.left]
        elif isinstance(node, (list, tuple)):
            stack += reversed(node)
        elif any(cls.__module__.split(".")[0] == "stepfunctions" for cls in type(node).__mro__):
            from sfn_dsl.sdk import as_step

            found.append(as_step(node, None if span is NOWHERE else span))
        else:
            raise DeclarationError(
                f"`{node!r}` is not a step" if isinstance(node, (str, int)) else f"`{type(node).__name__}` is not a step",
                help="put steps, chains of steps (`a >> b`) or lists of them here",
                span=span,
            )
    return tuple(found)
