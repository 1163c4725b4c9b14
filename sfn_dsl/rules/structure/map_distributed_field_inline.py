"""A field of distributed Maps on a Map that is not distributed.

Reading items from S3, batches, writing results to S3, labels and tolerated failures belong to distributed Maps. AWS accepts them on
an inline Map, where they cannot work.

Fails:
    {"A": {"Type": "Map", "End": true, "ItemBatcher": {"MaxItemsPerBatch": 5},
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
Fails:
    {"A": {"Type": "Map", "End": true, "ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2",
           "Parameters": {"Bucket": "b"}},
           "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
Passes:
    {"A": {"Type": "Map", "End": true, "ItemBatcher": {"MaxItemsPerBatch": 5},
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
                             "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.map_states import is_distributed
from sfn_dsl.rules.subject import State, Subject

__all__ = ["map_distributed_field_inline"]

_FIELDS: Final = {
    "ItemReader": "map-itemreader-inline",
    "ItemBatcher": "map-itembatcher-inline",
    "ResultWriter": "map-resultwriter-inline",
    "Label": "map-label-inline",
    "ToleratedFailureCount": "map-tolerated-inline",
    "ToleratedFailureCountPath": "map-tolerated-inline",
    "ToleratedFailurePercentage": "map-tolerated-inline",
    "ToleratedFailurePercentagePath": "map-tolerated-inline",
}


@rule(
    "SFN164",
    "map-itemreader-inline",
    "map-itembatcher-inline",
    "map-resultwriter-inline",
    "map-label-inline",
    "map-tolerated-inline",
    severity=Severity.WARNING,
)
def map_distributed_field_inline(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        if is_distributed(state) or not _inline(state):
            continue
        for field, name in _FIELDS.items():
            if field in state.body:
                text = f"`{field}` works only in a distributed Map"
                yield Finding(state.at(field), text, f"set `Mode` to `DISTRIBUTED`, or remove `{field}`", name)


def _inline(state: State) -> bool:
    """Whether nothing but a plain inline mode is written."""
    configs = [scope.body.get("ProcessorConfig", {}) for scope in state.inner]
    return bool(configs) and all(isinstance(config, dict) and config.get("Mode", "INLINE") == "INLINE" for config in configs)
