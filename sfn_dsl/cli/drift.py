"""`drift`: what was changed by hand since it was published."""

from __future__ import annotations

from typing import Any

import click

from sfn_dsl.cli.main import EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.operating import operate, operating, print_json
from sfn_dsl.cli.publishing import chosen_targets, named_machines, owned, placing
from sfn_dsl.formats.plans import drift_json, drift_text
from sfn_dsl.publish.desired import read_desired
from sfn_dsl.publish.drifting import drift

__all__ = ["command"]


@click.command("drift")
@click.argument("machines", nargs=-1)
@placing
@operating
@click.pass_obj
def command(session: Session, /, machines: tuple[str, ...], regions: tuple[str, ...], alias: str, **options: Any) -> int:
    """Compare what runs with what was last published; exit 1 when they differ. Without MACHINES, those that the project no longer
    has are listed too.

    Whether build/ is newer than what was published does not count; `publish --dry-run` shows that.
    """
    operation = operate(session, **options)
    owned(operation, help="`aws cloudformation detect-stack-drift` tells what was changed by hand")
    targets = chosen_targets(operation, regions)
    names = {name for _, name in named_machines(operation, targets, machines)}
    desired = read_desired(operation.project.build, targets, names)
    found = drift(desired, operation.clients, project=operation.project.name, alias=alias, whole=() if machines else targets)
    if operation.as_json:
        print_json(drift_json(found))
    else:
        operation.say(drift_text(found, session.paint))
    return EXIT_FOUND if any(one.found != "none" for one in found) else EXIT_OK
