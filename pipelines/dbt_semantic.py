"""Base layer -> semantic layer: data consistency check, dbt behind its REST service on EKS, check of the results, publish."""

from pipelines._control import claim, mark, on_failure, record_key
from sfn_dsl import (
    THROTTLED,
    TRANSIENT,
    Branch,
    ConsistencyCheck,
    DbtCall,
    DynamoDB,
    Input,
    Load,
    Logging,
    Notify,
    Pipeline,
    Stage,
    Succeed,
    config,
    fn,
)

NAME = "dbt-semantic"

batch = Input(batch_id=str, business_date=str, manifest={"uri": str, "sha256": str, "object_count": int}, attempt=1)
look = DynamoDB.get("Read control record", table=config.control_table, key=record_key(NAME, batch))

done = Branch(
    "Already published?",
    (look.output.Item.status.S == "PUBLISHED", Succeed("Nothing to do")),
    otherwise=claim("Claim batch", NAME, batch),
)

check = ConsistencyCheck(
    "Data consistency check",
    function="gw-base-check",
    payload={"batch_id": batch.batch_id, "manifest": batch.manifest.uri, "object_count": batch.manifest.object_count},
    timeout_seconds=900,
)

dbt = DbtCall(
    "Build semantic layer",
    function="dbt-proxy",
    command="build",
    select="tag:semantic",
    vars={"batch_id": batch.batch_id, "business_date": batch.business_date},
    idempotency_key=fn.format("{}/{}/build/{}", NAME, batch.batch_id, batch.attempt),
    timeout_seconds=14_400,
)

results = ConsistencyCheck(
    "Check dbt results",
    function="dbt-results-check",
    payload={"batch_id": batch.batch_id, "artifacts": dbt.output.artifacts},
    status_field="verdict",
    success="PASSED",
    error="DbtResultsError",
    cause="dbt results are incomplete or contain failures.",
    timeout_seconds=300,
)

publish = Load.snowflake(
    "Publish semantic layer",
    function="snowflake-runner",
    sql="call semantic.publish_batch(?, ?)",
    binds=[batch.batch_id, batch.attempt],
    options={"warehouse": "ETL_WH", "role": "ETL_PUBLISHER"},
    returns={"published_rows": int},
    timeout_seconds=900,
)

tell = Notify.sns(
    "Tell consumers",
    topic=config.alert_topic,
    subject=f"{NAME} published",
    message={"pipeline": NAME, "batch_id": batch.batch_id, "rows": publish.output.published_rows},
)

pipeline = Pipeline(
    name=NAME,
    comment="Base layer to semantic layer by dbt",
    input=batch,
    body=[
        look,
        done,
        Stage("check", check),
        Stage("build", dbt, results, mark("Mark built", NAME, batch, "BUILT")),
        Stage("publish", publish, mark("Mark published", NAME, batch, "PUBLISHED"), tell),
    ],
    on_failure=on_failure(NAME, batch),
    retry=TRANSIENT + THROTTLED,
    logging=Logging(level="ERROR"),
    tracing=True,
    timeout_seconds=28_800,
    tags={"system": "guidewire", "layer": "semantic"},
)
