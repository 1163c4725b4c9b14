"""The work of the benchmark in the AWS Step Functions Data Science SDK (`stepfunctions`): steps chained, a workflow's JSON.

The SDK takes the partition from its surroundings (`AWS_DEFAULT_REGION`) and declares a pipeline for one Region, so the second
Region costs a second pass.
"""

from __future__ import annotations

import stepfunctions
from measure import (
    ACCOUNT,
    ESTATE_PIPELINES,
    ESTATE_STATES,
    REGIONS,
    RETRY_ATTEMPTS,
    RETRY_ERRORS,
    RETRY_INTERVAL,
    RETRY_RATE,
    function_arn,
    report,
    shared_cases,
)
from stepfunctions.inputs import ExecutionInput
from stepfunctions.steps import Chain, LambdaStep, Retry
from stepfunctions.workflow import Workflow


def text_of(states: int, region: str) -> str:
    """The JSON text of a chain of Lambda tasks. The SDK knows no longest delay and no jitter of retries."""
    given = ExecutionInput(schema={"batch_id": str})
    steps = []
    for number in range(states):
        step = LambdaStep(
            f"Step {number}",
            parameters={
                "FunctionName": function_arn(number, region),
                "Payload": {"batch": given["batch_id"], "index": number},
            },
            result_path=None,
        )
        step.add_retry(
            Retry(
                error_equals=list(RETRY_ERRORS),
                interval_seconds=RETRY_INTERVAL,
                max_attempts=RETRY_ATTEMPTS,
                backoff_rate=RETRY_RATE,
            )
        )
        steps.append(step)
    flow = Workflow(name="pipeline", definition=Chain(steps), role=f"arn:aws:iam::{ACCOUNT}:role/pipeline", execution_input=given)
    return str(flow.definition.to_json(pretty=True))


def chain(states: int) -> str:
    return text_of(states, REGIONS[0])


def estate() -> list[str]:
    return [text_of(ESTATE_STATES, region) for _ in range(ESTATE_PIPELINES) for region in REGIONS]


report(stepfunctions.__version__, shared_cases(chain, estate))
