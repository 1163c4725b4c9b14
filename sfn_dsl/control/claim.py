"""The first states of a pipeline with a control table: is this Region active, and is the batch mine?"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from sfn_dsl.asl.shapes import declared
from sfn_dsl.control.access import Access
from sfn_dsl.control.gate import gate
from sfn_dsl.control.rows import NEXT_LEASE, PARKED, READY, RUNNING, run_key
from sfn_dsl.draft import Draft, Fixed, Site
from sfn_dsl.expression import Template
from sfn_dsl.steps.step import Step

__all__ = ["INPUT", "ME", "NOW", "Claim"]

NOW = "{% $string($toMillis($states.context.State.EnteredTime)) %}"
"""Milliseconds since 1970, as DynamoDB's number."""
ME = "{% $states.context.Execution.Id %}"
INPUT = "{% $string($states.context.Execution.Input) %}"
"""The execution's input as JSON, for whoever starts the batch again."""
_WRITES = {"run_key": str, "fence": int, "attempt": int, "stages": dict, "active_region": str}
_MINE = "attribute_not_exists(pk) OR exec_arn = :me OR #status IN (:ready, :parked) OR (#status = :running AND lease_until < :now)"


@dataclass(frozen=True, slots=True, eq=False)
class Claim(Step):
    """Takes a batch for this execution, or ends it.

    One conditional write: the row is new, READY or PARKED, already this execution's (so that a claim can be repeated whose answer
    was lost), or its lease has run out. It raises the fence. Where the deployment has a gate, the Region must be the active one
    first; else the batch is parked. It holds the batch until the first stage that is not done has ended. The output: `fence`,
    `attempt`, `stages`.
    """

    _: KW_ONLY
    batch: Template

    def lower(self, site: Site) -> tuple[Draft, ...]:
        access = Access(site.target)
        states: dict[str, dict[str, Template]] = {}
        if site.target.deployed.gated:
            states.update(gate(access, yes=self.name, no="Park"))
            states["Park"] = self._park(access, site)
            states["Parked"] = {"Type": "Succeed", "Output": {"claimed": False}}
        states[self.name] = self._claim(access, site)
        states["Not mine"] = {"Type": "Succeed", "Output": {"claimed": False}}
        return (
            Fixed(
                start_at=next(iter(states)),
                states=states,
                query_language="JSONata",
                keeps_names=True,
                writes={name: declared(kind) for name, kind in _WRITES.items()},
            ),
        )

    def _park(self, access: Access, site: Site) -> dict[str, Template]:
        key = run_key(site.pipeline, self.batch)
        # An eventually consistent table could overwrite a newer row of the peer with this one, so there the note has its own key.
        if site.target.deployed.gate == "mrec-manual":
            key = {"pk": key["pk"], "sk": {"S": f"{PARKED}#{site.target.region}"}}
        item = {
            **key,
            "status": {"S": PARKED},
            "queue": {"S": f"{PARKED}#{site.pipeline}"},
            "pipeline": {"S": site.pipeline},
            "batch_id": {"S": self.batch},
            "input": {"S": INPUT},
            "created_at": {"N": NOW},
            "updated_at": {"N": NOW},
        }
        arguments = {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        return access.task("putItem", arguments, refused="Parked", Output={}, Next="Parked")

    def _claim(self, access: Access, site: Site) -> dict[str, Template]:
        changes = [
            "#status = :running",
            "queue = :queue",
            "exec_arn = :me",
            "#region = :region",
            # Stages that are done are skipped; the mark of the last one says for how long the next one needs the batch.
            f"lease_until = :now + if_not_exists({NEXT_LEASE}, :lease)",
            "updated_at = :now",
            "created_at = if_not_exists(created_at, :now)",
            "pipeline = :pipeline",
            "batch_id = :batch",
            "#input = if_not_exists(#input, :input)",
            "fence = if_not_exists(fence, :zero) + :one",
            "attempt = if_not_exists(attempt, :one)",
            "stages = if_not_exists(stages, :empty)",
        ]
        arguments = {
            "Key": run_key(site.pipeline, self.batch),
            "UpdateExpression": "SET " + ", ".join(changes),
            "ConditionExpression": _MINE,
            "ExpressionAttributeNames": {"#status": "status", "#region": "region", "#input": "input"},
            "ExpressionAttributeValues": {
                ":running": {"S": RUNNING},
                ":ready": {"S": READY},
                ":parked": {"S": PARKED},
                ":queue": {"S": f"{RUNNING}#{site.pipeline}"},
                ":me": {"S": ME},
                ":region": {"S": site.target.region},
                ":lease": {"N": str(1000 * site.lease_seconds)},
                ":now": {"N": NOW},
                ":pipeline": {"S": site.pipeline},
                ":batch": {"S": self.batch},
                ":input": {"S": INPUT},
                ":zero": {"N": "0"},
                ":one": {"N": "1"},
                ":empty": {"M": {}},
            },
            "ReturnValues": "ALL_NEW",
        }
        row = access.result + ".Attributes"
        return access.task(
            "updateItem",
            arguments,
            refused="Not mine",
            Assign={
                "run_key": f"{{% {row}.pk.S %}}",
                "fence": f"{{% $number({row}.fence.N) %}}",
                "attempt": f"{{% $number({row}.attempt.N) %}}",
                "stages": f"{{% {row}.stages.M %}}",
            },
            Output={},
            End=True,
        )
