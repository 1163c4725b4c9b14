"""Sources -> lake, and Redshift where wanted: extract side by side, transform by kind of data, validate, load.

One declaration, two machines: tables every hour by Glue, with people who may let a doubtful batch pass; clicks every 15 minutes by
Lambda functions only. The functions overwrite the partition of their batch, so that every stage may run again.
"""

from pipelines._alert import on_failure
from pipelines._errors import RETRY
from pipelines._lakehouse_parameters import LakehouseParameters
from sfn_dsl import (
    CONTINUE,
    SCHEDULED_TIME,
    Alarms,
    Approval,
    Branch,
    Catcher,
    Control,
    Extract,
    Fail,
    Input,
    Load,
    Logging,
    Metric,
    Parallel,
    Pipeline,
    Schedule,
    Stage,
    Transform,
    fn,
)

HOUR = 3600


def lakehouse(given: LakehouseParameters) -> Pipeline:
    """The pipeline of a data set."""
    batch = Input(batch_id=str, data_type="structured")
    kind = batch.data_type
    key = fn.format("{}/{}", kind, batch.batch_id)  # the kinds of one slot are batches of their own
    about = {"dataset": given.dataset, "batch_id": batch.batch_id, "data_type": kind}
    short = {"timeout_seconds": given.lambda_timeout_seconds}
    long = {"timeout_seconds": given.glue_timeout_seconds}

    extracts = [
        Extract.lambda_(
            f"Extract {source}",
            function="lakehouse-extract",
            payload={**about, "source": source, "batch_size": given.batch_size},
            returns={"uri": str},
            **short,
        )
        for source in given.sources
    ]
    uris = [extract.output.uri for extract in extracts]

    light = Transform.lambda_("Transform light data", function="lakehouse-transform", payload={**about, "uris": uris}, **short)
    tables = Transform.glue(
        "Transform tables",
        job="lakehouse-transform",
        arguments={"--dataset": given.dataset, "--batch_id": batch.batch_id, "--uris": fn.to_json(uris)},
        options={"WorkerType": "G.1X", "NumberOfWorkers": 2},
        **long,
    )
    table, document = kind == "structured", kind == "semi_structured"
    routes = [(document, light), (table, tables)] if given.glue else [(document | table, light)]
    if given.emr_cluster:
        spark = ["spark-submit", "s3://acme-jobs/lakehouse_transform.py", given.dataset, batch.batch_id, fn.to_json(uris)]
        routes.append((kind == "large", Transform.emr("Transform on EMR", cluster_id=given.emr_cluster, args=spark, **long)))
    unknown = Fail("Unknown data type", error="UnknownDataType", cause=fn.format("nothing transforms data of the type {}", kind))
    transform = Branch("Route by data type", *routes, otherwise=unknown)

    returns = {"quality": float, "rejected": int}
    validate = Transform.lambda_("Validate", function="lakehouse-validate", payload=about, returns=returns, **short)
    quality = validate.output.quality
    measure = Metric("Put data quality", metric="DataQuality", value=quality)

    def ask(name: str, seconds: int, late: Catcher) -> Approval:
        message = {**about, "quality": quality, "rejected": validate.output.rejected, "question": "Load this batch all the same?"}
        # People send no heartbeats. sfn: allow SFN192
        return Approval.sns(name, topic="data-owners", subject=name, message=message, timeout_seconds=seconds, catch=late)

    # The message holds the commands that answer it. A question that was not answered is asked again, with a token of its own; then
    # it is over.
    silence = fn.format("asked twice whether a quality of {} will do", quality)
    nobody = Fail("Nobody answered", error="ApprovalTimedOut", cause=silence)
    reminder = ask("Ask for approval again", 20 * HOUR, Catcher("States.Timeout", do=nobody))
    approval = ask("Ask for approval", 4 * HOUR, Catcher("States.Timeout", do=reminder))
    doubtful = [(quality >= given.review, approval)] if given.approval else []
    bad = Fail("Too many bad rows", error="DataQualityError", cause=fn.format("the share of good rows is {}", quality))
    verdict = Branch("Is it good enough?", (quality >= given.accept, CONTINUE), *doubtful, otherwise=bad)

    load = Load.lambda_("Load lake tables", function="lakehouse-load", payload=about, returns={"rows": int}, **short)
    copies = []
    if given.redshift:
        workgroup, database = given.redshift
        sql = "call lakehouse.merge_batch(:dataset, :batch)"
        binds = {"dataset": given.dataset, "batch": batch.batch_id}
        copies = [Load.redshift("Copy to Redshift", workgroup=workgroup, database=database, sql=sql, parameters=binds, **short)]

    return Pipeline(
        name=given.name,
        comment=f"Extract, transform, validate and load {given.dataset}",
        type="EXPRESS" if given.express else "STANDARD",
        input=batch,
        # Express machines run at least once: a second run of one execution takes a higher fence, and the first one stops.
        control=Control(key),
        body=[
            Stage("extract", Parallel("Extract sources", *extracts)),
            Stage("transform", transform),
            Stage("validate", validate, measure, verdict),
            Stage("load", load, *copies),
        ],
        output={"rows": load.output.rows},
        triggers=(Schedule(expression=given.schedule, input={"batch_id": SCHEDULED_TIME}),),
        on_failure=on_failure(given.name, key, express=given.express),
        retry=RETRY.with_(max_attempts=given.max_retries, interval_seconds=given.retry_delay_seconds),
        logging=Logging(level=given.logging_level),
        tracing=given.tracing,
        timeout_seconds=300 if given.express else 30 * HOUR,
        alarms=Alarms(fresh_within_hours=3, calls=True, below={"DataQuality": given.accept}),
        tags={"system": "lakehouse", "dataset": given.dataset},
    )


tables = lakehouse(LakehouseParameters(name="lakehouse-etl", dataset="sales", sources=("orders", "customers", "products")))
clicks = lakehouse(
    LakehouseParameters(
        name="lakehouse-etl-express",
        dataset="clicks",
        sources=("web", "mobile"),
        schedule="rate(15 minutes)",
        express=True,
        glue=False,
        approval=False,
        lambda_timeout_seconds=45,
    )
)
