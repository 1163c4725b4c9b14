"""What the states of a machine call by name: functions, Glue jobs, queues; and the figures that they put."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sfn_dsl.asl.model import UNSET, Json, Task
from sfn_dsl.asl.services import parse_resource
from sfn_dsl.asl.walk import walk
from sfn_dsl.compile.machine import Compiled
from sfn_dsl.region import Target, parse_arn
from sfn_dsl.steps.metric import METRICS

__all__ = ["Called", "called_by"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """Names, each once, in the order of the definition. Names that are only known at run time are not among them.

    `functions`: Lambda functions of this account and Region. `jobs`: Glue jobs. `queues`: URLs. `metrics`: figures of ours.
    """

    functions: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()


def called_by(machines: Iterable[Compiled]) -> Called:
    """What the states of compiled machines call."""
    found: dict[str, dict[str, None]] = {"functions": {}, "jobs": {}, "queues": {}, "metrics": {}}
    for target, state in ((one.target, state) for one in machines for _, state in walk(one.machine)):
        if isinstance(state, Task) and isinstance(state.resource, str):
            arguments = state.arguments if state.arguments is not UNSET else state.parameters
            for kind, name in _names(state.resource, arguments, target):
                found[kind][name] = None
    return Called(**{kind: tuple(names) for kind, names in found.items()})


def _names(resource: str, arguments: object, target: Target) -> Iterator[tuple[str, str]]:
    parsed = parse_resource(resource)
    if parsed is None or not isinstance(arguments, dict):
        return
    match (parsed.service, parsed.action):
        case ("lambda", "invoke"):
            arn = parse_arn(str(arguments.get("FunctionName")))
            if arn is not None and (arn.region, arn.account) == (target.region, target.account):
                yield "functions", arn.resource.split(":")[1]
        case ("glue", "startJobRun"):
            yield from _plain("jobs", arguments.get("JobName"))
        case ("sqs", "sendMessage"):
            yield from _plain("queues", arguments.get("QueueUrl"))
        case ("cloudwatch", "putMetricData") if arguments.get("Namespace") == METRICS:
            for datum in arguments.get("MetricData", ()):
                yield from _plain("metrics", datum.get("MetricName"))
        case _:
            return


def _plain(kind: str, value: Json) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and not value.startswith("{%"):
        yield kind, value
