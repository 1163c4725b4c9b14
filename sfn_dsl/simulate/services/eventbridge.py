"""EventBridge in memory: buses, rules, PutEvents; matched events are handed to a callback. Scheduler is another service."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.services.event_input import Target, target_input
from sfn_dsl.simulate.services.event_pattern import Matcher, compile_pattern
from sfn_dsl.simulate.services.service_error import ServiceError

__all__ = ["Delivery", "EventBridge", "Rule", "SeenEvent", "Target"]

_ENTRY_LIMIT = 10
_TARGET_LIMIT = 5
_TIME_BYTES = 14


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a bus; without a pattern it matches no event (it has a schedule)."""

    name: str
    bus: str
    arn: str
    pattern: Mapping[str, Json] | None
    targets: tuple[Target, ...]
    enabled: bool
    matcher: Matcher | None = field(repr=False, compare=False, default=None)


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to a target: `input` is the JSON text that the target receives, `time` epoch seconds."""

    rule: Rule
    target: Target
    event: Mapping[str, Json]
    input: str
    time: float


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """An event that a bus took, at `time` (epoch seconds)."""

    bus: str
    event: Mapping[str, Json]
    time: float


class EventBridge:
    """The buses of one account and Region. `uuid` makes event ids, `deliver` gets what rules match, in order of rule names.

    `loses` says of each event that a bus takes whether it gets no further; None loses nothing.
    """

    operations: ClassVar[frozenset[str]] = frozenset({"PutEvents", "TestEventPattern"})

    def __init__(
        self,
        *,
        region: str,
        account: str,
        uuid: Callable[[], str],
        deliver: Callable[[Delivery], None],
        size_limit: int = 262_144,
        partition: str = "aws",
        loses: Callable[[], bool] | None = None,
    ) -> None:
        self.region = region
        self.account = account
        self.events: list[SeenEvent] = []
        self.lost: list[SeenEvent] = []
        self.buses: dict[str, dict[str, Rule]] = {"default": {}}
        self._uuid = uuid
        self._deliver = deliver
        self._loses = loses
        self._size_limit = size_limit
        self._prefix = f"arn:{partition}:events:{region}:{account}:"

    def create_bus(self, name: str) -> str:
        """A new bus; its ARN. Raises ServiceError for a name that is taken."""
        if name in self.buses:
            raise ServiceError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")
        self.buses[name] = {}
        return f"{self._prefix}event-bus/{name}"

    def put_rule(
        self,
        name: str,
        bus: str,
        pattern: Mapping[str, Json] | None,
        targets: Sequence[Target],
        *,
        enabled: bool = True,
    ) -> Rule:
        """A new rule, or a rule put in place of one. Raises ServiceError for an unknown bus, a bad pattern or bad targets."""
        rules = self._rules(bus)
        if len(targets) > _TARGET_LIMIT:
            raise ServiceError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
        for target in targets:
            target.check()
        matcher = None if pattern is None else compile_pattern(pattern)
        path = name if bus == "default" else f"{bus}/{name}"
        rule = Rule(name, bus, f"{self._prefix}rule/{path}", pattern, tuple(targets), enabled, matcher)
        rules[name] = rule
        return rule

    def remove_rule(self, name: str, bus: str = "default") -> None:
        """Delete a rule, if there is one. Raises ServiceError for an unknown bus."""
        self._rules(bus).pop(name, None)

    def _rules(self, bus: str) -> dict[str, Rule]:
        if bus not in self.buses:
            raise ServiceError("ResourceNotFoundException", f"Event bus {bus} does not exist.")
        return self.buses[bus]

    def receive(self, event: Mapping[str, Json], now: float, bus: str = "default") -> None:
        """Take a complete event from a service or another bus and deliver it to the targets of the rules it matches.

        A bus that does not exist takes nothing, which AWS does not report.
        """
        seen = SeenEvent(bus, event, now)
        self.events.append(seen)
        if self._loses is not None and self._loses():
            self.lost.append(seen)
            return
        for _, rule in sorted(self.buses.get(bus, {}).items()):
            if rule.enabled and rule.matcher is not None and rule.matcher(event):
                for target in rule.targets:
                    text = target_input(target, event, rule.name, rule.arn, _iso(now))
                    self._deliver(Delivery(rule, target, event, text, now))

    def call(self, operation: str, arguments: Mapping[str, Json], now: float) -> Json:
        """Answer an API call at `now` (epoch seconds). Raises ServiceError."""
        if operation == "PutEvents":
            return self._put_events(arguments, now)
        if operation == "TestEventPattern":
            return self._test(arguments)
        raise ServiceError("NotSimulated", f"The operation {operation} of EventBridge is not simulated")

    def _test(self, arguments: Mapping[str, Json]) -> Json:
        event = arguments.get("Event")
        if isinstance(event, str):
            try:
                event = json.loads(event)
            except json.JSONDecodeError as error:
                raise ServiceError("ValidationException", "Event is not valid JSON.") from error
        return {"Result": compile_pattern(arguments.get("EventPattern") or "")(event)}

    def _put_events(self, arguments: Mapping[str, Json], now: float) -> Json:
        entries = arguments.get("Entries")
        rule = ""
        if not isinstance(entries, list):
            raise ServiceError(
                "ValidationException",
                "1 validation error detected: Value null at 'entries' failed to satisfy constraint: Member must not be null",
            )
        if not entries:
            rule = "greater than or equal to 1"
        elif len(entries) > _ENTRY_LIMIT:
            rule = f"less than or equal to {_ENTRY_LIMIT}"
        if rule:
            shown = ", ".join(["PutEventsRequestEntry"] * len(entries))
            raise ServiceError(
                "ValidationException",
                f"1 validation error detected: Value '[{shown}]' at 'entries' failed to satisfy constraint: "
                f"Member must have length {rule}",
            )
        if sum(map(_entry_size, entries)) > self._size_limit:
            raise ServiceError("ValidationException", "Total size of the entries in the request is over the limit.")
        results: list[dict[str, Json]] = []
        accepted: list[tuple[dict[str, Json], str]] = []
        for entry in entries:
            failure = _entry_failure(entry)
            if failure:
                results.append({"ErrorCode": failure[0], "ErrorMessage": failure[1]})
                continue
            event = self._event(entry, now)
            accepted.append((event, _bus_name(entry.get("EventBusName"))))
            results.append({"EventId": event["id"]})
        for accepted_event, bus in accepted:
            self.receive(accepted_event, now, bus)
        return {"Entries": results, "FailedEntryCount": sum("ErrorCode" in result for result in results)}

    def _event(self, entry: Mapping[str, Json], now: float) -> dict[str, Json]:
        detail = entry["Detail"]
        return {
            "version": "0",
            "id": self._uuid(),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": self.account,
            "time": _time(entry.get("Time"), now),
            "region": self.region,
            "resources": list(entry.get("Resources") or ()),
            "detail": json.loads(detail) if isinstance(detail, str) else detail,
        }


def _iso(now: float) -> str:
    return datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(given: Json, now: float) -> str:
    """An event's time: the entry's (epoch seconds or ISO 8601) or the present."""
    if isinstance(given, str):
        return _iso(datetime.fromisoformat(given).timestamp())
    return _iso(now if given is None else given)


def _bus_name(given: Json) -> str:
    return str(given).rpartition("event-bus/")[2] if given else "default"


def _detail_text(detail: Json) -> str:
    return detail if isinstance(detail, str) else json.dumps(detail, separators=(",", ":"), ensure_ascii=False)


def _entry_size(entry: Mapping[str, Json]) -> int:
    """Bytes of an entry as the limit counts them."""
    texts = [entry.get("Source"), entry.get("DetailType"), *(entry.get("Resources") or ())]
    size = sum(len(str(text).encode()) for text in texts if text)
    if entry.get("Detail") is not None:
        size += len(_detail_text(entry["Detail"]).encode())
    return size + (_TIME_BYTES if entry.get("Time") is not None else 0)


def _entry_failure(entry: Mapping[str, Json]) -> tuple[str, str] | None:
    """Error code and message of an entry that is refused."""
    for name in ("Source", "DetailType", "Detail"):
        if entry.get(name) in (None, ""):
            return "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument."
    if str(entry["Source"]).startswith("aws."):
        return "NotAuthorizedForSourceException", "Not authorized for the source."
    detail = entry["Detail"]
    if isinstance(detail, str):
        try:
            detail = json.loads(detail)
        except json.JSONDecodeError:
            detail = None
    return None if isinstance(detail, Mapping) else ("MalformedDetail", "Detail is malformed.")
