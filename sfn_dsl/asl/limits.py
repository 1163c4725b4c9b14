"""How long executions may last, in seconds. Source: Developer Guide, Quotas."""

from __future__ import annotations

from typing import Final

__all__ = ["EXPRESS_SECONDS", "STANDARD_SECONDS"]

EXPRESS_SECONDS: Final = 300
STANDARD_SECONDS: Final = 365 * 86_400
