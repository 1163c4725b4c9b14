"""Alarms and the dashboard of a pipeline, from what its template holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.errors import DeclarationError
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target
from sfn_dsl.resources.model import Alarm, Dashboard, EventInvokeConfig, Function, Name, Queue, Resource, Rule, ScheduleGroup
from sfn_dsl.stacks.called import Called
from sfn_dsl.steps.metric import METRICS
from sfn_dsl.triggers.letter_kinds import letter_kind
from sfn_dsl.triggers.parts import logical_id, machine_arn

__all__ = ["ON_JOB_FAILURE", "alarms", "dashboard", "of_machine", "of_replication", "of_resources"]

_DAY = 86_400
ON_JOB_FAILURE: Final = "OnJobFailure"
"""Logical id of the rule that hears of failed runs of Glue jobs."""
_BOOKKEEPING = frozenset({"OnEnd", ON_JOB_FAILURE})
"""Rules for what has happened anyway; nothing waits for them."""
_LATE = {"statistic": "Maximum", "threshold": 300_000, "comparison_operator": "GreaterThanThreshold"}
"""More than five minutes, in milliseconds. Sweepers start what has been ready for so long; and Lambda repeats a call that fails
within three."""
_IDLE = {"statistic": "Maximum", "threshold": 900, "comparison_operator": "GreaterThanThreshold"}
"""A message is received five times within eight minutes or so, then it is a dead letter; one of 15 minutes nobody receives."""
_BEHIND = {"statistic": "Average", "threshold": 60_000, "comparison_operator": "GreaterThanThreshold", "evaluation_periods": 3}
"""Replicas are mostly a second apart. What is behind by a minute is what the other Region would not know of, were it promoted."""


def alarms(
    pipeline: Pipeline, machines: tuple[Pipeline, ...], resources: tuple[Resource, ...], called: Called, target: Target
) -> Iterator[Alarm]:
    """An alarm for everything that can go wrong with a pipeline, its machines, rules, schedules, functions and queues. `called`: by
    the pipeline's states. Raises DeclarationError for a limit of a figure that no state puts."""
    for machine in machines:
        yield from of_machine(pipeline, machine, target)
    yield from of_resources(resources, target)
    if pipeline.control is not None:
        yield from _of_batches(pipeline, target)
    for function in called.functions if pipeline.alarms.calls else ():
        # Alarms of two pipelines that call one function must not have one name.
        subject = f"{pipeline.name}-{function}"
        yield _alarm(subject, "Errors", "AWS/Lambda", {"FunctionName": function}, target)
    yield from _of_figures(pipeline, called, target)


def of_resources(resources: tuple[Resource, ...], target: Target) -> Iterator[Alarm]:
    """Alarms of rules, functions, groups of schedules, and queues: those nobody works off, those with messages to look at."""
    invoked = {one.function_name for one in resources if isinstance(one, EventInvokeConfig)}
    for resource in resources:
        match resource:
            case Rule():
                yield from _of_rule(resource, target)
            case Queue(queue_name=name) if letter_kind(name) not in (None, "jobs"):
                yield from _of_queue(resource, target)
            case Queue(queue_name=name) if resource.redrive is not None:
                yield _alarm(name, "ApproximateAgeOfOldestMessage", "AWS/SQS", {"QueueName": name}, target, **_IDLE)
            case Function():
                yield from _of_function(resource, target, asynchronous=Name(resource.id) in invoked)
            case ScheduleGroup(name=name):
                for metric in (
                    "InvocationDroppedCount",
                    "TargetErrorCount",
                    "TargetErrorThrottledCount",
                    "InvocationsFailedToBeSentToDeadLetterCount",
                ):
                    yield _alarm(f"{name}-schedules", metric, "AWS/Scheduler", {"ScheduleGroup": name}, target)
            case _:
                pass


def _alarm(subject: str, metric: str, namespace: str, dimensions: Mapping[str, str], target: Target, **more: object) -> Alarm:
    """An alarm at the first such event within five minutes, unless `more` says otherwise."""
    fields: dict[str, object] = {"statistic": "Sum", **more}
    if "extended_statistic" in more:
        fields.pop("statistic")
    return Alarm(
        id=logical_id(subject, metric, "alarm"),
        name=f"{subject}-{metric}",
        namespace=namespace,
        metric_name=metric,
        dimensions=dict(dimensions),
        alarm_actions=(target.arn("sns", target.deployed.alert_topic),),
        **fields,  # type: ignore[arg-type]
    )


def of_machine(pipeline: Pipeline, machine: Pipeline, target: Target) -> Iterator[Alarm]:
    """Alarms of a machine of a pipeline, which may be the pipeline itself."""
    dimensions = {"StateMachineArn": machine_arn(target, machine.name)}
    metrics = ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled"]
    # Express workflows cannot be aborted.
    metrics += ["ExecutionsAborted"] if machine.type == "STANDARD" else []
    for metric in metrics:
        yield _alarm(machine.name, metric, "AWS/States", dimensions, target)
    seconds = pipeline.alarms.duration_seconds
    if machine.name == pipeline.name and seconds is not None:
        line = {"statistic": "Maximum", "threshold": seconds * 1000}
        yield _alarm(machine.name, "ExecutionTime", "AWS/States", dimensions, target, **line)
    hours = pipeline.alarms.fresh_within_hours
    if machine.name == pipeline.name and hours is not None and pipeline.control is None:
        # Without a control row every execution that succeeds has done work. At most seven days can be looked at.
        line = {"threshold": 1, "comparison_operator": "LessThanThreshold", "treat_missing_data": "breaching"}
        yield _alarm(
            machine.name, "ExecutionsSucceeded", "AWS/States", dimensions, target, period=3600, evaluation_periods=hours, **line
        )


def _of_rule(rule: Rule, target: Target) -> Iterator[Alarm]:
    dimensions = {"RuleName": rule.name}
    if rule.event_bus_name != "default":
        dimensions = {"EventBusName": rule.event_bus_name, **dimensions}
    # This rule hears of nothing good.
    heard = ("Invocations",) if rule.id == ON_JOB_FAILURE else ()
    for metric in (*heard, "FailedInvocations", "InvocationsFailedToBeSentToDlq"):
        yield _alarm(rule.name, metric, "AWS/Events", dimensions, target)
    if rule.id not in _BOOKKEEPING:
        yield _alarm(rule.name, "ThrottledRules", "AWS/Events", dimensions, target)
        yield _alarm(rule.name, "IngestionToInvocationSuccessLatency", "AWS/Events", dimensions, target, **_LATE)


def _of_queue(queue: Queue, target: Target) -> Iterator[Alarm]:
    dimensions = {"QueueName": queue.queue_name}
    visible = {"statistic": "Maximum"}
    yield _alarm(queue.queue_name, "ApproximateNumberOfMessagesVisible", "AWS/SQS", dimensions, target, **visible)
    old = {"statistic": "Maximum", "threshold": _DAY, "comparison_operator": "GreaterThanThreshold"}
    yield _alarm(queue.queue_name, "ApproximateAgeOfOldestMessage", "AWS/SQS", dimensions, target, **old)


def _of_function(function: Function, target: Target, *, asynchronous: bool) -> Iterator[Alarm]:
    """Alarms of a function. Ours have destinations for what they cannot do and no dead-letter queues of their own, so that Lambda
    counts no `DeadLetterErrors`."""
    name, dimensions = function.function_name, {"FunctionName": function.function_name}
    # To the bridge a condition that does not hold is an error, and every event of a batch that is there already has one.
    # What it cannot do fails executions or leaves batches waiting, and both ring.
    errors = () if name == target.deployed.bridge else ("Errors",)
    for metric in (*errors, "Throttles", *(("DestinationDeliveryFailures", "AsyncEventsDropped") if asynchronous else ())):
        yield _alarm(name, metric, "AWS/Lambda", dimensions, target)
    if asynchronous:
        yield _alarm(name, "AsyncEventAge", "AWS/Lambda", dimensions, target, **_LATE)


def of_replication(target: Target) -> Iterator[Alarm]:
    """How far the control table's replica in another Region is behind. A strongly consistent one never is, nor has the metric."""
    deployed = target.deployed
    if deployed.gate == "arbiter" or target.region not in deployed.replicas:
        return
    for other in deployed.replicas:
        if other != target.region:
            dimensions = {"TableName": deployed.table, "ReceivingRegion": other}
            yield _alarm(f"{deployed.table}-to-{other}", "ReplicationLatency", "AWS/DynamoDB", dimensions, target, **_BEHIND)


def _of_figures(pipeline: Pipeline, called: Called, target: Target) -> Iterator[Alarm]:
    sides = (
        (pipeline.alarms.below, {"statistic": "Minimum", "comparison_operator": "LessThanThreshold"}),
        (pipeline.alarms.above, {"statistic": "Maximum", "comparison_operator": "GreaterThanThreshold"}),
    )
    for limits, line in sides:
        for metric, limit in limits.items():
            if metric not in called.metrics:
                raise DeclarationError(
                    f"pipeline `{pipeline.name}` has a limit for `{metric}`, which none of its steps puts",
                    help=did_you_mean(metric, called.metrics) or f'add `Metric(..., metric="{metric}", value=...)`',
                    span=pipeline.span,
                )
            # Between two batches there is no figure, and the alarm ends, which tells nobody; else it would ring for the first of
            # several bad batches only.
            more = {**line, "threshold": limit, "treat_missing_data": "notBreaching"}
            subject = f"{pipeline.name}-{'low' if limits is pipeline.alarms.below else 'high'}"
            yield _alarm(subject, metric, METRICS, {"Pipeline": pipeline.name}, target, **more)


def _of_batches(pipeline: Pipeline, target: Target) -> Iterator[Alarm]:
    dimensions = {"Pipeline": pipeline.name}
    # A period without a sweep would have no figure.
    minutes = target.deployed.sweep_minutes
    waiting = {"statistic": "Maximum", "evaluation_periods": 3, "period": max(300, 60 * minutes)}
    for metric in ("ReadyUnclaimed", "ExpiredLeases"):
        yield _alarm(pipeline.name, metric, METRICS, dimensions, target, **waiting)
    # Where batches come all the time some always wait; one that a dozen sweeps have passed over is stuck.
    stuck = {**waiting, "evaluation_periods": 1, "threshold": 12 * 60 * minutes, "comparison_operator": "GreaterThanThreshold"}
    yield _alarm(pipeline.name, "OldestReadyAge", METRICS, dimensions, target, **stuck)
    hours = pipeline.alarms.fresh_within_hours
    if hours is not None:
        # Both Regions look at one table, so the alarm of the one that works rings for the other too.
        stale = {
            **waiting,
            "threshold": hours,
            "comparison_operator": "GreaterThanThreshold",
            "treat_missing_data": "breaching",
        }
        yield _alarm(pipeline.name, "HoursSinceLastSuccess", METRICS, dimensions, target, **stale)


def dashboard(pipeline: Pipeline, machines: tuple[Pipeline, ...], resources: tuple[Resource, ...], target: Target) -> Dashboard:
    """Executions, how long they take, what waits, and what could not be delivered."""
    arns = [machine_arn(target, machine.name) for machine in machines]
    widgets = [
        _graph("Executions", target, [["AWS/States", metric, "StateMachineArn", arn] for arn in arns for metric in _EXECUTIONS]),
        _graph("Execution time (ms)", target, [["AWS/States", "ExecutionTime", "StateMachineArn", arn] for arn in arns], "Maximum"),
    ]
    if pipeline.control is not None:
        waiting = [[METRICS, metric, "Pipeline", pipeline.name] for metric in ("ReadyUnclaimed", "ExpiredLeases", "Parked")]
        widgets.append(_graph("Batches that wait", target, waiting, "Maximum"))
        oldest = [[METRICS, "OldestReadyAge", "Pipeline", pipeline.name]]
        widgets.append(_graph("How long the oldest has waited (s)", target, oldest, "Maximum"))
        since = [[METRICS, "HoursSinceLastSuccess", "Pipeline", pipeline.name]]
        widgets.append(_graph("Hours since the last batch was done", target, since, "Maximum"))
    figures = [[METRICS, metric, "Pipeline", pipeline.name] for metric in (*pipeline.alarms.below, *pipeline.alarms.above)]
    if figures:
        widgets.append(_graph("Figures of batches", target, figures, "Average"))
    queues = [item.queue_name for item in resources if isinstance(item, Queue)]
    if queues:
        letters = [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name] for name in queues]
        widgets.append(_graph("Messages in queues", target, letters, "Maximum"))
    for number, widget in enumerate(widgets):
        widget.update(x=12 * (number % 2), y=6 * (number // 2), width=12, height=6)
    return Dashboard(id="Dashboard", name=f"{pipeline.name}-{target.region}", body={"widgets": widgets})  # type: ignore[dict-item]


_EXECUTIONS = ("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted")


def _graph(title: str, target: Target, metrics: list[list[str]], statistic: str = "Sum") -> dict[str, object]:
    return {
        "type": "metric",
        "properties": {"title": title, "region": target.region, "stat": statistic, "period": 300, "metrics": metrics},
    }
