"""A project, a fake AWS and the command line for the tests of publishing."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Protocol

from sfn_dsl.cli.main import run
from sfn_dsl.configuration import find_project
from sfn_dsl.publish.applying import Outcome, apply
from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.desired import Desired, read_desired
from sfn_dsl.publish.observing import observe
from sfn_dsl.publish.pacing import Clock
from sfn_dsl.publish.plan import Options, Plan
from sfn_dsl.publish.planning import plan

ACCOUNT = "123456789012"
CONFIGURATION = f"""[sfn_dsl]
name = shop
regions = us-east-1, us-west-1
active = us-east-1
passive = us-west-1
[sfn_dsl:us-east-1]
account = {ACCOUNT}
[sfn_dsl:us-west-1]
account = {ACCOUNT}
"""
ORDERS = """from sfn_dsl import *
batch = Input(id=str, dry=False)
load = Load.glue("Load", job="j", arguments={"--id": batch.id}, retry=retry("E", max_attempts=3))
p = Pipeline(name="orders", input=batch, body=load >> Wait("Settle", seconds=10), dry_run=batch.dry == True, tags={"team": "etl"})
"""
CHANGED = ORDERS.replace("max_attempts=3", "max_attempts=5")


class Server(Protocol):
    """Something that stands for AWS."""

    @property
    def url(self) -> str: ...


class QuickClock:
    """A clock whose sleeping takes no time."""

    def __init__(self) -> None:
        self.time = 0.0

    def clock(self) -> Clock:
        return Clock(now=lambda: self.time, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def make_project(folder: Path, source: str, configuration: str = CONFIGURATION) -> Path:
    """A project that is built and committed."""
    (folder / "pipelines").mkdir(parents=True, exist_ok=True)
    (folder / "setup.cfg").write_text(configuration)
    (folder / "pipelines" / "orders.py").write_text(source)
    assert run(["-C", str(folder), "build"]) == 0
    if not (folder / ".git").exists():
        git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "built")
    return folder


def git(folder: Path, *arguments: str) -> None:
    names = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


def desired_of(folder: Path) -> tuple[Desired, ...]:
    project = find_project(folder)
    return read_desired(project.build, project.targets)


@cache
def clients_of(url: str) -> Clients:
    """Clients that several publications share, because making them is slow."""
    return Clients(endpoint_url=url)


def planned(
    folder: Path, aws: Server, options: Options | None = None, commit: str = "c1", clients: Clients | None = None
) -> tuple[Plan, Clients]:
    """A plan of everything in build/, and the clients it was made with."""
    clients = clients or clients_of(aws.url)
    options = options or Options()
    wanted = desired_of(folder)
    seen = observe(wanted, clients, project="shop", alias=options.alias, now=int(time.time() * 1000), in_steps=options.in_steps)
    return plan(wanted, seen, options, project="shop", commit=commit), clients


def published(
    folder: Path,
    aws: Server,
    options: Options | None = None,
    commit: str = "c1",
    *,
    before: Callable[[], object] = lambda: None,
    clients: Clients | None = None,
) -> Outcome:
    """Plan and apply, with a clock that does not wait. `before`: what happens between the two."""
    made, clients = planned(folder, aws, options, commit, clients)
    before()
    return apply(made, desired_of(folder), clients, clock=QuickClock().clock())


def provide(folder: Path, aws: Server) -> None:
    """Make the roles and log groups that the templates would make."""
    from sfn_dsl.publish.desired import log_group
    from sfn_dsl.publish.providing import provide as make

    clients = clients_of(aws.url)
    for one in desired_of(folder):
        make(clients, one.target.region, one.role_arn)
        make(clients, one.target.region, log_group(one.settings))
