"""Payment files -> transactions in DynamoDB: transfer and decrypt, prepare side by side on AWS Batch, load each transaction.

A file is a batch; many run at the same time. It lies below `incoming/<payment type>/` and is announced by S3 or by a message.
"""

import functools
import operator

from pipelines._alert import on_failure
from pipelines._errors import RETRY
from sfn_dsl import (
    CONTINUE,
    Alarms,
    Batches,
    Branch,
    Control,
    DistributedMap,
    DynamoDB,
    Extract,
    Fail,
    ForEach,
    Input,
    Item,
    JsonLines,
    Logging,
    Metric,
    Notify,
    Parallel,
    Pipeline,
    S3Event,
    SnsEvent,
    Stage,
    Task,
    Transform,
    WriteResults,
    config,
    fn,
)

NAME = "payments"
CUT_OFFS = {"ach": "21:45", "card": "23:00", "sepa": "14:30", "wire": "22:00"}
"""Until when, in UTC, a file of a type is settled on the day on which it arrives."""
S3_INPUT = {"key": "key", "version": "version", "arrived": "time"}
MESSAGE_INPUT = {"key": "file.key", "version": "file.version", "arrived": "arrived"}

file = Input(key=str, version=str, arrived=str)
kind = fn.element(fn.split(file.key, "/"), 1)
# Others name the files: characters that are not safe in names and commands become a hash.
batch = fn.execution_name(fn.format("{}@{}", file.key, file.version))
time = fn.substring(file.arrived, 11, 5)
known = functools.reduce(operator.or_, (kind == name for name in CUT_OFFS))
late = functools.reduce(operator.or_, ((kind == name) & (time > cut_off) for name, cut_off in CUT_OFFS.items()))

tell = {"file": file.key, "type": kind, "arrived": file.arrived, "settled": "NEXT_DAY"}
tell_late = Notify.sns(
    "Tell of late file", topic="data-owners", subject="payment file after its cut-off", message=tell, timeout_seconds=60
)
unknown = Fail("Unknown type", error="UnknownPaymentType", cause=fn.format("no payment type in {}", file.key))
check = Branch("Known and in time?", (late, tell_late), (known, CONTINUE), otherwise=unknown)

source = {"bucket": config.payments_landing, "key": file.key, "version": file.version, "batch": batch}
returns = {"uri": str, "sha256": str}
transfer = Extract.lambda_("Transfer file", function="payments-transfer", payload=source, returns=returns, timeout_seconds=900)
wrapped = {"uri": transfer.output.uri, "sha256": transfer.output.sha256, "batch": batch}
unwrap = Transform.lambda_("Decrypt transport", function="payments-unwrap", payload=wrapped, returns=returns, timeout_seconds=900)


def job(name: str) -> Transform:
    """A Batch job of the file. Batch itself starts it again when its host is taken away; a job that fails has failed."""
    lost_host = {"OnStatusReason": "Host EC2*", "Action": "RETRY"}
    return Transform.batch(
        f"{name} file",
        definition=f"payments-{name.lower()}",
        queue="payments",
        job_name=fn.format("{}-{}", name.lower(), batch),
        parameters={"batch": batch, "uri": unwrap.output.uri},
        options={"RetryStrategy": {"Attempts": 3, "EvaluateOnExit": [lost_host, {"OnReason": "*", "Action": "EXIT"}]}},
        timeout_seconds=7200,
    )


# Tokens and the encrypted copy are made of the clear file; the archive keeps the file as it came.
clear = job("Decrypt") >> Parallel("Use clear file", job("Tokenise"), job("Encrypt"))
prepare = Parallel("Prepare file", clear, job("Archive"))

rows, payment = Item(), Item(id=str, amount=str, currency=str)
settled = fn.when(late, "NEXT_DAY", "SAME_DAY")
facts = {"amount": payment.amount, "currency": payment.currency, "type": kind, "settled": settled, "batch": batch}
put = DynamoDB.put("Put payment", table="payment-transactions", item={"pk": payment.id, **facts}, timeout_seconds=30)
load = DistributedMap(
    "Load payments",
    reader=JsonLines(bucket=config.payments_bucket, key=fn.format("tokens/{}.jsonl", batch)),
    item=rows,
    do=ForEach("Put payments", items=rows, item=payment, do=put, max_concurrency=25),
    batches=Batches(max_items=25),
    results=WriteResults(bucket=config.payments_bucket, prefix=fn.format("loaded/{}", batch)),
    max_concurrency=100,
    tolerated_failure_percentage=1,
    execution_type="EXPRESS",
)
map_run = {"MapRunArn": load.output.MapRunArn}
count = Task("Count payments", resource="aws-sdk:sfn:describeMapRun", arguments=map_run, timeout_seconds=30)
counts = count.output.ItemCounts
measure = Metric("Put failed payments", metric="FailedPayments", value=counts.Failed, unit="Count")

# Its template is deployed through a bucket. sfn: allow SFN610
pipeline = Pipeline(
    name=NAME,
    comment="Payment files to transactions in DynamoDB",
    input=file,
    control=Control(batch),
    body=[Stage("receive", check, transfer, unwrap), Stage("prepare", prepare), Stage("load", load, count, measure)],
    output={"loaded": counts.Succeeded, "failed": counts.Failed},
    triggers=(
        S3Event(bucket=config.payments_landing, prefix="incoming/", input=S3_INPUT, owned=True),
        SnsEvent(topic="payment-files", input=MESSAGE_INPUT),
    ),
    on_failure=on_failure(NAME, batch),
    retry=RETRY,
    logging=Logging(level="ERROR"),
    tracing=True,
    timeout_seconds=43_200,
    alarms=Alarms(duration_seconds=14_400, fresh_within_hours=26, calls=True, above={"FailedPayments": 0}),
    tags={"system": "payments"},
)
