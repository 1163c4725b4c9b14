"""A loop that asks every few seconds whether a job is done, which costs more than it saves.

Every round is billed three or more transitions and writes nine or more events; a job of an hour that is asked for every two seconds
costs some 5,400 transitions and takes half of the 25,000 events an execution may have. `.sync` costs one transition.

Fails:
    {"Wait": {"Type": "Wait", "Seconds": 2, "Next": "Ask"},
     "Ask": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:batch:describeJobs", "Parameters": {"Jobs.$":
      "States.Array($.JobId)"}, "ResultPath": "$.run", "Next": "Done?"},
     "Done?": {"Type": "Choice", "Choices": [{"Variable": "$.run.Jobs[0].Status", "StringEquals": "SUCCEEDED", "Next": "End"}],
      "Default": "Wait"},
     "End": {"Type": "Succeed"}}
Passes:
    {"Wait": {"Type": "Wait", "Seconds": 60, "Next": "Ask"},
     "Ask": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:batch:describeJobs", "Parameters": {"Jobs.$":
      "States.Array($.JobId)"}, "ResultPath": "$.run", "Next": "Done?"},
     "Done?": {"Type": "Choice", "Choices": [{"Variable": "$.run.Jobs[0].Status", "StringEquals": "SUCCEEDED", "Next": "End"}],
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

__all__ = ["hasty_polling"]


@rule("SFN704", "hasty-polling", severity=Severity.WARNING, practice=True)
def hasty_polling(subject: Subject) -> Iterator[Finding]:
    for job in polled_jobs(subject):
        if job.hasty:
            yield Finding(
                job.wait.at("Seconds"),
                f"`{job.ask.name}` asks for the state of a job every {job.seconds} seconds",
                f"start the job with `{job.sync}`, which waits for it, or wait longer",
            )
