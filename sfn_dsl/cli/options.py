"""Options that several commands have, and how they load a project."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from sfn_dsl.building import Build
from sfn_dsl.cli.main import Session
from sfn_dsl.configuration import Project
from sfn_dsl.diagnostic import Severity
from sfn_dsl.formats.text import render

__all__ = ["complain", "selection"]

Command = TypeVar("Command", bound=Callable[..., object])


def selection(function: Command) -> Command:
    """`-s/--select`, `-r/--region` and `--env`, and names as arguments."""
    function = click.option("--env", "environment", help="Only this environment of setup.cfg.", metavar="NAME")(function)
    function = click.option("-r", "--region", "regions", multiple=True, help="Only this Region; repeatable.", metavar="REGION")(
        function
    )
    function = click.option(
        "-s", "--select", "selected", multiple=True, help="Only pipelines with this name or pattern; repeatable.", metavar="NAME"
    )(function)
    return click.argument("names", nargs=-1, metavar="[PIPELINES]...")(function)


def complain(session: Session, project: Project, build: Build) -> None:
    """Print the findings of a build to stderr, with a line that counts them."""
    if not build.diagnostics:
        return
    click.echo(render(build.diagnostics, project.root, session.paint), err=True)
    errors = sum(found.severity is Severity.ERROR for found in build.diagnostics)
    others = len(build.diagnostics) - errors
    click.echo(f"Found {_count(errors, 'error')}" + (f", {_count(others, 'remark')}" if others else "") + ".", err=True)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
