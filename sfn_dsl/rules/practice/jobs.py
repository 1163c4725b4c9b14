"""Jobs that `.sync` can wait for, and loops that ask for their state."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from sfn_dsl.rules.limits.loops import runs_express, wait_loops
from sfn_dsl.rules.limits.results import call_of
from sfn_dsl.rules.subject import State, Subject

__all__ = ["PolledJob", "polled_jobs"]

SYNC = {
    "athena:getqueryexecution": "athena:startQueryExecution.sync",
    "batch:describejobs": "batch:submitJob.sync",
    "bedrock:getmodelcustomizationjob": "bedrock:createModelCustomizationJob.sync",
    "codebuild:batchgetbuilds": "codebuild:startBuild.sync",
    "codebuild:batchgetbuildbatches": "codebuild:startBuildBatch.sync",
    "databrew:describejobrun": "databrew:startJobRun.sync",
    "ecs:describetasks": "ecs:runTask.sync",
    "emr:describestep": "elasticmapreduce:addStep.sync",
    "emrcontainers:describejobrun": "emr-containers:startJobRun.sync",
    "emrserverless:getjobrun": "emr-serverless:startJobRun.sync",
    "glue:getjobrun": "glue:startJobRun.sync",
    "mediaconvert:getjob": "mediaconvert:createJob.sync",
    "sagemaker:describehyperparametertuningjob": "sagemaker:createHyperParameterTuningJob.sync",
    "sagemaker:describelabelingjob": "sagemaker:createLabelingJob.sync",
    "sagemaker:describeprocessingjob": "sagemaker:createProcessingJob.sync",
    "sagemaker:describetrainingjob": "sagemaker:createTrainingJob.sync",
    "sagemaker:describetransformjob": "sagemaker:createTransformJob.sync",
    "sfn:describeexecution": "states:startExecution.sync:2",
}
STARTED_BY = {"emr:describestep": "emr:addjobflowsteps", "sfn:describeexecution": "sfn:startexecution"}
"""How the SDK names the call that starts a job, where that is not what the optimised call is named."""


@dataclass(frozen=True, slots=True)
class PolledJob:
    """A task in a loop that asks for the state of a job. `started_here`: the machine starts such a job itself."""

    ask: State
    wait: State
    seconds: int | None
    sync: str
    started_here: bool

    @property
    def hasty(self) -> bool:
        """Whether it asks so often that the transitions cost more than is saved."""
        return self.seconds is not None and self.seconds < 5


@functools.lru_cache(maxsize=8)
def polled_jobs(subject: Subject) -> tuple[PolledJob, ...]:
    """The loops of a definition that ask for the state of a job, outside of Express executions, where `.sync` is not to be had."""
    found = []
    calls: set[str] | None = None
    for loop in wait_loops(subject):
        for ask in loop.tasks:
            call = call_of(ask)
            sync = SYNC.get(call)
            if sync is None or runs_express(subject, ask):
                continue
            if calls is None:
                calls = {call_of(state) for state in subject.of_type("Task")}
            optimised = sync.partition(".")[0].lower()
            sdk = optimised.replace("-", "")
            started = not calls.isdisjoint({optimised, sdk, STARTED_BY.get(call, sdk)})
            found.append(PolledJob(ask, loop.wait, loop.seconds, sync, started))
    return tuple(found)
