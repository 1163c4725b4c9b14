"""Which Region works, and making another one work: one conditional write."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sfn_dsl.control.rows import ACTIVE_KEY
from sfn_dsl.deployment import Deployment
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.publish.batch_row import text_of
from sfn_dsl.publish.refusal import Refused
from sfn_dsl.publish.table import Item, Table

__all__ = ["Active", "LostRace", "check_region", "promote", "read_active"]


class LostRace(EnvironmentFault):
    """Somebody else has promoted a Region meanwhile. `winner`: what holds now."""

    def __init__(self, winner: Active) -> None:
        super().__init__(
            f"{winner.changed_by or 'somebody'} has promoted {winner.region} meanwhile (epoch {winner.epoch})",
            help="look whether that is what you want, and promote again if not",
        )
        self.winner = winner


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """The Region that works. `epoch`: how often one has been promoted; 0 before the first time, when nothing is written yet and the
    deployment's active Region works. `changed_at`: milliseconds since 1970, 0 at epoch 0."""

    region: str
    epoch: int
    changed_by: str = ""
    changed_at: int = 0
    reason: str = ""


def check_region(deployment: Deployment, region: str) -> None:
    """Raises Refused for a deployment without a gate, and for a Region that is neither its active nor its passive one."""
    if not deployment.gated:
        raise Refused(
            "this deployment has no active Region: gate `none` lets each Region work",
            help="write `gate = arbiter` or `gate = mrec-manual` in setup.cfg",
        )
    if region not in deployment.regions:
        known = deployment.regions
        raise Refused(
            f"`{region}` is neither the active nor the passive Region of the deployment",
            help=did_you_mean(region, known) or f"promote {' or '.join(known)}",
        )


def read_active(table: Table, deployment: Deployment) -> Active:
    """The Region that works now."""
    item = table.get(ACTIVE_KEY)
    return Active(region=deployment.active, epoch=0) if item is None else _active(item)


def promote(table: Table, before: Active, region: str, *, by: str, reason: str, now: int) -> Active:
    """Make a Region the one that works. `before`: what was read, on whose epoch the write depends. `by`: who does it. `now`:
    milliseconds since 1970.

    Raises LostRace where another promotion came first; then nothing is changed.
    """
    change = uuid.uuid4().hex
    values: dict[str, Any] = {
        ":region": {"S": region},
        ":epoch": {"N": str(before.epoch + 1)},
        ":by": {"S": by},
        ":at": {"N": str(now)},
        ":reason": {"S": reason},
        ":change": {"S": change},
    }
    condition = "attribute_not_exists(epoch)"
    if before.epoch:
        condition, values[":read"] = "epoch = :read", {"N": str(before.epoch)}
    item = table.update(
        Key=ACTIVE_KEY,
        UpdateExpression="SET #region = :region, epoch = :epoch, changed_by = :by, changed_at = :at, reason = :reason, "
        "change_id = :change",
        ConditionExpression=condition,
        ExpressionAttributeNames={"#region": "region"},
        ExpressionAttributeValues=values,
    )
    if item is not None:
        return _active(item)
    there = table.get(ACTIVE_KEY) or {}
    # The client repeats a write whose answer was lost; then the condition fails because of ourselves.
    if text_of(there, "change_id") == change:
        return _active(there)
    raise LostRace(_active(there))


def _active(item: Item) -> Active:
    return Active(
        region=text_of(item, "region"),
        epoch=int(text_of(item, "epoch") or 0),
        changed_by=text_of(item, "changed_by"),
        changed_at=int(text_of(item, "changed_at") or 0),
        reason=text_of(item, "reason"),
    )
