"""AWS Glue DataBrew: `databrew:startJobRun` and `aws-sdk:databrew`."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["databrew"]


@family("databrew")
def databrew(call: Call) -> Iterator[Need]:
    """A run on its job; waiting lists the job's runs and may stop one."""
    if call.action != "startJobRun":
        yield from generic(call)
        return
    job = call.place("Name", "job/")
    yield call.needs("StartJobRun", on=job)
    if call.waits:
        yield call.needs("ListJobRuns", "StopJobRun", on=job)
