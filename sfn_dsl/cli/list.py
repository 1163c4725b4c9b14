"""`list`: pipelines and what they become."""

from __future__ import annotations

import json

import click

from sfn_dsl.asl.walk import count_states
from sfn_dsl.cli.main import EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.options import make, selection

__all__ = ["command"]


@click.command("list")
@selection
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@click.pass_obj
def command(
    session: Session,
    names: tuple[str, ...],
    selected: tuple[str, ...],
    regions: tuple[str, ...],
    environment: str | None,
    output_format: str,
) -> int:
    """List pipelines and what they become, one row per pipeline and target."""
    made = make(session, (*names, *selected), regions, environment)
    project, build = made.project, made.build
    rows = []
    for compiled in sorted(build.compiled, key=lambda item: (item.pipeline.name, item.target.folder)):
        file = compiled.pipeline.span.file.removeprefix(f"{project.root}/")
        rows.append(
            {
                "pipeline": compiled.pipeline.name,
                "target": compiled.target.folder,
                "type": compiled.pipeline.type,
                "language": compiled.pipeline.query_language or project.query_language,
                "states": count_states(compiled.machine),
                "stages": [stage.name for stage in compiled.stages],
                "declared": f"{file}:{compiled.pipeline.span.line}",
            }
        )
    if output_format == "json":
        click.echo(json.dumps(rows, indent=2))
    else:
        click.echo(
            _table(
                [
                    ["PIPELINE", "TARGET", "TYPE", "LANGUAGE", "STATES", "DECLARED"],
                    *([str(row[key]) for key in _COLUMNS] for row in rows),
                ]
            )
        )
    return EXIT_FOUND if build.failed else EXIT_OK


_COLUMNS = ("pipeline", "target", "type", "language", "states", "declared")


def _table(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
