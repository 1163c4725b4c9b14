"""Names of executions that come from batches."""

from __future__ import annotations

import hashlib
import re

__all__ = ["execution_name"]

_ILLEGAL = re.compile(r"[^0-9A-Za-z_-]")


def execution_name(pipeline: str, batch: str, attempt: int = 1) -> str:
    """The name of the execution for an attempt at a batch, at most 80 characters; different batches never share one."""
    raw = f"{pipeline}-{batch}-a{attempt}"
    safe = _ILLEGAL.sub("-", raw)
    if safe == raw and len(safe) <= 80:
        return safe
    return f"{safe[:63]}-{hashlib.sha256(raw.encode()).hexdigest()[:16]}"
