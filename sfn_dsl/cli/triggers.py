"""`triggers compare`: all ways to start a pipeline, counted and played in simulated worlds."""

from __future__ import annotations

import click

from sfn_dsl.cli.main import EXIT_OK, Session
from sfn_dsl.configuration import find_project
from sfn_dsl.errors import ConfigError
from sfn_dsl.formats.comparison import to_json_text, to_markdown, to_text
from sfn_dsl.project import load_pipelines
from sfn_dsl.proof.approaches import upstream_of
from sfn_dsl.proof.comparing import compare

__all__ = ["command"]

_WRITERS = {"text": to_text, "markdown": to_markdown, "json": to_json_text}


@click.group("triggers")
def command() -> None:
    """Ways to start a pipeline."""


@command.command("compare")
@click.argument("pipeline")
@click.option("--worlds", type=click.IntRange(1), default=8, show_default=True, help="Worlds of two days per approach.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The first world's seed.")
@click.option("--rate", type=click.IntRange(0), default=30, show_default=True, help="Batches a month, for the cost.")
@click.option("--processes", type=click.IntRange(1), default=None, help="How many work at a time; one per core by default.")
@click.option("--env", "environment", help="The environment of setup.cfg; the first by default.", metavar="NAME")
@click.option("--output-format", type=click.Choice(list(_WRITERS)), default="text", help="How to print.")
@click.pass_obj
def compare_command(
    session: Session,
    pipeline: str,
    worlds: int,
    seed: int,
    rate: int,
    processes: int | None,
    environment: str | None,
    output_format: str,
) -> int:
    """Compare the ways to start PIPELINE: what each needs, how long batches wait, what is lost or done twice, and what it costs.

    The pipeline is built once per approach, with that trigger in place of its own, and runs in worlds where events double and
    Regions stop. The same options give the same figures.
    """
    project = find_project(session.directory)
    loaded = load_pipelines(project)
    [chosen, *others] = loaded.select([pipeline])
    if others:
        raise ConfigError(f"`{pipeline}` is more than one pipeline", help="name one of them")
    targets = project.chosen_targets((), environment or project.targets[0].environment)
    found = compare(
        upstream_of(chosen, loaded.pipelines),
        chosen,
        chosen.deployment or targets[0].deployed,
        targets,
        worlds=worlds,
        seed=seed,
        rate=rate,
        processes=processes,
    )
    click.echo(_WRITERS[output_format](found), nl=False)
    return EXIT_OK
