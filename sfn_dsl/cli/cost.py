"""`cost`: what a pipeline costs in each Region, and how long it takes."""

from __future__ import annotations

import click

from sfn_dsl.cli.main import EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.options import make
from sfn_dsl.costs.system import system_cost
from sfn_dsl.errors import ConfigError
from sfn_dsl.formats.costs import cost_json, cost_text

__all__ = ["command"]


@click.command("cost")
@click.argument("name", metavar="PIPELINE")
@click.option("--rate", type=click.FloatRange(0), help="Runs a month; by default those of its schedule, else 30.", metavar="RUNS")
@click.option("-r", "--region", "regions", multiple=True, help="Only this Region; repeatable.", metavar="REGION")
@click.option("--env", "environment", help="Only this environment of setup.cfg.", metavar="NAME")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@click.pass_obj
def command(
    session: Session, name: str, rate: float | None, regions: tuple[str, ...], environment: str | None, output_format: str
) -> int:
    """Say what PIPELINE costs per run and month in each Region, how long a run takes, and how long it can take.

    A run of the sample input is simulated. Orchestration has list prices; jobs have those of setup.cfg (`rate.glue_dpu_hour`,
    `rate.lambda_gb_second`, ...), else they are not priced. Durations of jobs: `expected.<state or service>`.
    """
    made = make(session, (), regions, environment)
    if made.build.failed:
        return EXIT_FOUND
    [pipeline, *others] = made.loaded.select((name,))
    if others:
        raise ConfigError(f"`{name}` means `{others[0].name}` too", help="name one pipeline")
    build = made.build
    own = [one for one in build.compiled if one.pipeline.name == pipeline.name]
    found = system_cost(build.wiring.pipelines[pipeline.name], own, (*build.compiled, *build.machines), made.project.rates, rate)
    click.echo(cost_json(found) if output_format == "json" else cost_text(found))
    return EXIT_OK
