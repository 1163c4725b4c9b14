"""Step Functions as this package answers for it, and what the tagging API says of its machines: every request and every answer is
held against botocore's model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from sfn_dsl.asl.model import Json
from sfn_dsl.embedded import alias_calls, execution_calls, machine_calls, resource_calls, tag_calls, version_calls
from sfn_dsl.embedded.api_error import ApiError
from sfn_dsl.embedded.shelf import Moment, Settings, Shelf
from sfn_dsl.embedded.verdict import validated
from sfn_dsl.embedded.wire_model import check_answer, check_error, check_request
from sfn_dsl.embedded.worlds import advance

__all__ = ["StepFunctions"]

Handler = Callable[[Shelf, Mapping[str, Any], Moment], dict[str, Any]]


def _validate(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    return validated(request, shelf.region, shelf.account)


_HANDLERS: Final[Mapping[str, Handler]] = {
    "CreateStateMachine": machine_calls.create_state_machine,
    "CreateStateMachineAlias": alias_calls.create_state_machine_alias,
    "DeleteStateMachine": machine_calls.delete_state_machine,
    "DeleteStateMachineAlias": alias_calls.delete_state_machine_alias,
    "DeleteStateMachineVersion": version_calls.delete_state_machine_version,
    "DescribeExecution": execution_calls.describe_execution,
    "DescribeStateMachine": machine_calls.describe_state_machine,
    "DescribeStateMachineAlias": alias_calls.describe_state_machine_alias,
    "DescribeStateMachineForExecution": execution_calls.describe_state_machine_for_execution,
    "GetExecutionHistory": execution_calls.get_execution_history,
    "GetResources": resource_calls.get_resources,
    "ListExecutions": execution_calls.list_executions,
    "ListStateMachineAliases": alias_calls.list_state_machine_aliases,
    "ListStateMachineVersions": version_calls.list_state_machine_versions,
    "ListStateMachines": machine_calls.list_state_machines,
    "ListTagsForResource": tag_calls.list_tags_for_resource,
    "PublishStateMachineVersion": version_calls.publish_state_machine_version,
    "RedriveExecution": execution_calls.redrive_execution,
    "SendTaskFailure": execution_calls.send_task_failure,
    "SendTaskHeartbeat": execution_calls.send_task_heartbeat,
    "SendTaskSuccess": execution_calls.send_task_success,
    "StartExecution": execution_calls.start_execution,
    "StopExecution": execution_calls.stop_execution,
    "TagResource": tag_calls.tag_resource,
    "UntagResource": tag_calls.untag_resource,
    "UpdateStateMachine": machine_calls.update_state_machine,
    "UpdateStateMachineAlias": alias_calls.update_state_machine_alias,
    "ValidateStateMachineDefinition": _validate,
}


class StepFunctions:
    """The service in all accounts and Regions. It is for one thread at a time. `samples`: what tasks answer, by the plain ARN of
    a machine and by state; others answer with a sample of their service."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.shelves: dict[tuple[str, str], Shelf] = {}
        self.samples: dict[str, Mapping[str, Json]] = {}

    @staticmethod
    def has(operation: str) -> bool:
        """Whether an operation is answered here."""
        return operation in _HANDLERS

    def answer(
        self, operation: str, body: bytes, *, account: str, region: str, moment: Moment, stale: bool = False
    ) -> tuple[int, dict[str, Any]]:
        """The status and the body of an answer. `stale`: as it would have been before the last change of each machine."""
        shelf = self._shelf(account, region, moment.time)
        try:
            request = _parsed(body)
            check_request(operation, request)
            given = {name: value for name, value in request.items() if value is not None}
            answer = _HANDLERS[operation](shelf.stale() if stale else shelf, given, moment)
        except ApiError as error:
            wrong = check_error(operation, error)
            if wrong:
                return _bug(operation, wrong)
            return error.status, {"__type": error.code, **error.members}
        wrong = check_answer(operation, answer)
        return _bug(operation, wrong) if wrong else (200, answer)

    def _shelf(self, account: str, region: str, time: float) -> Shelf:
        """An account's Region as it is at a time: what runs there has gone on until then."""
        if (account, region) not in self.shelves:
            self.shelves[account, region] = Shelf(account=account, region=region, settings=self.settings, samples=self.samples)
        shelf = self.shelves[account, region]
        if self.settings.real_time:
            for started in list(shelf.started.values()):
                if started.run.status == "RUNNING" and started.run.process is not None:
                    advance(started.run, time)
            execution_calls.take_in(shelf)
        shelf.settle(time)
        return shelf


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        raise ApiError("SerializationException", "Could not read the request: it is not JSON") from None
    if not isinstance(value, dict):
        raise ApiError("SerializationException", "Start of structure or map found where not expected.")
    return value


def _bug(operation: str, wrong: list[str]) -> tuple[int, dict[str, Any]]:
    return 500, {"__type": "InternalFailure", "message": f"sfn_dsl's own answer to {operation} is wrong: {'; '.join(wrong)}"}
