"""The systems: they build, nothing is found wrong, they run well, and every way in which they fail ends where it should."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import sys
from typing import Any

import pytest
from cfnlint.api import lint
from systems_running import BATCHES, FUNCTIONS, INPUTS, PAYMENT, PAYMENT_BATCH, ROOT, ROWS, SYSTEMS, Life, payments_store, project

from sfn_dsl import BUSINESS, POISON
from sfn_dsl.asl.model import UNSET, Task
from sfn_dsl.asl.walk import walk
from sfn_dsl.cli.main import run as cli
from sfn_dsl.publish.batch_row import read_row
from sfn_dsl.simulate.matrix import failure_matrix
from sfn_dsl.simulate.mocks.answers import Answers, parse_answer
from sfn_dsl.simulate.prepared import simulation_of

REGIONS = ("us-east-1", "us-west-1")
OWNERS, ASIDE, ALERT = ["Tell data owners"], ["Set batch aside", "Alert"], ["Alert"]
HANDLERS = {"Tell data owners", "Set batch aside", "Alert"}


# What is built


def test_nothing_is_found_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(["-C", str(ROOT), "check", "--warn-error"]) == 0
    assert f"No findings in {len(SYSTEMS)} pipelines." in capsys.readouterr().err


@pytest.mark.parametrize("region", REGIONS)
def test_templates_are_good_for_cloudformation(region: str) -> None:
    built = project()
    assert built.errors() == ""
    [files] = [output.files for output in built.build.outputs if output.folder == region]
    assert {f"{name}.asl.json" for name in SYSTEMS} <= files.keys()
    templates = sorted((ROOT / "build" / region).glob("*.template.json"))
    assert len(templates) == len(SYSTEMS) + 1
    for template in templates:
        assert lint(template.read_text(encoding="utf-8"), regions=[region]) == [], template


@pytest.mark.slow
@pytest.mark.parametrize("name", SYSTEMS)
def test_roles_allow_what_states_call(name: str) -> None:
    assert cli(["-C", str(ROOT), "iam", "check", name]) == 0


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("name", SYSTEMS)
def test_business_errors_and_poison_are_never_retried(name: str, region: str) -> None:
    errors = {*_class("BUSINESS"), *_class("POISON")}
    assert errors > {*BUSINESS.errors, *POISON.errors}
    own = [(state, body) for state, body in walk(project().compiled(name, region).machine) if isinstance(body, Task)]
    assert own
    for state, body in own:
        if _is_of_the_row(body):  # its errors are DynamoDB's and the bridge's own
            continue
        for error in errors:
            rules = () if body.retry is UNSET else body.retry
            first = next((one for one in rules if _matches(one.error_equals, error)), None)
            assert first is None or first.max_attempts == 0, (state, error)


def _class(name: str) -> tuple[str, ...]:
    """The names of an error class of the pipelines."""
    sys.path.insert(0, str(ROOT))
    try:
        import pipelines._errors as module

        return tuple(getattr(module, name).errors)
    finally:
        sys.path.remove(str(ROOT))


def _is_of_the_row(body: Task) -> bool:
    return "etl-control" in str(body.arguments)


def _matches(names: Any, error: str) -> bool:
    return error in names or "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")


# Running well


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("name", SYSTEMS)
def test_it_succeeds(name: str, region: str) -> None:
    life = Life(name, region=region)
    done = life.run()
    assert (done.status, done.error) == ("SUCCEEDED", None)
    row = read_row(life.table, name, BATCHES[name])
    assert row is not None
    assert (row.status, row.region) == ("SUCCEEDED", region)
    assert row.done == {step.name for step in project().compiled(name).pipeline.steps}
    # The same slot or file once more does nothing.
    again = life.run(name="again")
    assert (again.status, again.output) == ("SUCCEEDED", {"claimed": False})


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_region_that_stands_by_keeps_the_batch(name: str) -> None:
    life = Life(name, region="us-west-1", standby=True)
    assert life.run().output == {"claimed": False}
    row = read_row(life.table, name, BATCHES[name])
    assert row is not None
    assert row.status == "PARKED"


ROUTES: list[tuple[str, str, dict[str, Any], dict[str, Any], list[str]]] = [
    ("tables by Glue", "lakehouse-etl", {}, {}, ["Transform tables"]),
    ("documents by Lambda", "lakehouse-etl", {"data_type": "semi_structured"}, {}, ["Transform light data"]),
    ("express: all by Lambda", "lakehouse-etl-express", {}, {}, ["Transform light data"]),
    ("good enough by itself", "lakehouse-etl", {}, {"lakehouse-validate": {"quality": 0.98, "rejected": 1}}, ["Load lake tables"]),
    (
        "a person lets it pass",
        "lakehouse-etl",
        {},
        {"lakehouse-validate": {"quality": 0.9, "rejected": 9}},
        ["Ask for approval", "Load lake tables"],
    ),
    ("in time", "payments", {}, {}, []),
    ("at the cut-off", "payments", {"arrived": "2026-11-21T21:45:00Z"}, {}, []),
    ("late", "payments", {"arrived": "2026-11-21T21:45:01Z"}, {}, ["Tell of late file"]),
    ("late elsewhere", "payments", {"arrived": "2026-11-21T16:45:01-05:00"}, {}, ["Tell of late file"]),
    ("by link", "kinesis-redshift", {}, {}, ["Send link"]),
    ("by e-mail", "kinesis-redshift", {"deliver": "email"}, {}, ["Send by e-mail"]),
]
CHOSEN = {
    "Transform tables",
    "Transform light data",
    "Ask for approval",
    "Tell of late file",
    "Send link",
    "Send by e-mail",
}


@pytest.mark.parametrize(("name", "given", "functions", "states"), [row[1:] for row in ROUTES], ids=[row[0] for row in ROUTES])
def test_ways_through(name: str, given: dict[str, Any], functions: dict[str, Any], states: list[str]) -> None:
    life = Life(name, functions=functions)
    done = life.run(given)
    assert done.status == "SUCCEEDED"
    assert set(states) <= set(done.states)
    unwanted = CHOSEN - set(states) - ({"Transform tables"} if "Load lake tables" in states else set())
    assert unwanted.isdisjoint(done.states)


def test_sources_are_extracted_side_by_side() -> None:
    life = Life(
        "lakehouse-etl", states={f"Extract {name}": {"Return": {"Payload": {"uri": name}}, "Duration": 100} for name in SOURCES}
    )
    done = life.run()
    at = {visit.state: visit.start for visit in done.visits}
    assert len({at[f"Extract {name}"] for name in SOURCES}) == 1
    assert life.arguments("Transform tables")["Arguments"]["--uris"] == '["orders","customers","products"]'
    assert life.arguments("Extract orders")["Payload"]["batch_size"] == 1000


SOURCES = ("orders", "customers", "products")


def test_jobs_wait_for_what_they_need_and_for_nothing_else() -> None:
    life = Life("payments", states={"Archive file": {"Return": {}, "Duration": 500}})
    at = {visit.state: visit.start for visit in life.run().visits}
    assert at["Decrypt file"] == at["Archive file"] < at["Tokenise file"] == at["Encrypt file"] < at["Archive file"] + 500


def test_every_payment_is_an_item() -> None:
    life = Life("payments")
    life.run({"arrived": "2026-11-21T23:30:00Z"})
    table = life.place.dynamodb.tables["payment-transactions"]
    items = [
        life.place.dynamodb.call("GetItem", {"TableName": table.name, "Key": {"pk": {"S": f"p{n}"}}}, 0)["Item"] for n in range(200)
    ]
    assert {item["settled"]["S"] for item in items} == {"NEXT_DAY"}
    assert items[7]["amount"] == {"S": "7.00"}


# Failing


def job_failed(cause: str) -> dict[str, Any]:
    return {"Throw": {"Error": "States.TaskFailed", "Cause": cause}}


DOUBTFUL = {"lakehouse-validate": {"quality": 0.95, "rejected": 9}}
FAILURES: list[tuple[str, str, dict[str, Any], str, list[str]]] = [
    (
        "fault of a service that stays",
        "lakehouse-etl",
        {"faults": ["Validate=Lambda.ServiceException"]},
        "Lambda.ServiceException",
        ALERT,
    ),
    ("an extract fails", "lakehouse-etl", {"faults": ["Extract orders=Boom"]}, "Boom", ALERT),
    ("a Glue run fails", "lakehouse-etl", {"faults": ["Transform tables=States.TaskFailed"]}, "States.TaskFailed", ALERT),
    (
        "bad rows",
        "lakehouse-etl",
        {"functions": {"lakehouse-validate": {"quality": 0.5, "rejected": 9}}},
        "DataQualityError",
        OWNERS,
    ),
    ("a function says so", "lakehouse-etl", {"faults": ["Validate=DataQualityError"]}, "DataQualityError", OWNERS),
    ("doubtful, express", "lakehouse-etl-express", {"functions": DOUBTFUL}, "DataQualityError", OWNERS),
    (
        "refused by a person",
        "lakehouse-etl",
        {"functions": DOUBTFUL, "faults": ["Ask for approval=ApprovalRejected"]},
        "ApprovalRejected",
        OWNERS,
    ),
    (
        "nobody answers",
        "lakehouse-etl",
        {"functions": DOUBTFUL, "faults": ["Ask for approval=no-callback", "Ask for approval again=no-callback"]},
        "ApprovalTimedOut",
        OWNERS,
    ),
    ("unreadable", "lakehouse-etl", {"faults": ["Transform tables=UnreadableInput"]}, "UnreadableInput", ASIDE),
    ("unknown kind of data", "lakehouse-etl", {"given": {"data_type": "cards"}}, "UnknownDataType", ASIDE),
    ("unknown kind of data, express", "lakehouse-etl-express", {"given": {"data_type": "large"}}, "UnknownDataType", ASIDE),
    ("unknown payment type", "payments", {"given": {"key": "incoming/gold/f.pgp"}}, "UnknownPaymentType", ASIDE),
    ("unreadable time", "payments", {"given": {"arrived": ""}}, "UnreadableInput", ASIDE),
    ("time without offset", "payments", {"given": {"arrived": "2026-11-21T10:00:00"}}, "UnreadableInput", ASIDE),
    ("the transfer fails", "payments", {"faults": ["Transfer file=Boom"]}, "Boom", ALERT),
    ("a Batch job fails", "payments", {"faults": ["Encrypt file=States.TaskFailed"]}, "States.TaskFailed", ALERT),
    (
        "a Batch job cannot read",
        "payments",
        {"states": {"Decrypt file": job_failed("UnreadableInput: no key")}},
        "States.TaskFailed",
        ASIDE,
    ),
    ("no tokens", "payments", {"given": {"version": "v2"}}, "States.ItemReaderFailed", ASIDE),
    ("too many bad payments", "payments", {"rows": ["{}"] * 3 + ROWS}, "TooManyRefusedPayments", OWNERS),
    (
        "a payment cannot be put",
        "payments",
        {"faults": ["Put payment=DynamoDB.ThrottlingException"]},
        "States.ExceedToleratedFailureThreshold",
        ALERT,
    ),
    (
        "a payment cannot be set aside",
        "payments",
        {"faults": ["Set payment aside=Boom"], "rows": ["{}", *ROWS]},
        "States.ExceedToleratedFailureThreshold",
        ALERT,
    ),
    (
        "integrity",
        "kinesis-redshift",
        {"functions": {"kr-validate": {"verdict": "FAILED", "quality": 0.1}}},
        "DataQualityError",
        OWNERS,
    ),
    (
        "a Glue run fails over its data",
        "kinesis-redshift",
        {"states": {"Transform to Parquet": job_failed('{"ErrorMessage": "DataQualityError: no keys"}')}},
        "States.TaskFailed",
        OWNERS,
    ),
    (
        "a Glue run says that its data is bad",
        "kinesis-redshift",
        {"states": {"Load to Redshift": job_failed('{"ErrorMessage": "DataQualityError: no keys"}')}},
        "States.TaskFailed",
        OWNERS,
    ),
    (
        "a Glue run that loads fails",
        "kinesis-redshift",
        {"faults": ["Load to Redshift=States.TaskFailed"]},
        "States.TaskFailed",
        ALERT,
    ),
    ("no report", "kinesis-redshift", {"faults": ["Build report=Boom"]}, "Boom", ALERT),
    ("inconsistent", "dbt-semantic", {"functions": {"gw-base-check": {}}}, "DataInconsistencyError", OWNERS),
    ("dbt fails", "dbt-semantic", {"functions": {"dbt-proxy": {"run_id": "r", "status": "FAILED"}}}, "DbtRunFailed", OWNERS),
    ("dbt results", "dbt-semantic", {"functions": {"dbt-results-check": {"verdict": "SHORT"}}}, "DbtResultsError", OWNERS),
    ("publishing", "dbt-semantic", {"faults": ["Publish semantic layer=Boom"]}, "Boom", ALERT),
    ("copying", "guidewire-base", {"faults": ["Copy to lake=States.TaskFailed"]}, "States.TaskFailed", ALERT),
    ("no batch to read", "guidewire-base", {"faults": ["Write batch manifest=UnreadableInput"]}, "UnreadableInput", ASIDE),
]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize(("name", "more", "error", "told"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES])
def test_ways_to_fail(name: str, more: dict[str, Any], error: str, told: list[str], region: str) -> None:
    more = dict(more)
    given = more.pop("given", {})
    life = Life(name, region=region, **more)
    done = life.run(given)
    assert (done.status, done.error) == ("FAILED", error)
    assert [state for state in done.states if state in HANDLERS] == told
    batch = BATCHES[name] if not given else _only_batch(life)
    row = read_row(life.table, name, batch)
    assert row is not None
    assert row.status == "FAILED"
    assert row.item["error"]["M"]["error"] == {"S": error}


def test_bad_days_are_measured_too() -> None:
    life = Life("kinesis-redshift", functions={"kr-validate": {"verdict": "FAILED", "quality": 0.4}})
    assert life.run().error == "DataQualityError"
    assert life.arguments("Validate / metrics")["MetricData"][0]["Value"] == 0.4


def _only_batch(life: Life) -> str:
    failed = {":q": {"S": f"FAILED#{life.name}"}}
    [row] = life.table.query(IndexName="by_queue", KeyConditionExpression="queue = :q", ExpressionAttributeValues=failed)
    return str(row["batch_id"]["S"])


BAD_PAYMENTS = [
    *("{}", "5", "null", "[]", '"x"', '{"id": "p", "currency": "USD"}', '{"id": "", "amount": "1", "currency": "USD"}'),
    *('{"id": "p", "amount": 1.5, "currency": "USD"}', '{"id": null, "amount": "1", "currency": "USD"}'),
]


@pytest.mark.parametrize("bad", BAD_PAYMENTS)
def test_a_few_bad_payments_are_set_aside_and_all_others_loaded(bad: str) -> None:
    """Also those of the same child execution, which a failing iteration would have stopped."""
    life = Life("payments", rows=[bad, *ROWS[:150], bad, *ROWS[150:]])
    done = life.run()
    assert (done.status, done.output) == ("SUCCEEDED", {"loaded": 200, "refused": 2})
    assert {child.status for child in done.children} == {"SUCCEEDED"}
    tables = life.place.dynamodb.tables
    assert len(tables["payment-transactions"].items) == 200
    kept = [item["payment"]["S"] for item in tables["payment-refusals"].items.values()]
    assert kept == [bad.strip('"') if bad[0] == '"' else json.dumps(json.loads(bad), separators=(",", ":"))] * 2
    assert life.arguments("Put refused payments")["MetricData"][0]["Value"] == 2
    for item in tables["payment-refusals"].items.values():
        assert 0 <= life.world.now_ms / 1000 + 90 * 86_400 - int(item["expires_at"]["N"]) < 3600


def test_a_count_of_refusals_that_is_not_whole_says_so() -> None:
    """Rows beyond the 1 MB that one query reads are not counted."""
    page = {"Count": 3000, "LastEvaluatedKey": {"pk": {"S": "p"}, "sk": {"S": "s"}}}
    done = (life := Life("payments", states={"Count refusals": page})).run()
    assert done.error == "TooManyRefusedPayments"
    assert "at least 3000 of 200 payments cannot be read" in str(life.arguments("Tell data owners")["Message"])


def test_throttled_payments_are_tried_again_within_the_time_of_an_express_execution() -> None:
    life = Life("payments", rows=ROWS[:25], faults=["Put payment=DynamoDB.ThrottlingException*20"])
    assert life.run().output == {"loaded": 25, "refused": 0}
    life = Life("payments", rows=ROWS[:25], faults=["Put payment=DynamoDB.ThrottlingException"])
    [child] = life.run().children
    assert (child.status, child.error) == ("FAILED", "DynamoDB.ThrottlingException")


def test_the_archive_keeps_the_file_as_it_came() -> None:
    functions = {
        "payments-transfer": {"uri": "s3://as/it/came", "sha256": "x"},
        "payments-unwrap": {"uri": "s3://opened", "sha256": "y"},
    }
    life = Life("payments", functions=functions)
    life.run()
    uris = {name: life.arguments(f"{name} file")["Parameters"]["uri"] for name in ("Archive", "Decrypt", "Tokenise", "Encrypt")}
    clear = f"s3://acme-payments-use1/clear/{PAYMENT_BATCH}"
    assert uris == {"Archive": "s3://as/it/came", "Decrypt": "s3://opened", "Tokenise": clear, "Encrypt": clear}


def test_faults_are_tried_again_with_growing_delays() -> None:
    life = Life("lakehouse-etl", faults=["Validate=Lambda.ServiceException"])
    life.run()
    assert life.count("Validate") == 1 + 3
    [rule, *_] = project().compiled("lakehouse-etl").machine.states["Validate"].retry
    assert (rule.interval_seconds, rule.backoff_rate, rule.max_attempts) == (5, 2.0, 3)


@pytest.mark.parametrize(
    ("state", "error", "calls"),
    [
        *((job, "States.TaskFailed", 1) for job in ("Kinesis to lake", "Transform to Parquet", "Load to Redshift")),
        ("Kinesis to lake", "Glue.EntityNotFoundException", 1),
        ("Load to Redshift", "Glue.EntityNotFoundException", 1),
        ("Transform to Parquet", "Glue.InternalServiceException", 7),
        ("Validate", "DataQualityError", 1),
    ],
)
def test_what_is_tried_again(state: str, error: str, calls: int) -> None:
    life = Life("kinesis-redshift", faults=[f"{state}={error}"])
    assert life.run().status == "FAILED"
    assert life.count(state) == calls


def test_a_question_is_asked_again_with_a_token_of_its_own() -> None:
    life = Life("lakehouse-etl", functions=DOUBTFUL, faults=["Ask for approval=no-callback"])
    done = life.run()
    assert done.status == "SUCCEEDED"
    first, second = (life.arguments(state)["Message"] for state in ("Ask for approval", "Ask for approval again"))
    tokens = [message.pop("TaskToken") for message in (first, second)]
    assert len(set(tokens)) == 2
    for message, token in zip((first, second), tokens, strict=True):
        yes, no = (shlex.split(message.pop(name)) for name in ("Approve", "Reject"))
        assert yes[:3] == ["aws", "stepfunctions", "send-task-success"]
        assert no[:3] == ["aws", "stepfunctions", "send-task-failure"]
        options = [dict(zip(words[3::2], words[4::2], strict=True)) for words in (yes, no)]
        assert all((one["--region"], one["--task-token"]) == ("us-east-1", token) for one in options)
        assert (options[0]["--task-output"], options[1]["--error"]) == ("{}", "ApprovalRejected")
    assert first["Execution"].endswith(done.arn)
    assert first == second
    assert done.duration is not None
    assert done.duration > 4 * 3600


# What people are told


def test_the_alert_says_what_to_do() -> None:
    life = Life("kinesis-redshift", states={"Load to Redshift": job_failed("x" * 30_000)})
    done = life.run(name="slot-1")
    message = life.arguments("Alert")["Message"]
    arn = "arn:aws:states:us-east-1:111122223333:execution:kinesis-redshift:slot-1"
    assert done.arn == arn
    assert message.splitlines() == [
        "Pipeline kinesis-redshift failed in us-east-1.",
        "",
        "Batch: 2026-11-21",
        "Step:  Load to Redshift",
        "Error: States.TaskFailed",
        "",
        "x" * 1000,
        "",
        f"Execution: https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/executions/details/{arn}",
        "Run it again, without the stages that are done:",
        "",
        "    sfn-dsl rerun kinesis-redshift '2026-11-21'",
    ]


def test_express_executions_have_other_pages() -> None:
    life = Life("lakehouse-etl-express", functions=DOUBTFUL)
    done = life.run()
    link = re.search(r"#/express-executions/details/(\S+)\?startDate=(\d+)", life.arguments("Tell data owners")["Message"])
    assert link is not None
    assert (link[1], int(link[2])) == (done.arn, round(done.start * 1000))


@pytest.mark.parametrize("key", ["incoming/ach/a b.pgp", "incoming/ach/'; rm -rf ~ #", "incoming/ach/$(id)", "incoming/ach/é"])
def test_a_file_cannot_write_a_command(key: str) -> None:
    life = Life("payments", faults=["Transfer file=Boom"])
    life.run({"key": key})
    command = life.arguments("Alert")["Message"].splitlines()[-1]
    assert re.fullmatch(r"    sfn-dsl rerun payments '[0-9A-Za-z_-]{1,80}'", command)


def test_errors_of_the_lakehouse_say_why() -> None:
    life = Life("lakehouse-etl")
    life.run({"data_type": "cards"})
    assert life.arguments("Set batch aside")["MessageBody"]["cause"] == "nothing transforms data of the type cards"
    life = Life("lakehouse-etl", functions=DOUBTFUL, faults=["Ask for approval=no-callback", "Ask for approval again=no-callback"])
    life.run()
    assert "asked twice whether a quality of 0.95 will do" in life.arguments("Tell data owners")["Message"]


@pytest.mark.parametrize("batch", ["b'; echo pwned; #", "$(id)", "a b", 'it\'s "é"\n`id`'])
def test_a_batch_cannot_write_a_command(batch: str) -> None:
    life = Life("lakehouse-etl", faults=["Load lake tables=Boom"])
    life.run({"batch_id": batch})
    command = life.arguments("Alert")["Message"].partition("    sfn-dsl ")[2]
    assert shlex.split(command) == ["rerun", "lakehouse-etl", f"structured/{batch}"]


def test_letters_hold_the_input() -> None:
    life = Life("payments")
    life.run({"key": "incoming/gold/f.pgp"})
    letter = life.arguments("Set batch aside")["MessageBody"]
    assert letter["input"] == {**PAYMENT, "key": "incoming/gold/f.pgp"}
    assert (letter["error"], letter["step"]) == ("UnknownPaymentType", "Unknown type")


# Every task with every error


MATRICES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("lakehouse-etl", {"data_type": "semi_structured"}, {}, {}),
    ("lakehouse-etl", {}, DOUBTFUL, {"Ask for approval": {"Timeout": True}}),
    ("lakehouse-etl-express", {}, {}, {}),
    ("payments", {"arrived": "2026-11-21T23:30:00Z"}, {}, {}),
    ("kinesis-redshift", {}, {}, {}),
    ("kinesis-redshift", {"deliver": "email"}, {}, {}),
]
SELDOM = {"Park", "Tell data owners", "Set batch aside", "Set payment aside"}
"""Tasks that only a Region standing by enters, or that the tests above go through: classes of failure, bad payments."""


@pytest.mark.parametrize("name", ["lakehouse-etl", "lakehouse-etl-express", "payments", "kinesis-redshift"])
def test_no_lasting_failure_goes_unhandled(name: str) -> None:
    left: set[str] | None = None
    for given, functions, states in [row[1:] for row in MATRICES if row[0] == name]:
        answers = Answers(
            functions={key: parse_answer(value) for key, value in {**FUNCTIONS, **functions}.items()},
            states={key: parse_answer(value) for key, value in states.items()},
        )
        simulation, _ = simulation_of(project().compiled(name), answers=answers)
        simulation = dataclasses.replace(simulation, objects=lambda: payments_store(ROWS[:2]))
        matrix = failure_matrix(simulation, {**INPUTS[name], **given}, processes=2)
        assert matrix.unhandled == ()
        missed = {cell.state for cell in matrix.cells if cell.always.kind == "unreached"}
        left = missed if left is None else left & missed
    assert left is not None
    assert left <= SELDOM
