"""Whether a run's calls are allowed by the policies of its machines, and which grants no call has used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sfn_dsl.region import Target
from sfn_dsl.resources.iam.evaluation import Needed, allows, needed_by_call
from sfn_dsl.resources.iam.statement import Statement
from sfn_dsl.simulate.mocks.answers import Call
from sfn_dsl.simulate.running.thread import Run

__all__ = ["Audit", "Denied"]


@dataclass(frozen=True, slots=True)
class Denied:
    """A call of a state that the policy of its machine does not allow."""

    machine: str
    state: str
    needed: Needed


class Audit:
    """Looks at every call of the machines whose `statements` it has, by the machine's ARN.

    `calls`: what was needed, each once, by machine. `denied`: what was not allowed, each once. Rights to managed rules, without
    which a call only ends later, are noted and not missed.
    """

    def __init__(self, statements: Mapping[str, tuple[Statement, ...]], target: Target) -> None:
        self.statements = statements
        self.target = target
        self.calls: dict[str, dict[tuple[str, str], Needed]] = {arn: {} for arn in statements}
        self.denied: dict[tuple[str, str, str, str], Denied] = {}

    def note(self, call: Call, run: Run) -> None:
        """Look at a call."""
        arn = run.machine.arn
        if arn not in self.statements:
            return
        context = {"aws:ResourceAccount": self.target.account}
        for needed in needed_by_call(call.resource.arn, call.arguments, self.target):
            self.calls[arn][needed.action, needed.resource] = needed
            if needed.required and not allows(self.statements[arn], needed.action, needed.resource, {**context, **needed.context}):
                self.denied[arn, call.state, needed.action, needed.resource] = Denied(run.machine.name, call.state, needed)
