"""Publishing with `--local`: the AWS of the project's own folder."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from embedded_clients import client
from publishing import ORDERS, make_project
from publishing_calls import ENVIRONMENT

from sfn_dsl.cli.main import run
from sfn_dsl.embedded.process import Endpoint, start, stop

ACCOUNTS = {"dev": "111111111111", "prod": "222222222222"}
SETTINGS = """[sfn_dsl]
name = shop
regions = us-east-1, us-west-1
active = us-east-1
passive = us-west-1
""" + "".join(
    f"[sfn_dsl:{name}:{region}]\naccount = {account}\n"
    for name, account in ACCOUNTS.items()
    for region in ("us-east-1", "us-west-1")
)
Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with two environments, whose AWS ends with the module."""
    folder = tmp_path_factory.mktemp("shop")
    make_project(folder, ORDERS, SETTINGS)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield folder
    stop(folder / "target" / "aws")


@pytest.fixture
def cli(shop: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    def command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["-C", str(shop), *arguments])
        return (code, *capsys.readouterr())

    return command


@pytest.fixture
def aws(shop: Path) -> Endpoint:
    """The server of the project's folder."""
    return start(shop / "target" / "aws")


def test_environments_are_accounts_of_one_server(cli: Cli, shop: Path) -> None:
    for name in ACCOUNTS:
        code, out, err = cli("publish", "--local", "--env", name, "--yes")
        assert (code, "Published 4 machines" in out) == (0, True), out + err
    for name in ACCOUNTS:
        code, out, err = cli("status", "orders", "--local", "--env", name, "--output-format", "json")
        assert (code, [one["routing"] for one in json.loads(out)]) == (0, [[{"version": 1, "percent": 100}]] * 2), err
        ages = [time.time() - version["created_at"] / 1000 for one in json.loads(out) for version in one["live"]]
        assert all(0 <= age < 3600 for age in ages), ages
        assert cli("drift", "--local", "--env", name)[0] == 0


def test_nothing_to_do_costs_one_look_per_machine(cli: Cli, aws: Endpoint) -> None:
    assert cli("publish", "--local", "--env", "dev", "--yes")[0] == 0
    aws.control("DELETE", "/_calls")
    assert cli("publish", "--local", "--env", "dev", "--yes")[1].endswith("Nothing to do.\n")
    made = Counter(one["operation"] for one in aws.control("GET", "/_calls"))
    assert (made["GetResources"], made["DescribeStateMachine"]) == (2, 4)
    assert not {"ListStateMachineVersions", "ListTagsForResource", "ListExecutions"} & set(made)


def test_a_pipeline_with_another_name_leaves_its_old_machine(cli: Cli, shop: Path) -> None:
    local = ("publish", "--local", "--env", "dev")
    assert cli(*local, "--yes")[0] == 0
    make_project(shop, ORDERS.replace('"orders"', '"sales"'), SETTINGS)
    try:
        assert "- orders  no longer in the project; stays" in cli(*local, "--yes")[1]
        code, out, err = cli("drift", "--local", "--env", "dev")
        assert code == 1, out + err
        assert "! us-east-1  orders  it is no longer in the project: `publish --delete-removed` deletes it" in out
        assert "4 machines as published, 2 machines not." in out
        assert cli("drift", "sales", "--local", "--env", "dev")[0] == 0
        code, out, err = cli(*local, "--delete-removed", "--yes")
        assert (code, "us-west-1  orders  deleted" in out) == (0, True), out + err
        assert "orders" not in cli(*local, "--dry-run")[1]
    finally:
        make_project(shop, ORDERS, SETTINGS)


def test_git_sees_nothing_of_the_server(shop: Path, aws: Endpoint) -> None:
    assert (shop / "target" / "aws" / "server.json").exists()
    assert subprocess.run(["git", "status", "--porcelain"], cwd=shop, capture_output=True, check=True).stdout == b""


@pytest.mark.parametrize("command", [["publish", "--yes"], ["deploy", "--yes"], ["status"], ["rollback", "orders", "--yes"]])
def test_there_is_one_place_to_work_on(cli: Cli, command: list[str]) -> None:
    code, _, err = cli(*command, "--local", "--endpoint-url", "http://127.0.0.1:9", "--env", "dev")
    assert (code, err.splitlines()[0]) == (2, "error: --local and --endpoint-url name two places to work on")


CHECKED = """from sfn_dsl import *
batch = Input(id=str)
returns = {"consistencyStatus": str, "rows": int}
check = ConsistencyCheck("Check", function="f", payload={"id": batch.id}, error="Bad", cause="no", returns=returns)
p = Pipeline(
    name="checked", input=batch, body=[Stage("check", check)], output={"rows": check.output.rows}, control=Control(batch.id),
    triggers=(SnsEvent(topic="files", input={"id": "id"}),),
)
"""


def test_executions_answer_what_the_pipelines_declare(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_project(tmp_path / "checked", CHECKED, SETTINGS)
    local = ("--local", "--env", "dev", "--yes")
    try:
        assert run(["-C", str(folder), "deploy", *local]) == 0
        assert "note: not made by the AWS on this machine: AWS::SNS::Subscription\n" in capsys.readouterr().out
        assert run(["-C", str(folder), "publish", *local]) == 0
        aws = start(folder / "target" / "aws")
        states = client(aws, key=ACCOUNTS["dev"])
        [arn] = [one["stateMachineArn"] for one in states.list_state_machines()["stateMachines"] if one["name"] == "checked"]
        states.start_execution(stateMachineArn=arn, input='{"id": "b1"}')
        # A folder of before knew nothing of samples.
        aws.control("PUT", "/_samples", {arn: {}})
        texts = {"pk": "PIPE#checked#BATCH#b2", "sk": "RUN", "status": "FAILED", "input": '{"id": "b2"}', "region": "us-east-1"}
        numbers = {"attempt": "1", "fence": "3", "updated_at": "1000", "lease_until": "2000"}
        item = {key: {"S": value} for key, value in texts.items()} | {key: {"N": value} for key, value in numbers.items()}
        item |= {"stages": {"M": {}}}
        client(aws, "dynamodb", key=ACCOUNTS["dev"]).put_item(TableName="etl-control", Item=item)
        assert run(["-C", str(folder), "rerun", "checked", "b2", *local]) == 0
        found = [
            states.describe_execution(executionArn=one["executionArn"])
            for one in states.list_executions(stateMachineArn=arn)["executions"]
        ]
        assert [(one["status"], list(json.loads(one["output"]))) for one in found] == [("SUCCEEDED", ["rows"])] * 2
    finally:
        stop(folder / "target" / "aws")
