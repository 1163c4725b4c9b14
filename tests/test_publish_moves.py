"""Dry runs, aliases that move in steps, several publishers at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from fake_aws import EAST, WEST, Answer, Call, FakeAws
from publishing import (
    ACCOUNT,
    ORDERS,
    clients_of,
    desired_of,
    make_project,
    provide,
    published,
)
from publishing_calls import Cli, live, versions

from sfn_dsl.publish.plan import Options

pytest_plugins = ("publishing_fixtures",)


def test_a_dry_run_that_fails_takes_the_alias_back(cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    cloud.smoke_status = "FAILED"
    outcome = published(second, cloud)
    assert outcome.stopped is not None
    assert outcome.stopped.work == "smoke"
    assert outcome.stopped.done[-1] == "live -> version 1 again"
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(1, 100)]}
    assert versions(cloud) == {EAST: (1,), WEST: (1, 2)}
    cloud.smoke_status = "SUCCEEDED"
    assert published(second, cloud).stopped is None
    assert versions(cloud) == {EAST: (1, 2), WEST: (1, 2)}
    names = [execution["name"] for execution in cloud.executions.values()]
    assert len(names) == len(set(names)) == 5


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_a_dry_run_of_an_express_machine(cloud: FakeAws, tmp_path: Path, status: str) -> None:
    folder = make_project(
        tmp_path / "shop", ORDERS.replace('name="orders"', 'name="orders", type="EXPRESS"').replace("load >> ", "")
    )
    provide(folder, cloud)
    cloud.smoke_status = status
    outcome = published(folder, cloud)
    if status == "SUCCEEDED":
        assert outcome.stopped is None
    else:
        assert outcome.stopped is not None
        assert outcome.stopped.message == (
            "the dry run of orders in us-west-1 ended as FAILED: Some.Error; "
            "the alias live stays at version 1, because nothing was live before"
        )


def alarm(cloud: FakeAws, region: str, name: str, machine: str, state: str) -> None:
    from moto.backends import get_backend

    arn = f"arn:aws:states:{region}:{ACCOUNT}:stateMachine:{machine}"
    clients_of(cloud.url).call(
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
def test_an_alias_moves_in_steps(cloud: FakeAws, first: Path, second: Path, strategy: str, steps: list[int]) -> None:
    provide(first, cloud)
    published(first, cloud)
    cloud.calls.clear()
    # One of another pipeline whose name begins alike.
    alarm(cloud, WEST, "orders-late-ExecutionsFailed", "orders-late", "ALARM")
    assert published(second, cloud, Options(strategy=strategy)).stopped is None
    moved = [
        next(route["weight"] for route in call.arguments["routingConfiguration"] if route["stateMachineVersionArn"].endswith(":2"))
        for call in cloud.calls
        if call.operation == "UpdateStateMachineAlias" and call.region == EAST
    ]
    assert moved == [*steps, 100]
    assert live(cloud) == {EAST: [(2, 100)], WEST: [(2, 100)]}


def test_an_alarm_takes_the_alias_back(cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    alarm(cloud, WEST, "orders-ExecutionsFailed", "orders", "OK")

    def ring(call: Call) -> Answer | None:
        if call.operation == "UpdateStateMachineAlias":
            from moto.backends import get_backend

            get_backend("cloudwatch")[ACCOUNT][WEST].set_alarm_state("orders-ExecutionsFailed", "test", "{}", "ALARM")
        return None

    cloud.fault = ring
    outcome = published(second, cloud, Options(strategy="linear"))
    assert outcome.stopped is not None
    assert "the alarm orders-ExecutionsFailed rings" in outcome.stopped.message
    assert live(cloud) == {EAST: [(1, 100)], WEST: [(1, 100)]}


def test_an_alarm_that_does_not_ring_lets_the_alias_pass(cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    alarm(cloud, WEST, "orders-ExecutionsFailed", "orders", "OK")
    assert published(second, cloud, Options(strategy="canary")).stopped is None
    assert live(cloud) == {EAST: [(2, 100)], WEST: [(2, 100)]}


def test_the_plan_says_what_is_watched(cli: Cli, cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    alarm(cloud, WEST, "orders-ExecutionsFailed", "orders", "OK")
    alarm(cloud, EAST, "failures-of-orders", "orders", "OK")
    assert cli(second, "publish", "--strategy", "canary", "--dry-run") == 0
    west, _, east = cli.out.partition("2. us-east-1")
    assert "    watched: orders-ExecutionsFailed\n" in west
    assert "    ! no alarm with a name that begins with `orders-` watches it: nothing takes the alias back\n" in east
    assert cli(second, "publish", "--dry-run") == 0
    assert "watche" not in cli.out


@pytest.mark.parametrize("same", [True, False])
def test_two_publishers_at_once(cloud: FakeAws, first: Path, second: Path, same: bool) -> None:
    provide(first, cloud)
    published(first, cloud)
    barrier = threading.Barrier(2)
    other = second
    if not same:
        # The other one publishes what is there with a forced change of its own.
        cloud.machine(EAST, "orders").definition = cloud.machine(EAST, "orders").definition.replace("3", "4")
        other = first
    outcomes = []

    def publish(folder: Path) -> None:
        outcomes.append(published(folder, cloud, Options(force=True), before=barrier.wait))

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
    assert published(second, cloud).stopped is None
    state = cloud.state()
    digests = {(one.target.region, one.name): one.digest for one in desired_of(second)}
    for region in (EAST, WEST):
        machine = state[f"{region} orders"]
        ((arn, weight),) = machine["aliases"]["live"]
        assert weight == 100
        description, definition = machine["versions"][int(arn.rpartition(":")[2])]
        assert description.endswith(digests[region, "orders"])
        assert definition == machine["definition"]
        assert machine["tags"]["sfn-dsl:published"] == digests[region, "orders"]


def test_somebody_publishes_between_plan_and_apply(cloud: FakeAws, first: Path, second: Path) -> None:
    provide(first, cloud)
    published(first, cloud)
    outcome = published(second, cloud, before=lambda: published(second, cloud))
    assert outcome.stopped is not None
    assert "somebody has changed orders in us-west-1 since this was planned" in outcome.stopped.message
    assert versions(cloud) == {EAST: (1, 2), WEST: (1, 2)}


def test_somebody_makes_the_machine_between_plan_and_apply(cloud: FakeAws, first: Path) -> None:
    provide(first, cloud)
    outcome = published(first, cloud, before=lambda: published(first, cloud))
    assert outcome.stopped is not None
    assert "since this was planned" in outcome.stopped.message
    assert versions(cloud) == {EAST: (1,), WEST: (1,)}
