"""Drafts: states before names are joined to targets and expressions are written in a query language.

A step lowers itself to drafts. Between drafts, a target is the label of another draft of the same step, `NEXT` (whatever
follows the step), `Throw` (fail with an error, through the failure handler where there is one) or a block of steps.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from sfn_dsl.asl.model import Json, Retrier
from sfn_dsl.asl.services import Pattern
from sfn_dsl.asl.shapes import ANY, Shape
from sfn_dsl.constants import fold
from sfn_dsl.expression import MISSING, LocalRoot, Reference, ResultRoot, Template
from sfn_dsl.policy import NEVER, Catcher, RetryPolicy
from sfn_dsl.region import Target
from sfn_dsl.span import Span

if TYPE_CHECKING:
    from sfn_dsl.steps.step import Step

__all__ = [
    "NEXT",
    "RESULT",
    "Call",
    "Draft",
    "Each",
    "Fault",
    "Fixed",
    "Fork",
    "Goto",
    "LocalRoot",
    "Next",
    "Pause",
    "ResultRoot",
    "Site",
    "Steps",
    "Stop",
    "Test",
    "Throw",
    "steps_inside",
]


class Next(enum.Enum):
    """The type of `NEXT`."""

    NEXT = "whatever follows the step"


NEXT: Final = Next.NEXT


@dataclass(frozen=True, slots=True)
class Throw:
    """A target that fails with an error name and a cause."""

    error: Template
    cause: Template


@dataclass(frozen=True, slots=True)
class Steps:
    """A target that runs steps and then goes on with what follows."""

    steps: tuple[Step, ...]


Goto: TypeAlias = str | Next | Throw | Steps


RESULT: Final = Reference(ResultRoot())


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a step is lowered: the target, the pipeline's default retry policy, the span to blame, the pipeline's name, and for how
    long a claim holds the batch: until its first stage must have ended."""

    target: Target
    retry: RetryPolicy = NEVER
    span: Span
    pipeline: str = ""
    lease_seconds: int = 0

    def fold(self, template: Template) -> Template:
        """The template with settings replaced by their values here."""
        return fold(template, self.target, self.span)

    def arn(self, service: str, kind: str, name: Template) -> Template:
        """The ARN for a name; an ARN or an expression that is only known at run time stays what it is."""
        name = self.fold(name)
        if not isinstance(name, str) or name.startswith("arn:"):
            return name
        return self.target.arn(service, kind + name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What all drafts share. `label` tells the drafts of a step apart: `""` is the first and is named like the step,
    `"poll"` becomes `<step> / poll`. `sets`: values kept for the step's own later drafts."""

    label: str = ""
    comment: str = ""
    sets: Mapping[str, Template] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Draft):
    """A Task. `action` is `glue:startJobRun` or `aws-sdk:...`, or a whole ARN for functions and activities.

    `produces`: its result is the output of the step, read from `prefix` on, with `shape` known and `renamed` fields.
    `sample`: members of a good answer, below `prefix`, for simulations; the shape gives the rest. `passed_over`: whatever goes
    wrong with it, the step goes on with `next`.
    """

    action: str
    pattern: Pattern = Pattern.REQUEST_RESPONSE
    arguments: Template = MISSING
    credentials: Template = MISSING
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()
    timeout: Template = MISSING
    heartbeat: Template = MISSING
    produces: bool = True
    prefix: tuple[str, ...] = ()
    shape: Shape | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    sample: Mapping[str, Json] = field(default_factory=dict)
    passed_over: bool = False
    next: Goto = NEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Test(Draft):
    """A Choice: the first condition that holds."""

    rules: tuple[tuple[Template, Goto], ...]
    default: Goto


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Draft):
    """A Wait: for seconds, or until a timestamp. `at_most`: seconds that the loop it stands in may take; 0 for no loop."""

    seconds: Template = MISSING
    until: Template = MISSING
    at_most: int = 0
    next: Goto = NEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork(Draft):
    """A Parallel."""

    branches: tuple[tuple[Step, ...], ...]
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Each(Draft):
    """A Map. `item` owns the references to the current item; `collect` is what each iteration gives back.

    `distributed` holds the further fields of a distributed Map as templates, by their ASL names; None for an inline one.
    """

    items: Template
    item: object
    body: tuple[Step, ...]
    collect: Template
    max_concurrency: Template = MISSING
    distributed: Mapping[str, Template] | None = None
    shape: Shape = ANY
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Draft):
    """A Succeed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Draft):
    """A Fail."""

    error: Template
    cause: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed(Draft):
    """States written by hand: a fragment with `StartAt` and `States`, in which expressions may stand.

    `reads`: names under which values must be kept for it; `writes`: variables that it assigns, with their shapes.
    `keeps_names`: its first state is not named like the step. `next`: where its states that end lead.
    """

    start_at: str
    states: Mapping[str, Mapping[str, Json]]
    query_language: str
    reads: Mapping[str, Template] = field(default_factory=dict)
    writes: Mapping[str, Shape] = field(default_factory=dict)
    keeps_names: bool = False
    next: Goto = NEXT


def steps_inside(draft: Draft) -> tuple[Step, ...]:
    """The steps that stand inside a draft: in its branches, its iterations, or where its rules go."""
    match draft:
        case Fork(branches=branches):
            return tuple(inner for branch in branches for inner in branch)
        case Each(body=body):
            return tuple(body)
        case Test(rules=rules, default=default):
            gotos = (default, *(goto for _, goto in rules))
            return tuple(inner for goto in gotos if isinstance(goto, Steps) for inner in goto.steps)
        case _:
            return ()
