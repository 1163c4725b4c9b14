"""A distributed Map in an EXPRESS state machine.

A distributed Map needs a STANDARD machine around it; its child executions may be EXPRESS. AWS refuses it in an EXPRESS machine.

Fails (EXPRESS):
    {"A": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}}}
Passes:
    {"A": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.map_states import is_distributed
from sfn_dsl.rules.subject import Subject

__all__ = ["map_distributed_in_express"]


@rule("SFN169", "express-distributed-map", aws_code="SCHEMA_VALIDATION_FAILED")
def map_distributed_in_express(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map") if subject.type == "EXPRESS" else ():
        if is_distributed(state):
            text = f"`{state.name}` is a distributed Map, which an EXPRESS state machine cannot run"
            yield Finding(state.pointer, text, "make the machine STANDARD, or set `Mode` to `INLINE`")
