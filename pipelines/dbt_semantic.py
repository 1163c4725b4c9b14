"""Base layer -> semantic layer: data consistency check, dbt behind its REST service on EKS, check of the results, publish."""

from pipelines._alert import on_failure
from pipelines._errors import RETRY
from pipelines.guidewire_base import ready
from sfn_dsl import (
    Alarms,
    ConsistencyCheck,
    Control,
    DbtCall,
    EventRule,
    Input,
    Load,
    Logging,
    Notify,
    Pipeline,
    Stage,
    config,
    fn,
)

NAME = "dbt-semantic"

batch = Input(batch_id=str, business_date=str, manifest={"uri": str, "sha256": str, "object_count": int})
run = Control(batch.batch_id)

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
    idempotency_key=fn.format("{}/{}/build/{}", NAME, batch.batch_id, run.attempt),
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
    # The procedure updates the batch's ledger row only where its fence is not higher, so that two runs never both publish.
    sql="call semantic.publish_batch(?, ?)",
    binds=[batch.batch_id, run.fence],
    options={"warehouse": "ETL_WH", "role": "ETL_PUBLISHER"},
    returns={"published_rows": int},
    timeout_seconds=900,
)

tell = Notify.sns(
    "Tell consumers",
    topic=config.alert_topic,
    subject=f"{NAME} published",
    message={"pipeline": NAME, "batch_id": batch.batch_id, "rows": publish.output.published_rows},
    timeout_seconds=60,
)

pipeline = Pipeline(
    name=NAME,
    comment="Base layer to semantic layer by dbt",
    input=batch,
    control=run,
    body=[Stage("check", check), Stage("build", dbt, results), Stage("publish", publish, tell)],
    consumes=(ready,),
    triggers=(EventRule(),),
    on_failure=on_failure(NAME, batch.batch_id),
    retry=RETRY,
    logging=Logging(level="ERROR"),
    tracing=True,
    timeout_seconds=28_800,
    alarms=Alarms(duration_seconds=14_400, fresh_within_hours=30),
    tags={"system": "guidewire", "layer": "semantic"},
)
