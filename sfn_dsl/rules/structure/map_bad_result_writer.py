"""A `ResultWriter` that is empty, writes with another resource, or lacks resource or parameters.

Results are written with `arn:aws:states:::s3:putObject` and its parameters, which come together; or `WriterConfig` alone shapes
them without writing; or both.

Fails:
    {"A": {"Type": "Map", "End": true, "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject"},
           "ItemProcessor": {"StartAt": "B",
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "States": {"B": {"Type": "Succeed"}}}}}
Fails:
    {"A": {"Type": "Map", "End": true, "ResultWriter": {}, "ItemProcessor": {"StartAt": "B",
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "States": {"B": {"Type": "Succeed"}}}}}
Fails:
    {"A": {"Type": "Map", "End": true, "ResultWriter": {"Resource": "arn:aws:states:::s3:copyObject",
           "Parameters": {"Bucket": "b"}},
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
                             "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}}}
Passes:
    {"A": {"Type": "Map", "End": true, "ResultWriter": {"WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSON"}},
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
                             "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}}}
Passes:
    {"A": {"Type": "Map", "End": true, "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}},
           "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
                             "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.map_states import s3_action
from sfn_dsl.rules.subject import State, Subject

__all__ = ["map_bad_result_writer"]

_FIELDS: Final = frozenset({"Resource", "Parameters", "Arguments", "WriterConfig"})


@rule(
    "SFN165",
    "map-resultwriter-parameters",
    "map-resultwriter-empty",
    "map-resultwriter-resource",
    "map-resultwriter-unknown-field",
    "map-resultwriter-type",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def map_bad_result_writer(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        writer, place = state.body.get("ResultWriter"), state.at("ResultWriter")
        if isinstance(writer, dict) and writer:
            yield from _faults(subject, state, writer)
        elif isinstance(writer, dict):
            help = "add `Resource` and its parameters, or `WriterConfig`, or remove it"
            yield Finding(place, "`ResultWriter` is empty", help, "map-resultwriter-empty")
        elif "ResultWriter" in state.body and not (isinstance(writer, str) and subject.is_open(writer)):
            yield Finding(place, f"`ResultWriter` must be an object, not {shown(writer)}", "", "map-resultwriter-type")


def _faults(subject: Subject, state: State, writer: Mapping[str, Any]) -> Iterator[Finding]:
    place, wanted = state.at("ResultWriter"), "Arguments" if state.jsonata else "Parameters"
    for field in writer:
        if field not in _FIELDS:
            text, help = f"`ResultWriter` has no field {shown(field)}", did_you_mean(field, _FIELDS) or "remove it"
            yield Finding(state.at("ResultWriter", field), text, help, "map-resultwriter-unknown-field")
    given = [field for field in ("Parameters", "Arguments") if field in writer]
    if "Resource" in writer and not given:
        text = f"`ResultWriter` has a `Resource` and needs `{wanted}`"
        yield Finding(place, text, "add at least `Bucket`", "map-resultwriter-parameters")
    elif given and "Resource" not in writer:
        text = f"`ResultWriter` has `{given[0]}` and needs `Resource`"
        yield Finding(place, text, "add `arn:aws:states:::s3:putObject`", "map-resultwriter-parameters")
    resource = writer.get("Resource", "")
    fine = isinstance(resource, str) and (subject.is_open(resource) or s3_action(resource) == "putObject")
    if "Resource" in writer and not fine:
        text = f"results cannot be written with {shown(resource)}"
        help = "use `arn:aws:states:::s3:putObject`"
        yield Finding(state.at("ResultWriter", "Resource"), text, help, "map-resultwriter-resource")
