"""Tries a published machine with the input of its dry run."""

from __future__ import annotations

from typing import Final

from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.publish.clients import Declined
from sfn_dsl.publish.desired import Desired
from sfn_dsl.publish.machine import Machine
from sfn_dsl.publish.pacing import Clock

__all__ = ["smoke"]

_SECONDS: Final = 300
_POLL_SECONDS: Final = 2
_TAKEN: Final = "ExecutionAlreadyExists"
_FAILED: Final = {"FAILED", "TIMED_OUT", "ABORTED"}


def smoke(machine: Machine, desired: Desired, *, alias: str, version: int, clock: Clock) -> str:
    """Start the dry run through an alias and wait for its end; the name of the execution, empty for Express.

    The name says version and build, so that a run that was begun before is looked at and not repeated. Raises EnvironmentFault
    where it fails or has not ended after five minutes.
    """
    arn, given = f"{machine.arn}:{alias}", desired.smoke or "{}"
    if desired.type == "EXPRESS":
        answer = machine.call("start_sync_execution", stateMachineArn=arn, input=given)
        _judged(machine, "the dry run", str(answer["status"]), str(answer.get("error", "")))
        return ""
    attempt = 1
    while True:
        name = f"dry-run-{version}-{desired.digest[:16]}-{attempt}"
        try:
            execution = str(machine.call("start_execution", stateMachineArn=arn, name=name, input=given)["executionArn"])
        except Declined as refusal:
            if refusal.code != _TAKEN:
                raise
            execution = f"{machine.arn.replace(':stateMachine:', ':execution:')}:{name}"
            if machine.call("describe_execution", executionArn=execution)["status"] in _FAILED:
                # What failed has been mended meanwhile, or will fail again.
                attempt += 1
                continue
        status, error = _ended(machine, execution, clock)
        _judged(machine, f"the dry run {name}", status, error)
        return name


def _ended(machine: Machine, execution: str, clock: Clock) -> tuple[str, str]:
    end = clock.now() + _SECONDS
    while True:
        found = machine.call("describe_execution", executionArn=execution)
        if found["status"] != "RUNNING" or clock.now() >= end:
            return str(found["status"]), str(found.get("error", ""))
        clock.sleep(_POLL_SECONDS)


def _judged(machine: Machine, what: str, status: str, error: str) -> None:
    where = f"of {machine.name} in {machine.region}"
    if status == "RUNNING":
        raise EnvironmentFault(f"{what} {where} has not ended after {_SECONDS} seconds", help="look at its history")
    if status != "SUCCEEDED":
        raise EnvironmentFault(f"{what} {where} ended as {status}{f': {error}' if error else ''}", help="look at its history")
