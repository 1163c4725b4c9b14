"""Pipelines of a project made ready for simulation: answers from what they declare, the machines they start, a sample input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sfn_dsl.asl.model import Json, Task
from sfn_dsl.asl.walk import walk
from sfn_dsl.compile.machine import Compiled
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.simulate.declared_results import declared_value, with_member
from sfn_dsl.simulate.program import compile_program
from sfn_dsl.simulate.result_sample import sample_result
from sfn_dsl.simulate.simulation import Machine

__all__ = ["declared_samples", "machine_of", "machines_of", "sample_input"]


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


def machines_of(compiled: Iterable[Compiled], target: str) -> tuple[Machine, ...]:
    """All machines of a target."""
    return tuple(machine_of(one) for one in compiled if one.target.folder == target)


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


def sample_input(pipeline: Pipeline) -> Json:
    """An input with every declared field: its default, else a value of its type."""
    shape = pipeline.input.shape
    return {
        name: pipeline.input.defaults.get(name, declared_value(member, name=name)) for name, member in shape.members.items()
    }
