"""Guidewire SaaS S3 -> enterprise lake -> Snowflake base layer, with a control record per batch and a READY event at the end."""

from sfn_dsl import (
    THROTTLED,
    TRANSIENT,
    DynamoDB,
    Extract,
    Input,
    Load,
    Logging,
    Notify,
    Pipeline,
    Stage,
    Transform,
    config,
    context,
    failure,
    fn,
    text_template,
)

NAME = "guidewire-base"
RETRY = TRANSIENT + THROTTLED

batch = Input(batch_id=str, business_date=str, source_prefix="policycenter/")
key = {"pk": fn.format("PIPE#{}#BATCH#{}", NAME, batch.batch_id), "sk": "RUN"}


def mark(name: str, status: str, **more: object) -> DynamoDB:
    """Writes the state of the batch into its control record, which only the execution that owns it may change."""
    return DynamoDB.update(
        name,
        table=config.control_table,
        key=key,
        set={"status": status, "updated_at": fn.now(), **more},
        condition="exec_arn = :me",
        values={"me": context.Execution.Id},
    )


claim = DynamoDB.update(
    "Open control record",
    table=config.control_table,
    key=key,
    set={"status": "RUNNING", "exec_arn": context.Execution.Id, "region": config.region, "started_at": fn.now()},
    # A repeated claim of the same execution is no duplicate: the answer of the first one may have been lost.
    condition="attribute_not_exists(pk) OR exec_arn = :exec_arn OR #status IN (:ready, :failed)",
    values={"ready": "READY", "failed": "FAILED"},
)

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

alert = Notify.sns(
    "Alert",
    topic=config.alert_topic,
    subject=f"{NAME} failed",
    message=text_template(
        "batch_failed.txt",
        pipeline=NAME,
        region=config.region,
        batch=batch.batch_id,
        step=failure.step,
        error=failure.error,
        cause=failure.cause,
        execution=context.Execution.Id,
    ),
)

pipeline = Pipeline(
    name=NAME,
    comment="Guidewire policies to the Snowflake base layer",
    input=batch,
    body=[
        claim,
        Stage("copy", copy, manifest, mark("Mark copied", "COPIED", manifest_uri=manifest.output.uri)),
        Stage("load", load, mark("Mark loaded", "LOADED", load_run=load.output.JobRunId)),
        # The row says READY before the event goes out: a lost event then costs minutes, never a batch.
        Stage("announce", mark("Mark ready", "READY"), announce),
    ],
    output={"manifest": manifest.output.uri, "object_count": manifest.output.object_count},
    on_failure=mark("Record failure", "FAILED", failed_step=failure.step, error=failure.error) >> alert,
    retry=RETRY,
    logging=Logging(level="ERROR"),
    tracing=True,
    timeout_seconds=21_600,
    tags={"system": "guidewire", "layer": "base"},
)
