"""A `ProcessorConfig` of a Map with a wrong or missing `Mode` or `ExecutionType`.

`Mode` is INLINE (the default) or DISTRIBUTED. A distributed Map must say with `ExecutionType` whether its child executions are
STANDARD or EXPRESS.

Fails:
    {"A": {"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "B",
           "States": {"B": {"Type": "Succeed"}}}}}
Fails:
    {"A": {"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "PARALLEL"}, "StartAt": "B",
           "States": {"B": {"Type": "Succeed"}}}}}
Fails:
    {"A": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "FAST"}}}}
Passes:
    {"A": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.map_states import inner_scopes
from sfn_dsl.rules.subject import Subject

__all__ = ["map_processor_config"]

_VALUES: Final = {
    "Mode": ("map-mode-enum", ("INLINE", "DISTRIBUTED")),
    "ExecutionType": ("map-executiontype-enum", ("STANDARD", "EXPRESS")),
}


@rule(
    "SFN155",
    "map-mode-enum",
    "map-executiontype-required",
    "map-executiontype-enum",
    "map-processorconfig-unknown-field",
    "map-processorconfig-type",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def map_processor_config(subject: Subject) -> Iterator[Finding]:
    for scope, _ in inner_scopes(subject):
        if scope.kind != "processor" or "ProcessorConfig" not in scope.body:
            continue
        config, place = scope.body["ProcessorConfig"], pointer_to(scope.pointer, "ProcessorConfig")
        if not isinstance(config, dict):
            if not (isinstance(config, str) and subject.is_open(config)):
                text = f"`ProcessorConfig` must be an object, not {shown(config)}"
                yield Finding(place, text, 'write `{"Mode": "INLINE"}`', "map-processorconfig-type")
            continue
        for field, value in config.items():
            if field not in _VALUES:
                text, help = f"`ProcessorConfig` has no field {shown(field)}", did_you_mean(field, _VALUES) or "remove it"
                yield Finding(pointer_to(place, field), text, help, "map-processorconfig-unknown-field")
                continue
            name, known = _VALUES[field]
            if value not in known and not (isinstance(value, str) and subject.is_open(value)):
                text = f"`{field}` must be {' or '.join(f'`{one}`' for one in known)}, not {shown(value)}"
                help = did_you_mean(value, known) if isinstance(value, str) else ""
                yield Finding(pointer_to(place, field), text, help or f"write `{known[0]}`", name)
        if scope.distributed and "ExecutionType" not in config:
            text = "the `ProcessorConfig` of a distributed Map needs `ExecutionType`"
            yield Finding(place, text, "add `STANDARD` or `EXPRESS`", "map-executiontype-required")
