"""What a build deploys for an upstream and a pipeline, made once and put into as many worlds as are wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sfn_dsl.asl.model import StateMachine
from sfn_dsl.compile.machine import Compiled, compile_pipeline
from sfn_dsl.deployment import Deployment
from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.errors import DeclarationError
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.proof.cast import Cast, cast_of
from sfn_dsl.region import Target
from sfn_dsl.resources.template import Template
from sfn_dsl.simulate.program.machine import compile_program
from sfn_dsl.simulate.simulation import Machine
from sfn_dsl.stacks.pipeline_stack import pipeline_stack
from sfn_dsl.stacks.shared_stack import shared_stack
from sfn_dsl.triggers.wiring import closer, wire

__all__ = ["ACCOUNT", "Artefacts", "Definition", "artefacts_of"]

ACCOUNT = "111122223333"
"""The account of a Region that no target names; it is that of the world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A state machine of a Region. `type`: STANDARD or EXPRESS."""

    name: str
    region: str
    type: str
    arn: str
    machine: StateMachine


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefacts:
    """Templates and definitions of all Regions of a deployment: those of the two pipelines, of the machines beside them, and what
    they share. It can be sent to another process."""

    deployment: Deployment
    templates: tuple[Template, ...]
    definitions: tuple[Definition, ...]
    cast: Cast

    def machines(self) -> tuple[Machine, ...]:
        """The definitions, compiled; they can be deployed into any number of worlds."""
        return tuple(
            Machine(program=compile_program(one.machine), name=one.name, region=one.region, type=one.type, arn=one.arn)
            for one in self.definitions
        )


def artefacts_of(upstream: Pipeline, downstream: Pipeline, deployment: Deployment, targets: Iterable[Target] = ()) -> Artefacts:
    """Wire and compile two pipelines for the Regions of a deployment, as a build does.

    `targets`: where the values of Regions come from. Everything is put into one account, that of the worlds. Raises
    DeclarationError for the first thing that is wrong.
    """
    given = {target.region: target for target in targets}
    wiring = wire(replace(pipeline, deployment=None) for pipeline in (upstream, downstream))
    _refuse(wiring.problems)
    templates: list[Template] = []
    found: list[Compiled] = []
    for region in deployment.regions:
        values = given[region].values if region in given else {}
        target = Target(region=region, account=ACCOUNT, values=values, deployment=deployment)
        for wired in wiring.pipelines.values():
            made = [_compiled(pipeline, target) for pipeline in wired.all_machines]
            templates.append(pipeline_stack(wired, made, target, "publish"))
            found += made
        shared = [_compiled(closer(target, wiring), target)]
        templates.append(shared_stack(target, wiring.contracts, shared, "publish"))
        found += shared
    return Artefacts(
        deployment=deployment,
        templates=tuple(templates),
        definitions=tuple(_definition(one) for one in found),
        cast=cast_of(found, upstream.name, downstream.name),
    )


def _definition(compiled: Compiled) -> Definition:
    name, target = compiled.pipeline.name, compiled.target
    arn = target.arn("states", f"stateMachine:{name}")
    return Definition(name=name, region=target.region, type=compiled.pipeline.type, arn=arn, machine=compiled.machine)


def _compiled(pipeline: Pipeline, target: Target) -> Compiled:
    compiled = compile_pipeline(pipeline, target)
    _refuse(compiled.diagnostics)
    return compiled


def _refuse(findings: Iterable[Diagnostic]) -> None:
    for found in findings:
        if found.severity is Severity.ERROR:
            raise DeclarationError(found.message, help=found.help, span=found.span)
