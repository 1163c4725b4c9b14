"""The work of the benchmark in `sfnx`: Python source in, JSON text out."""

from __future__ import annotations

import json

import sfnx
from measure import (
    ESTATE_PIPELINES,
    ESTATE_STATES,
    REGIONS,
    RETRY_ATTEMPTS,
    RETRY_ERRORS,
    RETRY_INTERVAL,
    RETRY_MAX_DELAY,
    RETRY_RATE,
    function_arn,
    report,
    shared_cases,
)
from sfnx.compiler import compile_source

# sfnx takes exception classes, and names them itself: `aws.optimized.lambda_.errors.ServiceException`.
ERRORS = ", ".join(name.replace("Lambda.", "aws.optimized.lambda_.errors.") for name in RETRY_ERRORS)
RETRY = (
    f'[{{"ErrorEquals": [{ERRORS}], '
    f'"IntervalSeconds": {RETRY_INTERVAL}, "MaxAttempts": {RETRY_ATTEMPTS}, "BackoffRate": {RETRY_RATE}, '
    f'"MaxDelaySeconds": {RETRY_MAX_DELAY}, "JitterStrategy": "FULL"}}]'
)


def source(states: int, region: str) -> str:
    """A module with one chain of Lambda tasks, as a user would have it in a file."""
    lines = ["from sfnx import aws, state_machine", f"RETRY = {RETRY}", "@state_machine", "def pipeline(input: dict):"]
    for number in range(states):
        arguments = f'FunctionName="{function_arn(number, region)}", Payload={{"batch": input["batch_id"], "index": {number}}}'
        lines.append(f"    aws.optimized.lambda_.invoke({arguments}, retry=RETRY)")
    return "\n".join(lines) + "\n"


def text_of(module: str, states: int) -> str:
    """The JSON text of the only machine in a module."""
    (definition,) = compile_source(module).values()
    made = definition["States"]
    if not isinstance(made, dict) or len(made) < states:
        raise ValueError("the machine lacks states")
    return json.dumps(definition, indent=2, ensure_ascii=False)


sources = {(states, region): source(states, region) for states in (12, 100, 1000) for region in REGIONS}


def chain(states: int) -> str:
    return text_of(sources[states, REGIONS[0]], states)


def estate() -> list[str]:
    return [text_of(sources[ESTATE_STATES, region], ESTATE_STATES) for _ in range(ESTATE_PIPELINES) for region in REGIONS]


report(sfnx.__version__, shared_cases(chain, estate))
