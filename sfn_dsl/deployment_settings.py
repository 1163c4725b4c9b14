"""The deployment that `setup.cfg` declares.

[sfn_dsl]
active = us-east-1
passive = us-west-1
gate = arbiter                        ; none, mrec-manual or arbiter
forward = always                      ; always, on-failure or never
arbiter = us-east-1, us-west-2        ; Regions with a replica of the control table
witness = us-east-2
reach.us-west-1 = us-west-2, us-east-1
event_bus = etl
control_table = etl-control
alert_topic = etl-alerts
event_source = com.acme.etl
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from sfn_dsl.deployment import FORWARDS, GATES, Arbiter, Deployment
from sfn_dsl.deployment_faults import faults
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.errors import ConfigError
from sfn_dsl.span import Span

__all__ = ["DEPLOYMENT_KEYS", "read_deployment"]

_TEXTS: Final = ("event_bus", "control_table", "alert_topic", "event_source", "global_endpoint")
_FIGURES: Final[Mapping[str, tuple[int, int]]] = {"sweep_minutes": (1, 60), "lease_margin_seconds": (60, 86_400)}
DEPLOYMENT_KEYS: Final = frozenset(
    {"active", "passive", "gate", "forward", "arbiter", "witness", "rule_source_arn", *_TEXTS, *_FIGURES}
)


def read_deployment(
    top: Mapping[str, str], regions: tuple[str, ...], line: Callable[[str], Span], wrong: list[ConfigError]
) -> Deployment | None:
    """What the keys of `[sfn_dsl]` say; None when there are none. `regions`: of the project. `line`: where a key stands.

    A Region that is not the project's, a gate that needs something else, or a figure out of range is added to `wrong`, and a
    default stands in its place.
    """
    told: set[str] = set()

    def refuse(message: str, help: str, key: str) -> None:
        told.add(key)
        wrong.append(ConfigError(f"{message} in setup.cfg", help=help, span=line(key)))

    reach = {key.removeprefix("reach."): _words(value) for key, value in top.items() if key.startswith("reach.")}
    if not reach and not DEPLOYMENT_KEYS & top.keys():
        return None
    active = top.get("active", regions[0])
    passive = top.get("passive")
    for key, region in (("active", active), ("passive", passive)):
        if region is not None and region not in regions:
            refuse(f"`{key} = {region}` is no Region of the project", f"add {region} to `regions`", key)
    gate = _known("gate", top.get("gate", "none"), GATES, refuse)
    if "gate" in told and {"arbiter", "witness"} & top.keys():
        gate = "arbiter"
    forward = _known("forward", top.get("forward", "always" if passive else "never"), FORWARDS, refuse)
    arbiter = _arbiter(top, gate, refuse)
    plain = Deployment(active=active)
    figures = {
        key: _figure(key, top[key], low, high, refuse) if key in top else getattr(plain, key)
        for key, (low, high) in _FIGURES.items()
    }
    found = Deployment(
        active=active,
        passive=passive,
        gate=gate,
        forward=forward,
        arbiter=arbiter,
        reach=_reach(reach, arbiter, refuse),
        rule_source_arn=_known("rule_source_arn", top.get("rule_source_arn", "true"), ("true", "false"), refuse) == "true",
        bus=top.get("event_bus", plain.bus),
        table=top.get("control_table", plain.table),
        alert_topic=top.get("alert_topic", plain.alert_topic),
        events=top.get("event_source", plain.events),
        endpoint=top.get("global_endpoint", plain.endpoint),
        sweep_minutes=figures["sweep_minutes"],
        lease_margin_seconds=figures["lease_margin_seconds"],
        span=line(next((key for key in ("forward", "gate", "passive", "active", *_TEXTS) if key in top), "active")),
    )
    for fault in faults(found):
        if fault.key not in told:
            refuse(fault.message, fault.help, fault.key)
    return found


_Refuse = Callable[[str, str, str], None]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[,\s]+", text) if word)


def _known(key: str, value: str, known: tuple[str, ...], refuse: _Refuse) -> str:
    if value not in known:
        refuse(f"unknown {key} `{value}`", did_you_mean(value, known) or f"use {', '.join(known)}", key)
        return known[0]
    return value


def _figure(key: str, text: str, low: int, high: int, refuse: _Refuse) -> int:
    if not re.fullmatch(r"\d{1,9}", text) or not low <= int(text) <= high:
        refuse(f"`{key} = {text}` is out of range", f"use {low} to {high}", key)
        return low
    return int(text)


def _arbiter(top: Mapping[str, str], gate: str, refuse: _Refuse) -> Arbiter | None:
    if gate != "arbiter":
        for key in ("arbiter", "witness"):
            if key in top:
                refuse(f"`{key}` means nothing with gate `{gate}`", "write `gate = arbiter`, or remove it", key)
        return None
    replicas, witness = _words(top.get("arbiter", "")), top.get("witness")
    return Arbiter(replicas=replicas, witness=witness)


def _reach(given: Mapping[str, tuple[str, ...]], arbiter: Arbiter | None, refuse: _Refuse) -> Mapping[str, tuple[str, ...]]:
    for region in given:
        key = f"reach.{region}"
        if arbiter is None:
            refuse(f"`{key}` means nothing without an arbiter", "write `gate = arbiter`, or remove it", key)
    return given
