"""Where a rollback goes: to what was live before, the same build in all Regions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.live import PREVIOUS_TAG, PROJECT_TAG, STACK_TAG, VERSION_TAG, Routing, Version, version_in, whole_routing
from sfn_dsl.publish.machine import Machine
from sfn_dsl.publish.moving import routing_text
from sfn_dsl.publish.refusal import Refused
from sfn_dsl.region import Target

__all__ = ["Turn", "plan_rollback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An alias of a machine in a Region, from where it points to a version. `settled`: the version that the machine's tag says is
    live, 0 for none."""

    region: str
    name: str
    arn: str
    alias: str
    before: Routing
    settled: int
    to: Version

    @property
    def done(self) -> bool:
        """Whether it points there already, and the tag says so."""
        return self.before == whole_routing(self.to.number) and self.settled == self.to.number


def plan_rollback(
    clients: Clients,
    targets: Iterable[Target],
    name: str,
    *,
    project: str,
    alias: str,
    to: str | None = None,
    digest_at: Callable[[Target, str], str] = lambda target, commit: "",
) -> tuple[Turn, ...]:
    """What `rollback` does, in the order of the targets. `to`: the number of a version, a commit, or the beginning of the commit or
    of the hash that a version was built at; None is what was live before. `digest_at`: the hash of what a target has at a commit,
    empty where nobody knows. A Region that is there already has nothing to do.

    Raises Refused where there is no such version, where the Regions would go to different builds, where there is no alias, and
    where the machine is not the project's.
    """
    places = [
        _place(
            Machine(clients=clients, region=target.region, arn=target.arn("states", f"stateMachine:{name}")),
            project,
            alias,
            partial(digest_at, target),
        )
        for target in targets
    ]
    chosen = _before(places) if to is None else _named(places, to)
    return tuple(
        Turn(
            region=place.machine.region,
            name=name,
            arn=place.machine.arn,
            alias=alias,
            before=place.routing,
            settled=place.settled,
            to=version,
        )
        for place, version in zip(places, chosen, strict=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A machine in a Region. `versions`: numbers, newest first; `settled`, `previous`: what its tags say, 0 for nothing;
    `digest_at`: the hash of what a commit has for it, empty where nobody knows."""

    machine: Machine
    alias: str
    routing: Routing
    versions: tuple[int, ...]
    settled: int
    previous: int
    digest_at: Callable[[str], str]

    @property
    def where(self) -> str:
        """The machine and its Region, in words."""
        return f"{self.machine.name} in {self.machine.region}"

    def version(self, number: int) -> Version:
        """A version with its description."""
        found = self.machine.look(number)
        return found.newest if found is not None and found.newest is not None else Version(number=number)

    def has_built(self, version: Version, commit: str) -> bool:
        """Whether a version is what a commit has, which an earlier commit may have had already."""
        return version.built == commit or (bool(version.digest) and version.digest == self.digest_at(commit))

    def before(self) -> Version | None:
        """What was live before; None where nothing was. Raises Refused where that is not known."""
        if not self.settled:
            raise Refused(f"nothing says which version of {self.where} was live before", help="name one by --to")
        if self.routing == whole_routing(self.settled):
            number = self.previous
        elif max(version for version, _ in self.routing) > self.settled:
            # A run was broken off: what the tag says was live before it.
            number = self.settled
        else:
            raise Refused(
                f"somebody has moved the alias {self.alias} of {self.where} by hand, to {routing_text(self.routing)}",
                help="say where it is to point by --to",
            )
        if number and number not in self.versions:
            raise Refused(f"version {number} of {self.where}, which was live before, has been deleted", help="name another by --to")
        return self.version(number) if number else None


def _place(machine: Machine, project: str, alias: str, digest_at: Callable[[str], str]) -> _Place:
    where = f"{machine.name} in {machine.region}"
    if machine.look() is None:
        raise Refused(f"there is no state machine {where}", help="publish it first, or name --region")
    tags = machine.tags()
    if tags.get(PROJECT_TAG) != project or tags.get(STACK_TAG):
        raise Refused(f"{where} was not published by this project", help="roll it back with what deployed it")
    routing = machine.routing(alias)
    if not routing:
        raise Refused(f"{where} has no alias {alias}", help="publish, which makes it, or name another --alias")
    return _Place(
        machine=machine,
        alias=alias,
        routing=routing,
        versions=tuple(version.number for version in machine.versions()),
        settled=version_in(tags, VERSION_TAG, alias),
        previous=version_in(tags, PREVIOUS_TAG, alias),
        digest_at=digest_at,
    )


def _before(places: Sequence[_Place]) -> list[Version]:
    """What was live before, in each Region. Where that is not one build, a Region that the last publication has not changed stays
    at what the others go back to."""
    before = [place.before() for place in places]
    if all(version is None for version in before):
        place = places[0]
        raise Refused(f"nothing was live before version {place.settled} of {place.where}", help="publish an older commit instead")
    ways = []
    for place, version in zip(places, before, strict=True):
        stays = [place.version(place.settled)] if place.routing == whole_routing(place.settled) else []
        ways.append([*([version] if version is not None else []), *stays])
    common: dict[tuple[int, ...], list[Version]] = {}
    for goal in dict.fromkeys(version.built for version in before if version is not None):
        fitting = [
            next((version for version in way if place.has_built(version, goal)), None)
            for place, way in zip(places, ways, strict=True)
        ]
        found = [version for version in fitting if version is not None]
        if len(found) == len(places):
            common[tuple(version.number for version in found)] = found
    if len(common) == 1:
        return next(iter(common.values()))
    told = _told(places, [version.built if version is not None else "nothing" for version in before])
    raise Refused(f"{places[0].machine.name} would not go back to one build: to {told}", help=_ONE_BUILD)


def _named(places: Sequence[_Place], to: str) -> list[Version]:
    """The version that a person names, in each Region."""
    if to.isdecimal() and any(int(to) in place.versions for place in places):
        chosen = [_numbered(place, int(to)) for place in places]
        what, goals = f"version {to} of {places[0].machine.name}", {version.built for version in chosen}
    else:
        chosen = [_built_at(place, to) for place in places]
        what, goals = f"what begins with {to}", {to, *(version.built for version in chosen)}
    pairs = list(zip(places, chosen, strict=True))
    if not any(all(place.has_built(version, goal) for place, version in pairs) for goal in goals):
        raise Refused(f"{what} is not one build: {_told(places, [version.built for version in chosen])}", help=_ONE_BUILD)
    return chosen


def _numbered(place: _Place, number: int) -> Version:
    if number not in place.versions:
        raise _unknown(place, f"{place.where} has no version {number}")
    return place.version(number)


def _built_at(place: _Place, beginning: str) -> Version:
    wanted = place.digest_at(beginning)
    for number in place.versions if beginning else ():
        version = place.version(number)
        if (wanted and version.digest == wanted) or version.commit.startswith(beginning) or version.digest.startswith(beginning):
            return version
    what = f"version {beginning}" if beginning.isdecimal() else f"version that was built at `{beginning}`"
    raise _unknown(place, f"{place.where} has no {what}")


def _unknown(place: _Place, message: str) -> Refused:
    newest = [place.version(number) for number in place.versions[:_SHOWN]]
    told = ", ".join(f"{version.number} (built at {version.commit[:12] or 'an unknown commit'})" for version in newest)
    return Refused(message, help=f"it has {told or 'none'}")


def _told(places: Sequence[_Place], builds: Sequence[str]) -> str:
    return " and ".join(f"{built[:12]} in {place.machine.region}" for place, built in zip(places, builds, strict=True))


_SHOWN = 5
_ONE_BUILD = "say --to COMMIT, or roll one Region back at a time by --region"
