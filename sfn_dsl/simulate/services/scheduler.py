"""EventBridge Scheduler in memory: schedules of a Region and what came of every firing. `running/firings.py` lets them fire.

Not simulated: flexible time windows, end dates, FIFO queues as targets, universal targets other than `sfn:startExecution`. Source:
Scheduler User Guide, pages `managing-schedule-context-attributes` and `managing-targets-universal`; limits from botocore's service
model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final

from sfn_dsl.asl.model import Json
from sfn_dsl.errors import DeclarationError
from sfn_dsl.region import parse_arn
from sfn_dsl.schedules.expression import Schedule, parse
from sfn_dsl.simulate.services.service_error import ServiceError

__all__ = ["UNIVERSAL_START", "Firing", "Outcome", "Planned", "Scheduler"]

UNIVERSAL_START: Final = "aws-sdk:sfn:startExecution"
"""The resource part of the universal target that starts an execution; its input has the members of StartExecution."""

_NAME: Final = re.compile(r"[0-9a-zA-Z_.-]{1,64}")
_DEFAULT_GROUP: Final = "default"
_INPUT_LIMIT: Final = 262_144
_START_MEMBERS: Final = frozenset({"StateMachineArn", "Name", "Input", "TraceHeader"})


class Outcome(Enum):
    """What became of a firing.

    DELIVERED: the target took it. DEAD_LETTER: the dead-letter queue has it. DROPPED: the target did not take it, and no queue
    did. LOST: its Region stood still for longer than the event may grow old, so that nothing was tried.
    """

    DELIVERED = "delivered"
    DEAD_LETTER = "dead letter"
    DROPPED = "dropped"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A schedule and its target.

    `input`: the text that the target gets, with `<aws.scheduler.…>` marks; None is Scheduler's own notification.
    `retry_attempts`: 0 to 185 further attempts; `max_age`: 60 to 86,400 seconds from the first attempt. `start` (aware): the
    first moment at which it may fire; None is the moment of its creation.
    """

    arn: str
    name: str
    group: str
    schedule: Schedule
    target: str
    role_arn: str
    input: str | None
    retry_attempts: int
    max_age: int
    dead_letter: str | None
    enabled: bool
    start: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A firing that is over: `slot` is the time it was meant for, `time` that of the outcome, both in seconds since 1970.

    `attempts`: invocations of the target; `error`: the code of the last refusal.
    """

    schedule: str
    slot: float
    time: float
    outcome: Outcome
    attempts: int
    error: str | None = None


class Scheduler:
    """The schedules of one account and Region. `plan` gets each new schedule, by ARN, and lets it fire.

    `doubled`: the probability that a firing happens twice. `throttles`: whether a target (ARN) refuses just now; None never does.
    `invoke` gets the ARN of a Lambda function and the payload (JSON text), and may raise ServiceError; None knows no functions.
    """

    def __init__(self, *, region: str, account: str, plan: Callable[[str], None], partition: str = "aws") -> None:
        self.region = region
        self.account = account
        self.schedules: dict[str, Planned] = {}
        self.groups = {_DEFAULT_GROUP}
        self.firings: list[Firing] = []
        self.doubled = 0.0
        self.throttles: Callable[[str], bool] | None = None
        self.invoke: Callable[[str, str], None] | None = None
        self._plan = plan
        self._prefix = f"arn:{partition}:scheduler:{region}:{account}:"

    def create_group(self, name: str) -> str:
        """A new schedule group; its ARN. Raises ServiceError."""
        if not _NAME.fullmatch(name):
            raise _invalid(f"{name} is not a name for a schedule group.")
        if name in self.groups:
            raise ServiceError("ConflictException", f"Schedule group {name} already exists.", status=409)
        self.groups.add(name)
        return f"{self._prefix}schedule-group/{name}"

    def create_schedule(
        self,
        name: str,
        *,
        expression: str,
        target: str,
        role_arn: str,
        group: str = _DEFAULT_GROUP,
        timezone: str = "UTC",
        input: str | None = None,
        retry_attempts: int = 185,
        max_age: int = 86_400,
        dead_letter: str | None = None,
        enabled: bool = True,
        start: datetime | None = None,
    ) -> Planned:
        """A new schedule, which fires from now on; see Planned. Raises ServiceError for what CreateSchedule refuses."""
        if not _NAME.fullmatch(name):
            raise _invalid(f"{name} is not a name for a schedule.")
        if group not in self.groups:
            raise ServiceError("ResourceNotFoundException", f"Schedule group {group} does not exist.", status=404)
        arn = f"{self._prefix}schedule/{group}/{name}"
        if arn in self.schedules:
            raise ServiceError("ConflictException", f"Schedule {name} already exists.", status=409)
        if not 0 <= retry_attempts <= 185:
            raise _invalid(f"MaximumRetryAttempts goes from 0 to 185, it cannot be {retry_attempts}.")
        if not 60 <= max_age <= 86_400:
            raise _invalid(f"MaximumEventAgeInSeconds goes from 60 to 86400, it cannot be {max_age}.")
        self._check_target(target, input)
        if dead_letter is not None:
            queue = parse_arn(dead_letter)
            if queue is None or (queue.service, queue.region) != ("sqs", self.region) or queue.resource.endswith(".fifo"):
                raise _invalid(f"{dead_letter} is not a standard queue of {self.region}.")
        try:
            schedule = parse(expression, timezone)
        except DeclarationError as error:
            raise _invalid(f"Invalid Schedule Expression {expression}: {error}") from error
        planned = Planned(
            arn=arn,
            name=name,
            group=group,
            schedule=schedule,
            target=target,
            role_arn=role_arn,
            input=input,
            retry_attempts=retry_attempts,
            max_age=max_age,
            dead_letter=dead_letter,
            enabled=enabled,
            start=start,
        )
        self.schedules[arn] = planned
        self._plan(arn)
        return planned

    def enable(self, arn: str, *, enabled: bool = True) -> None:
        """Let a schedule fire, or not, from its next slot on. Raises ServiceError for an unknown ARN."""
        if arn not in self.schedules:
            raise ServiceError("ResourceNotFoundException", f"Schedule {arn} does not exist.", status=404)
        self.schedules[arn] = replace(self.schedules[arn], enabled=enabled)

    def count(self, outcome: Outcome) -> int:
        """How many firings had an outcome."""
        return sum(firing.outcome is outcome for firing in self.firings)

    @property
    def dropped(self) -> int:
        """Firings of which nothing is left: no target, no dead-letter queue took them."""
        return self.count(Outcome.DROPPED)

    def _check_target(self, target: str, input: str | None) -> None:
        """Refuse a target that is not of this Region, or an input that does not fit it."""
        found = parse_arn(target)
        if found is None or found.service not in ("states", "lambda", "sqs", "scheduler"):
            raise _invalid(f"Provided Arn is not in correct format: {target}")
        universal = found.service == "scheduler"
        if universal and found.resource != UNIVERSAL_START:
            raise ServiceError("NotSimulated", f"The target {found.resource} of Scheduler is not simulated")
        if not universal and found.region != self.region:
            raise _invalid(f"{target} is not in {self.region}.")
        if input is not None and len(input.encode()) > _INPUT_LIMIT:
            raise _invalid(f"The input of {target} is longer than {_INPUT_LIMIT} bytes.")
        if found.service == "sqs" or (input is None and not universal):
            return
        try:
            value = json.loads(input or "")
        except json.JSONDecodeError as error:
            raise _invalid(f"The input of {target} is no JSON: {error}") from error
        if universal and not _starts(value):
            raise _invalid(f"The input of {target} is not that of StartExecution.")


def _starts(value: Json) -> bool:
    """Whether a value is what StartExecution takes."""
    if not isinstance(value, dict) or "StateMachineArn" not in value or not value.keys() <= _START_MEMBERS:
        return False
    return all(isinstance(member, str) for member in value.values())


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
