"""`diff`: what changed, state by state."""

from __future__ import annotations

from pathlib import Path

import click

from sfn_dsl.asl.model import StateMachine
from sfn_dsl.asl.read import read
from sfn_dsl.building import Build, definition_file
from sfn_dsl.cli.main import EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.options import Made, make, selection
from sfn_dsl.diff import Edit, diff
from sfn_dsl.errors import ConfigError, DefinitionError, EnvironmentFault
from sfn_dsl.formats.edits import Comparison, render
from sfn_dsl.history import file_at, files_at

__all__ = ["command"]


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
    found = _with_file(made.build, file) if file.is_file() else _with_ref(made, against)
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


def _with_file(build: Build, file: Path) -> list[Comparison]:
    if len({compiled.pipeline.name for compiled in build.compiled}) != 1:
        raise ConfigError(
            "a file is compared with one pipeline", help="name the pipeline, for instance `sfn-dsl diff NAME --against FILE`"
        )
    try:
        old = _machine(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentFault(f"{file} cannot be read: {error}") from None
    entries = [(c.pipeline.name, c.target.folder, "changed", diff(old, c.machine)) for c in build.compiled]
    return _folded([entry for entry in entries if entry[3]])


def _with_ref(made: Made, ref: str) -> list[Comparison]:
    project = made.project
    entries: list[tuple[str, str, str, tuple[Edit, ...]]] = []
    seen: set[str] = set()
    for compiled in (*made.build.compiled, *made.build.machines):
        name, folder = compiled.pipeline.name, compiled.target.folder
        path = (project.build / folder / definition_file(name)).relative_to(project.root).as_posix()
        seen.add(path)
        text = file_at(project.root, ref, path)
        old = StateMachine() if text is None else _machine(text, f"{ref}:{path}")
        edits = diff(old, compiled.machine)
        if edits:
            entries.append((name, folder, "added" if text is None else "changed", edits))
    if not made.narrowed:
        base = project.build.relative_to(project.root).as_posix()
        for path in files_at(project.root, ref, base):
            folder, _, file = path.removeprefix(f"{base}/").rpartition("/")
            # Also of target folders that the project no longer has.
            if file.endswith(".asl.json") and path not in seen:
                text = file_at(project.root, ref, path) or "{}"
                entries.append((file.removesuffix(".asl.json"), folder, "removed", diff(_machine(text, path), StateMachine())))
    return _folded(entries)


def _folded(entries: list[tuple[str, str, str, tuple[Edit, ...]]]) -> list[Comparison]:
    """Entries of one pipeline that say the same are one, for all their target folders."""
    groups: dict[tuple[str, str, tuple[Edit, ...]], list[str]] = {}
    for name, folder, status, edits in entries:
        groups.setdefault((name, status, edits), []).append(folder)
    return [Comparison(name, tuple(folders), status, edits) for (name, status, edits), folders in groups.items()]
