"""AWS Elemental MediaConvert: `mediaconvert:createJob` and `aws-sdk:mediaconvert`."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.arguments import Known
from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["mediaconvert"]


@family("mediaconvert")
def mediaconvert(call: Call) -> Iterator[Need]:
    """A job on its queue and template, with the role that reads and writes the media."""
    if call.action != "createJob":
        yield from generic(call)
        return
    queue = call.locate(call.known("Queue") or Known(("Default",)), "Queue", "queues/")
    yield call.needs("CreateJob", on=queue)
    if call.known("JobTemplate") is not None:
        yield call.needs("CreateJob", on=call.place("JobTemplate", "jobTemplates/"))
    presets = Place(call.arn("presets/*"), "the settings of the job name its presets")
    yield call.needs("CreateJob", on=presets)
    yield call.passes(call.role("Role"), "mediaconvert.amazonaws.com")
    if call.waits:
        yield call.needs("GetJob", "CancelJob", on=Place(call.arn("jobs/*"), "the id of the job is not known before it runs"))
        yield call.rule("StepFunctionsGetEventsForMediaConvertJobRule")
