"""A plan: what to do with each state machine in each Region, and what stands in the way. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from sfn_dsl.diff import Edit, FieldEdit
from sfn_dsl.publish.live import Routing
from sfn_dsl.region import LIVE

__all__ = ["STRATEGIES", "Action", "Entry", "Options", "Plan", "Problem", "Work"]

Action = Literal["added", "changed", "unchanged", "removed"]
Work = Literal["create", "update", "version", "alias", "smoke", "tags", "delete"]
STRATEGIES: Final = ("all_at_once", "linear", "canary")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a person decides. `alias` is moved by a `strategy`, each step of which is watched for `interval_seconds`. `force`:
    manual edits are overwritten and machines of the same name taken over; `delete_removed`: machines that the project no longer has
    are deleted; `provide`: missing roles and log groups are made."""

    alias: str = LIVE
    strategy: str = STRATEGIES[0]
    interval_seconds: int = 300
    force: bool = False
    delete_removed: bool = False
    provide: bool = False

    @property
    def in_steps(self) -> bool:
        """Whether the alias moves in steps."""
        return self.strategy != STRATEGIES[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why something cannot be done: one sentence and what helps. `refused`: a person can decide otherwise or has to; else AWS
    stands in the way."""

    message: str
    help: str = ""
    refused: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A state machine in a Region. `work`: what is to be done, in order; empty where nothing is.

    `digest` is the hash to be published (empty for a removed machine), `live_digest` what is there (empty for none) at `revision`
    and `version`, the newest one, 0 for none. `routing`: where the alias points now; `retreat`: the version that it goes to when
    the work has to be taken back, 0 for none; `previous`: the one that a rollback goes to when the work is done, 0 for none;
    `alarms`: what is watched while the alias moves in steps. `edits`: of states; `settings`: of role, logging, tracing, encryption
    and tags; `manual`: what a person has changed since it was last published. `running`: open executions by version, 0 for those
    without one; `redrivable`: failed executions of the last 14 days, counted where a state has a new name.
    """

    region: str
    name: str
    arn: str
    action: Action
    work: tuple[Work, ...] = ()
    digest: str = ""
    live_digest: str = ""
    revision: str = ""
    version: int = 0
    routing: Routing = ()
    retreat: int = 0
    previous: int = 0
    alarms: tuple[str, ...] = ()
    states: int = 0
    edits: tuple[Edit, ...] = ()
    settings: tuple[FieldEdit, ...] = ()
    manual: tuple[Edit, ...] = ()
    running: Mapping[int, int] = field(default_factory=dict)
    redrivable: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def still(self) -> Entry:
        """The same without executions, which come and go."""
        return replace(self, running={}, redrivable=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What `publish` will do. `project`: its name; `commit`: what is checked out, `-dirty` after it where files differ.

    `entries`: by Region in the order in which they are worked on, passive ones first, then by name. `missing`: (Region, ARN) of
    roles and log groups to be made first, which only happens in an AWS on this machine.
    """

    project: str
    commit: str
    options: Options = Options()
    entries: tuple[Entry, ...]
    missing: tuple[tuple[str, str], ...] = ()

    @property
    def regions(self) -> tuple[str, ...]:
        """Regions in the order in which they are worked on."""
        return tuple(dict.fromkeys(entry.region for entry in self.entries))

    @property
    def problems(self) -> tuple[tuple[Entry, Problem], ...]:
        """All that stands in the way. A plan with problems is not applied."""
        return tuple((entry, problem) for entry in self.entries for problem in entry.problems)

    @property
    def to_do(self) -> tuple[Entry, ...]:
        """Entries with work, in its order: nothing is deleted before everything else is done, in all Regions."""
        work = [entry for entry in self.entries if entry.work]
        return tuple(sorted(work, key=lambda entry: "delete" in entry.work))

    def same_work(self, other: Plan) -> bool:
        """Whether another plan does the same from the same beginning; executions that come and go do not count."""
        return self._still() == other._still()

    def _still(self) -> Plan:
        return replace(self, entries=tuple(entry.still for entry in self.entries))
