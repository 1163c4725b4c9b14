"""What can be wrong between pipelines: circles, contracts that do not match, consumers that would do a batch twice."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from sfn_dsl.compile.starts import waited_for
from sfn_dsl.control.contract import RESERVED, BatchReady
from sfn_dsl.control.start import StartBatch
from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.errors import DeclarationError
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target
from sfn_dsl.triggers.announced import Heard, heard_by_pattern
from sfn_dsl.triggers.batches import batch_problems
from sfn_dsl.triggers.payload import payload_problems
from sfn_dsl.triggers.trigger import Trigger

__all__ = ["between"]

Triggers = Mapping[str, tuple[Trigger, ...]]


def between(declared: list[Pipeline], triggers: Triggers, targets: Iterable[Target]) -> Iterator[Diagnostic]:
    """Findings about how pipelines hang together. `triggers`: those of each pipeline, by its name. `targets`: where events are
    named."""
    patterns = tuple(heard_by_pattern(declared, triggers, targets))
    yield from _circles(declared, triggers, patterns)
    yield from _unknown_upstreams(declared, triggers)
    yield from _waits(declared, triggers)
    yield from _producers(declared)
    yield from _consumers(declared, triggers, patterns)


def _heard(pipeline: Pipeline, triggers: Triggers) -> tuple[BatchReady, ...]:
    """The contracts that a pipeline is told of, each once."""
    told = [contract for trigger in triggers[pipeline.name] for contract in trigger.contracts(pipeline)]
    return tuple({id(contract): contract for contract in (*told, *pipeline.consumes)}.values())


def _circles(declared: list[Pipeline], triggers: Triggers, patterns: Iterable[Heard]) -> Iterator[Diagnostic]:
    """Pipelines that start each other in a circle. Iterative depth-first search."""
    names = {pipeline.name: pipeline for pipeline in declared}
    follows: dict[str, list[str]] = {name: [] for name in names}
    by_pattern: dict[tuple[str, str], Heard] = {}
    for heard in patterns:
        known = by_pattern.setdefault((heard.upstream, heard.pipeline), heard)
        if heard.surely and not known.surely:
            by_pattern[heard.upstream, heard.pipeline] = heard
    for pipeline in declared:
        for upstream in sorted({contract.pipeline for contract in _heard(pipeline, triggers)}):
            if upstream in follows:
                follows[upstream].append(pipeline.name)
                by_pattern.pop((upstream, pipeline.name), None)
    for upstream, follower in by_pattern:
        follows[upstream].append(follower)
    done: set[str] = set()
    for start in names:
        path: list[str] = []
        stack: list[tuple[str, bool]] = [(start, True)]
        while stack:
            name, entering = stack.pop()
            if not entering:
                path.pop()
                done.add(name)
                continue
            if name in path:
                circle = [*path[path.index(name) :], name]
                overheard = [by_pattern[step] for step in itertools.pairwise(circle) if step in by_pattern]
                surely = all(one.surely for one in overheard)
                yield Diagnostic(
                    code="SFN525",
                    message=f"pipelines {'' if surely else 'may '}trigger each other in a circle: {' -> '.join(circle)}",
                    span=names[name].span,
                    help="let a pattern ask for something else, such as another `source`"
                    if overheard
                    else "let one of them consume something else",
                    severity=Severity.ERROR if surely else Severity.WARNING,
                    also=tuple((one.span, f"this pattern matches what `{one.upstream}` announces") for one in overheard),
                )
                continue
            if name in done:
                continue
            path.append(name)
            stack.append((name, False))
            stack += [(follower, True) for follower in reversed(follows[name])]


def _unknown_upstreams(declared: list[Pipeline], triggers: Triggers) -> Iterator[Diagnostic]:
    """Contracts of pipelines that the project does not have, where one of them would have to start something."""
    known = {pipeline.name for pipeline in declared}
    for pipeline in declared:
        for trigger in triggers[pipeline.name]:
            for upstream, step in trigger.upstream(pipeline).items():
                if upstream not in known:
                    yield Diagnostic(
                        code="SFN521",
                        message=f"`{upstream}`, which is to start `{pipeline.name}` directly, is no pipeline of the project",
                        span=step.span,
                        help="use EventRule for contracts of other projects",
                    )


def _waits(declared: list[Pipeline], triggers: Triggers) -> Iterator[Diagnostic]:
    """Starts that wait for an EXPRESS pipeline, which DescribeExecution, and so `.sync:2`, knows nothing of."""
    express = [pipeline for pipeline in declared if pipeline.type == "EXPRESS"]
    found = [
        (f"`{upstream}`", pipeline.name, trigger.span)
        for pipeline in express
        for trigger in triggers[pipeline.name]
        for upstream, step in trigger.upstream(pipeline).items()
        if isinstance(step, StartBatch) and step.wait
    ]
    for pipeline in declared if express else ():
        try:
            waited = waited_for(pipeline)
        except DeclarationError:
            continue  # what is wrong with its steps is said when it is compiled
        found += [(f"`{pipeline.name}`", one.name, waited[one.name]) for one in express if one.name in waited]
    for waiting, name, span in found:
        yield Diagnostic(
            code="SFN106",
            message=f"{waiting} cannot wait for `{name}`, which is EXPRESS: Step Functions tells nobody when its executions end",
            span=span,
            help=f"make `{name}` STANDARD, start it with `wait=False`, or call it by a Task on `aws-sdk:sfn:startSyncExecution`",
        )


def _producers(declared: list[Pipeline]) -> Iterator[Diagnostic]:
    """Contracts in the name of another pipeline, or of two; data in them."""
    first: dict[str, Pipeline] = {}
    for pipeline in declared:
        contract = pipeline.produces
        if contract is None:
            continue
        other = first.setdefault(contract.pipeline, pipeline)
        if other is not pipeline:
            yield Diagnostic(
                code="SFN529",
                message=f"pipelines `{other.name}` and `{pipeline.name}` both announce batches as `{contract.pipeline}`, so that "
                "consumers take two batches with one key for one",
                span=contract.span,
                help="give each pipeline a BatchReady in its own name",
                also=((other.span, "the other pipeline"),),
            )
        elif contract.pipeline != pipeline.name:
            yield Diagnostic(
                code="SFN529",
                message=f"pipeline `{pipeline.name}` announces its batches as `{contract.pipeline}`",
                span=contract.span,
                help=f'write `BatchReady(pipeline="{pipeline.name}", ...)`',
                severity=Severity.WARNING,
            )
        for name in sorted(RESERVED & contract.fields.keys()):
            yield Diagnostic(
                code="SFN104",
                message=f"`fields` of the BatchReady of `{contract.pipeline}` has `{name}`, which the event says by itself",
                span=contract.span,
                help="give the field another name",
            )
        yield from batch_problems(contract.batch_id, f"the contract `{contract.pipeline}`", contract.span)
        yield from payload_problems(contract)


def _consumers(declared: list[Pipeline], triggers: Triggers, patterns: Iterable[Heard]) -> Iterator[Diagnostic]:
    """Batches that are no keys, pipelines that would do a batch twice, contracts that nobody listens to."""
    by_pattern = {one.upstream for one in patterns}
    heard = {pipeline.produces.pipeline for pipeline in declared if pipeline.produces and pipeline.name in by_pattern}
    for pipeline in declared:
        if pipeline.control is not None:
            yield from batch_problems(pipeline.control.batch, f"pipeline `{pipeline.name}`", pipeline.control.claim.span)
        contracts = _heard(pipeline, triggers)
        heard |= {contract.pipeline for contract in contracts}
        if contracts and pipeline.control is None:
            yield Diagnostic(
                code="SFN527",
                message=f"pipeline `{pipeline.name}` consumes batches without a control row: an event that comes twice, or in "
                "two Regions, does its batch twice, and one that is lost is not missed",
                span=pipeline.span,
                help="give it `control=Control(batch.batch_id)`",
                severity=Severity.WARNING,
            )
    for pipeline in declared:
        contract = pipeline.produces
        if contract is not None and contract.pipeline not in heard:
            yield Diagnostic(
                code="SFN530",
                message=f"no pipeline of the project consumes what `{pipeline.name}` announces",
                span=contract.span,
                help="fine for consumers of other projects; else leave `produces` out",
                severity=Severity.INFO,
            )
