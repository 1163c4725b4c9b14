"""`DbtCall`: a dbt run behind a REST service, reached through a Lambda proxy.

The proxy's contract (the service's REST contract stands in `docs/dbt.md`):

    {"action": "start", "command", "select", "vars", "idempotency_key"}  ->  {"run_id"}
    {"action": "status", "run_id"}                                        ->  {"status", "summary", "artifacts"}

`status` is QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED or LOST (its process is gone). In callback mode `start` also gets
`task_token`, and the service sends heartbeats and the final answer itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace

from sfn_dsl.draft import RESULT, Call, Draft, Goto, LocalRoot, Site, Test, Throw
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import MISSING, Operation, Reference, Template
from sfn_dsl.steps.engines.lambda_function import TASK_TOKEN, LambdaFunction
from sfn_dsl.steps.polling import Poll, poll
from sfn_dsl.steps.step import TaskStep

__all__ = ["DbtCall"]

_CALL_SECONDS = 60
_RETURNS = {"run_id": str, "status": str, "exit_code": int, "summary": dict, "artifacts": dict}


@dataclass(frozen=True, slots=True, eq=False)
class DbtCall(TaskStep):
    """Runs dbt and waits for it.

    `mode`: `poll` (POST, then GET every `poll_seconds`) or `callback` (task token, lost after `heartbeat_seconds`, 300 by
    default, without a sign of life). `timeout_seconds`: 4 hours by default. `restarts`: how often a LOST run is started again,
    with an idempotency key of its own. `idempotency_key`: names the run, so that a repeated POST starts nothing new.
    Raises `DbtRunFailed`, `DbtRunLost` or `DbtRunTimeout`. The output is the last status answer.
    """

    _: KW_ONLY
    function: Template
    select: Template
    idempotency_key: Template
    command: str = "build"
    vars: Mapping[str, Template] = field(default_factory=dict)
    mode: str = "poll"
    poll_seconds: int = 60
    restarts: int = 1

    def lower(self, site: Site) -> tuple[Draft, ...]:
        timeout = 14_400 if self.timeout_seconds is MISSING else self.timeout_seconds
        match self.mode:
            case "poll" if isinstance(timeout, int):
                return self._poll(site, timeout)
            case "poll":
                raise DeclarationError(
                    f"`timeout_seconds` of `{self.name}` must be a number of seconds in poll mode", span=self.span
                )
            case "callback":
                return self._callback(site, timeout)
            case _:
                raise DeclarationError(
                    f"`{self.name}` has the unknown mode `{self.mode}`", help="use `poll` or `callback`", span=self.span
                )

    def _request(self, key: Template) -> dict[str, Template]:
        return {
            "action": "start",
            "command": self.command,
            "select": self.select,
            "vars": dict(self.vars),
            "idempotency_key": key,
        }

    def _call(self, site: Site, payload: Template, *, callback: bool = False) -> Call:
        engine = LambdaFunction(function=self.function, payload=payload, returns=_RETURNS, callback=callback)
        [call] = engine.lower(self, site)
        return replace(call, sample={"status": "SUCCEEDED"})

    def _callback(self, site: Site, timeout: Template) -> tuple[Draft, ...]:
        request = {**self._request(self.idempotency_key), "task_token": TASK_TOKEN}
        heartbeat = 300 if self.heartbeat_seconds is MISSING else self.heartbeat_seconds
        return (replace(self._call(site, request, callback=True), timeout=timeout, heartbeat=heartbeat),)

    def _poll(self, site: Site, timeout: int) -> tuple[Draft, ...]:
        run_id = Reference(LocalRoot(self, "run_id"))
        restarts = Reference(LocalRoot(self, "restarts"))
        counted = {"run_id": RESULT.Payload.run_id, "restarts": 0} if self.restarts else {"run_id": RESULT.Payload.run_id}
        start = replace(
            self._call(site, self._request(self.idempotency_key)), timeout=_CALL_SECONDS, heartbeat=MISSING, sets=counted
        )
        ask = replace(
            self._call(site, {"action": "status", "run_id": run_id}), timeout=_CALL_SECONDS, heartbeat=MISSING, comment=""
        )
        lost: Goto = Throw("DbtRunLost", "the process of the dbt run is gone")
        more: tuple[Draft, ...] = ()
        if self.restarts:
            again = self._request(Operation("format", (self.idempotency_key, "/restart-", restarts + 1)))
            more = (
                Test(label="lost", rules=((restarts < self.restarts, "restart"),), default=lost),
                replace(
                    self._call(site, again),
                    label="restart",
                    produces=False,
                    timeout=_CALL_SECONDS,
                    heartbeat=MISSING,
                    comment="",
                    sets={"run_id": RESULT.Payload.run_id, "restarts": restarts + 1},
                    next="wait",
                ),
            )
            lost = "lost"
        cause = self.output.summary.default("the run ended without a summary")
        return poll(
            Poll(
                step=self,
                start=start,
                ask=ask,
                status=self.output.status,
                done=("SUCCEEDED",),
                busy=("QUEUED", "RUNNING"),
                failed={("FAILED", "CANCELLED"): Throw("DbtRunFailed", cause), ("LOST",): lost},
                unknown=Throw("DbtRunFailed", "the dbt service answered with a status that is not known"),
                timeout=Throw("DbtRunTimeout", f"the dbt run took longer than {timeout} seconds"),
                seconds=self.poll_seconds,
                timeout_seconds=timeout,
            ),
            *more,
        )
