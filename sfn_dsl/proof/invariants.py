"""What must hold in every world, whatever happens in it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from sfn_dsl.control.rows import RUNNING
from sfn_dsl.proof.cast import batch_in
from sfn_dsl.proof.played import Played, StageStart
from sfn_dsl.proof.rows import Write
from sfn_dsl.proof.scenario import Trouble

__all__ = ["broken", "late", "passive_starts", "sinking_fences"]

_INSTANT: Final = 1e-6


def broken(played: Played, *, within: float) -> tuple[str, ...]:
    """Sentences about what does not hold; empty where all is well. `within`: seconds in which a ready batch must be published."""
    return (
        *(f"{batch} was published twice in spite of the ledger" for batch in played.published_twice(ledger=True)),
        *late(played, within=within),
        *sinking_fences(played),
        *passive_starts(played),
    )


def late(played: Played, *, within: float) -> Iterator[str]:
    """Batches that were ready and not published in time. Where one Region is all there is, its trouble does not count."""
    scenario, world = played.scenario, played.world
    alone = len(world.deployment.regions) == 1
    stopped = alone and scenario.trouble in (Trouble.DOWN, Trouble.GONE)
    first: dict[str, float] = {}
    for one in played.sink.publications:
        first.setdefault(one.batch, one.time)
    for batch, ready in sorted(played.ready.items()):
        due = ready + within
        if stopped and ready < scenario.begin + scenario.lasting and due > scenario.begin:
            due = max(due, scenario.begin + scenario.lasting + within)
        if due > world.env.now or (stopped and scenario.trouble is Trouble.GONE and due > scenario.begin):
            continue
        published = first.get(batch)
        if published is None:
            yield f"{batch} was ready and has not been published"
        elif published > due:
            yield f"{batch} was published {published - ready:.0f} s after it was ready"


def sinking_fences(played: Played) -> Iterator[str]:
    """Claims that did not raise the fence of their row."""
    for pipeline in (played.cast.upstream, played.cast.downstream):
        highest: dict[tuple[object, str], int] = {}
        for claim in played.rows.claims(pipeline):
            fence, held = int(claim.text("fence")), (claim.key, claim.copy)
            if fence <= highest.get(held, 0):
                yield f"{claim.key[0]} was claimed with fence {fence} after {highest[held]}"
            highest[held] = fence


def passive_starts(played: Played) -> Iterator[str]:
    """Stages that began in a Region that was not active, by an execution that did not hold its batch. Only an arbiter knows at
    each moment which Region is active, so other deployments are not asked.

    An execution that was frozen after its mark begins the next stage the moment its Region returns; nobody can keep it from that,
    and its next mark stops it. Such starts do not count.
    """
    deployment, scenario = played.world.deployment, played.scenario
    if deployment.gate != "arbiter":
        return
    promotions = played.rows.promotions()
    rows: dict[str, list[Write]] = defaultdict(list)
    for write in played.rows.of(played.cast.downstream):
        rows[batch_in(write.key[0])].append(write)
    woken = scenario.begin + scenario.lasting if scenario.trouble is Trouble.DOWN else -1.0
    for start in played.starts:
        if abs(start.time - woken) < _INSTANT:
            continue
        promoted = _last(promotions, start.time)
        if start.region == (deployment.active if promoted is None else promoted.text("region")):
            continue
        held = _last(rows[start.batch], start.time)
        if not _holds(held, start, played.world.begin):
            yield f"stage {start.stage} of {start.batch} began in {start.region}, which was passive, without a lease"


def _last(writes: list[Write], time: float) -> Write | None:
    index = bisect_right([write.time for write in writes], time)
    return writes[index - 1] if index else None


def _holds(write: Write | None, start: StageStart, begin: float) -> bool:
    if write is None or write.text("status") != RUNNING or write.text("exec_arn") != start.execution:
        return False
    return float(write.text("lease_until")) / 1000 >= begin + start.time - _INSTANT
