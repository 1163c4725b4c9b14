"""`CloseRun`: what follows when an execution has failed, timed out or been aborted without saying so itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sfn_dsl.asl.shapes import ANY, declared
from sfn_dsl.control.access import Access
from sfn_dsl.control.alert import alert
from sfn_dsl.control.claim import ME, NOW
from sfn_dsl.control.giving_up import CLOSE, CLOSED_BY_ME
from sfn_dsl.control.rows import BY_EXECUTION, FAILED, RUNNING
from sfn_dsl.draft import Draft, Fixed, Site
from sfn_dsl.expression import CONTEXT, Reference, Template, VariableRoot
from sfn_dsl.functions import coalesce, element, exists, format, split, substring, text, when
from sfn_dsl.span import NOWHERE
from sfn_dsl.steps.step import Step
from sfn_dsl.texts import TextTemplate

__all__ = ["FIND_STEP", "CloseRun"]

FIND_STEP: Final = "Find step"
"""The state that reads the history of the execution that has ended."""

_EVENT = "$states.context.Execution.Input"
_DETAIL = CONTEXT.Execution.Input.detail
_ROW = Reference(VariableRoot("row"))
_NO_STEP = "see the history of the execution"
_NO_CAUSE = "No cause is told: it ran out of time, or somebody stopped it."
_CAUSE_LENGTH = 1000
# How many of the last events are looked at. Each may hold a cause of 32 KiB, and a result 256 KiB.
_EVENTS = 20


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
                    {"Condition": f"{{% {_EVENT}.detail.status != 'FAILED' %}}", "Next": FIND_STEP},
                ],
                "Default": "Closed already",
            },
            "Close row": self._close(access),
            "Closed already": {"Type": "Succeed", "Output": {"closed": False}},
            FIND_STEP: self._find_step(site),
            "Alert": self._alert(site),
        }
        return (
            Fixed(
                start_at="Find row",
                states=states,
                query_language="JSONata",
                keeps_names=True,
                writes={"row": ANY, "step": declared(str)},
            ),
        )

    @staticmethod
    def _close(access: Access) -> dict[str, Template]:
        arguments = {
            "Key": {"pk": {"S": "{% $row.pk.S %}"}, "sk": {"S": "{% $row.sk.S %}"}},
            "UpdateExpression": CLOSE,
            "ConditionExpression": f"exec_arn = :execution AND (#status = :running OR {CLOSED_BY_ME})",
            "ExpressionAttributeNames": {"#status": "status", "#error": "error"},
            "ExpressionAttributeValues": {
                ":execution": {"S": f"{{% {_EVENT}.detail.executionArn %}}"},
                ":me": {"S": ME},
                ":running": {"S": RUNNING},
                ":failed": {"S": FAILED},
                ":queue": {"S": f"{{% '{FAILED}#' & $row.pipeline.S %}}"},
                ":now": {"N": NOW},
                ":error": {"M": {"error": {"S": f"{{% {_EVENT}.detail.status %}}"}}},
            },
        }
        return access.task("updateItem", arguments, refused="Closed already", Output={}, Next=FIND_STEP)

    @staticmethod
    def _find_step(site: Site) -> dict[str, Template]:
        """The state that was entered last. Only a handler knows its step by itself, and this execution has not come to one."""
        entered = "$states.result.Events[StateEnteredEventDetails][0].StateEnteredEventDetails.Name"
        return {
            "Type": "Task",
            "Resource": site.target.integration("aws-sdk:sfn:getExecutionHistory"),
            "Arguments": {
                "ExecutionArn": f"{{% {_EVENT}.detail.executionArn %}}",
                "ReverseOrder": True,
                "IncludeExecutionData": False,
                "MaxResults": _EVENTS,
            },
            "TimeoutSeconds": 30,
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3, "JitterStrategy": "FULL"}],
            # An alert without it is better than none. By the guide States.ALL does not stand for a result that is too large.
            "Catch": [
                {"ErrorEquals": [errors], "Assign": {"step": _NO_STEP}, "Output": {}, "Next": "Alert"}
                for errors in ("States.DataLimitExceeded", "States.ALL")
            ],
            "Assign": {"step": f"{{% $exists({entered}) ? {entered} : '{_NO_STEP}' %}}"},
            "Output": {},
            "Next": "Alert",
        }

    @staticmethod
    def _alert(site: Site) -> dict[str, Template]:
        """Tells people what the failure handler would have told them, as far as it is known from outside."""
        region, console, execution = site.target.region, site.target.console, _DETAIL.executionArn
        page = format("{}/states/home?region={}#/v2/executions/details/{}", console, region, execution) if console else execution
        about = {
            "region": region,
            "step": Reference(VariableRoot("step")),
            "error": format("{} {}", _DETAIL.status, coalesce(_DETAIL.error, "")),
            "cause": substring(text(coalesce(_DETAIL.cause, _NO_CAUSE)), 0, _CAUSE_LENGTH),
            "link": page,
        }
        failed = {"pipeline": _ROW.pipeline.S, "batch": _ROW.batch_id.S, "environment": site.target.environment}
        ended = {
            "pipeline": element(split(_DETAIL.stateMachineArn, ":"), 6),
            "name": _DETAIL.name,
            "status": _DETAIL.status,
            "environment": site.target.environment,
        }
        message = when(
            exists(_ROW.pk),
            TextTemplate("batch_failed.txt", {**about, **failed}, NOWHERE),
            TextTemplate("execution_ended.txt", {**about, **ended}, NOWHERE),
        )
        subject = f"{{% $substring({_EVENT}.detail.status & ': ' & {_EVENT}.detail.name, 0, 100) %}}"
        return {**alert(site, subject, site.fold(message)), "End": True}
