"""From what is to be and what is there to a plan: a pure function."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sfn_dsl.asl.model import StateMachine
from sfn_dsl.asl.read import read
from sfn_dsl.asl.walk import count_states
from sfn_dsl.diff import Changed, Edit, FieldEdit, diff
from sfn_dsl.errors import DefinitionError
from sfn_dsl.publish.desired import Desired, comparable, log_group
from sfn_dsl.publish.live import (
    PREVIOUS_TAG,
    PROJECT_TAG,
    PUBLISHED_TAG,
    STACK_TAG,
    VERSION_TAG,
    Live,
    Seen,
    of_alias,
    version_in,
    wanted_tags,
    whole_routing,
)
from sfn_dsl.publish.plan import Entry, Options, Plan, Problem, Work
from sfn_dsl.region import Target

__all__ = ["MAXIMUM_VERSIONS", "definition_edits", "manual_edits", "passive_first", "plan"]

MAXIMUM_VERSIONS: Final = 1000
"""How many versions a state machine can have."""


def passive_first(targets: Iterable[Target]) -> tuple[Target, ...]:
    """Targets in the order in which they are published: the active Region last."""
    return tuple(sorted(targets, key=lambda target: target.is_active))


def plan(desired: Sequence[Desired], seen: Iterable[Seen], options: Options, *, project: str, commit: str) -> Plan:
    """What leads from what is there to what is to be. `project`: its name; `commit`: what version descriptions say."""
    found = {region.region: region for region in seen}
    entries, missing = [], []
    for target in passive_first({one.target.region: one.target for one in desired}.values()):
        region = found[target.region]
        here = {one.name: one for one in desired if one.target.region == target.region}
        for name in sorted({*here, *region.machines}):
            live = region.machines.get(name)
            if name in here:
                entries.append(_entry(here[name], live, region, options, project))
            elif live is not None:
                entries.append(_removed(live, options))
        missing += [(target.region, arn) for arn in region.missing if options.provide]
    return Plan(
        project=project,
        commit=commit,
        options=options,
        entries=tuple(entries),
        missing=tuple(missing),
    )


def _entry(one: Desired, live: Live | None, region: Seen, options: Options, project: str) -> Entry:
    needed = {one.role_arn, log_group(one.settings)}
    lacking = tuple(_lacking(arn, options) for arn in region.missing if arn in needed and not options.provide)
    if live is None:
        return Entry(
            region=region.region,
            name=one.name,
            arn=one.arn,
            action="added",
            work=("create", "alias", *(("smoke",) if one.smoke is not None else ()), "tags"),
            digest=one.digest,
            states=count_states(_machine(one.definition)),
            problems=lacking,
        )
    work = _work(one, live, options, project)
    edits = definition_edits(live.definition, one.definition) if live.digest != one.digest else ()
    settings = _settings(live, one) if work else ()
    return Entry(
        region=region.region,
        name=one.name,
        arn=one.arn,
        action="changed" if work else "unchanged",
        work=work,
        digest=one.digest,
        live_digest=live.digest,
        revision=live.revision,
        version=live.newest.number if live.newest is not None else 0,
        routing=live.routing,
        retreat=_retreat(live, work, options.alias),
        previous=_previous(live, one, options.alias),
        alarms=live.alarms if "alias" in work else (),
        edits=edits,
        settings=(*settings, *_tag_edits(live, wanted_tags(one, project, options.alias))) if work else (),
        manual=manual_edits(live) if live.whole else (),
        running=dict(live.running),
        redrivable=live.redrivable,
        problems=(*_problems(one, live, work, options, project), *(lacking if work else ())),
    )


def _work(one: Desired, live: Live, options: Options, project: str) -> tuple[Work, ...]:
    if not live.whole:
        return ()
    smoke: tuple[Work, ...] = ("smoke",) if one.smoke is not None else ()
    if live.digest != one.digest:
        return ("update", "alias", *smoke, "tags")
    newest = live.newest
    if newest is None or newest.digest != one.digest:
        return ("version", "alias", *smoke, "tags")
    if live.routing != whole_routing(newest.number):
        return ("alias", *smoke, "tags")
    if live.tags.get(of_alias(PUBLISHED_TAG, options.alias)) != one.digest:
        return (*smoke, "tags")
    told = version_in(live.tags, VERSION_TAG, options.alias) == newest.number
    return () if told and wanted_tags(one, project, options.alias).items() <= live.tags.items() else ("tags",)


def _retreat(live: Live, work: tuple[Work, ...], alias: str) -> int:
    """The version that was live before the work, or before a run that was broken off; 0 where there was none."""
    fresh = "update" in work or "version" in work
    ours = 0 if fresh or live.newest is None else live.newest.number
    routed = [version for version, _ in sorted(live.routing, key=lambda route: -route[1]) if version != ours]
    settled = version_in(live.tags, VERSION_TAG, alias)
    if settled in (0, ours) or settled not in live.versions:
        return routed[0] if routed else 0
    # What is newer than the tag says was left by a run that was broken off; an older version was chosen by a person.
    by_hand = len(live.routing) == 1 and routed and routed[0] < settled
    return routed[0] if by_hand else settled


def _previous(live: Live, one: Desired, alias: str) -> int:
    """The version that a rollback goes to once `one` is live."""
    same = live.tags.get(of_alias(PUBLISHED_TAG, alias)) == one.digest
    return version_in(live.tags, PREVIOUS_TAG if same else VERSION_TAG, alias)


def _problems(one: Desired, live: Live, work: tuple[Work, ...], options: Options, project: str) -> Iterable[Problem]:
    if not work:
        return
    where = f"{one.name} in {live.region}"
    if live.status == "DELETING":
        yield Problem(
            message=f"{where} is being deleted, and its name is free only when its {_executions(sum(live.running.values()))} ended",
            help="wait for that, or stop them, and publish again",
            refused=False,
        )
        return
    stack, owner = live.tags.get(STACK_TAG), live.tags.get(PROJECT_TAG)
    if stack:
        yield Problem(
            message=f"{where} belongs to the CloudFormation stack {stack}; a machine has one owner, a template or publish",
            help="change it through its stack, or take it out of the stack by DeletionPolicy Retain first",
        )
    elif owner != project and not options.force:
        whose = f"belongs to the project {owner}" if owner else "was not published by this project"
        yield Problem(message=f"{where} {whose}", help="choose another name, or say --force to take it over")
    elif owner == project and live.digest != one.digest and live.digest not in live.known and not options.force:
        yield Problem(
            message=f"{where} has been changed by hand since it was last published",
            help="bring the change into pipelines/, or say --force to overwrite it",
        )
    kind = live.settings.get("type", "STANDARD")
    if kind != one.type:
        yield Problem(
            message=f"{where} is of type {kind}, which cannot become {one.type}",
            help="choose another name, or delete the machine first",
        )
    if ("update" in work or "version" in work) and len(live.versions) >= MAXIMUM_VERSIONS:
        yield Problem(
            message=f"{where} has {len(live.versions)} versions, and AWS keeps no more",
            help=f"run `sfn-dsl prune {one.name}`",
            refused=False,
        )


def _lacking(arn: str, options: Options) -> Problem:
    kind, name = ("role", arn.partition(":role/")[2]) if ":role/" in arn else ("log group", arn.partition(":log-group:")[2])
    return Problem(
        message=f"there is no {kind} {name}", help="deploy the project's templates first: they make roles and log groups"
    )


def _removed(live: Live, options: Options) -> Entry:
    running = sum(live.running.values())
    work: tuple[Work, ...] = ("delete",) if options.delete_removed and live.status != "DELETING" else ()
    stack = live.tags.get(STACK_TAG)
    problems = []
    if work and stack:
        problems.append(Problem(message=f"{live.name} in {live.region} belongs to the CloudFormation stack {stack}"))
    if work and running:
        message = f"{live.name} in {live.region} is not deleted while its {_executions(running)} not ended"
        problems.append(Problem(message=message, help="wait for that, or stop them"))
    return Entry(
        region=live.region,
        name=live.name,
        arn=live.arn,
        action="removed",
        work=work,
        live_digest=live.digest,
        revision=live.revision,
        running=dict(live.running),
        problems=tuple(problems),
    )


def _executions(count: int) -> str:
    return "1 open execution has" if count == 1 else f"{count} open executions have"


def manual_edits(live: Live) -> tuple[Edit, ...]:
    """What a person has changed since the machine was last published; empty where nothing or nobody knows."""
    before = live.published
    if before is None:
        return ()
    fields = _fields(_plain(before.role_arn, before.settings), _plain(live.role_arn, live.settings))
    return (*definition_edits(before.definition, live.definition), *((Changed("", fields),) if fields else ()))


def _machine(text: str) -> StateMachine:
    return read(text).machine


def definition_edits(old: str, new: str) -> tuple[Edit, ...]:
    """What differs between two definitions, of which AWS's may be anything."""
    try:
        return diff(_machine(old), _machine(new))
    except DefinitionError:
        # Whatever somebody has put there, it can be replaced.
        return (Changed("", (FieldEdit("definition", "(cannot be read)", f"({len(new)} characters)"),)),)


def _settings(live: Live, one: Desired) -> tuple[FieldEdit, ...]:
    return _fields(_plain(live.role_arn, live.settings), _plain(one.role_arn, one.settings))


def _plain(role_arn: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {"roleArn": role_arn, **comparable(settings)}


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldEdit, ...]:
    before, after = _flat(old), _flat(new)
    paths = dict.fromkeys([*after, *before])
    return tuple(
        FieldEdit(path, before.get(path, ""), after.get(path, "")) for path in paths if before.get(path) != after.get(path)
    )


def _flat(value: Mapping[str, Any]) -> dict[str, str]:
    """Settings, which are two deep at most, by path."""
    found = {}
    for key, member in value.items():
        if isinstance(member, Mapping):
            found.update({f"{key}.{inner}": json.dumps(leaf) for inner, leaf in member.items()})
        else:
            found[key] = json.dumps(member)
    return found


def _tag_edits(live: Live, wanted: Mapping[str, str]) -> tuple[FieldEdit, ...]:
    """Tags of people; that of the hash says nothing that the plan does not say."""
    edits = []
    for key, value in wanted.items():
        if live.tags.get(key) != value and not key.startswith(PUBLISHED_TAG):
            edits.append(FieldEdit(f"tags.{key}", json.dumps(live.tags[key]) if key in live.tags else "", json.dumps(value)))
    return tuple(edits)
