"""`EventRule`: an event on the shared bus starts the pipeline, or the machine between."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sfn_dsl.control.contract import BatchReady
from sfn_dsl.control.start import StartBatch
from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.expression import ContextRoot, Reference, subexpressions
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.policy import THROTTLED, TRANSIENT
from sfn_dsl.region import Target
from sfn_dsl.resources.model import Resource, Rule
from sfn_dsl.resources.model import RetryPolicy as Delivery
from sfn_dsl.triggers.limits import delivery_problems, path_problems, pattern_problems
from sfn_dsl.triggers.parts import (
    contract_problems,
    event_role,
    input_problems,
    logical_id,
    start_target,
    transformer,
    wanted_fields,
)
from sfn_dsl.triggers.trigger import Trigger, Via, starter_name

__all__ = ["EventRule"]

_EVENT_INPUT = Reference(ContextRoot(), ("Execution", "Input"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventRule(Trigger):
    """A rule on the deployment's bus. By default it listens to every contract that the pipeline consumes.

    `pattern`: an event pattern of your own instead, with `input`: input name to path in the event, such as `$.detail.id` (dots and
    indices). `via=Intermediate` puts the machine `<pipeline>-starter` between, which gives the execution a name made of the batch.
    `retries` (0 to 185) and `max_age_seconds` (60 to 86,400): how long EventBridge tries while the target is throttled; then the
    event is a dead letter.
    """

    kind = "rule"

    contract: BatchReady | None = None
    pattern: Mapping[str, object] | None = None
    input: Mapping[str, str] = field(default_factory=dict)
    via: Via = None
    retries: int = 185
    max_age_seconds: int = 86_400

    def contracts(self, pipeline: Pipeline) -> tuple[BatchReady, ...]:
        if self.pattern is not None:
            return ()
        return (self.contract,) if self.contract is not None else pipeline.consumes

    def names(self, pipeline: Pipeline) -> tuple[str, ...]:
        if self.pattern is not None:
            return (f"on-{self._rule()}",)
        return tuple(f"on-{self._rule(contract)}" for contract in self.contracts(pipeline))

    def problems(self, pipeline: Pipeline) -> Iterator[Diagnostic]:
        yield from delivery_problems(self.retries, self.max_age_seconds, "EventBridge", self.span)
        if self.pattern is not None:
            yield from pattern_problems(self.pattern, self.span)
            yield from path_problems(self.input, self.span)
            yield from input_problems(pipeline, self.input, self.span)
            yield from self._ids(pipeline)
        elif not self.contracts(pipeline):
            yield Diagnostic(
                code="SFN521",
                message=f"an EventRule of pipeline `{pipeline.name}` has nothing to listen to",
                span=self.span,
                help="give the pipeline `consumes=`, or the rule a `pattern`",
            )
        yield from contract_problems(pipeline, self.contracts(pipeline), self.span)

    def _ids(self, pipeline: Pipeline) -> Iterator[Diagnostic]:
        """A batch that is the event's id: another one each time that the event is forwarded or sent again."""
        batch = pipeline.control.batch if pipeline.control is not None else None
        used = {str(part._path[0]) for part in subexpressions(batch) if isinstance(part, Reference) and part._path}
        for name, path in self.input.items():
            if path == "$.id" and name in used:
                yield Diagnostic(
                    code="SFN507",
                    message=f"the batch of pipeline `{pipeline.name}` is made of the event's id, which is a new one when "
                    "the event is forwarded or sent again",
                    span=self.span,
                    help="take a business key out of the detail, such as `$.detail.batch_id`",
                    severity=Severity.WARNING,
                )

    def machines(self, pipeline: Pipeline) -> tuple[Pipeline, ...]:
        if self.via is None:
            return ()
        batch = pipeline.control.batch if pipeline.control is not None else Reference(ContextRoot(), ("Execution", "Name"))
        start = StartBatch("Start pipeline", pipeline=pipeline.name, batch=batch, input=_EVENT_INPUT, span=self.span)
        return (
            Pipeline(
                name=starter_name(pipeline, self.label),
                comment=f"Starts {pipeline.name} for an event",
                input=pipeline.input,
                body=start,
                retry=TRANSIENT + THROTTLED,
                timeout_seconds=3600,
                logging=pipeline.logging,
                deployment=pipeline.deployment,
                span=self.span,
            ),
        )

    def resources(self, pipeline: Pipeline, target: Target) -> tuple[Resource, ...]:
        machine = pipeline.name if self.via is None else starter_name(pipeline, self.label)
        bus = target.deployed.bus
        role = event_role(pipeline, target, bus, machine)
        delivery = Delivery(maximum_retry_attempts=self.retries, maximum_event_age_in_seconds=self.max_age_seconds)
        rules = []
        for name, pattern, paths in self._listened(pipeline, target):
            rule = Rule(
                id=logical_id("on", name),
                name=f"{pipeline.name}-on-{name}",
                event_bus_name=bus,
                event_pattern=pattern,  # type: ignore[arg-type]
                targets=(start_target(target, machine, role, delivery, transformer(paths) if paths else None),),
                description=f"Starts {machine}.",
            )
            rules.append(rule)
        return (role, *rules)

    def _listened(self, pipeline: Pipeline, target: Target) -> Iterator[tuple[str, Mapping[str, object], Mapping[str, str]]]:
        """Name, pattern and input paths of each rule."""
        if self.pattern is not None:
            yield self._rule(), json.loads(json.dumps(self.pattern)), self.input
            return
        for contract in self.contracts(pipeline):
            paths = {name: f"$.detail.{name}" for name in wanted_fields(pipeline, contract)}
            yield self._rule(contract), contract.pattern(target), paths

    def _rule(self, contract: BatchReady | None = None) -> str:
        """What the name of a rule says after `on`."""
        if contract is None:
            return self.label or "event"
        return f"{contract.pipeline}-{self.label}" if self.label else contract.pipeline
