"""`diff`: what changed, state by state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import click

from sfn_dsl.asl.model import StateMachine
from sfn_dsl.asl.read import read
from sfn_dsl.building import definition_file
from sfn_dsl.cli.main import EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.options import Made, make, selection
from sfn_dsl.compile.machine import Compiled
from sfn_dsl.costs.system import transitions_of
from sfn_dsl.diff import Edit, diff
from sfn_dsl.errors import ConfigError, DefinitionError, EnvironmentFault
from sfn_dsl.formats.edits import Comparison, render
from sfn_dsl.history import file_at, files_at

__all__ = ["command"]

_Entry: TypeAlias = tuple[str, str, str, tuple[Edit, ...], tuple[int, int] | None]
"""Name, target folder, status, edits, transitions."""


@click.command("diff")
@selection
@click.option(
    "--against",
    default="HEAD",
    show_default=True,
    help="A git ref, whose build/ is compared, or an .asl.json file.",
    metavar="REF|FILE",
)
@click.option("--output-format", type=click.Choice(["text", "markdown", "json"]), default="text", help="How to print.")
@click.option("--exit-code", is_flag=True, help="Exit 1 if anything differs.")
@click.pass_obj
def command(
    session: Session,
    names: tuple[str, ...],
    selected: tuple[str, ...],
    regions: tuple[str, ...],
    environment: str | None,
    against: str,
    output_format: str,
    exit_code: bool,
) -> int:
    """Show what changed in the definitions: states added, removed, renamed, and fields of states.

    The pipelines as they are declared now are compared with build/ at a git ref, or with one definition in a file. Changes
    that are the same in several Regions are shown once.
    """
    made = make(session, (*names, *selected), regions, environment)
    if made.build.failed:
        return EXIT_FOUND
    file = session.directory / against
    found = _with_file(made, file) if file.is_file() else _with_ref(made, against)
    if found or output_format == "json":
        click.echo(render(found, output_format, session.paint))
    else:
        click.echo("No differences.", err=True)
    return EXIT_FOUND if found and exit_code else EXIT_OK


def _machine(text: str, name: str) -> StateMachine:
    try:
        return read(text).machine
    except DefinitionError as error:
        raise EnvironmentFault(f"{name}: {error}", help="compare with another ref, or mend the file") from None


def _with_file(made: Made, file: Path) -> list[Comparison]:
    build = made.build
    if len({compiled.pipeline.name for compiled in build.compiled}) != 1:
        raise ConfigError(
            "a file is compared with one pipeline", help="name the pipeline, for instance `sfn-dsl diff NAME --against FILE`"
        )
    try:
        old = _machine(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentFault(f"{file} cannot be read: {error}") from None
    entries: list[_Entry] = []
    for one in build.compiled:
        edits = diff(old, one.machine)
        if edits:
            counts = _transitions(made, one, old)
            entries.append((one.pipeline.name, one.target.folder, "changed", edits, counts))
    return _folded(entries)


def _with_ref(made: Made, ref: str) -> list[Comparison]:
    project = made.project
    entries: list[_Entry] = []
    seen: set[str] = set()
    for compiled in (*made.build.compiled, *made.build.machines):
        name, folder = compiled.pipeline.name, compiled.target.folder
        path = (project.build / folder / definition_file(name)).relative_to(project.root).as_posix()
        seen.add(path)
        text = file_at(project.root, ref, path)
        old = StateMachine() if text is None else _machine(text, f"{ref}:{path}")
        edits = diff(old, compiled.machine)
        if edits:
            counts = None if text is None else _transitions(made, compiled, old)
            entries.append((name, folder, "added" if text is None else "changed", edits, counts))
    if not made.narrowed:
        base = project.build.relative_to(project.root).as_posix()
        for path in files_at(project.root, ref, base):
            folder, _, file = path.removeprefix(f"{base}/").rpartition("/")
            # Also of target folders that the project no longer has.
            if file.endswith(".asl.json") and path not in seen:
                text = file_at(project.root, ref, path) or "{}"
                edits = diff(_machine(text, path), StateMachine())
                entries.append((file.removesuffix(".asl.json"), folder, "removed", edits, None))
    return _folded(entries)


def _transitions(made: Made, compiled: Compiled, old: StateMachine) -> tuple[int, int] | None:
    """Transitions of a successful run before and now; None where they are the same, or where one of the machines has none."""
    build, rates = made.build, made.project.rates
    counts = [transitions_of(one, (*build.compiled, *build.machines), rates) for one in (replace(compiled, machine=old), compiled)]
    match counts:
        case [int(before), int(now)] if before != now:
            return before, now
        case _:
            return None


def _folded(entries: list[_Entry]) -> list[Comparison]:
    """Entries of one pipeline that say the same are one, for all their target folders."""
    groups: dict[tuple[str, str, tuple[Edit, ...], tuple[int, int] | None], list[str]] = {}
    for name, folder, status, edits, counts in entries:
        groups.setdefault((name, status, edits, counts), []).append(folder)
    return [Comparison(name, tuple(folders), status, edits, counts) for (name, status, edits, counts), folders in groups.items()]
