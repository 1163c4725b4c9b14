"""Faults that a user asks for: `STATE=Error[*n]` and what else can happen to a call.

Beside error names (`Load=Glue.ConcurrentRunsExceededException*2`) these words stand for what happens: `throttled` (the service's
throttling error), `timeout` (no answer in the task's time), `lost` (the call takes effect, its answer does not arrive), `too-large`
(a result over 256 KiB), `no-callback` (the task token never returns). `*n` limits a fault to the first n calls of the state in an
execution. STATE may hold `*` and `?`.
"""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sfn_dsl.asl.services import integration
from sfn_dsl.errors import ConfigError
from sfn_dsl.simulate.failure import TIMEOUT
from sfn_dsl.simulate.limits import MAX_PAYLOAD
from sfn_dsl.simulate.mocks.answers import Answer, Call
from sfn_dsl.simulate.program.resource import Resource

__all__ = [
    "KEYWORDS",
    "Faults",
    "Injection",
    "Outage",
    "error_prefix",
    "faulty_answer",
    "lost_error",
    "own_errors",
    "parse_fault",
    "parse_outage",
    "throttling_error",
]

KEYWORDS: Final = ("throttled", "timeout", "lost", "too-large", "no-callback")
_FORM: Final = re.compile(r"(?P<state>.+)=(?P<error>[^=*]+)(?:\*(?P<times>\d+))?")


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault: the states (a glob), an error name or keyword, and how often per execution (None: always)."""

    state: str
    error: str
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Outage:
    """A Region that stands still after so many seconds, for so many seconds (None: for good)."""

    after: float
    lasting: float | None = None


def parse_outage(text: str) -> Outage:
    """An outage from `AFTER` or `AFTER+LASTING`, in seconds. Raises ConfigError."""
    after, _, lasting = text.partition("+")
    try:
        found = Outage(float(after), float(lasting) if lasting else None)
    except ValueError:
        found = Outage(-1)
    if not 0 <= found.after < float("inf") or not 0 < (found.lasting or 1) < float("inf"):
        raise ConfigError(f"`{text}` is no outage", help="write seconds, for instance 60 (for good) or 60+300")
    return found


def parse_fault(text: str) -> Injection:
    """An injection from `STATE=Error[*n]`. Raises ConfigError."""
    match = _FORM.fullmatch(text)
    error = match["error"].strip() if match else ""
    if match is None or not error or match["times"] == "0":
        raise ConfigError(
            f"`{text}` is no fault", help="write STATE=Error or STATE=Error*2, for instance Load=Glue.EntityNotFoundException*2"
        )
    if error not in KEYWORDS and not re.fullmatch(r"[A-Z][\w.\-]*", error):
        raise ConfigError(f"`{error}` in `{text}` is neither an error name nor one of {', '.join(KEYWORDS)}")
    return Injection(match["state"].strip(), error, int(match["times"]) if match["times"] else None)


def error_prefix(resource: Resource) -> str:
    """What the names of a service's errors start with: `Glue`, `DynamoDb`."""
    if resource.kind == "lambda":
        return "Lambda"
    try:
        found = integration(resource.service, resource.operation, resource.sdk)
    except LookupError:
        found = None
    return found.prefix if found else resource.service[:1].upper() + resource.service[1:]


def own_errors(resource: Resource) -> tuple[str, ...]:
    """Names of the errors that the service's API declares; empty where nothing is known."""
    service, operation, sdk = resource.service, resource.operation, resource.sdk
    if resource.kind == "lambda":
        service, operation, sdk = "lambda", "invoke", False
    try:
        known = integration(service, operation, sdk)
    except LookupError:
        known = None
    return known.errors if known else ()


def throttling_error(resource: Resource) -> str:
    """The error of a service that is called too often: its own, where the API declares one."""
    for word in ("TooManyRequests", "Throttl", "ProvisionedThroughput"):
        for name in own_errors(resource):
            if word in name:
                return name
    return f"{error_prefix(resource)}.ThrottlingException"


def lost_error(resource: Resource) -> str:
    """The error of a call whose answer did not arrive."""
    return f"{error_prefix(resource)}.SdkClientException"


class Faults:
    """The injections of a world; counts how often each has struck in each execution."""

    def __init__(self, injections: Iterable[Injection] = ()) -> None:
        self._injections = tuple(injections)
        self._struck: Counter[tuple[int, str]] = Counter()

    def strike(self, call: Call) -> str | None:
        """The error name or keyword that hits a call, counted; None for none."""
        for index, injection in enumerate(self._injections):
            if injection.state == call.state or fnmatch.fnmatchcase(call.state, injection.state):
                key = (index, call.execution)
                if injection.times is None or self._struck[key] < injection.times:
                    self._struck[key] += 1
                    return injection.error
        return None


def faulty_answer(kind: str, call: Call) -> Answer:
    """How a call ends that a fault hits."""
    match kind:
        case "timeout":
            return Answer(fails=True, error=TIMEOUT, late=True, mocked=False)
        case "no-callback":
            return Answer(never=True, mocked=False)
        case "too-large":
            return Answer(value="x" * (MAX_PAYLOAD + 1), mocked=False)
        case "throttled":
            return Answer(fails=True, error=throttling_error(call.resource), cause="Rate exceeded", mocked=False)
        case "lost":
            cause = "Unable to execute HTTP request: Read timed out"
            return Answer(fails=True, error=lost_error(call.resource), cause=cause, mocked=False)
        case _:
            return Answer(fails=True, error=kind, cause=f"{kind} was injected", mocked=False)
