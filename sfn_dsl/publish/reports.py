"""What hears of work while it is done, and must not stop it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

__all__ = ["Reports"]


class Reports:
    """Calls a function of the caller's until it raises, then no more: work that is half done would be worse than work that nobody
    hears of. A RuntimeWarning says what it raised."""

    def __init__(self, report: Callable[..., object]) -> None:
        self._report: Callable[..., object] | None = report

    def __call__(self, *told: Any) -> None:
        if self._report is None:
            return
        try:
            self._report(*told)
        except Exception as error:
            self._report = None
            warnings.warn(f"the work goes on without reports, because one failed: {error!r}", RuntimeWarning, stacklevel=2)
