"""Amazon SageMaker: training and other jobs, models and endpoints. Its ARNs spell names in lower case."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["sagemaker"]

_PRINCIPAL = "sagemaker.amazonaws.com"
# Of a job: its kind, the kind of ARN, and the middle of its managed rule's name.
_JOBS = {
    "createTrainingJob": ("TrainingJob", "training-job", "Training"),
    "createTransformJob": ("TransformJob", "transform-job", "Transform"),
    "createProcessingJob": ("ProcessingJob", "processing-job", "Processing"),
    "createLabelingJob": ("LabelingJob", "labeling-job", "Labeling"),
    "createHyperParameterTuningJob": ("HyperParameterTuningJob", "hyper-parameter-tuning-job", "Tuning"),
}
_ROLES = {"createLabelingJob", "createTrainingJob", "createProcessingJob"}
_MODELS = {"createModel": ("ModelName", "model"), "createEndpointConfig": ("EndpointConfigName", "endpoint-config")}
_ENDPOINTS = {"createEndpoint": "CreateEndpoint", "updateEndpoint": "UpdateEndpoint"}


@family("sagemaker")
def sagemaker(call: Call) -> Iterator[Need]:
    """Jobs by name, with the roles they run as; waiting describes and stops them."""
    if call.action in _JOBS:
        yield from _job(call)
        own = (f"{_JOBS[call.action][0]}Name", _JOBS[call.action][1])
    elif call.action in _MODELS:
        own = _MODELS[call.action]
        yield call.needs(call.action[:1].upper() + call.action[1:], on=_named(call, *own))
        if call.action == "createModel":
            yield call.passes(call.role("ExecutionRoleArn"), _PRINCIPAL)
    elif call.action in _ENDPOINTS:
        own = ("EndpointName", "endpoint")
        for place in (_named(call, *own), _named(call, "EndpointConfigName", "endpoint-config")):
            yield call.needs(_ENDPOINTS[call.action], on=place)
    else:
        yield from generic(call)
        return
    if call.arguments.member("Tags"):
        yield call.needs("AddTags", on=_named(call, *own))


def _named(call: Call, argument: str, head: str) -> Place:
    place = call.place(argument, f"{head}/")
    base, slash, name = place.arn.partition("/")
    return Place(base + slash + name.lower(), place.why)


def _job(call: Call) -> Iterator[Need]:
    noun, head, rule = _JOBS[call.action]
    job = _named(call, f"{noun}Name", head)
    yield call.needs(f"Create{noun}", on=job)
    if call.action in _ROLES:
        yield call.passes(call.role("RoleArn"), _PRINCIPAL)
    elif call.action == "createHyperParameterTuningJob":
        role = call.arguments.member("TrainingJobDefinition", "RoleArn")
        yield call.passes(call.role("TrainingJobDefinition.RoleArn", role.known if role else None), _PRINCIPAL)
    if call.waits:
        yield call.needs(f"Describe{noun}", f"Stop{noun}", on=job)
        yield call.rule(f"StepFunctionsGetEventsForSageMaker{rule}JobsRule")
