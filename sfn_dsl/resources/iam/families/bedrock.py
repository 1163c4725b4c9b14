"""Amazon Bedrock: models are called by id or by the ARN of one of many kinds of resources."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, family
from sfn_dsl.resources.iam.generic import by_reference, generic, passed_roles
from sfn_dsl.resources.iam.names import iam_action

__all__ = ["bedrock"]

_INVOKES = frozenset({"InvokeModel", "InvokeModelWithResponseStream"})
# Ids of inference profiles begin with an area; they call the model in any Region of the area.
_AREA = re.compile(r"(?:us|us-gov|eu|apac|jp|au|ca|global)\.(?P<model>.+)")


@family("bedrock")
def bedrock(call: Call) -> Iterator[Need]:
    """Invoking on the model; an inference profile also on its model, in every Region that it may call."""
    action = iam_action("bedrock", call.action)
    if action in _INVOKES:
        yield from _invoke(call, action)
    elif call.action == "createModelCustomizationJob" and not call.sdk:
        yield by_reference(call, action)
        yield from tuple(passed_roles(call)) or (call.passes(call.role("RoleArn"), "bedrock.amazonaws.com"),)
        if call.waits:
            jobs = call.arn("model-customization-job/*")
            yield call.needs("GetModelCustomizationJob", "StopModelCustomizationJob", on=jobs)
    else:
        yield from generic(call)


def _invoke(call: Call, action: str) -> Iterator[Need]:
    model = call.known("ModelId")
    partition, region = call.target.partition, call.target.region
    if model is None or model.text is None:
        yield by_reference(call, action)
        return
    text = model.text
    profile = _AREA.fullmatch(text)
    if text.startswith("arn:"):
        yield Need(actions=(f"bedrock:{action}",), resources=(model.pattern,))
    elif profile is not None:
        models = f"arn:{partition}:bedrock:*::foundation-model/{profile['model']}"
        why = "an inference profile calls the model in several Regions"
        resources = (call.arn(f"inference-profile/{text}"), models)
        yield Need(actions=(f"bedrock:{action}",), resources=resources, why=why)
    else:
        base = text.partition(":provisioned")[0]
        yield Need(actions=(f"bedrock:{action}",), resources=(f"arn:{partition}:bedrock:{region}::foundation-model/{base}",))
