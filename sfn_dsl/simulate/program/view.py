"""What the expressions of one visit to a state can see, and how they fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sfn_dsl.asl.model import Json

if TYPE_CHECKING:
    from sfn_dsl.simulate.running.thread import Thread

__all__ = ["ABSENT", "Fault", "View"]

ABSENT: Final = object()
"""No value, where None would be JSON's null."""


class Fault(Exception):
    """An expression or a field of a state that cannot be evaluated.

    `str(fault)` is AWS's sentence without "An error occurred while executing the state ...". `location` is the field of a JSONata
    expression as it stands in EvaluationFailed; `query` tells whether the fault is States.QueryEvaluationError or States.Runtime;
    `error` is any other error name.
    """

    def __init__(self, sentence: str, *, query: bool = False, location: str | None = None, error: str | None = None) -> None:
        super().__init__(sentence)
        self.query = query
        self.location = location
        self.error = error


class View:
    """The data of one visit: the state's input, later its result or error output, variables and the context object."""

    __slots__ = (
        "before",
        "entered",
        "entered_at",
        "error_output",
        "input",
        "item",
        "name",
        "result",
        "retry_count",
        "thread",
        "token",
    )

    def __init__(self, thread: Thread, name: str, input: Json, before: int, entered: int) -> None:
        self.thread = thread
        self.name = name
        self.input = input
        self.before = before
        """Id of the thread's last event before that."""
        self.entered = entered
        """Id of the state's Entered event."""
        self.entered_at = thread.run.clock.now
        self.result: Any = ABSENT
        self.error_output: Any = ABSENT
        self.retry_count: int | None = None
        self.token: str | None = None
        self.item: Mapping[str, Json] | None = None

    @property
    def variables(self) -> Mapping[str, Json]:
        """All variables this state can read."""
        return self.thread.variables

    def context(self) -> dict[str, Json]:
        """The context object (`$$`, `$states.context`) as of now."""
        return self.thread.context(self)

    def states(self, fields: frozenset[str] | None) -> dict[str, Json]:
        """`$states` with the fields named, all for None."""
        found: dict[str, Json] = {}
        if fields is None or "input" in fields:
            found["input"] = self.input
        if fields is None or "context" in fields:
            found["context"] = self.context()
        if self.result is not ABSENT:
            found["result"] = self.result
        if self.error_output is not ABSENT:
            found["errorOutput"] = self.error_output
        return found
