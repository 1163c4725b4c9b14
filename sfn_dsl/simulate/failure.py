"""What goes wrong inside an execution: an error name and a cause, as ASL knows them."""

from __future__ import annotations

__all__ = ["DATA_LIMIT", "PERMISSIONS", "QUERY", "RUNTIME", "TASK_FAILED", "TIMEOUT", "Failure"]

RUNTIME = "States.Runtime"
QUERY = "States.QueryEvaluationError"
TIMEOUT = "States.Timeout"
TASK_FAILED = "States.TaskFailed"
DATA_LIMIT = "States.DataLimitExceeded"
PERMISSIONS = "States.Permissions"


class Failure(Exception):
    """An ASL error on its way to a retrier, a catcher or the end of the execution.

    `error` and `cause` may be None: a Fail state or a callback that names neither (recorded on AWS). `heartbeat` tells a
    States.Timeout that a missing heartbeat caused; `terminal` an error that nothing retries or catches.
    """

    def __init__(self, error: str | None, cause: str | None = None, *, heartbeat: bool = False, terminal: bool = False) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause
        self.heartbeat = heartbeat
        self.terminal = terminal
