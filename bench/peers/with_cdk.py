"""The work of the benchmark in `aws-cdk-lib`: an app synthesised to CloudFormation templates in a temporary folder."""

from __future__ import annotations

import tempfile
from importlib.metadata import version

from aws_cdk import App, Duration, Environment, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct
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
    function_arn,
    report,
    shared_cases,
)


def machine(scope: Construct, states: int, region: str) -> None:
    """A state machine with a chain of Lambda tasks."""
    steps = []
    for number in range(states):
        step = tasks.LambdaInvoke(
            scope,
            f"Step {number}",
            lambda_function=lambda_.Function.from_function_arn(scope, f"Function {number}", function_arn(number, region)),
            payload=sfn.TaskInput.from_object({"batch": sfn.JsonPath.string_at("$.batch_id"), "index": number}),
            result_path=sfn.JsonPath.DISCARD,
            retry_on_service_exceptions=False,
        )
        step.add_retry(
            errors=list(RETRY_ERRORS),
            interval=Duration.seconds(RETRY_INTERVAL),
            max_attempts=RETRY_ATTEMPTS,
            backoff_rate=RETRY_RATE,
            max_delay=Duration.seconds(RETRY_MAX_DELAY),
            jitter_strategy=sfn.JitterType.FULL,
        )
        steps.append(step)
    chain = sfn.Chain.start(steps[0])
    for step in steps[1:]:
        chain = chain.next(step)
    sfn.StateMachine(scope, "Machine", definition_body=sfn.DefinitionBody.from_chainable(chain))


def synthesise(pipelines: int, states: int, regions: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = App(outdir=folder, analytics_reporting=False)
        for region in regions:
            stack = Stack(app, region, env=Environment(account=ACCOUNT, region=region))
            for number in range(pipelines):
                # The id of a state must be unique in its scope, so each pipeline gets a scope of its own.
                machine(Construct(stack, f"Pipeline{number}"), states, region)
        app.synth()


def chain(states: int) -> None:
    synthesise(1, states, REGIONS[:1])


def estate() -> None:
    synthesise(ESTATE_PIPELINES, ESTATE_STATES, REGIONS)


report(version("aws-cdk-lib"), shared_cases(chain, estate))
