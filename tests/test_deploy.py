"""`deploy` with boto3 over HTTP against a moto server: plans, changes, what is refused, runs that are cut off and given again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from operating import ACCOUNT, EAST, MANUAL, PIPELINES, WEST
from operating_aws import Aws

from sfn_dsl.cli import deploy as deploy_command
from sfn_dsl.cli.main import run
from sfn_dsl.publish import clients as clients_module

pytest_plugins = ("operating_fixtures",)
# moto makes no schedules, queue policies and global tables; it warns and leaves them out.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")

SETUP = MANUAL.replace("[sfn_dsl]", "[sfn_dsl]\nname = shop", 1)
ONE = f"[sfn_dsl]\nname = shop\ncontrol_table = shop-control\nregions = us-east-1\n[sfn_dsl:us-east-1]\naccount = {ACCOUNT}\n"
SMALL = 'from sfn_dsl import *\ndaily = Pipeline(name="daily", body=Load.glue("Load daily", job="j"))\n'


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True, capture_output=True)


def commit(folder: Path) -> None:
    assert run(["-C", str(folder), "build"]) == 0
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "build")


@pytest.fixture(autouse=True)
def _one_stack_per_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack that is in review is used again, as AWS does; moto 5.2 makes a second one of the same name."""
    backend = pytest.importorskip("moto.cloudformation.models").CloudFormationBackend
    plain = backend.create_change_set

    def create(self: Any, stack_name: str, *args: Any, **more: Any) -> Any:
        for id, stack in list(self.stacks.items()):
            if stack.name == stack_name and stack.status == "REVIEW_IN_PROGRESS":
                del self.stacks[id]
        return plain(self, stack_name, *args, **more)

    monkeypatch.setattr(backend, "create_change_set", create)


@pytest.fixture
def shop(project: Callable[[dict[str, str]], Path], capsys: pytest.CaptureFixture[str]) -> Path:
    """Two pipelines in two Regions, built and committed."""
    folder = project({"setup.cfg": SETUP, "pipelines/orders.py": PIPELINES})
    commit(folder)
    return folder


@pytest.fixture
def small(project: Callable[[dict[str, str]], Path]) -> Path:
    """One pipeline in one Region, built and committed."""
    folder = project({"setup.cfg": ONE, "pipelines/daily.py": SMALL})
    commit(folder)
    return folder


def stacks(aws: Aws, region: str) -> dict[str, str]:
    return {one["StackName"]: one["StackStatus"] for one in aws.client("cloudformation", region).describe_stacks()["Stacks"]}


def left_over(aws: Aws, region: str) -> list[str]:
    """Change sets that nobody has executed."""
    summaries = aws.client("cloudformation", region).list_change_sets(StackName="any")["Summaries"]
    return [one["ChangeSetName"] for one in summaries if one["ExecutionStatus"] != "EXECUTE_COMPLETE"]


def template(aws: Aws, region: str, name: str) -> Any:
    body = aws.client("cloudformation", region).get_template(StackName=name)["TemplateBody"]
    return json.loads(body) if isinstance(body, str) else body


def edit(folder: Path, label: str, change: Callable[[Any], None], region: str = EAST) -> None:
    """Change a template of build/ by hand."""
    path = folder / "build" / region / f"{label}.template.json"
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value, indent=2))


def alias(aws: Aws, region: str, name: str) -> None:
    """A machine with the alias `live`, as `publish` makes it."""
    client = aws.client("stepfunctions", region)
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    made = client.create_state_machine(name=name, definition=definition, roleArn=f"arn:aws:iam::{ACCOUNT}:role/r", publish=True)
    version = made["stateMachineVersionArn"]
    client.create_state_machine_alias(name="live", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}])


def test_a_deployment_from_nothing_to_nothing_to_do(aws: Aws, shop: Path) -> None:
    code, out, err = aws.cli(shop, "deploy", "--yes")
    assert code == 0, err
    begun = [line for line in out.splitlines() if line.endswith(("in us-east-1", "in us-west-1"))]
    assert [line.split()[0::2] for line in begun] == [
        ["etl-shared", EAST],
        ["etl-shared", WEST],
        ["orders", WEST],
        ["orders-daily", WEST],
        ["orders", EAST],
        ["orders-daily", EAST],
    ]
    for region in (EAST, WEST):
        assert stacks(aws, region) == dict.fromkeys(["etl-shared", "orders", "orders-daily"], "CREATE_COMPLETE")
        [stack] = aws.client("cloudformation", region).describe_stacks(StackName="orders")["Stacks"]
        assert {tag["Key"]: tag["Value"] for tag in stack["Tags"]} == {"sfn-dsl:project": "shop"}
        assert left_over(aws, region) == []
    assert "CREATE_COMPLETE orders (AWS::CloudFormation::Stack)" in out

    code, out, _ = aws.cli(shop, "deploy", "--yes")
    assert code == 0
    assert "There is nothing to do." in out
    assert left_over(aws, EAST) == []


def test_triggers_stay_disabled_until_their_machines_are_published(aws: Aws, shop: Path) -> None:
    code, out, _ = aws.cli(shop, "deploy", "--region", EAST, "--yes")
    assert "OnEnd, Sweep stay disabled, for there is no etl-run-closer:live, orders-sweeper:live yet: publish first" in out
    rules = aws.client("events", EAST)
    assert rules.describe_rule(Name="orders-on-end")["State"] == "DISABLED"
    assert template(aws, EAST, "orders")["Resources"]["Sweep"]["Properties"]["State"] == "DISABLED"

    for name in ("etl-run-closer", "orders-sweeper"):
        alias(aws, EAST, name)
    code, out, _ = aws.cli(shop, "deploy", "--region", EAST, "--yes")
    assert code == 0
    assert "~ OnEnd (AWS::Events::Rule)" in out
    assert "stay disabled" not in out
    assert rules.describe_rule(Name="orders-on-end")["State"] == "ENABLED"
    assert template(aws, EAST, "orders") == json.loads((shop / "build/us-east-1/orders.template.json").read_text())


def test_a_change_is_shown_and_made(aws: Aws, shop: Path) -> None:
    assert aws.cli(shop, "deploy", "--yes")[0] == 0
    source = shop / "pipelines/orders.py"
    source.write_text(source.read_text().replace('job="j"', 'job="k"'))
    commit(shop)
    code, out, err = aws.cli(shop, "deploy", "--dry-run", "--output-format", "json")
    assert code == 0
    found = {(one["stack"], one["region"]): one for one in json.loads(out)["stacks"]}
    assert {key for key, one in found.items() if one["action"] == "update"} == {("orders-daily", EAST), ("orders-daily", WEST)}
    [change] = found["orders-daily", EAST]["changes"]
    assert (change["action"], change["id"], change["type"]) == ("Modify", "MachineRole", "AWS::IAM::Role")
    assert "Nothing was changed: --dry-run." in err
    assert left_over(aws, EAST) == left_over(aws, WEST) == []

    code, out, _ = aws.cli(shop, "deploy", "orders-*", "--yes", "--output-format", "json")
    assert code == 0
    assert [(one["stack"], one["action"], one["done"]) for one in json.loads(out)["stacks"]] == [
        ("orders-daily", "update", True),
        ("orders-daily", "update", True),
    ]
    assert stacks(aws, EAST)["orders-daily"] == "UPDATE_COMPLETE"
    assert stacks(aws, EAST)["orders"] == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [(["--dry-run"], 0, "Nothing was changed: --dry-run."), ([], 2, "nobody can be asked, because this is no terminal")],
)
def test_without_consent_nothing_is_made(aws: Aws, shop: Path, words: list[str], code: int, said: str) -> None:
    found, out, err = aws.cli(shop, "deploy", *words)
    assert found == code
    assert said in out + err
    assert stacks(aws, EAST) == stacks(aws, WEST) == {}
    assert left_over(aws, EAST) == []


def test_a_person_who_says_no(aws: Aws, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def answer(question: str, yes: bool) -> bool:
        asked.append(question)
        return False

    monkeypatch.setattr(deploy_command, "confirmed", answer)
    code, out, _ = aws.cli(small, "deploy")
    assert (code, asked, stacks(aws, EAST)) == (1, ["Deploy 2 stacks?"], {})
    assert "Nothing was changed." in out


def _stale(folder: Path) -> None:
    source = folder / "pipelines/daily.py"
    source.write_text(source.read_text().replace('job="j"', 'job="other"'))


def _dirty(folder: Path) -> None:
    _stale(folder)
    assert run(["-C", str(folder), "build"]) == 0


def _broken(folder: Path) -> None:
    (folder / "pipelines/daily.py").write_text("import nowhere\n")


def _foreign(folder: Path) -> None:
    (folder / "setup.cfg").write_text(ONE.replace(ACCOUNT, "999999999999"))
    commit(folder)


def _garbage(folder: Path) -> None:
    (folder / "build/us-east-1/daily.template.json").write_text("[]")


def _lost(folder: Path) -> None:
    (folder / "build/us-east-1/daily.template.json").unlink()


def _none(folder: Path) -> None:
    (folder / "setup.cfg").write_text(ONE.replace("name = shop", "iac = terraform"))
    commit(folder)


@pytest.mark.parametrize(
    ("spoil", "words", "code", "said"),
    [
        (_stale, (), 1, "build/ is stale: build/us-east-1/daily.asl.json and"),
        (_dirty, (), 1, "are not committed"),
        (_broken, (), 1, "the pipelines have errors, so nothing tells whether build/ is fresh"),
        (_foreign, (), 2, f"these credentials are for the account {ACCOUNT}, and setup.cfg names 999999999999"),
        (_garbage, ("--allow-dirty",), 2, "daily.template.json is no CloudFormation template"),
        (_lost, ("--allow-dirty",), 2, "daily.template.json cannot be read"),
        (_none, (), 1, "build/ holds no CloudFormation templates"),
        (lambda folder: None, ("dialy",), 1, "build/ has no template `dialy`"),
        (lambda folder: None, ("--region", "us-west-2"), 1, "`us-west-2` is not a Region of this project"),
    ],
)
def test_what_is_not_deployed(
    aws: Aws, small: Path, spoil: Callable[[Path], None], words: tuple[str, ...], code: int, said: str
) -> None:
    spoil(small)
    found, _, err = aws.cli(small, "deploy", "--yes", *words)
    assert (found, stacks(aws, EAST)) == (code, {}), err
    assert said in err


def test_a_sandbox_may_be_dirty(aws: Aws, small: Path) -> None:
    _dirty(small)
    code, _, err = aws.cli(small, "deploy", "--yes", "--allow-dirty")
    assert code == 0, err
    assert "job/other" in json.dumps(template(aws, EAST, "daily"))


def test_a_deployment_goes_on_when_nobody_reads(aws: Aws, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", pipe)
        assert aws.cli(small, "deploy", "--yes")[0] == 0
    assert stacks(aws, EAST) == {"daily": "CREATE_COMPLETE", "etl-shared": "CREATE_COMPLETE"}


def test_only_what_is_named(aws: Aws, shop: Path) -> None:
    assert aws.cli(shop, "deploy", "shared", "--region", WEST, "--yes")[0] == 0
    assert (stacks(aws, EAST), stacks(aws, WEST)) == ({}, {"etl-shared": "CREATE_COMPLETE"})


def test_a_long_template_goes_through_a_bucket(aws: Aws, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # moto looks for the bucket in the path at AWS's own names only.
    monkeypatch.setattr(
        clients_module.Clients, "endpoint", lambda self, service, region: f"https://{service}.{region}.amazonaws.com"
    )
    edit(small, "daily", lambda value: value["Resources"]["Logs"].update(Metadata={"Filler": "x" * 60_000}))
    code, out, _ = aws.cli(small, "deploy", "--yes", "--allow-dirty")
    assert (code, stacks(aws, EAST)) == (1, {})
    assert "bytes, and CloudFormation takes 51,200 at most without a bucket" in out
    assert "help: name one by --s3-bucket" in out
    bucket = f"templates-{EAST}"
    aws.client("s3", EAST).create_bucket(Bucket=bucket)
    again = ("deploy", "--yes", "--allow-dirty", "--s3-bucket", "templates-{region}")
    code, _, err = aws.cli(small, *again)
    assert code == 0, err
    assert template(aws, EAST, "daily")["Resources"]["Logs"]["Metadata"] == {"Filler": "x" * 60_000}
    [kept] = aws.client("s3", EAST).list_objects_v2(Bucket=bucket)["Contents"]
    assert kept["Key"].startswith("sfn-dsl/daily/")
    code, out, _ = aws.cli(small, *again)
    assert "There is nothing to do." in out
    edit(small, "daily", lambda value: value["Resources"]["Logs"].update(Metadata={"Filler": "x" * 1_100_000}))
    code, out, _ = aws.cli(small, *again)
    assert code == 1
    assert "and CloudFormation takes 1,048,576 at most\n" in out


def test_a_bucket_that_is_not_there(aws: Aws, small: Path) -> None:
    edit(small, "daily", lambda value: value["Resources"]["Logs"].update(Metadata={"Filler": "x" * 60_000}))
    code, _, err = aws.cli(small, "deploy", "daily", "--yes", "--allow-dirty", "--s3-bucket", "nowhere")
    assert code == 2
    assert "AWS refuses s3:PutObject in us-east-1: NoSuchBucket" in err


# Who owns the machines


def owned_by(folder: Path, owner: str) -> None:
    (folder / "setup.cfg").write_text(ONE.replace("name = shop", f"name = shop\nowner = {owner}"))
    commit(folder)


def test_a_stack_that_owns_its_machine_is_not_taken_from_it(aws: Aws, small: Path) -> None:
    owned_by(small, "template")
    assert aws.cli(small, "deploy", "--yes")[0] == 0
    assert {one["name"] for one in aws.client("stepfunctions", EAST).list_state_machines()["stateMachines"]} >= {"daily"}
    owned_by(small, "publish")
    code, out, _ = aws.cli(small, "deploy", "daily", "--yes")
    assert code == 1
    assert "the stack daily in us-east-1 owns daily, and the template has no machine: deploying would delete it" in out
    assert "help: say `owner = template` again, or let the stack go of it first" in out
    assert {one["name"] for one in aws.client("stepfunctions", EAST).list_state_machines()["stateMachines"]} >= {"daily"}


@pytest.mark.parametrize(
    ("tags", "by"),
    [({}, "`publish`, or by somebody else"), ({"aws:cloudformation:stack-name": "other"}, "the stack other")],
)
def test_a_machine_outside_the_stack_is_not_taken_over(aws: Aws, small: Path, tags: dict[str, str], by: str) -> None:
    client = aws.client("stepfunctions", EAST)
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    listed = [{"key": key, "value": value} for key, value in tags.items()]
    client.create_state_machine(name="daily", definition=definition, roleArn=f"arn:aws:iam::{ACCOUNT}:role/r", tags=listed)
    owned_by(small, "template")
    code, out, _ = aws.cli(small, "deploy", "daily", "--yes")
    assert (code, stacks(aws, EAST)) == (1, {})
    assert f"the state machine daily in us-east-1 exists outside the stack daily: it was made by {by}" in out
    assert "help: say `owner = publish`, or import it" in out


# What is lost

TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "TableName": "kept",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    },
}


def test_a_table_leaves_its_stack_by_force_only(aws: Aws, small: Path) -> None:
    edit(small, "shared", lambda value: value["Resources"].update(Kept=TABLE))
    code, _, err = aws.cli(small, "deploy", "--yes", "--allow-dirty")
    assert code == 0, err
    edit(small, "shared", lambda value: value["Resources"].pop("Kept"))
    code, out, _ = aws.cli(small, "deploy", "--yes", "--allow-dirty")
    assert code == 1
    assert "- Kept (AWS::DynamoDB::Table): is deleted" in out
    assert "WARNING: this loses the state of every batch" in out
    assert "refused: the stack etl-shared in us-east-1 would lose its table Kept" in out
    assert "kept" in aws.client("dynamodb", EAST).list_tables()["TableNames"]
    assert left_over(aws, EAST) == []
    assert aws.cli(small, "deploy", "--yes", "--allow-dirty", "--force")[0] == 0
    assert "kept" not in aws.client("dynamodb", EAST).list_tables()["TableNames"]


# Runs that are cut off


def _killed(monkeypatch: pytest.MonkeyPatch, at: int) -> list[str]:
    """Have the command line stop behind its nth call; it can do nothing more then, as after SIGKILL. The calls it made."""
    made: list[str] = []
    plain = clients_module.Clients.call

    def call(self: Any, service: str, region: str, operation: str, /, **arguments: Any) -> Any:
        made.append(operation)
        if len(made) > at:
            raise KeyboardInterrupt
        answer = plain(self, service, region, operation, **arguments)
        if len(made) == at:
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(clients_module.Clients, "call", call)
    return made


def _state(aws: Aws) -> dict[str, Any]:
    return {name: (status.endswith("_COMPLETE"), template(aws, EAST, name)) for name, status in stacks(aws, EAST).items()}


def test_every_cut_is_mended_by_the_next_run(aws: Aws, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("deploy", "--yes", "--allow-dirty")
    with monkeypatch.context() as patch:
        made = _killed(patch, 10_000)
        assert aws.cli(small, *words)[0] == 0
    whole = _state(aws)
    assert len(whole) == 2
    assert made.count("execute_change_set") == 2
    for at in range(1, len(made) + 1):
        aws.reset()
        with monkeypatch.context() as patch:
            _killed(patch, at)
            assert aws.cli(small, *words)[0] == 130
        code, _, err = aws.cli(small, *words)
        assert code == 0, (at, err)
        assert _state(aws) == whole, at
