"""Errors as the API gives them: a code, a sentence, a status."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ApiError", "invalid"]


class ApiError(Exception):
    """An error that goes to the caller. `code`: a name of the service's model, or one that all services share. `reason`: of a
    ValidationException, empty without one."""

    def __init__(self, code: str, message: str, *, status: int = 400, reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.reason = reason

    @property
    def members(self) -> Mapping[str, str]:
        """What the error holds, under the names of the model."""
        return {"message": self.message, "reason": self.reason} if self.reason else {"message": self.message}


def invalid(message: str, reason: str = "") -> ApiError:
    """A ValidationException."""
    return ApiError("ValidationException", message, reason=reason)
