"""`MarkReady` and `Announce`: the row that says a batch waits for a consumer, then the event that rings at its door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass

from sfn_dsl.control.access import Access
from sfn_dsl.control.claim import ME, NOW
from sfn_dsl.control.contract import DETAIL_TYPE, BatchReady
from sfn_dsl.control.rows import READY, run_key
from sfn_dsl.draft import Call, Draft, Fixed, Site
from sfn_dsl.expression import Template
from sfn_dsl.functions import to_json
from sfn_dsl.policy import THROTTLED, TRANSIENT, Catcher, retry
from sfn_dsl.steps.step import Step

__all__ = ["Announce", "MarkReady"]


@dataclass(frozen=True, slots=True, eq=False)
class MarkReady(Step):
    """Writes a READY row for a consumer, with the input it is to be started with. A row that is there already stays as it is: the
    batch has been announced before, and may be in work."""

    _: KW_ONLY
    consumer: str
    batch: Template
    input: Mapping[str, Template]

    def lower(self, site: Site) -> tuple[Draft, ...]:
        item = {
            **run_key(self.consumer, self.batch),
            "status": {"S": READY},
            "queue": {"S": f"{READY}#{self.consumer}"},
            "pipeline": {"S": self.consumer},
            "batch_id": {"S": self.batch},
            "input": {"S": to_json(dict(self.input))},
            "producer_exec": {"S": ME},
            "created_at": {"N": NOW},
            "updated_at": {"N": NOW},
        }
        there = f"{self.name} / is there"
        arguments = {
            "Item": item,
            # The own row may only be written again while it is READY: where an answer was lost, the consumer may have claimed it.
            "ConditionExpression": "attribute_not_exists(pk) OR (producer_exec = :me AND #status = :ready)",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":me": {"S": ME}, ":ready": {"S": READY}},
        }
        states = {
            self.name: Access(site.target).task("putItem", arguments, refused=there, Output={}, End=True),
            there: {"Type": "Pass", "Output": {}, "End": True},
        }
        return (Fixed(start_at=self.name, states=states, query_language="JSONata"),)


@dataclass(frozen=True, slots=True, eq=False)
class Announce(Step):
    """Puts the event on the Region's bus. `rows`: every consumer has a READY row, so that an event that cannot be put costs
    minutes; without them it would cost the batch, and fails the step."""

    _: KW_ONLY
    contract: BatchReady
    rows: bool = False

    def lower(self, site: Site) -> tuple[Draft, ...]:
        entry = {
            "EventBusName": site.target.deployed.bus,
            "Source": self.contract.source(site.target),
            "DetailType": DETAIL_TYPE,
            "Detail": self.contract.detail,
        }
        onward = (Catcher(do=()),) if self.rows else ()
        policy = (
            TRANSIENT
            + THROTTLED
            + retry("EventBridge.FailedEntry", interval_seconds=5, max_attempts=5, backoff_rate=2.0, jitter_strategy="FULL")
        )
        retriers = policy.retriers("events")
        return (Call(action="events:putEvents", arguments={"Entries": [entry]}, retry=retriers, catch=onward, timeout=60),)
