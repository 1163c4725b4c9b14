"""An inline Map that says nothing, or too much, about how many iterations run at once.

An inline Map without `MaxConcurrency`, or with 0, runs as many iterations at once as AWS sees fit, about 40: what the
iterations call has to bear that. More than 40 cannot be had inline; a distributed Map runs up to 10,000.

Fails:
    {"A": {"Type": "Map", "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}, "End": true}}
Fails:
    {"A": {"Type": "Map", "MaxConcurrency": 100, "End": true,
     "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
Passes:
    {"A": {"Type": "Map", "MaxConcurrency": 5, "End": true,
     "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.limits.events import literal_items
from sfn_dsl.rules.limits.loops import integer
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["inline_map_concurrency"]

MOST = 40


@rule("SFN405", "bp-inline-map-unbounded", "inline-map-concurrency-over-40", severity=Severity.INFO, practice=True)
def inline_map_concurrency(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        if not state.inner or any(scope.distributed for scope in state.inner) or "MaxConcurrencyPath" in state.body:
            continue
        bound = integer(state.get("MaxConcurrency"))
        few = 0 < literal_items(state) <= MOST
        if not few and ("MaxConcurrency" not in state.body or bound == 0):
            yield Finding(
                state.at("MaxConcurrency") if bound == 0 else state.pointer,
                f"inline Map `{state.name}` has no bound: about {MOST} iterations run at once",
                "set `MaxConcurrency` to what the called services bear",
                "bp-inline-map-unbounded",
            )
        elif bound is not None and MOST < bound < 1_000_000_000:
            yield Finding(
                state.at("MaxConcurrency"),
                f"`MaxConcurrency` {bound:,} of inline Map `{state.name}` has no effect: at most {MOST} iterations run at once",
                "use a distributed Map, or a smaller number",
                "inline-map-concurrency-over-40",
            )
