"""A payload that is, or may well become, larger than 256 KiB.

An input, an output or a result of more than 262,144 bytes of UTF-8 ends the execution with `States.DataLimitExceeded`, which
`States.ALL` need not catch. So is a literal of that size, and so may be a list that nothing limits and that is kept whole: an S3
listing (1,000 objects), a Query or Scan (1 MB), rows of Athena, what the items of a distributed Map that reads from S3 return. An
`Assign` block has the same limit.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2", "Parameters": {"Bucket": "b"}, "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:scan", "Parameters": {"TableName": "t"},
     "ResultSelector": {"rows.$": "$.Items"}, "ResultPath": "$.scan", "End": true}}
Fails (JSONata):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::athena:getQueryResults", "Arguments": {"QueryExecutionId": "q"},
     "Output": {"rows": "{% $states.result.ResultSet.Rows %}"}, "End": true}}
Passes (JSONata):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::athena:getQueryResults", "Arguments": {"QueryExecutionId": "q"},
     "Output": {"rows": "{% $count($states.result.ResultSet.Rows) %}"}, "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2", "Parameters": {"Bucket": "b", "MaxKeys": 100},
     "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:scan", "Parameters": {"TableName": "t"},
     "ResultSelector": {"count.$": "$.Count"}, "ResultPath": "$.scan", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.asl.model import Json
from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.limits.results import keeps_whole, list_of
from sfn_dsl.rules.limits.sizes import PAYLOAD, literal_bytes, whole
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import State, Subject

__all__ = ["payload_too_large"]

PAYLOADS = ("Parameters", "Arguments", "Result", "ResultSelector", "ItemSelector", "Items", "Output")


@rule("SFN404", "bp-payload-too-large", "assign-too-large", severity=Severity.WARNING)
def payload_too_large(subject: Subject) -> Iterator[Finding]:
    large = whole(subject) > PAYLOAD // 4
    for state in subject.states:
        if large:
            yield from _literals(state)
        if state.type in ("Task", "Map"):
            listed = list_of(state)
            if listed is not None and keeps_whole(state, listed):
                yield Finding(
                    state.pointer,
                    f"{listed.what} of `{state.name}` {listed.size} and is kept whole: a payload over 256 KiB ends the execution",
                    listed.help,
                    "bp-payload-too-large",
                )


def _literals(state: State) -> Iterator[Finding]:
    for pointer, name, value in _payloads(state):
        size = literal_bytes(value, jsonata=state.jsonata or name == "Result")
        if size > PAYLOAD:
            what = "Assign block" if name == "Assign" else f"literal `{name}`"
            yield Finding(
                pointer,
                f"the {what} of `{state.name}` has at least {size:,} bytes, and a payload may have {PAYLOAD:,}",
                "keep the data in S3 and pass its place",
                "assign-too-large" if name == "Assign" else "bp-payload-too-large",
            )


def _payloads(state: State) -> Iterator[tuple[str, str, Json]]:
    for name in PAYLOADS:
        if name in state.body:
            yield state.at(name), name, state.body[name]
    batcher = state.get("ItemBatcher")
    if isinstance(batcher, dict) and "BatchInput" in batcher:
        yield state.at("ItemBatcher", "BatchInput"), "BatchInput", batcher["BatchInput"]
    if "Assign" in state.body:
        yield state.at("Assign"), "Assign", state.body["Assign"]
    for field in ("Choices", "Catch"):
        for pointer, member in state.rules(field):
            for name in ("Output", "Assign"):
                if name in member:
                    yield pointer_to(pointer, name), name, member[name]
