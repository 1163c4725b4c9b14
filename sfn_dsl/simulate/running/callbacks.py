"""Task tokens: who waits for them, and what comes back.

Source: API reference, SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat.
"""

from __future__ import annotations

from collections.abc import Callable

import simpy

from sfn_dsl.simulate.mocks.answers import Answer

__all__ = ["Callback", "Callbacks"]


class Callback:
    """A token that somebody waits for. `event` happens at a heartbeat or at the end."""

    __slots__ = ("_answer", "_env", "event")

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._answer: Answer | None = None
        self.event = env.event()

    def come(self, answer: Answer | None) -> None:
        """An answer, or None for a heartbeat."""
        self._answer = answer
        self.event.succeed()

    def take(self) -> Answer | None:
        """The answer; None for a heartbeat, after which the next is waited for."""
        if self._answer is None:
            self.event = self._env.event()
        return self._answer


class Callbacks:
    """The tokens of a world."""

    def __init__(self, env: simpy.Environment, uuid: Callable[[], str]) -> None:
        self._env = env
        self._uuid = uuid
        self._waiting: dict[str, Callback] = {}

    def issue(self) -> str:
        """A new token."""
        return f"AQBU{self._uuid().replace('-', '')}"

    def expect(self, token: str) -> Callback:
        """Begin to wait for a token."""
        callback = self._waiting[token] = Callback(self._env)
        return callback

    def forget(self, token: str | None) -> None:
        """Nobody waits for a token any more."""
        if token is not None:
            self._waiting.pop(token, None)

    @property
    def waiting(self) -> tuple[str, ...]:
        """Tokens that somebody waits for, oldest first."""
        return tuple(self._waiting)

    def send(self, token: str, answer: Answer | None) -> bool:
        """Deliver an answer, or a heartbeat (None); False when nobody waits for the token (TaskDoesNotExist, TaskTimedOut)."""
        callback = self._waiting.get(token)
        if callback is None or callback.event.triggered:
            return False
        if answer is not None:
            del self._waiting[token]
        callback.come(answer)
        return True
