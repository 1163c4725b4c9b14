"""What all resources have in common, and what the failures of their deliveries look like."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Element", "RetryPolicy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A resource of a template.

    `id`: logical id, letters and digits, unique in its template. `depends_on`: logical ids of what must exist before it and is
    not named in its properties.
    """

    id: str
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often EventBridge and Scheduler try to hand over.

    `maximum_retry_attempts`: 0 to 185. `maximum_event_age_in_seconds`: 60 to 86400. The defaults are AWS's own.
    """

    maximum_retry_attempts: int = 185
    maximum_event_age_in_seconds: int = 86400
