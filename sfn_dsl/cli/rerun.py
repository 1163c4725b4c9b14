"""`rerun`: run a batch again, without the stages that are done."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from sfn_dsl.cli.main import EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.operating import Operation, confirmed, milliseconds, operate, operating, print_json
from sfn_dsl.cli.promote import table_for
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.pipeline import Pipeline, Stage
from sfn_dsl.publish.batch_row import read_row
from sfn_dsl.publish.promotion import read_active
from sfn_dsl.publish.refusal import Refused
from sfn_dsl.publish.rerunning import plan_rerun, reset_row, start_batch
from sfn_dsl.publish.table import ControlTable
from sfn_dsl.triggers.parts import live_arn

__all__ = ["command", "where"]

# The sweeper leaves READY rows that long to whoever rings at the door.
_RIPE_MINUTES = 5


@click.command("rerun")
@click.argument("pipeline")
@click.argument("batch")
@click.option("--from", "from_stage", help="Begin at this stage, even if it is done; by default behind the last one that is.")
@click.option("-r", "--region", help="Where to start; by default in the active Region.", metavar="REGION")
@click.option("--no-start", is_flag=True, help="Leave the start to the sweeper.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@operating
@click.pass_obj
def command(
    session: Session,
    /,
    pipeline: str,
    batch: str,
    from_stage: str | None,
    region: str | None,
    no_start: bool,
    yes: bool,
    **options: Any,
) -> int:
    """Run BATCH of PIPELINE again: a new execution, which skips the stages that are done.

    The batch must have failed or succeeded, or its lease must have run out. The finished attempt is kept in the control table as
    `ATTEMPT#<number>`. If this command is interrupted, give it again.
    """
    operation = operate(session, **options)
    declared = _pipeline(operation, pipeline)
    operation = dataclasses.replace(operation, deployment=declared.deployment or operation.deployment)
    region, table = where(operation, region, no_start)
    row = read_row(table, pipeline, batch)
    if row is None:
        raise Refused(
            f"pipeline `{pipeline}` has no batch `{batch}` in the control table in {table.region}",
            help="look at the spelling, --region and --env; a batch that has never been started needs no re-run",
        )
    stages = [step.name for step in declared.steps if isinstance(step, Stage)]
    plan = plan_rerun(row, stages, from_stage=from_stage, now=milliseconds())
    state = "waits already" if plan.waiting else f"is {row.status}"
    operation.say(f"{pipeline} {batch} {state}, attempt {row.attempt}")
    operation.say(f"  attempt: {plan.attempt}")
    operation.say(f"    skips: {', '.join(plan.skipped) or '-'}")
    operation.say(f"     runs: {', '.join(plan.runs) or ('what follows the stages' if stages else 'everything')}")
    if not confirmed("Run it again?", yes):
        operation.say("Nothing was changed.")
        return EXIT_FOUND
    ready = reset_row(table, plan, now=milliseconds())
    started = None
    if no_start:
        operation.say(f"It starts within {operation.deployment.sweep_minutes + _RIPE_MINUTES} minutes, by the sweeper.")
    else:
        operation.tell_samples(operation.pipelines())
        started = start_batch(operation.clients, ready, live_arn(operation.target(region), pipeline), region)
        operation.say(f"{'exists already' if started.existed else 'started'}: {started.arn}")
        if started.existed:
            operation.say("If that execution has ended, the sweeper starts the batch under another name.")
    if operation.as_json:
        print_json(
            {
                "pipeline": pipeline,
                "batch": batch,
                "attempt": plan.attempt,
                "skipped": plan.skipped,
                "runs": plan.runs,
                "execution": started.arn if started else None,
            }
        )
    return EXIT_OK


def _pipeline(operation: Operation, name: str) -> Pipeline:
    known = {pipeline.name: pipeline for pipeline in operation.pipelines()}
    if name not in known:
        hint = did_you_mean(name, known) or f"the project has {', '.join(sorted(known)) or 'none'}"
        raise Refused(f"no pipeline is called `{name}`", help=hint)
    if known[name].control is None:
        raise Refused(
            f"pipeline `{name}` keeps no rows in the control table, so nothing of it can be skipped",
            help="give it `control=Control(...)`; start it as a new execution meanwhile",
        )
    return known[name]


def where(operation: Operation, region: str | None, no_start: bool) -> tuple[str, ControlTable]:
    """The Region to start in, and the copy of the table to work on. Raises Refused for a Region that stands by."""
    deployment = operation.deployment
    wanted = operation.target(region or deployment.active).region
    if not deployment.gated:
        return wanted, table_for(operation, wanted)
    if region is None:
        active = read_active(table_for(operation, *deployment.regions), deployment).region
        return active, table_for(operation, active)
    table = table_for(operation, wanted)
    active = read_active(table, deployment).region
    if active != wanted and not no_start:
        raise Refused(
            f"{wanted} stands by: {active} is the active Region, and {wanted} would park the batch",
            help=f"leave --region out, say --region {active}, or promote {wanted}",
        )
    return wanted, table
