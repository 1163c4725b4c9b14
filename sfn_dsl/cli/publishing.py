"""What the commands about published machines share: which Regions and machines, and the freshness of `build/`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import click

from sfn_dsl.cli.committed import check_committed, differing
from sfn_dsl.cli.main import Session
from sfn_dsl.cli.operating import Operation
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.errors import ConfigError, EnvironmentFault
from sfn_dsl.history import commit_of
from sfn_dsl.project import load_pipelines
from sfn_dsl.publish.desired import machines_of
from sfn_dsl.publish.live import is_alias_name
from sfn_dsl.publish.planning import passive_first
from sfn_dsl.publish.refusal import Refused
from sfn_dsl.region import LIVE, Target
from sfn_dsl.triggers.wiring import wire

__all__ = ["chosen_machines", "chosen_targets", "commit_to_publish", "named_machines", "owned", "placing"]

_OWN: Final = "deploy the templates, or write `owner = publish` and take the machines out of their stacks"
Command = TypeVar("Command", bound=Callable[..., object])


def placing(function: Command) -> Command:
    """`-r/--region` and `--alias`, handed to the command as `regions` and `alias`."""
    function = click.option("--alias", default=LIVE, show_default=True, callback=_alias, help="Which alias.", metavar="NAME")(
        function
    )
    return click.option("-r", "--region", "regions", multiple=True, help="Only this Region; repeatable.", metavar="REGION")(
        function
    )


def _alias(context: click.Context, option: click.Parameter, name: str) -> str:
    if not is_alias_name(name):
        raise click.BadParameter("an alias has 1 to 80 letters, digits, `-`, `_` and `.`, not digits only", context, option)
    return name


def chosen_targets(operation: Operation, regions: Iterable[str]) -> tuple[Target, ...]:
    """The targets of some Regions, of all if none is named, passive ones first."""
    chosen = [operation.target(region) for region in regions]
    return passive_first(chosen or operation.targets.values())


def owned(operation: Operation, help: str = _OWN) -> None:
    """Raises Refused where templates own the machines. `help`: what to do then."""
    if operation.project.owner == "template":
        raise Refused(
            "the state machines of this project belong to its templates (`owner = template` in setup.cfg)",
            help=help,
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
    if not allow_dirty:
        regions = tuple(target.region for target in operation.targets.values())
        check_committed(session, project, patterns, regions, _environment(operation))
        return commit_of(project.root)
    try:
        commit = commit_of(project.root)
    except EnvironmentFault:
        return "none"
    return f"{commit}-dirty" if differing(project) else commit


def _environment(operation: Operation) -> str:
    return next(iter(operation.targets.values())).environment
