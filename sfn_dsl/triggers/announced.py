"""Which pipelines hear of which: by contract, or because a pattern of their own matches what another one announces."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sfn_dsl.control.contract import DETAIL_TYPE, BatchReady
from sfn_dsl.event_pattern import PatternRefused, compile_pattern
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target
from sfn_dsl.span import Span
from sfn_dsl.triggers.event_rule import EventRule
from sfn_dsl.triggers.trigger import Trigger

__all__ = ["Heard", "heard_by_pattern"]

_UNKNOWN: Final = frozenset({("id",), ("time",), ("account",), ("resources",)})
"""Members of an event that are not known before it is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A pipeline hears of another one's batches by a pattern, declared at `span`. `surely`: whatever is in the batch."""

    upstream: str
    pipeline: str
    span: Span
    surely: bool


def heard_by_pattern(
    declared: Iterable[Pipeline], triggers: Mapping[str, tuple[Trigger, ...]], targets: Iterable[Target]
) -> Iterator[Heard]:
    """Every pattern of the pipelines, and every contract that it matches in one of the targets."""
    places = list(targets)
    pipelines = list(declared)
    produced = [(pipeline, pipeline.produces) for pipeline in pipelines if pipeline.produces is not None]
    for pipeline in pipelines:
        for trigger in triggers[pipeline.name]:
            if not isinstance(trigger, EventRule) or trigger.pattern is None:
                continue
            for upstream, contract in produced:
                sure = [_matches(trigger.pattern, contract, upstream, pipeline, target) for target in places]
                if any(one is not None for one in sure):
                    yield Heard(upstream=upstream.name, pipeline=pipeline.name, span=trigger.span, surely=any(sure))


def _matches(pattern: object, contract: BatchReady, upstream: Pipeline, pipeline: Pipeline, target: Target) -> bool | None:
    """Whether a pattern surely matches a contract's event in a target; None where it does not."""
    there, here = (replace(target, deployment=one.deployment or target.deployment) for one in (upstream, pipeline))
    if there.deployed.bus != here.deployed.bus:
        return None
    detail = {**contract.detail, "produced_region": target.region}
    open_ = {("detail", name) for name, value in detail.items() if not isinstance(value, (str, bool, int, float, type(None)))}
    event = {
        "version": "0",
        "source": contract.source(there),
        "detail-type": DETAIL_TYPE,
        "region": target.region,
        "detail": {name: value for name, value in detail.items() if ("detail", name) not in open_},
    }
    try:
        asked = json.loads(json.dumps(pattern))
        known = _known(asked, _UNKNOWN | open_, ())
        if known is None or (known and not compile_pattern(known)(event)):
            return None
    except (PatternRefused, RecursionError, TypeError, ValueError):
        return None  # what is wrong with the pattern is a finding of its own
    return bool(known == asked)


def _known(pattern: Any, unknown: frozenset[tuple[str, ...]], path: tuple[str, ...]) -> dict[str, Any] | None:
    """A pattern without what it asks of unknown members, which may be anything; None where it wants one of them to be absent."""
    kept: dict[str, Any] = {}
    for name, wanted in pattern.items():
        at = (*path, name)
        if at in unknown:
            if wanted == [{"exists": False}]:
                return None
        elif name == "$or" and isinstance(wanted, list) and all(isinstance(one, dict) for one in wanted):
            options = [option for one in wanted if (option := _known(one, unknown, path)) is not None]
            if not options:
                return None
            if all(options):
                kept[name] = options if len(options) > 1 else options * 2
        elif isinstance(wanted, dict):
            inner = _known(wanted, unknown, at)
            if inner is None:
                return None
            if inner:
                kept[name] = inner
        else:
            kept[name] = wanted
    return kept
