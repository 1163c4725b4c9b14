"""Options that several commands have, and how they load a project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import click

from sfn_dsl.building import Build, build_project
from sfn_dsl.cli.main import Session
from sfn_dsl.configuration import Project, find_project, together
from sfn_dsl.costs.names import check_pipelines, check_states
from sfn_dsl.diagnostic import Severity
from sfn_dsl.errors import ConfigError
from sfn_dsl.formats.text import render
from sfn_dsl.project import Loaded, load_pipelines

if TYPE_CHECKING:
    from sfn_dsl.checking.selection import Selection

__all__ = ["Made", "make", "selection"]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A project, its pipelines, and the build of those that were selected. `narrowed`: the options left something out."""

    project: Project
    loaded: Loaded
    build: Build
    narrowed: bool


def make(
    session: Session,
    patterns: tuple[str, ...],
    regions: tuple[str, ...],
    environment: str | None,
    *,
    complain: bool = True,
    selecting: Callable[[Project], Selection] | None = None,
) -> Made:
    """Load the project and build what the options select, in memory; print the findings to stderr (if `complain`). `selecting`:
    which rules judge the definitions, if not those of a build.

    Raises ConfigError for what is wrong with setup.cfg, after the findings of the pipelines are printed.
    """
    project = find_project(session.directory, lenient=True)
    loaded = load_pipelines(project)
    targets = project.chosen_targets(regions, environment)
    try:
        chosen = loaded.select(patterns)
    except ConfigError as error:
        if not loaded.diagnostics:
            raise
        # It may stand in a file that could not be loaded; that is told below.
        click.echo(f"error: {error}\n", err=True)
        chosen = ()
    build = build_project(project, loaded, chosen, targets, selecting(project) if selecting is not None else None)
    if not build.failed and not project.faults:
        check_pipelines(project.rates, (pipeline.name for pipeline in loaded.pipelines))
        if not patterns:
            check_states(project.rates, (*build.compiled, *build.machines))
    if complain or project.faults:
        _complain(session, project, build)
    if project.faults:
        raise together(project.faults)
    return Made(project=project, loaded=loaded, build=build, narrowed=bool(patterns or regions or environment))


def _complain(session: Session, project: Project, build: Build) -> None:
    """Print the findings of a build to stderr, with a line that counts them."""
    if not build.diagnostics:
        return
    click.echo(render(build.diagnostics, project.root, session.paint), err=True)
    errors = sum(found.severity is Severity.ERROR for found in build.diagnostics)
    others = len(build.diagnostics) - errors
    click.echo(f"Found {_count(errors, 'error')}" + (f", {_count(others, 'remark')}" if others else "") + ".", err=True)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
