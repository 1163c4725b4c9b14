"""`deploy`: the stacks of the templates in `build/`, by change sets."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

import click

from sfn_dsl.building import SHARED, template_file
from sfn_dsl.cli.committed import check_committed
from sfn_dsl.cli.main import EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.operating import Operation, confirmed, operate, operating, print_json
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.errors import EnvironmentFault, SfnError
from sfn_dsl.formats.deployments import plan_as_json, plan_as_text
from sfn_dsl.history import commit_of
from sfn_dsl.output import listed
from sfn_dsl.publish.account import check_account
from sfn_dsl.publish.deploying import Deploying, StackPlan, made_aliases
from sfn_dsl.publish.refusal import Refused
from sfn_dsl.publish.stack_events import StackEvent
from sfn_dsl.publish.stack_file import StackFile, in_order, stack_file
from sfn_dsl.region import Target
from sfn_dsl.stacks.shared_stack import shared_stack_name

__all__ = ["command"]


@click.command("deploy")
@click.argument("names", nargs=-1, metavar="[PIPELINES]...")
@click.option("-r", "--region", "regions", multiple=True, help="Only this Region; repeatable.", metavar="REGION")
@click.option("--s3-bucket", "bucket", default="", help="For templates over 51,200 bytes; may hold {region}.", metavar="BUCKET")
@click.option("--dry-run", is_flag=True, help="Show what would change.")
@click.option("--force", is_flag=True, help="Let tables leave their stacks.")
@click.option("--allow-dirty", is_flag=True, help="Deploy a build/ that is stale or not committed.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@operating
@click.pass_obj
def command(
    session: Session,
    /,
    names: tuple[str, ...],
    regions: tuple[str, ...],
    bucket: str,
    dry_run: bool,
    force: bool,
    allow_dirty: bool,
    yes: bool,
    **options: Any,
) -> int:
    """Create and change the CloudFormation stacks of the templates in build/: what all pipelines share first, then the pipelines,
    those of the passive Region before the active one's.

    PIPELINES are names or patterns of templates; `shared` is the one that all share. Without any, all are deployed. If this command
    is interrupted, give it again.
    """
    operation = operate(session, **options)
    files = _chosen(operation, names, regions)
    if not allow_dirty:
        pipelines = tuple(name for name in names if name != SHARED)
        check_committed(session, operation.project, pipelines, regions, options["environment"])
    if not options["local"]:
        check_account(operation.clients, {file.region: file.target for file in files}.values())
    deploying = Deploying(
        clients=operation.clients,
        bucket=bucket,
        tags=_tags(operation, files[0].target.environment),
        description="sfn-dsl" if allow_dirty else f"sfn-dsl git:{commit_of(operation.project.root)}",
        force=force,
        report=lambda file, event: operation.say(_line(session, file, event)),
    )
    return _deploy(session, operation, deploying, files, dry_run=dry_run, yes=yes)


def _deploy(
    session: Session, operation: Operation, deploying: Deploying, files: Sequence[StackFile], *, dry_run: bool, yes: bool
) -> int:
    plans: list[StackPlan] = []
    begun: list[StackPlan] = []
    done: list[StackPlan] = []
    made = made_aliases(files)
    code = EXIT_OK
    try:
        for file in files:
            plans.append(deploying.plan(file, made, wait=not dry_run))
            for line in plan_as_text(plans[-1], session.paint):
                operation.say(line)
        changed = [plan for plan in plans if plan.action != "none"]
        if any(plan.action == "refused" for plan in plans):
            operation.say("Nothing was changed, because a stack is refused.")
            code = EXIT_FOUND
        elif not changed:
            operation.say("There is nothing to do.")
        elif dry_run:
            operation.say("Nothing was changed: --dry-run.")
        elif not confirmed(_question(changed), yes):
            operation.say("Nothing was changed.")
            code = EXIT_FOUND
        else:
            for plan in changed:
                operation.say(f"{session.paint(plan.file.name, 'cyan')} in {plan.file.region}")
                begun.append(plan)
                deploying.apply(plan)
                done.append(plan)
                _tell_unmade(operation, plan)
            operation.say(f"Done: {_names(done)}.")
    except KeyboardInterrupt:
        if len(begun) > len(done):
            operation.say(f"CloudFormation goes on with {_names(begun[len(done) :])}; deploy again to follow it.")
        raise
    except SfnError:
        if begun:
            left = [plan for plan in plans if plan.action != "none" and plan not in begun]
            operation.say(f"Done: {_names(done)}. Stopped at: {_names(begun[len(done) :])}. Not begun: {_names(left)}.")
        raise
    finally:
        _discard(operation, deploying, [plan for plan in plans if plan not in begun])
        if operation.as_json:
            print_json({"stacks": [{**plan_as_json(plan), "done": plan in done} for plan in plans]})
    return code


def _tell_unmade(operation: Operation, plan: StackPlan) -> None:
    """Say what an AWS on this machine leaves out of a stack while it calls it complete."""
    if operation.aws is None:
        return
    stack = {"StackName": plan.file.name}
    held = operation.clients.pages("cloudformation", plan.file.region, "list_stack_resources", "StackResourceSummaries", **stack)
    made = {one["LogicalResourceId"] for one in held}
    types = sorted({one["Type"] for id, one in plan.file.resources.items() if id not in made})
    if types:
        operation.say(f"  note: not made by the AWS on this machine: {', '.join(types)}")


def _discard(operation: Operation, deploying: Deploying, plans: Sequence[StackPlan]) -> None:
    """Delete change sets that nobody executes. What is left of them does no harm, so that a failure is only told."""
    try:
        deploying.discard(plans)
    except SfnError as error:
        operation.say(f"note: a change set is left over: {error}")


def _names(plans: Sequence[StackPlan]) -> str:
    return ", ".join(f"{plan.file.name} in {plan.file.region}" for plan in plans) or "none"


def _question(changed: Sequence[StackPlan]) -> str:
    lost = sum(bool(change.loss) for plan in changed for change in plan.changes)
    what = f"{len(changed)} {'stack' if len(changed) == 1 else 'stacks'}"
    return f"Deploy {what}" + (f", with {lost} {'loss' if lost == 1 else 'losses'} (see WARNING above)?" if lost else "?")


def _line(session: Session, file: StackFile, event: StackEvent) -> str:
    colour = "red" if event.failed else "green" if event.status.endswith("_COMPLETE") else "yellow"
    reason = f": {event.reason}" if event.reason else ""
    return f"  {event.at} {session.paint(event.status, colour)} {event.resource} ({event.type}){reason}"


def _tags(operation: Operation, environment: str) -> dict[str, str]:
    more = {"sfn-dsl:environment": environment} if environment else {}
    return {"sfn-dsl:project": operation.project.name, **more}


def _chosen(operation: Operation, names: Sequence[str], regions: Sequence[str]) -> tuple[StackFile, ...]:
    """The chosen templates of build/, in the order of deployment. Raises Refused for a name that nothing has, and where there are
    no templates."""
    project, ending = operation.project, template_file("")
    targets = [operation.target(region) for region in regions] or list(operation.targets.values())
    found: dict[str, list[StackFile]] = {}
    for target in targets:
        for path in listed(project.build / target.folder):
            if path.endswith(ending):
                label = path.removesuffix(ending)
                found.setdefault(label, []).append(_file(operation, target, label))
    if not found:
        raise Refused(
            "build/ holds no CloudFormation templates", help="run `sfn-dsl build`, with `iac = cloudformation` in setup.cfg"
        )
    for name in names:
        if not any(fnmatchcase(label, name) for label in found):
            hint = did_you_mean(name, found) or f"build/ has {', '.join(sorted(found))}"
            raise Refused(f"build/ has no template `{name}`", help=hint)
    chosen = [label for label in found if not names or any(fnmatchcase(label, name) for name in names)]
    return in_order(file for label in chosen for file in found[label])


def _file(operation: Operation, target: Target, label: str) -> StackFile:
    path = operation.project.build / target.folder / template_file(label)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentFault(f"{path} cannot be read: {error}", help="run `sfn-dsl build`") from None
    shared = label == SHARED
    name = shared_stack_name(target) if shared else label
    return stack_file(text, target, name, shared=shared, path=path.relative_to(operation.project.root).as_posix())
