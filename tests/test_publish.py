"""Publishing over HTTP: plans, versions, aliases, tags, and everything that can go wrong on the way."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from calls_made import record
from hypothesis import given
from hypothesis import strategies as st
from publishing import CHANGED, CONFIGURATION, ORDERS, clients_of, desired_of, git, planned, provide, published

from sfn_dsl import Input, Pipeline, Wait
from sfn_dsl.building import build_project
from sfn_dsl.cli.main import run
from sfn_dsl.compile.dry_run import dry_run_input
from sfn_dsl.configuration import find_project
from sfn_dsl.diff import Added, Changed, FieldEdit, Removed, Renamed
from sfn_dsl.project import load_pipelines
from sfn_dsl.publish import planning
from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.desired import fingerprint
from sfn_dsl.publish.plan import Entry, Options, Plan, Problem
from sfn_dsl.publish.plan_file import load_plan, plan_from_json, plan_to_json
from sfn_dsl.publish.publisher_rights import publish_rights

pytest.importorskip("moto.server")
from fake_aws import ACCOUNT, EAST, WEST, Answer, Call, FakeAws, fake_aws, fault

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}
MACHINES = ("etl-run-closer", "orders")


@pytest.fixture(scope="module")
def server() -> Iterator[FakeAws]:
    with pytest.MonkeyPatch.context() as patch, fake_aws() as aws:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield aws


@pytest.fixture
def aws(server: FakeAws) -> FakeAws:
    server.reset()
    return server


def make_project(folder: Path, source: str) -> Path:
    """A project that is built and committed."""
    (folder / "pipelines").mkdir(parents=True, exist_ok=True)
    (folder / "setup.cfg").write_text(CONFIGURATION)
    (folder / "pipelines" / "orders.py").write_text(source)
    assert run(["-C", str(folder), "build"]) == 0
    if not (folder / ".git").exists():
        git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "built")
    return folder


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The project before and after a change."""
    first = make_project(tmp_path_factory.mktemp("first"), ORDERS)
    second = tmp_path_factory.mktemp("second") / "shop"
    shutil.copytree(first, second)
    return first, make_project(second, CHANGED)


@pytest.fixture
def first(made: tuple[Path, Path]) -> Path:
    return made[0]


@pytest.fixture
def second(made: tuple[Path, Path]) -> Path:
    return made[1]


class Cli:
    """The command line against the fake AWS; what it printed last."""

    def __init__(self, aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
        self.aws = aws
        self.capsys = capsys
        self.out = self.err = ""

    def __call__(self, folder: Path, *arguments: str) -> int:
        self.capsys.readouterr()
        code = run(["-C", str(folder), *arguments, "--endpoint-url", self.aws.url])
        self.out, self.err = self.capsys.readouterr()
        return code


@pytest.fixture
def cli(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(aws, capsys)


def operations(aws: FakeAws, service: str = "states") -> list[tuple[str, str]]:
    return [(call.region, call.operation) for call in aws.calls if call.service == service]


def versions(aws: FakeAws, name: str = "orders") -> dict[str, tuple[int, ...]]:
    return {region: tuple(aws.machine(region, name).versions) for region in (EAST, WEST)}


def live(aws: FakeAws, name: str = "orders") -> dict[str, list[tuple[int, int]]]:
    return {
        region: [
            (int(route["stateMachineVersionArn"].rpartition(":")[2]), route["weight"])
            for route in aws.machine(region, name).aliases["live"].routing_configuration
        ]
        for region in (EAST, WEST)
    }


# What happens when all is well


def test_first_publish_change_and_no_change(cli: Cli, aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    assert cli(first, "publish", "--yes") == 0
    assert cli.out.index("1. us-west-1") < cli.out.index("2. us-east-1")
    assert "+ orders  4 states; live -> version 1" in cli.out
    assert "us-west-1  orders  dry-run-1-" in cli.out
    assert "Published 4 machines in us-west-1, us-east-1." in cli.out
    state = aws.state()
    assert list(state) == [f"{region} {name}" for region in (EAST, WEST) for name in MACHINES]
    digests = {(one.target.region, one.name): one.digest for one in desired_of(first)}
    for key, machine in state.items():
        region, name = key.split()
        assert machine["tags"]["sfn-dsl:project"] == "shop"
        assert machine["tags"]["sfn-dsl:published"] == digests[region, name]
        ((description, _),) = machine["versions"].values()
        assert description.endswith(f" build:{digests[region, name]}")
        assert description.startswith("git:")
        assert machine["aliases"] == {"live": [(f"arn:aws:states:{region}:{ACCOUNT}:stateMachine:{name}:1", 100)]}
    assert state["us-east-1 orders"]["tags"]["team"] == "etl"

    aws.calls.clear()
    assert cli(first, "publish", "--yes") == 0
    assert "Nothing to do." in cli.out
    assert [operation for _, operation in operations(aws)].count("DescribeStateMachine") == 4
    assert {operation for _, operation in operations(aws)} == {"ListStateMachines", "DescribeStateMachine"}
    assert aws.state() == state

    assert cli(second, "publish", "--yes") == 0
    assert "~ state  Load  Retry[0].MaxAttempts  3 -> 5" in cli.out
    assert "live: version 1 -> a new version; dry run" in cli.out
    assert "= 1 unchanged" in cli.out
    assert versions(aws) == {EAST: (1, 2), WEST: (1, 2)}
    assert live(aws) == {EAST: [(2, 100)], WEST: [(2, 100)]}
    assert versions(aws, "etl-run-closer") == {EAST: (1,), WEST: (1,)}


def test_the_passive_region_is_done_before_the_active_one_begins(aws: FakeAws, first: Path) -> None:
    provide(first, aws)
    assert published(first, aws).stopped is None
    changes = [
        region for region, operation in operations(aws) if operation.startswith(("Create", "Update", "Tag", "Start", "Validate"))
    ]
    assert changes == sorted(changes, reverse=True)
    assert set(changes) == {EAST, WEST}


def test_order_of_the_calls_for_a_machine(aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    published(first, aws)
    aws.calls.clear()
    published(second, aws)
    writing = [operation for region, operation in operations(aws) if region == EAST]
    assert writing[writing.index("ValidateStateMachineDefinition") :] == [
        "ValidateStateMachineDefinition",
        "DescribeStateMachine",
        "UpdateStateMachine",
        "DescribeStateMachine",
        "DescribeStateMachineAlias",
        "UpdateStateMachineAlias",
        "StartExecution",
        "DescribeExecution",
        "TagResource",
    ]


def test_a_dry_run_and_a_saved_plan_change_nothing(cli: Cli, aws: FakeAws, first: Path, tmp_path: Path) -> None:
    provide(first, aws)
    file = tmp_path / "plan.json"
    assert cli(first, "publish", "--dry-run") == 0
    assert cli(first, "publish", "--save", str(file)) == 0
    assert aws.state() == {}
    text = file.read_text()
    assert '"dry": true' not in text
    assert "testing" not in text
    assert load_plan(file) == plan_from_json(json.loads(text))
    assert cli(first, "publish", "--from", str(file), "--yes") == 0
    assert live(aws) == {EAST: [(1, 100)], WEST: [(1, 100)]}


def test_a_saved_plan_holds_only_as_long_as_nothing_has_changed(
    cli: Cli, aws: FakeAws, first: Path, second: Path, tmp_path: Path
) -> None:
    provide(first, aws)
    file = tmp_path / "plan.json"
    assert cli(first, "publish", "--save", str(file)) == 0
    assert cli(second, "publish", "--from", str(file), "--yes") == 1
    assert "no longer what the saved plan was made of" in cli.err
    published(first, aws)
    assert cli(first, "publish", "--from", str(file), "--yes") == 1
    assert versions(aws) == {EAST: (1,), WEST: (1,)}


def test_plans_are_the_same_after_json(aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    published(first, aws)
    aws.machine(EAST, "orders").definition = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    aws.run(WEST, "orders", version=1)
    for folder in (first, second):
        plan, _ = planned(folder, aws)
        again = plan_from_json(json.loads(json.dumps(plan_to_json(plan))))
        assert again == plan
        assert again.same_work(plan)
    assert any(entry.manual for entry in plan.entries)
    assert any(entry.running for entry in plan.entries)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}'])
def test_a_file_that_is_no_plan(cli: Cli, aws: FakeAws, first: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text)
    assert cli(first, "publish", "--from", str(file)) == 2
    assert "is no plan" in cli.err


def test_one_region_and_one_pipeline(cli: Cli, aws: FakeAws, first: Path) -> None:
    provide(first, aws)
    assert cli(first, "publish", "--yes", "--region", WEST, "orders") == 0
    assert list(aws.state()) == ["us-west-1 orders"]
    assert {call.region for call in aws.calls if call.service == "states"} == {WEST}


def test_json_output(cli: Cli, aws: FakeAws, first: Path) -> None:
    provide(first, aws)
    assert cli(first, "publish", "--yes", "--output-format", "json") == 0
    value = json.loads(cli.out)
    assert [entry["action"] for entry in value["plan"]["entries"]] == ["added"] * 4
    assert value["outcome"]["stopped"] is None
    assert [done["work"] for done in value["outcome"]["done"]][:3] == ["create", "alias", "tags"]


def test_a_progress_bar_on_a_terminal(aws: FakeAws, first: Path) -> None:
    provide(first, aws)
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "sfn_dsl", "publish", "--yes", "--endpoint-url", aws.url]
    with subprocess.Popen(command, cwd=first, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                said += os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
        assert process.stderr is not None
        assert process.stderr.read() == b""
    os.close(ours)
    assert process.returncode == 0
    assert b"100%" in said
    assert b"Published 4 machines" in said


TEXT = st.text(max_size=5)
NUMBER = st.integers(0, 2000)
FIELDS = st.lists(st.builds(FieldEdit, TEXT, TEXT, TEXT), max_size=2).map(tuple)
EDITS = st.lists(
    st.one_of(
        st.builds(Added, TEXT, TEXT),
        st.builds(Removed, TEXT, TEXT),
        st.builds(Renamed, TEXT, TEXT),
        st.builds(Changed, TEXT, FIELDS),
    ),
    max_size=3,
).map(tuple)
ENTRIES = st.builds(
    Entry,
    region=TEXT,
    name=TEXT,
    arn=TEXT,
    action=st.sampled_from(["added", "changed", "unchanged", "removed"]),
    work=st.lists(st.sampled_from(["create", "update", "alias", "tags"]), max_size=3).map(tuple),
    version=NUMBER,
    routing=st.lists(st.tuples(NUMBER, NUMBER), max_size=2).map(tuple),
    edits=EDITS,
    settings=FIELDS,
    manual=EDITS,
    running=st.dictionaries(NUMBER, NUMBER, max_size=2),
    problems=st.lists(st.builds(Problem, message=TEXT, help=TEXT, refused=st.booleans()), max_size=2).map(tuple),
)
PLANS = st.builds(
    Plan,
    project=TEXT,
    commit=TEXT,
    options=st.builds(Options, alias=TEXT, force=st.booleans()),
    entries=st.lists(ENTRIES, max_size=3).map(tuple),
    missing=st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
)


@given(PLANS)
def test_any_plan_is_the_same_after_json(plan: Plan) -> None:
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan


@given(st.dictionaries(st.text(), st.one_of(st.integers(), st.text(), st.lists(st.integers()))), st.randoms())
def test_the_hash_does_not_depend_on_the_order_of_keys(value: dict[str, Any], chance: random.Random) -> None:
    keys = list(value)
    chance.shuffle(keys)
    one, other = json.dumps(value), json.dumps({key: value[key] for key in keys}, indent=3)
    assert fingerprint(one, "role", {}) == fingerprint(other, "role", {})
    assert fingerprint(one, "role", {}) != fingerprint(one, "another", {})


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ({"loggingConfiguration": {"level": "OFF"}}, {}),
        ({"loggingConfiguration": {"level": "OFF", "includeExecutionData": False, "destinations": []}}, {}),
        ({"tracingConfiguration": {"enabled": False}}, {}),
        ({"encryptionConfiguration": {"type": "AWS_OWNED_KEY"}}, {}),
        ({"type": "STANDARD"}, {}),
        ({"tags": [{"key": "a", "value": "b"}]}, {}),
    ],
)
def test_the_hash_knows_defaults(said: dict[str, Any], same: dict[str, Any]) -> None:
    assert fingerprint("{}", "role", said) == fingerprint("{}", "role", same)


BATCH = Input(id=str, dry=False, mode=str, options={"dry": bool, "size": int}, rows=[int], late=float)
SAMPLE = {"id": "dry-run", "mode": "dry-run", "options": {"dry": False, "size": 0}, "rows": [], "late": 0.0}


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (BATCH.dry == True, {**SAMPLE, "dry": True}),
        (BATCH.dry, {**SAMPLE, "dry": True}),
        (BATCH.mode == "check", {**SAMPLE, "mode": "check"}),
        ((BATCH.mode == "check") & BATCH.dry, {**SAMPLE, "mode": "check", "dry": True}),
        ((BATCH.mode == "check") | BATCH.dry, {**SAMPLE, "mode": "check"}),
        (BATCH.options.dry, {**SAMPLE, "options": {"dry": True, "size": 0}}),
        (BATCH.late > 3, None),
        (~BATCH.dry, None),
        (BATCH.rows[0] == 1, None),
        ((BATCH.mode == "a") & (BATCH.mode == "b"), None),
        (False, None),
    ],
)
def test_the_input_of_a_dry_run(condition: Any, wanted: Any) -> None:
    pipeline = Pipeline(name="p", input=BATCH, body=Wait("w", seconds=1), dry_run=condition)
    assert dry_run_input(pipeline) == wanted


# What is refused


def test_a_manual_edit_is_refused_and_shown(cli: Cli, aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    published(first, aws)
    machine = aws.machine(EAST, "orders")
    machine.definition = machine.definition.replace('"MaxAttempts": 3', '"MaxAttempts": 9')
    before = aws.state()
    assert cli(second, "publish", "--yes") == 1
    assert "by hand: state  Load  Retry[0].MaxAttempts  3 -> 9" in cli.out
    assert "orders in us-east-1 has been changed by hand" in cli.err
    assert aws.state() == before
    assert cli(second, "publish", "--yes", "--force") == 0
    assert live(aws) == {EAST: [(2, 100)], WEST: [(2, 100)]}


def test_a_manual_edit_of_the_settings(cli: Cli, aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    published(first, aws)
    aws.machine(EAST, "orders").tracingConfiguration = {"enabled": True}
    assert cli(first, "publish", "--yes") == 1
    assert "by hand: machine  tracingConfiguration.enabled  false -> true" in cli.out
    assert cli(first, "drift") == 1
    assert "tracingConfiguration.enabled  false -> true" in cli.out


def test_a_machine_of_the_same_name_is_not_ours(cli: Cli, aws: FakeAws, first: Path) -> None:
    provide(first, aws)
    backend = aws._backend(EAST)
    definition = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    backend.create_state_machine("orders", definition, f"arn:aws:iam::{ACCOUNT}:role/other")
    before = aws.state()
    assert cli(first, "publish", "--yes") == 1
    assert "orders in us-east-1 was not published by this project" in cli.err
    assert aws.state() == before
    assert cli(first, "publish", "--yes", "--force") == 0
    assert aws.state()["us-east-1 orders"]["tags"]["sfn-dsl:project"] == "shop"
    assert live(aws)[EAST] == [(1, 100)]


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_machine_of_a_stack_stays_with_its_stack(
    cli: Cli, aws: FakeAws, first: Path, second: Path, force: tuple[str, ...]
) -> None:
    provide(first, aws)
    published(first, aws)
    machine = aws.machine(EAST, "orders")
    tag = {"key": "aws:cloudformation:stack-name", "value": "etl"}
    aws._backend(EAST).tagger.tag_resource(machine.arn, [tag])
    before = aws.state()
    assert cli(second, "publish", "--yes", *force) == 1
    assert "belongs to the CloudFormation stack etl" in cli.err
    assert aws.state() == before


def test_templates_that_own_machines(cli: Cli, aws: FakeAws, first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(first, folder)
    (folder / "setup.cfg").write_text(CONFIGURATION.replace("name = shop", "name = shop\nowner = template"))
    assert cli(folder, "publish", "--yes") == 1
    assert "belong to its templates" in cli.err
    assert aws.calls == []


def test_what_is_missing_is_named(cli: Cli, aws: FakeAws, first: Path) -> None:
    assert cli(first, "publish", "--yes") == 1
    assert "there is no role orders-us-east-1" in cli.out
    assert "there is no log group /aws/vendedlogs/states/orders" in cli.out
    assert aws.state() == {}


def test_a_dirty_or_stale_tree(cli: Cli, aws: FakeAws, first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(first, folder)
    provide(folder, aws)
    (folder / "pipelines" / "orders.py").write_text(CHANGED)
    assert cli(folder, "publish", "--yes") == 1
    assert "build/ is stale" in cli.err
    assert run(["-C", str(folder), "build"]) == 0
    assert cli(folder, "publish", "--yes") == 1
    assert "build/us-east-1/manifest.json and 4 more are not committed" in cli.err
    assert aws.state() == {}
    assert cli(folder, "publish", "--yes", "--allow-dirty") == 0
    ((description, definition),) = aws.state()["us-east-1 orders"]["versions"].values()
    assert "-dirty build:" in description
    assert definition == (folder / "build/us-east-1/orders.asl.json").read_text()


def test_nobody_can_be_asked(cli: Cli, aws: FakeAws, first: Path) -> None:
    provide(first, aws)
    assert cli(first, "publish") == 2
    assert "nobody can be asked" in cli.err
    assert aws.state() == {}


def test_the_type_cannot_change(cli: Cli, aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    published(first, aws)
    aws.machine(EAST, "orders").type = "EXPRESS"
    assert cli(second, "publish", "--yes", "--force") == 1
    assert "is of type EXPRESS, which cannot become STANDARD" in cli.err


# What goes wrong


def only(service: str, operation: str, answer: Callable[[Call], Answer], *, region: str = "") -> Callable[[Call], Answer | None]:
    """A fault of one operation."""

    def found(call: Call) -> Answer | None:
        same = (call.service, call.operation) == (service, operation) and region in ("", call.region)
        return answer(call) if same else None

    return found


CALLS = [
    ("sts", "GetCallerIdentity"),
    ("states", "ListStateMachines"),
    ("tagging", "GetResources"),
    ("states", "DescribeStateMachine"),
    ("states", "ListStateMachineVersions"),
    ("states", "ListTagsForResource"),
    ("states", "DescribeStateMachineAlias"),
    ("states", "ListExecutions"),
    ("iam", "ListRoles"),
    ("logs", "DescribeLogGroups"),
    ("states", "ValidateStateMachineDefinition"),
    ("states", "UpdateStateMachine"),
    ("states", "UpdateStateMachineAlias"),
    ("states", "StartExecution"),
    ("states", "DescribeExecution"),
    ("states", "TagResource"),
]


@pytest.fixture(scope="module")
def undisturbed(server: FakeAws, made: tuple[Path, Path]) -> dict[str, Any]:
    """What is there after a change was published without any trouble, and a check that the table above has every call."""
    server.reset()
    provide(made[0], server)
    published(made[0], server)
    server.calls.clear()
    published(made[1], server)
    assert {(call.service, call.operation) for call in server.calls} == set(CALLS)
    return _without_commits(server.state())


@pytest.mark.parametrize(("service", "operation"), CALLS, ids=lambda value: value)
def test_access_denied_on_each_call(
    undisturbed: dict[str, Any], cli: Cli, aws: FakeAws, first: Path, second: Path, service: str, operation: str
) -> None:
    provide(first, aws)
    published(first, aws)
    aws.fault = only(service, operation, fault("AccessDeniedException"))
    assert cli(second, "publish", "--yes") == 2
    (error,) = [line for line in cli.err.splitlines() if line.startswith("error:")]
    action = f"{'tag' if service == 'tagging' else service}:{operation}"
    assert error in {f"error: AWS does not allow you {action} in {region}" for region in (EAST, WEST)}
    aws.fault = lambda call: None
    assert cli(second, "publish", "--yes") == 0
    assert _without_commits(aws.state()) == undisturbed


def _without_commits(state: dict[str, Any]) -> dict[str, Any]:
    """States that can be compared: commits differ between runs of the tests."""
    return {
        key: {**machine, "versions": {n: (text.rpartition(" ")[2], d) for n, (text, d) in machine["versions"].items()}}
        for key, machine in state.items()
    }


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("ExpiredToken", "the AWS login has expired"),
        ("InvalidClientTokenId", "AWS does not know these credentials"),
    ],
)
def test_credentials_that_do_not_hold(cli: Cli, aws: FakeAws, first: Path, code: str, told: str) -> None:
    aws.fault = lambda call: fault(code)(call)
    assert cli(first, "publish", "--yes") == 2
    assert cli.err.startswith(f"error: {told}\n")


def test_no_credentials(cli: Cli, aws: FakeAws, first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert cli(first, "publish", "--yes") == 2
    assert cli.err.startswith("error: there are no AWS credentials\n")
    assert aws.calls == []


def test_credentials_for_another_account(cli: Cli, aws: FakeAws, made: tuple[Path, Path], tmp_path: Path) -> None:
    folder = make_project(tmp_path / "shop", ORDERS)
    text = CONFIGURATION.replace(ACCOUNT, "999988887777")
    (folder / "setup.cfg").write_text(text)
    assert run(["-C", str(folder), "build"]) == 0
    git(folder, "commit", "-qam", "another account")
    assert cli(folder, "publish", "--yes") == 2
    assert "these credentials are for the account 123456789012, and setup.cfg names 999988887777" in cli.err


def test_a_region_that_does_not_answer(cli: Cli, aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    published(first, aws)
    aws.fault = lambda call: fault("ServiceUnavailable", status=503)(call) if call.region == WEST else None
    before = aws.state()
    assert cli(second, "publish", "--yes") == 2
    assert "in us-west-1 is in trouble" in cli.err
    assert aws.state() == before
    assert cli(second, "publish", "--yes", "--region", EAST) == 0
    assert live(aws) == {EAST: [(2, 100)], WEST: [(1, 100)]}


def test_a_server_that_is_not_there(cli: Cli, first: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(first), "publish", "--yes", "--endpoint-url", "http://127.0.0.1:9"]) == 2
    assert "does not answer" in capsys.readouterr().err


def test_throttling_is_waited_for(cli: Cli, aws: FakeAws, first: Path) -> None:
    provide(first, aws)
    seen: list[str] = []

    def throttled(call: Call) -> Answer | None:
        if call.operation not in ("GetResources", "CreateStateMachine") or call.operation in seen:
            return None
        seen.append(call.operation)
        return fault("ThrottlingException", "Rate exceeded")(call)

    aws.fault = throttled
    # Clients remember how fast they may be.
    assert published(first, aws, clients=Clients(endpoint_url=aws.url)).stopped is None
    assert live(aws) == {EAST: [(1, 100)], WEST: [(1, 100)]}


@pytest.mark.slow
def test_throttling_without_end(cli: Cli, aws: FakeAws, first: Path) -> None:
    provide(first, aws)
    aws.fault = only("states", "CreateStateMachine", fault("ThrottlingException", "Rate exceeded"), region=EAST)
    assert cli(first, "publish", "--yes") == 2
    assert "ThrottlingException: Rate exceeded" in cli.err
    assert "us-west-1: 2 of 2 done" in cli.out
    assert "us-east-1: 0 of 2 done" in cli.out
    assert "not begun: orders" in cli.out


@pytest.mark.parametrize("looks", [3, 200])
def test_a_description_that_lags(aws: FakeAws, first: Path, second: Path, looks: int) -> None:
    provide(first, aws)
    published(first, aws)
    aws.stale_looks = looks
    outcome = published(second, aws)
    if looks == 3:
        assert outcome.stopped is None
        assert live(aws) == {EAST: [(2, 100)], WEST: [(2, 100)]}
    else:
        assert outcome.stopped is not None
        assert "does not look as it was published after 30 seconds" in outcome.stopped.message
        assert outcome.stopped.region == WEST
        aws.stale_looks, aws.stale = 0, {}
        assert published(second, aws).stopped is None
        assert versions(aws) == {EAST: (1, 2), WEST: (1, 2)}


def test_an_alias_that_somebody_moves(aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    published(first, aws)

    def conflict(call: Call) -> Answer | None:
        return only("states", "UpdateStateMachineAlias", fault("ConflictException", "meanwhile", 409), region=EAST)(call)

    aws.fault = conflict
    outcome = published(second, aws)
    assert outcome.stopped is not None
    assert "ConflictException" in outcome.stopped.message
    assert outcome.stopped.done == ("version 2",)
    aws.fault = lambda call: None
    assert published(second, aws).stopped is None
    assert versions(aws) == {EAST: (1, 2), WEST: (1, 2)}
    assert live(aws) == {EAST: [(2, 100)], WEST: [(2, 100)]}


def test_an_alias_that_was_moved_before_its_turn(aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    published(first, aws)
    published(second, aws)

    def move() -> None:
        arn = aws.machine(EAST, "orders").arn
        aws.machine(EAST, "orders").aliases["live"].routing_configuration = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]

    outcome = published(first, aws, before=move)
    assert outcome.stopped is not None
    assert "somebody has moved the alias live of orders in us-east-1 meanwhile, to version 1" in outcome.stopped.message


def test_too_many_versions(cli: Cli, aws: FakeAws, first: Path, second: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "MAXIMUM_VERSIONS", 20)
    provide(first, aws)
    published(first, aws)
    machine = aws.machine(EAST, "orders")
    for _ in range(19):
        machine.publish(next(iter(machine.versions.values())).description)
    assert cli(second, "publish", "--yes") == 2
    assert "orders in us-east-1 has 20 versions" in cli.err
    assert "help: run `sfn-dsl prune orders`" in cli.err
    assert cli(second, "prune", "orders", "--keep", "5", "--region", EAST, "--yes") == 0
    # Version 1 is what the alias points to.
    assert versions(aws)[EAST] == (1, *range(16, 21))
    assert cli(second, "publish", "--yes") == 0
    assert live(aws)[EAST] == [(21, 100)]


def test_a_limit_that_aws_sees_first(aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    published(first, aws)
    aws.version_limit = 1
    outcome = published(second, aws)
    assert outcome.stopped is not None
    assert "ServiceQuotaExceededException" in outcome.stopped.message


def test_a_name_that_is_deleted_but_still_drains(cli: Cli, aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    published(first, aws)
    aws.deleting.add(aws.machine(EAST, "orders").arn)
    aws.run(EAST, "orders", version=1)
    assert cli(second, "publish", "--yes") == 2
    assert "orders in us-east-1 is being deleted" in cli.err
    assert "1 open execution has ended" in cli.err
    aws._backend(EAST).state_machines.remove(aws.machine(EAST, "orders"))
    assert cli(second, "publish", "--yes") == 2
    assert "orders in us-east-1 is still being deleted" in cli.err
    aws.deleting.clear()
    aws.executions.clear()
    assert cli(second, "publish", "--yes") == 0


def test_aws_finds_a_definition_wrong(aws: FakeAws, tmp_path: Path) -> None:
    folder = make_project(tmp_path / "shop", ORDERS.replace('"Settle"', '"Settle, broken on purpose"'))
    provide(folder, aws)
    outcome = published(folder, aws)
    assert outcome.stopped is not None
    assert "AWS finds the definition of orders in us-west-1 wrong: SCHEMA_VALIDATION_FAILED" in outcome.stopped.message
    assert list(aws.state()) == ["us-west-1 etl-run-closer"]


# Dry runs, gradual moves


def test_a_dry_run_that_fails_takes_the_alias_back(aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    published(first, aws)
    aws.smoke_status = "FAILED"
    outcome = published(second, aws)
    assert outcome.stopped is not None
    assert outcome.stopped.work == "smoke"
    assert outcome.stopped.done[-1] == "live -> version 1 again"
    assert live(aws) == {EAST: [(1, 100)], WEST: [(1, 100)]}
    assert versions(aws) == {EAST: (1,), WEST: (1, 2)}
    aws.smoke_status = "SUCCEEDED"
    assert published(second, aws).stopped is None
    assert versions(aws) == {EAST: (1, 2), WEST: (1, 2)}
    names = [execution["name"] for execution in aws.executions.values()]
    assert len(names) == len(set(names)) == 5


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_a_dry_run_of_an_express_machine(aws: FakeAws, tmp_path: Path, status: str) -> None:
    folder = make_project(
        tmp_path / "shop", ORDERS.replace('name="orders"', 'name="orders", type="EXPRESS"').replace("load >> ", "")
    )
    provide(folder, aws)
    aws.smoke_status = status
    outcome = published(folder, aws)
    if status == "SUCCEEDED":
        assert outcome.stopped is None
    else:
        assert outcome.stopped is not None
        assert outcome.stopped.message == "the dry run of orders in us-west-1 ended as FAILED: Some.Error"


def alarm(aws: FakeAws, region: str, name: str, machine: str, state: str) -> None:
    from moto.backends import get_backend

    arn = f"arn:aws:states:{region}:{ACCOUNT}:stateMachine:{machine}"
    clients_of(aws.url).call(
        "cloudwatch",
        region,
        "put_metric_alarm",
        AlarmName=name,
        MetricName="ExecutionsFailed",
        Namespace="AWS/States",
        Dimensions=[{"Name": "StateMachineArn", "Value": arn}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    get_backend("cloudwatch")[ACCOUNT][region].set_alarm_state(name, "test", "{}", state)


@pytest.mark.parametrize(("strategy", "steps"), [("linear", [*range(10, 100, 10)]), ("canary", [10])])
def test_an_alias_moves_in_steps(aws: FakeAws, first: Path, second: Path, strategy: str, steps: list[int]) -> None:
    provide(first, aws)
    published(first, aws)
    aws.calls.clear()
    # One of another pipeline whose name begins alike.
    alarm(aws, WEST, "orders-late-ExecutionsFailed", "orders-late", "ALARM")
    assert published(second, aws, Options(strategy=strategy)).stopped is None
    moved = [
        next(route["weight"] for route in call.arguments["routingConfiguration"] if route["stateMachineVersionArn"].endswith(":2"))
        for call in aws.calls
        if call.operation == "UpdateStateMachineAlias" and call.region == EAST
    ]
    assert moved == [*steps, 100]
    assert live(aws) == {EAST: [(2, 100)], WEST: [(2, 100)]}


def test_an_alarm_takes_the_alias_back(aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    published(first, aws)
    alarm(aws, WEST, "orders-ExecutionsFailed", "orders", "OK")

    def ring(call: Call) -> Answer | None:
        if call.operation == "UpdateStateMachineAlias":
            from moto.backends import get_backend

            get_backend("cloudwatch")[ACCOUNT][WEST].set_alarm_state("orders-ExecutionsFailed", "test", "{}", "ALARM")
        return None

    aws.fault = ring
    outcome = published(second, aws, Options(strategy="linear"))
    assert outcome.stopped is not None
    assert "the alarm orders-ExecutionsFailed rings" in outcome.stopped.message
    assert live(aws) == {EAST: [(1, 100)], WEST: [(1, 100)]}


# Several at once


@pytest.mark.parametrize("same", [True, False])
def test_two_publishers_at_once(aws: FakeAws, first: Path, second: Path, same: bool) -> None:
    provide(first, aws)
    published(first, aws)
    barrier = threading.Barrier(2)
    other = second
    if not same:
        # The other one publishes what is there with a forced change of its own.
        aws.machine(EAST, "orders").definition = aws.machine(EAST, "orders").definition.replace("3", "4")
        other = first
    outcomes = []

    def publish(folder: Path) -> None:
        outcomes.append(published(folder, aws, Options(force=True), before=barrier.wait))

    threads = [threading.Thread(target=publish, args=(folder,)) for folder in (second, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for outcome in outcomes:
        if outcome.stopped is not None:
            assert (
                "since this was planned" in outcome.stopped.message
                or "meanwhile" in outcome.stopped.message
                or ("at the same time" in outcome.stopped.message)
            )
    # Whoever came second is told; publishing once more makes the Regions equal.
    assert published(second, aws).stopped is None
    state = aws.state()
    digests = {(one.target.region, one.name): one.digest for one in desired_of(second)}
    for region in (EAST, WEST):
        machine = state[f"{region} orders"]
        ((arn, weight),) = machine["aliases"]["live"]
        assert weight == 100
        description, definition = machine["versions"][int(arn.rpartition(":")[2])]
        assert description.endswith(digests[region, "orders"])
        assert definition == machine["definition"]
        assert machine["tags"]["sfn-dsl:published"] == digests[region, "orders"]


def test_somebody_publishes_between_plan_and_apply(aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    published(first, aws)
    outcome = published(second, aws, before=lambda: published(second, aws))
    assert outcome.stopped is not None
    assert "somebody has changed orders in us-west-1 since this was planned" in outcome.stopped.message
    assert versions(aws) == {EAST: (1, 2), WEST: (1, 2)}


def test_somebody_makes_the_machine_between_plan_and_apply(aws: FakeAws, first: Path) -> None:
    provide(first, aws)
    outcome = published(first, aws, before=lambda: published(first, aws))
    assert outcome.stopped is not None
    assert "since this was planned" in outcome.stopped.message
    assert versions(aws) == {EAST: (1,), WEST: (1,)}


# What is no longer there


def test_machines_that_the_project_no_longer_has(cli: Cli, aws: FakeAws, first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(first, folder)
    provide(folder, aws)
    published(folder, aws)
    (folder / "pipelines" / "orders.py").write_text(ORDERS.replace('"orders"', '"lines"'))
    assert run(["-C", str(folder), "build"]) == 0
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "renamed")
    aws.reset_executions()
    provide_missing(folder, aws)
    assert cli(folder, "publish", "--yes") == 0
    assert "orders  no longer in the project; stays" in cli.out
    assert "2 no longer in the project" in cli.out
    assert "us-east-1 orders" in aws.state()
    aws.run(EAST, "orders")
    assert cli(folder, "publish", "--yes", "--delete-removed") == 1
    assert "orders in us-east-1 is not deleted while its 1 open execution has not ended" in cli.err
    aws.reset_executions()
    assert cli(folder, "publish", "--yes", "--delete-removed") == 0
    assert {key.split()[1] for key in aws.state()} == {"lines", "etl-run-closer"}


def provide_missing(folder: Path, aws: FakeAws) -> None:
    """The roles and log groups of `lines`."""
    from sfn_dsl.publish.desired import log_group
    from sfn_dsl.publish.providing import provide as make

    clients = clients_of(aws.url)
    for one in desired_of(folder):
        if one.name == "lines":
            make(clients, one.target.region, one.role_arn)
            make(clients, one.target.region, log_group(one.settings))


# Rolling back, drift, status, pruning


def test_rolling_back_and_forward(cli: Cli, aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    published(first, aws)
    published(second, aws)
    aws.calls.clear()
    assert cli(second, "rollback", "orders", "--yes") == 0
    assert cli.out.index("us-west-1  live points to version 1") < cli.out.index("us-east-1  live points to version 1")
    assert live(aws) == {EAST: [(1, 100)], WEST: [(1, 100)]}
    assert cli(second, "drift") == 0
    assert cli(second, "publish", "--dry-run") == 0
    assert "live: version 1 -> version 2; dry run" in cli.out
    assert cli(second, "publish", "--yes") == 0
    assert live(aws) == {EAST: [(2, 100)], WEST: [(2, 100)]}
    assert versions(aws) == {EAST: (1, 2), WEST: (1, 2)}
    assert cli(second, "rollback", "orders", "--to", "1", "--region", EAST, "--yes", "--output-format", "json") == 0
    assert json.loads(cli.out)[0]["to"]["number"] == 1
    assert live(aws) == {EAST: [(1, 100)], WEST: [(2, 100)]}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("orders",), 1, "orders in us-west-1 has no version before 1"),
        (("orders", "--to", "7"), 1, "orders in us-west-1 has no version 7"),
        (("order",), 2, "build/ has no state machine called `order`"),
        (("orders", "--alias", "blue"), 1, "orders in us-west-1 has no alias blue"),
    ],
)
def test_rollbacks_that_cannot_be(cli: Cli, aws: FakeAws, first: Path, arguments: tuple[str, ...], code: int, told: str) -> None:
    provide(first, aws)
    published(first, aws)
    before = aws.state()
    assert cli(first, "rollback", *arguments, "--yes") == code
    assert told in cli.err
    assert aws.state() == before


def test_drift(cli: Cli, aws: FakeAws, first: Path, second: Path) -> None:
    provide(first, aws)
    assert cli(first, "drift") == 1
    assert "has not been published" in cli.out
    published(first, aws)
    assert cli(first, "drift") == 0
    # What is built but not published is no drift.
    assert cli(second, "drift") == 0
    machine = aws.machine(WEST, "orders")
    machine.definition = machine.definition.replace('"Seconds": 10', '"Seconds": 11')
    assert cli(first, "drift", "--output-format", "json") == 1
    found = {(one["region"], one["name"]): one for one in json.loads(cli.out)}
    assert found[WEST, "orders"]["found"] == "changed"
    assert found[WEST, "orders"]["edits"][0]["state"] == "Settle"
    assert found[EAST, "orders"]["found"] == "none"
    machine.definition = machine.definition.replace('"Seconds": 11', '"Seconds": 10')
    published(second, aws)
    arn = machine.arn
    machine.aliases["live"].routing_configuration = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    assert cli(second, "drift") == 1
    assert "somebody has moved the alias live: it points to version 1" in cli.out


def test_status(cli: Cli, aws: FakeAws, first: Path) -> None:
    provide(first, aws)
    published(first, aws)
    aws.run(EAST, "orders", version=1)
    assert cli(first, "status", "orders") == 0
    lines = cli.out.splitlines()
    assert lines[0].split() == ["REGION", "MACHINE", "ALIAS", "BUILT", "AT", "VERSIONS", "RUNNING", "LAST"]
    assert "version 1  c1" in lines[1]
    assert lines[2].startswith("us-east-1 *  orders")
    assert "1 on 1" in lines[2]
    assert "RUNNING 20" in lines[2]
    assert "SUCCEEDED 20" in lines[1]
    assert cli(first, "status", "--output-format", "json") == 0
    assert {(one["region"], one["name"], one["versions"]) for one in json.loads(cli.out)} == {
        (region, name, 1) for region in (EAST, WEST) for name in MACHINES
    }


def test_pruning_keeps_what_is_used(cli: Cli, aws: FakeAws, first: Path) -> None:
    provide(first, aws)
    published(first, aws)
    machine = aws.machine(EAST, "orders")
    for _ in range(9):
        machine.publish("by hand")
    aws.run(EAST, "orders", version=3)
    aws.run(EAST, "orders", "FAILED", version=4)
    aws.run(EAST, "orders", "SUCCEEDED", version=5)
    aws.run(EAST, "orders", "FAILED", version=6, execution="old")
    aws.executions[f"arn:aws:states:{EAST}:{ACCOUNT}:execution:orders:old"]["stopDate"] -= 15 * 86_400
    assert cli(first, "prune", "--keep", "2", "--dry-run") == 0
    assert "versions 2, 5, 6, 7, 8 go, 5 stay; 1, 3, 4 in use" in cli.out
    assert len(machine.versions) == 10
    assert cli(first, "prune", "--keep", "2", "--yes") == 0
    assert sorted(machine.versions) == [1, 3, 4, 9, 10]
    assert cli(first, "prune", "--keep", "2", "--yes") == 0
    assert "Nothing to prune." in cli.out


def test_open_executions_and_renames_are_told(cli: Cli, aws: FakeAws, first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(first, folder)
    make_project(folder, ORDERS.replace('"Load"', '"Load orders"'))
    provide(first, aws)
    published(first, aws)
    aws.run(EAST, "orders", version=1)
    aws.run(EAST, "orders", "FAILED", version=1)
    assert cli(folder, "publish", "--dry-run") == 0
    assert "open executions, which go on as they were started: 1 on version 1" in cli.out
    assert "2 open or failed executions know `Load` by its old name" in cli.out


def test_no_call_is_outside_the_policy_of_publishers(
    cli: Cli, aws: FakeAws, first: Path, second: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provide(first, aws)
    recorded = record(monkeypatch)
    assert cli(first, "publish", "--yes") == 0
    assert cli(second, "publish", "--yes", "--strategy", "canary", "--interval", "0") == 0
    machine = aws.machine(EAST, "orders")
    for _ in range(4):
        machine.publish("by hand")
    # The newest version is not ours, so that one is made of what is there.
    aws._backend(EAST).tagger.untag_resource_using_names(machine.arn, ["sfn-dsl:published"])
    assert cli(second, "publish", "--yes") == 0
    assert machine.latest_version_number == 7
    assert cli(second, "rollback", "orders", "--to", "5", "--region", EAST, "--yes") == 0
    assert cli(second, "status") == 0
    assert cli(second, "drift") == 1
    assert cli(second, "prune", "--keep", "2", "--yes") == 0
    project = find_project(second)
    loaded = load_pipelines(project)
    build = build_project(project, loaded, loaded.pipelines, project.targets)
    allowed = publish_rights((*build.compiled, *build.machines), "shop")
    assert recorded.denied(allowed) == []
    deleting = {"states:DeleteStateMachine", "states:StartSyncExecution"}
    assert {action for one in allowed for action in one.actions} - deleting == recorded.actions()


# Nothing that is secret is told


def test_nothing_secret_is_printed(cli: Cli, aws: FakeAws, first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    monkeypatch.setenv("AWS_SESSION_TOKEN", f"token-{secret}")
    provide(first, aws)
    file = tmp_path / "plan.json"
    said = ""
    for arguments in (("--save", str(file)), ("--yes",), ("--yes", "--output-format", "json")):
        cli(first, "publish", *arguments)
        said += cli.out + cli.err
    aws.fault = fault("AccessDeniedException")
    cli(first, "publish", "--yes")
    said += cli.out + cli.err + file.read_text()
    assert secret not in said
    assert '"dry"' not in said


def test_every_write_of_a_publication_is_paced(aws: FakeAws, first: Path) -> None:
    from sfn_dsl.publish.pacing import Clock, Pace

    waits: list[float] = []
    now = [0.0]
    pace = Pace(clock=Clock(now=lambda: now[0], sleep=waits.append))
    for _ in range(100):
        pace.wait(EAST, "update_state_machine")
    assert waits == []
    pace.wait(EAST, "update_state_machine")
    assert waits == [1.0]
    pace.wait(WEST, "update_state_machine")
    assert waits == [1.0]
    now[0] = 30.0
    pace.wait(EAST, "update_state_machine")
    assert waits == [1.0]
