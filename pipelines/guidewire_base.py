"""Guidewire SaaS S3 -> enterprise lake -> Snowflake base layer, once a night; tells the semantic layer when a batch is ready."""

from pipelines._alert import on_failure
from pipelines._errors import RETRY
from sfn_dsl import (
    SCHEDULED_TIME,
    Alarms,
    BatchReady,
    Control,
    Extract,
    Input,
    Load,
    Logging,
    Pipeline,
    Schedule,
    Stage,
    Transform,
    config,
    fn,
)

NAME = "guidewire-base"

# The batch is the slot of the schedule, such as 2026-11-21T02:00:00Z: a slot that is called twice is one batch.
batch = Input(batch_id=str, source_prefix="policycenter/")
business_date = fn.substring(batch.batch_id, 0, 10)
run = Control(batch.batch_id)

copy = Extract.glue(
    "Copy to lake",
    job="gw-copy-to-lake",
    arguments={
        "--batch_id": batch.batch_id,
        "--business_date": business_date,
        "--source_prefix": batch.source_prefix,
        "--target_bucket": config.lake_bucket,
    },
    timeout_seconds=7200,
)

manifest = Transform.lambda_(
    "Write batch manifest",
    function="gw-batch-manifest",
    payload={"bucket": config.lake_bucket, "batch_id": batch.batch_id, "copy_run": copy.output.JobRunId},
    returns={"uri": str, "sha256": str, "object_count": int},
    timeout_seconds=300,
)

load = Load.glue(
    "Load base layer",
    job="gw-load-snowflake-base",
    arguments={
        "--batch_id": batch.batch_id,
        "--manifest": manifest.output.uri,
        "--sha256": manifest.output.sha256,
        "--fence": fn.text(run.fence),
    },
    timeout_seconds=7200,
)

ready = BatchReady(
    pipeline=NAME,
    batch_id=batch.batch_id,
    fields={
        "business_date": business_date,
        "manifest": {
            "uri": manifest.output.uri,
            "sha256": manifest.output.sha256,
            "object_count": manifest.output.object_count,
        },
    },
)

pipeline = Pipeline(
    name=NAME,
    comment="Guidewire policies to the Snowflake base layer",
    input=batch,
    control=run,
    body=[Stage("copy", copy, manifest), Stage("load", load)],
    output={"manifest": manifest.output.uri, "object_count": manifest.output.object_count},
    produces=ready,
    triggers=(Schedule(expression="cron(30 5 * * ? *)", input={"batch_id": SCHEDULED_TIME}),),
    on_failure=on_failure(NAME, batch.batch_id),
    retry=RETRY,
    logging=Logging(level="ERROR"),
    tracing=True,
    timeout_seconds=21_600,
    alarms=Alarms(duration_seconds=14_400, fresh_within_hours=26),
    tags={"system": "guidewire", "layer": "base"},
)
