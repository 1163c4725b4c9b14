"""`Parallel`: branches side by side."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_dsl.draft import Draft, Fork, Site
from sfn_dsl.errors import DeclarationError
from sfn_dsl.policy import NEVER, Catcher, RetryPolicy
from sfn_dsl.span import caller
from sfn_dsl.steps.step import Block, Step, as_catchers, as_steps

__all__ = ["Parallel"]


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Parallel(Step):
    """Runs every branch; goes on when all are done; one failing branch stops the others.

    After it, outputs of steps inside the branches may be referenced like any other. `retry` repeats all branches, so the
    pipeline's default does not reach here: say it on purpose.
    """

    branches: tuple[tuple[Step, ...], ...]
    retry: RetryPolicy
    catch: tuple[Catcher, ...]

    def __init__(
        self,
        name: str,
        *branches: Block,
        retry: RetryPolicy = NEVER,
        catch: tuple[Catcher, ...] | Catcher = (),
        comment: str = "",
    ) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "comment", comment)
        object.__setattr__(self, "span", caller())
        object.__setattr__(self, "branches", tuple(as_steps(branch) for branch in branches))
        object.__setattr__(self, "retry", retry)
        object.__setattr__(self, "catch", as_catchers(name, catch, caller()))

    def lower(self, site: Site) -> tuple[Draft, ...]:
        if not self.branches or not all(self.branches):
            raise DeclarationError(
                f"Parallel `{self.name}` has {'an empty branch' if self.branches else 'no branch'}",
                help="give each branch at least one step",
                span=self.span,
            )
        return (Fork(comment=self.comment, branches=self.branches, retry=self.retry.retriers(""), catch=self.catch),)
