"""What the commands about published machines share: which Regions and machines, and the freshness of `build/`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import click

from sfn_dsl.cli.main import Session
from sfn_dsl.cli.operating import Operation
from sfn_dsl.cli.options import make
from sfn_dsl.control.sweep import LIVE
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.errors import ConfigError, EnvironmentFault
from sfn_dsl.history import commit_of, uncommitted
from sfn_dsl.output import compare
from sfn_dsl.project import load_pipelines
from sfn_dsl.publish.desired import machines_of
from sfn_dsl.publish.planning import passive_first
from sfn_dsl.publish.refusal import Refused
from sfn_dsl.region import Target
from sfn_dsl.triggers.wiring import wire

__all__ = ["chosen_machines", "chosen_targets", "commit_to_publish", "named_machines", "owned", "placing"]

Command = TypeVar("Command", bound=Callable[..., object])


def placing(function: Command) -> Command:
    """`-r/--region` and `--alias`, handed to the command as `regions` and `alias`."""
    function = click.option("--alias", default=LIVE, show_default=True, help="Which alias.", metavar="NAME")(function)
    return click.option("-r", "--region", "regions", multiple=True, help="Only this Region; repeatable.", metavar="REGION")(
        function
    )


def chosen_targets(operation: Operation, regions: Iterable[str]) -> tuple[Target, ...]:
    """The targets of some Regions, of all if none is named, passive ones first."""
    chosen = [operation.target(region) for region in regions]
    return passive_first(chosen or operation.targets.values())


def owned(operation: Operation) -> None:
    """Raises Refused where templates own the machines."""
    if operation.project.owner == "template":
        raise Refused(
            "the state machines of this project belong to its templates (`owner = template` in setup.cfg)",
            help="deploy the templates, or write `owner = publish` and take the machines out of their stacks",
        )


def chosen_machines(operation: Operation, patterns: Iterable[str]) -> frozenset[str] | None:
    """The machines of the pipelines that match, with those beside them; None for all. Raises ConfigError for a pattern that matches
    nothing."""
    wanted = tuple(patterns)
    if not wanted:
        return None
    loaded = load_pipelines(operation.project)
    wiring = wire(loaded.pipelines)
    return frozenset(one.name for chosen in loaded.select(wanted) for one in wiring.pipelines[chosen.name].all_machines)


def named_machines(operation: Operation, targets: Iterable[Target], names: Iterable[str]) -> list[tuple[Target, str]]:
    """Each of the named machines in each target, all of `build/` if none is named. Raises ConfigError for an unknown one."""
    known = [(target, machines_of(operation.project.build, target)) for target in targets]
    everything = sorted(frozenset().union(*(here for _, here in known)))
    wanted = tuple(names)
    for name in wanted:
        if name not in everything:
            hint = did_you_mean(name, everything) or f"build/ has {', '.join(everything) or 'none'}"
            raise ConfigError(f"build/ has no state machine called `{name}`", help=hint)
    return [(target, name) for target, here in known for name in sorted(here) if not wanted or name in wanted]


def commit_to_publish(session: Session, operation: Operation, patterns: tuple[str, ...], allow_dirty: bool) -> str:
    """The commit that version descriptions name. With `allow_dirty` `-dirty` stands after it where files differ from it, and it is
    `none` outside git; else Refused is raised where files are not committed, or `build/` is not what the pipelines make."""
    project = operation.project
    folders = [_below(project.root, folder) for folder in (project.build, project.pipelines)]
    if allow_dirty:
        try:
            commit = commit_of(project.root)
        except EnvironmentFault:
            return "none"
        return f"{commit}-dirty" if uncommitted(project.root, *folders) else commit
    commit = commit_of(project.root)
    dirty = uncommitted(project.root, *folders)
    if dirty:
        more = f" and {len(dirty) - 1} more" if len(dirty) > 1 else ""
        raise Refused(
            f"{dirty[0]}{more} is not committed, and what is published is what a commit has",
            help="commit first, or say --allow-dirty for a sandbox",
        )
    made = make(session, patterns, tuple(target.region for target in operation.targets.values()), _environment(operation))
    if made.build.failed:
        raise Refused("the pipelines have errors", help="run `sfn-dsl check`")
    stale = compare(project.build, made.build.outputs).changes
    if stale:
        raise Refused(
            f"build/ is stale: {stale[0].path.relative_to(project.root)} is not what the pipelines make",
            help="run `sfn-dsl build` and commit the result, or say --allow-dirty for a sandbox",
        )
    return commit


def _environment(operation: Operation) -> str:
    return next(iter(operation.targets.values())).environment


def _below(root: Path, folder: Path) -> str:
    return folder.relative_to(root).as_posix()
