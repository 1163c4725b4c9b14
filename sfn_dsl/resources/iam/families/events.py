"""Amazon EventBridge: `events:putEvents` and `aws-sdk:eventbridge`."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.arguments import Known
from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["events"]


@family("events")
def events(call: Call) -> Iterator[Need]:
    """Putting events on each bus that an entry names; the default bus where one names none."""
    if call.action != "putEvents":
        yield from generic(call)
        return
    entries = call.arguments.member("Entries")
    if entries is None or not entries.elements() or any(one.open for one in entries.elements()):
        yield call.needs("PutEvents", on=Place(call.arn("event-bus/*"), "`Entries` are only known at run time"))
        return
    places = {}
    for entry in entries.elements():
        bus = entry.member("EventBusName")
        known = bus.known if bus else Known(("default",))
        place = call.locate(known, "EventBusName", "event-bus/")
        places[place.arn] = place
    for place in places.values():
        yield call.needs("PutEvents", on=place)
