"""Schedules as they fire: each slot within its minute, tried again until the target takes it or it is too old."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sfn_dsl.schedules.rate import Rate
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.place import Place
from sfn_dsl.simulate.running.thread import Steps
from sfn_dsl.simulate.services.scheduler import Firing, Outcome, Planned
from sfn_dsl.simulate.services.service_error import ServiceError

if TYPE_CHECKING:
    from sfn_dsl.simulate.world import World

__all__ = ["tick"]

_INSTANT: Final = timedelta(microseconds=1)
# AWS says only that the back-off grows; with this bound 185 further attempts take about a day.
_LONGEST_DELAY: Final = 600.0
_DOUBLED_WITHIN: Final = 60.0
_THROTTLED: Final = ("ThrottlingException", "TooManyRequestsException", "ServiceUnavailableException")


def tick(world: World, place: Place, arn: str) -> Steps:
    """The process of a schedule: begin every firing when its slot has come. It goes on as long as there are slots."""
    planned = place.scheduler.schedules[arn]
    schedule = planned.schedule
    since = datetime.fromtimestamp(world.now, UTC)
    if planned.start is not None and planned.start > since:
        since = planned.start - _INSTANT
    if isinstance(schedule, Rate):
        # Without a start date the first firing is due at once.
        schedule = replace(schedule, start=planned.start or since)
        since -= _INSTANT
    for slot in schedule.iterate(since):
        moment = slot.timestamp() - world.begin
        yield world.env.timeout(max(0.0, min(moment, world.bounds.seconds) - world.env.now))
        world.within_bounds(moment)
        planned = place.scheduler.schedules[arn]
        if planned.enabled:
            precision = float(world.rng.randrange(60))
            world.env.process(_fire(world, place, planned, slot, precision))
            if place.scheduler.doubled > 0 and world.rng.random() < place.scheduler.doubled:
                again = precision + world.rng.uniform(0, _DOUBLED_WITHIN)
                world.env.process(_fire(world, place, planned, slot, again))


def _fire(world: World, place: Place, planned: Planned, slot: datetime, delay: float) -> Steps:
    """The process of a firing, `delay` seconds after its slot."""
    yield world.env.timeout(delay)
    due, attempts, condition = world.now, 0, ""
    text, refusal = "", None
    while True:
        while place.stopped is not None:
            yield place.stopped
        if world.now - due > planned.max_age:
            condition = "MaximumEventAgeInSeconds"
            break
        attempts += 1
        text = _text(world, place, planned, slot, attempts)
        refusal = _hand_over(world, place, planned, text)
        if refusal is None or not _passing(refusal):
            break
        if attempts > planned.retry_attempts:
            condition = "MaximumRetryAttempts"
            break
        pause = min(_LONGEST_DELAY, 2.0 ** (attempts - 1)) * world.rng.uniform(0.5, 1.0)
        if world.now + pause - due > planned.max_age:
            condition = "MaximumEventAgeInSeconds"
            break
        yield world.env.timeout(pause)
    if not attempts:
        outcome = Outcome.LOST
    elif refusal is None:
        outcome = Outcome.DELIVERED
    else:
        outcome = _bury(world, place, planned, text, refusal, condition, attempts)
    place.scheduler.firings.append(
        Firing(
            schedule=planned.arn,
            slot=slot.timestamp(),
            time=world.now,
            outcome=outcome,
            attempts=attempts,
            error=None if refusal is None else refusal.code,
        )
    )


def _text(world: World, place: Place, planned: Planned, slot: datetime, attempt: int) -> str:
    """What the target receives."""
    time = f"{slot:%Y-%m-%dT%H:%M:%SZ}"
    if planned.input is None:
        return compact(
            {
                "version": "0",
                "id": world.uuid(),
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": place.scheduler.account,
                "time": time,
                "region": place.name,
                "resources": [planned.arn],
                "detail": "{}",
            }
        )
    marks = {
        "schedule-arn": planned.arn,
        "scheduled-time": time,
        "execution-id": f"{world.rng.getrandbits(64):016x}",
        "attempt-number": str(attempt),
    }
    text = planned.input
    for name, value in marks.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _hand_over(world: World, place: Place, planned: Planned, text: str) -> ServiceError | None:
    """One attempt; None when the target took it."""
    throttles = place.scheduler.throttles
    if throttles is not None and throttles(planned.target):
        return ServiceError("ThrottlingException", "Rate exceeded")
    try:
        _take(world, place, planned, text)
    except ServiceError as error:
        return error
    return None


def _take(world: World, place: Place, planned: Planned, text: str) -> None:
    """Let the target have it. Raises ServiceError."""
    invoke = place.scheduler.invoke
    *_, service, _, _, resource = planned.target.split(":", 5)
    match service:
        case "scheduler":
            arguments = json.loads(text)
            _start(world, place, arguments["StateMachineArn"], arguments.get("Input", "{}"), arguments.get("Name"))
        case "states":
            _start(world, place, planned.target, text)
        case "sqs" if resource in place.sqs.queues:
            place.sqs.send(place.sqs.queues[resource], {"MessageBody": text}, world.now)
        case "lambda" if invoke is not None:
            invoke(planned.target, text)
        case _:
            raise ServiceError("ResourceNotFoundException", f"{planned.target} does not exist.", status=404)


def _start(world: World, place: Place, arn: str, text: str, name: str | None = None) -> None:
    """StartExecution of a machine or an alias of this Region. Raises ServiceError."""
    machine = world.machines.get(arn)
    if machine is None or machine.region is not place:
        raise ServiceError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ServiceError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from error
    world.start(machine, value, name=name)


def _passing(refusal: ServiceError) -> bool:
    """Whether another attempt may help."""
    return refusal.code in _THROTTLED or refusal.status == 429 or refusal.status >= 500


def _bury(world: World, place: Place, planned: Planned, text: str, refusal: ServiceError, condition: str, attempts: int) -> Outcome:
    """Put what the target did not take into the dead-letter queue, if there is one."""
    queue = place.sqs.queues.get(planned.dead_letter.rpartition(":")[2]) if planned.dead_letter else None
    if queue is None:
        return Outcome.DROPPED
    attributes = {
        "SCHEDULE_ARN": planned.arn,
        "TARGET_ARN": planned.target,
        "ERROR_CODE": refusal.code,
        "ERROR_MESSAGE": refusal.message,
        "EXHAUSTED_RETRY_CONDITION": condition,
        "RETRY_ATTEMPTS": str(attempts - 1),
    }
    written = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value}
    try:
        place.sqs.send(queue, {"MessageBody": text, "MessageAttributes": written}, world.now)
    except ServiceError:
        return Outcome.DROPPED
    return Outcome.DEAD_LETTER
