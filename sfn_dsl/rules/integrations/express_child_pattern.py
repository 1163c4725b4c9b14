"""A Task that waits, inside a distributed Map that runs its children as Express executions.

`ExecutionType: EXPRESS` makes each child an Express execution, which can send requests only: no `.sync`, no `.waitForTaskToken`, no
activity.

Fails:
    {"M": {"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
           "StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "End": true}}}}}
Passes:
    {"M": {"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
           "StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "End": true}}}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.express_pattern import waiting_tasks
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import State, Subject

__all__ = ["express_child_pattern"]


@rule("SFN183", "express-child-pattern", severity=Severity.WARNING)
def express_child_pattern(subject: Subject) -> Iterator[Finding]:
    if subject.type == "EXPRESS":
        return
    for state, _, what in waiting_tasks(subject):
        if _runs_express(state):
            message = f"an Express child of a distributed Map does not support {what}, as in state `{state.name}`"
            yield Finding(state.at("Resource"), message, "set `ExecutionType` to `STANDARD`")


def _runs_express(state: State) -> bool:
    for scope in state.scope.ancestry:
        if scope.distributed:
            config = scope.body.get("ProcessorConfig")
            return isinstance(config, dict) and config.get("ExecutionType") == "EXPRESS"
    return False
