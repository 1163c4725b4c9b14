"""Which services a Task can call, by which patterns, and what comes back.

Input shapes and error names come from botocore; what botocore does not say (the optimised integrations, their patterns,
what `.sync` returns, error prefixes) stands in the table here.

Source: Developer Guide pages `integrate-optimized`, `supported-services-awssdk`, `connect-to-resource`, and outputs recorded
from AWS.
"""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sfn_dsl.asl.shapes import ANY, Shape, operations, service_operation, services, structure

__all__ = [
    "Integration",
    "Pattern",
    "Resource",
    "actions",
    "integration",
    "optimised_services",
    "parse_resource",
    "sdk_services",
    "sync_output",
    "unmodelled_services",
]


class Pattern(enum.Enum):
    """How a Task waits for the service; the value is the suffix of the resource ARN."""

    REQUEST_RESPONSE = ""
    SYNC = ".sync"
    SYNC_2 = ".sync:2"
    CALLBACK = ".waitForTaskToken"


@dataclass(frozen=True, slots=True)
class Resource:
    """The parts of a Task's `Resource` that names a service integration."""

    partition: str
    service: str
    action: str
    pattern: Pattern
    sdk: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """What is known of one action: patterns, shapes, error names, and fields that take any JSON where the API wants text.

    `input` and `output` are `ANY` where nothing is known. `prefix` starts the names of its errors (`Glue.`, `DynamoDB.`).
    """

    name: str
    patterns: frozenset[Pattern]
    input: Shape
    output: Shape
    prefix: str
    errors: tuple[str, ...] = ()
    free: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Row:
    """An optimised action: `r` request-response, `s` .sync, `2` .sync:2, `t` .waitForTaskToken; and its API operation."""

    patterns: str
    service: str = ""
    operation: str = ""
    sync: tuple[str, str, str] | None = None
    free: str = ""


_HTTP_OUTPUT = structure("Headers ResponseBody StatusCode StatusText")
_EKS_CALL = structure("ClusterName CertificateAuthority Endpoint Method Path", "QueryParameters RequestBody")
_EKS_JOB = structure("ClusterName CertificateAuthority Endpoint Job", "Namespace LogOptions")
_API_CALL = structure("ApiEndpoint Method", "Headers Stage Path QueryParameters RequestBody AllowNullValues AuthType NoRequestBody")
_HTTP_CALL = structure("ApiEndpoint Method", "Authentication InvocationConfig Headers QueryParameters RequestBody Transform")

_OWN: Final[Mapping[str, tuple[Shape, Shape]]] = {
    "apigateway:invoke": (_API_CALL, _HTTP_OUTPUT),
    "eks:call": (_EKS_CALL, structure("ResponseBody StatusCode StatusText")),
    "eks:runJob": (_EKS_JOB, ANY),
    "http:invoke": (_HTTP_CALL, _HTTP_OUTPUT),
    "lambda:invoke": (ANY, structure("ExecutedVersion Payload StatusCode SdkHttpMetadata SdkResponseMetadata")),
}


def _same(patterns: str, service: str, names: str, **rest: str) -> dict[str, _Row]:
    return {name: _Row(patterns, service, name[:1].upper() + name[1:], **rest) for name in names.split()}  # type: ignore[arg-type]


_OPTIMISED: Final[Mapping[str, Mapping[str, _Row]]] = {
    "apigateway": {"invoke": _Row("rt")},
    "athena": {
        "startQueryExecution": _Row("rs", "athena", "StartQueryExecution", ("athena", "GetQueryExecution", "")),
        **_same("r", "athena", "stopQueryExecution getQueryExecution getQueryResults"),
    },
    "batch": {"submitJob": _Row("rs", "batch", "SubmitJob", ("batch", "DescribeJobs", "Jobs[]"))},
    "bedrock": {
        "invokeModel": _Row("rt"),
        **_same("rs", "bedrock", "createModelCustomizationJob"),
    },
    "codebuild": {
        "startBuild": _Row("rs", "codebuild", "StartBuild", ("codebuild", "StartBuild", "")),
        "startBuildBatch": _Row("rs", "codebuild", "StartBuildBatch", ("codebuild", "StartBuildBatch", "")),
        **_same("r", "codebuild", "stopBuild stopBuildBatch batchDeleteBuilds batchGetReports"),
        **_same("rs", "codebuild", "retryBuild retryBuildBatch"),
    },
    "databrew": _same("rs", "databrew", "startJobRun"),
    "dynamodb": _same("r", "dynamodb", "getItem putItem updateItem deleteItem"),
    "ecs": {"runTask": _Row("rst", "ecs", "RunTask", ("ecs", "DescribeTasks", "Tasks[]"))},
    "eks": {
        "call": _Row("r"),
        "runJob": _Row("rs"),
        **_same(
            "rs", "eks", "createCluster deleteCluster createNodegroup deleteNodegroup createFargateProfile deleteFargateProfile"
        ),
    },
    "elasticmapreduce": {
        "createCluster": _Row("rs", "emr", "RunJobFlow"),
        "addStep": _Row("rs"),
        "terminateCluster": _Row("rs"),
        "cancelStep": _Row("r"),
        "modifyInstanceFleetByName": _Row("r"),
        "modifyInstanceGroupByName": _Row("r"),
        "setClusterTerminationProtection": _Row("r"),
    },
    "emr-containers": {
        **_same("r", "emr-containers", "createVirtualCluster"),
        **_same("rs", "emr-containers", "deleteVirtualCluster startJobRun"),
    },
    "emr-serverless": {
        **_same("rs", "emr-serverless", "createApplication startApplication stopApplication deleteApplication startJobRun"),
        **_same("rs", "emr-serverless", "cancelJobRun"),
    },
    "events": {"putEvents": _Row("rt", "events", "PutEvents", free="Detail")},
    "glue": {"startJobRun": _Row("rst", "glue", "StartJobRun", ("glue", "GetJobRun", "JobRun"))},
    "http": {"invoke": _Row("r")},
    "lambda": {"invoke": _Row("rt", "lambda", "Invoke", free="Payload ClientContext")},
    "mediaconvert": _same("rs", "mediaconvert", "createJob"),
    "sagemaker": {
        **_same(
            "rs",
            "sagemaker",
            "createTrainingJob createTransformJob createProcessingJob createLabelingJob createHyperParameterTuningJob",
        ),
        **_same("r", "sagemaker", "createModel createEndpoint createEndpointConfig updateEndpoint"),
    },
    "sns": {"publish": _Row("rt", "sns", "Publish", free="Message")},
    "sqs": {"sendMessage": _Row("rt", "sqs", "SendMessage", free="MessageBody")},
    "states": {"startExecution": _Row("rs2t", "stepfunctions", "StartExecution", free="Input")},
}

_PREFIXES: Final[Mapping[str, str]] = {
    "apigateway": "ApiGateway",
    "athena": "Athena",
    "batch": "Batch",
    "bedrock": "Bedrock",
    "codebuild": "CodeBuild",
    "databrew": "DataBrew",
    "dynamodb": "DynamoDB",
    "ecs": "ECS",
    "eks": "EKS",
    "elasticmapreduce": "ElasticMapReduce",
    "emr-containers": "EMRContainers",
    "emr-serverless": "EMRServerless",
    "events": "EventBridge",
    "glue": "Glue",
    "http": "States.Http",
    "lambda": "Lambda",
    "mediaconvert": "MediaConvert",
    "sagemaker": "SageMaker",
    "sns": "SNS",
    "sqs": "SQS",
    "states": "StepFunctions",
}

_LETTERS: Final = {"r": Pattern.REQUEST_RESPONSE, "s": Pattern.SYNC, "2": Pattern.SYNC_2, "t": Pattern.CALLBACK}

# The service part of an `aws-sdk` resource is the AWS SDK for Java 2.x name: botocore's folder without hyphens, save for these.
_SDK_NAMES: Final[Mapping[str, str]] = {
    "applicationdiscovery": "discovery",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "costandusagereport": "cur",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "directory": "ds",
    "directoryservicedata": "ds-data",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearch": "es",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuilding": "lex-models",
    "lexmodelsv2": "lexv2-models",
    "lexruntimev2": "lexv2-runtime",
    "marketplacemetering": "meteringmarketplace",
    "migrationhub": "mgh",
    "pinpointsmsvoice": "sms-voice",
    "serverlessapplicationrepository": "serverlessrepo",
    "sfn": "stepfunctions",
    "simpledb": "sdb",
}

# Services that AWS has retired or renamed, so that botocore's models do not tell whether Step Functions still takes them.
_UNMODELLED_NAMES: Final = """
    alexaforbusiness amplifybackend appmesh backupstorage chime cloudwatchevents codestar configservice elasticinference
    elastictranscoder evidently finspace finspacedata forecast forecastquery frauddetector gamesparks groundtruth honeycode
    importexport inspector iot1clickdevices iot1clickprojects iot1clickdevicesservice iotanalytics iotevents ioteventsdata
    iotfleethub iotroborunner iotthingsgraph kinesisanalytics lookoutequipment lookoutmetrics lookoutvision machinelearning macie
    mediastore mediastoredata mobile mobileanalytics nimble opsworks opsworkscm panorama pinpoint privatenetworks proton qldb
    qldbsession robomaker sagemakeredge simspaceweaver sms voiceid wisdom workdocs worklink
"""
_UNMODELLED: Final = frozenset(_UNMODELLED_NAMES.split())

_SDK_PREFIXES: Final[Mapping[str, str]] = {
    "apigateway": "ApiGateway",
    "cloudformation": "CloudFormation",
    "cloudwatch": "CloudWatch",
    "cloudwatchlogs": "CloudWatchLogs",
    "databasemigration": "DatabaseMigration",
    "databrew": "DataBrew",
    "datasync": "DataSync",
    "datazone": "DataZone",
    "dynamodb": "DynamoDb",
    "elasticache": "ElastiCache",
    "emrserverless": "EmrServerless",
    "eventbridge": "EventBridge",
    "lakeformation": "LakeFormation",
    "opensearch": "OpenSearch",
    "quicksight": "QuickSight",
    "rdsdata": "RdsData",
    "redshiftdata": "RedshiftData",
    "redshiftserverless": "RedshiftServerless",
    "s3tables": "S3Tables",
    "sagemaker": "SageMaker",
    "secretsmanager": "SecretsManager",
    "sesv2": "SesV2",
    "timestreamquery": "TimestreamQuery",
    "timestreamwrite": "TimestreamWrite",
}

_RESOURCE = re.compile(
    r"arn:(?P<partition>[\w-]+):states:::(?P<sdk>aws-sdk:)?(?P<service>[\w-]+):(?P<action>\w+)(?P<suffix>\.[\w:]+)?"
)


def parse_resource(resource: str) -> Resource | None:
    """The parts of a service integration ARN; None for Lambda functions, activities and other text, or an unknown suffix."""
    match = _RESOURCE.fullmatch(resource)
    if match is None or (match["suffix"] or "") not in {pattern.value for pattern in Pattern}:
        return None
    return Resource(match["partition"], match["service"], match["action"], Pattern(match["suffix"] or ""), bool(match["sdk"]))


@functools.cache
def integration(service: str, action: str, sdk: bool = False) -> Integration | None:
    """The catalogue's entry for an action, or None when Step Functions has none of that name.

    `integration("glue", "startJobRun")`, `integration("redshiftdata", "executeStatement", sdk=True)`.
    """
    return _sdk(service, action) if sdk else _optimised(service, action)


def actions(service: str, sdk: bool = False) -> tuple[str, ...]:
    """Names of all actions of a service, for suggestions; empty when the service is unknown."""
    if not sdk:
        return tuple(_OPTIMISED.get(service, ()))
    folder = _sdk_folder(service)
    return tuple(name[:1].lower() + name[1:] for name in operations(folder)) if folder else ()


def sdk_services() -> tuple[str, ...]:
    """Names of all `aws-sdk` services."""
    renamed = set(_SDK_NAMES.values())
    plain = {name.replace("-", "") for name in services() if name not in renamed}
    return tuple(sorted(plain | set(_SDK_NAMES)))


def unmodelled_services() -> frozenset[str]:
    """Names of `aws-sdk` services that AWS has or had although botocore may not know them: nothing can be said of their actions."""
    return _UNMODELLED


def optimised_services() -> tuple[str, ...]:
    """Names of all services with an optimised integration."""
    return tuple(_OPTIMISED)


def _optimised(service: str, action: str) -> Integration | None:
    row = _OPTIMISED.get(service, {}).get(action)
    if row is None:
        return None
    name = f"{service}:{action}"
    own_input, own_output = _OWN.get(name, (ANY, ANY))
    api = service_operation(row.service, row.operation) if row.service else None
    prefix = _PREFIXES[service]
    return Integration(
        name=name,
        patterns=frozenset(_LETTERS[letter] for letter in row.patterns),
        input=api.input if api else own_input,
        output=api.output if api and own_output is ANY else own_output,
        prefix=prefix,
        errors=tuple(f"{prefix}.{_exception(error)}" for error in api.errors) if api else (),
        free=frozenset(row.free.split()),
    )


@functools.cache
def sync_output(service: str, action: str, pattern: Pattern) -> Shape:
    """What a `.sync` call returns: the description of the finished job, as far as it is known."""
    row = _OPTIMISED.get(service, {}).get(action)
    if row is None or row.sync is None:
        return ANY
    api_service, operation, path = row.sync
    try:
        api = service_operation(api_service, operation)
    except LookupError:
        return ANY  # botocore is not installed: nothing is known
    shape = api.output if api else ANY
    if path:
        shape = shape.step_into(path.removesuffix("[]")) or ANY
        shape = shape.element if path.endswith("[]") else shape
    return shape


def _sdk_folder(service: str) -> str | None:
    renamed = _SDK_NAMES.get(service)
    if renamed is not None:
        return renamed
    taken = set(_SDK_NAMES.values())
    for folder in services():
        if folder.replace("-", "") == service and folder not in taken:
            return folder
    return None


def _sdk(service: str, action: str) -> Integration | None:
    folder = _sdk_folder(service)
    if folder is None or not action[:1].islower():
        return None
    api = service_operation(folder, action[:1].upper() + action[1:])
    if api is None:
        return None
    prefix = _SDK_PREFIXES.get(service, service[:1].upper() + service[1:])
    return Integration(
        name=f"aws-sdk:{service}:{action}",
        patterns=frozenset({Pattern.REQUEST_RESPONSE, Pattern.CALLBACK}),
        input=api.input,
        output=api.output,
        prefix=prefix,
        errors=tuple(f"{prefix}.{_exception(error)}" for error in api.errors),
    )


def _exception(name: str) -> str:
    """The name in the SDK for Java: `InternalServiceFault` is `InternalServiceException`."""
    return name if name.endswith("Exception") else f"{name.removesuffix('Fault')}Exception"
