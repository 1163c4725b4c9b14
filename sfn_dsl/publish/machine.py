"""One state machine in one Region, asked for what AWS knows of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_dsl.publish.clients import Clients, Declined
from sfn_dsl.publish.live import Live, Routing, Version

__all__ = ["REDRIVABLE_SECONDS", "Execution", "Machine", "number_of", "routes"]

REDRIVABLE_SECONDS: Final = 14 * 86_400
"""How long a failed execution can be redriven."""
_FAILED: Final = ("FAILED", "TIMED_OUT", "ABORTED")
_ABSENT: Final = {"StateMachineDoesNotExist", "ResourceNotFound"}
_EXPRESS: Final = "StateMachineTypeNotSupported"
_SETTINGS: Final = ("type", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")


def number_of(version_arn: str) -> int:
    """The number of a version by its ARN; 0 for an empty text."""
    return int(version_arn.rpartition(":")[2]) if version_arn else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """An execution as lists tell of it. `version`: 0 where it was started without one; times in milliseconds since 1970, `ended_at`
    0 while it runs."""

    arn: str
    name: str
    status: str
    version: int
    started_at: int
    ended_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Questions about a state machine. All of them raise what `Clients.call` raises."""

    clients: Clients
    region: str
    arn: str

    @property
    def name(self) -> str:
        """Its name."""
        return self.arn.rpartition(":")[2]

    def call(self, operation: str, /, **arguments: Any) -> dict[str, Any]:
        """A call to Step Functions in its Region."""
        return self.clients.call("stepfunctions", self.region, operation, **arguments)

    def look(self, version: int = 0) -> Live | None:
        """What DescribeStateMachine says of it, or of a version; None when there is none."""
        arn = f"{self.arn}:{version}" if version else self.arn
        try:
            found = self.call("describe_state_machine", stateMachineArn=arn)
        except Declined as refusal:
            if refusal.code in _ABSENT:
                return None
            raise
        created_at = _milliseconds(found["creationDate"])
        newest = Version(number=version, description=found.get("description", ""), created_at=created_at) if version else None
        return Live(
            region=self.region,
            name=self.name,
            arn=self.arn,
            status=found.get("status", "ACTIVE"),
            definition=found["definition"],
            role_arn=found["roleArn"],
            settings={key: found[key] for key in _SETTINGS if found.get(key) is not None},
            revision=found.get("revisionId", ""),
            newest=newest,
            whole=False,
        )

    def tags(self) -> dict[str, str]:
        """Its tags."""
        answer = self.call("list_tags_for_resource", resourceArn=self.arn)
        return {tag["key"]: tag["value"] for tag in answer["tags"]}

    def versions(self) -> tuple[Version, ...]:
        """Its versions, newest first, without their descriptions."""
        listed = self.clients.pages(
            "stepfunctions",
            self.region,
            "list_state_machine_versions",
            "stateMachineVersions",
            stateMachineArn=self.arn,
            maxResults=1000,
        )
        found = [
            Version(number=number_of(item["stateMachineVersionArn"]), created_at=_milliseconds(item["creationDate"]))
            for item in listed
        ]
        return tuple(sorted(found, key=lambda version: -version.number))

    def routing(self, alias: str) -> Routing:
        """Where an alias points; empty when there is none."""
        try:
            found = self.call("describe_state_machine_alias", stateMachineAliasArn=f"{self.arn}:{alias}")
        except Declined as refusal:
            if refusal.code in _ABSENT:
                return ()
            raise
        routes = [(number_of(route["stateMachineVersionArn"]), int(route["weight"])) for route in found["routingConfiguration"]]
        return tuple(sorted(route for route in routes if route[1]))

    def aliases(self) -> dict[str, Routing]:
        """Where all its aliases point, by name."""
        found: dict[str, Routing] = {}
        for item in self.clients.pages(
            "stepfunctions", self.region, "list_state_machine_aliases", "stateMachineAliases", stateMachineArn=self.arn
        ):
            name = str(item["stateMachineAliasArn"]).rpartition(":")[2]
            found[name] = self.routing(name)
        return found

    def executions(self, *statuses: str) -> Iterator[Execution]:
        """Its executions of some statuses, each status newest first. Express workflows list none."""
        for status in statuses:
            try:
                for item in self.clients.pages(
                    "stepfunctions",
                    self.region,
                    "list_executions",
                    "executions",
                    stateMachineArn=self.arn,
                    statusFilter=status,
                    maxResults=1000,
                ):
                    yield _execution(item)
            except Declined as refusal:
                if refusal.code != _EXPRESS:
                    raise
                return

    def last(self) -> Execution | None:
        """The execution that was started last; None when there is none, and for Express workflows."""
        try:
            found = self.call("list_executions", stateMachineArn=self.arn, maxResults=1)["executions"]
        except Declined as refusal:
            if refusal.code != _EXPRESS:
                raise
            return None
        return _execution(found[0]) if found else None

    def running(self) -> dict[int, int]:
        """How many executions are open, by version; 0 is those without one."""
        counts: dict[int, int] = {}
        for execution in self.executions("RUNNING"):
            counts[execution.version] = counts.get(execution.version, 0) + 1
        return dict(sorted(counts.items()))

    def redrivable(self, now: int) -> list[Execution]:
        """Failed executions that can still be redriven. `now`: milliseconds since 1970."""
        since = now - REDRIVABLE_SECONDS * 1000
        return [execution for execution in self.executions(*_FAILED) if execution.ended_at >= since]


def routes(arn: str, routing: Routing) -> list[Mapping[str, Any]]:
    """A routing as UpdateStateMachineAlias takes it."""
    return [{"stateMachineVersionArn": f"{arn}:{version}", "weight": weight} for version, weight in routing]


def _execution(item: Mapping[str, Any]) -> Execution:
    return Execution(
        arn=item["executionArn"],
        name=item["name"],
        status=item["status"],
        version=number_of(item.get("stateMachineVersionArn") or ""),
        started_at=_milliseconds(item["startDate"]),
        ended_at=_milliseconds(item["stopDate"]) if item.get("stopDate") else 0,
    )


def _milliseconds(moment: Any) -> int:
    return int(moment.timestamp() * 1000)
