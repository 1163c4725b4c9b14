"""`build`: compile pipelines into `build/`."""

from __future__ import annotations

import difflib
import time

import click

from sfn_dsl.asl.walk import count_states
from sfn_dsl.building import Build, retired_folders
from sfn_dsl.cli.main import EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.options import make, selection
from sfn_dsl.configuration import Project
from sfn_dsl.output import Change, Comparison, compare, write

__all__ = ["command"]


@click.command("build")
@selection
@click.option("--check", is_flag=True, help="Change nothing; exit 1 and print the differences if build/ is stale.")
@click.option("--diff", "show_diff", is_flag=True, help="Print what changes in the files.")
@click.pass_obj
def command(
    session: Session,
    names: tuple[str, ...],
    selected: tuple[str, ...],
    regions: tuple[str, ...],
    environment: str | None,
    check: bool,
    show_diff: bool,
) -> int:
    """Compile pipelines into build/, per Region.

    Every definition is checked against the schema of the language. When anything is wrong, all findings are printed and
    build/ stays as it was.
    """
    started = time.perf_counter()
    made = make(session, (*names, *selected), regions, environment)
    project, build = made.project, made.build
    if build.failed:
        click.echo("Nothing was written.", err=True)
        return EXIT_FOUND
    if not made.loaded.pipelines:
        click.echo(f"note: no pipeline is declared in {project.pipelines.name}/ (`pipeline = Pipeline(name=...)`)", err=True)
    found = compare(project.build, build.outputs, () if made.narrowed else retired_folders(project))
    for path in found.strangers:
        click.echo(f"note: {path.relative_to(project.root)} is not ours and stays", err=True)
    if check:
        return _report_stale(session, project, found)
    if show_diff:
        _print_diff(session, project, found.changes)
    write(project.build, found.changes)
    _summary(session, project, build, found, time.perf_counter() - started)
    return EXIT_OK


def _report_stale(session: Session, project: Project, found: Comparison) -> int:
    if not found.changes:
        click.echo(f"build/ is fresh: {found.unchanged} files.", err=True)
        return EXIT_OK
    _print_diff(session, project, found.changes)
    count = len(found.changes)
    click.echo(f"error: build/ is stale: {count} {'file differs' if count == 1 else 'files differ'} from pipelines/", err=True)
    for change in found.changes:
        click.echo(f"  {change.sign} {change.path.relative_to(project.root)}", err=True)
    click.echo("help: run `sfn-dsl build` and commit the result", err=True)
    return EXIT_FOUND


_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def _print_diff(session: Session, project: Project, changes: tuple[Change, ...]) -> None:
    for change in changes:
        name = change.path.relative_to(project.root).as_posix()
        old = "" if change.old is None else change.old
        new = "" if change.new is None else change.new
        lines = difflib.unified_diff(
            old.splitlines(),
            new.splitlines(),
            "/dev/null" if change.old is None else f"a/{name}",
            "/dev/null" if change.new is None else f"b/{name}",
            lineterm="",
        )
        for line in lines:
            colour = _COLOURS.get(line[:1])
            click.echo(session.paint(line, colour) if colour else line)


def _summary(session: Session, project: Project, build: Build, found: Comparison, seconds: float) -> None:
    signs = {change.path: change for change in found.changes}
    words = {"+": "new", "~": "changed", "-": "removed"}
    for compiled in build.compiled:
        name = compiled.pipeline.name
        change = signs.get(project.build / compiled.target.folder / f"{name}.asl.json")
        if change is not None:
            states = count_states(compiled.machine)
            word = "state " if states == 1 else "states"
            click.echo(f"  {compiled.target.folder:<16}{name:<32}{states:>4} {word}   {words[change.sign]}")
    written = sum(change.new is not None for change in found.changes)
    removed = len(found.changes) - written
    total = written + found.unchanged
    extra = f", removed {removed}" if removed else ""
    click.echo(f"Built {written} of {total} files in {seconds:.2f} s ({found.unchanged} unchanged{extra}).")
