"""`Schedule`: EventBridge Scheduler starts the pipeline, or the machine between, at set times."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sfn_dsl.control.slots import SLOT_INPUT, StartReady
from sfn_dsl.control.sweep import Sweep
from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.errors import DeclarationError
from sfn_dsl.pipeline import Input, Pipeline
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.roles import trust_scheduler
from sfn_dsl.resources.iam.statement import Statement
from sfn_dsl.resources.model import Arn, Resource, Role, ScheduleGroup
from sfn_dsl.resources.model import RetryPolicy as Delivery
from sfn_dsl.resources.model import Schedule as Planned
from sfn_dsl.schedules.expression import parse
from sfn_dsl.schedules.gaps import gaps
from sfn_dsl.schedules.interval import shortest_interval
from sfn_dsl.steps.step import Block
from sfn_dsl.triggers.limits import delivery_problems, json_problems
from sfn_dsl.triggers.parts import DEAD_LETTERS, dead_letters, inline_policy, input_problems, live_arn, logical_id, start_statement
from sfn_dsl.triggers.payload import size_problems
from sfn_dsl.triggers.trigger import Trigger, Via, starter_name

__all__ = ["SCHEDULED_TIME", "Schedule", "group_of", "schedule_role"]

SCHEDULED_TIME: Final = "<aws.scheduler.scheduled-time>"
"""In `input`: the time of the slot, such as `2026-11-21T02:00:00Z`."""

_MARGIN = 60
_YEARS = (2026, 2035)
_PAST: Final = datetime(_YEARS[0], 1, 1, tzinfo=UTC)
"""What ends before is over. A build asks no clock, so that it makes the same files on any day."""


def group_of(pipeline: Pipeline) -> ScheduleGroup:
    """The group of a pipeline's schedules: Scheduler's metrics and trust policies know groups only."""
    return ScheduleGroup(id="ScheduleGroup", name=pipeline.name)


def schedule_role(pipeline: Pipeline, target: Target, machine: str, purpose: str, *rights: Statement) -> Role:
    """The role with which a schedule of the pipeline's group starts a machine. `rights`: what else it may do."""
    group = target.arn("scheduler", f"schedule-group/{pipeline.name}")
    return Role(
        id=logical_id(purpose, "role"),
        role_name=f"{pipeline.name}-{purpose}-{target.region}",
        trust=trust_scheduler(target, group),
        policies=(inline_policy("start", start_statement(target, machine), *rights),),
        description=f"Schedules of {pipeline.name} start {machine}.",
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schedule(Trigger):
    """A schedule per Region: `cron(0/15 * * * ? *)`, `rate(15 minutes)` or `at(...)`, in a time zone.

    `input`: what an execution is started with; `SCHEDULED_TIME` in it is the slot, so that a second call for a slot claims the same
    batch. Without `input`, a pipeline that consumes batches is started to look for READY ones: it starts itself once for each.
    `via=Intermediate`: the machine `<pipeline>-starter` looks for them instead. `retries`: 0 to 185. `max_age_seconds`: how long
    Scheduler tries, 60 to 86,400; by default a minute less than the shortest time between two slots, so that old slots do not pile
    up. `skips_dst`: the yearly slot that daylight saving time takes away is accepted.
    """

    kind = "timer"

    expression: str
    timezone: str = "UTC"
    input: Mapping[str, object] = field(default_factory=dict)
    via: Via = None
    retries: int = 10
    max_age_seconds: int | None = None
    skips_dst: bool = False

    def names(self, pipeline: Pipeline) -> tuple[str, ...]:
        return (self._purpose(), f"{self._purpose()}-role")

    def problems(self, pipeline: Pipeline) -> Iterator[Diagnostic]:
        yield from delivery_problems(self.retries, self.max_age_seconds, "Scheduler", self.span)
        unwritable = list(json_problems(dict(self.input), "the `input` of the schedule", self.span))
        yield from unwritable or size_problems(dict(self.input), "the `input` of the schedule", self.span)
        try:
            schedule = parse(self.expression, self.timezone, span=self.span)
        except DeclarationError as error:
            yield Diagnostic(code="SFN501", message=str(error), span=self.span, help=error.help)
            return
        interval = shortest_interval(schedule)
        age = self.max_age_seconds
        if schedule.after(_PAST) is None:
            yield Diagnostic(
                code="SFN501",
                message=f"`{self.expression}` never fires: it has no time after {_PAST:%Y-%m-%d}, "
                "and this version of sfn-dsl is younger",
                span=self.span,
                help="write another year, `*` for every year, or leave the schedule out",
            )
        if age is not None and 60 <= age <= 86_400 and interval is not None and age >= interval:
            yield Diagnostic(
                code="SFN503",
                message=f"slots come every {interval} seconds, and one is tried for {age} seconds, so that slots pile up",
                span=self.span,
                help=f"let `max_age_seconds` be below {interval}, or leave it out",
            )
        lost = [] if self.skips_dst else [gap for gap in gaps(schedule, *_YEARS) if gap.lost]
        if lost:
            yield Diagnostic(
                code="SFN502",
                message=f"`{self.expression}` in {self.timezone} skips a day each year, because the clock leaps over it",
                span=self.span,
                help="choose an hour outside the change to daylight saving time or UTC, or say `skips_dst=True`",
            )
        if self.input or not pipeline.consumes:
            yield from input_problems(pipeline, self.input, self.span)
        if not self.input and pipeline.consumes and pipeline.control is None:
            yield Diagnostic(
                code="SFN521",
                message=f"a Schedule of pipeline `{pipeline.name}` has no way to know which batches are ready",
                span=self.span,
                help="give the pipeline `control=Control(...)`, or the schedule an `input`",
            )
        if self.via is not None and (self.input or not pipeline.consumes):
            yield Diagnostic(
                code="SFN521",
                message="the machine between looks for READY batches, so the pipeline must consume some, and `input` has no use",
                span=self.span,
                help="leave `via` out",
                severity=Severity.ERROR,
            )

    def seeks(self, pipeline: Pipeline) -> bool:
        """Whether a slot means: see what is ready."""
        return bool(pipeline.consumes) and not self.input

    def before(self, pipeline: Pipeline) -> Block:
        if not self.seeks(pipeline) or self.via is not None:
            return None
        return StartReady("Started by schedule?", pipeline=pipeline.name, span=self.span)

    def machines(self, pipeline: Pipeline) -> tuple[Pipeline, ...]:
        if self.via is None:
            return ()
        return (
            Pipeline(
                name=starter_name(pipeline, self.label),
                comment=f"Starts {pipeline.name} for every batch that is ready",
                input=Input(slot=str),
                body=Sweep("Look for batches", pipeline=pipeline.name, age_seconds=0, span=self.span),
                timeout_seconds=600,
                logging=pipeline.logging,
                deployment=pipeline.deployment,
                span=self.span,
            ),
        )

    def resources(self, pipeline: Pipeline, target: Target) -> tuple[Resource, ...]:
        machine = pipeline.name if self.via is None else starter_name(pipeline, self.label)
        purpose = self._purpose()
        # Dead letters are sent with the schedule's role too.
        queue = dead_letters(pipeline).arn(target)
        letters = Statement(sid="DeadLetters", actions=("sqs:SendMessage",), resources=(queue,))
        role = schedule_role(pipeline, target, machine, purpose, letters)
        given: Mapping[str, object] = {SLOT_INPUT: SCHEDULED_TIME} if self.seeks(pipeline) else self.input
        planned = Planned(
            id=logical_id(purpose),
            name=f"{pipeline.name}-{purpose}",
            group_name=pipeline.name,
            schedule_expression=self.expression,
            schedule_expression_timezone=self.timezone,
            target_arn=live_arn(target, machine),
            role_arn=Arn(role.id),
            input=json.dumps(given, sort_keys=True, separators=(",", ":")),
            retry=Delivery(maximum_retry_attempts=self.retries, maximum_event_age_in_seconds=self._age()),
            dead_letter_arn=Arn(DEAD_LETTERS),
            description=f"Starts {machine}.",
        )
        return (role, planned)

    def _purpose(self) -> str:
        return f"schedule-{self.label}" if self.label else "schedule"

    def _age(self) -> int:
        if self.max_age_seconds is not None:
            return self.max_age_seconds
        interval = shortest_interval(parse(self.expression, self.timezone, span=self.span))
        return 86_400 if interval is None else max(60, min(86_400, interval - _MARGIN))
