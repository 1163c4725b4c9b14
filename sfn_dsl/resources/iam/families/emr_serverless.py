"""Amazon EMR Serverless: `emr-serverless` and `aws-sdk:emrserverless`."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["emr_serverless"]

_PAIRED = {
    "createApplication": ("GetApplication", "DeleteApplication"),
    "startApplication": ("GetApplication", "StopApplication"),
    "stopApplication": ("GetApplication",),
    "deleteApplication": ("GetApplication",),
}


@family("emr-serverless")
def emr_serverless(call: Call) -> Iterator[Need]:
    """Runs on their application, with the role they run as; waiting looks and, when given up, undoes."""
    application = call.place("ApplicationId", "/applications/")
    runs = Place(f"{application.arn}/jobruns/*", application.why or "the id of the run is not known before it runs")
    if call.action == "startJobRun":
        yield call.needs("StartJobRun", on=application)
        yield call.passes(call.role("ExecutionRoleArn"), "emr-serverless.amazonaws.com")
        if call.arguments.member("Tags"):
            yield call.needs("TagResource", on=runs)
        if call.waits:
            yield call.needs("GetJobRun", "CancelJobRun", on=runs)
            yield call.rule("StepFunctionsGetEventsForEMRServerlessJobRule")
    elif call.action == "cancelJobRun":
        run = call.known("JobRunId")
        where = Place(f"{application.arn}/jobruns/{run.pattern if run else '*'}", application.why)
        yield call.needs("CancelJobRun", on=where)
        if call.waits:
            yield call.needs("GetJobRun", on=where)
            yield call.rule("StepFunctionsGetEventsForEMRServerlessJobRule")
    elif call.sdk or call.action not in _PAIRED:
        yield from generic(call)
    else:
        yield from generic(call)
        if call.waits:
            yield call.needs(*_PAIRED[call.action], on=application)
            yield call.rule("StepFunctionsGetEventsForEMRServerlessApplicationRule")
