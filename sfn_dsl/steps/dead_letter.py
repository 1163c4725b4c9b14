"""`DeadLetter`: set a batch aside that can never be processed, where people find it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass

from sfn_dsl.draft import Draft, Site
from sfn_dsl.expression import Template
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.notify import Sqs
from sfn_dsl.steps.step import TaskStep

__all__ = ["DeadLetter", "poison_queue"]


def poison_queue(pipeline: str) -> str:
    """The name of the queue for batches of a pipeline that can never be processed."""
    return f"{pipeline}-poison-dead-letters"


@dataclass(frozen=True, slots=True, eq=False)
class DeadLetter(TaskStep):
    """Sends `letter` to the queue `<pipeline>-poison-dead-letters`.

    The pipeline's template makes the queue, with alarms, and `dlq` shows what lies in it. Step Functions itself has no dead
    letters. A letter is a note, not data: 262,144 bytes at most.
    """

    _: KW_ONLY
    letter: Mapping[str, Template]

    def lower(self, site: Site) -> tuple[Draft, ...]:
        return (finish(self, site, "sqs", Sqs(queue=poison_queue(site.pipeline)).call(site, self.letter)),)
