"""Many worlds, on all cores, added up."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sfn_dsl.proof.artefacts import Artefacts
from sfn_dsl.proof.figures import WITHIN, Figures, figures_of, together
from sfn_dsl.proof.played import play
from sfn_dsl.proof.scenario import scenario_of

__all__ = ["Job", "run_job", "run_jobs"]

_CHUNK = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Worlds of some artefacts. `seeds`: one world each. `conditions`: options of `scenario_of`. `within`: seconds in which a ready
    batch must be published."""

    artefacts: Artefacts
    seeds: Sequence[int]
    conditions: Mapping[str, Any] = field(default_factory=dict)
    within: float = WITHIN


def run_job(job: Job) -> Figures:
    """The figures of a job, made in this process. Raises ValueError where it has no seeds."""
    machines = job.artefacts.machines()
    found = []
    for seed in job.seeds:
        played = play(job.artefacts, machines, scenario_of(seed, **job.conditions))
        found.append(figures_of(played, within=job.within))
        # A world is one large cycle of objects; it goes at once, not when the collector comes by.
        del played
        gc.collect()
    return together(found)


def run_jobs(jobs: Sequence[Job], *, processes: int | None = None) -> list[Figures]:
    """The figures of each job, in order. `processes`: how many work at a time; None is one per core, 1 is this one alone.

    The result does not depend on how many there are.
    """
    parts = [
        Job(artefacts=job.artefacts, seeds=job.seeds[start : start + _CHUNK], conditions=job.conditions, within=job.within)
        for job in jobs
        for start in range(0, len(job.seeds), _CHUNK)
    ]
    workers = min(processes or os.cpu_count() or 1, len(parts))
    if workers == 1:
        found = [run_job(part) for part in parts]
    else:
        # A fresh interpreter for each: a forked one would inherit locks of threads that it does not have.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            found = list(pool.map(run_job, parts))
    figures = iter(found)
    return [together([next(figures) for _ in range(0, len(job.seeds), _CHUNK)]) for job in jobs]
