"""What the pipelines share: the control record of a batch, and the alert when one fails.

The ledger with gates, leases and re-run comes with a later issue; these records are its simple form.
"""

from sfn_dsl import DynamoDB, Input, Notify, config, context, failure, fn, text_template


def record_key(pipeline: str, batch: Input) -> dict[str, object]:
    """Where the record of a batch lies."""
    return {"pk": fn.format("PIPE#{}#BATCH#{}", pipeline, batch.batch_id), "sk": "RUN"}


def claim(name: str, pipeline: str, batch: Input) -> DynamoDB:
    """Takes the batch, unless another execution works on it or it is finished.

    A repeated claim of the same execution is no duplicate: the answer of the first one may have been lost.
    """
    return DynamoDB.update(
        name,
        table=config.control_table,
        key=record_key(pipeline, batch),
        set={"status": "RUNNING", "exec_arn": context.Execution.Id, "region": config.region, "started_at": fn.now()},
        condition="attribute_not_exists(pk) OR exec_arn = :exec_arn OR #status IN (:ready, :failed)",
        values={"ready": "READY", "failed": "FAILED"},
    )


def mark(name: str, pipeline: str, batch: Input, status: str, **more: object) -> DynamoDB:
    """Writes the state of the batch into its record, which only the execution that owns it may change."""
    return DynamoDB.update(
        name,
        table=config.control_table,
        key=record_key(pipeline, batch),
        set={"status": status, "updated_at": fn.now(), **more},
        condition="exec_arn = :me",
        values={"me": context.Execution.Id},
    )


def on_failure(pipeline: str, batch: Input) -> list[object]:
    """Records the failure, then tells people."""
    message = text_template(
        "batch_failed.txt",
        pipeline=pipeline,
        region=config.region,
        batch=batch.batch_id,
        step=failure.step,
        error=failure.error,
        cause=failure.cause,
        execution=context.Execution.Id,
    )
    return [
        mark("Record failure", pipeline, batch, "FAILED", failed_step=failure.step, error=failure.error),
        Notify.sns("Alert", topic=config.alert_topic, subject=f"{pipeline} failed", message=message),
    ]
