"""A comparison of approaches as text, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from sfn_dsl.proof.comparing import Compared, Comparison
from sfn_dsl.proof.document import SUMMARY, mishap_cells, summary_cells, triggers_page
from sfn_dsl.proof.mishaps import MISHAPS
from sfn_dsl.proof.words import words_of

__all__ = ["to_json_text", "to_markdown", "to_text"]


def to_text(comparison: Comparison) -> str:
    """A block per approach: figures, what happens when, words."""
    blocks = []
    for one in comparison.approaches:
        names, cells = SUMMARY[1:], summary_cells(comparison, one)
        width = max(map(len, (*names, *(mishap.title for mishap in MISHAPS))))
        lines = [cells[0]]
        lines += _aligned(names, cells[1:], width)
        lines += _aligned(
            [mishap.title for mishap in MISHAPS], [mishap_cells(one.mishaps[mishap.key]) for mishap in MISHAPS], width
        )
        words = words_of(comparison, one)
        lines += [f"  + {sentence}" for sentence in words.advantages]
        lines += [f"  - {sentence}" for sentence in words.drawbacks]
        lines += [f"  = {sentence}" for sentence in words.feasible]
        lines += [f"  {number}. {sentence}" for number, sentence in enumerate(words.recovery, 1)]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def to_markdown(comparison: Comparison) -> str:
    """The page `docs/triggers.md`."""
    return triggers_page(comparison)


def to_json_text(comparison: Comparison) -> str:
    """Figures as they were measured: seconds, dollars, counts."""
    value = {
        "pipeline": comparison.pipeline,
        "worlds": comparison.worlds,
        "seed": comparison.seed,
        "rate": comparison.rate,
        "approaches": [_json(comparison, one) for one in comparison.approaches],
    }
    return json.dumps(value, indent=2) + "\n"


def _json(comparison: Comparison, one: Compared) -> dict[str, object]:
    return {
        "key": one.approach.key,
        "title": one.approach.title,
        "components": dict(one.components),
        "alarms": one.alarms,
        "statesAdded": one.states_added,
        "waitSeconds": {"p50": one.wait_p50, "p99": one.wait_p99},
        "mixed": _camel(asdict(one.mixed)),
        "mishaps": {key: _camel(asdict(outcome)) for key, outcome in one.mishaps.items()},
        "monthlyDollars": one.monthly,
        "standingDollars": one.standing,
        "words": {name: list(sentences) for name, sentences in asdict(words_of(comparison, one)).items()},
    }


def _camel(value: dict[str, object]) -> dict[str, object]:
    found = {}
    for name, member in value.items():
        first, *rest = name.split("_")
        found[first + "".join(map(str.title, rest))] = member
    return found


def _aligned(names: Sequence[str], cells: Sequence[str], width: int) -> list[str]:
    return [f"  {name.ljust(width)}  {cell}" for name, cell in zip(names, cells, strict=True)]
