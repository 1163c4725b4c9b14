"""An execution with what the simulator does not know of it."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_dsl.embedded.machines import Revision
from sfn_dsl.simulate.running.thread import Run

__all__ = ["Started"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An execution. `machine`: plain ARN. `version`, `alias`: ARNs, empty where it was not started by one. `input`: JSON text.
    `revision` is None where another execution started it. `redrives`: how often; `redriven`: seconds since 1970 of the last one;
    `tokens`: client tokens of redrives."""

    run: Run
    machine: str
    revision: Revision
    version: str = ""
    alias: str = ""
    input: str = "{}"
    trace: str = ""
    redrives: int = 0
    redriven: float | None = None
    tokens: tuple[str, ...] = ()
