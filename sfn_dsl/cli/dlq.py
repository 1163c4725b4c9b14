"""`dlq`: look into dead-letter queues, send letters again, delete what nobody needs."""

from __future__ import annotations

import dataclasses
from collections import Counter
from functools import partial
from typing import Any

import click

from sfn_dsl.cli.main import EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.operating import Operation, confirmed, milliseconds, operate, operating, print_json
from sfn_dsl.cli.rerun import where
from sfn_dsl.control.rows import SUCCEEDED
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.pipeline import Stage
from sfn_dsl.publish.batch_row import read_row
from sfn_dsl.publish.letter_queues import LetterQueue, delete_letters, find_queues, look_into
from sfn_dsl.publish.letters import Letter
from sfn_dsl.publish.refusal import Refused
from sfn_dsl.publish.republishing import Fate, Outcome, Stays, republish, start
from sfn_dsl.publish.rerunning import plan_rerun, reset_row, start_batch
from sfn_dsl.region import LIVE

__all__ = ["command"]


@click.group("dlq")
def command() -> None:
    """What rules, schedules and functions could not hand over lies in dead-letter queues, and batches that no run could read. A
    batch in there has not been done. Beside them: records of failed job runs."""


@command.command("list")
@click.argument("pipeline", required=False)
@click.option("-r", "--region", help="Only this Region.", metavar="REGION")
@click.option("--limit", type=click.IntRange(1), default=100, help="Look at so many letters of a queue.", show_default=True)
@click.option("--show", is_flag=True, help="Print the letters' bodies, which may hold business data.")
@operating
@click.pass_obj
def list_command(session: Session, /, pipeline: str | None, region: str | None, limit: int, show: bool, **options: Any) -> int:
    """List the dead-letter queues of all pipelines, or of PIPELINE, and what lies in them. Nothing is taken out."""
    operation = operate(session, **options)
    queues = _queues(operation, pipeline, region)
    found = []
    for queue in queues:
        letters = look_into(operation.clients, queue, limit) if queue.count else ()
        found.append(_described(queue, letters, show))
        operation.say(f"{queue.region}  {queue.name}  {queue.count or 'empty'}")
        for letter in letters:
            operation.say(f"  {_line(letter)}")
            if show:
                operation.say(f"    {letter.body}")
        if queue.count > len(letters):
            operation.say(f"  ... and about {queue.count - len(letters)} more")
    if operation.as_json:
        print_json(found)
    elif not queues:
        operation.say("There are no dead-letter queues; are the templates deployed?")
    return EXIT_OK


@command.command("republish")
@click.argument("name", metavar="QUEUE|PIPELINE")
@click.option("-r", "--region", help="Only this Region.", metavar="REGION")
@click.option("--limit", type=click.IntRange(1), default=1000, help="At most so many letters of a queue.", show_default=True)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@operating
@click.pass_obj
def republish_command(session: Session, /, name: str, region: str | None, limit: int, yes: bool, **options: Any) -> int:
    """Send the letters of a queue, or of all queues of a pipeline, again; each is deleted when AWS has taken it. A batch that was
    set aside is run again, as by `rerun`. Records of failed job runs are left alone.

    Sending one twice does no harm: the claim of its batch lets one execution through. What nothing can be made of stays; the exit
    code is 1 then.
    """
    operation = operate(session, **options)
    every = [queue for queue in _queues(operation, name, region) if queue.count]
    queues = [queue for queue in every if queue.kind != "jobs"]
    for queue in every:
        if queue.kind == "jobs":
            operation.say(f"{queue.region}  {queue.name}  {queue.count}: records of failed job runs, of which nothing is missing")
    for queue in queues:
        operation.say(f"{queue.region}  {queue.name}  {queue.count}")
    if not queues:
        operation.say("There is nothing to send.")
    elif not confirmed("Send them again?", yes):
        operation.say("Nothing was changed.")
        return EXIT_FOUND
    else:
        operation.tell_samples(operation.pipelines())
    found: list[dict[str, Any]] = []
    fates: Counter[str] = Counter()
    run_again = partial(_run_again, operation)
    for queue in queues:
        for outcome in republish(operation.clients, queue, bus=operation.deployment.bus, limit=limit, run_again=run_again):
            fates[outcome.fate] += 1
            found.append(_told(queue, outcome))
            operation.say(f"  {outcome.fate}  {_line(outcome.letter)}  {outcome.detail}")
    if operation.as_json:
        print_json(found)
    words = {"sent": "sent", "started": "started", "exists": "started before", "stays": "left where they are"}
    if fates:
        operation.say(", ".join(f"{fates[fate]} {word}" for fate, word in words.items() if fates[fate]))
    return EXIT_FOUND if fates["stays"] else EXIT_OK


@command.command("delete")
@click.argument("name", metavar="QUEUE")
@click.argument("letters", metavar="[LETTER]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All letters of the queue.")
@click.option("-r", "--region", help="Only this Region.", metavar="REGION")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@operating
@click.pass_obj
def delete_command(
    session: Session, /, name: str, letters: tuple[str, ...], everything: bool, region: str | None, yes: bool, **options: Any
) -> int:
    """Delete letters of a queue for good: those whose ids begin with LETTER, as `dlq list` shows them, or --all."""
    if everything == bool(letters):
        raise Refused("it is not said which letters to delete", help="name them as `sfn-dsl dlq list` does, or say --all")
    operation = operate(session, **options)
    chosen = [queue for queue in _queues(operation, name, region) if queue.name == name]
    if not chosen:
        raise Refused(f"`{name}` is a pipeline, and letters are deleted queue by queue", help="`sfn-dsl dlq list` shows the queues")
    doomed = []
    for queue in (queue for queue in chosen if queue.count):
        found = [one for one in look_into(operation.clients, queue, queue.count) if everything or one.id.startswith(letters)]
        doomed.append((queue, found))
        for letter in found:
            operation.say(f"{queue.region}  {_line(letter)}")
    missing = [start for start in letters if not any(one.id.startswith(start) for _, found in doomed for one in found)]
    if missing:
        hint = f"`sfn-dsl dlq list {name}` shows what is there; somebody else may have it in hand for two minutes"
        raise Refused(f"no letter in {name} begins with `{missing[0]}`", help=hint)
    gone: list[dict[str, Any]] = []
    if not any(found for _, found in doomed):
        operation.say("There is nothing to delete.")
    elif not confirmed("Delete them? They cannot be had back.", yes):
        operation.say("Nothing was changed.")
        return EXIT_FOUND
    for queue, found in doomed:
        ids = {letter.id for letter in found}
        deleted = delete_letters(operation.clients, queue, ids)
        gone += [{"region": queue.region, "queue": queue.name, **_row(letter)} for letter in deleted]
    if operation.as_json:
        print_json(gone)
    if gone:
        operation.say(f"{len(gone)} deleted")
    left = sum(len(found) for _, found in doomed) - len(gone)
    if left:
        operation.say(f"{left} could not be found again; look at them in two minutes")
    return EXIT_FOUND if left else EXIT_OK


def _run_again(operation: Operation, queue: LetterQueue, letter: Letter) -> tuple[Fate, str]:
    """Run a batch that was set aside again, as `rerun` does; one without a row by an execution with its input. Raises Stays where
    that cannot be."""
    [pipeline] = [one for one in operation.pipelines() if one.name == queue.pipeline]
    alias = f"stateMachine:{pipeline.name}:{LIVE}"
    region, row = queue.region, None
    if pipeline.control is not None and letter.batch:
        region, table = where(dataclasses.replace(operation, deployment=pipeline.deployment or operation.deployment), None, False)
        row = read_row(table, pipeline.name, letter.batch)
    target = operation.target(region).arn("states", alias)
    if row is None:
        if "input" not in letter.content:
            raise Stays("it holds neither a `batch` that has a row nor an `input`; start it by hand")
        return start(operation.clients, region, letter, target, letter.content["input"])
    if row.status == SUCCEEDED or row.lease_left(milliseconds()):
        return "exists", f"{alias} in {row.region}: the batch is {row.status} since"
    try:
        plan = plan_rerun(row, [step.name for step in pipeline.steps if isinstance(step, Stage)], now=milliseconds())
        ready = reset_row(table, plan, now=milliseconds())
        started = start_batch(operation.clients, ready, target, region)
    except Refused as refusal:
        raise Stays(str(refusal)) from None
    return "exists" if started.existed else "started", f"{alias} in {region}"


def _queues(operation: Operation, name: str | None, region: str | None) -> list[LetterQueue]:
    """The queues of a pipeline, the one of that name, or all. Raises Refused for a name that is neither."""
    pipelines = [pipeline.name for pipeline in operation.pipelines()]
    regions = [operation.target(region).region] if region is not None else list(operation.targets)
    every = [queue for one in regions for queue in find_queues(operation.clients, one, pipelines, operation.deployment.bus)]
    if name is None:
        return every
    found = [queue for queue in every if name in (queue.name, queue.pipeline)]
    if not found and name not in pipelines:
        known = {*pipelines, *(queue.name for queue in every)}
        hint = did_you_mean(name, known) or "`sfn-dsl dlq list` shows them"
        raise Refused(f"`{name}` is neither a pipeline nor a dead-letter queue of this project", help=hint)
    return found


def _line(letter: Letter) -> str:
    minutes = (milliseconds() - letter.sent_at) // 60_000
    age = f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} d"
    words = (letter.id[:8], age, letter.shape, letter.error, letter.batch, letter.origin)
    return "  ".join(word or "-" for word in words)


def _described(queue: LetterQueue, letters: tuple[Letter, ...], show: bool) -> dict[str, Any]:
    rows = []
    for letter in letters:
        row = _row(letter)
        rows.append({**row, "body": letter.body} if show else row)
    return {"region": queue.region, "queue": queue.name, "pipeline": queue.pipeline, "count": queue.count, "letters": rows}


def _row(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "age_seconds": (milliseconds() - letter.sent_at) // 1000,
        "shape": letter.shape,
        "error": letter.error,
        "batch": letter.batch,
        "origin": letter.origin,
    }


def _told(queue: LetterQueue, outcome: Outcome) -> dict[str, Any]:
    return {
        "region": queue.region,
        "queue": queue.name,
        **_row(outcome.letter),
        "fate": outcome.fate,
        "detail": outcome.detail,
    }
