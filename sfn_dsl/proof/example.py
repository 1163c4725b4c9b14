"""A small pipeline and its upstream, whose runs cost little: what the proof is made with where a real pipeline adds nothing."""

from __future__ import annotations

from collections.abc import Iterable

from sfn_dsl.control.contract import BatchReady
from sfn_dsl.control.control import Control
from sfn_dsl.expression import Template
from sfn_dsl.pipeline import Input, Pipeline, Stage
from sfn_dsl.policy import THROTTLED, TRANSIENT
from sfn_dsl.steps.data_step import Load, Transform
from sfn_dsl.triggers.trigger import Trigger

__all__ = ["CONSUMER", "PRODUCER", "PUBLISH", "example"]

PRODUCER = "upstream"
CONSUMER = "downstream"
PUBLISH = "publish-batch"
"""The function that publishes: it gets `batch_id` and `fence`."""


def example(triggers: Iterable[Trigger] = (), *, control: bool = True) -> tuple[Pipeline, Pipeline]:
    """The upstream, of which only the end is played, and the pipeline itself: three stages, the last of which publishes.

    `control`: whether it has a control row; without one it publishes with fence 0.
    """
    source = Input(batch_id=str)
    ready = BatchReady(pipeline=PRODUCER, batch_id=source.batch_id)
    seal = Transform.lambda_("Seal batch", function="seal-batch", payload={"batch_id": source.batch_id}, timeout_seconds=60)
    upstream = Pipeline(name=PRODUCER, input=source, body=seal, produces=ready, retry=TRANSIENT + THROTTLED, timeout_seconds=3600)
    batch = Input(batch_id=str)
    run = Control(batch.batch_id) if control else None
    fence: Template = run.fence if run is not None else 0
    load = Transform.glue("Load batch", job="load", arguments={"--batch_id": batch.batch_id}, timeout_seconds=1200)
    build = Transform.glue("Build batch", job="build", arguments={"--batch_id": batch.batch_id}, timeout_seconds=1500)
    publish = Load.lambda_(
        "Publish batch", function=PUBLISH, payload={"batch_id": batch.batch_id, "fence": fence}, timeout_seconds=300
    )
    downstream = Pipeline(
        name=CONSUMER,
        input=batch,
        control=run,
        body=[Stage("load", load), Stage("build", build), Stage("publish", publish)],
        consumes=(ready,),
        triggers=tuple(triggers),
        retry=TRANSIENT + THROTTLED,
        timeout_seconds=28_800,
    )
    return upstream, downstream
