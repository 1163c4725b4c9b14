"""What an AWS service answers when it refuses a call."""

from __future__ import annotations

__all__ = ["ServiceError"]


class ServiceError(Exception):
    """A refused call: the API's error code (`ConditionalCheckFailedException`), its message and the HTTP status."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
