"""Guards of the recommended deployment, each taken out of its generated artefacts, and what goes wrong without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sfn_dsl.proof.artefacts import Artefacts
from sfn_dsl.proof.editing import Body, call_arguments, with_resources, with_states
from sfn_dsl.proof.example import CONSUMER, PRODUCER
from sfn_dsl.proof.figures import Figures
from sfn_dsl.proof.scenario import Trouble
from sfn_dsl.resources.model import Resource, Rule, Schedule

__all__ = ["ABLATIONS", "Ablation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """A guard that is left out.

    `without`: the artefacts without it. `conditions`: options of the scenarios in which it matters. `harm`: what is counted (in
    words: `counted`), of which there is more without the guard. `also`: further guards that have to be out, because any of them
    covers for this one.
    """

    name: str
    title: str
    without: Callable[[Artefacts], Artefacts]
    harm: Callable[[Figures], int]
    counted: str
    conditions: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[str, ...] = ()

    def base(self, artefacts: Artefacts) -> Artefacts:
        """The artefacts with which those without the guard are compared."""
        for name in self.also:
            artefacts = ABLATIONS[name].without(artefacts)
        return artefacts


def _fence(artefacts: Artefacts) -> Artefacts:
    def unfenced(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        values = {
            name: value for name, value in arguments["ExpressionAttributeValues"].items() if name not in (":running", ":fence")
        }
        condition = "exec_arn = :me OR attribute_exists(pk)"
        names = dict(arguments["ExpressionAttributeNames"])
        if "#status" not in arguments["UpdateExpression"]:
            del names["#status"]
        return {
            **arguments,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }

    def edit(name: str, body: Body) -> Body:
        marks = (name.startswith("Mark ") and name != "Mark run failed") or name == "Finish run"
        return call_arguments(body, unfenced) if marks and body["Type"] == "Task" else body

    return with_states(artefacts, CONSUMER, edit)


def _condition(artefacts: Artefacts, before: str, after: str) -> Artefacts:
    """The claim with a part of its condition replaced."""

    def changed(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**arguments, "ConditionExpression": arguments["ConditionExpression"].replace(before, after)}

    return with_states(artefacts, CONSUMER, lambda name, body: call_arguments(body, changed) if name == "Claim batch" else body)


def _lease(artefacts: Artefacts) -> Artefacts:
    return _condition(artefacts, "AND lease_until < :now", "AND :now = :now")


def _re_entry(artefacts: Artefacts) -> Artefacts:
    return _condition(artefacts, "exec_arn = :me OR ", "(exec_arn = :me AND attribute_not_exists(pk)) OR ")


def _sweeper(artefacts: Artefacts) -> Artefacts:
    def edit(resource: Resource) -> Resource | None:
        return None if isinstance(resource, Schedule) and resource.name == f"{CONSUMER}-sweep" else resource

    return with_resources(artefacts, edit)


def _ready_row(artefacts: Artefacts) -> Artefacts:
    def edit(name: str, body: Body) -> Body:
        if name != f"Mark ready for {CONSUMER}":
            return body
        return {"Type": "Pass", "Output": {}, "Next": body["Next"]}

    return with_states(artefacts, PRODUCER, edit)


def _parking(artefacts: Artefacts) -> Artefacts:
    def edit(name: str, body: Body) -> Body:
        return {"Type": "Pass", "Output": {}, "Next": "Parked"} if name == "Park" else body

    return with_states(artefacts, CONSUMER, edit)


def _gate(artefacts: Artefacts) -> Artefacts:
    def edit(name: str, body: Body) -> Body:
        return {**body, "Default": "Claim batch"} if name == "Is this Region active?" else body

    return with_states(artefacts, CONSUMER, edit)


def _forwarding(artefacts: Artefacts) -> Artefacts:
    bus = artefacts.deployment.bus
    return with_resources(
        artefacts, lambda resource: None if isinstance(resource, Rule) and resource.name == f"{bus}-forward" else resource
    )


def _loop_guard(artefacts: Artefacts) -> Artefacts:
    bus = artefacts.deployment.bus

    def edit(resource: Resource) -> Resource | None:
        if not isinstance(resource, Rule) or resource.name != f"{bus}-forward":
            return resource
        kept = {name: value for name, value in resource.event_pattern.items() if name not in ("region", "detail")}
        return replace(resource, event_pattern=kept)

    return with_resources(artefacts, edit)


_SMALL: Final = {"batches": 12, "hours": 8.0, "aftermath": 14.0}
_IN_WORK: Final = {**_SMALL, "strikes": (60.0, 1500.0)}
_AT_THE_DOOR: Final = {**_SMALL, "troubles": (Trouble.GONE,), "strikes": (1.0, 4.0)}

_ALL: Final = (
    Ablation(
        name="fence",
        title="no fence at marks",
        without=_fence,
        conditions={**_IN_WORK, "troubles": (Trouble.DOWN,)},
        harm=lambda figures: figures.finished_by_losers,
        counted="batches finished by who had lost them",
    ),
    Ablation(
        name="lease",
        title="no lease in the claim",
        without=_lease,
        conditions={**_SMALL, "troubles": (Trouble.NONE,)},
        harm=lambda figures: figures.ran_twice,
        counted="batches that ran twice",
    ),
    Ablation(
        name="re-entry",
        title="a claim that is not re-entrant",
        without=_re_entry,
        conditions={**_SMALL, "lost_answers": 0.1, "troubles": (Trouble.NONE,)},
        harm=lambda figures: figures.begun_late,
        counted="batches begun later than a quarter of an hour",
    ),
    Ablation(
        name="sweeper",
        title="no sweeper",
        without=_sweeper,
        conditions={**_IN_WORK, "troubles": (Trouble.GONE,)},
        harm=lambda figures: figures.lost,
        counted="batches lost",
    ),
    Ablation(
        name="ready-row",
        title="no READY row",
        without=_ready_row,
        conditions={**_SMALL, "lost": 0.05},
        harm=lambda figures: figures.lost,
        counted="batches lost",
    ),
    Ablation(
        name="parking",
        title="no parking, where upstreams write no READY row",
        without=_parking,
        conditions=_AT_THE_DOOR,
        harm=lambda figures: figures.lost,
        counted="batches lost",
        also=("ready-row",),
    ),
    Ablation(
        name="forwarding",
        title="no forwarding, where upstreams write no READY row",
        without=_forwarding,
        conditions=_AT_THE_DOOR,
        harm=lambda figures: figures.lost,
        counted="batches lost",
        also=("ready-row",),
    ),
    Ablation(
        name="gate",
        title="no gate",
        without=_gate,
        conditions=_SMALL,
        harm=lambda figures: figures.passive_claims,
        counted="claims by a passive Region",
    ),
    Ablation(
        name="loop-guard",
        title="a forward rule that does not ask for its Region",
        without=_loop_guard,
        conditions={"batches": 2, "hours": 0.01, "aftermath": 0.05, "troubles": (Trouble.NONE,), "redelivered": 0.0},
        harm=lambda figures: figures.echoes,
        counted="events too many",
    ),
)
ABLATIONS: Final[Mapping[str, Ablation]] = {one.name: one for one in _ALL}
