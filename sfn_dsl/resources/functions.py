"""Lambda functions of one file, and what calls them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sfn_dsl.region import Target
from sfn_dsl.resources.element import Element
from sfn_dsl.resources.references import Text

__all__ = ["EventInvokeConfig", "EventSourceMapping", "Function", "Permission"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function(Element):
    """A function whose code is the text `source` (`AWS::Lambda::Function`).

    AWS puts the code in a file `index.py`, so `handler` begins with `index.`. `memory_size`: MB. `timeout`: seconds.
    `reserved_concurrent_executions`: None shares the account's; 0 stops the function. `environment`: variables by name.
    """

    function_name: str
    role_arn: Text
    source: str
    handler: str = "index.handler"
    runtime: str = "python3.13"
    architectures: tuple[str, ...] = ("arm64",)
    memory_size: int = 256
    timeout: int = 15
    reserved_concurrent_executions: int | None = None
    environment: Mapping[str, Text] = field(default_factory=dict)
    description: str = ""

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function_name

    def arn(self, target: Target) -> str:
        """Its ARN where the template is deployed."""
        return target.arn("lambda", f"function:{self.function_name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission(Element):
    """A service may invoke a function (`AWS::Lambda::Permission`).

    `function_name`: name or ARN. `principal`: such as `events.amazonaws.com`. `source_arn`, `source_account`: only on behalf of
    these.
    """

    function_name: Text
    principal: str
    source_arn: Text | None = None
    source_account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventInvokeConfig(Element):
    """How asynchronous calls of a function are repeated and where they end (`AWS::Lambda::EventInvokeConfig`).

    `function_name`: name, not ARN. `maximum_retry_attempts`: 0 to 2. `maximum_event_age_in_seconds`: 60 to 21600.
    `on_failure_arn`: a queue, topic, bus or function.
    """

    function_name: Text
    maximum_retry_attempts: int = 2
    maximum_event_age_in_seconds: int = 21600
    on_failure_arn: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSourceMapping(Element):
    """A function works off a queue (`AWS::Lambda::EventSourceMapping`).

    `function_name`: name or ARN. `event_source_arn`: the queue. `batch_size`: messages per call, default 10.
    `maximum_concurrency`: calls at once, 2 to 1000. A function's reserved concurrency is no such bound: what it refuses counts as
    a receipt of the message.
    `report_batch_item_failures`: only the messages that the function names as failed come again.
    """

    function_name: Text
    event_source_arn: Text
    batch_size: int = 10
    maximum_concurrency: int | None = None
    report_batch_item_failures: bool = True
