"""From the pipelines of a project to the machines of a build: what triggers and contracts add to each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sfn_dsl.compile.field_types import misfits
from sfn_dsl.control.closing import FIND_STEP, CloseRun
from sfn_dsl.control.contract import BatchReady
from sfn_dsl.control.ready import Announce, MarkReady
from sfn_dsl.control.sweep import Sweep
from sfn_dsl.deployment import Deployment
from sfn_dsl.deployment_faults import faults
from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.pipeline import Input, Pipeline
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.narrowing import Permissions
from sfn_dsl.span import NOWHERE
from sfn_dsl.steps.step import Step
from sfn_dsl.triggers.between import between
from sfn_dsl.triggers.event_rule import EventRule
from sfn_dsl.triggers.labels import labelled
from sfn_dsl.triggers.parts import wanted_fields
from sfn_dsl.triggers.trigger import Trigger

__all__ = ["Wired", "Wiring", "closer", "sweeper_name", "wire"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wired:
    """A pipeline with the steps that triggers and consumers add to it, its triggers, and the machines beside it. `broken`: an error
    was found in its triggers or its deployment, so that nothing can be deployed for it."""

    pipeline: Pipeline
    triggers: tuple[Trigger, ...] = ()
    machines: tuple[Pipeline, ...] = ()
    broken: bool = False

    @property
    def all_machines(self) -> tuple[Pipeline, ...]:
        """The pipeline and the machines beside it."""
        return (self.pipeline, *self.machines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """All pipelines, wired, by name; and what is wrong with how they hang together."""

    pipelines: Mapping[str, Wired]
    problems: tuple[Diagnostic, ...] = ()

    @property
    def contracts(self) -> tuple[BatchReady, ...]:
        """What is announced on the shared bus."""
        return tuple(wired.pipeline.produces for wired in self.pipelines.values() if wired.pipeline.produces is not None)


def sweeper_name(pipeline: Pipeline) -> str:
    """The name of the machine that looks for batches nobody works on."""
    return f"{pipeline.name}-sweeper"


def closer(target: Target, wiring: Wiring) -> Pipeline:
    """The machine that closes rows of executions that ended without doing it themselves; one per Region. It may read the histories
    of those of the wiring, which are the ones it is told of."""
    deployed = target.deployed
    machines = [machine for wired in wiring.pipelines.values() for machine in wired.all_machines]
    executions = tuple(target.arn("states", f"execution:{one.name}:*") for one in machines if one.type == "STANDARD")
    return Pipeline(
        name=deployed.closer,
        comment="Closes the rows of executions that have failed, timed out or been aborted, and tells people",
        type="EXPRESS",
        body=CloseRun("Close run", span=deployed.span),
        timeout_seconds=240,
        permissions=Permissions(only={FIND_STEP: executions}, span=deployed.span),
        span=deployed.span,
    )


def wire(pipelines: Iterable[Pipeline], targets: Iterable[Target] = ()) -> Wiring:
    """Give every pipeline what its own triggers and those of its consumers ask for. `targets`: those for which patterns are held
    against what the pipelines announce."""
    declared = list(pipelines)
    own_problems: dict[int, list[Diagnostic]] = {id(pipeline): [] for pipeline in declared}
    triggers = {id(pipeline): _triggers(pipeline, own_problems[id(pipeline)]) for pipeline in declared}
    starts: dict[str, list[Step]] = {}
    for pipeline in declared:
        for trigger in triggers[id(pipeline)]:
            for upstream, step in trigger.upstream(pipeline).items():
                starts.setdefault(upstream, []).append(step)
    found = {}
    for pipeline in declared:
        own, wrong = triggers[id(pipeline)], own_problems[id(pipeline)]
        if pipeline.deployment is not None:
            wrong += _deployment(pipeline, pipeline.deployment)
        machines = [machine for trigger in own for machine in trigger.machines(pipeline)]
        if pipeline.control is not None:
            machines.append(_sweeper(pipeline))
        # Two schedules that look for batches need one state that tells a slot from a batch.
        before = list({type(block): block for trigger in own if (block := trigger.before(pipeline)) is not None}.values())
        after = [*_announced(pipeline, declared), *starts.get(pipeline.name, ())]
        wired = replace(pipeline, before=before or None, after=after or None)
        broken = any(one.severity is Severity.ERROR for one in wrong)
        found[pipeline.name] = Wired(pipeline=wired, triggers=own, machines=tuple(machines), broken=broken)
    among = between(declared, {pipeline.name: triggers[id(pipeline)] for pipeline in declared}, targets)
    return Wiring(pipelines=found, problems=(*(one for wrong in own_problems.values() for one in wrong), *among))


def _triggers(pipeline: Pipeline, problems: list[Diagnostic]) -> tuple[Trigger, ...]:
    found: list[Trigger] = []
    given = pipeline.triggers if isinstance(pipeline.triggers, (list, tuple)) else (pipeline.triggers,)
    for trigger in given:
        if isinstance(trigger, Trigger):
            wrong = _mistyped(pipeline, trigger)
            problems += wrong
            found += [] if wrong else [trigger]
            continue
        problems.append(
            Diagnostic(
                code="SFN521",
                message=f"`{trigger!r}` in `triggers` of pipeline `{pipeline.name}` is no trigger",
                span=pipeline.span,
                help="use EventRule, Schedule, Direct, EventLambda, S3Event or SnsEvent",
            )
        )
    if not given and pipeline.consumes:
        found.append(EventRule(span=pipeline.span))
    named = labelled(pipeline, found, problems)
    for trigger in named:
        problems += trigger.problems(pipeline)
    return named


def _mistyped(pipeline: Pipeline, trigger: Trigger) -> list[Diagnostic]:
    whose = f"{type(trigger).__name__} of pipeline `{pipeline.name}`"
    wrong = [(f"`{misfit.field}` of {whose} is no {misfit.wanted}", misfit.help) for misfit in misfits(trigger, expressions=False)]
    given = getattr(trigger, "input", None)
    if isinstance(given, Mapping):
        names = [name for name in given if not isinstance(name, str)]
        wrong += [(f"`input` of {whose} has the name {name!r}, which is no text", "write the name of an input") for name in names]
    return [Diagnostic(code="SFN104", message=message, span=trigger.span, help=help) for message, help in wrong]


def _deployment(pipeline: Pipeline, deployment: Deployment) -> list[Diagnostic]:
    return [
        Diagnostic(
            code="SFN620",
            message=f"deployment of pipeline `{pipeline.name}`: {fault.message}",
            span=pipeline.span if deployment.span is NOWHERE else deployment.span,
            help=fault.help,
        )
        for fault in faults(deployment)
    ]


def _sweeper(pipeline: Pipeline) -> Pipeline:
    return Pipeline(
        name=sweeper_name(pipeline),
        comment=f"Starts {pipeline.name} for batches that nobody works on",
        type="EXPRESS",
        input=Input(),
        body=Sweep("Sweep", pipeline=pipeline.name, report=True, span=pipeline.span),
        timeout_seconds=240,
        deployment=pipeline.deployment,
        span=pipeline.span,
    )


def _announced(pipeline: Pipeline, declared: Iterable[Pipeline]) -> list[Step]:
    """The READY row for each consumer, then the event."""
    contract = pipeline.produces
    if contract is None:
        return []
    found: list[Step] = []
    consumers = [consumer for consumer in declared if contract in consumer.consumes]
    for consumer in consumers:
        if consumer.control is not None:
            given = {name: contract.offered[name] for name in wanted_fields(consumer, contract)}
            name = f"Mark ready for {consumer.name}"
            step = MarkReady(name, consumer=consumer.name, batch=contract.batch_id, input=given, span=contract.span)
            found.append(step)
    rows = bool(found) and len(found) == len(consumers)
    return [*found, Announce("Announce batch", contract=contract, rows=rows, span=contract.span)]
