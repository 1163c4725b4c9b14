"""Which Map Runs a call touches: those of its own machine, where it reads what a distributed Map of the machine has kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sfn_dsl.asl.model import UNSET, Map, StateMachine, Task
from sfn_dsl.asl.walk import walk
from sfn_dsl.resources.iam.distributed import distributed

__all__ = ["asks_own_map_run"]

_READ: Final = re.compile(r"(?:\{%\s*)?\$(?P<variable>\w+)\.MapRunArn(?:\s*%\})?")


def asks_own_map_run(state: Task, machine: StateMachine) -> bool:
    """Whether the argument `MapRunArn` of a call is read from a variable that only distributed Maps of the machine set."""
    given = state.arguments if state.arguments is not UNSET else state.parameters
    if not isinstance(given, Mapping):
        return False
    read = _READ.fullmatch(str(given.get("MapRunArn", given.get("MapRunArn.$", ""))))
    if read is None:
        return False
    setting = [one for _, one in walk(machine) if _sets(one, read["variable"])]
    return bool(setting) and all(isinstance(one, Map) and distributed(one) for one in setting)


def _sets(value: object, variable: str) -> bool:
    """Whether a state, or one of its rules or catchers, assigns a variable."""
    assign = getattr(value, "assign", UNSET)
    if isinstance(assign, Mapping) and variable in {name.removesuffix(".$") for name in assign}:
        return True
    parts = [part for name in ("choices", "catch") if isinstance(part := getattr(value, name, ()), tuple)]
    return any(_sets(one, variable) for part in parts for one in part)
