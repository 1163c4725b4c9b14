"""AWS Step Functions itself: `states:startExecution`, HTTP endpoints, and `aws-sdk:sfn`.

A version or an alias of a state machine is authorised on the machine's own ARN.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sfn_dsl.resources.iam.arguments import Argument, Known
from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import generic
from sfn_dsl.resources.iam.names import iam_action

__all__ = ["states"]

_STARTS = {"startExecution": "StartExecution", "startSyncExecution": "StartSyncExecution"}
_UNQUALIFIED = 6


def _machine(call: Call) -> Place:
    known = call.known("StateMachineArn")
    if known is not None and known.start.startswith("arn:"):
        fields = known.start.split(":")
        whole = known.text is not None or len(fields) > _UNQUALIFIED + 1
        start = ":".join(fields[: _UNQUALIFIED + 1])
        known = Known((start,) if whole else (start, ""))
    return call.locate(known, "StateMachineArn", "stateMachine:")


@family("states")
def states(call: Call) -> Iterator[Need]:
    """Starting on the machine; waiting also looks at the execution, may stop it, and listens by a managed rule."""
    if call.service == "http":
        yield from _http(call)
    elif call.action in _STARTS:
        machine = _machine(call)
        yield call.needs(_STARTS[call.action], on=machine)
        if call.waits:
            executions = machine.arn.replace(":stateMachine:", ":execution:", 1)
            executions = executions if executions.endswith("*") else f"{executions}:*"
            why = machine.why or "the name of the execution is not known before it runs"
            yield call.needs("DescribeExecution", "StopExecution", on=Place(executions, why))
            yield call.rule("StepFunctionsGetEventsForStepFunctionsExecutionRule")
    elif (execution := call.known("ExecutionArn")) is not None and execution.text is None and ":execution:" in execution.start:
        # Which machine's execution is known, and which one of them is not.
        why = "the name of the execution is not known before it runs"
        yield call.needs(iam_action(call.prefix, call.action), on=Place(execution.pattern, why))
    else:
        yield from generic(_unqualified(call))


def _unqualified(call: Call) -> Call:
    known = call.known("StateMachineArn")
    if known is None or known.text is None or not isinstance(call.arguments.value, dict):
        return call
    values = {**call.arguments.value, "StateMachineArn": ":".join(known.text.split(":")[: _UNQUALIFIED + 1])}
    return replace(call, arguments=Argument(values, call.arguments.form))


def _http(call: Call) -> Iterator[Need]:
    endpoint, method = call.known("ApiEndpoint"), call.known("Method")
    like: dict[str, str] = {}
    if endpoint is not None and endpoint.pattern != "*":
        like["states:HTTPEndpoint"] = endpoint.pattern
    conditions: dict[str, dict[str, str]] = {"StringLike": like} if like else {}
    if method is not None and method.text is not None:
        conditions["StringEquals"] = {"states:HTTPMethod": method.text}
    why = "the action has no resource type" + ("" if endpoint and endpoint.text is not None else "; `ApiEndpoint` is open")
    yield Need(actions=("states:InvokeHTTPEndpoint",), resources=("*",), conditions=conditions, why=why)
    arn = call.known("InvocationConfig", "ConnectionArn") or call.known("Authentication", "ConnectionArn")
    place = call.locate(arn, "ConnectionArn", "connection/", service="events")
    yield call.needs("events:RetrieveConnectionCredentials", on=place)
    name = place.arn.partition(":connection/")[2].partition("/")[0] if not place.why else "*"
    secret = call.arn(f"secret:events!connection/{name}/*", "secretsmanager")
    why = place.why or "the id of the connection's secret is not known"
    yield Need(actions=("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"), resources=(secret,), why=why)
