"""The template of a pipeline in a Region: its machines' roles and logs, its triggers, queues, alarms and dashboard."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from sfn_dsl.compile.machine import Compiled
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target
from sfn_dsl.resources.model import (
    Arn,
    Queue,
    Resource,
    Role,
    Rule,
    RuleTarget,
    Schedule,
)
from sfn_dsl.resources.model import RetryPolicy as Delivery
from sfn_dsl.resources.template import Template
from sfn_dsl.stacks.called import called_by
from sfn_dsl.stacks.machine import machine_resources
from sfn_dsl.stacks.monitoring import ON_JOB_FAILURE, alarms, dashboard
from sfn_dsl.stacks.substitution import substituted
from sfn_dsl.steps.dead_letter import poison_queue
from sfn_dsl.steps.notify import queue_url
from sfn_dsl.triggers.letter_kinds import job_failures
from sfn_dsl.triggers.parts import DEAD_LETTERS, dead_letters, event_role, live_arn, machine_arn
from sfn_dsl.triggers.queue_policies import from_rules, queue_policy
from sfn_dsl.triggers.schedule import group_of, schedule_role
from sfn_dsl.triggers.wiring import Wired, sweeper_name

__all__ = ["pipeline_stack"]

_ENDED = ["FAILED", "TIMED_OUT", "ABORTED"]


def pipeline_stack(wired: Wired, machines: Sequence[Compiled], target: Target, owner: str) -> Template:
    """Everything that is deployed for a pipeline in a target's Region. `machines`: the pipeline and those beside it, compiled."""
    pipeline = wired.pipeline
    found: list[Resource] = []
    for compiled in machines:
        name = compiled.pipeline.name
        found += machine_resources(compiled, owner, prefix="" if name == pipeline.name else name.removeprefix(pipeline.name))
    triggered = [resource for trigger in wired.triggers for resource in trigger.resources(pipeline, target)]
    ended = _ended_rule(wired, target)
    found += _once([*ended, *triggered, *(_sweep(pipeline, target) if pipeline.control is not None else ())])
    if any(isinstance(resource, Schedule) for resource in found):
        found.append(group_of(pipeline))
    called = called_by(compiled for compiled in machines if compiled.pipeline.name == pipeline.name)
    found += _set_aside(pipeline, called.queues, target)
    if pipeline.alarms.calls and called.jobs:
        found += _failed_jobs(pipeline, called.jobs)
    found += _letters(pipeline, found)
    everything = tuple(found)
    found += alarms(pipeline, wired.all_machines, everything, called, target)
    found.append(dashboard(pipeline, wired.all_machines, everything, target))
    return Template(
        name=pipeline.name,
        target=target,
        resources=tuple(substituted(found, target)),
        description=f"What starts {pipeline.name}, what it may do, and what watches it, in {target.region}.",
    )


def _set_aside(pipeline: Pipeline, queues: tuple[str, ...], target: Target) -> list[Resource]:
    """The queue of batches that can never be processed, where a state sends letters to it."""
    queue = Queue(id="Poison", queue_name=poison_queue(pipeline.name))
    if queue_url(target, queue.queue_name) not in queues:
        return []
    return [queue, queue_policy("PoisonPolicy", queue)]


def _failed_jobs(pipeline: Pipeline, jobs: tuple[str, ...]) -> list[Resource]:
    """A rule for runs of Glue jobs that have failed, and a queue that keeps what it says of each. What rings is the rule: the depth
    of the queue would ring until somebody empties it, and say nothing of the next failure.

    Glue's own metrics are there only for jobs that have switched them on, and stand under the id of each run.
    """
    queue = Queue(id="JobFailures", queue_name=job_failures(pipeline.name))
    rule = Rule(
        id=ON_JOB_FAILURE,
        name=f"{pipeline.name}-on-job-failure",
        event_pattern={
            "source": ["aws.glue"],
            "detail-type": ["Glue Job State Change"],
            "detail": {"jobName": list(jobs), "state": ["FAILED", "TIMEOUT", "ERROR"]},
        },
        targets=(RuleTarget(id="keep", arn=Arn(queue.id), retry=Delivery(), dead_letter_arn=Arn(DEAD_LETTERS)),),
        description=f"Keeps what is said of failed runs of the Glue jobs of {pipeline.name}.",
    )
    return [queue, queue_policy("JobFailuresPolicy", queue, from_rules(queue, [rule])), rule]


def _once(resources: Sequence[Resource]) -> list[Resource]:
    """Roles that several triggers share, once."""
    seen: set[str] = set()
    found = []
    for resource in resources:
        if isinstance(resource, Role) and resource.id in seen:
            continue
        seen.add(resource.id)
        found.append(resource)
    return found


def _ended_rule(wired: Wired, target: Target) -> tuple[Resource, ...]:
    """The rule for executions that have ended badly: it wakes the machine that closes their rows. Express machines send no such
    events."""
    standard = [machine.name for machine in wired.all_machines if machine.type == "STANDARD"]
    if not standard:
        return ()
    pipeline, closer = wired.pipeline, target.deployed.closer
    shared = event_role(pipeline, target, "default", closer)
    role = dataclasses.replace(shared, id="EndRole", role_name=f"{pipeline.name}-end-{target.region}")
    rule = Rule(
        id="OnEnd",
        name=f"{pipeline.name}-on-end",
        event_pattern={
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {"stateMachineArn": [machine_arn(target, name) for name in standard], "status": list(_ENDED)},
        },
        targets=(
            RuleTarget(
                id="close", arn=live_arn(target, closer), role_arn=Arn(role.id), retry=Delivery(), dead_letter_arn=Arn(DEAD_LETTERS)
            ),
        ),
        description="Closes the rows of executions that could not do it themselves.",
    )
    return (role, rule)


def _sweep(pipeline: Pipeline, target: Target) -> tuple[Resource, ...]:
    """The schedule that looks for batches nobody works on."""
    name, minutes = sweeper_name(pipeline), target.deployed.sweep_minutes
    role = schedule_role(pipeline, target, name, "sweep")
    schedule = Schedule(
        id="Sweep",
        name=f"{pipeline.name}-sweep",
        group_name=pipeline.name,
        schedule_expression="rate(1 minute)" if minutes == 1 else f"rate({minutes} minutes)",
        target_arn=live_arn(target, name),
        role_arn=Arn(role.id),
        input="{}",
        # The next sweep does what this one could not.
        retry=Delivery(maximum_retry_attempts=0, maximum_event_age_in_seconds=60),
        description=f"Starts {pipeline.name} for batches that nobody works on.",
    )
    return (role, schedule)


def _letters(pipeline: Pipeline, resources: Sequence[Resource]) -> list[Resource]:
    """The queue for what could not be handed over, which exactly the rules of the template may fill."""
    rules = [
        resource
        for resource in resources
        if isinstance(resource, Rule) and any(target.dead_letter_arn == Arn(DEAD_LETTERS) for target in resource.targets)
    ]
    schedules = [
        resource for resource in resources if isinstance(resource, Schedule) and resource.dead_letter_arn == Arn(DEAD_LETTERS)
    ]
    if not rules and not schedules:
        return []
    queue = dead_letters(pipeline)
    return [queue, queue_policy("DeadLettersPolicy", queue, *([from_rules(queue, rules)] if rules else []))]
