"""What a build deploys for some pipelines, made once and put into as many worlds as are wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sfn_dsl.compile.machine import Compiled, compile_pipeline
from sfn_dsl.deployment import Deployment
from sfn_dsl.diagnostic import Severity
from sfn_dsl.errors import DeclarationError
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target
from sfn_dsl.resources.template import Template
from sfn_dsl.simulate.prepared import machine_of
from sfn_dsl.simulate.simulation import Machine
from sfn_dsl.stacks.pipeline_stack import pipeline_stack
from sfn_dsl.stacks.shared_stack import shared_stack
from sfn_dsl.triggers.wiring import closer, wire

__all__ = ["ACCOUNT", "Artefacts", "artefacts_of"]

ACCOUNT = "111122223333"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefacts:
    """Templates and machines of all Regions of a deployment.

    `compiled`: what the machines came from; `machines`: the same, ready to run, in the same order. Both hold the pipelines, the
    machines beside them and the shared ones.
    """

    deployment: Deployment
    templates: tuple[Template, ...]
    compiled: tuple[Compiled, ...]
    machines: tuple[Machine, ...]


def artefacts_of(pipelines: Iterable[Pipeline], deployment: Deployment, targets: Iterable[Target] = ()) -> Artefacts:
    """Wire and compile pipelines for the Regions of a deployment, as a build does. `targets`: accounts and values by Region; a Region
    without one gets an account of its own. Raises DeclarationError for the first thing that is wrong."""
    given = {target.region: target for target in targets}
    wiring = wire(replace(pipeline, deployment=None) for pipeline in pipelines)
    _refuse(wiring.problems)
    templates: list[Template] = []
    found: list[Compiled] = []
    for region in deployment.regions:
        target = replace(given.get(region) or Target(region=region, account=ACCOUNT), deployment=deployment)
        for wired in wiring.pipelines.values():
            made = [_compiled(pipeline, target) for pipeline in wired.all_machines]
            templates.append(pipeline_stack(wired, made, target, "publish"))
            found += made
        shared = [_compiled(closer(deployment), target)]
        templates.append(shared_stack(target, wiring.contracts, shared, "publish"))
        found += shared
    machines = tuple(machine_of(one) for one in found)
    return Artefacts(deployment=deployment, templates=tuple(templates), compiled=tuple(found), machines=machines)


def _compiled(pipeline: Pipeline, target: Target) -> Compiled:
    compiled = compile_pipeline(pipeline, target)
    _refuse(compiled.diagnostics)
    return compiled


def _refuse(findings: Iterable[object]) -> None:
    for found in findings:
        if getattr(found, "severity", None) is Severity.ERROR:
            raise DeclarationError(found.message, help=found.help, span=found.span)  # type: ignore[attr-defined]
