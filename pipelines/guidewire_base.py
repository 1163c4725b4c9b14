"""Guidewire SaaS S3 -> enterprise lake -> Snowflake base layer, with a control record per batch and a READY event at the end."""

from pipelines._control import claim, mark, on_failure
from sfn_dsl import THROTTLED, TRANSIENT, Extract, Input, Load, Logging, Notify, Pipeline, Stage, Transform, config

NAME = "guidewire-base"

batch = Input(batch_id=str, business_date=str, source_prefix="policycenter/")

copy = Extract.glue(
    "Copy to lake",
    job="gw-copy-to-lake",
    arguments={
        "--batch_id": batch.batch_id,
        "--business_date": batch.business_date,
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
    arguments={"--batch_id": batch.batch_id, "--manifest": manifest.output.uri, "--sha256": manifest.output.sha256},
    timeout_seconds=7200,
)

announce = Notify.eventbridge(
    "Announce batch",
    bus=config.event_bus,
    source=f"com.acme.etl.{NAME}",
    detail_type="BatchReady",
    detail={
        "pipeline": NAME,
        "batch_id": batch.batch_id,
        "business_date": batch.business_date,
        "status": "SUCCEEDED",
        "produced_region": config.region,
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
    body=[
        claim("Open control record", NAME, batch),
        Stage("copy", copy, manifest, mark("Mark copied", NAME, batch, "COPIED", manifest_uri=manifest.output.uri)),
        Stage("load", load, mark("Mark loaded", NAME, batch, "LOADED", load_run=load.output.JobRunId)),
        # The row says READY before the event goes out: a lost event then costs minutes, never a batch.
        Stage("announce", mark("Mark ready", NAME, batch, "READY"), announce),
    ],
    output={"manifest": manifest.output.uri, "object_count": manifest.output.object_count},
    on_failure=on_failure(NAME, batch),
    retry=TRANSIENT + THROTTLED,
    logging=Logging(level="ERROR"),
    tracing=True,
    timeout_seconds=21_600,
    tags={"system": "guidewire", "layer": "base"},
)
