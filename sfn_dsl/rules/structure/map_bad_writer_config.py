"""A `WriterConfig` with a value or field that AWS does not know, or without `OutputType`.

`Transformation` is NONE, COMPACT or FLATTEN; `OutputType` is JSON or JSONL.

Fails:
    {"A": {"Type": "Map", "End": true, "ResultWriter": {"WriterConfig": {"Transformation": "FLAT", "OutputType": "JSON"}},
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
                             "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}}}
Fails:
    {"A": {"Type": "Map", "End": true, "ResultWriter": {"WriterConfig": {}},
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
                             "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}}}
Passes:
    {"A": {"Type": "Map", "End": true, "ResultWriter": {"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}},
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
                             "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.map_states import part_of
from sfn_dsl.rules.subject import Subject

__all__ = ["map_bad_writer_config"]

_VALUES: Final = {"Transformation": ("NONE", "COMPACT", "FLATTEN"), "OutputType": ("JSON", "JSONL")}


@rule("SFN166", "map-writerconfig-enum", "map-writerconfig-required", "map-writerconfig-type", aws_code="SCHEMA_VALIDATION_FAILED")
def map_bad_writer_config(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        writer = part_of(state, "ResultWriter")
        if writer is None or "WriterConfig" not in writer:
            continue
        config, place = writer["WriterConfig"], state.at("ResultWriter", "WriterConfig")
        if not isinstance(config, dict):
            if not (isinstance(config, str) and subject.is_open(config)):
                text = f"`WriterConfig` must be an object, not {shown(config)}"
                yield Finding(place, text, "give `Transformation` and `OutputType`", "map-writerconfig-type")
            continue
        if "OutputType" not in config:
            yield Finding(place, "`WriterConfig` needs `OutputType`", "add `JSON` or `JSONL`", "map-writerconfig-required")
        for field, value in config.items():
            known = _VALUES.get(field)
            if known is None:
                text, help = f"`WriterConfig` has no field {shown(field)}", did_you_mean(field, _VALUES) or "remove it"
            elif value in known or (isinstance(value, str) and subject.is_open(value)):
                continue
            else:
                text = f"`{field}` must be one of {', '.join(f'`{one}`' for one in known)}, not {shown(value)}"
                help = (did_you_mean(value, known) if isinstance(value, str) else "") or "write one of these"
            yield Finding(pointer_to(place, field), text, help, "map-writerconfig-enum")
