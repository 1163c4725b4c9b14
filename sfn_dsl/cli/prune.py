"""`prune`: delete versions that nothing uses."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from sfn_dsl.cli.main import EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.operating import confirmed, milliseconds, operate, operating, print_json
from sfn_dsl.cli.publishing import chosen_targets, named_machines, owned
from sfn_dsl.publish.pruning import KEEP, plan_pruning, prune

__all__ = ["command"]


@click.command("prune")
@click.argument("machines", nargs=-1)
@click.option("--keep", type=click.IntRange(2), default=KEEP, show_default=True, help="The newest versions that stay.", metavar="N")
@click.option("--dry-run", is_flag=True, help="Show what would go.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("-r", "--region", "regions", multiple=True, help="Only this Region; repeatable.", metavar="REGION")
@operating
@click.pass_obj
def command(
    session: Session,
    /,
    machines: tuple[str, ...],
    keep: int,
    dry_run: bool,
    yes: bool,
    regions: tuple[str, ...],
    **options: Any,
) -> int:
    """Delete old versions. Those stay that an alias, an open execution or one that can still be redriven uses."""
    operation = operate(session, **options)
    owned(operation)
    chosen = named_machines(operation, chosen_targets(operation, regions), machines)
    found = plan_pruning(operation.clients, chosen, project=operation.project.name, keep=keep, now=milliseconds())
    work = [one for one in found if one.versions]
    for one in work:
        used = f"; {', '.join(map(str, one.used))} in use" if one.used else ""
        operation.say(f"{one.region}  {one.name}  versions {', '.join(map(str, one.versions))} go, {one.kept} stay{used}")
    code = EXIT_OK
    if not work:
        operation.say("Nothing to prune.")
    elif dry_run:
        operation.say("Nothing was changed: --dry-run.")
    elif not confirmed("Delete these versions?", yes):
        operation.say("Nothing was changed.")
        code = EXIT_FOUND
    else:
        prune(operation.clients, work, lambda region, name, number: operation.say(f"{region}  {name}  version {number} is deleted"))
    if operation.as_json:
        print_json([dataclasses.asdict(one) for one in found])
    return code
