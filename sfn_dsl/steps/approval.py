"""`Approval`: ask a person and wait for the answer, by task token."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, Self

from sfn_dsl.asl.model import Json
from sfn_dsl.asl.services import Pattern
from sfn_dsl.asl.shapes import ANY, declared
from sfn_dsl.draft import Call, Draft, Site
from sfn_dsl.expression import CONTEXT, MISSING, Template
from sfn_dsl.functions import format
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.engines.lambda_function import TASK_TOKEN
from sfn_dsl.steps.notify import Channel, EventBridge, Sns, Sqs
from sfn_dsl.steps.step import TaskStep

__all__ = ["Approval"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Function:
    function: Template

    def call(self, site: Site, message: Template) -> Call:
        arguments = {"FunctionName": site.arn("lambda", "function:", self.function), "Payload": message}
        return Call(action="lambda:invoke", arguments=arguments)


def _example(kind: object) -> Json:
    """A value of a declared type, to be filled in by a person."""
    if isinstance(kind, Mapping):
        return {str(name): _example(inner) for name, inner in kind.items()}
    if isinstance(kind, list) or kind is list:
        return []
    return {bool: True, int: 0, float: 0, str: ""}.get(kind, {})  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True, eq=False)
class Approval(TaskStep):
    """Sends `message` with a field `TaskToken` and waits until that token comes back by SendTaskSuccess or SendTaskFailure.

    The fields `Approve` and `Reject` hold the whole commands that answer, `Execution` the link to the console; a field of that name
    in `message` stands instead. A refusal has the error `rejected`. Whoever has the token may answer, so a
    pipeline that asks cannot have logs of level ALL with execution data.

    The output is what was sent with the token; `returns` declares its type. `timeout_seconds` is a day by default; when it is
    over the step fails with `States.Timeout`. Not for EXPRESS pipelines.
    """

    _: KW_ONLY
    channel: Channel
    message: Mapping[str, Template]
    returns: object = None
    rejected: str = "ApprovalRejected"

    def answers(self, region: str, token: Template) -> dict[str, Template]:
        """The commands that say yes and no, as `Approve` and `Reject`."""
        output = shlex.quote(json.dumps(_example(self.returns)))
        yes = f"aws stepfunctions send-task-success --region {region} --task-output {output} --task-token "
        error = shlex.quote(self.rejected)
        no = f"aws stepfunctions send-task-failure --region {region} --error {error} --cause 'Say why' --task-token "
        return {"Approve": yes + token, "Reject": no + token}

    def lower(self, site: Site) -> tuple[Draft, ...]:
        offered = self.answers(site.target.region, format("'{}'", TASK_TOKEN))
        if site.target.console:
            page = f"{site.target.console}/states/home?region={site.target.region}#/v2/executions/details/"
            offered["Execution"] = page + CONTEXT.Execution.Id
        more = {name: value for name, value in offered.items() if name not in self.message}
        call = self.channel.call(site, {**self.message, **more, "TaskToken": TASK_TOKEN})
        shape = ANY if self.returns is None else declared(self.returns)
        done = finish(self, site, call.action.split(":")[0], replace(call, pattern=Pattern.CALLBACK, shape=shape))
        return (replace(done, timeout=86_400) if self.timeout_seconds is MISSING else done,)

    @classmethod
    def sns(cls, name: str, *, topic: Template, message: Mapping[str, Template], subject: Template = MISSING, **task: Any) -> Self:
        """Asks by an SNS topic."""
        return cls(name, channel=Sns(topic=topic, subject=subject), message=message, **task)

    @classmethod
    def sqs(cls, name: str, *, queue: Template, message: Mapping[str, Template], **task: Any) -> Self:
        """Asks by an SQS queue."""
        return cls(name, channel=Sqs(queue=queue), message=message, **task)

    @classmethod
    def eventbridge(
        cls,
        name: str,
        *,
        bus: Template,
        source: Template,
        message: Mapping[str, Template],
        detail_type: Template = "ApprovalRequested",
        **task: Any,
    ) -> Self:
        """Asks by an event."""
        return cls(name, channel=EventBridge(bus=bus, source=source, detail_type=detail_type), message=message, **task)

    @classmethod
    def lambda_(cls, name: str, *, function: Template, message: Mapping[str, Template], **task: Any) -> Self:
        """Asks by a Lambda function, for instance one that posts to a chat."""
        return cls(name, channel=_Function(function=function), message=message, **task)
