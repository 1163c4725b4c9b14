"""What is wrong with a deployment by itself, whether `setup.cfg` declares it or a pipeline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sfn_dsl.deployment import FORWARDS, GATES, MRSC_SETS, Arbiter, Deployment
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.region import REGIONS

__all__ = ["Fault", "faults"]

_NAMES: Final = {
    "event_bus": (r"[0-9A-Za-z_-]{1,256}", "use letters, digits, `_` and `-`: queues and machines are named after the bus"),
    "control_table": (r"[0-9A-Za-z_.-]{3,255}", "use 3 to 255 letters, digits, `_`, `.` and `-`"),
    "alert_topic": (r"[0-9A-Za-z_-]{1,256}", "use letters, digits, `_` and `-`: SNS takes no others"),
    "event_source": (r"[0-9A-Za-z_.-]{1,256}", "use letters, digits, `_`, `.` and `-`"),
}
"""What each service takes as a name, by the key of `setup.cfg`, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong. `key`: the field, by its name in `setup.cfg`."""

    key: str
    message: str
    help: str


def faults(deployment: Deployment) -> Iterator[Fault]:
    """Everything that keeps a deployment from meaning anything."""
    for key, region in (("active", deployment.active), ("passive", deployment.passive)):
        if region is not None and region not in REGIONS:
            yield _unknown(key, "Region", region, REGIONS)
    if deployment.passive == deployment.active:
        message = f"`passive` is the active Region {deployment.active}"
        yield Fault(key="passive", message=message, help="name another Region, or leave `passive` out")
    if deployment.gate not in GATES:
        yield _unknown("gate", "gate", deployment.gate, GATES)
    elif deployment.gated and deployment.passive is None:
        message = f"gate `{deployment.gate}` needs a passive Region"
        yield Fault(key="gate", message=message, help="write `passive = <region>`, or `gate = none`")
    if deployment.forward not in FORWARDS:
        yield _unknown("forward", "forward", deployment.forward, FORWARDS)
    yield from _names(deployment)
    if deployment.gate == "arbiter":
        yield from _arbiter(deployment.arbiter)
    for region, order in deployment.reach.items():
        for replica in order:
            if replica not in deployment.replicas:
                known = ", ".join(deployment.replicas)
                message = f"`reach.{region}` names {replica}, which holds no replica"
                yield Fault(key=f"reach.{region}", message=message, help=f"use {known}")


def _names(deployment: Deployment) -> Iterator[Fault]:
    for key, name in (
        ("event_bus", deployment.bus),
        ("control_table", deployment.table),
        ("alert_topic", deployment.alert_topic),
        ("event_source", deployment.events),
    ):
        form, help = _NAMES[key]
        if not isinstance(name, str) or not re.fullmatch(form, name):
            yield Fault(key=key, message=f"`{key} = {name}` is no name", help=help)
    if deployment.bus == "default":
        message = "`event_bus = default` is a bus that every account has, and the shared template makes one"
        yield Fault(key="event_bus", message=message, help="give the pipelines a bus of their own, such as `etl`")
    if str(deployment.events).startswith("aws."):
        message = "`event_source` begins with `aws.`, which EventBridge refuses"
        yield Fault(key="event_source", message=message, help="write `com.<company>.etl`")
    bridged = [region for region in deployment.regions if not deployment.reached_from(region).direct]
    if bridged and "." in str(deployment.table):
        message = f"`control_table = {deployment.table}` also names the function that reaches it from {', '.join(bridged)}"
        yield Fault(key="control_table", message=message, help="leave the `.` out, which Lambda does not take")


def _unknown(key: str, what: str, value: str, known: Iterable[str]) -> Fault:
    names = list(known)
    hint = did_you_mean(str(value), names) or ("use the name of a Region" if len(names) > 9 else f"use {', '.join(names)}")
    return Fault(key=key, message=f"unknown {what} `{value}`", help=hint)


def _arbiter(arbiter: Arbiter | None) -> Iterator[Fault]:
    regions = () if arbiter is None else arbiter.regions
    unknown = [region for region in regions if region not in REGIONS]
    for region in unknown:
        yield _unknown("arbiter", "Region", region, REGIONS)
    if unknown:
        return
    sets = "; ".join(", ".join(sorted(group)) for group in MRSC_SETS)
    if arbiter is None or len(set(regions)) != 3 or len(regions) != 3 or len(arbiter.replicas) < 2:
        yield Fault(
            key="arbiter",
            message="a strongly consistent table has three Regions: two replicas and a witness, or three replicas",
            help=f"write `arbiter = us-east-1, us-west-2` and `witness = us-east-2`; the sets are {sets}",
        )
    elif not any(set(regions) <= group for group in MRSC_SETS):
        yield Fault(
            key="arbiter",
            message=f"DynamoDB cannot keep a table strongly consistent over {', '.join(regions)}",
            help=f"stay within one of {sets}",
        )
