"""Differential test: every service step and state of the SDK, its JSON and ours for the same meaning."""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

pytest.importorskip("stepfunctions", reason="the `stepfunctions` SDK is not installed: make test-sdk", exc_type=ImportError)

from sfn_dsl import (
    CONTINUE,
    Branch,
    Catcher,
    DynamoDB,
    Extract,
    Fail,
    ForEach,
    Input,
    Item,
    Notify,
    Parallel,
    Pipeline,
    StartPipeline,
    Succeed,
    Task,
    Wait,
    retry,
)
from sfn_dsl.asl.emit import to_json
from sfn_dsl.compile.machine import compile_pipeline
from sfn_dsl.region import Target
from sfn_dsl.sdk import steps

pytestmark = pytest.mark.sdk

BATCH = Input(mode=str, files=[str])
TARGET = Target(region="us-east-1", account="111122223333")
ROLE = "arn:aws:iam::111122223333:role/sagemaker"
IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/image:1"
SOURCE = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://lake/in"}}
TRAINING_SOURCE = {"S3DataSource": {**SOURCE["S3DataSource"], "S3DataDistributionType": "FullyReplicated"}}


def states(body: Any) -> dict[str, Any]:
    compiled = compile_pipeline(Pipeline(name="p", input=BATCH, body=body), TARGET, query_language="JSONPath")
    assert compiled.diagnostics == ()
    return to_json(compiled.machine)["States"]


def meaning(value: Any) -> Any:
    """A state without what ours adds on purpose: `OutputPath: null` and a catcher's `ResultPath: null` (nothing is carried
    along by accident; values go by variables), and `ItemProcessor` for the older `Iterator` with its default `Mode`."""
    if isinstance(value, list):
        return [meaning(member) for member in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, member in value.items():
        if key in ("OutputPath", "ResultPath") and member is None:
            continue
        if key in ("ItemProcessor", "Iterator"):
            member = {inner: what for inner, what in member.items() if inner != "ProcessorConfig"}
            key = "Iterator"
        found[key] = meaning(member)
    return found


# SageMaker's objects, which need a session


def _sagemaker() -> dict[str, Any]:
    import boto3
    from sagemaker.estimator import Estimator
    from sagemaker.inputs import TrainingInput
    from sagemaker.model import Model
    from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
    from sagemaker.session import Session
    from sagemaker.transformer import Transformer
    from sagemaker.tuner import ContinuousParameter, HyperparameterTuner

    boto = boto3.Session(aws_access_key_id="none", aws_secret_access_key="none", region_name="us-east-1")
    session = Session(boto_session=boto, sagemaker_client=boto.client("sagemaker"), default_bucket="lake")
    machine = {"instance_count": 1, "instance_type": "ml.m5.large", "sagemaker_session": session}
    estimator = Estimator(
        image_uri=IMAGE,
        role=ROLE,
        output_path="s3://lake/out",
        disable_profiler=True,
        debugger_hook_config=False,
        hyperparameters={"depth": "3"},
        **machine,
    )
    return {
        "data": {"train": TrainingInput("s3://lake/in")},
        "estimator": estimator,
        "model": Model(image_uri=IMAGE, model_data="s3://lake/m.tar.gz", role=ROLE, name="m", sagemaker_session=session),
        "processor": Processor(role=ROLE, image_uri=IMAGE, **machine),
        "inputs": [ProcessingInput(source="s3://lake/in", destination="/opt/ml/in", input_name="in")],
        "outputs": [ProcessingOutput(source="/opt/ml/out", destination="s3://lake/out", output_name="out")],
        "transformer": Transformer(model_name="m", output_path="s3://lake/out", **machine),
        "tuner": HyperparameterTuner(
            estimator,
            objective_metric_name="loss",
            hyperparameter_ranges={"eta": ContinuousParameter(0, 1)},
            metric_definitions=[{"Name": "loss", "Regex": "loss=(.*)"}],
            max_jobs=2,
        ),
    }


RESOURCES = {"InstanceCount": 1, "InstanceType": "ml.m5.large"}
CHANNEL = [{"DataSource": TRAINING_SOURCE, "ChannelName": "train"}]
JOB = {
    "OutputDataConfig": {"S3OutputPath": "s3://lake/out"},
    "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
    "ResourceConfig": {"VolumeSizeInGB": 30, **RESOURCES},
    "RoleArn": ROLE,
    "InputDataConfig": CHANNEL,
}
TRAINING = {
    "TrainingJobName": "job",
    "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
    **JOB,
    "HyperParameters": {"depth": "3"},
}
TUNING = {
    "HyperParameterTuningJobName": "job",
    "HyperParameterTuningJobConfig": {
        "Strategy": "Bayesian",
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1},
        "TrainingJobEarlyStoppingType": "Off",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "loss"},
        "ParameterRanges": {
            "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0", "MaxValue": "1", "ScalingType": "Auto"}],
            "CategoricalParameterRanges": [],
            "IntegerParameterRanges": [],
        },
    },
    "TrainingJobDefinition": {
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*)"}],
        },
        **JOB,
        "StaticHyperParameters": {"depth": "3"},
    },
}
TRANSFORM = {
    "TransformJobName": "job",
    "ModelName": "m",
    "TransformInput": {"DataSource": SOURCE},
    "TransformOutput": {"S3OutputPath": "s3://lake/out"},
    "TransformResources": RESOURCES,
}
MODEL = {
    "ModelName": "m",
    "ExecutionRoleArn": ROLE,
    "PrimaryContainer": {"Environment": {}, "Image": IMAGE, "ModelDataUrl": "s3://lake/m.tar.gz"},
}
PROCESSING = {
    "ProcessingJobName": "job",
    "ProcessingInputs": [
        {
            "InputName": "in",
            "AppManaged": False,
            "S3Input": {
                "LocalPath": "/opt/ml/in",
                "S3Uri": "s3://lake/in",
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
                "S3DataDistributionType": "FullyReplicated",
                "S3CompressionType": "None",
            },
        }
    ],
    "ProcessingOutputConfig": {
        "Outputs": [
            {
                "OutputName": "out",
                "AppManaged": False,
                "S3Output": {"LocalPath": "/opt/ml/out", "S3Uri": "s3://lake/out", "S3UploadMode": "EndOfJob"},
            }
        ]
    },
    "AppSpecification": {"ImageUri": IMAGE},
    "RoleArn": ROLE,
    "ProcessingResources": {"ClusterConfig": {**RESOURCES, "VolumeSizeInGB": 30}},
}
VARIANT = {"InitialInstanceCount": 1, "InstanceType": "ml.m5.large", "ModelName": "m", "VariantName": "AllTraffic"}


# The table


@dataclass(frozen=True)
class Case:
    """A class of the SDK, how to make its object called `S`, and ours."""

    cls: str
    theirs: Callable[[], Any]
    ours: Callable[[], Any]
    label: str = ""


def call(cls: str, resource: str, arguments: dict[str, Any], label: str = "", **options: Any) -> Case:
    """A service step whose payload is `parameters`."""
    return Case(
        cls,
        lambda: getattr(steps, cls)("S", parameters=arguments, **options),
        lambda: Task("S", resource=resource, arguments=arguments),
        label,
    )


def trained(cls: str, resource: str, arguments: dict[str, Any], *needs: str, label: str = "", **options: Any) -> Case:
    """A SageMaker step, made from sagemaker's objects."""

    def theirs() -> Any:
        objects = _sagemaker()
        return getattr(steps, cls)("S", **{name: objects[name] for name in needs}, **options)

    return Case(cls, theirs, lambda: Task("S", resource=resource, arguments=arguments), label)


def pattern(name: str) -> Any:
    return importlib.import_module("stepfunctions.steps.integration_resources").IntegrationPattern[name]


CALL_ONLY = pattern("CallAndContinue")
CALLBACK = pattern("WaitForTaskToken")
KEY = {"id": {"S": "1"}}
CLUSTER = {"Name": "c", "ResourcesVpcConfig": {"SubnetIds": ["s-1"]}, "RoleArn": ROLE}
NODES = {"ClusterName": "c", "NodegroupName": "n", "Subnets": ["s-1"], "NodeRole": ROLE}
PROFILE = {"ClusterName": "c", "FargateProfileName": "f", "PodExecutionRoleArn": ROLE}
EKS_JOB = {"ClusterName": "c", "CertificateAuthority": "ca", "Endpoint": "https://e", "Job": {"kind": "Job"}}
EKS_CALL = {"ClusterName": "c", "CertificateAuthority": "ca", "Endpoint": "https://e", "Method": "GET", "Path": "/api"}
EMR = {"Name": "c", "ReleaseLabel": "emr-7.0.0", "Instances": {"KeepJobFlowAliveWhenNoSteps": True}}
EMR_STEP = {"ClusterId": "j-1", "Step": {"Name": "s", "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["ls"]}}}
FLEET = {"ClusterId": "j-1", "InstanceFleetName": "core", "InstanceFleet": {"TargetOnDemandCapacity": 2}}
GROUP = {"ClusterId": "j-1", "InstanceGroupName": "core", "InstanceGroup": {"InstanceCount": 2}}
EVENT = {"Entries": [{"Source": "etl", "DetailType": "done", "Detail": {"a": 1}, "EventBusName": "bus"}]}
ARN = "arn:aws:states:us-east-1:111122223333:stateMachine:other"
TOPIC = "arn:aws:sns:us-east-1:111122223333:alerts"
QUEUE = "https://sqs.us-east-1.amazonaws.com/111122223333/work"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:f"

SERVICES = [
    call("LambdaStep", "lambda:invoke", {"FunctionName": "f", "Payload": {"a": 1}}),
    call("LambdaStep", "lambda:invoke.waitForTaskToken", {"FunctionName": "f"}, "callback", wait_for_callback=True),
    call("GlueStartJobRunStep", "glue:startJobRun.sync", {"JobName": "j", "Arguments": {"--a": "1"}}),
    call("GlueStartJobRunStep", "glue:startJobRun", {"JobName": "j"}, "no wait", wait_for_completion=False),
    call("BatchSubmitJobStep", "batch:submitJob.sync", {"JobName": "j", "JobQueue": "q", "JobDefinition": "d"}),
    call("EcsRunTaskStep", "ecs:runTask.sync", {"Cluster": "c", "TaskDefinition": "t", "LaunchType": "FARGATE"}),
    call("DynamoDBGetItemStep", "dynamodb:getItem", {"TableName": "t", "Key": KEY}),
    call("DynamoDBPutItemStep", "dynamodb:putItem", {"TableName": "t", "Item": KEY}),
    call("DynamoDBUpdateItemStep", "dynamodb:updateItem", {"TableName": "t", "Key": KEY, "UpdateExpression": "REMOVE a"}),
    call("DynamoDBDeleteItemStep", "dynamodb:deleteItem", {"TableName": "t", "Key": KEY}),
    call("EksCreateClusterStep", "eks:createCluster.sync", CLUSTER),
    call("EksCreateClusterStep", "eks:createCluster", CLUSTER, "no wait", integration_pattern=CALL_ONLY),
    call("EksDeleteClusterStep", "eks:deleteCluster.sync", {"Name": "c"}),
    call("EksCreateNodegroupStep", "eks:createNodegroup.sync", NODES),
    call("EksDeleteNodegroupStep", "eks:deleteNodegroup.sync", {"ClusterName": "c", "NodegroupName": "n"}),
    call("EksCreateFargateProfileStep", "eks:createFargateProfile.sync", PROFILE),
    call("EksDeleteFargateProfileStep", "eks:deleteFargateProfile.sync", {"ClusterName": "c", "FargateProfileName": "f"}),
    call("EksRunJobStep", "eks:runJob.sync", EKS_JOB),
    call("EksCallStep", "eks:call", EKS_CALL),
    call("EmrCreateClusterStep", "elasticmapreduce:createCluster.sync", EMR),
    call("EmrCreateClusterStep", "elasticmapreduce:createCluster", EMR, "no wait", wait_for_completion=False),
    call("EmrTerminateClusterStep", "elasticmapreduce:terminateCluster.sync", {"ClusterId": "j-1"}),
    call("EmrAddStepStep", "elasticmapreduce:addStep.sync", EMR_STEP),
    call("EmrCancelStepStep", "elasticmapreduce:cancelStep", {"ClusterId": "j-1", "StepId": "s-1"}),
    call(
        "EmrSetClusterTerminationProtectionStep",
        "elasticmapreduce:setClusterTerminationProtection",
        {"ClusterId": "j-1", "TerminationProtected": True},
    ),
    call("EmrModifyInstanceFleetByNameStep", "elasticmapreduce:modifyInstanceFleetByName", FLEET),
    call("EmrModifyInstanceGroupByNameStep", "elasticmapreduce:modifyInstanceGroupByName", GROUP),
    call("EventBridgePutEventsStep", "events:putEvents", EVENT),
    call("GlueDataBrewStartJobRunStep", "databrew:startJobRun.sync", {"Name": "j"}),
    call("SnsPublishStep", "sns:publish", {"TopicArn": TOPIC, "Message": "m"}),
    call("SqsSendMessageStep", "sqs:sendMessage", {"QueueUrl": QUEUE, "MessageBody": "m"}),
    call("StepFunctionsStartExecutionStep", "states:startExecution.sync:2", {"StateMachineArn": ARN, "Input": {"a": 1}}),
    call("StepFunctionsStartExecutionStep", "states:startExecution", {"StateMachineArn": ARN}, "", integration_pattern=CALL_ONLY),
    trained("TrainingStep", "sagemaker:createTrainingJob.sync", TRAINING, "estimator", "data", job_name="job"),
    trained(
        "TransformStep",
        "sagemaker:createTransformJob.sync",
        TRANSFORM,
        "transformer",
        job_name="job",
        model_name="m",
        data="s3://lake/in",
    ),
    trained("TuningStep", "sagemaker:createHyperParameterTuningJob.sync", TUNING, "tuner", "data", job_name="job"),
    trained("ProcessingStep", "sagemaker:createProcessingJob.sync", PROCESSING, "processor", "inputs", "outputs", job_name="job"),
    trained("ModelStep", "sagemaker:createModel", MODEL, "model"),
    trained(
        "EndpointConfigStep",
        "sagemaker:createEndpointConfig",
        {"EndpointConfigName": "c", "ProductionVariants": [VARIANT]},
        endpoint_config_name="c",
        model_name="m",
        initial_instance_count=1,
        instance_type="ml.m5.large",
    ),
    trained(
        "EndpointStep",
        "sagemaker:createEndpoint",
        {"EndpointName": "e", "EndpointConfigName": "c"},
        endpoint_name="e",
        endpoint_config_name="c",
    ),
    trained(
        "EndpointStep",
        "sagemaker:updateEndpoint",
        {"EndpointName": "e", "EndpointConfigName": "c"},
        label="update",
        endpoint_name="e",
        endpoint_config_name="c",
        update=True,
    ),
]

# Our own kinds of steps for the same calls.
KINDS = [
    Case(
        "GlueStartJobRunStep",
        lambda: steps.GlueStartJobRunStep("S", parameters={"JobName": "j", "Arguments": {"--a": "1"}}),
        lambda: Extract.glue("S", job="j", arguments={"--a": "1"}),
        "Extract.glue",
    ),
    Case(
        "LambdaStep",
        lambda: steps.LambdaStep("S", parameters={"FunctionName": FUNCTION, "Payload": {"a": 1}}),
        lambda: Extract.lambda_("S", function=FUNCTION, payload={"a": 1}),
        "Extract.lambda_",
    ),
    Case(
        "SnsPublishStep",
        lambda: steps.SnsPublishStep("S", parameters={"TopicArn": TOPIC, "Subject": "s", "Message": "m"}),
        lambda: Notify.sns("S", topic="alerts", subject="s", message="m"),
        "Notify.sns",
    ),
    Case(
        "SqsSendMessageStep",
        lambda: steps.SqsSendMessageStep("S", parameters={"QueueUrl": QUEUE, "MessageBody": "m"}),
        lambda: Notify.sqs("S", queue="work", message="m"),
        "Notify.sqs",
    ),
    Case(
        "EventBridgePutEventsStep",
        lambda: steps.EventBridgePutEventsStep("S", parameters=EVENT),
        lambda: Notify.eventbridge("S", bus="bus", source="etl", detail_type="done", detail={"a": 1}),
        "Notify.eventbridge",
    ),
    Case(
        "DynamoDBGetItemStep",
        lambda: steps.DynamoDBGetItemStep("S", parameters={"TableName": "t", "Key": KEY, "ConsistentRead": True}),
        lambda: DynamoDB.get("S", table="t", key={"id": "1"}),
        "DynamoDB.get",
    ),
    Case(
        "DynamoDBPutItemStep",
        lambda: steps.DynamoDBPutItemStep("S", parameters={"TableName": "t", "Item": KEY}),
        lambda: DynamoDB.put("S", table="t", item={"id": "1"}),
        "DynamoDB.put",
    ),
    Case(
        "DynamoDBDeleteItemStep",
        lambda: steps.DynamoDBDeleteItemStep("S", parameters={"TableName": "t", "Key": KEY}),
        lambda: DynamoDB.delete("S", table="t", key={"id": "1"}),
        "DynamoDB.delete",
    ),
    Case(
        "StepFunctionsStartExecutionStep",
        lambda: steps.StepFunctionsStartExecutionStep(
            "S",
            parameters={
                "StateMachineArn": f"{ARN}:live",
                "Input": {"a": 1, "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id"},
            },
        ),
        lambda: StartPipeline("S", pipeline="other", input={"a": 1}),
        "StartPipeline",
    ),
]


def _task() -> Any:
    return steps.Task(
        "S",
        comment="why",
        resource="arn:aws:states:::glue:startJobRun.sync",
        parameters={"JobName": "j"},
        timeout_seconds=600,
        heartbeat_seconds=60,
        retry=steps.Retry(error_equals=["States.Timeout"], interval_seconds=5, max_attempts=4, backoff_rate=1.5),
        catch=steps.Catch(error_equals=["States.TaskFailed"], next_step=steps.Fail("Bad", error="E", cause="c")),
    )


def _our_task() -> Any:
    return Task(
        "S",
        comment="why",
        resource="glue:startJobRun.sync",
        arguments={"JobName": "j"},
        timeout_seconds=600,
        heartbeat_seconds=60,
        retry=retry("States.Timeout", interval_seconds=5, max_attempts=4, backoff_rate=1.5),
        catch=Catcher("States.TaskFailed", do=Fail("Bad", error="E", cause="c")),
    )


def _choice() -> Any:
    """`mode == "full"`, with the guards that ours writes: a comparison on an absent or mistyped value is false."""
    rule = steps.ChoiceRule
    mode = "$$.Execution.Input.mode"
    choice = steps.Choice("S")
    guarded = rule.And([rule.IsPresent(mode, True), rule.StringEquals(mode, "full")])
    after = steps.Succeed("After")
    choice.add_choice(guarded, steps.Chain([steps.Wait("Full", seconds=1), after]))
    choice.default_choice(after)
    return choice


def _our_choice() -> Any:
    branch = Branch("S", (BATCH.mode == "full", Wait("Full", seconds=1)), otherwise=CONTINUE)
    return branch >> Succeed("After")


def _parallel() -> Any:
    parallel = steps.Parallel("S", retry=steps.Retry(error_equals=["States.ALL"], max_attempts=1))
    parallel.add_branch(steps.Chain([steps.Wait("A", seconds=1), steps.LambdaStep("B", parameters={"FunctionName": "f"})]))
    parallel.add_branch(steps.Fail("C", error="E", cause="c"))
    return parallel


def _our_parallel() -> Any:
    lambda_step = Task("B", resource="lambda:invoke", arguments={"FunctionName": "f"})
    return Parallel(
        "S",
        Wait("A", seconds=1) >> lambda_step,
        Fail("C", error="E", cause="c"),
        retry=retry("States.ALL", max_attempts=1),
    )


def _map() -> Any:
    inner = steps.LambdaStep("Each", parameters={"FunctionName": "f"})
    return steps.Map("S", items_path="$$.Execution.Input.files", max_concurrency=2, iterator=inner)


def _our_map() -> Any:
    inner = Task("Each", resource="lambda:invoke", arguments={"FunctionName": "f"})
    return ForEach("S", items=BATCH.files, item=Item(), do=inner, max_concurrency=2)


STATES = [
    Case("Task", _task, _our_task),
    Case("Wait", lambda: steps.Wait("S", seconds=5), lambda: Wait("S", seconds=5)),
    Case(
        "Wait",
        lambda: steps.Wait("S", timestamp="2026-01-01T00:00:00Z"),
        lambda: Wait("S", until="2026-01-01T00:00:00Z"),
        "until",
    ),
    Case("Succeed", lambda: steps.Succeed("S"), lambda: Succeed("S")),
    Case("Fail", lambda: steps.Fail("S", error="E", cause="c"), lambda: Fail("S", error="E", cause="c")),
    Case("Choice", _choice, _our_choice),
    Case("Parallel", _parallel, _our_parallel),
    Case("Map", _map, _our_map),
]

# A Pass has no step of ours: constants are written where they are used.
INSIDE_ONLY = [
    Case("Pass", lambda: steps.Pass("S", result={"a": 1}, result_path="$.x", comment="why"), lambda: None),
    Case("Map", lambda: steps.Map("S", iterator=_parallel_called("Inner"), parameters={"x.$": "$$.Map.Item.Value"}), lambda: None),
]


def _parallel_called(name: str) -> Any:
    parallel = steps.Parallel(name)
    parallel.add_branch(steps.Pass("Deep"))
    return parallel


COMPARED = [*SERVICES, *KINDS, *STATES]


def ident(case: Case) -> str:
    return f"{case.cls} {case.label}".strip().replace(" ", "-")


def written_by_sdk(state: Any) -> dict[str, Any]:
    """The SDK's own JSON of a state and all that it leads to."""
    return json.loads(steps.Graph(state).to_json())["States"]


@pytest.mark.parametrize("case", COMPARED, ids=ident)
def test_the_sdk_and_ours_say_the_same(case: Case) -> None:
    ours, theirs = states(case.ours()), written_by_sdk(case.theirs())
    assert meaning(ours) == meaning(theirs)


@pytest.mark.parametrize("case", [*COMPARED, *INSIDE_ONLY], ids=ident)
@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_an_sdk_object_inside_a_pipeline_is_what_the_sdk_writes(case: Case, language: str) -> None:
    compiled = compile_pipeline(Pipeline(name="p", body=case.theirs()), TARGET, query_language=language)
    assert compiled.diagnostics == ()
    written = to_json(compiled.machine)
    assert written["States"] == written_by_sdk(case.theirs())
    assert "QueryLanguage" not in written


def test_the_table_has_every_class_of_the_sdk() -> None:
    base = importlib.import_module("stepfunctions.steps.states").State
    found = set()
    for name in ("compute", "service", "sagemaker", "states"):
        module = importlib.import_module(f"stepfunctions.steps.{name}")
        found |= {cls.__name__ for _, cls in inspect.getmembers(module, inspect.isclass) if issubclass(cls, base)}
    assert found - {"State"} == {case.cls for case in [*COMPARED, *INSIDE_ONLY]}
