"""Lambda in memory: functions with handlers in Python, their concurrency, their errors as Lambda reports them.

A handler acts at once when its invocation begins; its answer comes after the seconds that the function takes. Not simulated: memory
and cold starts, versions, code that goes on after its time is out. Source: Lambda Developer Guide, pages `python-exceptions`,
`invocation-async-error-handling`, `with-sns` and `with-sqs`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, ClassVar, TypeAlias

from sfn_dsl.asl.model import Json
from sfn_dsl.errors import SfnError
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.services.service_error import ServiceError
from sfn_dsl.simulate.services.sns import SNS, Notification, Subscription

__all__ = ["Context", "Function", "Functions", "Handler", "Outcome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a handler learns of its invocation, under Lambda's names; `remaining` is the milliseconds it may take."""

    aws_request_id: str
    function_name: str
    function_version: str
    invoked_function_arn: str
    memory_limit_in_mb: int
    remaining: int

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is stopped."""
        return self.remaining


Handler: TypeAlias = Callable[[Any, Any], Any]
"""Gets an event (JSON) and a Context, returns JSON or raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an invocation ended: what it answers after so many virtual seconds. `error` is the error's type, None for none."""

    request: str
    payload: Json
    seconds: float
    error: str | None = None


@dataclass(slots=True, kw_only=True)
class Function:
    """A function: its settings (MiB, seconds) and how often it was invoked, asynchronous tries included."""

    name: str
    arn: str
    region: str
    handler: Handler
    memory: int
    seconds: float | tuple[float, float]
    timeout: float
    reserved_concurrency: int | None
    retries: int
    max_age: float
    on_failure: str | None
    dead_letter: str | None
    invoked: int = 0
    # When the invocations that run now will have ended.
    ends: list[float] = field(default_factory=list)

    def is_full(self, now: float) -> bool:
        """Whether its reserved concurrency is used up."""
        if self.reserved_concurrency is None:
            return False
        self.ends = [end for end in self.ends if end > now]
        return len(self.ends) >= self.reserved_concurrency


class Functions:
    """The functions of one account and Region. `invoke` takes an asynchronous invocation."""

    operations: ClassVar[frozenset[str]] = frozenset({"Invoke"})

    def __init__(
        self,
        *,
        region: str,
        account: str,
        uuid: Callable[[], str],
        rng: Random,
        invoke: Callable[[Function, Json], None],
        partition: str = "aws",
    ) -> None:
        self.region = region
        self.functions: dict[str, Function] = {}
        self._uuid = uuid
        self._rng = rng
        self._invoke = invoke
        self._prefix = f"arn:{partition}:lambda:{region}:{account}:function:"

    def create(
        self,
        name: str,
        handler: Handler,
        *,
        memory: int = 128,
        seconds: float | tuple[float, float] = 0.2,
        timeout: float = 3.0,
        reserved_concurrency: int | None = None,
        retries: int = 2,
        max_age: float = 21_600,
        on_failure: str | None = None,
        dead_letter: str | None = None,
    ) -> Function:
        """A new function, or one put in place of another.

        `seconds`: how long an invocation takes, drawn anew from a pair; above `timeout` it fails. `retries` (0-2) and `max_age`
        (60-21,600 seconds) are for asynchronous invocations; one that fails for good is told to the queue `on_failure` (ARN) as an
        invocation record, and its event goes to the queue `dead_letter` (ARN). Raises ValueError.
        """
        if not 0 <= retries <= 2 or not 60 <= max_age <= 21_600:
            raise ValueError("an asynchronous invocation has 0 to 2 retries and a maximum age of 60 to 21,600 seconds")
        function = Function(
            name=name,
            arn=self._prefix + name,
            region=self.region,
            handler=handler,
            memory=memory,
            seconds=seconds,
            timeout=timeout,
            reserved_concurrency=reserved_concurrency,
            retries=retries,
            max_age=max_age,
            on_failure=on_failure,
            dead_letter=dead_letter,
        )
        self.functions[name] = function
        return function

    def find(self, name: str) -> Function | None:
        """The function of a name or an ARN, whatever its qualifier; None for one that is not here."""
        if name.startswith("arn:") and not name.startswith(self._prefix):
            return None
        return self.functions.get(name.removeprefix(self._prefix).partition(":")[0])

    def run(self, function: Function, event: Json, now: float) -> Outcome:
        """Invoke a function. Raises ServiceError (TooManyRequestsException) when it is busy."""
        if function.is_full(now):
            raise ServiceError("TooManyRequestsException", "Rate Exceeded.", status=429)
        seconds = self._rng.uniform(*function.seconds) if isinstance(function.seconds, tuple) else function.seconds
        seconds, late = min(seconds, function.timeout), seconds > function.timeout
        function.invoked += 1
        if function.reserved_concurrency is not None:
            function.ends.append(now + seconds)
        request = self._uuid()
        context = Context(
            aws_request_id=request,
            function_name=function.name,
            function_version="$LATEST",
            invoked_function_arn=function.arn,
            memory_limit_in_mb=function.memory,
            remaining=int(function.timeout * 1000),
        )
        error: str | None = None
        payload: Json
        try:
            value = function.handler(json.loads(compact(event)), context)
        except SfnError:
            raise
        except Exception as raised:
            error, payload = type(raised).__name__, str(raised)
        else:
            try:
                payload = json.loads(json.dumps(value))
            except (TypeError, ValueError) as raised:
                error, payload = "Runtime.MarshalError", f"Unable to marshal response: {raised}"
        if late:
            error, payload = "Sandbox.Timedout", f"RequestId: {request} Error: Task timed out after {function.timeout:.2f} seconds"
        if error is not None:
            payload = {"errorMessage": payload, "errorType": error, "requestId": request}
        return Outcome(request=request, payload=payload, seconds=seconds, error=error)

    def call(self, operation: str, arguments: Mapping[str, Json], now: float) -> Json:
        """Answer an API call at `now` (epoch seconds); a payload is JSON text both ways. Raises ServiceError."""
        if operation != "Invoke":
            raise ServiceError("NotSimulated", f"The operation {operation} of Lambda is not simulated")
        name = str(arguments.get("FunctionName"))
        function = self.find(name)
        if function is None:
            raise ServiceError("ResourceNotFoundException", f"Function not found: {name}", status=404)
        text = arguments.get("Payload")
        event = json.loads(text) if isinstance(text, (str, bytes)) and text else text
        if arguments.get("InvocationType") == "Event":
            self._invoke(function, event)
            return {"StatusCode": 202, "Payload": ""}
        outcome = self.run(function, event, now)
        answer: dict[str, Json] = {"ExecutedVersion": "$LATEST", "Payload": compact(outcome.payload), "StatusCode": 200}
        return answer if outcome.error is None else {"FunctionError": "Unhandled", **answer}

    def subscribe(self, sns: SNS, topic: str, function: Function) -> Subscription:
        """Invoke a function with what is published to a topic (name or ARN). Raises ServiceError for an unknown topic."""

        def receive(notification: Notification) -> None:
            self._invoke(function, {"Records": [sns.record(notification, subscription.arn)]})

        subscription = sns.subscribe(topic, receive)
        return subscription
