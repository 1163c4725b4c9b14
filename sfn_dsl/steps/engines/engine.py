"""What an engine is: something that lowers the work of a step to drafts."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from sfn_dsl.draft import Call, Draft, Site
from sfn_dsl.steps.step import TaskStep

__all__ = ["Engine", "finish"]


class Engine(Protocol):
    """A service that does the work of a step."""

    def lower(self, step: TaskStep, site: Site) -> tuple[Draft, ...]:
        """The drafts that run the work of `step` on this service."""
        ...


def finish(step: TaskStep, site: Site, service: str, call: Call) -> Call:
    """The call with what the step says about retries, handlers and time."""
    return replace(
        call,
        comment=step.comment,
        retry=step.retriers(site, service),
        catch=step.catchers,
        timeout=step.timeout_seconds,
        heartbeat=step.heartbeat_seconds,
    )
