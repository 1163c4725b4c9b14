"""What a distributed Map needs: its own executions, the data set it reads and the results it writes.

Source: Developer Guide pages `state-map-distributed` and `iam-policies-eg-dist-map`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.asl.model import UNSET, ItemReader, Map, ReaderConfig, ResultWriter
from sfn_dsl.asl.services import Pattern
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.arguments import Argument, Form, Known, iam_text
from sfn_dsl.resources.iam.families.s3 import bucket_need, object_need
from sfn_dsl.resources.iam.family import Call, Need

__all__ = ["distributed", "needs_of_map"]

_CHILDREN = "the names of child executions are not known before they run"
_WRITES = ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload")


def distributed(state: Map) -> bool:
    """Whether a Map runs its items as child executions."""
    parts = [part for part in (state.item_processor, state.iterator) if part is not UNSET]
    configs = [part.processor_config for part in parts if part.processor_config is not UNSET]
    return any(config.mode == "DISTRIBUTED" for config in configs)


def needs_of_map(state: Map, form: Form, target: Target, *, machine: str) -> Iterator[Need]:
    """Starting and watching the executions of the machine itself, reading and writing in S3."""
    label = iam_text(state.label) if isinstance(state.label, str) else "*"
    executions = tuple(target.arn("states", f"execution:{machine}{part}:*") for part in ("", f"/{label}"))
    yield Need(actions=("states:StartExecution",), resources=(target.arn("states", f"stateMachine:{machine}"),))
    watching = ("states:DescribeExecution", "states:StopExecution")
    yield Need(actions=watching, resources=executions, why=_CHILDREN, used=executions[1:])
    yield Need(actions=("states:RedriveExecution",), resources=executions[1:], why=_CHILDREN)
    if isinstance(state.item_reader, ItemReader):
        yield from _reads(state.item_reader, form, target)
    if isinstance(state.result_writer, ResultWriter) and state.result_writer.resource is not UNSET:
        yield _writes(state.result_writer, form, target)


def _call(part: ItemReader | ResultWriter, action: str, form: Form, target: Target) -> Call:
    value = part.arguments if part.arguments is not UNSET else part.parameters
    arguments = Argument(None, Form.UNKNOWN) if value is UNSET else Argument(value, form)
    return Call(
        prefix="s3",
        service="s3",
        action=action,
        pattern=Pattern.REQUEST_RESPONSE,
        sdk=False,
        arguments=arguments,
        target=target,
    )


def _reads(reader: ItemReader, form: Form, target: Target) -> Iterator[Need]:
    call = _call(reader, "getObject", form, target)
    bucket, key, prefix = call.known("Bucket"), call.known("Key"), call.known("Prefix")
    config = reader.reader_config if isinstance(reader.reader_config, ReaderConfig) else ReaderConfig()
    if isinstance(reader.resource, str) and reader.resource.endswith(":s3:listObjectsV2"):
        yield bucket_need(call, "ListBucket", bucket=bucket, prefix=prefix)
        if config.transformation == "LOAD_AND_FLATTEN":
            below = (
                Known((*prefix.parts, "")) if prefix and prefix.text is not None else Known((prefix.start if prefix else "", ""))
            )
            yield object_need(call, "GetObject", bucket=bucket, key=below, argument="Prefix")
        return
    action = "GetObjectVersion" if call.known("VersionId") else "GetObject"
    yield object_need(call, action, bucket=bucket, key=key)
    if config.input_type == "MANIFEST" or isinstance(config.manifest_type, str):
        everything = object_need(call, "GetObject", bucket=bucket, key=Known(("", "")))
        yield Need(
            actions=everything.actions,
            resources=everything.resources,
            conditions=everything.conditions,
            why="the manifest names the objects",
        )


def _writes(writer: ResultWriter, form: Form, target: Target) -> Need:
    call = _call(writer, "putObject", form, target)
    prefix = call.known("Prefix")
    key = Known(("", "")) if prefix is None else Known((*prefix.parts[:-1], prefix.parts[-1].rstrip("/") + "/", ""))
    if prefix is not None and prefix.parts[-1] == "" and len(prefix.parts) > 1:
        key = prefix
    return object_need(call, *_WRITES, bucket=call.known("Bucket"), key=key, argument="Prefix")
