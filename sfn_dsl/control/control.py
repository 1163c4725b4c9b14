"""`Control`: the row of the control table that makes runs of a pipeline runs of a batch."""

from __future__ import annotations

from dataclasses import dataclass, field

from sfn_dsl.control.claim import Claim
from sfn_dsl.expression import Reference, Template
from sfn_dsl.span import Span, caller

__all__ = ["Control"]


@dataclass(frozen=True, slots=True, eq=False)
class Control:
    """Keeps a row per batch in the control table: claimed first, marked after each stage, closed at the end.

        run = Control(batch.batch_id)
        Pipeline(..., control=run, body=[Stage("load", ...), ...])

    `batch`: the business key, a text. With it a second event for the same batch does nothing, a stage that is done is not done
    again, and an execution that has lost the batch to another one stops at its next mark. `run.fence` is a number that rises with
    each claim: hand it to the system that the pipeline writes to, which refuses lower ones. `run.attempt` counts re-runs from 1.
    """

    batch: Template
    _span: Span = field(default_factory=caller, repr=False)
    claim: Claim = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "claim", Claim("Claim batch", batch=self.batch, span=self._span))

    @property
    def fence(self) -> Reference:
        """How often the batch has been claimed; who has a lower number has lost it."""
        return self.claim.output.fence

    @property
    def attempt(self) -> Reference:
        """1 for the first run of the batch, one more for each re-run."""
        return self.claim.output.attempt
