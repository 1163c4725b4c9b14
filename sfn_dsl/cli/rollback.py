"""`rollback`: let the alias point to what was published before."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from sfn_dsl.cli.main import EXIT_FOUND, EXIT_INTERRUPTED, EXIT_OK, Session
from sfn_dsl.cli.operating import Operation, confirmed, operate, operating, print_json
from sfn_dsl.cli.publishing import chosen_targets, named_machines, owned, placing
from sfn_dsl.publish.committed_build import digest_at
from sfn_dsl.publish.moving import routing_text
from sfn_dsl.publish.rolling_back import Turned, roll_back
from sfn_dsl.publish.turns import Turn, plan_rollback

__all__ = ["command"]


@click.command("rollback")
@click.argument("pipeline")
@click.option(
    "--to", help="This version, or what was built at this commit; by default what was live before.", metavar="VERSION|COMMIT"
)
@click.option("--dry-run", is_flag=True, help="Show what would change.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@placing
@operating
@click.pass_obj
def command(
    session: Session,
    /,
    pipeline: str,
    to: str | None,
    dry_run: bool,
    yes: bool,
    regions: tuple[str, ...],
    alias: str,
    **options: Any,
) -> int:
    """Point the alias of PIPELINE back, in all Regions, the passive one first.

    It takes effect within seconds. Executions that run go on as they were started. The same command again finishes what has stopped
    half-way. `publish` points the alias forward again.
    """
    operation = operate(session, **options)
    owned(operation)
    targets = chosen_targets(operation, regions)
    named_machines(operation, targets, [pipeline])
    turns = plan_rollback(
        operation.clients,
        targets,
        pipeline,
        project=operation.project.name,
        alias=alias,
        to=to,
        digest_at=lambda target, commit: digest_at(operation.project, target, pipeline, commit),
    )
    for turn in turns:
        operation.say(_planned(turn))
    turned = Turned(done=())
    code = EXIT_OK
    if all(turn.done for turn in turns):
        operation.say("Nothing to do. --to goes to another version.")
    elif dry_run:
        operation.say("Nothing was changed: --dry-run.")
    elif not confirmed(f"Roll {pipeline} back?", yes):
        operation.say("Nothing was changed.")
        code = EXIT_FOUND
    else:
        turned = roll_back(
            operation.clients, turns, lambda turn: operation.say(f"{turn.region}  {alias} points to version {turn.to.number}")
        )
    if operation.as_json:
        print_json([_as_json(turn, turned, position) for position, turn in enumerate(turns)])
    return _told(operation, turns, turned) if turned.error is not None or turned.interrupted else code


def _planned(turn: Turn) -> str:
    built = f", built at {turn.to.commit[:12]}" if turn.to.commit else ""
    goal = f"stays at version {turn.to.number}" if turn.done else f"{routing_text(turn.before)} -> version {turn.to.number}"
    return f"{turn.region}  {turn.alias}: {goal}{built}"


def _as_json(turn: Turn, turned: Turned, position: int) -> dict[str, Any]:
    stopped = position == len(turned.done) and (turned.error is not None or turned.interrupted)
    error = str(turned.error or "interrupted") if stopped else ""
    return {**dataclasses.asdict(turn), "changed": position < len(turned.done) and not turn.done, "error": error}


def _told(operation: Operation, turns: tuple[Turn, ...], turned: Turned) -> int:
    """Say how far a rollback has come that has stopped; the exit code."""
    left = [turn.region for turn in turns[len(turned.done) :]]
    done = ", ".join(turn.region for turn in turned.done) or "no Region"
    operation.say(f"Done: {done}. Stopped at {left[0]}. Not begun: {', '.join(left[1:]) or 'none'}. Roll back again to finish.")
    if turned.error is None:
        click.echo("interrupted", err=True)
        return EXIT_INTERRUPTED
    click.echo(f"error: {turned.error}", err=True)
    if turned.error.help:
        click.echo(f"help: {turned.error.help}", err=True)
    return turned.error.exit_code
