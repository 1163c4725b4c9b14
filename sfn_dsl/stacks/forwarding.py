"""What a deployment over two Regions does to batches: whether they are run twice, and what keeps them from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sfn_dsl.deployment import Deployment
from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.evidence import BATCHES, COUNTED, WORLDS
from sfn_dsl.span import NOWHERE, Span
from sfn_dsl.triggers.schedule import Schedule
from sfn_dsl.triggers.wiring import Wired

__all__ = ["forwarding_problems"]

_SIMULATED = f"of {BATCHES:,} batches in {WORLDS} simulated worlds"
_GATE = f"write `gate = arbiter`: {COUNTED['arbiter'].published or 'none'} {_SIMULATED} was published twice"


def forwarding_problems(deployment: Deployment, wired: Iterable[Wired], span: Span = NOWHERE) -> Iterator[Diagnostic]:
    """Findings about forwarding and schedules in two Regions (SFN506). `wired`: the pipelines of the deployment. `span`: where the
    findings stand if the deployment does not know its own place."""
    if deployment.passive is None:
        return
    own = deployment.span if deployment.span is not NOWHERE else span
    pipelines = list(wired)
    heard = any(trigger.contracts(one.pipeline) for one in pipelines for trigger in one.triggers)
    if heard and deployment.forward != "never":
        yield from _forwarded(deployment, own)
    if deployment.gate != "none":
        return
    for one in pipelines:
        for trigger in one.triggers:
            if isinstance(trigger, Schedule) and not trigger.seeks(one.pipeline):
                yield Diagnostic(
                    code="SFN506",
                    message=f"both {deployment.active} and {deployment.passive} run every slot of this schedule: with gate `none` "
                    "no Region stands by, and a claim in a table that is copied later does not keep the other one out",
                    span=trigger.span,
                    help=_GATE,
                    severity=Severity.WARNING,
                )


def _forwarded(deployment: Deployment, span: Span) -> Iterator[Diagnostic]:
    match deployment.gate, deployment.forward:
        case "none", "always":
            yield Diagnostic(
                code="SFN506",
                message="`forward = always` with gate `none` runs every batch twice, once in each Region "
                f"({COUNTED['forward'].ran:,} {_SIMULATED}; with a claim in a table that is copied later still "
                f"{COUNTED['mrec-claim'].ran:,})",
                span=span,
                help=f"{_GATE}, or `forward = never`",
                severity=Severity.WARNING,
            )
        case "none", _:
            yield Diagnostic(
                code="SFN506",
                message="`forward = on-failure` with gate `none` does not help where it should: the function stands still with its "
                "Region, so that batches wait for it, and what it sends on while only Step Functions fails may run in both Regions "
                f"({COUNTED['on-failure'].ran} {_SIMULATED} ran twice, {COUNTED['single-batch-name'].ran} with one Region)",
                span=span,
                help=f"{_GATE}, or `forward = never`",
                severity=Severity.WARNING,
            )
        case "mrec-manual", _:
            yield Diagnostic(
                code="SFN506",
                message="gate `mrec-manual` may run a batch twice when a Region is promoted before the other one is fenced off "
                f"({COUNTED['mrec-flag'].ran} {_SIMULATED} ran twice with promotion by itself, {COUNTED['mrec-flag'].published} "
                "were published twice)",
                span=span,
                help="fence off first, and keep a ledger in the sink that refuses lower fences; or use `gate = arbiter`",
                severity=Severity.INFO,
            )
        case _:
            pass
