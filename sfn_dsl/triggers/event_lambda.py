"""`EventLambda`: an event on the shared bus calls a function, which starts the pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sfn_dsl.control.contract import BatchReady
from sfn_dsl.diagnostic import Diagnostic
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.statement import Statement
from sfn_dsl.resources.model import Arn, EventInvokeConfig, Name, Permission, Queue, Resource, Rule, RuleTarget
from sfn_dsl.resources.model import RetryPolicy as Delivery
from sfn_dsl.triggers.batches import batch_key
from sfn_dsl.triggers.function import function_id
from sfn_dsl.triggers.limits import concurrency_problems
from sfn_dsl.triggers.parts import DEAD_LETTERS, contract_problems, logical_id, wanted_fields
from sfn_dsl.triggers.starter import starter_function
from sfn_dsl.triggers.trigger import Trigger

__all__ = ["EventLambda"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventLambda(Trigger):
    """A rule, a function of 20 lines, and two queues: the rule's dead letters (not handed over) and the function's failures.

    The execution's name is made of the event's batch and of what else the pipeline's own batch is made of, so that a second call
    starts nothing; without `control`, two pipelines may announce batches of one name. `concurrency`: how many calls run at once; 0
    pauses. `retries`: 0 to 2, after one and two minutes. `max_age_seconds`: 60 to 21,600.
    """

    kind = "lambda"

    contract: BatchReady | None = None
    concurrency: int = 2
    retries: int = 2
    max_age_seconds: int = 21_600

    def contracts(self, pipeline: Pipeline) -> tuple[BatchReady, ...]:
        return (self.contract,) if self.contract is not None else pipeline.consumes

    def names(self, pipeline: Pipeline) -> tuple[str, ...]:
        rules = [self._rule(contract) for contract in self.contracts(pipeline)]
        return (self._function(), f"{self._function()}-failures", *rules, *(f"{rule}-permission" for rule in rules))

    def problems(self, pipeline: Pipeline) -> Iterator[Diagnostic]:
        if not self.contracts(pipeline):
            yield Diagnostic(
                code="SFN521",
                message=f"an EventLambda of pipeline `{pipeline.name}` has nothing to listen to",
                span=self.span,
                help="give the pipeline `consumes=`",
            )
        if not 0 <= self.retries <= 2 or not 60 <= self.max_age_seconds <= 21_600:
            yield Diagnostic(
                code="SFN503",
                message="Lambda repeats an asynchronous call 0 to 2 times, within 60 to 21,600 seconds",
                span=self.span,
                help="mend `retries` or `max_age_seconds`",
            )
        yield from concurrency_problems(self.concurrency, self.span)
        yield from contract_problems(pipeline, self.contracts(pipeline), self.span)

    def resources(self, pipeline: Pipeline, target: Target) -> tuple[Resource, ...]:
        label = self._function()
        fields = sorted({name for contract in self.contracts(pipeline) for name in wanted_fields(pipeline, contract)})
        told_apart = [name for name in batch_key(pipeline, fields) if name != "batch_id"]
        if pipeline.control is None and len(self.contracts(pipeline)) > 1:
            told_apart = ["pipeline"]
        failures = Queue(id=logical_id(label, "failures"), queue_name=f"{pipeline.name}-{label}-failures")
        starter = starter_function(
            pipeline,
            target,
            label=label,
            template="start_for_event.py.j2",
            values={"fields": fields, "key": told_apart},
            concurrency=self.concurrency,
            statement=Statement(sid="Failures", actions=("sqs:SendMessage",), resources=(failures.arn(target),)),
        )
        invoking = EventInvokeConfig(
            id=logical_id(label, "invoking"),
            function_name=Name(function_id(label)),
            maximum_retry_attempts=self.retries,
            maximum_event_age_in_seconds=self.max_age_seconds,
            on_failure_arn=Arn(failures.id),
        )
        found: list[Resource] = [failures, *starter, invoking]
        for contract in self.contracts(pipeline):
            rule = Rule(
                id=logical_id(self._rule(contract)),
                name=f"{pipeline.name}-{self._rule(contract)}",
                event_bus_name=target.deployed.bus,
                event_pattern=contract.pattern(target),  # type: ignore[arg-type]
                targets=(
                    RuleTarget(id="function", arn=Arn(function_id(label)), retry=Delivery(), dead_letter_arn=Arn(DEAD_LETTERS)),
                ),
                description=f"Calls {pipeline.name}-{label}.",
            )
            permission = Permission(
                id=logical_id(rule.id, "permission"),
                function_name=Name(function_id(label)),
                principal="events.amazonaws.com",
                source_arn=Arn(rule.id),
                source_account=target.account,
            )
            found += [rule, permission]
        return tuple(found)

    def _function(self) -> str:
        return f"{self.label}-starter" if self.label else "starter"

    def _rule(self, contract: BatchReady) -> str:
        return f"on-{contract.pipeline}-{self.label}" if self.label else f"on-{contract.pipeline}"
