"""A Resource that waits in a way its action does not have.

The optimised integrations have `.sync` for actions that start jobs and `.waitForTaskToken` for those that carry a token;
`.sync:2` belongs to `states:startExecution` alone. `aws-sdk` actions have no `.sync`. AWS refuses any other suffix.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem.sync", "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:glue:startJobRun.sync", "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.asl.services import Pattern, actions
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import Call, calls
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["is_unsupported", "pattern_not_supported"]

# Services whose documentation does not agree with itself about `.waitForTaskToken`.
_UNSURE = frozenset({"bedrock", "eks", "glue"})
# Optimised integrations of services that `aws-sdk` calls otherwise.
_OPTIMISED = {"emrserverless": ("emr-serverless",), "emrcontainers": ("emr-containers",), "sfn": ("states",)}
_SYNC = (Pattern.SYNC, Pattern.SYNC_2)


@rule("SFN175", "task-pattern-not-supported", "task-sdk-sync", aws_code="SCHEMA_VALIDATION_FAILED")
def pattern_not_supported(subject: Subject) -> Iterator[Finding]:
    for call in calls(subject):
        if is_unsupported(call):
            yield Finding(call.resource_pointer, *_told(call))


def is_unsupported(call: Call) -> bool:
    """Whether an action that is known does not have the pattern of its suffix."""
    if call.pattern is None:
        return True
    if call.sdk:
        return call.pattern in _SYNC
    if call.entry is None or call.pattern in call.entry.patterns:
        return False
    return call.pattern is not Pattern.CALLBACK or call.service not in _UNSURE


def _told(call: Call) -> tuple[str, str, str]:
    if call.pattern is None:
        known = [pattern.value for pattern in Pattern if pattern.value]
        help = did_you_mean(call.suffix, known) or "use `.sync`, `.sync:2` or `.waitForTaskToken`"
        return f"`{call.suffix}` is no integration pattern", help, "task-pattern-not-supported"
    if call.sdk:
        optimised = next((one for one in (call.service, *_OPTIMISED.get(call.service, ())) if call.action in actions(one)), None)
        help = f"use `arn:aws:states:::{optimised}:{call.action}{call.suffix}`" if optimised else "start it, then poll its status"
        return f"`{call.name}` has no `{call.suffix}`, as no `aws-sdk` action has", help, "task-sdk-sync"
    patterns = sorted(pattern.value for pattern in call.entry.patterns if pattern.value) if call.entry else []
    help = f"use {' or '.join(f'`{one}`' for one in patterns)}, or no suffix" if patterns else "write it without a suffix"
    return f"`{call.name}` does not support `{call.suffix}`", help, "task-pattern-not-supported"
