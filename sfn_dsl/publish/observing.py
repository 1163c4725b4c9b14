"""Reads what a plan needs: Regions and machines at once, two calls for a machine with which nothing is to be done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from sfn_dsl.diff import Renamed
from sfn_dsl.publish.account import check_account
from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.desired import Desired, log_group
from sfn_dsl.publish.live import PROJECT_TAG, VERSION_TAG, Live, Seen, version_in, wanted_tags, whole_routing
from sfn_dsl.publish.machine import Machine
from sfn_dsl.publish.moving import alarms
from sfn_dsl.publish.planning import definition_edits
from sfn_dsl.region import Target

__all__ = ["Roster", "at_once", "observe", "published_before"]

_AT_ONCE: Final = 16
Given = TypeVar("Given")
Found = TypeVar("Found")


def at_once(work: Callable[[Given], Found], given: Iterable[Given]) -> list[Found]:
    """What a function answers for each value, in order, several at a time. The first exception is raised; what has not begun then
    does not begin."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        futures = [pool.submit(work, one) for one in given]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def observe(
    desired: Sequence[Desired],
    clients: Clients,
    *,
    project: str,
    alias: str,
    now: int,
    complete: bool = True,
    in_steps: bool = False,
) -> tuple[Seen, ...]:
    """What is there, per Region in the order of `desired`. `project`: its name; `now`: milliseconds since 1970; `complete`: these
    are all machines of the project, so that others with its tag are found too; `in_steps`: the alias will move in steps, so that
    alarms matter.

    A machine whose tags, description and alias say that it is what it is to be is not asked for more.
    """
    targets = list({one.target.region: one.target for one in desired}.values())
    check_account(clients, targets)
    rosters = dict(zip((target.region for target in targets), at_once(Roster.of(clients, project), targets), strict=True))
    existing = [one for one in desired if one.name in rosters[one.target.region].names]
    names = {(one.target.region, one.name) for one in desired}
    others = [
        Machine(clients=clients, region=target.region, arn=target.arn("states", f"stateMachine:{name}"))
        for target in targets
        for name in sorted(rosters[target.region].tags if complete else ())
        if (target.region, name) not in names
    ]

    def read(one: Desired) -> Live | None:
        tags = rosters[one.target.region].tags.get(one.name, {})
        machine = Machine(clients=clients, region=one.target.region, arn=one.arn)
        live = _read(one, machine, tags, project, alias, now)
        return replace(live, alarms=tuple(sorted(alarms(machine)))) if in_steps and live is not None and live.whole else live

    machines: dict[str, dict[str, Live]] = {target.region: {} for target in targets}
    for live in (*at_once(read, existing), *at_once(_looked, others)):
        if live is not None:
            machines[live.region][live.name] = live

    def region(target: Target) -> Seen:
        here, found = [one for one in desired if one.target.region == target.region], machines[target.region]
        undone = [one for one in here if one.name not in found or found[one.name].whole]
        return Seen(region=target.region, machines=found, missing=_missing(undone, clients, target))

    return tuple(at_once(region, targets))


@dataclass(frozen=True, slots=True)
class Roster:
    """The names of all machines in a Region, and the tags of those that carry the project's."""

    names: frozenset[str]
    tags: dict[str, dict[str, str]]

    @staticmethod
    def of(clients: Clients, project: str) -> Callable[[Target], Roster]:
        """What reads the roster of a target."""

        def read(target: Target) -> Roster:
            listed = clients.pages("stepfunctions", target.region, "list_state_machines", "stateMachines", maxResults=1000)
            names = frozenset(item["name"] for item in listed)
            tagged = clients.pages(
                "resourcegroupstaggingapi",
                target.region,
                "get_resources",
                "ResourceTagMappingList",
                TagFilters=[{"Key": PROJECT_TAG, "Values": [project]}],
                ResourceTypeFilters=["states:stateMachine"],
                ResourcesPerPage=100,
            )
            tags = {
                item["ResourceARN"].rpartition(":")[2]: {tag["Key"]: tag["Value"] for tag in item["Tags"]}
                for item in tagged
                if ":stateMachine:" in item["ResourceARN"]
            }
            # The list of tags lags behind: what has just been deleted may still be in it.
            return Roster(names, {name: found for name, found in tags.items() if name in names})

        return read


def _looked(machine: Machine) -> Live | None:
    """A machine that the project no longer has."""
    live = machine.look()
    return replace(live, tags=machine.tags(), running=machine.running()) if live is not None else None


def _read(one: Desired, machine: Machine, tags: dict[str, str], project: str, alias: str, now: int) -> Live | None:
    live = machine.look()
    if live is None:
        return None
    live = replace(live, routing=machine.routing(alias))
    done = wanted_tags(one, project, alias).items() <= tags.items()
    done = done and live.routing == whole_routing(version_in(tags, VERSION_TAG, alias))
    if done and live.digest == one.digest and live.status == "ACTIVE":
        return replace(live, tags=tags)
    versions = machine.versions()
    newest = machine.look(versions[0].number) if versions else None
    live = replace(
        live,
        whole=True,
        # The list of tags that all machines share lags behind; this one does not.
        tags=machine.tags(),
        versions=tuple(version.number for version in versions),
        newest=newest.newest if newest is not None else None,
        running=machine.running(),
        # Lists of executions are rationed; failed ones matter only where a state has a new name.
        redrivable=len(machine.redrivable(now)) if _renames(live, one) else 0,
    )
    if live.digest in live.known or live.digest == one.digest:
        return live
    return replace(live, published=published_before(machine, live, newest))


def _renames(live: Live, one: Desired) -> bool:
    return any(isinstance(edit, Renamed) for edit in definition_edits(live.definition, one.definition))


def published_before(machine: Machine, live: Live, newest: Live | None) -> Live | None:
    """The newest version that was published by us: what a person has changed since."""
    if newest is not None and newest.newest is not None and newest.newest.digest:
        return newest
    for number in live.versions[1:]:
        found = machine.look(number)
        if found is not None and found.newest is not None and found.newest.digest:
            return found
    return None


def _missing(undone: Collection[Desired], clients: Clients, target: Target) -> tuple[str, ...]:
    """Roles and log groups that machines name and that do not exist."""
    if not undone:
        return ()
    roles = {item["Arn"] for item in clients.pages("iam", target.region, "list_roles", "Roles", MaxItems=1000)}
    missing = [one.role_arn for one in undone if one.role_arn not in roles]
    wanted = dict.fromkeys(group for one in undone if (group := log_group(one.settings)))
    there: set[str] = set()
    for folder in dict.fromkeys(_folder(group) for group in wanted):
        listed = clients.pages("logs", target.region, "describe_log_groups", "logGroups", logGroupNamePrefix=folder)
        there.update(str(item["arn"]).removesuffix(":*") for item in listed)
    return (*missing, *(group for group in wanted if group not in there))


def _folder(group: str) -> str:
    """The part of a log group's name that it shares with its neighbours, by its ARN."""
    name = group.partition(":log-group:")[2]
    return name[: name.rfind("/") + 1] or name
