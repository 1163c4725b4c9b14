"""Faults to order, for tests: which call goes wrong, and how."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias, cast, get_args

from sfn_dsl.embedded.incoming import Incoming
from sfn_dsl.errors import ConfigError

__all__ = ["REFUSALS", "Fault", "FaultKind", "FaultPlan", "parse_planned"]

FaultKind: TypeAlias = Literal[
    "throttle", "denied", "expired", "internal", "drop_before", "drop_after", "kill_before", "kill_after", "stale", "delay"
]

REFUSALS: Final[Mapping[str, tuple[str, str, int]]] = {
    "throttle": ("ThrottlingException", "Rate exceeded", 400),
    "denied": ("AccessDeniedException", "User is not authorized to perform this operation", 400),
    "expired": ("ExpiredTokenException", "The security token included in the request is expired", 400),
    "internal": ("InternalFailure", "The request processing has failed because of an unknown error", 500),
}
"""Code, message and status of the faults that are answers."""

_ALIASES: Final[Mapping[str, str]] = {"stepfunctions": "states", "cloudwatch": "monitoring"}
_FIELDS: Final = frozenset({"service", "operation", "region", "call", "times", "fault", "seconds", "pid"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault. `service`, `operation`, `region`: empty for any. It happens at the `call`-th call that fits (from 1) and at the
    `times - 1` calls after it. `seconds`: of a delay. `pid`: the process that `kill_before` and `kill_after` end.

    drop_before, drop_after: the connection ends without an answer, before or after the effect; kill_ likewise, with SIGKILL to a
    process first. stale: Step Functions answers as before the last change. delay: the answer is late.
    """

    fault: FaultKind
    service: str = ""
    operation: str = ""
    region: str = ""
    call: int = 1
    times: int = 1
    seconds: float = 0.0
    pid: int = 0

    def fits(self, call: Incoming) -> bool:
        """Whether a call is one that counts."""
        pairs = ((self.service, call.service), (self.operation, call.operation), (self.region, call.region))
        return all(wanted in ("", actual) for wanted, actual in pairs)

    @property
    def json(self) -> dict[str, Any]:
        """The fault as it is written."""
        return {name: getattr(self, name) for name in sorted(_FIELDS)}


def parse_planned(value: Any) -> Fault:
    """A fault from JSON. Raises ConfigError."""
    if not isinstance(value, dict) or not _FIELDS.issuperset(value) or value.get("fault") not in get_args(FaultKind):
        raise ConfigError(
            "a fault is an object with a known `fault`",
            help=f"fields are {', '.join(sorted(_FIELDS))}; faults are {', '.join(get_args(FaultKind))}",
        )
    for name in ("service", "operation", "region"):
        if not isinstance(value.get(name, ""), str):
            raise ConfigError(f"`{name}` of a fault is a text", help="leave it out for any")
    for name, least in (("call", 1), ("times", 1), ("seconds", 0), ("pid", 0)):
        number = value.get(name, least)
        if isinstance(number, bool) or not isinstance(number, (int, float) if name == "seconds" else int) or number < least:
            raise ConfigError(f"`{name}` of a fault is a number from {least}", help="leave it out for the least")
    fault = Fault(**{**value, "fault": cast("FaultKind", value["fault"])})
    fault = replace(fault, service=_ALIASES.get(fault.service, fault.service))
    if fault.fault == "stale" and fault.service != "states":
        raise ConfigError("only Step Functions answers stale", help='write "service": "states"')
    if fault.fault.startswith("kill_") and fault.pid <= 1:
        raise ConfigError("a process to end has a `pid` above 1", help="give the process id of the client")
    return fault


class FaultPlan:
    """Faults that wait for their calls. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Plan a fault; calls count from now on."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all that have not happened."""
        with self._lock:
            self._waiting.clear()

    @property
    def waiting(self) -> tuple[Fault, ...]:
        """Faults that have not happened yet; `call` says how many calls it takes from now."""
        with self._lock:
            return tuple(self._waiting)

    def next(self, call: Incoming) -> Fault | None:
        """The fault that happens to a call, None for none. Every plan that the call fits counts it."""
        happens: Fault | None = None
        with self._lock:
            left = []
            for fault in self._waiting:
                if not fault.fits(call):
                    left.append(fault)
                elif fault.call > 1:
                    left.append(replace(fault, call=fault.call - 1))
                elif happens is not None:
                    left.append(fault)
                else:
                    happens = fault
                    left += [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
            self._waiting = left
        return happens
