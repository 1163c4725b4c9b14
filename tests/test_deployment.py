"""The deployment that `setup.cfg` or a pipeline declares: what it says, and what cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sfn_dsl.cli.main import run
from sfn_dsl.configuration import find_project
from sfn_dsl.deployment import Arbiter, Deployment
from sfn_dsl.deployment_faults import faults
from sfn_dsl.errors import ConfigError

Project = Callable[[dict[str, str]], Path]
REGIONS = ("us-east-1", "us-west-1")
TWO = "active = us-east-1\npassive = us-west-1\n"
ARBITER = TWO + "gate = arbiter\narbiter = us-east-1, us-west-2\nwitness = us-east-2\n"


def setup(words: str, regions: tuple[str, ...] = REGIONS) -> dict[str, str]:
    accounts = "".join(f"[sfn_dsl:{region}]\naccount = 111122223333\n" for region in regions)
    return {"setup.cfg": f"[sfn_dsl]\nregions = {', '.join(regions)}\n{words}{accounts}"}


def test_what_a_project_says(project: Project) -> None:
    folder = project(
        setup(
            ARBITER + "reach.us-west-1 = us-west-2, us-east-1\nevent_bus = b\ncontrol_table = ctl\nalert_topic = a\n"
            "event_source = com.x\nsweep_minutes = 2\nlease_margin_seconds = 90\nrule_source_arn = false\nforward = on-failure\n"
        )
    )
    deployments = {target.deployed.active: target.deployed for target in find_project(folder).targets}
    assert deployments == {
        "us-east-1": Deployment(
            active="us-east-1",
            passive="us-west-1",
            gate="arbiter",
            forward="on-failure",
            arbiter=Arbiter(replicas=("us-east-1", "us-west-2"), witness="us-east-2"),
            reach={"us-west-1": ("us-west-2", "us-east-1")},
            bus="b",
            table="ctl",
            alert_topic="a",
            events="com.x",
            sweep_minutes=2,
            lease_margin_seconds=90,
            rule_source_arn=False,
        )
    }
    assert str(deployments["us-east-1"].span) == f"{folder}/setup.cfg:16"


def test_a_project_that_says_nothing_is_each_region_alone(project: Project) -> None:
    targets = find_project(project(setup(""))).targets
    assert [(target.deployed.active, target.deployed.passive, target.deployed.gate) for target in targets] == [
        ("us-east-1", None, "none"),
        ("us-west-1", None, "none"),
    ]


@pytest.mark.parametrize(
    ("words", "line", "said"),
    [
        ("active = us-east-1\npassive = us-east-1\n", 4, "`passive` is the active Region us-east-1"),
        ("active = eu-west-1\n", 3, "`active = eu-west-1` is no Region of the project"),
        (TWO.replace("us-west-1", "us-west-2"), 4, "`passive = us-west-2` is no Region of the project"),
        ("active = us-east-1\ngate = arbiter\n", 4, "gate `arbiter` needs a passive Region"),
        (TWO + "gate = arbitre\n", 5, "unknown gate `arbitre`"),
        (TWO + "forward = sometimes\n", 5, "unknown forward `sometimes`"),
        (TWO + "gate = arbiter\n", 1, "has three Regions"),
        (TWO + "gate = arbiter\narbiter = us-east-1, us-west-2\n", 6, "has three Regions"),
        (TWO + "gate = arbiter\narbiter = us-east-1\nwitness = us-east-2\n", 6, "has three Regions"),
        (ARBITER.replace("us-west-2", "us-east-2"), 6, "has three Regions"),
        (
            ARBITER.replace("us-west-2", "us-west-1"),
            6,
            "cannot keep a table strongly consistent over us-east-1, us-west-1, us-east-2",
        ),
        (ARBITER.replace("us-west-2", "us-west-9"), 6, "unknown Region `us-west-9`"),
        (TWO + "witness = us-east-2\n", 5, "`witness` means nothing with gate `none`"),
        (ARBITER + "reach.us-west-1 = us-east-2\n", 8, "`reach.us-west-1` names us-east-2, which holds no replica"),
        (TWO + "reach.us-west-1 = us-east-1\n", 5, "`reach.us-west-1` means nothing without an arbiter"),
        (TWO + "sweep_minutes = 0\n", 5, "`sweep_minutes = 0` is out of range"),
        (TWO + "lease_margin_seconds = many\n", 5, "`lease_margin_seconds = many` is out of range"),
        (TWO + "event_bus = a b\n", 5, "`event_bus = a b` is no name"),
        (TWO + "event_source = aws.etl\n", 5, "`event_source` begins with `aws.`"),
        (TWO + "event_bus = default\n", 5, "`event_bus = default` is a bus that every account has"),
        (TWO + "event_bus = com.acme\n", 5, "`event_bus = com.acme` is no name"),
        (TWO + "alert_topic = com.acme.alerts\n", 5, "`alert_topic = com.acme.alerts` is no name"),
        (TWO + "control_table = ct\n", 5, "`control_table = ct` is no name"),
        (
            ARBITER + "control_table = com.acme.ctl\n",
            8,
            "`control_table = com.acme.ctl` also names the function that reaches it from us-west-1",
        ),
    ],
)
def test_what_a_project_cannot_say(project: Project, words: str, line: int, said: str) -> None:
    folder = project(setup(words))
    with pytest.raises(ConfigError) as caught:
        find_project(folder)
    [fault] = [one for one in (caught.value, *caught.value.others) if said in str(one)]
    assert str(fault.span) == f"{folder}/setup.cfg:{line}"
    assert fault.help


def test_all_that_is_wrong_is_said_in_one_run(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Faults of setup.cfg hide neither each other nor those of pipelines."""
    words = (
        TWO.replace("passive = us-west-1", "passive = us-east-1")
        + "gate = arbiter\narbiter = us-east-1, us-west-1\nwitness = us-west-2\n"
    )
    words += "event_bus = a b\nsweep_minutes = 0\nowner = me\nprofil = strict\n"
    folder = project(setup(words))
    (folder / "pipelines").mkdir(exist_ok=True)
    (folder / "pipelines" / "p.py").write_text('from sfn_dsl import *\np = Pipeline(name="a b", body=Wait("W", seconds=1))\n')
    for command in (["build"], ["check", "--output-format", "json"], ["iam", "explain", "p"]):
        assert run(["-C", str(folder), "--color", "never", *command]) == 2
        said = capsys.readouterr().err
        faults = re.findall(r"^error: (.*) \(.*setup\.cfg:\d+\)$", said, re.M)
        assert [fault.partition("` ")[0].strip("`") for fault in faults] == [
            "passive",
            "DynamoDB cannot keep a table strongly consistent over us-east-1, us-west-1, us-west-2 in setup.cfg",
            "event_bus = a b",
            "sweep_minutes = 0",
            "unknown owner `me",
            "unknown key `profil",
        ], said
        assert "error[SFN102]: `a b` is no name for a pipeline" in said
    assert not (folder / "build").exists()
    with pytest.raises(ConfigError, match="`passive` is the active Region"):
        find_project(folder)


def arbiter(*replicas: str, witness: str | None = None) -> Deployment:
    found = Arbiter(replicas=replicas, witness=witness)
    return Deployment(active="us-east-1", passive="us-west-1", gate="arbiter", arbiter=found)


@pytest.mark.parametrize(
    ("deployment", "keys"),
    [
        (Deployment(active="us-east-1"), []),
        (Deployment(active="us-east-1", passive="us-west-1", gate="mrec-manual"), []),
        (arbiter("us-east-1", "us-east-2", "us-west-2"), []),
        (arbiter("eu-west-1", "eu-west-2", witness="eu-central-1"), []),
        (
            Deployment(active="nowhere", passive="nowhere", gate="both", forward="up"),
            ["active", "passive", "passive", "gate", "forward"],
        ),
        (Deployment(active="us-east-1", gate="mrec-manual"), ["gate"]),
        (Deployment(active="us-east-1", passive="us-west-1", gate="arbiter"), ["arbiter"]),
        (arbiter("us-east-1", "us-east-2", "us-west-1"), ["arbiter"]),
        (arbiter("us-east-1", "us-east-2", "eu-west-1"), ["arbiter"]),
        (Deployment(active="us-east-1", table="com.acme.ctl", events="com.acme"), []),
        (
            Deployment(active="us-east-1", bus="a b", table="t", alert_topic="a.b", events="aws.x"),
            ["event_bus", "control_table", "alert_topic", "event_source"],
        ),
        (Deployment(active="us-east-1", reach={"us-west-1": ("us-west-2",)}), ["reach.us-west-1"]),
    ],
)
def test_every_fault_of_a_deployment(deployment: Deployment, keys: list[str]) -> None:
    found = list(faults(deployment))
    assert [fault.key for fault in found] == keys
    assert all(fault.message and fault.help for fault in found)


@pytest.mark.parametrize(
    ("region", "direct", "regions"),
    [("us-east-1", True, ()), ("us-west-2", True, ()), ("us-west-1", False, ("us-west-2", "us-east-1"))],
)
def test_how_a_region_reaches_the_table(region: str, direct: bool, regions: tuple[str, ...]) -> None:
    """The bridge tries the replica that is not in the active Region first: it is needed most when that one is in trouble."""
    reach = arbiter("us-east-1", "us-west-2", witness="us-east-2").reached_from(region)
    assert (reach.direct, reach.regions) == (direct, regions)


def test_the_other_region() -> None:
    deployed = Deployment(active="us-east-1", passive="us-west-1")
    assert [deployed.peer(region) for region in ("us-east-1", "us-west-1", "us-west-2")] == ["us-west-1", "us-east-1", None]
    assert deployed.replicas == deployed.regions == ("us-east-1", "us-west-1")
