"""Thousands of worlds: the table of strategies, the ablations, and how fast worlds run. Prints Markdown.

python bench/proof.py [--worlds N] [--processes P]
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections import defaultdict
from pathlib import Path

from sfn_dsl.proof.ablations import ABLATIONS
from sfn_dsl.proof.campaign import Job, run_jobs
from sfn_dsl.proof.figures import Figures
from sfn_dsl.proof.played import play
from sfn_dsl.proof.scenario import scenario_of
from sfn_dsl.proof.strategies import STRATEGIES

BATCHES = 60


def row(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def strategies(worlds: int, processes: int | None) -> None:
    jobs = [
        Job(artefacts=one.artefacts(), seeds=range(worlds), conditions={"new_names": one.new_names}) for one in STRATEGIES.values()
    ]
    began = time.perf_counter()
    figures = run_jobs(jobs, processes=processes)
    seconds = time.perf_counter() - began
    print(f"\n{worlds} worlds of {BATCHES} batches in 48 h per row; {seconds:.0f} s in all.\n")
    print(row("strategy", "ran >1", "published >1", "with ledger", "lost", "latency p50", "p99", "broken invariants"))
    print(row(*["---"] * 8))
    for strategy, found in zip(STRATEGIES.values(), figures, strict=True):
        print(
            row(
                strategy.title,
                f"{found.ran_twice:,}",
                f"{found.published_twice:,}",
                found.published_twice_by_ledger,
                found.lost,
                f"{found.latency(0.5) / 60:.0f} min",
                f"{found.latency(0.99) / 60:.0f} min",
                len(found.broken),
            )
        )
    print(f"\nThroughput: {worlds * len(jobs) / seconds:.2f} worlds/s; {throughput(figures, seconds)}\n")
    for strategy, found in zip(STRATEGIES.values(), figures, strict=True):
        for seed, sentence in found.broken[:3]:
            print(f"- {strategy.name}, seed {seed}: {sentence}")


def throughput(figures: list[Figures], seconds: float) -> str:
    executions = sum(one.executions + one.skipped for one in figures)
    batches = sum(one.ready for one in figures)
    return f"{batches / seconds:,.0f} batches/s, {executions / seconds:,.0f} executions/s (sweeps passed over among them)"


def ablations(worlds: int, processes: int | None) -> None:
    whole = STRATEGIES["arbiter"].artefacts()
    jobs = []
    for one in ABLATIONS.values():
        base = one.base(whole)
        for artefacts in (base, one.without(base)):
            jobs.append(Job(artefacts=artefacts, seeds=range(worlds), conditions=one.conditions))
    figures = run_jobs(jobs, processes=processes)
    print(f"\n{worlds} worlds per cell.\n")
    print(row("left out", "what is counted", "with it", "without it"))
    print(row(*["---"] * 4))
    for number, one in enumerate(ABLATIONS.values()):
        print(row(one.title, one.counted, one.harm(figures[2 * number]), one.harm(figures[2 * number + 1])))


def profile() -> None:
    """Where the time of a world goes, by part of the package, on one core."""
    artefacts = STRATEGIES["arbiter"].artefacts()
    machines = artefacts.machines()
    play(artefacts, machines, scenario_of(3))
    began = time.perf_counter()
    for seed in range(8):
        play(artefacts, machines, scenario_of(seed))
    print(f"\nOne core: {(time.perf_counter() - began) / 8:.2f} s per world of the arbiter.\n")
    profiler = cProfile.Profile()
    profiler.runcall(play, artefacts, machines, scenario_of(0))
    shares: defaultdict[str, float] = defaultdict(float)
    for (file, _, _), (_, _, own, _, _) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        path = Path(file)
        part = path.parent.name if "sfn_dsl" in path.parts or "simpy" in path.parts else "Python"
        shares[part] += own
    total = sum(shares.values())
    print(row("part", "share of the time"))
    print(row("---", "---"))
    for part, own in sorted(shares.items(), key=lambda item: -item[1])[:10]:
        print(row(part, f"{own / total:.0%}"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--worlds", type=int, default=400)
    parser.add_argument("--processes", type=int, default=None)
    options = parser.parse_args()
    profile()
    strategies(options.worlds, options.processes)
    ablations(max(12, options.worlds // 4), options.processes)


if __name__ == "__main__":
    main()
