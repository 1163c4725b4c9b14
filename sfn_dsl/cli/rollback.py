"""`rollback`: let the alias point to what was published before."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from sfn_dsl.cli.main import EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.operating import confirmed, operate, operating, print_json
from sfn_dsl.cli.publishing import chosen_targets, named_machines, owned, placing
from sfn_dsl.publish.moving import routing_text
from sfn_dsl.publish.rolling_back import Turn, plan_rollback, roll_back

__all__ = ["command"]


@click.command("rollback")
@click.argument("pipeline")
@click.option("--to", type=click.IntRange(1), help="This version; by default the one before the present one.", metavar="VERSION")
@click.option("--dry-run", is_flag=True, help="Show what would change.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@placing
@operating
@click.pass_obj
def command(
    session: Session,
    /,
    pipeline: str,
    to: int | None,
    dry_run: bool,
    yes: bool,
    regions: tuple[str, ...],
    alias: str,
    **options: Any,
) -> int:
    """Point the alias of PIPELINE back, in all Regions, the passive one first.

    It takes effect within seconds. Executions that run go on as they were started. `publish` points the alias forward again.
    """
    operation = operate(session, **options)
    owned(operation)
    targets = chosen_targets(operation, regions)
    named_machines(operation, targets, [pipeline])
    turns = plan_rollback(operation.clients, targets, pipeline, project=operation.project.name, alias=alias, to=to)
    for turn in turns:
        built = f", built at {turn.to.commit[:12]}" if turn.to.commit else ""
        operation.say(f"{turn.region}  {alias}: {routing_text(turn.before)} -> version {turn.to.number}{built}")
    made: list[Turn] = []
    code = EXIT_OK
    if dry_run:
        operation.say("Nothing was changed: --dry-run.")
    elif not confirmed(f"Roll {pipeline} back?", yes):
        operation.say("Nothing was changed.")
        code = EXIT_FOUND
    else:

        def report(turn: Turn) -> None:
            made.append(turn)
            operation.say(f"{turn.region}  {alias} points to version {turn.to.number}")

        roll_back(operation.clients, turns, report)
    if operation.as_json:
        print_json([{**dataclasses.asdict(turn), "changed": turn in made} for turn in turns])
    return code
