"""`Sweep`: find batches that wait for a pipeline or whose execution has stopped, and start them."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from sfn_dsl.asl.shapes import ANY
from sfn_dsl.control.access import Access
from sfn_dsl.control.gate import gate
from sfn_dsl.control.rows import BY_QUEUE, PARKED, READY, RUNNING
from sfn_dsl.draft import Draft, Fixed, Site
from sfn_dsl.expression import Template
from sfn_dsl.steps.step import Step

__all__ = ["LIVE", "Sweep", "alias_arn"]

LIVE = "live"
"""The alias that everything starts."""

_NOW = "$toMillis($states.context.State.EnteredTime)"


def alias_arn(site: Site, pipeline: str) -> str:
    """The ARN under which a pipeline is started."""
    return site.target.arn("states", f"stateMachine:{pipeline}:{LIVE}")


@dataclass(frozen=True, slots=True, eq=False)
class Sweep(Step):
    """Starts a pipeline for each batch of its that nobody works on: READY for at least `age_seconds`, PARKED, or RUNNING under a
    lease that has run out. Only the active Region does; the claim of what is started decides, so that starting twice does no
    harm."""

    _: KW_ONLY
    pipeline: str
    age_seconds: int = 300

    def lower(self, site: Site) -> tuple[Draft, ...]:
        access = Access(site.target)
        parked = site.target.deployed.gated
        states: dict[str, dict[str, Template]] = {}
        if parked:
            states.update(gate(access, yes="Find ready batches", no="Stand by"))
        old = f"{{% $string({_NOW} - {self.age_seconds * 1000}) %}}"
        states["Find ready batches"] = self._query(access, READY, "ready", "Find expired leases", older=old)
        then = "Find parked batches" if parked else "Anything to start?"
        states["Find expired leases"] = self._query(access, RUNNING, "expired", then, lease=True)
        if parked:
            states["Find parked batches"] = self._query(access, PARKED, "parked", "Anything to start?")
        every = "$append($append($ready, $expired), $parked)" if parked else "$append($ready, $expired)"
        states["Anything to start?"] = {
            "Type": "Choice",
            "Choices": [{"Condition": f"{{% $count({every}) > 0 %}}", "Next": "Start batches"}],
            "Default": "Swept",
        }
        states["Start batches"] = {
            "Type": "Map",
            "Items": f"{{% [{every}] %}}",
            "MaxConcurrency": 5,
            "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **self._start(access, site)},
            "Output": {},
            "Next": "Swept",
        }
        states["Swept"] = {"Type": "Pass", "Output": {}, "End": True}
        if parked:
            states["Stand by"] = {"Type": "Succeed", "Output": {"active": False}}
        writes = dict.fromkeys(["ready", "expired", "parked", "active_region"], ANY)
        return (Fixed(start_at=next(iter(states)), states=states, query_language="JSONata", keeps_names=True, writes=writes),)

    def _query(
        self, access: Access, status: str, variable: str, then: str, *, older: str = "", lease: bool = False
    ) -> dict[str, Template]:
        values: dict[str, Template] = {":queue": {"S": f"{status}#{self.pipeline}"}}
        arguments: dict[str, Template] = {"IndexName": BY_QUEUE, "KeyConditionExpression": "queue = :queue"}
        if older:
            arguments["KeyConditionExpression"] = "queue = :queue AND updated_at <= :before"
            values[":before"] = {"N": older}
        if lease:
            arguments["FilterExpression"] = "lease_until < :now"
            values[":now"] = {"N": f"{{% $string({_NOW}) %}}"}
        arguments["ExpressionAttributeValues"] = values
        found = f"{{% {access.result}.Items %}}"
        return access.task("query", arguments, Assign={variable: found}, Output={}, Next=then)

    def _start(self, access: Access, site: Site) -> dict[str, Template]:
        row = "$states.input"
        start: dict[str, Template] = {
            "Type": "Task",
            "Resource": site.target.integration("states:startExecution"),
            "Arguments": {
                "StateMachineArn": alias_arn(site, self.pipeline),
                "Input": f"{{% $parse({row}.input.S) %}}",
            },
            "TimeoutSeconds": 30,
            "Retry": [
                {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2, "JitterStrategy": "FULL"}
            ],
            # The next sweep tries again.
            "Catch": [{"ErrorEquals": ["States.ALL"], "Output": {}, "Next": "Leave it"}],
            "Output": {},
            "End": True,
        }
        states = {"Start batch": start, "Leave it": {"Type": "Pass", "Output": {}, "End": True}}
        if site.target.deployed.gate != "mrec-manual":
            return {"StartAt": "Start batch", "States": states}
        # Notes of a passive Region have keys of their own; once the batch is started they have done their work.
        start.pop("End")
        start.update(Assign={"note": f"{{% {row} %}}"}, Next="Is it a note?")
        states["Is it a note?"] = {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $substring($note.sk.S, 0, 7) = 'PARKED#' %}", "Next": "Remove note"}],
            "Default": "Leave it",
        }
        key = {"pk": {"S": "{% $note.pk.S %}"}, "sk": {"S": "{% $note.sk.S %}"}}
        states["Remove note"] = access.task("deleteItem", {"Key": key}, Output={}, End=True)
        return {"StartAt": "Start batch", "States": states}
