"""`status`: what runs where."""

from __future__ import annotations

from typing import Any

import click

from sfn_dsl.cli.main import EXIT_OK, Session
from sfn_dsl.cli.operating import moment, operate, operating, print_json
from sfn_dsl.cli.publishing import chosen_targets, named_machines, placing
from sfn_dsl.formats.plans import status_json, status_text
from sfn_dsl.publish.status import statuses

__all__ = ["command"]


@click.command("status")
@click.argument("machines", nargs=-1)
@placing
@operating
@click.pass_obj
def command(session: Session, /, machines: tuple[str, ...], regions: tuple[str, ...], alias: str, **options: Any) -> int:
    """Show alias, versions, open executions and the last one, per machine and Region. A star stands behind the active Region of
    setup.cfg."""
    operation = operate(session, **options)
    chosen = named_machines(operation, chosen_targets(operation, regions), machines)
    found = statuses(operation.clients, chosen, alias=alias)
    if operation.as_json:
        print_json(status_json(found))
    else:
        operation.say(status_text(found, moment))
    return EXIT_OK
