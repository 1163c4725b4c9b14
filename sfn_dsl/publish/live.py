"""What runs in a Region: state machines with their versions, alias, tags and executions, as values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sfn_dsl.publish.desired import Desired, fingerprint
from sfn_dsl.region import LIVE

__all__ = [
    "PREVIOUS_TAG",
    "PROJECT_TAG",
    "PUBLISHED_TAG",
    "STACK_TAG",
    "VERSION_TAG",
    "Live",
    "Routing",
    "Seen",
    "Version",
    "describe_version",
    "is_alias_name",
    "of_alias",
    "version_in",
    "wanted_tags",
    "whole_routing",
]

PROJECT_TAG: Final = "sfn-dsl:project"
"""Tag of every machine that a project publishes: the project's name."""
PUBLISHED_TAG: Final = "sfn-dsl:published"
"""Tag that is written last: the hash of what the alias points to."""
VERSION_TAG: Final = "sfn-dsl:version"
"""Tag that is written with it: the number of the version that the alias points to."""
PREVIOUS_TAG: Final = "sfn-dsl:previous"
"""Tag that is written with it: the number of the version that a rollback goes to. It is the one that was live before; after a
rollback it is the one that is live, so that the same command again changes nothing."""
STACK_TAG: Final = "aws:cloudformation:stack-name"
"""Tag that CloudFormation gives to what it owns."""

Routing = tuple[tuple[int, int], ...]
"""Where an alias points: (version, percent), one or two of them; empty where there is no alias."""

_ALIAS: Final = re.compile(r"(?=.*[a-zA-Z_.-])[a-zA-Z0-9_.-]{1,80}")
_DESCRIPTION: Final = re.compile(r"git:(?P<commit>\S+) build:(?P<digest>[0-9a-f]{64})")


def is_alias_name(name: str) -> bool:
    """Whether an alias can be called so. Source: botocore's model, CharacterRestrictedName."""
    return _ALIAS.fullmatch(name) is not None


def of_alias(tag: str, alias: str) -> str:
    """The key of a tag, such as PUBLISHED_TAG, for an alias."""
    return tag if alias == LIVE else f"{tag}:{alias}"


def version_in(tags: Mapping[str, str], tag: str, alias: str) -> int:
    """The number of a version that VERSION_TAG or PREVIOUS_TAG holds for an alias; 0 without one."""
    value = tags.get(of_alias(tag, alias), "")
    return int(value) if value.isdecimal() else 0


def wanted_tags(desired: Desired, project: str, alias: str) -> dict[str, str]:
    """The tags of a machine whose alias points to what `desired` says, but for the numbers of versions."""
    return {**desired.tags, PROJECT_TAG: project, of_alias(PUBLISHED_TAG, alias): desired.digest}


def whole_routing(version: int) -> Routing:
    """Where an alias points that sends all executions to one version."""
    return ((version, 100),)


def describe_version(commit: str, digest: str) -> str:
    """The description of a published version."""
    return f"git:{commit} build:{digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A published version. `created_at`: milliseconds since 1970."""

    number: int
    description: str = ""
    created_at: int = 0

    @property
    def commit(self) -> str:
        """The git commit it was built at; empty where somebody else has published it."""
        match = _DESCRIPTION.fullmatch(self.description)
        return match["commit"] if match else ""

    @property
    def digest(self) -> str:
        """The hash of what was published; empty where somebody else has published it."""
        match = _DESCRIPTION.fullmatch(self.description)
        return match["digest"] if match else ""

    @property
    def built(self) -> str:
        """What tells whether versions in two Regions, whose hashes differ, are one build: the commit, else the number."""
        return self.commit or f"version {self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A state machine that exists. `status`: ACTIVE or DELETING. `settings`: type, logging, tracing, encryption as AWS says them.

    `whole`: everything has been read. Where the tags, one look at a machine and one at its alias say that there is nothing to do,
    versions and executions are not asked for, and are empty here. `versions`: numbers, newest first; `newest`: the first of them;
    `published`: definition and settings of the version that carries the hash of the tag, where a person has changed the machine
    since; `alarms`: names of those that are watched while the alias moves in steps; `running`: open executions by version, under 0
    those without one; `redrivable`: failed ones of the last 14 days, counted where a state has a new name; `digest`: the hash of
    what is there now.
    """

    region: str
    name: str
    arn: str
    status: str
    definition: str
    role_arn: str
    settings: Mapping[str, Any]
    revision: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    whole: bool = True
    versions: tuple[int, ...] = ()
    newest: Version | None = None
    published: Live | None = None
    routing: Routing = ()
    alarms: tuple[str, ...] = ()
    running: Mapping[int, int] = field(default_factory=dict)
    redrivable: int = 0
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", fingerprint(self.definition, self.role_arn, self.settings))

    @property
    def known(self) -> frozenset[str]:
        """Hashes that were published: that of the tag and that of the newest version, for a run may have been killed in between."""
        newest = self.newest.digest if self.newest is not None else ""
        tagged = {value for key, value in self.tags.items() if key.startswith(PUBLISHED_TAG)}
        return frozenset({*tagged, newest} - {""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was found in a Region. `machines`: those that the build has or that carry the project's tag, by name. `missing`: ARNs of
    roles and log groups that the build names and that do not exist; looked for only where something is to be done."""

    region: str
    machines: Mapping[str, Live]
    missing: tuple[str, ...] = ()
