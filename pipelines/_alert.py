"""What the pipelines share: the alert when one fails."""

from sfn_dsl import Input, Notify, config, context, failure, text_template


def alert(pipeline: str, batch: Input) -> Notify:
    """Tells people which step of which batch has failed, and why."""
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
    return Notify.sns("Alert", topic=config.alert_topic, subject=f"{pipeline} failed", message=message, timeout_seconds=60)
