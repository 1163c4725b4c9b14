"""`docs/triggers.md`: a comparison as a page in Markdown, tables first, then each approach in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sfn_dsl.proof.approaches import EVERY
from sfn_dsl.proof.comparing import Compared, Comparison, Outcome
from sfn_dsl.proof.mishaps import MISHAPS
from sfn_dsl.proof.usage import AS_OF
from sfn_dsl.proof.words import dollars, duration, listed, words_of

__all__ = ["SUMMARY", "mishap_cells", "summary_cells", "triggers_page"]

_INTRODUCTION: Final = (
    "For each approach the pipeline was built with that trigger in place of its own, for {regions} (gate `{gate}`), and what "
    "was built ran in {worlds} ({seeds}) of 60 batches in 48 hours: 5 % of the events delivered twice and 5 % sent twice, and"
    " the active Region stopped, cut off, taken for sick by mistake, or well. Times from ready to start are from worlds "
    "without trouble, a fourth as many. The tasks' own work is played: 10 to 40 minutes, as far as their time-outs allow."
)
_LEGEND: Final = (
    "Ready to start: from the moment the upstream tells of a batch to the pipeline's first stage. Schedules look every "
    "`{every}`; the sweeper looks every five minutes whatever the approach. Ran twice: a stage began more than once, be it "
    "only because a Region stopped in the middle of it. Ledger: the sink publishes in one transaction with a row that "
    "remembers the batch and its fence. Components: those of the active Region that not all approaches have. Cost: list "
    "prices of {as_of} for {rate} batches a month, of the orchestration of both pipelines, without jobs, the control table "
    "and logs."
)
_CELLS: Final = (
    "Each cell: the longest time from when the upstream is to begin to the pipeline's first stage, and what was lost or ran "
    "twice. Somebody looks at failed batches every half hour and lets them run again."
)


def triggers_page(comparison: Comparison) -> str:
    """The page about a comparison."""
    return "\n".join(_page(comparison)) + "\n"


def _page(comparison: Comparison) -> Iterator[str]:
    deployed = comparison.deployment
    regions = " and ".join(deployed.regions)
    last = comparison.seed + comparison.worlds - 1
    yield f"# Ways to start {comparison.pipeline}"
    yield ""
    yield (
        f"Made by `sfn-dsl triggers compare {comparison.pipeline} --worlds {comparison.worlds} --seed {comparison.seed} "
        f"--rate {comparison.rate} --output-format markdown`."
    )
    yield ""
    yield _INTRODUCTION.format(
        regions=regions,
        gate=deployed.gate,
        worlds="one simulated world" if comparison.worlds == 1 else f"{comparison.worlds} simulated worlds",
        seeds=f"seed {last}" if comparison.worlds == 1 else f"seeds {comparison.seed} to {last}",
    )
    yield ""
    yield from _table(SUMMARY, (summary_cells(comparison, one) for one in comparison.approaches))
    yield ""
    yield _LEGEND.format(every=EVERY, as_of=AS_OF, rate=comparison.rate)
    yield ""
    yield "## What happens when"
    yield ""
    yield from _table(
        ["", *(one.approach.key for one in comparison.approaches)],
        ([mishap.title, *(mishap_cells(one.mishaps[mishap.key]) for one in comparison.approaches)] for mishap in MISHAPS),
    )
    yield ""
    yield _CELLS
    for one in comparison.approaches:
        yield ""
        yield f"## {one.approach.key}: {one.approach.title}"
        words = words_of(comparison, one)
        for heading, sentences in (
            ("For", words.advantages),
            ("Against", words.drawbacks),
            ("Feasible", words.feasible),
            ("To recover", words.recovery),
        ):
            yield ""
            yield f"**{heading}**"
            yield ""
            ordered = heading == "To recover"
            yield from (f"{f'{number}.' if ordered else '-'} {sentence}" for number, sentence in enumerate(sentences, 1))


SUMMARY = (
    "approach",
    "components",
    "states added",
    "ready to start, p50",
    "p99",
    "lost",
    "ran twice",
    "published twice",
    "with a ledger",
    "cost a month",
    "steps to recover",
)


def summary_cells(comparison: Comparison, compared: Compared) -> tuple[str, ...]:
    """The row of an approach, in the order of `SUMMARY`."""
    mixed = compared.mixed
    return (
        f"{compared.approach.key}: {compared.approach.title}",
        listed(compared),
        str(compared.states_added),
        duration(compared.wait_p50),
        duration(compared.wait_p99),
        f"{mixed.lost} of {mixed.batches:,}",
        str(mixed.ran_twice),
        str(mixed.published_twice),
        str(mixed.published_twice_by_ledger),
        dollars(compared.monthly),
        str(len(words_of(comparison, compared).recovery)),
    )


def mishap_cells(outcome: Outcome) -> str:
    """The outcome of a mishap in a few words."""
    parts = [duration(outcome.delay_longest)]
    if outcome.lost:
        parts.append(f"{outcome.lost} of {outcome.batches} lost")
    if outcome.ran_twice:
        parts.append(f"{outcome.ran_twice} of {outcome.batches} ran twice")
    if outcome.published_twice:
        parts.append(f"{outcome.published_twice} published twice")
    return ", ".join(parts)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(headings) + " |"
    yield "| " + " | ".join(["---"] * len(headings)) + " |"
    for row in rows:
        yield "| " + " | ".join(row) + " |"
