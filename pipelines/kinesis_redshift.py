"""Kinesis -> lake -> Redshift, once a night for the day before: land, transform, validate, load, report.

The lake is the truth and is never rolled back: every job overwrites the partition of its day, in S3 and in Redshift, so that a run
may be repeated from any stage and gives the same.
"""

from pipelines._alert import on_failure
from pipelines._errors import RETRY
from sfn_dsl import (
    SCHEDULED_TIME,
    Alarms,
    Branch,
    ConsistencyCheck,
    Control,
    Extract,
    Input,
    Load,
    Logging,
    Notify,
    Pipeline,
    Schedule,
    Stage,
    Task,
    Transform,
    config,
    fn,
)

NAME = "kinesis-redshift"
ZONE = "America/New_York"

slot = Input(slot=str, deliver="link", send_to="reports@example.com")
run_date = fn.substring(slot.slot, 0, 10)  # the jobs process the day before this one
run = Control(run_date)
day = {"--run_date": run_date, "--bucket": config.lake_bucket}

# A failed run of a job may be a matter of the data, so it is not repeated. Where its error is a business error, the cause says so,
# and the owners of the data are told.
land = Extract.glue("Kinesis to lake", job="kr-kinesis-to-lake", arguments=day, timeout_seconds=3600)
shape = Transform.glue("Transform to Parquet", job="kr-to-parquet", arguments=day, timeout_seconds=7200)

validate = ConsistencyCheck(
    "Validate",
    function="kr-validate",
    payload={"run_date": run_date, "bucket": config.lake_bucket, "transform_run": shape.output.JobRunId},
    status_field="verdict",
    success="PASSED",
    error="DataQualityError",
    cause="integrity or quality of the day's data is not good enough",
    metrics={"DataQuality": "quality"},
    returns={"verdict": str, "quality": float},
    timeout_seconds=900,
)

load = Load.glue(
    "Load to Redshift",
    job="kr-load-redshift",
    arguments={**day, "--fence": fn.text(run.fence)},
    timeout_seconds=3600,
)

report = Transform.lambda_(
    "Build report",
    function="kr-report",
    payload={"run_date": run_date, "bucket": config.lake_bucket, "deliver": slot.deliver},
    returns={"url": str, "text": str},
    timeout_seconds=900,
)
mail = Task(
    "Send by e-mail",
    resource="aws-sdk:sesv2:sendEmail",
    arguments={
        "FromEmailAddress": "etl@example.com",
        "Destination": {"ToAddresses": [slot.send_to]},
        "Content": {
            "Simple": {
                "Subject": {"Data": fn.format("Daily report, run of {}", run_date)},
                "Body": {"Text": {"Data": report.output.text}},
            }
        },
    },
    timeout_seconds=60,
)
link = Notify.sns(
    "Send link",
    topic="report-readers",
    subject="Daily report",
    message=fn.format("Report of the run of {}, for as long as the link is valid: {}", run_date, report.output.url),
    timeout_seconds=60,
)
deliver = Branch("By e-mail?", (slot.deliver == "email", mail), otherwise=link)

# Its template is deployed through a bucket. sfn: allow SFN610
pipeline = Pipeline(
    name=NAME,
    comment="Kinesis events to Redshift, with a report",
    input=slot,
    control=run,
    body=[
        Stage("land", land),
        Stage("transform", shape),
        Stage("validate", validate),
        Stage("load", load),
        Stage("report", report, deliver),
    ],
    # At 02:00, as agreed with the readers. In this zone clocks leap over 02:00 on the second Sunday of March, and Scheduler starts
    # nothing then; so that day has a slot of its own at 03:00. Both are one batch per date.
    triggers=(
        Schedule(expression="cron(0 2 * * ? *)", timezone=ZONE, input={"slot": SCHEDULED_TIME}, skips_dst=True),
        Schedule(expression="cron(0 3 ? 3 1#2 *)", timezone=ZONE, input={"slot": SCHEDULED_TIME}, label="after-leap"),
    ),
    on_failure=on_failure(NAME, run_date),
    retry=RETRY,
    logging=Logging(level="ERROR"),
    tracing=True,
    timeout_seconds=36_000,
    alarms=Alarms(duration_seconds=14_400, fresh_within_hours=26, calls=True, below={"DataQuality": 0.98}),
    tags={"system": "kinesis-redshift"},
)
