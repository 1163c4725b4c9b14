"""Limits of the service that a run can meet. Source: page `service-quotas`."""

from __future__ import annotations

from typing import Final

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.history import compact

__all__ = ["INLINE_CONCURRENCY", "MAX_PAYLOAD", "TASK_SECONDS", "payload_size"]

MAX_PAYLOAD: Final = 262_144
"""Bytes of UTF-8 JSON text of an input, output or result."""

TASK_SECONDS: Final = 99_999_999
"""How long a Task waits when it has no TimeoutSeconds."""

INLINE_CONCURRENCY: Final = 40
"""Iterations of an inline Map that run side by side when MaxConcurrency does not say less."""


def payload_size(value: Json) -> int:
    """Bytes of a value as compact JSON text in UTF-8."""
    text = compact(value)
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
