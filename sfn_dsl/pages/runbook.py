"""What people do when an alarm rings: advice by metric, and the commands with the pipeline's names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sfn_dsl.pipeline import Pipeline, Stage
from sfn_dsl.region import Target
from sfn_dsl.resources.model import Alarm, Queue
from sfn_dsl.resources.template import Template

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
    "ExpiredLeases": "Executions died in the middle; the sweeper takes their batches over, ten times at most; then run them again.",
    "FailedInvocations": _DELIVERY,
    "InvocationsFailedToBeSentToDlq": "Events are lost; mend the queue's policy, then start the batches by hand.",
    "InvocationsFailedToBeSentToDeadLetterCount": "Slots are lost; mend the queue's policy, then start the batches by hand.",
    "InvocationDroppedCount": "Slots were given up; start their batches by hand.",
    "TargetErrorCount": _DELIVERY,
    "TargetErrorThrottledCount": "Starts are throttled; Scheduler tries again. Ask for a higher quota if it lasts.",
    "ApproximateNumberOfMessagesVisible": "Read the letters, mend the cause, then send them again.",
    "ApproximateAgeOfOldestMessage": "Letters have lain for a day; read them and send them again before they expire.",
    "Errors": "See the function's log; retries may have mended it.",
    "Throttles": "The function's concurrency is used up; raise it, or start fewer batches at a time.",
    "DestinationDeliveryFailures": _DELIVERY,
    "AsyncEventsDropped": _DELIVERY,
}
_FIGURE: Final = "A figure of the data is beyond its limit; ask the owners of the data before the batch is used."


def alarm_rows(template: Template) -> Iterator[tuple[str, str, str]]:
    """Metric, names of its alarms, and what to do."""
    found: dict[str, list[str]] = {}
    for resource in template.resources:
        if isinstance(resource, Alarm):
            found.setdefault(resource.metric_name, []).append(resource.name)
    for metric, names in found.items():
        yield metric, ", ".join(f"`{name}`" for name in names), _ADVICE.get(metric, _FIGURE)


def commands(pipeline: Pipeline, template: Template, target: Target) -> Iterator[tuple[str, str]]:
    """Commands, each with what it is for."""
    name = pipeline.name
    yield "sfn-dsl status", "what is published and runs"
    if pipeline.control is not None:
        yield f"sfn-dsl rerun {name} BATCH", "again, behind the last stage that is done"
        for stage in _stages(pipeline):
            yield f"sfn-dsl rerun {name} BATCH --from {_quoted(stage)}", f"again from stage {stage}"
    if any(isinstance(one, Queue) and one.queue_name.endswith(("-dead-letters", "-failures")) for one in template.resources):
        yield f"sfn-dsl dlq list {name}", "what was not handed over"
        yield f"sfn-dsl dlq republish {name}", "hand it over again"
    yield f"sfn-dsl rollback {name}", "back to the version before"
    deployed = target.deployed
    if deployed.gated and deployed.passive is not None:
        yield f'sfn-dsl promote {deployed.passive} --reason "{deployed.active} is down"', "let the other Region work"
        yield "sfn-dsl failback", f"back to {deployed.active}"


def _stages(pipeline: Pipeline) -> Sequence[str]:
    return [step.name for step in pipeline.steps if isinstance(step, Stage)]


def _quoted(text: str) -> str:
    return text if text.replace("-", "").replace("_", "").isalnum() else "'" + text.replace("'", "'\\''") + "'"
