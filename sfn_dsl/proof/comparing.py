"""All approaches for one pipeline, side by side: counted in what is generated, measured in worlds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_dsl.asl.walk import count_states
from sfn_dsl.deployment import Deployment
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.proof.approaches import APPROACHES, PLAIN, Approach
from sfn_dsl.proof.artefacts import Artefacts
from sfn_dsl.proof.campaign import Job, run_jobs
from sfn_dsl.proof.figures import Figures
from sfn_dsl.proof.mishaps import MISHAPS
from sfn_dsl.proof.played import play
from sfn_dsl.proof.scenario import Trouble, scenario_of
from sfn_dsl.proof.usage import cost_of
from sfn_dsl.region import Target
from sfn_dsl.resources.model import Alarm, Dashboard
from sfn_dsl.resources.template import Template

__all__ = ["Compared", "Comparison", "Outcome", "compare"]

_MONTH_HOURS: Final = 730.0
_COUNTED: Final = 20
_HOURS: Final = 12.0
_CALM: Final[Mapping[str, Any]] = {"troubles": (Trouble.NONE,), "batches": 20, "hours": 24.0, "aftermath": 2.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the batches of some worlds. Delays: seconds from when the upstream was to begin to the first stage."""

    batches: int
    lost: int
    ran_twice: int
    published_twice: int
    published_twice_by_ledger: int
    delay_median: float
    delay_longest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """An approach. `components`: resources of the active Region that not all approaches have, by type; `alarms`: all there are.
    `states_added`: beyond those of the pipeline that a rule starts. `calm`: without trouble. `mixed`: two days with doubled events,
    and Regions that stop, are cut off or are mistaken for sick. `mishaps`: one kind of trouble each, by key. `monthly`: dollars a
    month; `standing`: the part of them that does not depend on the rate."""

    approach: Approach
    components: Mapping[str, int]
    alarms: int
    states_added: int
    wait_p50: float
    wait_p99: float
    mixed: Outcome
    mishaps: Mapping[str, Outcome]
    monthly: float
    standing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All approaches for a pipeline. `worlds`: of the mixed kind per approach, from `seed` on. `rate`: batches a month."""

    pipeline: str
    deployment: Deployment
    worlds: int
    seed: int
    rate: int
    approaches: tuple[Compared, ...]


def compare(
    upstream: Pipeline,
    pipeline: Pipeline,
    deployment: Deployment,
    targets: Iterable[Target] = (),
    *,
    worlds: int,
    seed: int = 0,
    rate: int = 30,
    processes: int | None = None,
) -> Comparison:
    """Build the pipeline once per approach and play its worlds. Deterministic for the same arguments, whatever `processes` is.

    `worlds`: at least 1. Raises DeclarationError for a pipeline that an approach cannot start.
    """
    targets = tuple(targets)
    made = {one.key: one.artefacts(upstream, pipeline, deployment, targets) for one in APPROACHES}
    seeds = range(seed, seed + worlds)
    few = range(seed, seed + max(1, worlds // 4))
    jobs: list[Job] = []
    for artefacts in made.values():
        jobs.append(Job(artefacts=artefacts, seeds=few, conditions=_CALM))
        jobs.append(Job(artefacts=artefacts, seeds=seeds))
        jobs += [Job(artefacts=artefacts, seeds=few, conditions=mishap.conditions) for mishap in MISHAPS]
    figures = iter(run_jobs(jobs, processes=processes))
    own = _own_components(made)
    found = []
    for approach in APPROACHES:
        artefacts = made[approach.key]
        calm, mixed = next(figures), next(figures)
        standing, each = _cost(artefacts, seed)
        found.append(
            Compared(
                approach=approach,
                components=own[approach.key],
                alarms=sum(isinstance(one, Alarm) for one in _template(artefacts).resources),
                states_added=_states(artefacts) - _states(made[PLAIN]),
                wait_p50=calm.wait(0.5),
                wait_p99=calm.wait(0.99),
                mixed=_outcome(mixed),
                mishaps={mishap.key: _outcome(next(figures)) for mishap in MISHAPS},
                monthly=standing + rate * each,
                standing=standing,
            )
        )
    return Comparison(pipeline=pipeline.name, deployment=deployment, worlds=worlds, seed=seed, rate=rate, approaches=tuple(found))


def _outcome(figures: Figures) -> Outcome:
    return Outcome(
        batches=figures.ready + figures.unready,
        lost=figures.lost + figures.unready,
        ran_twice=figures.ran_twice,
        published_twice=figures.published_twice,
        published_twice_by_ledger=figures.published_twice_by_ledger,
        delay_median=figures.delay(0.5),
        delay_longest=figures.delay(1.0),
    )


def _template(artefacts: Artefacts) -> Template:
    """The pipeline's template in the active Region."""
    for template in artefacts.templates:
        if template.name == artefacts.cast.downstream and template.target.is_active:
            return template
    raise ValueError("the artefacts hold no template of the pipeline")


def _own_components(made: Mapping[str, Artefacts]) -> dict[str, dict[str, int]]:
    """By approach: types of the resources that not all approaches have, with machines beside the pipeline."""
    ids = {
        key: {(type(one).__name__, one.id) for one in _template(artefacts).resources if not isinstance(one, (Alarm, Dashboard))}
        | {("StateMachine", one.name) for one in artefacts.definitions if one.region == artefacts.deployment.active}
        for key, artefacts in made.items()
    }
    common = set.intersection(*ids.values())
    return {key: dict(sorted(Counter(kind for kind, _ in found - common).items())) for key, found in ids.items()}


def _states(artefacts: Artefacts) -> int:
    return sum(count_states(one.machine) for one in artefacts.definitions if one.region == artefacts.deployment.active)


def _cost(artefacts: Artefacts, seed: int) -> tuple[float, float]:
    """Dollars a month that it costs to stand there, and dollars of a batch."""
    machines = artefacts.machines()
    calm: dict[str, Any] = {"troubles": (Trouble.NONE,), "redelivered": 0.0, "republished": 0.0, "hours": _HOURS, "aftermath": 2.0}

    def cost(batches: int) -> float:
        return cost_of(play(artefacts, machines, scenario_of(seed, batches=batches, **calm), interpreted=True))

    idle = cost(0)
    return idle / (_HOURS + 2.0) * _MONTH_HOURS, (cost(_COUNTED) - idle) / _COUNTED
