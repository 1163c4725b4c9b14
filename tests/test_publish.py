"""Publishing over HTTP when all is well: plans, versions, aliases, tags, in the order of the Regions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from calls_made import record
from fake_aws import EAST, WEST, FakeAws, fault
from publishing import (
    ACCOUNT,
    desired_of,
    planned,
    provide,
    published,
)
from publishing_calls import MACHINES, Cli, live, operations, versions

from sfn_dsl.building import build_project
from sfn_dsl.cli.main import run
from sfn_dsl.configuration import find_project
from sfn_dsl.project import load_pipelines
from sfn_dsl.publish.plan import Options
from sfn_dsl.publish.plan_file import load_plan, plan_from_json, plan_to_json, save_plan
from sfn_dsl.publish.publisher_rights import publish_rights

pytest_plugins = ("publishing_fixtures",)


def test_first_publish_change_and_no_change(cli: Cli, cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    assert cli(first, "publish", "--yes") == 0
    assert cli.out.index("1. us-west-1") < cli.out.index("2. us-east-1")
    assert "+ orders  4 states; live -> version 1; dry run\n" in cli.out
    assert "us-west-1  orders  dry-run-1-" in cli.out
    assert "Published 4 machines in us-west-1, us-east-1." in cli.out
    state = cloud.state()
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

    cloud.calls.clear()
    assert cli(first, "publish", "--yes") == 0
    assert "Nothing to do." in cli.out
    assert [operation for _, operation in operations(cloud)].count("DescribeStateMachine") == 4
    assert [operation for _, operation in operations(cloud)].count("DescribeStateMachineAlias") == 4
    assert {operation for _, operation in operations(cloud)} == {
        "ListStateMachines",
        "DescribeStateMachine",
        "DescribeStateMachineAlias",
    }
    assert cloud.state() == state

    assert cli(second, "publish", "--yes") == 0
    assert "~ state  Load  Retry[0].MaxAttempts  3 -> 5" in cli.out
    assert "live: version 1 -> a new version; dry run" in cli.out
    assert "= 1 unchanged" in cli.out
    assert versions(cloud) == {EAST: (1, 2), WEST: (1, 2)}
    assert live(cloud) == {EAST: [(2, 100)], WEST: [(2, 100)]}
    assert versions(cloud, "etl-run-closer") == {EAST: (1,), WEST: (1,)}


def test_the_passive_region_is_done_before_the_active_one_begins(cloud: FakeAws, first: Path) -> None:
    provide(first, cloud)
    assert published(first, cloud).stopped is None
    changes = [
        region for region, operation in operations(cloud) if operation.startswith(("Create", "Update", "Tag", "Start", "Validate"))
    ]
    assert changes == sorted(changes, reverse=True)
    assert set(changes) == {EAST, WEST}


def test_order_of_the_calls_for_a_machine(cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    cloud.calls.clear()
    published(second, cloud)
    writing = [operation for region, operation in operations(cloud) if region == EAST]
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


def test_a_dry_run_and_a_saved_plan_change_nothing(cli: Cli, cloud: FakeAws, first: Path, tmp_path: Path) -> None:
    provide(first, cloud)
    file = tmp_path / "plan.json"
    assert cli(first, "publish", "--dry-run") == 0
    assert cli(first, "publish", "--save", str(file)) == 0
    assert cloud.state() == {}
    text = file.read_text()
    assert '"dry": true' not in text
    assert "testing" not in text
    assert load_plan(file) == plan_from_json(json.loads(text))
    assert cli(first, "publish", "--from", str(file), "--yes") == 0
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(1, 100)]}


def test_a_saved_plan_holds_only_as_long_as_nothing_has_changed(
    cli: Cli, cloud: FakeAws, first: Path, second: Path, tmp_path: Path
) -> None:
    provide(first, cloud)
    file = tmp_path / "plan.json"
    assert cli(first, "publish", "--save", str(file)) == 0
    assert cli(second, "publish", "--from", str(file), "--yes") == 1
    assert "error: the saved plan was made at commit " in cli.err
    published(first, cloud)
    assert cli(first, "publish", "--from", str(file), "--yes") == 1
    assert "error: etl-run-closer in us-west-1 is no longer as it was when the plan was saved" in cli.err
    file.write_text(file.read_text().replace('"force": false', '"force": true'))
    assert cli(first, "publish", "--from", str(file), "--yes") == 1
    assert f"error: {file} has been changed since it was saved" in cli.err
    assert versions(cloud) == {EAST: (1,), WEST: (1,)}


def test_a_saved_plan_of_another_build(cli: Cli, cloud: FakeAws, first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(first, folder)
    provide(folder, cloud)
    file = tmp_path / "plan.json"
    (folder / "setup.cfg").write_text((folder / "setup.cfg").read_text() + "\n")
    assert cli(folder, "publish", "--allow-dirty", "--save", str(file)) == 0
    definition = folder / "build/us-east-1/orders.asl.json"
    definition.write_text(definition.read_text().replace('"Seconds": 10', '"Seconds": 11'))
    assert cli(folder, "publish", "--allow-dirty", "--from", str(file), "--yes") == 1
    assert "error: build/ has another orders for us-east-1 than when the plan was saved" in cli.err


SETTLED = {
    "PIPELINES": ["orders"],
    "--select": ["-s", "orders"],
    "--region": ["-r", WEST],
    "--alias": ["--alias", "other"],
    "--save": ["--save", "another.json"],
    "--strategy": ["--strategy", "canary"],
    "--interval": ["--interval", "0"],
    "--force": ["--force"],
    "--delete-removed": ["--delete-removed"],
}


@pytest.mark.parametrize(("option", "given"), SETTLED.items(), ids=SETTLED)
def test_a_saved_plan_takes_no_further_options(
    cli: Cli, cloud: FakeAws, first: Path, tmp_path: Path, option: str, given: list[str]
) -> None:
    provide(first, cloud)
    file = tmp_path / "plan.json"
    assert cli(first, "publish", "--save", str(file)) == 0
    assert cli(first, "publish", "--from", str(file), "--yes", *given) == 2
    assert f"error: --from carries a plan out as it was saved, so it does not go with {option}\n" in cli.err
    assert cloud.state() == {}


def test_a_saved_plan_is_for_aws_or_for_this_machine(cli: Cli, cloud: FakeAws, first: Path, tmp_path: Path) -> None:
    file, options = tmp_path / "plan.json", ["publish", "--yes", "--from", str(tmp_path / "plan.json")]
    made, _ = planned(first, cloud, Options(provide=True))
    assert made.missing
    save_plan(made, file)
    assert cli(first, *options) == 1
    assert "error: the saved plan was made for an AWS on this machine\nhelp: say --local" in cli.err
    save_plan(planned(first, cloud)[0], file)
    assert run(["-C", str(first), *options, "--local"]) == 1
    assert "error: the saved plan was made for a real AWS\nhelp: leave --local out" in cli.capsys.readouterr().err
    assert not (first / "target").exists()
    assert not {"CreateRole", "CreateLogGroup"} & {call.operation for call in cloud.calls}


def test_plans_are_the_same_after_json(cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    cloud.machine(EAST, "orders").definition = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    cloud.run(WEST, "orders", version=1)
    for folder in (first, second):
        plan, _ = planned(folder, cloud)
        again = plan_from_json(json.loads(json.dumps(plan_to_json(plan))))
        assert again == plan
        assert again.same_work(plan)
    assert any(entry.manual for entry in plan.entries)
    assert any(entry.running for entry in plan.entries)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}'])
def test_a_file_that_is_no_plan(cli: Cli, cloud: FakeAws, first: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text)
    assert cli(first, "publish", "--from", str(file)) == 2
    assert "is no plan" in cli.err


def test_one_region_and_one_pipeline(cli: Cli, cloud: FakeAws, first: Path) -> None:
    provide(first, cloud)
    assert cli(first, "publish", "--yes", "--region", WEST, "orders") == 0
    assert list(cloud.state()) == ["us-west-1 orders"]
    assert {call.region for call in cloud.calls if call.service == "states"} == {WEST}


def test_json_output(cli: Cli, cloud: FakeAws, first: Path) -> None:
    provide(first, cloud)
    assert cli(first, "publish", "--yes", "--output-format", "json") == 0
    value = json.loads(cli.out)
    assert [entry["action"] for entry in value["plan"]["entries"]] == ["added"] * 4
    assert value["outcome"]["stopped"] is None
    assert [done["work"] for done in value["outcome"]["done"]][:3] == ["create", "alias", "tags"]


def _on_a_terminal(folder: Path, *arguments: str) -> str:
    """What a publication writes on a terminal."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "sfn_dsl", "publish", "--yes", *arguments]
    with subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE) as process:
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
    return said.decode()


def test_a_progress_bar_on_a_terminal(cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    said = _on_a_terminal(first, "--endpoint-url", cloud.url)
    assert "100%" in said
    assert "Published 4 machines" in said
    said = _on_a_terminal(second, "--endpoint-url", cloud.url, "--strategy", "linear", "--interval", "0")
    before, full, after = said.partition("100%")
    assert full
    # The last piece of work, in the Region that comes last.
    assert "us-east-1  orders  90 % to version 2" in before
    assert "us-east-1  orders  dry-run-" in before
    assert "us-east-1  orders  tagged" in after


def test_nothing_secret_is_printed(cli: Cli, cloud: FakeAws, first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    monkeypatch.setenv("AWS_SESSION_TOKEN", f"token-{secret}")
    provide(first, cloud)
    file = tmp_path / "plan.json"
    said = ""
    for arguments in (("--save", str(file)), ("--yes",), ("--yes", "--output-format", "json")):
        cli(first, "publish", *arguments)
        said += cli.out + cli.err
    cloud.fault = fault("AccessDeniedException")
    cli(first, "publish", "--yes")
    said += cli.out + cli.err + file.read_text()
    assert secret not in said
    assert '"dry"' not in said


def test_no_call_is_outside_the_policy_of_publishers(
    cli: Cli, cloud: FakeAws, first: Path, second: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provide(first, cloud)
    recorded = record(monkeypatch)
    assert cli(first, "publish", "--yes") == 0
    assert cli(second, "publish", "--yes", "--strategy", "canary", "--interval", "0") == 0
    machine = cloud.machine(EAST, "orders")
    for _ in range(4):
        machine.publish("by hand")
    # The newest version is not ours, so that one is made of what is there.
    cloud._backend(EAST).tagger.untag_resource_using_names(machine.arn, ["sfn-dsl:published"])
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
