"""Publications and rollbacks that fail half-way, and are given again or taken back: all Regions end at one build that was live."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from fake_aws import EAST, WEST, Call, FakeAws, fault
from publishing import CHANGED, CONFIGURATION, ORDERS, clients_of, desired_of, git, make_project, planned, provide, published
from publishing_calls import Cli, live, only, versions

from sfn_dsl.cli.main import run
from sfn_dsl.publish.applying import Outcome, apply
from sfn_dsl.publish.pacing import Clock
from sfn_dsl.publish.plan import Options

pytest_plugins = ("publishing_fixtures",)

DENIED = fault("AccessDeniedException")


@pytest.fixture(scope="session")
def third(made: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after another change."""
    return make_project(tmp_path_factory.mktemp("third") / "shop", CHANGED.replace("seconds=10", "seconds=20"))


@pytest.fixture
def failed_between(cloud: FakeAws, first: Path, second: Path, third: Path) -> FakeAws:
    """c12 was live; c13 was published to the passive Region, where its dry run failed; then c14 everywhere."""
    provide(first, cloud)
    assert published(first, cloud, commit="c12").stopped is None
    cloud.smoke_status = "FAILED"
    assert published(second, cloud, commit="c13").stopped is not None
    cloud.smoke_status = "SUCCEEDED"
    assert published(third, cloud, commit="c14").stopped is None
    assert live(cloud) == {EAST: [(2, 100)], WEST: [(3, 100)]}
    return cloud


def test_rollback_goes_to_what_was_live(cli: Cli, failed_between: FakeAws, first: Path) -> None:
    assert cli(first, "rollback", "orders", "--yes") == 0
    assert "us-west-1  live: version 3 -> version 1, built at c12" in cli.out
    assert live(failed_between) == {EAST: [(1, 100)], WEST: [(1, 100)]}
    assert cli(first, "drift") == 0
    before = failed_between.state()
    assert cli(first, "rollback", "orders", "--yes") == 0
    assert "us-west-1  live: stays at version 1, built at c12" in cli.out
    assert "Nothing to do." in cli.out
    assert failed_between.state() == before


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("2", "version 2 of orders is not one build: c13 in us-west-1 and c14 in us-east-1"),
        ("c13", "orders in us-east-1 has no version that was built at `c13`"),
        ("c12", None),
        ("1", None),
        ("", "orders in us-west-1 has no version that was built at ``"),
    ],
)
def test_a_rollback_goes_to_one_build(cli: Cli, failed_between: FakeAws, first: Path, to: str, told: str | None) -> None:
    before = failed_between.state()
    code = cli(first, "rollback", "orders", "--to", to, "--yes")
    if told is None:
        assert code == 0
        assert live(failed_between) == {EAST: [(1, 100)], WEST: [(1, 100)]}
    else:
        assert code == 1
        assert told in cli.err
        assert failed_between.state() == before


def test_a_rollback_of_one_region_to_what_never_was_live_has_to_be_named(cli: Cli, failed_between: FakeAws, first: Path) -> None:
    assert cli(first, "rollback", "orders", "--to", "c13", "--region", WEST, "--yes") == 0
    assert live(failed_between) == {EAST: [(2, 100)], WEST: [(2, 100)]}
    # What the Regions would go back to is not one build now.
    assert cli(first, "rollback", "orders", "--yes") == 1
    assert "orders would not go back to one build: to c13 in us-west-1 and c12 in us-east-1" in cli.err
    assert cli(first, "rollback", "orders", "--to", "c12", "--yes") == 0
    assert live(failed_between) == {EAST: [(1, 100)], WEST: [(1, 100)]}


def test_a_rollback_of_half_a_publication(cli: Cli, cloud: FakeAws, first: Path, second: Path, third: Path) -> None:
    provide(first, cloud)
    published(first, cloud, commit="c11")
    published(second, cloud, commit="c12")
    cloud.fault = only("states", "StartExecution", DENIED, region=EAST)
    assert published(third, cloud, commit="c13").stopped is not None
    cloud.fault = lambda call: None
    assert live(cloud) == {EAST: [(2, 100)], WEST: [(3, 100)]}
    for _ in range(2):
        assert cli(first, "rollback", "orders", "--yes") == 0
        assert live(cloud) == {EAST: [(2, 100)], WEST: [(2, 100)]}


def build(folder: Path, west: str, seconds: int) -> None:
    """A commit with a job of its own in the passive Region."""
    text = CONFIGURATION.replace("[sfn_dsl:us-east-1]\n", "[sfn_dsl:us-east-1]\nvar.job = j\n")
    (folder / "setup.cfg").write_text(text.replace("[sfn_dsl:us-west-1]\n", f"[sfn_dsl:us-west-1]\nvar.job = {west}\n"))
    source = ORDERS.replace('job="j"', "job=config.job").replace("seconds=10", f"seconds={seconds}")
    (folder / "pipelines" / "orders.py").write_text(source)
    assert run(["-C", str(folder), "build"]) == 0
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "built")


def test_a_build_that_only_one_region_has_changed(cli: Cli, cloud: FakeAws, first: Path, tmp_path: Path) -> None:
    """Git tells what the other Region has at that commit, whose version there says an earlier one."""
    folder = tmp_path / "shop"
    shutil.copytree(first, folder)
    provide(folder, cloud)
    for west, seconds in (("j", 10), ("k", 10), ("k", 20)):
        build(folder, west, seconds)
        assert cli(folder, "publish", "--yes") == 0
    assert versions(cloud) == {EAST: (1, 2), WEST: (1, 2, 3)}
    assert cli(folder, "rollback", "orders", "--yes") == 0
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(2, 100)]}
    assert cli(folder, "rollback", "orders", "--yes", "--to", "HEAD") == 0
    assert live(cloud) == {EAST: [(2, 100)], WEST: [(3, 100)]}
    assert cli(folder, "rollback", "orders", "--yes", "--to", "HEAD~1") == 0
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(2, 100)]}
    assert cli(folder, "rollback", "orders", "--yes", "--to", "1") == 0
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(1, 100)]}
    assert cli(folder, "rollback", "orders", "--yes", "--to", "2") == 1
    assert "version 2 of orders is not one build" in cli.err


def test_pruning_keeps_what_a_rollback_goes_to(cli: Cli, cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    for _ in range(5):
        cloud.machine(EAST, "orders").publish("by hand")
    published(second, cloud)
    assert cli(first, "prune", "orders", "--keep", "2", "--yes") == 0
    assert versions(cloud)[EAST] == (1, 6, 7)
    assert cli(first, "rollback", "orders", "--yes") == 0
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(1, 100)]}


def test_a_half_done_rollback_is_finished(cli: Cli, cloud: FakeAws, first: Path, second: Path, third: Path) -> None:
    provide(first, cloud)
    for commit, folder in (("c1", first), ("c2", second), ("c3", third)):
        published(folder, cloud, commit=commit)
    cloud.fault = only("states", "UpdateStateMachineAlias", DENIED, region=EAST)
    assert cli(first, "rollback", "orders", "--yes", "--output-format", "json") == 2
    denied = "AWS does not allow you states:UpdateStateMachineAlias in us-east-1"
    told = {turn["region"]: (turn["changed"], turn["error"]) for turn in json.loads(cli.out)}
    assert told == {WEST: (True, ""), EAST: (False, denied)}
    assert "Done: us-west-1. Stopped at us-east-1. Not begun: none." in cli.err
    assert f"error: {denied}" in cli.err
    cloud.fault = lambda call: None
    assert cli(first, "drift", "orders") == 1
    assert "was broken off with live at version 3: do it again" in cli.out
    for _ in range(2):
        assert cli(first, "rollback", "orders", "--yes") == 0
        assert live(cloud) == {EAST: [(2, 100)], WEST: [(2, 100)]}
    assert cli(first, "drift", "orders") == 0


def interrupted_canary(cloud: FakeAws, folder: Path) -> Outcome:
    """A publication that somebody breaks off while the alias is on its way."""

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    made, clients = planned(folder, cloud, Options(strategy="canary"), "c2")
    return apply(made, desired_of(folder), clients, clock=Clock(now=lambda: 0.0, sleep=interrupt))


def test_an_alarm_after_a_broken_off_canary(cli: Cli, cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    interrupted_canary(cloud, second)
    assert live(cloud)[WEST] == [(1, 90), (2, 10)]
    put_alarm(cloud, WEST, "ALARM")
    outcome = published(second, cloud, Options(strategy="canary"))
    assert outcome.stopped is not None
    assert outcome.stopped.message == "the alarm orders-ExecutionsFailed rings"
    assert outcome.stopped.done[-1] == "live -> version 1 again"
    assert live(cloud)[WEST] == [(1, 100)]


def test_a_rollback_after_a_broken_off_canary(cli: Cli, cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    interrupted_canary(cloud, second)
    assert cli(first, "rollback", "orders", "--yes") == 0
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(1, 100)]}


def put_alarm(cloud: FakeAws, region: str, state: str) -> None:
    """An alarm of the machine."""
    from moto.backends import get_backend

    clients_of(cloud.url).call(
        "cloudwatch",
        region,
        "put_metric_alarm",
        AlarmName="orders-ExecutionsFailed",
        MetricName="ExecutionsFailed",
        Namespace="AWS/States",
        Dimensions=[{"Name": "StateMachineArn", "Value": cloud.machine(region, "orders").arn}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    backend = get_backend("cloudwatch")["123456789012"][region]
    backend.set_alarm_state("orders-ExecutionsFailed", "test", "{}", state)


@pytest.mark.parametrize("build", ["the same", "another"])
def test_a_failing_version_that_could_not_be_taken_back(cloud: FakeAws, first: Path, second: Path, third: Path, build: str) -> None:
    provide(first, cloud)
    published(first, cloud)
    moves: list[Call] = []

    def failing(call: Call) -> object:
        if (call.operation, call.region) == ("UpdateStateMachineAlias", WEST):
            moves.append(call)
        taking_back = call.operation == "UpdateStateMachineAlias" and len(moves) == 2
        return DENIED(call) if call.operation == "StartExecution" or taking_back else None

    cloud.fault = failing  # type: ignore[assignment]
    outcome = published(second, cloud)
    assert outcome.stopped is not None
    assert outcome.stopped.message == (
        "AWS does not allow you states:StartExecution in us-west-1; and the alias live of orders in us-west-1 could not be put back "
        "to version 1: AWS does not allow you states:UpdateStateMachineAlias in us-west-1"
    )
    assert live(cloud)[WEST] == [(2, 100)]
    cloud.fault = only("states", "StartExecution", DENIED)
    outcome = published(second if build == "the same" else third, cloud)
    assert outcome.stopped is not None
    assert outcome.stopped.message == "AWS does not allow you states:StartExecution in us-west-1"
    assert outcome.stopped.done[-1] == "live -> version 1 again"
    assert live(cloud)[WEST] == [(1, 100)]


def test_an_alias_that_a_person_has_put_back_stays_there_when_the_next_version_fails(
    cloud: FakeAws, first: Path, second: Path, third: Path
) -> None:
    provide(first, cloud)
    published(first, cloud)
    published(second, cloud)
    move(cloud, WEST, 1)
    cloud.smoke_status = "FAILED"
    assert published(third, cloud).stopped is not None
    assert live(cloud)[WEST] == [(1, 100)]


def move(cloud: FakeAws, region: str, version: int) -> None:
    """Point the alias somewhere by hand; 0 deletes it."""
    machine = cloud.machine(region, "orders")
    if version:
        machine.aliases["live"].routing_configuration = [{"stateMachineVersionArn": f"{machine.arn}:{version}", "weight": 100}]
    else:
        del machine.aliases["live"]


@pytest.mark.parametrize("version", [0, 1])
def test_an_alias_that_somebody_deletes_or_moves_is_put_right(
    cli: Cli, cloud: FakeAws, first: Path, second: Path, version: int
) -> None:
    provide(second, cloud)
    published(first, cloud)
    published(second, cloud)
    state = cloud.state()
    move(cloud, EAST, version)
    assert cli(second, "drift") == 1
    assert cli(second, "publish", "--dry-run") == 0
    assert f"live: {f'version {version}' if version else 'nothing'} -> version 2; dry run" in cli.out
    assert "Plan: 0 to add, 1 to change, 0 to delete, 3 unchanged." in cli.out
    assert cli(second, "publish", "--yes") == 0
    assert cloud.state() == state
    assert cli(second, "drift") == 0


def test_a_rollback_of_an_alias_that_was_moved_by_hand(cli: Cli, cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    published(second, cloud)
    move(cloud, EAST, 1)
    assert cli(second, "rollback", "orders", "--yes") == 1
    assert "somebody has moved the alias live of orders in us-east-1 by hand, to version 1" in cli.err
    assert cli(second, "rollback", "orders", "--to", "1", "--yes") == 0
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(1, 100)]}
    assert cli(second, "drift") == 0
