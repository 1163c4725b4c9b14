"""What shape the result of a Task has: as the next state sees it, and as TestState checks a mock of it.

The two differ for `.sync`: a mock is checked against the output of the API that Step Functions polls, the result is (for some
services) one part of that output.

Source: Developer Guide pages `integrate-optimized` and its children, `test-state-isolation`; results recorded from AWS.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from sfn_dsl.asl.services import Pattern, Resource, integration, parse_resource
from sfn_dsl.asl.shapes import ANY, Shape, service_operation, structure

__all__ = ["METADATA", "has_status", "job_name", "mock_shape", "result_shape", "success_word"]

METADATA: Final = frozenset({"dynamodb", "lambda", "sns", "sqs", "states"})
"""Optimised services whose results carry `SdkHttpMetadata` and `SdkResponseMetadata` (recorded on AWS)."""

_METADATA_SHAPES: Final[Mapping[str, Shape]] = {
    "SdkHttpMetadata": structure("", "AllHttpHeaders HttpHeaders HttpStatusCode"),
    "SdkResponseMetadata": structure("", "RequestId"),
}


@dataclass(frozen=True, slots=True)
class _Poll:
    """The API that `.sync` polls: botocore's service and operation, and where in its output the result is.

    `part` is a member, `Jobs[]` the only element of a member; empty: the result is the output itself. `wrapped` names the one
    member of a result that holds the part.
    """

    service: str
    operation: str
    part: str = ""
    wrapped: str = ""


_POLLED: Final[Mapping[str, _Poll]] = {
    "athena:startQueryExecution": _Poll("athena", "GetQueryExecution"),
    "batch:submitJob": _Poll("batch", "DescribeJobs", "Jobs[]"),
    "bedrock:createModelCustomizationJob": _Poll("bedrock", "GetModelCustomizationJob"),
    "codebuild:retryBuild": _Poll("codebuild", "BatchGetBuilds", "Builds[]", "Build"),
    "codebuild:retryBuildBatch": _Poll("codebuild", "BatchGetBuildBatches", "BuildBatches[]", "BuildBatch"),
    "codebuild:startBuild": _Poll("codebuild", "BatchGetBuilds", "Builds[]", "Build"),
    "codebuild:startBuildBatch": _Poll("codebuild", "BatchGetBuildBatches", "BuildBatches[]", "BuildBatch"),
    "databrew:startJobRun": _Poll("databrew", "DescribeJobRun"),
    "ecs:runTask": _Poll("ecs", "DescribeTasks", "Tasks[]"),
    "eks:createCluster": _Poll("eks", "DescribeCluster"),
    "eks:createFargateProfile": _Poll("eks", "DescribeFargateProfile"),
    "eks:createNodegroup": _Poll("eks", "DescribeNodegroup"),
    "eks:deleteCluster": _Poll("eks", "DescribeCluster"),
    "eks:deleteFargateProfile": _Poll("eks", "DescribeFargateProfile"),
    "eks:deleteNodegroup": _Poll("eks", "DescribeNodegroup"),
    "elasticmapreduce:addStep": _Poll("emr", "DescribeStep"),
    "elasticmapreduce:createCluster": _Poll("emr", "DescribeCluster"),
    "elasticmapreduce:terminateCluster": _Poll("emr", "DescribeCluster"),
    "emr-containers:deleteVirtualCluster": _Poll("emr-containers", "DescribeVirtualCluster"),
    "emr-containers:startJobRun": _Poll("emr-containers", "DescribeJobRun"),
    "emr-serverless:cancelJobRun": _Poll("emr-serverless", "GetJobRun"),
    "emr-serverless:createApplication": _Poll("emr-serverless", "GetApplication"),
    "emr-serverless:deleteApplication": _Poll("emr-serverless", "GetApplication"),
    "emr-serverless:startApplication": _Poll("emr-serverless", "GetApplication"),
    "emr-serverless:startJobRun": _Poll("emr-serverless", "GetJobRun"),
    "emr-serverless:stopApplication": _Poll("emr-serverless", "GetApplication"),
    "glue:startJobRun": _Poll("glue", "GetJobRun", "JobRun"),
    "mediaconvert:createJob": _Poll("mediaconvert", "GetJob"),
    "sagemaker:createHyperParameterTuningJob": _Poll("sagemaker", "DescribeHyperParameterTuningJob"),
    "sagemaker:createLabelingJob": _Poll("sagemaker", "DescribeLabelingJob"),
    "sagemaker:createProcessingJob": _Poll("sagemaker", "DescribeProcessingJob"),
    "sagemaker:createTrainingJob": _Poll("sagemaker", "DescribeTrainingJob"),
    "sagemaker:createTransformJob": _Poll("sagemaker", "DescribeTransformJob"),
    "states:startExecution": _Poll("stepfunctions", "DescribeExecution"),
}

# Services that hand on what another server answers: there is no API model to check a mock against.
_UNCHECKED: Final = frozenset({"apigateway", "eks", "http"})

# Actions whose output another operation of botocore's describes.
_OUTPUTS: Final[Mapping[str, tuple[str, str]]] = {
    "bedrock:invokeModel": ("bedrock-runtime", "InvokeModel"),
    "lambda:invoke": ("lambda", "Invoke"),
}

# Members that Step Functions hands on parsed, whatever the API calls them.
_PARSED: Final[Mapping[str, tuple[str, ...]]] = {
    "bedrock:invokeModel": ("Body",),
    "lambda:invoke": ("Payload",),
    "states:startExecution.sync:2": ("Input", "Output"),
}

# Members that Step Functions adds to a result.
_STRING: Final = Shape(kind="string")
_ADDED: Final[Mapping[str, tuple[str, ...]]] = {
    "elasticmapreduce:addStep": ("StepId",),
    "elasticmapreduce:addStep.sync": ("StepId",),
    "elasticmapreduce:createCluster": ("ClusterId", "ClusterArn"),
    "elasticmapreduce:createCluster.sync": ("ClusterId", "ClusterArn"),
    "glue:startJobRun": ("JobName",),
}

# Words of an enumeration that mean success, best first: of a job, then of a thing that can be used or is over.
_DONE: Final = ("SUCCEEDED", "SUCCESS", "SUCCESSFUL", "COMPLETED", "COMPLETE", "FINISHED", "DONE", "CREATE_COMPLETE")
_READY: Final = ("ACTIVE", "AVAILABLE", "INSERVICE", "READY", "ENABLED", "OK", "CREATED", "STARTED", "WAITING", "RUNNING")
_OVER: Final = ("STOPPED", "TERMINATED", "DELETED")
# What an action brings about, where the thing has a word for it.
_BROUGHT_ABOUT: Final[Mapping[str, tuple[str, ...]]] = {
    "cancel": ("CANCELLED",),
    "delete": ("DELETED", "TERMINATED"),
    "start": (*_DONE, "STARTED"),
    "stop": ("STOPPED",),
    "terminate": ("TERMINATED",),
}
# Statuses for which the API's model lists no words.
_PLAIN_STATUS: Final[Mapping[str, str]] = {
    "ClusterStatus": "available",
    "DBInstanceStatus": "available",
    "DesiredStatus": "STOPPED",
    "LastStatus": "STOPPED",
    "Status": "available",
}
_STATUS = re.compile(r"(?<!Replication)(Status|State)$")
_LISTING = re.compile(r"(list|query|scan|search)(?![a-z])")
_VERB = re.compile("[a-z]*")


@functools.lru_cache(maxsize=4096)
def result_shape(resource: str) -> Shape:
    """What `$states.result` of a Task looks like; `ANY` for functions, activities, callbacks and what is not known."""
    known = parse_resource(resource)
    if known is None or known.pattern is Pattern.CALLBACK:
        return ANY
    if known.sdk or known.pattern is Pattern.REQUEST_RESPONSE:
        return _extended(_output(known), known)
    poll = _polled(known)
    if poll is None:
        return ANY
    shape = _operation_output(poll.service, poll.operation)
    if poll.part and shape is not ANY:
        shape = shape.step_into(poll.part.removesuffix("[]")) or ANY
        shape = shape.element if poll.part.endswith("[]") else shape
    if poll.wrapped:
        shape = structure("", poll.wrapped, **{poll.wrapped: shape})
    return _extended(_with_parsed(shape, known), known)


@functools.lru_cache(maxsize=4096)
def mock_shape(resource: str) -> Shape:
    """What TestState checks a mocked result against; `ANY` where it checks nothing."""
    known = parse_resource(resource)
    if known is None or known.pattern is Pattern.CALLBACK or (not known.sdk and known.service in _UNCHECKED):
        return ANY
    if known.sdk or known.pattern is Pattern.REQUEST_RESPONSE:
        return _output(known)
    poll = _polled(known)
    return ANY if poll is None else _with_parsed(_operation_output(poll.service, poll.operation), known)


def job_name(resource: str) -> str:
    """What the API calls the thing that a result describes: `Execution` of DescribeExecution, `Job` of `Jobs[]`; or empty."""
    known = parse_resource(resource)
    if known is None:
        return ""
    poll = _polled(known) if known.pattern in (Pattern.SYNC, Pattern.SYNC_2) else None
    if poll is None:
        return known.action.lstrip("abcdefghijklmnopqrstuvwxyz")
    part = poll.wrapped or poll.part
    return part.removesuffix("[]").removesuffix("s") if part else poll.operation.removeprefix("Describe").removeprefix("Get")


def success_word(name: str, shape: Shape, action: str) -> str:
    """The word by which a member says that all is well after an action, if it is a status; else empty."""
    if shape.kind != "string" or not _STATUS.search(name):
        return ""
    if not shape.values:
        return _PLAIN_STATUS.get(name, "")
    verb = _VERB.match(action)
    words = {value.upper().replace(" ", ""): value for value in shape.values}
    ranked = (*_BROUGHT_ABOUT.get(verb[0] if verb else "", ()), *_DONE, *_READY, *_OVER)
    return next((words[word] for word in ranked if word in words), "")


def has_status(shape: Shape, action: str, *, levels: int = 0) -> bool:
    """Whether an object, or each element of a list that is not one of search results, has a status: itself or `levels` below."""
    if shape.kind == "list":
        shape = ANY if _LISTING.match(action) else shape.element
    if shape.kind != "structure":
        return False
    if any(success_word(name, inner, action) for name, inner in shape.members.items()):
        return True
    return levels > 0 and any(
        inner.kind == "structure" and has_status(inner, action, levels=levels - 1) for inner in shape.members.values()
    )


def _polled(known: Resource) -> _Poll | None:
    return _POLLED.get(f"{known.service}:{known.action}")


def _output(known: Resource) -> Shape:
    other = None if known.sdk else _OUTPUTS.get(f"{known.service}:{known.action}")
    if other is not None:
        return _with_parsed(_operation_output(*other), known)
    try:
        found = integration(known.service, known.action, known.sdk)
    except LookupError:
        return ANY  # botocore is not installed, or is older than the service
    return found.output if found is not None else ANY


def _operation_output(service: str, operation: str) -> Shape:
    try:
        found = service_operation(service, operation)
    except LookupError:
        return ANY  # botocore is not installed, or is older than the service
    return found.output if found is not None else ANY


def _with_parsed(shape: Shape, known: Resource) -> Shape:
    names = _PARSED.get(f"{known.service}:{known.action}{known.pattern.value}", ())
    return _with_members(shape, dict.fromkeys(names, ANY))


def _extended(shape: Shape, known: Resource) -> Shape:
    """The shape with what Step Functions itself adds to the API's output."""
    if known.sdk:
        return shape
    added = dict.fromkeys(_ADDED.get(f"{known.service}:{known.action}{known.pattern.value}", ()), _STRING)
    if known.service in METADATA and known.pattern is Pattern.REQUEST_RESPONSE:
        added |= _METADATA_SHAPES
    return _with_members(shape, added)


def _with_members(shape: Shape, members: Mapping[str, Shape]) -> Shape:
    if not members or shape.kind != "structure":
        return shape
    return replace(shape, members={**shape.members, **members})
