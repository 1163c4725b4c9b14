"""What people do when an alarm rings: advice by metric, and the commands with the pipeline's names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from sfn_dsl.costs.circles import every_step
from sfn_dsl.pipeline import Pipeline, Stage
from sfn_dsl.region import Target
from sfn_dsl.resources.model import Alarm, Queue
from sfn_dsl.resources.template import Template
from sfn_dsl.steps.approval import Approval
from sfn_dsl.triggers.letter_kinds import LetterKind, letter_kind

__all__ = ["alarm_rows", "commands"]

_EXECUTION: Final = "Read the alert or the execution's history; mend what failed, then run the batch again."
_DELIVERY: Final = "Mend the target or its rights, then send the dead letters again."
_ADVICE: Final[Mapping[str, str]] = {
    "ExecutionsFailed": _EXECUTION,
    "ExecutionsTimedOut": "Find the state that did not end; run the batch again from its stage.",
    "ExecutionsAborted": "Somebody stopped it; ask, then run the batch again.",
    "ExecutionThrottled": "Too many starts at once; AWS slows them down. Ask for a higher quota if it lasts.",
    "ExecutionTime": "It runs longer than it should; see which state takes the time.",
    "ExecutionsSucceeded": "Nothing has succeeded for too long; see whether its trigger fires.",
    "HoursSinceLastSuccess": "No batch was done for too long; look for failed and waiting ones, and whether its trigger fires.",
    "ReadyUnclaimed": "Batches wait and nobody takes them; see whether the active Region works, else promote the other one.",
    "OldestReadyAge": "A batch has waited for an hour or more; see why its starts fail, and whether the active Region works.",
    "ExpiredLeases": "Executions died in the middle; the sweeper takes their batches over, ten times at most; then run them again.",
    "FailedInvocations": _DELIVERY,
    "InvocationsFailedToBeSentToDlq": "Events are lost; mend the queue's policy, then start the batches by hand.",
    "InvocationsFailedToBeSentToDeadLetterCount": "Slots are lost; mend the queue's policy, then start the batches by hand.",
    "InvocationDroppedCount": "Slots were given up; start their batches by hand.",
    "TargetErrorCount": _DELIVERY,
    "TargetErrorThrottledCount": "Starts are throttled; Scheduler tries again. Ask for a higher quota if it lasts.",
    "ThrottledRules": "The account's quota of rule invocations is used up, and events come late. Ask for a higher one if it lasts.",
    "IngestionToInvocationSuccessLatency": "Events come late; see whether starts are throttled, or AWS has trouble in the Region.",
    "ReplicationLatency": "The other Region does not know of the newest batches; do not promote it before this has gone.",
    "ApproximateAgeOfOldestMessage": "Nobody works messages off; see whether the event source mapping is enabled.",
    "Invocations": "A run of a Glue job has failed: `dlq list` says which, the job's log why. A retry may have mended it; else the "
    "alert of the batch says how to run it again.",
    "Errors": "See the function's log; retries may have mended it.",
    "Throttles": "The function's concurrency is used up; raise it, or start fewer batches at a time.",
    "DestinationDeliveryFailures": _DELIVERY,
    "AsyncEventsDropped": _DELIVERY,
    "AsyncEventAge": "Calls wait for the function; raise its concurrency, or see why it fails.",
}
_LETTERS: Final[Mapping[LetterKind, str]] = {
    "deliveries": "Batches that were not started. Read the letters (`dlq list`), mend the cause, then `dlq republish`.",
    "calls": "Events of which the starting function could make nothing. See its log, mend the cause, then `dlq republish`.",
    "messages": "Messages of which the starting function could make nothing. See its log, mend the cause, then let SQS send them "
    "back: `aws sqs start-message-move-task --source-arn` of the queue.",
    "poison": "Batches that no run could read. Mend the pipeline or the data, then `dlq republish` runs them again; `dlq delete` "
    "gives them up.",
}
_AGE: Final = "ApproximateAgeOfOldestMessage"
_OLD: Final = "Letters have lain for a day and expire after 14: "
_FIGURE: Final = "A figure of the data is beyond its limit; ask the owners of the data before the batch is used."


def alarm_rows(template: Template) -> Iterator[tuple[str, str, str]]:
    """Metric, names of its alarms, and what to do: a row for a metric, or for a kind of letters."""
    found: dict[tuple[str, str], list[str]] = {}
    for resource in template.resources:
        if isinstance(resource, Alarm):
            found.setdefault((resource.metric_name, _advice(resource, template.name)), []).append(resource.name)
    for (metric, advice), names in found.items():
        yield metric, ", ".join(f"`{name}`" for name in names), advice


def _advice(alarm: Alarm, pipeline: str) -> str:
    kind = letter_kind(str(alarm.dimensions.get("QueueName", "")), pipeline)
    if kind is None or kind == "jobs":
        return _ADVICE.get(alarm.metric_name, _FIGURE)
    return f"{_OLD}{_LETTERS[kind][0].lower()}{_LETTERS[kind][1:]}" if alarm.metric_name == _AGE else _LETTERS[kind]


def commands(pipeline: Pipeline, template: Template, target: Target) -> Iterator[tuple[str, str]]:
    """Commands, each with what it is for."""
    name = pipeline.name
    yield "sfn-dsl status", "what is published and runs"
    if pipeline.control is not None:
        yield f"sfn-dsl rerun {name} BATCH", "again, behind the last stage that is done"
        for stage in _stages(pipeline):
            yield f"sfn-dsl rerun {name} BATCH --from {_quoted(stage)}", f"again from stage {stage}"
    queues = {letter_kind(one.queue_name, name): one.queue_name for one in template.resources if isinstance(one, Queue)}
    if set(queues) - {None}:
        yield f"sfn-dsl dlq list {name}", "what was not handed over, set aside or recorded"
    if set(queues) - {None, "jobs"}:
        yield f"sfn-dsl dlq republish {name}", "hand it over, or run it, again"
    if "poison" in queues:
        yield f"sfn-dsl dlq delete {queues['poison']} LETTER", "give a batch up"
    if "jobs" in queues:
        yield f"sfn-dsl dlq delete {queues['jobs']} --all", "records that are read"
    yield f"sfn-dsl rollback {name}", "back to what was live before"
    deployed = target.deployed
    if deployed.gated and deployed.passive is not None:
        yield f'sfn-dsl promote {deployed.passive} --reason "{deployed.active} is down"', "let the other Region work"
        yield "sfn-dsl failback", f"back to {deployed.active}"
    asks = [step for step in every_step(pipeline.steps, pipeline, target) if isinstance(step, Approval)]
    for (yes, no), names in _answers(asks, target).items():
        yield yes, f"{names}: yes; the message holds the whole command"
        yield no, f"{names}: no"


def _answers(asks: Iterable[Approval], target: Target) -> dict[tuple[str, str], str]:
    """Names of the steps that ask, by the commands that answer them."""
    found: dict[tuple[str, str], list[str]] = {}
    for step in asks:
        answers = step.answers(target.region, "TOKEN")
        names = found.setdefault((answers["Approve"], answers["Reject"]), [])
        if step.name not in names:
            names.append(step.name)
    return {both: ", ".join(names) for both, names in found.items()}


def _stages(pipeline: Pipeline) -> Sequence[str]:
    return [step.name for step in pipeline.steps if isinstance(step, Stage)]


def _quoted(text: str) -> str:
    return text if text.replace("-", "").replace("_", "").isalnum() else "'" + text.replace("'", "'\\''") + "'"
