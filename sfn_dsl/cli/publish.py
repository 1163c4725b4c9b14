"""`publish`: from `build/` to state machines that run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sfn_dsl.cli.main import EXIT_ERROR, EXIT_FOUND, EXIT_INTERRUPTED, EXIT_OK, Session
from sfn_dsl.cli.operating import Operation, confirmed, milliseconds, operate, operating, print_json
from sfn_dsl.cli.publishing import chosen_machines, chosen_targets, commit_to_publish, owned, placing
from sfn_dsl.cli.saved_plan import saved_plan
from sfn_dsl.formats.plans import done_text, outcome_json, outcome_text, plan_text
from sfn_dsl.project import load_pipelines
from sfn_dsl.publish.applying import Done, Outcome, apply
from sfn_dsl.publish.desired import Desired, read_desired
from sfn_dsl.publish.holding import check_holds
from sfn_dsl.publish.moving import percents
from sfn_dsl.publish.observing import observe
from sfn_dsl.publish.plan import STRATEGIES, Options, Plan
from sfn_dsl.publish.plan_file import plan_to_json, save_plan
from sfn_dsl.publish.planning import plan

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

__all__ = ["command"]


@click.command("publish")
@click.argument("names", nargs=-1, metavar="[PIPELINES]...")
@click.option(
    "-s", "--select", "selected", multiple=True, help="Only pipelines with this name or pattern; repeatable.", metavar="NAME"
)
@placing
@click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--save", type=click.Path(path_type=Path), help="Write the plan to a file and change nothing.", metavar="FILE")
@click.option("--from", "source", type=click.Path(path_type=Path), help="Carry out a plan that was saved.", metavar="FILE")
@click.option("--strategy", type=click.Choice(STRATEGIES), default=STRATEGIES[0], show_default=True, help="How the alias moves.")
@click.option(
    "--interval", type=click.IntRange(0, 86_400), default=300, show_default=True, help="Seconds to watch alarms after each step."
)
@click.option("--allow-dirty", is_flag=True, help="Publish what is not committed, or stale: for a sandbox.")
@click.option("--force", is_flag=True, help="Overwrite manual edits; take over machines of the same name.")
@click.option("--delete-removed", is_flag=True, help="At last, delete machines that the project no longer has, when nothing runs.")
@operating
@click.pass_obj
def command(
    session: Session,
    /,
    names: tuple[str, ...],
    selected: tuple[str, ...],
    regions: tuple[str, ...],
    alias: str,
    dry_run: bool,
    yes: bool,
    save: Path | None,
    source: Path | None,
    strategy: str,
    interval: int,
    allow_dirty: bool,
    force: bool,
    delete_removed: bool,
    **options: Any,
) -> int:
    """Publish the state machines in build/: show a plan, ask, then make versions and move the alias, the passive Region first.

    Roles, log groups, triggers and everything else belong to the templates. What stops half-way is finished by the next run.
    """
    local = bool(options["local"])
    saved = saved_plan(click.get_current_context(), source, local=local) if source is not None else None
    operation = operate(session, **options)
    owned(operation)
    wishes = Options(
        alias=alias,
        strategy=strategy,
        interval_seconds=interval,
        force=force,
        delete_removed=delete_removed,
        provide=local,
    )
    patterns = (*names, *selected)
    if delete_removed and patterns:
        raise click.UsageError("--delete-removed looks at all machines of the project: name no pipelines")
    commit = commit_to_publish(session, operation, patterns, allow_dirty)
    machines = chosen_machines(operation, patterns)
    targets = chosen_targets(operation, regions if saved is None else saved.regions)
    if saved is not None:
        machines = frozenset(entry.name for entry in saved.entries if entry.action != "removed")
    desired = read_desired(operation.project.build, targets, machines)
    complete = machines is None or (saved is not None and any(entry.action == "removed" for entry in saved.entries))
    made = _planned(operation, desired, saved.options if saved is not None else wishes, commit, complete)
    if saved is not None:
        check_holds(saved, made)
    operation.say(plan_text(made, session.paint))
    if not dry_run:
        operation.tell_samples(load_pipelines(operation.project).pipelines)
    code = _before(operation, made, dry_run, save)
    outcome = Outcome(done=())
    if code is None and not confirmed("Publish?", yes):
        operation.say("Nothing was changed.")
        code = EXIT_FOUND
    if code is None:
        with _reporting(operation, made) as report:
            outcome = apply(made, desired, operation.clients, report)
        operation.say(outcome_text(outcome, made))
        code = _code(outcome)
    if operation.as_json:
        print_json({"plan": plan_to_json(made), "outcome": outcome_json(outcome)})
    if outcome.stopped is not None:
        click.echo("interrupted" if outcome.stopped.interrupted else f"error: {outcome.stopped.message}", err=True)
        if outcome.stopped.help:
            click.echo(f"help: {outcome.stopped.help}", err=True)
    return code


def _code(outcome: Outcome) -> int:
    if outcome.stopped is None:
        return EXIT_OK
    return EXIT_INTERRUPTED if outcome.stopped.interrupted else EXIT_ERROR


def _planned(operation: Operation, desired: tuple[Desired, ...], options: Options, commit: str, complete: bool) -> Plan:
    name = operation.project.name
    seen = observe(
        desired,
        operation.clients,
        project=name,
        alias=options.alias,
        now=milliseconds(),
        complete=complete,
        in_steps=options.in_steps,
    )
    return plan(desired, seen, options, project=name, commit=commit)


def _before(operation: Operation, made: Plan, dry_run: bool, save: Path | None) -> int | None:
    """The exit code where a plan is not carried out, with what is said about it."""
    if made.problems:
        impossible = any(not problem.refused for _, problem in made.problems)
        count = len(made.problems)
        operation.say(f"Nothing was changed: {f'{count} things stand' if count > 1 else 'something stands'} in the way.")
        for _, problem in made.problems[:1]:
            click.echo(f"error: {problem.message}", err=True)
            if problem.help:
                click.echo(f"help: {problem.help}", err=True)
        return EXIT_ERROR if impossible else EXIT_FOUND
    if save is not None:
        save_plan(made, save)
        operation.say(f"Nothing was changed. `sfn-dsl publish --from {save}` carries this plan out.")
        return EXIT_OK
    if not made.to_do:
        operation.say("Nothing to do.")
        return EXIT_OK
    if dry_run:
        operation.say("Nothing was changed: --dry-run.")
        return EXIT_OK
    return None


@contextmanager
def _reporting(operation: Operation, made: Plan) -> Iterator[Callable[[Done], None]]:
    """A progress bar on a terminal, lines elsewhere."""
    if operation.as_json or not sys.stdout.isatty():
        yield lambda done: operation.say(done_text(done))
        return
    bar: ProgressBar[Done | None]
    with click.progressbar(length=_pieces(made), show_eta=False, item_show_func=_shown) as bar:
        yield lambda done: bar.update(1, done)


def _pieces(made: Plan) -> int:
    """How many pieces of work will be reported when all goes well; the steps of an alias are some of them."""
    steps = len(percents(made.options.strategy))
    moving = sum("alias" in entry.work and bool(entry.routing) for entry in made.to_do)
    return len(made.missing) + sum(len(entry.work) for entry in made.to_do) + steps * moving


def _shown(done: Done | None) -> str:
    return done_text(done) if done is not None else ""
