"""Payment files -> transactions in DynamoDB: transfer and decrypt, prepare side by side on AWS Batch, load each transaction.

A file is a batch; many run at the same time. It lies below `incoming/<payment type>/` and is announced by S3 or by a message.

No template makes the tables: `payment-transactions` has the key `pk`, `payment-refusals` has `pk` and `sk`, all texts, and a time
to live by `expires_at`. `docs/systems/coverage.md` lists what else must be there.
"""

import functools
import operator

from pipelines._alert import on_failure
from pipelines._errors import RETRY, RETRY_EXPRESS
from pipelines._refusals import Refusals
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
from sfn_dsl.expression import Template

NAME = "payments"
CUT_OFFS = {"ach": "21:45", "card": "23:00", "sepa": "14:30", "wire": "22:00"}
"""Until when, in UTC, a file of a type is settled on the day on which it arrives."""
S3_INPUT = {"key": "key", "version": "version", "arrived": "time"}
MESSAGE_INPUT = {"key": "file.key", "version": "file.version", "arrived": "arrived"}

file = Input(key=str, version=str, arrived=str)
kind = fn.element(fn.split(file.key, "/"), 1)
# Others name the files: characters that are not safe in names and commands become a hash.
batch = fn.execution_name(fn.format("{}@{}", file.key, file.version))
run = Control(batch)
known = functools.reduce(operator.or_, (kind == name for name in CUT_OFFS))
late = functools.reduce(operator.or_, ((kind == name) & fn.past(file.arrived, cut_off) for name, cut_off in CUT_OFFS.items()))

tell = {"file": file.key, "type": kind, "arrived": file.arrived, "settled": "NEXT_DAY"}
tell_late = Notify.sns(
    "Tell of late file", topic="data-owners", subject="payment file after its cut-off", message=tell, timeout_seconds=60
)
unknown = Fail("Unknown type", error="UnknownPaymentType", cause=fn.format("no payment type in {}", file.key))
no_time = fn.format("`{}` is no time of arrival", file.arrived.default(""))
unreadable = Fail("Unreadable time", error="UnreadableInput", cause=no_time)
untimed = (~fn.is_time(file.arrived), unreadable)
check = Branch("Known and in time?", untimed, (late, tell_late), (known, CONTINUE), otherwise=unknown)

source = {"bucket": config.payments_landing, "key": file.key, "version": file.version, "batch": batch}
returns = {"uri": str, "sha256": str}
transfer = Extract.lambda_("Transfer file", function="payments-transfer", payload=source, returns=returns, timeout_seconds=900)
wrapped = {"uri": transfer.output.uri, "sha256": transfer.output.sha256, "batch": batch}
unwrap = Transform.lambda_("Decrypt transport", function="payments-unwrap", payload=wrapped, returns=returns, timeout_seconds=900)


def job(name: str, uri: Template) -> Transform:
    """A Batch job on the file at `uri`. Batch itself starts it again when its host is taken away; a job that fails has failed."""
    lost_host = {"OnStatusReason": "Host EC2*", "Action": "RETRY"}
    return Transform.batch(
        f"{name} file",
        definition=f"payments-{name.lower()}",
        queue="payments",
        job_name=fn.format("{}-{}", name.lower(), batch),
        parameters={"batch": batch, "uri": uri},
        options={"RetryStrategy": {"Attempts": 3, "EvaluateOnExit": [lost_host, {"OnReason": "*", "Action": "EXIT"}]}},
        timeout_seconds=7200,
    )


# Tokens and the encrypted copy are made of the clear file; the archive keeps the file as it came.
clear = fn.format("s3://{}/clear/{}", config.payments_bucket, batch)
use = Parallel("Use clear file", job("Tokenise", clear), job("Encrypt", clear))
prepare = Parallel("Prepare file", job("Decrypt", unwrap.output.uri) >> use, job("Archive", transfer.output.uri))

rows, payment = Item(), Item(id=str, amount=str, currency=str)
settled = fn.when(late, "NEXT_DAY", "SAME_DAY")
money = {"amount": payment.amount, "currency": payment.currency}
item = {"pk": payment.id, **money, "type": kind, "settled": settled, "batch": batch}
put = DynamoDB.put("Put payment", table="payment-transactions", item=item, retry=RETRY_EXPRESS, timeout_seconds=5)
refusals = Refusals(payment, batch, run.fence)
# A comparison of a text holds for texts alone: a number, an object or nothing is no payment either.
readable = (payment.id > "") & (payment.amount > "") & (payment.currency > "")
do = Branch("Is it a payment?", (readable, put), otherwise=refusals.set_aside)
load = DistributedMap(
    "Load payments",
    reader=JsonLines(bucket=config.payments_bucket, key=fn.format("tokens/{}.jsonl", batch)),
    item=rows,
    do=ForEach("Put payments", items=rows, item=payment, do=do, max_concurrency=25),
    batches=Batches(max_items=25),
    results=WriteResults(bucket=config.payments_bucket, prefix=fn.format("loaded/{}", batch)),
    max_concurrency=20,
    execution_type="EXPRESS",
)
map_run = {"MapRunArn": load.output.MapRunArn}
count = Task("Count payments", resource="aws-sdk:sfn:describeMapRun", arguments=map_run, timeout_seconds=30)
total = count.output.ItemCounts.Total

# Its template is deployed through a bucket. sfn: allow SFN610
pipeline = Pipeline(
    name=NAME,
    comment="Payment files to transactions in DynamoDB",
    input=file,
    control=run,
    body=[
        Stage("receive", check, transfer, unwrap),
        Stage("prepare", prepare),
        # Nobody else takes the file for an hour: the time-outs of one child say nothing of how long all of them take.
        Stage("load", load, count, refusals.at_most(1, total), lease_seconds=3600),
    ],
    output={"loaded": total - refusals.count, "refused": refusals.count},
    triggers=(
        S3Event(bucket=config.payments_landing, prefix="incoming/", input=S3_INPUT, owned=True),
        SnsEvent(topic="payment-files", input=MESSAGE_INPUT),
    ),
    on_failure=on_failure(NAME, batch),
    retry=RETRY,
    logging=Logging(level="ERROR"),
    tracing=True,
    timeout_seconds=43_200,
    alarms=Alarms(duration_seconds=14_400, fresh_within_hours=26, calls=True, above={"RefusedPayments": 0}),
    tags={"system": "payments"},
)
