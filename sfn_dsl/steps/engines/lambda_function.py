"""AWS Lambda functions: `lambda:invoke`."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_dsl.asl.services import Pattern
from sfn_dsl.asl.shapes import ANY, declared
from sfn_dsl.draft import Call, Site
from sfn_dsl.expression import CONTEXT, Template
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.step import TaskStep

__all__ = ["TASK_TOKEN", "LambdaFunction"]

TASK_TOKEN = CONTEXT.Task.Token
"""The token that a callback must send back; only inside a call that waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaFunction:
    """A function by name or ARN. The output of the step is what the function returns (at most 256 KiB).

    `returns` declares its type, for instance `{"rows": int}`, so that misspelt fields are found. `callback` waits until
    `TASK_TOKEN`, sent somewhere in the payload, comes back; the output is then what was sent with it.
    """

    function: Template
    payload: Template
    returns: object = None
    callback: bool = False

    def lower(self, step: TaskStep, site: Site) -> tuple[Call]:
        call = Call(
            action="lambda:invoke",
            pattern=Pattern.CALLBACK if self.callback else Pattern.REQUEST_RESPONSE,
            arguments={"FunctionName": site.arn("lambda", "function:", self.function), "Payload": self.payload},
            prefix=() if self.callback else ("Payload",),
            shape=ANY if self.returns is None else declared(self.returns),
        )
        return (finish(step, site, "lambda", call),)
