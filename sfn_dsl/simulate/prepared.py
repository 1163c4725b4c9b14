"""Pipelines of a project made ready for simulation: answers from what they declare, the machines they start, a sample input."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sfn_dsl.asl.model import Json, Task
from sfn_dsl.asl.walk import walk
from sfn_dsl.compile.machine import Compiled, compile_pipeline
from sfn_dsl.diagnostic import Severity
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.grants import statements_of
from sfn_dsl.simulate.audit import Audit
from sfn_dsl.simulate.control_table import provide_control_table
from sfn_dsl.simulate.mocks.answers import Answers
from sfn_dsl.simulate.program.machine import compile_program
from sfn_dsl.simulate.provisions import provide
from sfn_dsl.simulate.results.declared import declared_value, with_member
from sfn_dsl.simulate.results.sample import sample_result
from sfn_dsl.simulate.samples import Samples
from sfn_dsl.simulate.simulation import Machine, Simulation
from sfn_dsl.simulate.world import Watch, World
from sfn_dsl.stacks.machine import machine_grants

__all__ = ["audited", "declared_samples", "machine_of", "sample_input", "samples_by_machine", "simulation_of"]


def _prepare(target: Target, standby: bool, waiting: tuple[str, Json] | None, world: World) -> None:
    """Fill a world: the control table first, then everything else that the definitions name."""
    provide_control_table(world, target, standby=standby, waiting=waiting)
    provide(world)


def machine_of(compiled: Compiled) -> Machine:
    """A compiled pipeline as a machine of its Region. Raises DefinitionError for what cannot be run."""
    name = compiled.pipeline.name
    return Machine(
        program=compile_program(compiled.machine),
        name=name,
        region=compiled.target.region,
        type=compiled.pipeline.type,
        arn=compiled.target.arn("states", f"stateMachine:{name}"),
    )


def declared_samples(compiled: Compiled) -> Mapping[str, Json]:
    """Results of Tasks whose outputs the pipeline declares, by state."""
    found: dict[str, Json] = {}
    for name, state in walk(compiled.machine):
        sample = compiled.samples.get(name)
        if sample is None or not isinstance(state, Task):
            continue
        value = declared_value(sample.shape, sample.members)
        found[name] = with_member(sample_result(str(state.resource), {}), sample.path, value)
    return found


def samples_by_machine(pipelines: Iterable[Pipeline], targets: Iterable[Target], query_language: str) -> dict[str, Json]:
    """The declared samples of pipelines in all targets, by the ARN of the machine; those that do not compile have none."""
    places, found = tuple(targets), {}
    for pipeline in pipelines:
        for target in places:
            own = target if pipeline.deployment is None else replace(target, deployment=pipeline.deployment)
            compiled = compile_pipeline(pipeline, own, query_language=query_language)
            if not any(one.severity is Severity.ERROR for one in compiled.diagnostics):
                found[own.arn("states", f"stateMachine:{pipeline.name}")] = dict(declared_samples(compiled))
    return found


def sample_input(pipeline: Pipeline) -> dict[str, Json]:
    """An input with every declared field: its default, else a value of its type."""
    shape = pipeline.input.shape
    return {name: pipeline.input.defaults.get(name, declared_value(member, name=name)) for name, member in shape.members.items()}


def audited(compiled: Compiled) -> Audit:
    """What looks whether each call of a machine is allowed by the policy of its role."""
    arn = compiled.target.arn("states", f"stateMachine:{compiled.pipeline.name}")
    return Audit({arn: statements_of(machine_grants(compiled))}, compiled.target)


def simulation_of(
    compiled: Compiled,
    others: Iterable[Compiled] = (),
    *,
    answers: Answers | None = None,
    samples: Samples | None = None,
    strict: bool = True,
    audit: Watch | None = None,
    standby: bool = False,
    waiting: tuple[str, Json] | None = None,
) -> tuple[Simulation, Json]:
    """A pipeline ready to be simulated, and a sample input. `others`: pipelines that it may start, of any target. `samples`: what
    the project's runs start from. `audit`: sees every call. `standby`: another Region is the active one.
    `waiting`: a pipeline, and the input of batches of its that nobody works on."""
    samples = samples or Samples()
    folder = compiled.target.folder
    beside = tuple(machine_of(one) for one in others if one is not compiled and one.target.folder == folder)
    simulation = Simulation(
        machine=machine_of(compiled),
        others=beside,
        answers=answers or Answers(),
        samples=declared_samples(compiled),
        objects=samples.store(compiled.pipeline.name),
        prepare=functools.partial(_prepare, compiled.target, standby, waiting),
        account=compiled.target.account or "111122223333",
        strict=strict,
        audit=audit,
    )
    return simulation, samples.input(compiled.pipeline.name, sample_input(compiled.pipeline))
