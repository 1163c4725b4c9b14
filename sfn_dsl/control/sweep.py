"""`Sweep`: find batches that wait for a pipeline or whose execution has stopped, and start them."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

from sfn_dsl.asl.shapes import ANY
from sfn_dsl.control.access import Access
from sfn_dsl.control.gate import gate
from sfn_dsl.control.giving_up import CLAIMS, HOPELESS, READ, give_up
from sfn_dsl.control.rows import BY_QUEUE, PARKED, READY, RUNNING, SUCCEEDED, WATCHED
from sfn_dsl.draft import Draft, Fixed, Site
from sfn_dsl.expression import Template
from sfn_dsl.region import LIVE
from sfn_dsl.steps.metric import METRICS
from sfn_dsl.steps.step import Step

__all__ = ["Sweep", "alias_arn"]

_AT_ONCE = 250
_KEY = "{'pk': pk.S, 'sk': sk.S}"
_NOW = "$toMillis($states.context.State.EnteredTime)"


def alias_arn(site: Site, pipeline: str) -> str:
    """The ARN under which a pipeline is started."""
    return site.target.arn("states", f"stateMachine:{pipeline}:{LIVE}")


def _known(then: str, *, otherwise: str) -> dict[str, Template]:
    """A Choice: whether it is known since when no batch has been done."""
    return {"Type": "Choice", "Choices": [{"Condition": "{% $last > 0 %}", "Next": then}], "Default": otherwise}


@dataclass(frozen=True, slots=True, eq=False)
class Sweep(Step):
    """Starts a pipeline for each batch of its that nobody works on: READY for at least `age_seconds`, PARKED, or RUNNING under a
    lease that has run out. Only the active Region does; the claim of what is started decides, so that starting twice does no
    harm. Of what waits, the 250 that have waited longest; of what runs, all are looked at, 250 a query. A batch whose executions
    have died ten times per attempt is not started again.

    `report`: first write metrics, in every Region: what waits, for how long, what has lost its lease (of the 250 that were written
    longest ago), and how long ago the last batch was done. While none has been, that is how long ago somebody first looked, which a
    row notes: an alarm on it rings for a pipeline that never succeeds, and not for one that is new. Then fail the rows of batches
    that are not started again, and tell people."""

    _: KW_ONLY
    pipeline: str
    age_seconds: int = 300
    report: bool = False

    def lower(self, site: Site) -> tuple[Draft, ...]:
        access = Access(site.target)
        gated = site.target.deployed.gated
        asked = gate(access, yes="Anything to start?" if self.report else "Find ready batches", no="Stand by") if gated else {}
        after = next(iter(asked), "Anything to start?") if self.report else "Anything to start?"
        states = {
            **({} if self.report else asked),
            **self._queries(access, parked=gated, then="Find last success" if self.report else after),
            **(self._reported(access, site, parked=gated, then=after) if self.report else {}),
            **(asked if self.report else {}),
            **self._starts(access, site, parked=gated),
            **(give_up(access, site, self.pipeline, "Anything to start?") if self.report else {}),
        }
        if gated:
            states["Stand by"] = {"Type": "Succeed", "Output": {"active": False}}
        names = ["ready", "waits_since", "expired", "hopeless", "lost", "further", "parked", "last", "active_region"]
        writes = dict.fromkeys(names, ANY)
        return (Fixed(start_at=next(iter(states)), states=states, query_language="JSONata", keeps_names=True, writes=writes),)

    def _queries(self, access: Access, *, parked: bool, then: str) -> dict[str, dict[str, Template]]:
        old = f"{{% $string({_NOW} - {self.age_seconds * 1000}) %}}"
        last = "Find parked batches" if parked else then
        ready = self._query(access, READY, "ready", "Find expired leases", older=old)
        if self.report:
            oldest = f"{access.result}.Items[0].updated_at.N"
            ready["Assign"]["waits_since"] = f"{{% $exists({oldest}) ? $number({oldest}) : 0 %}}"
        states = {
            "Find ready batches": ready,
            "Find expired leases": self._leases(access, last),
        }
        if parked:
            states["Find parked batches"] = self._query(access, PARKED, "parked", then)
        return states

    def _reported(self, access: Access, site: Site, *, parked: bool, then: str) -> dict[str, dict[str, Template]]:
        figures = {
            "ReadyUnclaimed": ("{% $count($ready) %}", "Count"),
            "OldestReadyAge": (f"{{% $waits_since > 0 ? ({_NOW} - $waits_since) / 1000 : 0 %}}", "Seconds"),
            "ExpiredLeases": ("{% $count($expired) + $count($hopeless) %}", "Count"),
            **({"Parked": ("{% $count($parked) %}", "Count")} if parked else {}),
            "HoursSinceLastSuccess": (f"{{% ({_NOW} - $last) / 3600000 %}}", "None"),
        }
        dimensions = [{"Name": "Pipeline", "Value": self.pipeline}]
        data = [
            {"MetricName": name, "Dimensions": dimensions, "Value": value, "Unit": unit} for name, (value, unit) in figures.items()
        ]
        metrics: dict[str, Template] = {
            "Type": "Task",
            "Resource": site.target.integration("aws-sdk:cloudwatch:putMetricData"),
            "Arguments": {"Namespace": METRICS, "MetricData": data},
            "TimeoutSeconds": 30,
            "Retry": [
                {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 2, "JitterStrategy": "FULL"}
            ],
            # Metrics that cannot be written must not keep batches waiting; the alarms treat their absence as bad.
            "Catch": [{"ErrorEquals": ["States.ALL"], "Output": {}, "Next": then}],
            "Output": {},
            "Next": then,
        }
        return {
            "Find last success": self._last_success(access, "Any success?"),
            "Any success?": _known("Write metrics", otherwise="Read first look"),
            **self._first_look(access, "Write metrics"),
            "Write metrics": metrics,
        }

    def _first_look(self, access: Access, then: str) -> dict[str, dict[str, Template]]:
        """Since when the sweeper looks. It is written once: in an eventually consistent table every write goes round. Where both
        Regions write it, either time will do."""
        key = {"pk": {"S": f"PIPE#{self.pipeline}"}, "sk": {"S": WATCHED}}
        since = f"{access.result}.Item.since.N"
        last = {"last": f"{{% $exists({since}) ? $number({since}) : 0 %}}"}
        read = access.task("getItem", {"ConsistentRead": True, "Key": key}, Assign=last, Output={}, Next="Looked before?")
        item = {**key, "since": {"N": f"{{% $string({_NOW}) %}}"}}
        note = access.task("putItem", {"Item": item}, Assign={"last": f"{{% {_NOW} %}}"}, Output={}, Next=then)
        return {"Read first look": read, "Looked before?": _known(then, otherwise="Note first look"), "Note first look": note}

    def _starts(self, access: Access, site: Site, *, parked: bool) -> dict[str, dict[str, Template]]:
        every = "$append($append($ready, $expired), $parked)" if parked else "$append($ready, $expired)"
        return {
            "Anything to start?": {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $count($further) > 0 %}", "Next": "Find further leases"},
                    *([{"Condition": "{% $count($hopeless) > 0 %}", "Next": "Give up"}] if self.report else []),
                    {"Condition": f"{{% $count({every}) > 0 %}}", "Next": "Start batches"},
                ],
                "Default": "Swept",
            },
            "Find further leases": self._leases(access, "Anything to start?", further=True),
            "Start batches": {
                "Type": "Map",
                "Items": f"{{% [{every}] %}}",
                "MaxConcurrency": 5,
                "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **self._start(access, site)},
                "Output": {},
                "Next": "Swept",
            },
            "Swept": {"Type": "Pass", "Output": {}, "End": True},
        }

    def _leases(self, access: Access, then: str, *, further: bool = False) -> dict[str, Template]:
        """Keys of running rows whose lease has run out. Most leases are good and the limit counts what is read before the filter,
        so that one query may find none and others after it some: `further` goes on where the last one ended."""
        state = self._query(access, RUNNING, "expired", then, expired=True, after="{% $further[0] %}" if further else "")
        claims = f"($exists(attempt.N) ? $number(attempt.N) : 1) * {CLAIMS}"
        found = {"expired": f"[{access.result}.Items[$number(fence.N) < {claims}].{_KEY}]"}
        if self.report:
            found["hopeless"] = f"[{access.result}.Items[$number(fence.N) >= {claims}].{HOPELESS}]"
        state["Assign"] = {
            **{name: f"{{% $append(${name}, {text}) %}}" if further else f"{{% {text} %}}" for name, text in found.items()},
            "further": f"{{% [{access.result}.LastEvaluatedKey] %}}",
        }
        return state

    def _query(
        self,
        access: Access,
        status: str,
        variable: str,
        then: str,
        *,
        older: str = "",
        expired: bool = False,
        after: str = "",
    ) -> dict[str, Any]:
        """Keys of rows in a queue, the one that has waited longest first."""
        values: dict[str, Template] = {":queue": {"S": f"{status}#{self.pipeline}"}}
        arguments: dict[str, Template] = {
            "IndexName": BY_QUEUE,
            "KeyConditionExpression": "queue = :queue",
            "ProjectionExpression": READ if expired else "pk, sk, updated_at",
            "Limit": _AT_ONCE,
        }
        if older:
            arguments["KeyConditionExpression"] = "queue = :queue AND updated_at <= :before"
            values[":before"] = {"N": older}
        if expired:
            arguments["FilterExpression"] = "lease_until < :now"
            values[":now"] = {"N": f"{{% $string({_NOW}) %}}"}
        if after:
            arguments["ExclusiveStartKey"] = after
        arguments["ExpressionAttributeValues"] = values
        found = f"{{% [{access.result}.Items.{_KEY}] %}}"
        return access.task("query", arguments, Assign={variable: found}, Output={}, Next=then)

    def _last_success(self, access: Access, then: str) -> dict[str, Template]:
        arguments: dict[str, Template] = {
            "IndexName": BY_QUEUE,
            "KeyConditionExpression": "queue = :queue",
            "ProjectionExpression": "updated_at",
            "ScanIndexForward": False,
            "Limit": 1,
            "ExpressionAttributeValues": {":queue": {"S": f"{SUCCEEDED}#{self.pipeline}"}},
        }
        newest = f"{access.result}.Items[0].updated_at.N"
        value = f"{{% $exists({newest}) ? $number({newest}) : 0 %}}"
        return access.task("query", arguments, Assign={"last": value}, Output={}, Next=then)

    def _start(self, access: Access, site: Site) -> dict[str, Template]:
        key = {"pk": {"S": "{% $states.input.pk %}"}, "sk": {"S": "{% $states.input.sk %}"}}
        read = access.task("getItem", {"ConsistentRead": True, "Key": key}, Next="Start batch")
        row = f"{access.result}.Item"
        read["Assign"] = {"batch_input": f"{{% $parse({row}.input.S) %}}", "note": "{% $states.input %}"}
        read["Output"] = {}
        start: dict[str, Template] = {
            "Type": "Task",
            "Resource": site.target.integration("states:startExecution"),
            "Arguments": {"StateMachineArn": alias_arn(site, self.pipeline), "Input": "{% $batch_input %}"},
            "TimeoutSeconds": 30,
            "Retry": [
                {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2, "JitterStrategy": "FULL"}
            ],
            "Output": {},
        }
        # A batch that cannot be started must not keep back the others; the next sweep tries again.
        for task in (read, start):
            task["Catch"] = [{"ErrorEquals": ["States.ALL"], "Output": {}, "Next": "Leave it"}]
        states = {"Read row": read, "Start batch": start, "Leave it": {"Type": "Pass", "Output": {}, "End": True}}
        if site.target.deployed.gate != "mrec-manual":
            start["End"] = True
            return {"StartAt": "Read row", "States": states}
        # Notes of a passive Region have keys of their own; once the batch is started they have done their work.
        start["Next"] = "Is it a note?"
        states["Is it a note?"] = {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $substring($note.sk, 0, 7) = 'PARKED#' %}", "Next": "Remove note"}],
            "Default": "Leave it",
        }
        noted = {"pk": {"S": "{% $note.pk %}"}, "sk": {"S": "{% $note.sk %}"}}
        states["Remove note"] = access.task("deleteItem", {"Key": noted}, Output={}, End=True)
        return {"StartAt": "Read row", "States": states}
