"""AWS Batch: `batch:submitJob` and `aws-sdk:batch`."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["batch"]


@family("batch")
def batch(call: Call) -> Iterator[Need]:
    """A job needs its definition (any revision, unless one is named) and its queue."""
    if call.action != "submitJob":
        yield from generic(call)
        return
    definition = call.place("JobDefinition", "job-definition/")
    revised = definition.why or definition.arn.rpartition("/")[2].count(":")
    resources = (definition.arn,) if revised else (definition.arn, f"{definition.arn}:*")
    yield Need(actions=("batch:SubmitJob",), resources=resources, why=definition.why, used=(definition.arn,))
    yield call.needs("SubmitJob", on=call.place("JobQueue", "job-queue/"))
    jobs = Place(call.arn("job/*"), "the id of the job is not known before it runs")
    if call.arguments.member("Tags"):
        yield call.needs("TagResource", on=jobs)
    if call.waits:
        yield Need(actions=("batch:DescribeJobs",), resources=("*",), why="the action has no resource type")
        yield call.needs("TerminateJob", on=jobs)
        yield call.rule("StepFunctionsGetEventsForBatchJobsRule")
