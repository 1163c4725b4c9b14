"""`triggers compare`: approaches made of one pipeline, what is counted in them, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sfn_dsl import BatchReady, Input, Transform, fn
from sfn_dsl.cli.main import run
from sfn_dsl.configuration import find_project
from sfn_dsl.deployment import Deployment
from sfn_dsl.errors import ConfigError
from sfn_dsl.formats.comparison import to_json_text, to_markdown, to_text
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.project import load_pipelines
from sfn_dsl.proof.approaches import APPROACHES, upstream_of
from sfn_dsl.proof.comparing import Compared, Comparison, Outcome, compare
from sfn_dsl.proof.example import CONSUMER, PRODUCER, example
from sfn_dsl.proof.figures import WITHIN, figures_of
from sfn_dsl.proof.mishaps import MISHAPS
from sfn_dsl.proof.played import play
from sfn_dsl.proof.scenario import Trouble, scenario_of
from sfn_dsl.proof.strategies import arbiter_of
from sfn_dsl.proof.words import dollars, duration, words_of

ROOT = Path(__file__).parent.parent
KEYS = [one.key for one in APPROACHES]
QUIET: dict[str, Any] = {"batches": 5, "hours": 3.0, "aftermath": 4.0, "troubles": (Trouble.NONE,)}


@cache
def project() -> tuple[Pipeline, Pipeline, Deployment, Any]:
    found = find_project(ROOT)
    loaded = load_pipelines(found)
    [down] = loaded.select(["dbt-semantic"])
    return upstream_of(down, loaded.pipelines), down, found.targets[0].deployed, found.targets


# Approaches


@pytest.mark.parametrize("approach", APPROACHES, ids=KEYS)
def test_every_approach_publishes_the_real_pipelines_batches_once(approach: Any) -> None:
    artefacts = approach.artefacts(*project())
    found = play(artefacts, artefacts.machines(), scenario_of(1, **QUIET, lost=0.2))
    figures = figures_of(found, within=WITHIN)
    assert (figures.ready, figures.lost, figures.ran_twice, figures.published_twice) == (5, 0, 0, 0)
    assert figures.broken == ()
    assert {one.fence for one in found.sink.publications} == {1}
    late = approach.key in ("2", "2n")
    calm = play(artefacts, artefacts.machines(), scenario_of(1, **QUIET))
    assert (max(calm.waits) > 60) is late
    assert max(calm.waits) < 960


@pytest.mark.parametrize("mishap", MISHAPS, ids=[one.key for one in MISHAPS])
def test_no_mishap_loses_a_batch_that_a_rule_starts(mishap: Any) -> None:
    [approach] = [one for one in APPROACHES if one.key == "1n"]
    artefacts = approach.artefacts(*example(), arbiter_of())
    for seed in range(2):
        found = figures_of(play(artefacts, artefacts.machines(), scenario_of(seed, **mishap.conditions)))
        assert found.lost + found.unready == found.published_twice_by_ledger == 0
        assert found.broken == ()


def test_mishaps_happen() -> None:
    [approach] = [one for one in APPROACHES if one.key == "4"]
    artefacts = approach.artefacts(*example(), arbiter_of())
    machines = artefacts.machines()
    played = {one.key: play(artefacts, machines, scenario_of(3, **one.conditions)) for one in MISHAPS}
    events = {key: [one for region in found.world.places.values() for one in region.events.lost] for key, found in played.items()}
    assert len(events["event-lost"]) >= 8
    assert events["event-doubled"] == []
    assert len(played["event-doubled"].operations.cast.announcing) == 3
    assert played["event-doubled"].world.place("us-east-1").functions.functions[f"{CONSUMER}-starter"].invoked > 8
    killed = [run for run in played["upstream-dies"].world.runs.values() if run.error == "Killed"]
    assert len(killed) == 4
    assert max(played["event-lost"].delays) > 300 > max(played["event-doubled"].delays)
    assert max(played["function-fails"].delays) > max(played["event-doubled"].delays)


def test_a_pipeline_that_cannot_be_compared() -> None:
    up, down = example()
    assert upstream_of(down, [down, up]) is up
    with pytest.raises(ConfigError, match="goes on with batches of no pipeline") as found:
        upstream_of(down, [down])
    assert found.value.help == f"declare `{PRODUCER}` here too"
    with pytest.raises(ConfigError, match="keeps no rows"):
        upstream_of(example(control=False)[1], [up])
    with pytest.raises(ConfigError, match="goes on with batches of no pipeline"):
        upstream_of(load_pipelines(find_project(ROOT)).select(["guidewire-base"])[0], [])


def of_files(batch: Callable[[Input], Any]) -> tuple[Pipeline, Pipeline]:
    """The example, whose upstream is started with files and makes its batches of them."""
    up, down = example()
    found = Input(key=str, version=str, size=int, mode="full")
    ready = BatchReady(pipeline=PRODUCER, batch_id=batch(found))
    seal = Transform.lambda_("Seal batch", function="seal", payload={"key": found.key}, timeout_seconds=60)
    return replace(up, input=found, body=seal, produces=ready), replace(down, consumes=(ready,))


@pytest.mark.parametrize("batch", [lambda found: found.key, lambda found: fn.format("{}/{}", found.key, found.version)])
@pytest.mark.parametrize("key", ["1n", "3"])
def test_batches_of_an_upstream_may_be_made_of_anything_in_its_input(key: str, batch: Callable[[Input], Any]) -> None:
    up, down = of_files(batch)
    assert upstream_of(down, [up]) is up
    [approach] = [one for one in APPROACHES if one.key == key]
    artefacts = approach.artefacts(up, down, arbiter_of())
    figures = figures_of(play(artefacts, artefacts.machines(), scenario_of(1, **QUIET)), within=WITHIN)
    assert (figures.ready, figures.lost, figures.ran_twice, figures.published_twice, figures.broken) == (5, 0, 0, 0, ())


@pytest.mark.parametrize("batch", [lambda found: fn.hash(found.key), lambda found: fn.text(found.size)])
def test_batches_that_worlds_cannot_tell_apart_are_refused(batch: Callable[[Input], Any]) -> None:
    up, down = of_files(batch)
    with pytest.raises(ConfigError, match=f"the batches of pipeline `{PRODUCER}` are made of no text of the input"):
        upstream_of(down, [up])


# How it is told


def outcome(**changes: Any) -> Outcome:
    values = {"batches": 4, "lost": 0, "ran_twice": 0, "published_twice": 0, "published_twice_by_ledger": 0}
    return Outcome(**{**values, "delay_median": 400.0, "delay_longest": 540.0, **changes})


def comparison(**changes: Any) -> Comparison:
    approaches = tuple(
        Compared(
            approach=one,
            components={"Role": 2, "Rule": 1} if one.key == "1" else {},
            alarms=20,
            states_added=number,
            wait_p50=0.5 + number,
            wait_p99=70.0 + number,
            mixed=outcome(batches=480, **changes),
            mishaps={mishap.key: outcome(**changes) for mishap in MISHAPS},
            monthly=0.5,
            standing=0.4,
        )
        for number, one in enumerate(APPROACHES)
    )
    return Comparison(pipeline="p", deployment=arbiter_of(), worlds=8, seed=3, rate=30, approaches=approaches)


def test_the_page_has_all_figures_and_words() -> None:
    page = to_markdown(comparison(lost=2, ran_twice=1, published_twice=1))
    assert page.startswith("# Ways to start p\n\nMade by `sfn-dsl triggers compare p --worlds 8 --seed 3 --rate 30 ")
    assert "8 simulated worlds (seeds 3 to 10)" in page
    assert "| 1: event, rule, machine between | 2 Roles, 1 Rule | 0 | 0.5 s | 70 s | 2 of 480 | 1 | 1 | 0 | $0.50 | 3 |" in page
    assert page.count("9 min, 2 of 4 lost, 1 of 4 ran twice, 1 published twice") == len(MISHAPS) * len(APPROACHES)
    for one in APPROACHES:
        assert f"## {one.key}: {one.title}" in page
    assert page.count("**To recover**\n\n1. ") == len(APPROACHES)
    assert all(line == line.rstrip() for line in page.splitlines())


def test_words_follow_the_figures() -> None:
    with_doubles, without = comparison(ran_twice=1), comparison()
    plain = KEYS.index("1n")
    said = "With every event doubled no batch ran twice."
    assert said not in " ".join(words_of(with_doubles, with_doubles.approaches[plain]).drawbacks)
    assert said in " ".join(words_of(without, without.approaches[plain]).drawbacks)
    first, direct = without.approaches[0], without.approaches[KEYS.index("3")]
    assert "2 Roles, 1 Rule more to deploy and to watch." in words_of(without, first).drawbacks
    assert "Fastest of all" not in " ".join(words_of(without, direct).advantages)
    for one in without.approaches:
        words = words_of(without, one)
        assert words.advantages
        assert words.drawbacks
        assert words.feasible
        assert len(words.recovery) in (2, 3)


def test_text_and_json() -> None:
    found = comparison()
    text = to_text(found)
    assert text.count("every event is lost") == len(APPROACHES)
    assert "  3. Where the machine between has failed" in text
    value = json.loads(to_json_text(found))
    assert [one["key"] for one in value["approaches"]] == KEYS
    assert value["approaches"][0]["waitSeconds"] == {"p50": 0.5, "p99": 70.0}
    assert value["approaches"][0]["mixed"]["publishedTwiceByLedger"] == 0
    assert set(value["approaches"][0]["mishaps"]) == {one.key for one in MISHAPS}


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (89.4, "89 s"), (91.0, "2 min"), (5400.0, "1.5 h")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_dollars() -> None:
    assert dollars(1234.567) == "$1,234.57"


# All of it


@pytest.mark.slow
def test_a_comparison_is_the_same_each_time_and_its_figures_fit_together() -> None:
    first, second = (compare(*example(), arbiter_of(), worlds=1, rate=rate) for rate in (30, 3000))
    by_key = {one.approach.key: one for one in first.approaches}
    assert by_key["1n"].states_added == 0 < by_key["1"].states_added
    assert sum(by_key["4"].components.values()) > sum(by_key["1n"].components.values())
    assert by_key["3"].wait_p50 < by_key["1n"].wait_p50 < by_key["2n"].wait_p50
    assert by_key["2"].standing > by_key["1n"].standing > 0
    for one, other in zip(first.approaches, second.approaches, strict=True):
        assert one.mixed == other.mixed
        assert one.mishaps == other.mishaps
        assert one.standing == other.standing < one.monthly < other.monthly
        assert one.mixed.lost == one.mixed.published_twice_by_ledger == 0


@pytest.mark.slow
def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["-C", str(ROOT), "triggers", "compare", "dbt-semantic", "--worlds", "1", "--output-format", "json"]
    assert run(arguments) == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["pipeline"], value["worlds"], value["rate"]) == ("dbt-semantic", 1, 30)


def test_the_command_says_what_it_cannot_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(ROOT), "triggers", "compare", "guidewire-base"]) == 2
    assert "goes on with batches of no pipeline of this project" in capsys.readouterr().err
    assert run(["-C", str(ROOT), "triggers", "compare", "*"]) == 2
    assert "more than one pipeline" in capsys.readouterr().err
