"""What is counted in worlds, and added up over many of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sfn_dsl.control.contract import DETAIL_TYPE
from sfn_dsl.control.rows import RUNNING, SUCCEEDED
from sfn_dsl.proof.invariants import broken, passive_starts
from sfn_dsl.proof.played import Played

__all__ = ["WITHIN", "Figures", "figures_of", "together"]

WITHIN: Final = 9000.0
"""Seconds in which a ready batch must be published: detection (7 min), the longest lease (30 min), a sweep and the age of a READY
row (11 min), somebody who lets a failed batch run again (30 min), and twice the work (40 min)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts over some worlds. Of batches: `ready`, `lost`, `ran_twice` (a stage began twice), `published_twice` and
    `published_twice_by_ledger` (with a ledger in the sink), `finished_by_losers` (their row was written by an execution that had
    lost it), `begun_late` (their first stage began more than a quarter of an hour after they were ready), `unready` (the upstream
    never told of them).

    `passive_starts`: stages that began in a passive Region without a lease; `passive_claims`: claims by a passive Region.
    `echoes`: events of a batch on the buses beyond two for each time that it was told. `reruns`: by people. `executions` and
    `transitions`: of Standard machines. `skipped`: sweeps passed over. Seconds, sorted: `latencies` from ready to published,
    `waits` from ready to the first stage, `delays` from when the upstream was to begin to the first stage. `broken`: seed and
    sentence of what did not hold.
    """

    worlds: int
    ready: int
    unready: int
    lost: int
    ran_twice: int
    published_twice: int
    published_twice_by_ledger: int
    finished_by_losers: int
    begun_late: int
    passive_claims: int
    passive_starts: int
    echoes: int
    reruns: int
    executions: int
    transitions: int
    skipped: int
    latencies: tuple[float, ...]
    waits: tuple[float, ...]
    delays: tuple[float, ...]
    broken: tuple[tuple[int, str], ...]

    def latency(self, share: float) -> float:
        """The latency, in seconds, that a share of the batches does not exceed; 0 where none was published."""
        return _quantile(self.latencies, share)

    def wait(self, share: float) -> float:
        """The seconds from ready to the first stage that a share of the batches does not exceed; 0 where none began."""
        return _quantile(self.waits, share)

    def delay(self, share: float) -> float:
        """The seconds from when the upstream was to begin to the first stage that a share of the batches does not exceed."""
        return _quantile(self.delays, share)


def _quantile(values: tuple[float, ...], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


_LONG: Final = 900.0


def figures_of(played: Played, *, within: float = WITHIN) -> Figures:
    """The figures of one world. `within`: seconds in which a ready batch must be published."""
    sentences = broken(played, within=within)
    return Figures(
        worlds=1,
        ready=len(played.ready),
        unready=len(played.scenario.batches) - len(played.ready),
        lost=len(played.lost),
        ran_twice=len(played.ran_twice),
        published_twice=len(played.published_twice(ledger=False)),
        published_twice_by_ledger=len(played.published_twice(ledger=True)),
        finished_by_losers=_finished_by_losers(played),
        begun_late=sum(wait > _LONG for wait in played.waits),
        passive_claims=_passive_claims(played),
        passive_starts=sum(1 for _ in passive_starts(played)),
        echoes=_echoes(played),
        reruns=played.operations.reruns,
        executions=sum(run.machine.type == "STANDARD" for run in played.world.runs.values()),
        transitions=sum(run.transitions for run in played.world.runs.values() if run.machine.type == "STANDARD"),
        skipped=played.world.skipped,
        latencies=tuple(sorted(played.latencies)),
        waits=tuple(sorted(played.waits)),
        delays=tuple(sorted(played.delays)),
        broken=tuple((played.scenario.seed, sentence) for sentence in sentences),
    )


def together(figures: Iterable[Figures]) -> Figures:
    """The sum of figures. Raises ValueError for none."""
    every = list(figures)
    if not every:
        raise ValueError("there are no figures to add up")
    sums = {
        name: sum(getattr(one, name) for one in every)
        for name in Figures.__dataclass_fields__
        if name not in ("latencies", "waits", "delays", "broken")
    }
    return Figures(
        **sums,
        latencies=tuple(sorted(latency for one in every for latency in one.latencies)),
        waits=tuple(sorted(wait for one in every for wait in one.waits)),
        delays=tuple(sorted(delay for one in every for delay in one.delays)),
        broken=tuple(sorted(sentence for one in every for sentence in one.broken)),
    )


def _finished_by_losers(played: Played) -> int:
    """Batches whose row, while another execution held it, was written by one that had lost it."""
    holders: dict[object, str] = {}
    claims = {id(write) for write in played.rows.claims(played.cast.downstream)}
    found = set()
    stages: dict[object, Counter[str]] = {}
    for write in played.rows.of(played.cast.downstream):
        if id(write) in claims:
            holders[write.key] = write.text("exec_arn")
        marks = (write.item or {}).get("stages", {}).get("M", {})
        seen = stages.setdefault(write.key, Counter())
        for stage, mark in marks.items():
            owner = str(mark["M"]["exec_arn"]["S"])
            if not seen[f"{stage} {owner}"]:
                seen[f"{stage} {owner}"] = 1
                if write.text("status") in (RUNNING, SUCCEEDED) and owner != holders.get(write.key, owner):
                    found.add(write.key)
    return len(found)


def _passive_claims(played: Played) -> int:
    """Claims by executions of a Region that was not the active one, with an arbiter."""
    if played.world.deployment.gate != "arbiter":
        return 0
    promotions = played.rows.promotions()
    found, active = 0, played.world.deployment.active
    for claim in played.rows.claims(played.cast.downstream):
        while promotions and promotions[0].time <= claim.time:
            active = promotions.pop(0).text("region")
        found += claim.text("region") != active
    return found


def _echoes(played: Played) -> int:
    """Events that are on the buses more often than once per Region for each time that a batch was told of."""
    told = seen = 0
    for region in played.world.deployment.regions:
        for one in played.world.place(region).events.events:
            if one.event.get("detail-type") == DETAIL_TYPE and one.bus == played.world.deployment.bus:
                seen += 1
    for run in played.world.runs.values():
        if run.machine.name == played.cast.upstream:
            told += sum(visit.state == "Announce batch" for visit in run.visits)
    return max(0, seen - told * len(played.world.deployment.regions))
