"""`CloseRun`: what follows when an execution has failed, timed out or been aborted without saying so itself."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_dsl.asl.shapes import ANY
from sfn_dsl.control.access import Access
from sfn_dsl.control.alert import alert
from sfn_dsl.control.claim import NOW
from sfn_dsl.control.rows import BY_EXECUTION, FAILED, RUNNING
from sfn_dsl.draft import Draft, Fixed, Site
from sfn_dsl.expression import Template
from sfn_dsl.steps.step import Step

__all__ = ["CloseRun"]

_EVENT = "$states.context.Execution.Input"


@dataclass(frozen=True, slots=True, eq=False)
class CloseRun(Step):
    """Takes the event `Step Functions Execution Status Change`, looks for the row that the execution holds, and closes it as
    failed.

    Who has closed it before, or taken the batch over, makes the condition fail: then nobody is told a second time.
    """

    def lower(self, site: Site) -> tuple[Draft, ...]:
        access = Access(site.target)
        row = f"{access.result}.Items[0]"
        find = access.task(
            "query",
            {
                "IndexName": BY_EXECUTION,
                "KeyConditionExpression": "exec_arn = :execution",
                "ExpressionAttributeValues": {":execution": {"S": f"{{% {_EVENT}.detail.executionArn %}}"}},
            },
            Assign={"row": f"{{% $exists({row}) ? {row} : {{}} %}}"},
            Output={},
            Next="Did it hold a batch?",
        )
        states: dict[str, dict[str, Template]] = {
            "Find row": find,
            "Did it hold a batch?": {
                "Type": "Choice",
                # What has failed without a row has told so itself, or has lost its batch to another execution.
                "Choices": [
                    {"Condition": "{% $exists($row.pk) %}", "Next": "Close row"},
                    {"Condition": f"{{% {_EVENT}.detail.status != 'FAILED' %}}", "Next": "Alert"},
                ],
                "Default": "Closed already",
            },
            "Close row": self._close(access),
            "Closed already": {"Type": "Succeed", "Output": {"closed": False}},
            "Alert": self._alert(site),
        }
        return (Fixed(start_at="Find row", states=states, query_language="JSONata", keeps_names=True, writes={"row": ANY}),)

    @staticmethod
    def _close(access: Access) -> dict[str, Template]:
        arguments = {
            "Key": {"pk": {"S": "{% $row.pk.S %}"}, "sk": {"S": "{% $row.sk.S %}"}},
            "UpdateExpression": "SET #status = :failed, queue = :queue, #error = :error, updated_at = :now, ended_at = :now",
            "ConditionExpression": "exec_arn = :execution AND #status = :running",
            "ExpressionAttributeNames": {"#status": "status", "#error": "error"},
            "ExpressionAttributeValues": {
                ":execution": {"S": f"{{% {_EVENT}.detail.executionArn %}}"},
                ":running": {"S": RUNNING},
                ":failed": {"S": FAILED},
                ":queue": {"S": f"{{% '{FAILED}#' & $row.pipeline.S %}}"},
                ":now": {"N": NOW},
                ":error": {"M": {"error": {"S": f"{{% {_EVENT}.detail.status %}}"}}},
            },
        }
        return access.task("updateItem", arguments, refused="Closed already", Output={}, Next="Alert")

    @staticmethod
    def _alert(site: Site) -> dict[str, Template]:
        message = {
            "status": f"{{% {_EVENT}.detail.status %}}",
            "execution": f"{{% {_EVENT}.detail.executionArn %}}",
            "batch": "{% $exists($row.batch_id.S) ? $row.batch_id.S : '' %}",
            "region": site.target.region,
        }
        subject = f"{{% $substring({_EVENT}.detail.status & ': ' & {_EVENT}.detail.name, 0, 100) %}}"
        return {**alert(site, subject, message), "End": True}
