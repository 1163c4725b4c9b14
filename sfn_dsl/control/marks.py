"""The states that write a batch's row while its execution works: a stage is done, the run is done, the run has failed.

All hold on condition that the row still is this execution's, with this execution's fence; who has lost it stops with
`Pipeline.LeaseLost` and tells nobody, because the batch goes on elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass

from sfn_dsl.control.access import LOST, Access
from sfn_dsl.control.claim import ME, NOW, Claim
from sfn_dsl.control.rows import FAILED, NEXT_LEASE, RUN, RUNNING, SUCCEEDED, run_key
from sfn_dsl.draft import Draft, Fixed, Site
from sfn_dsl.expression import FAILURE, Reference, StageRoot, Template
from sfn_dsl.functions import substring, text
from sfn_dsl.steps.step import Step

__all__ = ["FailRun", "FinishRun", "MarkStage"]

_OWNED = "exec_arn = :me AND #status = :running AND fence = :fence"
# The answer may be lost after the row is closed; then the same write comes again.
_CLOSING = "exec_arn = :me AND #status IN (:running, :done) AND fence = :fence"
_CAUSE_LENGTH = 1000


def _update(changes: str, names: Mapping[str, str], values: Mapping[str, Template], condition: str = _OWNED) -> dict[str, Template]:
    """The arguments of an update of the row that only its owner may make."""
    return {
        "Key": {"pk": {"S": "{% $run_key %}"}, "sk": {"S": RUN}},
        "UpdateExpression": changes,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {"#status": "status", **names},
        "ExpressionAttributeValues": {
            ":me": {"S": ME},
            ":running": {"S": RUNNING},
            ":fence": {"N": "{% $string($fence) %}"},
            ":now": {"N": NOW},
            **values,
        },
    }


def _owned(step: Step, access: Access, arguments: Mapping[str, Template]) -> tuple[Draft, ...]:
    lost = f"{step.name} / lease lost"
    states = {
        step.name: access.task("updateItem", arguments, refused=lost, Output={}, End=True),
        lost: {
            "Type": "Fail",
            "Error": LOST,
            "Cause": "Another execution has taken over the batch; this one stops without a trace.",
        },
    }
    return (Fixed(start_at=step.name, states=states, query_language="JSONata"),)


@dataclass(frozen=True, slots=True, eq=False)
class MarkStage(Step):
    """Writes that a stage is done, with the values that later stages read of it, and takes a lease for the next stage. For how long
    is noted, because a later execution that skips this stage needs the same."""

    _: KW_ONLY
    stage: str
    lease_seconds: int

    def lower(self, site: Site) -> tuple[Draft, ...]:
        lease = {"N": str(1000 * self.lease_seconds)}
        mark = {
            "M": {
                "status": {"S": SUCCEEDED},
                "attempt": {"N": "{% $string($attempt) %}"},
                "exec_arn": {"S": ME},
                "ended_at": {"N": NOW},
                NEXT_LEASE: lease,
                "out": {"S": Reference(StageRoot(self.stage))},
            }
        }
        arguments = _update(
            f"SET stages.#stage = :mark, {NEXT_LEASE} = :lease, lease_until = :now + :lease, updated_at = :now",
            {"#stage": self.stage},
            {":mark": mark, ":lease": lease},
        )
        return _owned(self, Access(site.target), arguments)


@dataclass(frozen=True, slots=True, eq=False)
class FinishRun(Step):
    """Writes that the batch is done; nobody works on it any more."""

    def lower(self, site: Site) -> tuple[Draft, ...]:
        changes = "SET #status = :done, queue = :queue, updated_at = :now, ended_at = :now REMOVE lease_until, #error"
        values = {":done": {"S": SUCCEEDED}, ":queue": {"S": f"{SUCCEEDED}#{site.pipeline}"}}
        arguments = _update(changes, {"#error": "error"}, values, _CLOSING)
        return _owned(self, Access(site.target), arguments)


@dataclass(frozen=True, slots=True, eq=False)
class FailRun(Step):
    """Writes that the run has failed, and why. A row that is not this execution's stays as it is."""

    _: KW_ONLY
    claim: Claim

    def lower(self, site: Site) -> tuple[Draft, ...]:
        arguments = {
            "Key": run_key(site.pipeline, self.claim.batch),
            "UpdateExpression": "SET #status = :failed, queue = :queue, #error = :error, updated_at = :now, ended_at = :now",
            # Without the fence: where the claim itself has failed there is none.
            "ConditionExpression": "exec_arn = :me AND #status = :running",
            "ExpressionAttributeNames": {"#status": "status", "#error": "error"},
            "ExpressionAttributeValues": {
                ":me": {"S": ME},
                ":running": {"S": RUNNING},
                ":failed": {"S": FAILED},
                ":queue": {"S": f"{FAILED}#{site.pipeline}"},
                ":now": {"N": NOW},
                ":error": {
                    "M": {
                        "step": {"S": text(FAILURE.step)},
                        "error": {"S": text(FAILURE.error)},
                        "cause": {"S": substring(text(FAILURE.cause), 0, _CAUSE_LENGTH)},
                    }
                },
            },
        }
        access = Access(site.target)
        # Where the condition does not hold, the handler goes on: another execution has the batch, or the claim itself has failed.
        body = access.task("updateItem", arguments, Output={}, End=True)
        return (Fixed(start_at=self.name, states={self.name: body}, query_language="JSONata"),)
