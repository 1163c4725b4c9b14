"""`Branch`: if, elif, else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sfn_dsl.draft import NEXT, Draft, Goto, Site, Steps, Test
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import MISSING, Expression, Negation, Template
from sfn_dsl.span import caller
from sfn_dsl.steps.step import Block, Step, as_steps

__all__ = ["CONTINUE", "Branch"]

CONTINUE: Final[tuple[Step, ...]] = ()
"""An arm of a Branch that does nothing and goes on with what follows."""


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Branch(Step):
    """Runs the steps beside the first condition that holds, then goes on after the Branch.

        Branch("Any rows?", (load.output.rows > 0, publish), otherwise=CONTINUE)

    A comparison on an absent or mistyped value is false. Where no condition may hold, `otherwise` must say what happens.
    """

    arms: tuple[tuple[Template, tuple[Step, ...]], ...]
    otherwise: tuple[Step, ...] | None

    def __init__(self, name: str, *arms: tuple[Template, Block], otherwise: Block | Any = MISSING, comment: str = "") -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "comment", comment)
        object.__setattr__(self, "span", caller())
        for arm in arms:
            if not isinstance(arm, tuple) or len(arm) != 2:
                raise DeclarationError(
                    f"an arm of Branch `{name}` is no pair", help="write `(condition, steps)` for each arm", span=caller()
                )
        object.__setattr__(self, "arms", tuple((condition, as_steps(block)) for condition, block in arms))
        object.__setattr__(self, "otherwise", None if otherwise is MISSING else as_steps(otherwise))

    def lower(self, site: Site) -> tuple[Draft, ...]:
        if not self.arms:
            raise DeclarationError(f"Branch `{self.name}` has no condition", help="give it `(condition, steps)`", span=self.span)
        conditions = [condition for condition, _ in self.arms]
        if self.otherwise is None and not _exhaustive(conditions):
            raise DeclarationError(
                f"nothing in Branch `{self.name}` may match, and it has no `otherwise`",
                help="say what happens then: steps, `CONTINUE`, or a `Fail`",
                span=self.span,
            )
        for condition in conditions:
            if not isinstance(condition, (bool, Expression)):
                raise DeclarationError(
                    f"`{condition!r}` in Branch `{self.name}` is no condition",
                    help='write a comparison of a reference, such as `batch.mode == "full"`',
                    span=self.span,
                )
        rules: list[tuple[Template, Goto]] = [(condition, _arm(steps)) for condition, steps in self.arms]
        if self.otherwise is None:
            _, default = rules.pop()
        else:
            default = _arm(self.otherwise)
        if not rules:
            raise DeclarationError(f"Branch `{self.name}` has only one way to go", help="write its steps plainly", span=self.span)
        return (Test(comment=self.comment, rules=tuple(rules), default=default),)


def _arm(steps: tuple[Step, ...]) -> Goto:
    return Steps(steps) if steps else NEXT


def _exhaustive(conditions: list[Template]) -> bool:
    """Whether the last condition holds wherever the ones before it do not: `True`, or `~c` where `c` stands before it."""
    last = conditions[-1]
    if last is True:
        return True
    return (
        isinstance(last, Negation) and isinstance(last.operand, Expression) and any(last.operand is other for other in conditions)
    )
