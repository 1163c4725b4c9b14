"""ARNs of state machines: plain, of a version, of an alias, of a distributed Map."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sfn_dsl.embedded.api_error import ApiError, invalid

__all__ = ["MachineArn", "plain_arn", "read_arn"]

_FORM = re.compile(
    r"(?P<plain>arn:aws[\w-]*:states:(?P<region>[\w-]+):(?P<account>\d{12}):stateMachine:[^:/]+)"
    r"(?:/(?P<label>[^:]+))?(?::(?P<qualifier>[^:/]+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineArn:
    """The parts of an ARN. `version` is 0 and `alias` empty where it names none."""

    text: str
    plain: str
    version: int
    alias: str


def read_arn(text: str, *, region: str, account: str) -> MachineArn:
    """The parts of a state machine's ARN. Raises ApiError: InvalidArn for another Region's or account's, and for any other text."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ApiError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {text}'")
    if (match["region"], match["account"]) != (region, account):
        raise ApiError("InvalidArn", f"Invalid Arn: 'Resource is not of account {account} in {region}: {text}'")
    if match["label"]:
        raise invalid("State Machine ARNs with a Map state label are not supported.", "API_DOES_NOT_SUPPORT_LABELED_ARNS")
    qualifier = match["qualifier"] or ""
    number = int(qualifier) if qualifier.isascii() and qualifier.isdigit() else 0
    return MachineArn(text=text, plain=match["plain"], version=number, alias="" if number else qualifier)


def plain_arn(text: str, *, region: str, account: str) -> str:
    """The ARN of a state machine itself. Raises ApiError, also for the ARN of a version or an alias."""
    arn = read_arn(text, region=region, account=account)
    if arn.text != arn.plain:
        raise invalid(f"State Machine ARN must not be qualified: '{text}'")
    return arn.plain
