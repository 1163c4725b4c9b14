"""`simulate`, its matrix and coverage, `record`, and the pytest plugin, as a user meets them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sfn_dsl.cli.main import run as run_cli

LAMBDA = "arn:aws:states:::lambda:invoke"
RETRY = [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 2, "MaxAttempts": 2}]
DEFINITION: dict[str, Any] = {
    "QueryLanguage": "JSONata",
    "StartAt": "Load",
    "States": {
        "Load": {
            "Type": "Task",
            "Resource": LAMBDA,
            "Arguments": {"FunctionName": "load", "Payload": "{% $states.input %}"},
            "Retry": RETRY,
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Alert", "Output": {}}],
            "Output": "{% $states.result.Payload %}",
            "Next": "Enough?",
        },
        "Enough?": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.rows > 0 %}", "Next": "Publish"}],
            "Default": "Empty",
        },
        "Publish": {
            "Type": "Task",
            "Resource": LAMBDA,
            "Arguments": {"FunctionName": "p", "Payload": {}},
            "Output": {},
            "End": True,
        },
        "Empty": {"Type": "Succeed", "Output": "{% 'nothing to do' %}"},
        "Alert": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Arguments": {"TopicArn": "arn:aws:sns:us-east-1:111122223333:t", "Message": "x"},
            "Next": "Failed",
        },
        "Failed": {"Type": "Fail", "Error": "LoadFailed"},
    },
}
PIPELINE = """
from sfn_dsl import ConsistencyCheck, Extract, Input, Load, Notify, Pipeline, TRANSIENT
batch = Input(batch_id=str, mode="full")
load = Load.lambda_("Load", function="load", payload={"id": batch.batch_id}, returns={"rows": int}, retry=TRANSIENT)
check = ConsistencyCheck("Check", function="check", payload={"rows": load.output.rows})
pipeline = Pipeline(
    name="nightly", input=batch, body=load >> check, output={"rows": load.output.rows},
    on_failure=Notify.sns("Alert", topic="alerts", message={"batch": batch.batch_id}),
)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "load.asl.json").write_text(json.dumps(DEFINITION), encoding="utf-8")
    (tmp_path / "mocks.json").write_text(json.dumps({"states": {"Load": {"Payload": {"rows": 3}}}}), encoding="utf-8")
    return tmp_path


@pytest.fixture
def cli(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run_cli(["-C", str(folder), "--color", "never", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_a_timeline(cli: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = cli("simulate", "load.asl.json", "--mock", "mocks.json", "--loose", "--fail", "Load=throttled*2")
    assert code == 0
    rows = [line.split(maxsplit=5) for line in out.splitlines()[1:4]]
    assert out.splitlines()[0].split() == ["START", "DURATION", "TRIES", "STATE", "RESULT"]
    assert "retried 2, then fine" in out
    assert rows[0][:4] == ["0.0", "s", "9.0", "s"], "three calls of a second, waits of 2 and 4 seconds"
    assert "SUCCEEDED after 10.0 s of virtual time" in out
    assert "5 state transitions, $0.000125 in us-east-1" in out


@pytest.mark.parametrize(
    ("options", "code", "texts"),
    [
        ((), 1, ["failed: States.QueryEvaluationError", "returned nothing", "FAILED after"]),
        (
            ("--mock", "mocks.json", "--loose", "--fail", "Load=Lambda.ServiceException"),
            1,
            ["caught Lambda.ServiceException", "error   LoadFailed"],
        ),
        (("--mock", "mocks.json", "--loose", "--coverage"), 0, ["Coverage: 40.0 %", "not visited: Load, retrier 0"]),
        (("--mock", "mocks.json", "--loose", "--coverage-min", "90"), 1, ["SUCCEEDED"]),
        (("--region", "us-west-1", "--mock", "mocks.json", "--loose"), 0, ["$0.000084 in us-west-1"]),
    ],
)
def test_exit_codes(cli: Callable[..., tuple[int, str, str]], options: tuple[str, ...], code: int, texts: list[str]) -> None:
    found, out, _ = cli("simulate", "load.asl.json", *options)
    assert (found, [text for text in texts if text not in out]) == (code, [])


def test_a_region_stands_still(cli: Callable[..., tuple[int, str, str]]) -> None:
    arguments = ("simulate", "load.asl.json", "--mock", "mocks.json", "--loose", "--stop-region")
    code, out, _ = cli(*arguments, "0.5+300")
    assert (code, "SUCCEEDED after 5 m 02 s" in out) == (0, True)
    code, out, err = cli(*arguments, "0.5")
    assert (code, "RUNNING" in out, "nothing moves any more" in err) == (2, True, True)


def test_json(cli: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = cli("simulate", "load.asl.json", "--mock", "mocks.json", "--loose", "--json", "--input", '{"a": 1}')
    value = json.loads(out)
    assert (code, value["status"], value["input"]) == (0, "SUCCEEDED", {"a": 1})
    assert [state["name"] for state in value["states"]] == ["Load", "Enough?", "Publish"]
    assert value["events"][0]["executionStartedEventDetails"]["input"] == '{"a":1}'


BAD = {
    "no file": (("nowhere.asl.json",), "cannot read"),
    "not json": (("broken.asl.json",), "not JSON"),
    "schema": (("wrong.asl.json",), "state `A`"),
    "input": (("load.asl.json", "--input", "{"), "the input is not JSON"),
    "input file": (("load.asl.json", "--input", "nowhere.json"), "cannot read the input"),
    "input size": (("load.asl.json", "--input", "large.json"), "StartExecution takes 262,144"),
    "mock file": (("load.asl.json", "--mock", "nowhere.json"), "cannot read the mocks"),
    "mock key": (("load.asl.json", "--mock", "odd.json"), "`sates` is unknown"),
    "mock state": (("load.asl.json", "--mock", "stranger.json"), "no state `Laod` to mock"),
    "fault state": (("load.asl.json", "--fail", "Nope=E"), "no state `Nope` to fail"),
    "outage": (("load.asl.json", "--stop-region", "soon"), "`soon` is no outage"),
    "fault form": (("load.asl.json", "--fail", "Load"), "is no fault"),
    "python": (("load.asl.json", "--mock", "bad.py"), "raised ZeroDivisionError"),
    "callable": (("load.asl.json", "--mock", "raising.py"), "the callable raised ValueError: no rows"),
    "loop": (("loop.asl.json", "--max-transitions", "500"), "passed 500 state transitions"),
    "objects": (("load.asl.json", "--objects", "nowhere"), "no folder nowhere"),
    "history": (("load.asl.json", "--against", "odd.json"), "holds no history"),
    "allow": (("load.asl.json", "--matrix", "--allow", "Nope"), "`Nope` allows nothing"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(cli: Callable[..., tuple[int, str, str]], folder: Path, name: str) -> None:
    loop = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}
    files = {
        "broken.asl.json": "{",
        "wrong.asl.json": json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass"}}}),
        "large.json": json.dumps("x" * 300_000),
        "odd.json": json.dumps({"sates": {}}),
        "stranger.json": json.dumps({"states": {"Laod": 1}}),
        "bad.py": "1 / 0",
        "raising.py": "def load(arguments):\n    raise ValueError('no rows')\nstates = {'Load': load}\n",
        "loop.asl.json": json.dumps(loop),
    }
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    arguments, message = BAD[name]
    code, out, err = cli("simulate", *arguments)
    assert code == 2
    assert message in err
    assert err.startswith("error: ")
    assert out == ""
    assert "Traceback" not in err


def test_debug_shows_the_traceback(folder: Path) -> None:
    (folder / "raising.py").write_text(
        "def load(arguments):\n    raise ValueError('no rows')\nstates = {'Load': load}\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "sfn_dsl", "-C", str(folder), "--debug", "simulate", "load.asl.json", "--mock", "raising.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert "ValueError: no rows" in done.stderr


def test_the_matrix(cli: Callable[..., tuple[int, str, str]]) -> None:
    arguments = ("simulate", "load.asl.json", "--mock", "mocks.json", "--loose", "--matrix")
    code, out, _ = cli(*arguments, "--json")
    cells = {(cell["state"], cell["error"]): cell for cell in json.loads(out)["cells"]}
    assert code == 1
    assert cells["Load", "Lambda.TooManyRequestsException"]["once"] == "retried 1, then fine"
    assert cells["Load", "Lambda.TooManyRequestsException"]["always"] == "retried 2, then caught -> Alert"
    assert cells["Load", "States.Timeout"]["always"] == "caught -> Alert"
    assert cells["Publish", "States.TaskFailed"]["always"] == "failed unhandled"
    assert cells["Alert", "SNS.NotFoundException"]["always"] == "failed unhandled", "reached through a failing Load"
    assert {error for state, error in cells if state == "Publish"} >= {
        "Lambda.ServiceException",
        "Lambda.SdkClientException",
        "States.Timeout",
    }
    assert cli(*arguments, "--allow", "Publish", "--allow", "Alert=*")[0] == 0
    assert cli(*arguments, "--allow", "Publish")[0] == 1


SAMPLED = """
from sfn_dsl import Branch, CONTINUE, Fail, DistributedMap, Input, Item, JsonLines, Load, Notify, Pipeline
file = Input(kind=str, key=str)
row = Item()
work = Load.lambda_("Work", function="work", payload={"row": row}, timeout_seconds=60)
each = DistributedMap("Each row", reader=JsonLines(bucket="lake", key=file.key), item=row, do=work)
known = Branch("Known?", (file.kind == "a", CONTINUE), otherwise=Fail("Unknown", error="NoKind"))
tell = Notify.sns("Tell", topic="t", subject="s", message="m", timeout_seconds=60)
pipeline = Pipeline(name="Kinds", input=file, body=known >> each, on_failure=tell)
"""
SAMPLES = """
[sfn_dsl]
sample.kinds = {"kind": "a", "key": "in/f1"}
objects.kinds = {"in/*": [{"id": 1}, {"id": 2}]}
"""


def test_runs_start_from_the_samples_of_the_project(project: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    root = project({"pipelines/kinds.py": SAMPLED})
    plain = (root / "setup.cfg").read_text(encoding="utf-8")

    def simulated(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = run_cli(["-C", str(root), "simulate", "Kinds", "--json", *arguments])
        return code, json.loads(capsys.readouterr().out)

    assert simulated()[1]["error"] == "NoKind"
    missed = [cell for cell in simulated("--matrix")[1]["cells"] if cell["always"] == "not reached"]
    assert {cell["state"] for cell in missed} == {"Work"}
    run_cli(["-C", str(root), "simulate", "Kinds", "--matrix"])
    assert f"{len(missed)} NOT REACHED\nnot reached, so nothing is known of them: Work\n" in capsys.readouterr().out
    (root / "setup.cfg").write_text(plain.replace("[sfn_dsl]\n", SAMPLES), encoding="utf-8")
    code, found = simulated()
    assert (code, found["status"], len(found["children"])) == (0, "SUCCEEDED", 2)
    assert found["input"] == {"kind": "a", "key": "in/f1"}
    code, found = simulated("--matrix")
    assert (code, found["unreached"]) == (0, 0)
    assert simulated("--input", '{"kind": "b"}')[1]["error"] == "NoKind"
    (root / "empty").mkdir()
    assert simulated("--objects", "empty")[1]["status"] == "FAILED"
    (root / "test_kinds.py").write_text(
        "def test_sample(simulate):\n    run = simulate('Kinds')\n    assert len(run.children) == 2\n", encoding="utf-8"
    )
    done = subprocess.run(_pytest(root), capture_output=True, text=True, check=False, cwd=root)
    assert "1 passed" in done.stdout, done.stdout


def test_the_matrix_is_the_same_on_one_core_and_on_many(cli: Callable[..., tuple[int, str, str]], folder: Path) -> None:
    states = {f"t{number}": {**DEFINITION["States"]["Load"], "Output": {}, "Next": f"t{number + 1}"} for number in range(8)}
    states |= {"t8": {"Type": "Succeed"}, "Alert": DEFINITION["States"]["Alert"], "Failed": DEFINITION["States"]["Failed"]}
    (folder / "many.asl.json").write_text(json.dumps({**DEFINITION, "StartAt": "t0", "States": states}), encoding="utf-8")
    one, many = (cli("simulate", "many.asl.json", "--matrix", "--json", "--coverage", "--jobs", jobs)[1] for jobs in ("1", "3"))
    assert len(json.loads(one)["cells"]) > 300
    assert one == many


def test_a_recording_is_replayed(cli: Callable[..., tuple[int, str, str]], folder: Path) -> None:
    out = cli(
        "simulate",
        "load.asl.json",
        "--mock",
        "mocks.json",
        "--loose",
        "--json",
        "--fail",
        "Load=throttled*1",
        "--input",
        '{"a": 1}',
    )[1]
    (folder / "history.json").write_text(json.dumps({"events": json.loads(out)["events"]}), encoding="utf-8")
    code, out, _ = cli("simulate", "load.asl.json", "--mock", "history.json", "--against", "history.json", "--loose")
    assert (code, "goes the way of the recording" in out, "retried 1" in out) == (0, True, True)
    changed = json.loads(json.dumps(DEFINITION).replace("rows > 0", "rows > 5"))
    (folder / "changed.asl.json").write_text(json.dumps(changed), encoding="utf-8")
    code, out, _ = cli("simulate", "changed.asl.json", "--mock", "history.json", "--against", "history.json", "--loose")
    assert code == 1
    assert 'parts at state entered as number 3: recorded "Publish", simulated "Empty"' in out


def test_objects_in_a_folder(cli: Callable[..., tuple[int, str, str]], folder: Path) -> None:
    (folder / "s3" / "lake").mkdir(parents=True)
    (folder / "s3" / "lake" / "in.jsonl").write_text('{"n": 1}\n{"n": 2}\n', encoding="utf-8")
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSONL"},
        "Arguments": {"Bucket": "lake", "Key": "in.jsonl"},
    }
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "End": True}},
    }
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "M",
        "States": {"M": {"Type": "Map", "ItemReader": reader, "ItemProcessor": processor, "End": True}},
    }
    (folder / "map.asl.json").write_text(json.dumps(definition), encoding="utf-8")
    code, out, _ = cli("simulate", "map.asl.json", "--objects", "s3")
    assert (code, '[{"n":1},{"n":2}]' in out, "2 child executions" in out) == (0, True, True)


# Pipelines of a project


def test_a_pipeline_by_its_name(project: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    root = project({"pipelines/nightly.py": PIPELINE})
    assert run_cli(["-C", str(root), "simulate", "nightly"]) == 0
    assert '{"rows":1}' in capsys.readouterr().out, "the declared type gives the sample"
    assert run_cli(["-C", str(root), "simulate", "nightly", "--fail", "Check=States.TaskFailed"]) == 1
    out = capsys.readouterr().out
    assert "caught States.TaskFailed" in out
    assert "pipelines/nightly.py:" in out, "the failing state is mapped to its source line"
    assert run_cli(["-C", str(root), "simulate", "nightly", "--matrix", "--coverage-min", "90"]) == 0
    assert run_cli(["-C", str(root), "simulate", "nightyl"]) == 2
    assert "did you mean `nightly`?" in capsys.readouterr().err


def _pytest(root: Path) -> list[str]:
    """The command that tests a project with its own settings only."""
    options = ["-q", "-p", "no:cacheprovider", str(root), "--rootdir", str(root), "-c", str(root / "setup.cfg")]
    return [sys.executable, "-m", "pytest", *options]


def test_the_plugin(project: Callable[..., Path]) -> None:
    root = project({"pipelines/nightly.py": PIPELINE})
    (root / "setup.cfg").write_text((root / "setup.cfg").read_text() + "[tool:pytest]\nsfn_dsl_tests = true\n", encoding="utf-8")
    (root / "test_nightly.py").write_text(
        "def test_fine(simulate):\n"
        "    run = simulate('nightly', faults=['Load=Lambda.ServiceException*1'])\n"
        "    assert run.status == 'SUCCEEDED' and run.visits[0].retries\n"
        "def test_check(simulate):\n"
        "    run = simulate('nightly', mocks={'Check': {'Payload': {'consistencyStatus': 'FAILED'}}}, strict=False)\n"
        "    assert run.error == 'DataInconsistencyError' and 'Alert' in run.states\n",
        encoding="utf-8",
    )
    command = _pytest(root)
    done = subprocess.run([*command, "--sfn-coverage"], capture_output=True, text=True, check=False, cwd=root)
    assert "1 failed, 5 passed" in done.stdout, done.stdout + done.stderr
    assert "build/ is stale" in done.stdout
    assert "nightly: Coverage:" in done.stdout
    assert run_cli(["-C", str(root), "build"]) == 0
    assert subprocess.run(command, capture_output=True, text=True, check=False, cwd=root).returncode == 0
    done = subprocess.run([*command, "--sfn-coverage-min", "99"], capture_output=True, text=True, check=False, cwd=root)
    assert (done.returncode, "is below 99 %" in done.stdout) == (1, True)


def test_the_plugin_finds_unhandled_failures(project: Callable[..., Path]) -> None:
    root = project({"pipelines/nightly.py": PIPELINE.replace("on_failure", "on_failure=None) or dict(x")})
    ini = (root / "setup.cfg").read_text() + "[tool:pytest]\nsfn_dsl_tests = true\n"
    (root / "setup.cfg").write_text(ini, encoding="utf-8")
    command = _pytest(root)
    assert run_cli(["-C", str(root), "build"]) == 0
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    assert "failures that nothing handles" in done.stdout, done.stdout + done.stderr
    (root / "setup.cfg").write_text(ini + "sfn_dsl_allow =\n    Load\n    Check=*\n", encoding="utf-8")
    assert subprocess.run(command, capture_output=True, text=True, check=False, cwd=root).returncode == 0


# Recording


def test_a_history_is_recorded(
    endpoint: str, cli: Callable[..., tuple[int, str, str]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    client = boto3.client("stepfunctions", region_name="us-east-1", endpoint_url=endpoint)
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"x": 1}, "End": True}}}
    made = client.create_state_machine(name="m", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/r")
    started = client.start_execution(stateMachineArn=made["stateMachineArn"], input='{"i": 1}')
    code, _, err = cli("record", started["executionArn"], "--endpoint-url", endpoint, "-o", "history.json")
    assert (code, "Recorded" in err) == (0, True)
    value = json.loads((folder / "history.json").read_text(encoding="utf-8"))
    assert value["execution"]["executionArn"] == started["executionArn"]
    assert isinstance(value["events"], list)
    code, _, err = cli("record", started["executionArn"].replace(":m:", ":none:"), "--endpoint-url", endpoint)
    assert (code, err.startswith("error: AWS refuses: ")) == (2, True)
    code, _, err = cli("record", "arn:aws:states:us-east-1:123456789012:stateMachine:m")
    assert (code, "no ARN of a Standard execution" in err) == (2, True)
    code, _, err = cli("record", started["executionArn"], "--profile", "nobody", "--endpoint-url", endpoint)
    assert (code, "cannot be asked" in err) == (2, True)


# A pipeline that waits for another one

CHAIN = """
from sfn_dsl import BatchReady, Control, Direct, Input, Load, Pipeline, Stage, Transform

up_batch = Input(batch_id=str)
work = Transform.lambda_("Work", function="f", payload={"b": up_batch.batch_id}, returns={"uri": str}, timeout_seconds=60)
ready = BatchReady(pipeline="up", batch_id=up_batch.batch_id, fields={"uri": work.output.uri})
up = Pipeline(name="up", input=up_batch, control=Control(up_batch.batch_id), body=Stage("work", work), produces=ready)
batch = Input(batch_id=str, uri=str)
load = Load.lambda_("Load", function="g", payload={"b": batch.batch_id}, timeout_seconds=60)
down = Pipeline(
    name="down",
    input=batch,
    control=Control(batch.batch_id),
    body=Stage("load", load),
    consumes=(ready,),
    triggers=(Direct(wait=True),),
)
"""


def test_a_pipeline_that_waits_for_another_runs_it(
    project: Callable[[dict[str, str]], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Both have states of one name; faults strike those of the pipeline that is simulated."""
    root = project({"pipelines/chain.py": CHAIN})
    assert run_cli(["-C", str(root), "simulate", "up"]) == 0
    assert "SUCCEEDED after 3.8 s" in capsys.readouterr().out
    assert run_cli(["-C", str(root), "simulate", "up", "--matrix", "--jobs", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "136 cells, 136 reached, 0 unhandled"


def test_an_input_of_other_types_than_are_declared_is_warned_of(project: Callable[[dict[str, str]], Path], capsys: Any) -> None:
    body = 'Load.lambda_("L", function="f", payload={"k": i.key, "m": i.more})'
    text = f"from sfn_dsl import *\ni = Input(key=str, more=None)\np = Pipeline(name='orders', input=i, body={body})\n"
    folder = project({"pipelines/orders.py": text})

    def warned(*options: str) -> str:
        assert run_cli(["-C", str(folder), "simulate", "orders", *options]) == 0
        return str(capsys.readouterr().err)

    assert warned() == warned("--input", '{"key": "a", "more": 3, "other": 4}') == ""
    said = "warning: the input is not what pipeline `orders` declares: Field 'key' must be a string\n"
    assert warned("--input", '{"key": 3, "more": 3}') == said
    setup = folder / "setup.cfg"
    setup.write_text(setup.read_text().replace("[sfn_dsl]\n", '[sfn_dsl]\nsample.orders = {"key": 3}\n', 1))
    assert warned() == said
