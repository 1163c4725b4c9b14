"""What a state machine's role must be allowed, no more: a Grant per action, with the states that need it and why it is so wide.

Resources are as narrow as the definition's literals say. What is only known at run time becomes the pattern of all such resources
of the target's account and Region; `*` stands only where the action has no resource type, or may be called without naming a
resource. Rights that no definition shows (the data behind an Athena query, the keys of encrypted queues and buckets) are declared
with `Permissions`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sfn_dsl.asl.model import UNSET, Json, Map, State, StateMachine, Task
from sfn_dsl.asl.walk import walk
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.arguments import NOTHING, Argument, Form, iam_text
from sfn_dsl.resources.iam.calls import needs_of
from sfn_dsl.resources.iam.distributed import distributed, needs_of_map
from sfn_dsl.resources.iam.family import Lookup, Need, find_family
from sfn_dsl.resources.iam.map_runs import asks_own_map_run
from sfn_dsl.resources.iam.settings import needs_of_settings
from sfn_dsl.resources.iam.statement import Conditions, Statement, merge

__all__ = ["MACHINE", "Grant", "assume_role", "collect", "grants_of", "statements_of"]

MACHINE = ""
"""In `Grant.states`: the machine as a whole needs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One action on resources. `states`: who needs it, in the order of the definition. `reason`: the calls that need it, and what
    keeps its resources from being narrower.
    """

    action: str
    resources: tuple[str, ...]
    conditions: Conditions = field(default_factory=dict)
    states: tuple[str, ...]
    reason: str
    effect: str = "Allow"


def grants_of(
    machine: StateMachine, target: Target, settings: Mapping[str, Json], *, name: str, lookup: Lookup = find_family
) -> tuple[Grant, ...]:
    """The grants of the role of the state machine called `name`.

    `settings`: logging, tracing and encryption in CreateStateMachine's form, as in `<pipeline>.settings.json`; may be empty.
    `lookup`: families by IAM prefix. Definitions that are broken, or call what nobody knows, get grants for the rest.
    """
    found = [one for state, body in walk(machine) for one in _of_state(state, body, machine, target, name, lookup)]
    found += [one for need in needs_of_settings(settings, target) for one in _grants(need, MACHINE, need.why)]
    return collect(found)


def statements_of(grants: Iterable[Grant]) -> tuple[Statement, ...]:
    """The fewest statements that say what the grants say, named and in canonical order."""
    return merge(
        Statement(sid="", actions=(one.action,), resources=one.resources, conditions=one.conditions, effect=one.effect)
        for one in grants
    )


def collect(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Grants with equal action, resources, conditions and effect as one, in order of first appearance."""
    found: dict[tuple[str, ...], Grant] = {}
    for one in grants:
        key = (one.effect, one.action, json.dumps(one.conditions, sort_keys=True), *one.resources)
        known = found.get(key)
        if known is not None:
            states = tuple(dict.fromkeys((*known.states, *one.states)))
            reasons = tuple(dict.fromkeys((*known.reason.split("; "), *one.reason.split("; "))))
            one = Grant(
                action=one.action,
                resources=one.resources,
                conditions=one.conditions,
                states=states,
                reason="; ".join(reasons),
                effect=one.effect,
            )
        found[key] = one
    return tuple(found.values())


def assume_role(role: Argument | None, target: Target) -> Need:
    """The right to assume the role of a Task's `Credentials`; any role, where it is only known at run time."""
    known = role.known if role is not None else NOTHING
    if known.start.startswith("arn:"):
        return Need(
            actions=("sts:AssumeRole",),
            resources=(known.pattern,),
            why="" if known.text is not None else "`RoleArn` is only known at run time",
        )
    why = "`RoleArn` is only known at run time"
    return Need(actions=("sts:AssumeRole",), resources=(f"arn:{target.partition}:iam::*:role/*",), why=why)


def _of_state(name: str, state: State, machine: StateMachine, target: Target, machine_name: str, lookup: Lookup) -> Iterator[Grant]:
    language = state.query_language if state.query_language is not UNSET else machine.query_language
    form = Form.JSONATA if language == "JSONata" else Form.JSONPATH
    own_name = iam_text(machine_name)
    if isinstance(state, Map) and distributed(state):
        for need in needs_of_map(state, form, target, machine=own_name):
            yield from _grants(need, name, _reason("distributed Map", need.why))
    if not isinstance(state, Task) or not isinstance(state.resource, str):
        return
    if state.credentials is not UNSET:
        need = assume_role(Argument(state.credentials, form).member("RoleArn"), target)
        yield from _grants(need, name, _reason("Credentials", need.why))
        return
    payload = state.arguments if form is Form.JSONATA else state.parameters
    arguments = Argument(None, Form.UNKNOWN) if payload is UNSET else Argument(payload, form)
    title = state.resource.partition(":states:::")[2] or state.resource
    own_runs = target.arn("states", f"mapRun:{own_name}/*") if asks_own_map_run(state, machine) else ""
    for need in needs_of(state.resource, arguments, target, lookup=lookup):
        if own_runs and need.resources == (target.arn("states", "mapRun:*"),):
            need = replace(need, resources=(own_runs,))
        yield from _grants(need, name, _reason(title, need.why))


def _reason(what: str, why: str) -> str:
    return f"{what}: {why}" if why else what


def _grants(need: Need, state: str, reason: str) -> Iterator[Grant]:
    for action in need.actions:
        yield Grant(action=action, resources=need.resources, conditions=need.conditions, states=(state,), reason=reason)
