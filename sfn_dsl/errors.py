"""The exception tree.

SfnError                    everything this package raises on purpose
├── DeclarationError        a pipeline is declared wrongly (exit code 1)
├── DefinitionError         a document is not an ASL definition (exit code 1)
├── ConfigError             setup.cfg is wrong (exit code 2)
└── EnvironmentFault        the file system, git or an optional package is in the way (exit code 2)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sfn_dsl.span import Span

__all__ = ["ConfigError", "DeclarationError", "DefinitionError", "EnvironmentFault", "SfnError"]


class SfnError(Exception):
    """Base of every error raised on purpose; `str(error)` is one sentence for a person.

    `help` says what to do, `span` where the user wrote the cause, when that is known. `others`: what else is wrong.
    """

    exit_code = 2
    others: tuple[SfnError, ...] = ()

    def __init__(self, message: str, *, help: str = "", span: Span | None = None) -> None:
        super().__init__(message)
        self.help = help
        self.span = span


class DeclarationError(SfnError):
    """A pipeline or one of its expressions is declared in a way that has no meaning."""

    exit_code = 1


class DefinitionError(SfnError):
    """A document cannot be read as an Amazon States Language definition."""

    exit_code = 1


class ConfigError(SfnError):
    """`setup.cfg` is malformed or says something that cannot be."""


class EnvironmentFault(SfnError):
    """The file system, git or a missing package stops the work."""
