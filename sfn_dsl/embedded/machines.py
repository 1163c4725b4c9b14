"""State machines as the service keeps them: values that are replaced as a whole by every change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

__all__ = ["MAX_ALIASES", "MAX_VERSIONS", "Alias", "Machine", "Revision", "Version"]

MAX_VERSIONS: Final = 1000
MAX_ALIASES: Final = 100

_NONE: Final[Mapping[Any, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What UpdateStateMachine changes. `id` is None for the first revision, as AWS has it; `updated`: seconds since 1970."""

    id: str | None
    definition: str
    role_arn: str
    logging: Mapping[str, Any]
    tracing: Mapping[str, Any]
    encryption: Mapping[str, Any]
    updated: float

    @property
    def settings(self) -> tuple[str, str, Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]:
        """Everything that makes it differ from another one."""
        return (self.definition, self.role_arn, self.logging, self.tracing, self.encryption)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A published version. `created`: seconds since 1970."""

    number: int
    revision: Revision
    description: str
    created: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """An alias. `routes`: number of a version and its weight in percent, one or two; times in seconds since 1970."""

    name: str
    description: str
    routes: tuple[tuple[int, int], ...]
    created: float
    updated: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A state machine. `type`: STANDARD or EXPRESS. `first`: `publish` and `versionDescription` of its creation.
    `last_version`: the highest number ever given. `deleted`: when its deletion began, None before that; seconds since 1970."""

    arn: str
    name: str
    type: str
    created: float
    first: tuple[bool, str]
    revision: Revision
    versions: Mapping[int, Version] = field(default_factory=lambda: _NONE)
    last_version: int = 0
    aliases: Mapping[str, Alias] = field(default_factory=lambda: _NONE)
    tags: Mapping[str, str] = field(default_factory=lambda: _NONE)
    deleted: float | None = None
