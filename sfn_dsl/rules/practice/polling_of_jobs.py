"""A loop that asks again and again whether a job is done, where `.sync` would wait for it.

With `.sync` AWS waits for the job, stops it when the execution is stopped, and the wait is one transition. A loop pays three
or more transitions a round. Where a round waits less than five seconds, the transitions cost more than the time that they save.

Fails:
    {"Start": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun", "Parameters": {"JobName": "j"}, "Next": "Wait"},
     "Wait": {"Type": "Wait", "Seconds": 30, "Next": "Ask"},
     "Ask": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:glue:getJobRun", "Parameters": {"JobName": "j", "RunId.$":
      "$.JobRunId"}, "ResultPath": "$.run", "Next": "Done?"},
     "Done?": {"Type": "Choice", "Choices": [{"Variable": "$.run.JobRun.JobRunState", "StringEquals": "SUCCEEDED", "Next": "End"}],
      "Default": "Wait"},
     "End": {"Type": "Succeed"}}
Passes:
    {"Start": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}, "End": true}}
Passes (EXPRESS):
    {"Start": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun", "Parameters": {"JobName": "j"}, "Next": "Wait"},
     "Wait": {"Type": "Wait", "Seconds": 30, "Next": "Ask"},
     "Ask": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:glue:getJobRun", "Parameters": {"JobName": "j", "RunId.$":
      "$.JobRunId"}, "ResultPath": "$.run", "Next": "Done?"},
     "Done?": {"Type": "Choice", "Choices": [{"Variable": "$.run.JobRun.JobRunState", "StringEquals": "SUCCEEDED", "Next": "End"}],
      "Default": "Wait"},
     "End": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.practice.jobs import polled_jobs
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["polling_of_jobs"]


@rule("SFN703", "polling-instead-of-sync", severity=Severity.INFO, practice=True)
def polling_of_jobs(subject: Subject) -> Iterator[Finding]:
    for job in polled_jobs(subject):
        if job.started_here and not job.hasty:
            yield Finding(
                job.ask.pointer,
                f"`{job.ask.name}` asks for the state of a job in a loop",
                f"start the job with `{job.sync}`, which waits for it",
            )
