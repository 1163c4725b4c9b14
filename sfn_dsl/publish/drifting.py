"""Drift: what people or other tools have changed since a machine was last published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from sfn_dsl.diff import Edit
from sfn_dsl.publish.account import check_account
from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.desired import Desired
from sfn_dsl.publish.live import PROJECT_TAG, PUBLISHED_TAG, of_alias
from sfn_dsl.publish.machine import Machine
from sfn_dsl.publish.moving import routing_text
from sfn_dsl.publish.observing import Roster, at_once, published_before
from sfn_dsl.publish.planning import manual_edits
from sfn_dsl.region import Target

__all__ = ["Drift", "Found", "drift"]

Found = Literal["none", "absent", "foreign", "unfinished", "changed", "moved", "left"]
_LEFT: Final = "it is no longer in the project: `publish --delete-removed` deletes it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What was found at a machine. `none`: it is as it was published; `absent`: it is not there; `foreign`: it is not the
    project's; `unfinished`: a publication or rollback was broken off; `changed`: definition or settings differ, see `edits`;
    `moved`: the alias does not point to what was published; `left`: the project no longer has it."""

    region: str
    name: str
    found: Found
    message: str = ""
    edits: tuple[Edit, ...] = ()


def drift(
    desired: Iterable[Desired], clients: Clients, *, project: str, alias: str, whole: Iterable[Target] = ()
) -> tuple[Drift, ...]:
    """How each machine differs from what was last published, in the order of `desired`. `whole`: targets of which these are all
    machines of the project, so that others with its tag are found too; they come last."""
    wanted, targets = list(desired), list(whole)
    check_account(clients, [*(one.target for one in wanted), *targets])

    def look(one: Desired) -> Drift:
        return _drift(Machine(clients=clients, region=one.target.region, arn=one.arn), project, alias)

    known = {(one.target.region, one.name) for one in wanted}
    tagged = zip(targets, at_once(Roster.of(clients, project), targets), strict=True)
    names = [(target.region, name) for target, roster in tagged for name in sorted(roster.tags)]
    left = [Drift(region=region, name=name, found="left", message=_LEFT) for region, name in names if (region, name) not in known]
    return (*at_once(look, wanted), *left)


def _drift(machine: Machine, project: str, alias: str) -> Drift:
    def found(kind: Found, message: str = "", edits: tuple[Edit, ...] = ()) -> Drift:
        return Drift(region=machine.region, name=machine.name, found=kind, message=message, edits=edits)

    live = machine.look()
    if live is None:
        return found("absent", "it has not been published, or somebody has deleted it")
    tags = machine.tags()
    if tags.get(PROJECT_TAG) != project:
        return found("foreign", f"it belongs to {tags.get(PROJECT_TAG) or 'nobody'}, says its tag")
    versions = machine.versions()
    newest = machine.look(versions[0].number) if versions else None
    live = replace(
        live,
        tags=tags,
        versions=tuple(version.number for version in versions),
        newest=newest.newest if newest is not None else None,
    )
    published = tags.get(of_alias(PUBLISHED_TAG, alias), "")
    if live.digest not in live.known:
        live = replace(live, published=published_before(machine, live, newest))
        return found("changed", "somebody has changed it since it was published", manual_edits(live))
    if not published:
        return found("unfinished", "its publication was broken off: publish again")
    routing = machine.routing(alias)
    if len(routing) == 1:
        version = machine.look(routing[0][0])
        if version is not None and version.newest is not None and version.newest.digest == published:
            return found("none")
    last = live.newest
    if last is not None and last.digest and last.digest != published and last.number in dict(routing):
        return found(
            "unfinished", f"its publication or rollback was broken off with {alias} at {routing_text(routing)}: do it again"
        )
    return found("moved", f"somebody has moved the alias {alias}: it points to {routing_text(routing)}")
