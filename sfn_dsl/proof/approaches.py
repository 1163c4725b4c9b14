"""The ways to start a pipeline for its batches that are compared: the same pipeline, with one trigger in place of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from sfn_dsl.control.contract import BatchReady
from sfn_dsl.deployment import Deployment
from sfn_dsl.errors import ConfigError
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.proof.artefacts import Artefacts, artefacts_of
from sfn_dsl.proof.cast import key_paths
from sfn_dsl.region import Target
from sfn_dsl.triggers.batches import batch_key
from sfn_dsl.triggers.direct import Direct
from sfn_dsl.triggers.event_lambda import EventLambda
from sfn_dsl.triggers.event_rule import EventRule
from sfn_dsl.triggers.schedule import Schedule
from sfn_dsl.triggers.trigger import Intermediate, Trigger

__all__ = ["APPROACHES", "EVERY", "PLAIN", "Approach", "upstream_of"]

EVERY: Final = "rate(15 minutes)"
"""How often the schedules of the comparison look for batches."""
PLAIN: Final = "1n"
"""The approach that adds no state to the pipeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """`key`: `1`, `1n` (without the machine between), ... `title`: in words. `trigger`: makes the trigger."""

    key: str
    title: str
    trigger: Callable[[], Trigger]

    def artefacts(
        self, upstream: Pipeline, pipeline: Pipeline, deployment: Deployment, targets: Iterable[Target] = ()
    ) -> Artefacts:
        """What is deployed for the pipeline when this is what starts it. The upstream is started by the worlds themselves.

        Raises DeclarationError for a pipeline that cannot be started so.
        """
        return artefacts_of(
            replace(upstream, triggers=(), consumes=()), replace(pipeline, triggers=(self.trigger(),)), deployment, targets
        )


APPROACHES: Final = (
    Approach(key="1", title="event, rule, machine between", trigger=lambda: EventRule(via=Intermediate)),
    Approach(key="1n", title="event, rule", trigger=EventRule),
    Approach(key="2", title="schedule, machine between", trigger=lambda: Schedule(expression=EVERY, via=Intermediate)),
    Approach(key="2n", title="schedule", trigger=lambda: Schedule(expression=EVERY)),
    Approach(key="3", title="started by the upstream", trigger=Direct),
    Approach(key="3s", title="started by the upstream, which waits", trigger=lambda: Direct(wait=True)),
    Approach(key="4", title="event, rule, function", trigger=EventLambda),
)


def upstream_of(pipeline: Pipeline, pipelines: Iterable[Pipeline]) -> Pipeline:
    """The pipeline whose batches a pipeline goes on with. Raises ConfigError where there is none in the project, and for a pipeline
    without a control row, or an upstream whose batches cannot be followed."""
    if pipeline.control is None:
        raise ConfigError(
            f"pipeline `{pipeline.name}` keeps no rows, so there is nothing that says which batches are done",
            help="give it `control=Control(...)`",
        )
    told = [contract.pipeline for contract in pipeline.consumes]
    for name in told:
        for one in pipelines:
            if one.name == name and one.produces is not None:
                _followed(pipeline, one.produces)
                return one
    raise ConfigError(
        f"pipeline `{pipeline.name}` goes on with batches of no pipeline of this project",
        help=f"declare `{told[0]}` here too" if told else "give it `consumes=`",
    )


def _followed(pipeline: Pipeline, contract: BatchReady) -> None:
    """Raises ConfigError where worlds would not see which batch of the upstream's an execution works on."""
    given = [contract.offered[name] for name in batch_key(pipeline, contract.offered)]
    for name, batch in ((contract.pipeline, [contract.batch_id]), (pipeline.name, given)):
        if not any(key_paths(template) for template in batch):
            raise ConfigError(
                f"the batches of pipeline `{name}` are made of no text of the input of `{contract.pipeline}`, so that worlds "
                "cannot tell them apart",
                help="make the batch of an input that is a text, other than by a hash",
            )
