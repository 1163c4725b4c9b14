"""`failback`: let the Region work again that works from the beginning."""

from __future__ import annotations

from typing import Any

import click

from sfn_dsl.cli.main import EXIT_FOUND, Session
from sfn_dsl.cli.operating import milliseconds, moment, operate, operating, print_json
from sfn_dsl.cli.promote import make_active, table_for
from sfn_dsl.publish.batch_row import running_rows
from sfn_dsl.publish.promotion import check_region

__all__ = ["command"]


@click.command("failback")
@click.option("--reason", default="failback", help="Why; it is kept beside the Region.", metavar="TEXT")
@click.option("--now", "at_once", is_flag=True, help="Even while the other Region still works on batches.")
@click.option("--fenced", is_flag=True, help="The other Region has been fenced off (gate mrec-manual).")
@click.option("--dry-run", is_flag=True, help="Show what would change.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@operating
@click.pass_obj
def command(session: Session, /, reason: str, at_once: bool, fenced: bool, dry_run: bool, yes: bool, **options: Any) -> int:
    """Promote the Region that setup.cfg calls `active`, once the other one has nothing in work.

    Batches in work there may finish where they are: their lease protects them, not the active Region. `--now` does not wait for
    them. Before you fail back, the data must have come back: this command does not look at it.
    """
    operation = operate(session, **options)
    deployment = operation.deployment
    region = deployment.active
    check_region(deployment, region)
    table = table_for(operation, region)
    names = [pipeline.name for pipeline in operation.pipelines() if pipeline.control is not None]
    other = deployment.peer(region)
    rows = running_rows(table, names, other, milliseconds()) if other is not None else ()
    for row in rows:
        operation.say(
            f"in work in {row.region}: {row.pipeline} {row.batch}, lease until {moment(row.lease_until)}, {row.execution}"
        )
    if rows and not at_once:
        click.echo(f"error: {other} still works on {len(rows)} batch{'es' if len(rows) > 1 else ''}", err=True)
        click.echo("help: wait, or say --now: they finish where they are, because their leases protect them", err=True)
        if operation.as_json:
            running = [{"pipeline": row.pipeline, "batch": row.batch, "execution": row.execution} for row in rows]
            print_json({"changed": False, "running": running})
        return EXIT_FOUND
    return make_active(operation, table, region, reason=reason, fenced=fenced, dry_run=dry_run, yes=yes)
