"""`promote`: let the other Region work."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from sfn_dsl.cli.main import EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.operating import Operation, confirmed, milliseconds, moment, operate, operating, print_json, who
from sfn_dsl.publish.clients import Unreachable
from sfn_dsl.publish.promotion import Active, check_region, promote, read_active
from sfn_dsl.publish.refusal import Refused
from sfn_dsl.publish.table import ControlTable, first_answer, table_regions, tables_of

__all__ = ["command", "make_active", "table_for"]


@click.command("promote")
@click.argument("region")
@click.option("--reason", default="", help="Why; it is kept beside the Region.", metavar="TEXT")
@click.option("--fenced", is_flag=True, help="The other Region has been fenced off (gate mrec-manual).")
@click.option("--dry-run", is_flag=True, help="Show what would change.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@operating
@click.pass_obj
def command(session: Session, /, region: str, reason: str, fenced: bool, dry_run: bool, yes: bool, **options: Any) -> int:
    """Let REGION be the one that works: its pipelines start batches from now on, those of the other Region stand by.

    One conditional write to the control table; of two people who promote at once, one is told that the other came first. Executions
    that run elsewhere go on as long as they renew their leases.
    """
    operation = operate(session, **options)
    check_region(operation.deployment, region)
    table = table_for(operation, region)
    return make_active(operation, table, region, reason=reason, fenced=fenced, dry_run=dry_run, yes=yes)


def table_for(operation: Operation, *regions: str) -> ControlTable:
    """The copy of the control table to work on for a Region, or for the first of several: the first one that answers."""
    deployment = operation.deployment
    copies = dict.fromkeys(copy for region in regions for copy in table_regions(deployment, region))

    def answers(table: ControlTable) -> ControlTable:
        read_active(table, deployment)
        return table

    def silent(fault: Unreachable) -> None:
        click.echo(f"warning: {fault}; the next copy of the table is asked", err=True)

    return first_answer(tables_of(operation.clients, deployment, copies), answers, silent)


def make_active(
    operation: Operation, table: ControlTable, region: str, *, reason: str, fenced: bool, dry_run: bool, yes: bool
) -> int:
    """Promote a Region, with what is said before and after; the exit code."""
    deployment = operation.deployment
    before = read_active(table, deployment)
    if before.region == region:
        operation.say(f"{region} is the active Region already ({_since(before)}). Nothing was written.")
        return _printed(operation, before, before)
    operation.say(f"active Region: {before.region} ({_since(before)})")
    operation.say(
        f"          now: {region} (epoch {before.epoch + 1}), by the copy of {operation.deployment.table} in {table.region}"
    )
    if deployment.gate == "mrec-manual" and not fenced:
        raise Refused(
            f"with gate `mrec-manual` {before.region} does not see this before the table is replicated, and could do the same work",
            help=f"fence {before.region} off first (disable its rules and schedules, take its access to the sink away), "
            "then say --fenced",
        )
    if dry_run:
        operation.say("Nothing was written: --dry-run.")
        return _printed(operation, before, before)
    if not confirmed(f"Promote {region}?", yes):
        operation.say("Nothing was changed.")
        return EXIT_FOUND
    by = who(operation.clients, table.region)
    after = promote(table, before, region, by=by, reason=reason, now=milliseconds())
    operation.say(f"{region} is the active Region now ({_since(after)}).")
    operation.say(
        f"Parked and waiting batches start in {region} within {deployment.sweep_minutes} minutes. What runs in {before.region} may "
        "finish there; a batch whose lease runs out goes on here. Systems that are written to have switches of their own: see "
        "docs/operating.md."
    )
    return _printed(operation, before, after)


def _since(active: Active) -> str:
    if not active.epoch:
        return "as deployed"
    reason = f": {active.reason}" if active.reason else ""
    return f"epoch {active.epoch}, by {active.changed_by} at {moment(active.changed_at)}{reason}"


def _printed(operation: Operation, before: Active, after: Active) -> int:
    if operation.as_json:
        changed = before != after
        print_json({"before": dataclasses.asdict(before), "after": dataclasses.asdict(after), "changed": changed})
    return EXIT_OK
