"""The work of the benchmark in `sfn_dsl`, and the cases that only it has: growth, emit, validation."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from measure import (
    ACCOUNT,
    ESTATE_PIPELINES,
    ESTATE_STATES,
    REGIONS,
    RETRY_ATTEMPTS,
    RETRY_ERRORS,
    RETRY_INTERVAL,
    RETRY_MAX_DELAY,
    RETRY_RATE,
    report,
    shared_cases,
)

import sfn_dsl
from sfn_dsl import Input, Pipeline, Transform, retry
from sfn_dsl.asl.canonical import canonical
from sfn_dsl.asl.emit import emit, to_json
from sfn_dsl.asl.schema import validate
from sfn_dsl.compile.machine import compile_pipeline
from sfn_dsl.region import Target

RETRY = retry(
    *RETRY_ERRORS,
    interval_seconds=RETRY_INTERVAL,
    max_attempts=RETRY_ATTEMPTS,
    backoff_rate=RETRY_RATE,
    max_delay_seconds=RETRY_MAX_DELAY,
    jitter_strategy="FULL",
)
TARGETS = [Target(region=region, account=ACCOUNT) for region in REGIONS]


def declared(states: int, *, linked: bool = False, query_language: str = "JSONata") -> Pipeline:
    """A chain of Lambda tasks. When linked, each reads what the one before it gave back."""
    batch = Input(batch_id=str)
    body: list[Transform] = []
    for number in range(states):
        read = body[-1].output.rows if linked and body else batch.batch_id
        payload = {"batch": read, "index": number}
        body.append(Transform.lambda_(f"Step {number}", function=f"step-{number}", payload=payload, returns={"rows": int}))
    return Pipeline(name="pipeline", input=batch, body=body, retry=RETRY, query_language=query_language)


def texts(pipeline: Pipeline, targets: list[Target]) -> list[str]:
    """The JSON text of a pipeline per target."""
    found = []
    for target in targets:
        compiled = compile_pipeline(pipeline, target)
        if compiled.diagnostics:
            raise ValueError(compiled.diagnostics[0].message)
        found.append(emit(compiled.machine))
    return found


def chain(states: int, *, linked: bool = False, query_language: str = "JSONata") -> list[str]:
    return texts(declared(states, linked=linked, query_language=query_language), TARGETS[:1])


def estate(pipelines: int = ESTATE_PIPELINES, targets: list[Target] = TARGETS) -> list[list[str]]:
    return [texts(declared(ESTATE_STATES), targets) for _ in range(pipelines)]


thousand = compile_pipeline(declared(1000), TARGETS[0]).machine
thousand_json = to_json(thousand)
small_json = to_json(compile_pipeline(declared(12), TARGETS[0]).machine)

cases: dict[str, Callable[[], object]] = {
    "validate-12": partial(validate, small_json),  # first of all, so that its first run imports jsonschema
    **shared_cases(chain, estate),
    "chain-10000": partial(chain, 10_000),
    "jsonpath-1000": partial(chain, 1000, query_language="JSONPath"),
    "linked-1000": partial(chain, 1000, linked=True),
    "linked-10000": partial(chain, 10_000, linked=True),
    "pipelines-100": partial(estate, 100, TARGETS[:1]),
    "pipelines-1000": partial(estate, 1000, TARGETS[:1]),
    "emit-1000": partial(emit, thousand),
    "canonical-1000": partial(canonical, thousand_json),
    "dumps-1000": partial(json.dumps, thousand_json, indent=2, ensure_ascii=False),
}

report(sfn_dsl.__version__, cases)
