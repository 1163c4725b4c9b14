"""What every trigger can add: machines beside the pipeline, steps in front of it or behind another one, resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from sfn_dsl.control.contract import BatchReady
from sfn_dsl.diagnostic import Diagnostic
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target
from sfn_dsl.resources.model import Resource
from sfn_dsl.span import Span, caller
from sfn_dsl.steps.step import Block, Step

__all__ = ["Intermediate", "Trigger", "Via", "starter_name"]


class Intermediate:
    """`via=Intermediate`: the trigger starts a small machine `<pipeline>-starter` (`<pipeline>-<label>-starter`), which starts the
    pipeline."""


Via: TypeAlias = type[Intermediate] | None


def starter_name(pipeline: Pipeline, label: str = "") -> str:
    """The name of the machine between a trigger with this label and a pipeline."""
    return f"{pipeline.name}-{label}-starter" if label else f"{pipeline.name}-starter"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trigger:
    """One way to start a pipeline. `label`: tells two triggers of one kind apart; it becomes part of names.

    A kind of trigger overrides what it needs. `kind`: the label of one that has none and would use the names of another kind.
    """

    kind: ClassVar[str] = ""

    label: str = ""
    span: Span = field(default_factory=caller, repr=False)

    def contracts(self, pipeline: Pipeline) -> tuple[BatchReady, ...]:
        """The contracts it listens to."""
        return ()

    def names(self, pipeline: Pipeline) -> tuple[str, ...]:
        """Names of what it makes, beside its machines, without the pipeline's: no other trigger may use them."""
        return ()

    def problems(self, pipeline: Pipeline) -> Iterator[Diagnostic]:
        """What is wrong with it for this pipeline."""
        yield from ()

    def machines(self, pipeline: Pipeline) -> tuple[Pipeline, ...]:
        """Machines that stand beside the pipeline."""
        return ()

    def before(self, pipeline: Pipeline) -> Block:
        """Steps in front of the pipeline's claim."""
        return None

    def upstream(self, pipeline: Pipeline) -> Mapping[str, Step]:
        """Steps behind the body of other pipelines, by their names."""
        return {}

    def resources(self, pipeline: Pipeline, target: Target) -> tuple[Resource, ...]:
        """What is deployed for it in a target's Region."""
        return ()
