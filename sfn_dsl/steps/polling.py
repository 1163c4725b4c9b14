"""The poll loop: start work, wait, ask how it is, and go on, again or fail. For services without a `.sync` integration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sfn_dsl.draft import NEXT, Call, Draft, Goto, LocalRoot, Pause, Test, Throw
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import Reference, Template
from sfn_dsl.steps.step import Step

__all__ = ["Poll", "poll"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """`start` begins the work, `ask` looks at it; both keep what they need in `sets`.

    `status` is the reference to the state of the work. It goes on at `done`, fails at a status in `failed` (with error and
    cause), waits `seconds` and asks again at one in `busy`, and fails at any other. After `timeout_seconds` it fails too.

    `cancel`: the call that stops the work, made before it fails after `timeout_seconds`. The status is asked once more then, so
    that work that was done meanwhile counts as done.
    """

    step: Step
    start: Call
    ask: Call
    status: Template
    done: tuple[str, ...]
    busy: tuple[str, ...]
    failed: Mapping[tuple[str, ...], Goto] = field(default_factory=dict)
    unknown: Throw
    timeout: Throw
    seconds: int
    timeout_seconds: int
    cancel: Call | None = None


def poll(loop: Poll, *more: Draft) -> tuple[Draft, ...]:
    """The drafts of a poll loop; `more` are further drafts that its targets name. Raises DeclarationError for no interval."""
    if not isinstance(loop.seconds, int) or loop.seconds < 1:
        message = f"`poll_seconds` of `{loop.step.name}` is not a whole number of at least 1"
        raise DeclarationError(message, help="write a number of seconds, such as 60", span=loop.step.span)
    polls = Reference(LocalRoot(loop.step, "polls"))
    limit = math.ceil(loop.timeout_seconds / loop.seconds)
    late: tuple[tuple[Template, Goto], ...] = ()
    given_up: Goto = loop.timeout
    if loop.cancel is not None:
        ended = tuple(name for names in loop.failed for name in names)
        late = ((_is_one_of(loop.status, (*ended, *loop.busy)) & (polls > limit), loop.timeout),)
        given_up = "cancel"
        more = (replace(loop.cancel, label="cancel", produces=False, passed_over=True, next="wait"), *more)
    at_most = loop.timeout_seconds + (loop.seconds if loop.cancel is not None else 0)
    failed = tuple((_is_one_of(loop.status, names), goto) for names, goto in loop.failed.items())
    return (
        replace(loop.start, produces=False, sets={**loop.start.sets, "polls": 0}, next="wait"),
        Pause(label="wait", seconds=loop.seconds, at_most=at_most, next="status"),
        replace(loop.ask, label="status", sets={**loop.ask.sets, "polls": polls + 1}, next="result"),
        Test(
            label="result",
            rules=(
                (_is_one_of(loop.status, loop.done), NEXT),
                *late,
                *failed,
                (_is_one_of(loop.status, loop.busy) & (polls >= limit), given_up),
                (_is_one_of(loop.status, loop.busy), "wait"),
            ),
            default=loop.unknown,
        ),
        *more,
    )


def _is_one_of(status: Template, names: tuple[str, ...]) -> Template:
    condition: Template = status == names[0]
    for name in names[1:]:
        condition = condition | (status == name)
    return condition
