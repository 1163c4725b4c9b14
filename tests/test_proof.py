"""Generated machines, rules, functions and tables in worlds where Regions stop and events double: what holds, and what each guard
is good for."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sfn_dsl.evidence import BATCHES, COUNTED, WORLDS, Counted
from sfn_dsl.proof.ablations import ABLATIONS
from sfn_dsl.proof.artefacts import Artefacts
from sfn_dsl.proof.campaign import Job, run_job, run_jobs
from sfn_dsl.proof.deploying import deploy
from sfn_dsl.proof.editing import with_resources
from sfn_dsl.proof.figures import WITHIN, Figures, figures_of, together
from sfn_dsl.proof.invariants import broken
from sfn_dsl.proof.permissions import permits_of
from sfn_dsl.proof.played import Played, play
from sfn_dsl.proof.proof_world import ProofWorld
from sfn_dsl.proof.scenario import Trouble, scenario_of
from sfn_dsl.proof.sink import Sink
from sfn_dsl.proof.strategies import ACTIVE, PASSIVE, STRATEGIES
from sfn_dsl.resources.model import EventBus, Function, Permission, Queue, Role, Rule, Schedule, Table, Topic
from sfn_dsl.simulate.simulation import Machine

ROOT = Path(__file__).parents[1]
SMALL: dict[str, Any] = {"batches": 8, "hours": 6.0, "aftermath": 14.0}


@cache
def artefacts(name: str) -> tuple[Artefacts, tuple[Machine, ...]]:
    made = STRATEGIES[name].artefacts()
    return made, made.machines()


def played(name: str, seed: int, *, interpreted: bool = False, **options: Any) -> Played:
    return play(*artefacts(name), scenario_of(seed, **{**SMALL, **options}), interpreted=interpreted)


def figures(name: str, seeds: range, **options: Any) -> Figures:
    options.setdefault("new_names", STRATEGIES[name].new_names)
    return together(figures_of(played(name, seed, **options)) for seed in seeds)


# What is deployed


def test_everything_in_the_templates_is_in_the_world() -> None:
    made, machines = artefacts("arbiter")
    world = ProofWorld(made.deployment, seed=1, regions=made.deployment.regions)
    deploy(world, made.templates, machines)
    for template in made.templates:
        place = world.place(template.target.region)
        for one in template.resources:
            match one:
                case EventBus():
                    assert one.name in place.events.buses
                case Rule():
                    assert len(place.events.buses[one.event_bus_name][one.name].targets) == len(one.targets)
                case Queue():
                    assert one.queue_name in place.sqs.queues
                case Topic():
                    assert one.arn(template.target) in place.sns.topics
                case Function():
                    assert place.functions.functions[one.function_name].timeout == one.timeout
                case Schedule():
                    assert one.arn(template.target) in place.scheduler.schedules
                case Table():
                    assert {world.place(region).dynamodb.tables[one.name].admit is not None for region in one.replicas} == {True}
                case _:
                    pass
    live = {arn for arn in world.machines if arn.endswith(":live")}
    assert live == {f"{one.arn}:live" for one in made.definitions}
    for region in made.deployment.regions:
        for rules in world.place(region).events.buses.values():
            for rule in rules.values():
                for target in rule.targets:
                    assert target.arn in world.machines or target.arn.endswith(":event-bus/etl")
                    assert target.dead_letter is not None


# Passing over


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["arbiter", "mrec-flag"])
def test_a_world_without_its_idle_sweeps_is_the_same_world(name: str, seed: int) -> None:
    short, whole = played(name, seed), played(name, seed, interpreted=True)
    assert short.world.skipped > 300
    assert whole.world.skipped == 0
    assert short.sink.publications == whole.sink.publications
    assert [(one.time, one.copy, one.key, _plain(one.item)) for one in short.rows.writes] == [
        (one.time, one.copy, one.key, _plain(one.item)) for one in whole.rows.writes
    ]
    assert [dataclasses.replace(one, execution="") for one in short.starts] == [
        dataclasses.replace(one, execution="") for one in whole.starts
    ]
    swept = Counter(run.machine.name for run in whole.world.runs.values())
    left = Counter(run.machine.name for run in short.world.runs.values())
    assert swept["downstream-sweeper"] == left["downstream-sweeper"] + short.world.skipped
    assert swept["downstream"] == left["downstream"]


def _plain(item: dict[str, Any] | None) -> Any:
    """An item without what holds random ids: names of executions and of changes."""
    unnamed = ("exec_arn", "producer_exec", "change_id", "stages")
    return None if item is None else {name: value for name, value in item.items() if name not in unnamed}


# Invariants


@pytest.mark.parametrize("trouble", list(Trouble))
def test_the_arbiter_keeps_every_invariant(trouble: Trouble) -> None:
    for seed in range(2):
        found = played("arbiter", seed, troubles=(trouble,), strikes=(60.0, 1500.0), lost=0.01)
        assert broken(found, within=WITHIN) == ()
        assert found.lost == ()
        assert found.published_twice(ledger=True) == ()
        assert len(found.ready) == 8


@pytest.mark.slow
def test_the_arbiter_keeps_every_invariant_in_many_worlds() -> None:
    whole = Job(artefacts=artefacts("arbiter")[0], seeds=range(100))
    struck = Job(
        artefacts=whole.artefacts,
        seeds=range(100),
        conditions={**SMALL, "troubles": tuple(Trouble), "strikes": (0.0, 2400.0), "lost": 0.01, "lost_answers": 0.01},
    )
    for found in run_jobs([whole, struck]):
        assert found.broken == ()
        assert found.lost == found.published_twice_by_ledger == found.passive_starts == 0


@pytest.mark.parametrize("skew", [-60.0, 60.0])
def test_clocks_a_minute_apart_do_no_harm(skew: float) -> None:
    made, machines = artefacts("arbiter")
    for seed in range(3):
        scenario = scenario_of(seed, **SMALL, troubles=(Trouble.DOWN, Trouble.ISOLATED), strikes=(60.0, 1500.0))
        found = play(made, machines, scenario, clock_skew={PASSIVE: skew})
        assert found.lost == ()
        assert found.published_twice(ledger=True) == ()


def test_a_lost_answer_of_the_control_table_fails_nothing() -> None:
    found = played("arbiter", 0, lost_answers=0.15, troubles=(Trouble.NONE,))
    assert found.lost == ()
    assert {run.status for run in found.world.runs.values()} == {"SUCCEEDED"}


def test_the_other_region_works_while_the_first_is_gone() -> None:
    found = played("arbiter", 1, troubles=(Trouble.GONE,))
    later = [one for one in found.sink.publications if one.time > found.scenario.begin + 600]
    assert later
    assert {one.region for one in later} == {PASSIVE}
    assert found.operations.active == PASSIVE
    back = played("arbiter", 1, troubles=(Trouble.FALSE_ALARM,))
    assert (back.operations.epoch, back.operations.active) == (2, ACTIVE)


# Strategies


def test_strategies_come_out_in_the_order_of_the_evidence() -> None:
    """More is published twice, the less there is against it; with an arbiter nothing is, nor with a ledger whatever else."""
    seeds = range(4)
    often = {"troubles": (Trouble.NONE, Trouble.DOWN), "redelivered": 0.2, "republished": 0.2}
    found = {name: figures(name, seeds, **often) for name in STRATEGIES if name != "on-failure"}
    batches = 8 * len(seeds)
    assert found["forward"].published_twice == found["forward-name"].published_twice == batches
    assert batches > found["mrec-claim"].ran_twice > found["single"].ran_twice >= found["single-event-name"].ran_twice > 0
    assert found["single-batch-name"].published_twice == found["arbiter"].published_twice == 0
    assert {one.published_twice_by_ledger for one in found.values()} == {0}
    assert {one.lost for one in found.values()} == {0}


@pytest.mark.slow
def test_many_worlds_of_all_strategies() -> None:
    names = list(STRATEGIES)
    jobs = [
        Job(artefacts=artefacts(name)[0], seeds=range(100), conditions={"new_names": STRATEGIES[name].new_names}) for name in names
    ]
    found = dict(zip(names, run_jobs(jobs), strict=True))
    ran = {name: one.ran_twice for name, one in found.items()}
    assert ran["forward"] == ran["forward-name"] == 6000
    assert ran["forward"] > ran["mrec-claim"] > ran["single"] > ran["single-event-name"] > ran["arbiter"]
    assert found["mrec-flag"].published_twice > found["arbiter"].published_twice == 0
    assert {one.published_twice_by_ledger for one in found.values()} == {0}
    assert {one.lost for one in found.values()} == {0}
    assert found["arbiter"].broken == ()
    assert {name: Counted(one.ran_twice, one.published_twice) for name, one in found.items()} == COUNTED


def test_what_texts_say_of_the_strategies_is_what_was_counted() -> None:
    """The figures of findings, of the guide and of bench/README.md are from one place."""
    table = (ROOT / "bench" / "README.md").read_text(encoding="utf-8").partition("| strategy | ran >1 |")[2].partition("\n\n")[0]
    rows = {title: (ran, published) for title, ran, published in re.findall(r"^\| ([^|]+) \| ([\d,]+) \| ([\d,]+) \|", table, re.M)}
    assert rows == {STRATEGIES[name].title: (f"{one.ran:,}", f"{one.published:,}") for name, one in COUNTED.items()}
    guide = (ROOT / "docs" / "triggers-and-regions.md").read_text(encoding="utf-8")
    for said in (
        f"of {BATCHES:,} batches in {WORLDS} simulated worlds",
        f"always forwarded: {COUNTED['forward'].ran:,} ran twice; with a claim in the global table {COUNTED['mrec-claim'].ran:,}, of "
        f"which {COUNTED['mrec-claim'].published} were published twice",
        f"{COUNTED['mrec-flag'].ran} ran twice, {COUNTED['mrec-flag'].published} were published twice when promoted by itself",
        f"{COUNTED['arbiter'].ran} ran twice, because a Region stopped in the middle of a stage; {COUNTED['arbiter'].published} were",
    ):
        assert said in guide


def test_how_many_processes_work_makes_no_difference() -> None:
    job = Job(artefacts=artefacts("single")[0], seeds=range(30), conditions=SMALL)
    assert run_jobs([job, job], processes=2) == [run_job(job)] * 2


# Guards


@pytest.mark.parametrize(
    ("name", "seeds"),
    [
        ("fence", (0, 1)),
        ("lease", (0, 4)),
        ("re-entry", (0, 2)),
        ("sweeper", (0, 1)),
        ("ready-row", (0, 2)),
        ("parking", (0, 8)),
        ("forwarding", (0, 8)),
        ("gate", (0, 1)),
        ("loop-guard", (0, 1)),
    ],
)
def test_a_guard_that_is_taken_out_is_missed(name: str, seeds: tuple[int, ...]) -> None:
    ablation = ABLATIONS[name]
    whole = ablation.base(artefacts("arbiter")[0])
    kept = run_job(Job(artefacts=whole, seeds=seeds, conditions=ablation.conditions))
    missing = run_job(Job(artefacts=ablation.without(whole), seeds=seeds, conditions=ablation.conditions))
    assert ablation.harm(kept) == 0
    assert ablation.harm(missing) > 0


def test_every_guard_has_a_test() -> None:
    [mark] = [mark for mark in test_a_guard_that_is_taken_out_is_missed.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]
    assert {name for name, _ in mark.args[1]} == set(ABLATIONS)


def test_an_ablation_that_finds_nothing_to_take_out_says_so() -> None:
    made = ABLATIONS["gate"].without(artefacts("arbiter")[0])
    with pytest.raises(ValueError, match="changes downstream in 0 Regions"):
        ABLATIONS["gate"].without(made)
    with pytest.raises(ValueError, match="changes no template"):
        ABLATIONS["sweeper"].without(artefacts("forward")[0])


# The sink


def test_a_ledger_lets_one_publication_through_and_none_below_a_fence() -> None:
    sink = Sink()
    assert sink.publish("a", 2, ACTIVE, 1.0)
    assert not sink.publish("a", 3, PASSIVE, 2.0)
    assert not sink.publish("a", 1, PASSIVE, 3.0)
    assert sink.publish("b", 1, PASSIVE, 4.0)
    assert [one.accepted for one in sink.publications] == [True, False, False, True]


def test_an_event_that_cannot_be_forwarded_is_kept() -> None:
    """Forwarding on failure: the function that cannot reach the peer leaves the event in the queue."""
    found = played("on-failure", 0, function_fails=1.0, troubles=(Trouble.NONE,))
    queue = found.world.place(ACTIVE).sqs.queues["etl-forward-dead-letters"]
    assert len(queue.messages) >= 8
    assert found.world.undelivered == []


@pytest.mark.parametrize(
    ("strategy", "kind", "refused"),
    [("arbiter", Role, "states:StartExecution"), ("single-batch-name", Permission, "lambda:InvokeFunction")],
)
def test_the_rights_in_the_templates_are_needed(strategy: str, kind: type[Any], refused: str) -> None:
    """A rule whose role or permission is left out of the templates brings nothing; with it everything arrives."""
    made, machines = artefacts(strategy)
    poor = with_resources(
        made, lambda one: None if isinstance(one, kind) and one.id in ("BusStartRole", "OnUpstreamPermission") else one
    )
    scenario = scenario_of(0, **SMALL, troubles=(Trouble.NONE,))
    world = play(made, machines, scenario).world
    permits, without = permits_of(made.templates), permits_of(poor.templates)
    rules = [
        rule
        for rules in world.place(ACTIVE).events.buses.values()
        for rule in rules.values()
        if rule.name.startswith("downstream-on-up")
    ]
    [target] = [target for rule in rules for target in rule.targets]
    principal = target.role_arn or rules[0].arn
    resource = target.arn.removesuffix(":live")
    assert permits(principal, refused, resource)
    assert not without(principal, refused, resource)
    assert not permits(principal, refused, f"{resource}-other")
    letters = [one for queue in world.place(ACTIVE).sqs.queues.values() for one in queue.messages]
    assert letters == []
