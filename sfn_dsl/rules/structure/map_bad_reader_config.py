"""A `ReaderConfig` with a value or field that AWS does not know, or without its CSV headers.

`InputType` is CSV, JSON, JSONL, PARQUET or MANIFEST. With `CSVHeaderLocation` GIVEN the headers must stand in `CSVHeaders`.

Fails:
    {"A": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}},
           "ItemReader": {"ReaderConfig": {"InputType": "XML"},
           "Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}}}}
Fails:
    {"A": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}},
           "ItemReader": {"ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN"},
           "Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}}}}
Passes:
    {"A": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}},
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}},
           "ItemReader": {"ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a"]},
           "Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}}}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.map_states import part_of
from sfn_dsl.rules.subject import Subject

__all__ = ["map_bad_reader_config"]

_VALUES: Final = {
    "InputType": ("CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"),
    "CSVHeaderLocation": ("FIRST_ROW", "GIVEN"),
    "CSVDelimiter": ("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"),
    "ManifestType": ("S3_INVENTORY", "ATHENA_DATA"),
    "Transformation": ("NONE", "LOAD_AND_FLATTEN"),
}
_NAMES: Final = {
    "InputType": "map-itemreader-inputtype",
    "CSVHeaderLocation": "map-itemreader-csvheaders",
    "CSVDelimiter": "map-itemreader-csvdelimiter",
    "ManifestType": "map-itemreader-manifesttype",
    "Transformation": "map-itemreader-transformation",
}
_FIELDS: Final = frozenset({*_VALUES, "CSVHeaders", "MaxItems", "MaxItemsPath", "ItemsPointer"})


@rule(
    "SFN161",
    "map-itemreader-inputtype",
    "map-itemreader-csvheaders",
    "map-itemreader-csvdelimiter",
    "map-itemreader-manifesttype",
    "map-itemreader-transformation",
    "map-readerconfig-unknown-field",
    "map-readerconfig-type",
    aws_code="SCHEMA_VALIDATION_FAILED",
)
def map_bad_reader_config(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        reader = part_of(state, "ItemReader")
        if reader is None or "ReaderConfig" not in reader:
            continue
        config, place = reader["ReaderConfig"], state.at("ItemReader", "ReaderConfig")
        if not isinstance(config, dict):
            if not (isinstance(config, str) and subject.is_open(config)):
                text = f"`ReaderConfig` must be an object, not {shown(config)}"
                yield Finding(place, text, 'write `{"InputType": "JSON"}`', "map-readerconfig-type")
            continue
        yield from _values(subject, config, place)
        yield from _headers(subject, config, place)
        if config.get("Transformation") == "LOAD_AND_FLATTEN" and "InputType" not in config:
            text, help = "`LOAD_AND_FLATTEN` needs `InputType`", "add the type of the listed files"
            yield Finding(place, text, help, "map-itemreader-transformation")


def _values(subject: Subject, config: Mapping[str, Any], place: str) -> Iterator[Finding]:
    for field, value in config.items():
        if field not in _FIELDS:
            text, help = f"`ReaderConfig` has no field {shown(field)}", did_you_mean(field, _FIELDS) or "remove it"
            yield Finding(pointer_to(place, field), text, help, "map-readerconfig-unknown-field")
        known = _VALUES.get(field)
        if known is None or value in known or (isinstance(value, str) and subject.is_open(value)):
            continue
        text = f"`{field}` must be one of {', '.join(f'`{one}`' for one in known)}, not {shown(value)}"
        help = did_you_mean(value, known) if isinstance(value, str) else ""
        yield Finding(pointer_to(place, field), text, help or "write one of these", _NAMES[field])


def _headers(subject: Subject, config: Mapping[str, Any], place: str) -> Iterator[Finding]:
    name, help = "map-itemreader-csvheaders", 'list the names of the columns, as in `["id", "name"]`'
    headers = config.get("CSVHeaders", [""])
    if config.get("CSVHeaderLocation") == "GIVEN" and "CSVHeaders" not in config:
        yield Finding(place, "`CSVHeaderLocation` is `GIVEN`, but there are no `CSVHeaders`", help, name)
    if isinstance(headers, str) and subject.is_open(headers):
        return
    if not isinstance(headers, list) or not headers or not all(isinstance(one, str) for one in headers):
        yield Finding(pointer_to(place, "CSVHeaders"), "`CSVHeaders` must be a list of texts", help, name)
