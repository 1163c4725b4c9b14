"""What the operators' commands share: options, the deployment they work on, questions and how answers are printed."""

from __future__ import annotations

import errno
import getpass
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sfn_dsl.cli.main import Session
from sfn_dsl.configuration import Project, find_project
from sfn_dsl.deployment import Deployment
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.errors import ConfigError, EnvironmentFault
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.project import load_pipelines
from sfn_dsl.publish.clients import Clients, Declined, Unreachable
from sfn_dsl.publish.refusal import Refused
from sfn_dsl.region import Target

if TYPE_CHECKING:
    from sfn_dsl.embedded.process import Endpoint

__all__ = ["Operation", "confirmed", "milliseconds", "moment", "operate", "operating", "print_json", "who"]

Command = TypeVar("Command", bound=Callable[..., object])


def operating(function: Command) -> Command:
    """`--env`, `--profile`, `--endpoint-url`, `--local` and `--output-format`, handed to the command as keywords."""
    function = click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="How to print.")(function)
    function = click.option("--local", is_flag=True, help="An AWS on this machine, kept in target/aws, in place of the real one.")(
        function
    )
    function = click.option("--endpoint-url", help="Other endpoints than AWS's, in all Regions.", metavar="URL")(function)
    function = click.option("--profile", help="The profile of your AWS configuration.", metavar="NAME")(function)
    return click.option("--env", "environment", help="The environment of setup.cfg.", metavar="NAME")(function)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a command works on. `targets`: by Region. `aws`: the AWS on this machine, if it is one."""

    project: Project
    targets: dict[str, Target]
    deployment: Deployment
    clients: Clients
    as_json: bool
    aws: Endpoint | None = None

    def target(self, region: str) -> Target:
        """The target of a Region. Raises Refused for one that the project does not have."""
        if region not in self.targets:
            hint = did_you_mean(region, self.targets) or f"the project has {', '.join(sorted(self.targets))}"
            raise Refused(f"`{region}` is not a Region of this project", help=hint)
        return self.targets[region]

    def pipelines(self) -> tuple[Pipeline, ...]:
        """The project's pipelines. Raises ConfigError when a file cannot be loaded: half a project is not worked on."""
        loaded = load_pipelines(self.project)
        for found in loaded.diagnostics:
            raise ConfigError(f"the pipelines cannot be loaded: {found.message}", help="run `sfn-dsl check`", span=found.span)
        return loaded.pipelines

    def tell_samples(self, pipelines: Iterable[Pipeline]) -> None:
        """Let the executions of an AWS on this machine answer as the pipelines declare; nothing happens elsewhere."""
        if self.aws is not None:
            from sfn_dsl.simulate.prepared import samples_by_machine

            self.aws.control("PUT", "/_samples", samples_by_machine(pipelines, self.targets.values(), self.project.query_language))

    def say(self, text: str) -> None:
        """Talk to a person; stdout is for data where JSON was asked for."""
        _print(text, err=self.as_json)


def operate(
    session: Session,
    *,
    environment: str | None,
    profile: str | None,
    endpoint_url: str | None,
    local: bool,
    output_format: str,
) -> Operation:
    """What the options say. Raises ConfigError when there are several environments and none is named, and for two places to work
    on."""
    if local and endpoint_url is not None:
        raise ConfigError("--local and --endpoint-url name two places to work on", help="say one of them")
    project = find_project(session.directory)
    targets = project.chosen_targets((), environment)
    names = sorted({target.environment for target in targets})
    if len(names) > 1:
        raise ConfigError("this project has several environments", help=f"choose one: --env {' or --env '.join(names)}")
    accounts: dict[str, str] = {}
    aws: Endpoint | None = None
    if local:
        from sfn_dsl.embedded.process import Options, start

        accounts = {target.region: target.account for target in targets}
        aws = start(project.root / "target" / "aws", Options(account=targets[0].account))
        endpoint_url = aws.url
    return Operation(
        project=project,
        targets={target.region: target for target in targets},
        deployment=targets[0].deployed,
        clients=Clients(profile=profile, endpoint_url=endpoint_url, accounts=accounts),
        as_json=output_format == "json",
        aws=aws,
    )


def confirmed(question: str, yes: bool) -> bool:
    """Whether a person agrees. Raises EnvironmentFault where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise EnvironmentFault("nobody can be asked, because this is no terminal", help="say --yes; nothing was changed")
    return click.confirm(question, err=True)


def milliseconds() -> int:
    """Now, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def moment(at: int) -> str:
    """Milliseconds since 1970 as ISO 8601 in UTC, `never` for 0."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at / 1000)) if at else "never"


def who(clients: Clients, region: str) -> str:
    """The ARN of the caller; the name of the user where AWS's token service cannot tell."""
    try:
        return str(clients.call("sts", region, "get_caller_identity")["Arn"])
    except (Declined, Unreachable):
        # The one that promotes in an emergency must not depend on a further service.
        return getpass.getuser()


def print_json(value: Any) -> None:
    """A value on stdout."""
    _print(json.dumps(value, indent=2, ensure_ascii=False))


def _print(text: str, *, err: bool = False) -> None:
    """Print, and go on without when the output is refused: what was begun at AWS is to be finished, heard or not."""
    try:
        click.echo(text, err=err)
    except OSError as error:
        stream = sys.stderr if err else sys.stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if error.errno != errno.EPIPE and not err:
            click.echo(f"note: the output cannot be written ({error.strerror}); the work goes on", err=True)
