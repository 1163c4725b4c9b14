"""`iam`: what the machines of a pipeline may do, and why; what the people around them need."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import click

from sfn_dsl.asl.model import Json, Task
from sfn_dsl.asl.walk import walk
from sfn_dsl.cli.main import EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.options import Made, make
from sfn_dsl.compile.machine import Compiled
from sfn_dsl.publish.publisher_rights import PURPOSES, deploy_rights, operate_rights, publish_rights
from sfn_dsl.resources.iam.evaluation import unused
from sfn_dsl.resources.iam.explain import Row, explain
from sfn_dsl.resources.iam.grants import statements_of
from sfn_dsl.resources.iam.statement import Statement, document, split
from sfn_dsl.simulate.audit import Audit
from sfn_dsl.simulate.matrix import failure_matrix
from sfn_dsl.simulate.prepared import audited, sample_input, simulation_of
from sfn_dsl.stacks.machine import machine_grants

__all__ = ["command"]

_MANAGED: Final = 6_144
"""Characters that a managed policy may have."""


@click.group("iam")
def command() -> None:
    """What the machines of a pipeline may do, and why; what the people around them need."""


@command.command("explain")
@click.argument("name", metavar="PIPELINE")
@click.option("-r", "--region", help="The Region; the first one by default.", metavar="REGION")
@click.option("--env", "environment", help="The environment of setup.cfg.", metavar="NAME")
@click.option("--output-format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def explain_command(session: Session, name: str, region: str | None, environment: str | None, form: str) -> int:
    """Print each statement of a pipeline's roles with the states that need it."""
    found = _machines(session, name, region, environment)
    if found is None:
        return EXIT_FOUND
    _, machines = found
    rows = {compiled.pipeline.name: explain(machine_grants(compiled)) for compiled in machines}
    if form == "json":
        click.echo(json.dumps({machine: [_json(row) for row in own] for machine, own in rows.items()}, indent=2))
        return EXIT_OK
    for number, (machine, own) in enumerate(rows.items()):
        click.echo(("\n" if number else "") + session.paint(machine, "cyan"))
        for row in own:
            click.echo(row.text)
    return EXIT_OK


def _json(row: Row) -> dict[str, object]:
    return {
        "sid": row.sid,
        "effect": row.effect,
        "action": row.action,
        "resources": row.resources,
        "conditions": row.conditions,
        "states": row.states,
        "reason": row.reason,
    }


@command.command("check")
@click.argument("name", metavar="PIPELINE")
@click.option("-r", "--region", help="The Region; the first one by default.", metavar="REGION")
@click.option("--env", "environment", help="The environment of setup.cfg.", metavar="NAME")
@click.pass_obj
def check_command(session: Session, name: str, region: str | None, environment: str | None) -> int:
    """Run the failure matrix of a pipeline and the machines beside it: is each of their calls allowed, each of their rights used?

    Exit code 1 when a call is not allowed. A right that no run used may be one too many, or the samples lead nowhere near it.
    """
    found = _machines(session, name, region, environment)
    if found is None:
        return EXIT_FOUND
    made, machines = found
    [pipeline] = (compiled.pipeline for compiled in machines if compiled.pipeline.name == name)
    batch = made.project.rates.samples.input(name, sample_input(pipeline))
    results = {
        compiled.pipeline.name: _audit(compiled, made, None if compiled.pipeline is pipeline else (name, batch))
        for compiled in machines
    }
    for compiled in machines:
        machine, audit = compiled.pipeline.name, results[compiled.pipeline.name]
        where = "" if machine == name else f" of {machine}"
        for denied in audit.denied.values():
            needed = denied.needed
            click.echo(
                f"error: state `{denied.state}`{where} needs {needed.action} on {needed.resource}, which its role does not allow"
            )
        for action, resource in _unused(compiled, audit):
            click.echo(f"note: no run{where} used {action} on {resource}")
    calls = sum(len(kinds) for audit in results.values() for kinds in audit.calls.values())
    refused = sum(len(audit.denied) for audit in results.values())
    click.echo(f"{calls} kinds of calls, {refused} not allowed.")
    return EXIT_FOUND if refused else EXIT_OK


def _audit(compiled: Compiled, made: Made, waiting: tuple[str, Json] | None) -> Audit:
    """What the runs of a machine's failure matrix call. `waiting`: a batch that it finds."""
    audit = audited(compiled)
    beside, samples = (*made.build.compiled, *made.build.machines), made.project.rates.samples
    simulation, value = simulation_of(compiled, beside, samples=samples, audit=audit.note, waiting=waiting)
    # In this process: the audit sees the calls of every run.
    failure_matrix(simulation, value, processes=1)
    if compiled.target.deployed.gated:
        passive, value = simulation_of(compiled, beside, samples=samples, audit=audit.note, standby=True)
        passive.run(value)
    return audit


def _unused(compiled: Compiled, audit: Audit) -> list[tuple[str, str]]:
    """Rights of Tasks that no call used. What logging, tracing and distributed Maps need is not called by states."""
    tasks = {name for name, state in walk(compiled.machine) if isinstance(state, Task)}
    grants = [grant for grant in machine_grants(compiled) if tasks.intersection(grant.states)]
    [calls] = audit.calls.values()
    left = unused(statements_of(grants), calls.values())
    return [(action, resource) for one in left for action in one.actions for resource in one.resources]


def _machines(session: Session, name: str, region: str | None, environment: str | None) -> tuple[Made, tuple[Compiled, ...]] | None:
    """What was made, and a pipeline with the machines beside it in one Region; None when there are errors, which were printed."""
    made = make(session, (), (region,) if region else (), environment)
    if made.build.failed:
        return None
    [pipeline] = made.loaded.select((name,))[:1]
    target = made.build.compiled[0].target.folder
    names = [machine.name for machine in made.build.wiring.pipelines[pipeline.name].all_machines]
    everything = {
        compiled.pipeline.name: compiled
        for compiled in (*made.build.compiled, *made.build.machines)
        if compiled.target.folder == target
    }
    return made, tuple(everything[machine] for machine in names)


@command.command("publisher")
@click.option("--for", "purpose", type=click.Choice([*PURPOSES]), help="Only this policy; all by default.")
@click.option("-r", "--region", "regions", multiple=True, help="Only this Region; repeatable.", metavar="REGION")
@click.option("--env", "environment", help="The environment of setup.cfg.", metavar="NAME")
@click.option("--s3-bucket", "bucket", default="", help="The bucket that `deploy` is given; may hold {region}.", metavar="BUCKET")
@click.option("--output-format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def publisher_command(
    session: Session, purpose: str | None, regions: tuple[str, ...], environment: str | None, bucket: str, form: str
) -> int:
    """Print the policies of people and of CI: the least that the commands of this program need for this project.

    Managed policies have at most 6,144 characters, so that one purpose may need several; attach them all.
    """
    made = make(session, (), regions, environment)
    if made.build.failed:
        return EXIT_FOUND
    build, project = made.build, made.project
    rights = {
        "publish": lambda: publish_rights((*build.compiled, *build.machines), project.name),
        "deploy": lambda: deploy_rights(build.templates, bucket),
        "operate": lambda: operate_rights(made.loaded.pipelines, build.templates),
    }
    found = {name: split(rights[name](), _MANAGED) for name in ([purpose] if purpose else PURPOSES)}
    if form == "json":
        click.echo(json.dumps({name: [document(policy) for policy in policies] for name, policies in found.items()}, indent=2))
        return EXIT_OK
    for number, (name, policies) in enumerate(found.items()):
        count = "1 policy" if len(policies) == 1 else f"{len(policies)} policies"
        click.echo(("\n" if number else "") + f"{session.paint(name, 'cyan')} ({PURPOSES[name]}): {count}")
        for one in sorted((one for policy in policies for one in policy), key=lambda one: one.sid):
            click.echo("\n".join(_lines(one)))
    return EXIT_OK


def _lines(one: Statement) -> Iterator[str]:
    yield f"{one.sid}: {', '.join(one.actions)}"
    yield from (f"  on {arn}" for arn in one.resources)
    for operator, keys in one.conditions.items():
        yield from (f"  if {key} {operator} {json.dumps(value)}" for key, value in keys.items())
