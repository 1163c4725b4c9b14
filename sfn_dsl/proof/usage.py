"""What AWS would charge for what happened in a world, in US dollars.

Events: aws.amazon.com/eventbridge/pricing; functions: aws.amazon.com/lambda/pricing, 256 MB on arm64; prices of `AS_OF` in
us-east-1. Scheduler's first 14 million calls a month are free, and so are the rules. Jobs, the control table, logs and data
transfer are left out: they are the same for every approach, or nearly.
"""

from __future__ import annotations

from typing import Final

from sfn_dsl.proof.played import Played
from sfn_dsl.simulate.prices import AS_OF, execution_cost

__all__ = ["AS_OF", "cost_of"]

_EVENT: Final = 1.00 / 1_000_000
_INVOCATION: Final = 0.20 / 1_000_000
_GIGABYTE_SECOND: Final = 0.0000133334
_MEGABYTES: Final = 1024
_FUNCTION_SECONDS: Final = 0.2


def cost_of(played: Played) -> float:
    """Dollars of a world in which every sweep was interpreted: executions, events put on buses of ours, invocations."""
    world = played.world
    total = sum(execution_cost(world.execution(run)) for run in world.runs.values())
    for place in world.places.values():
        total += _EVENT * sum(one.bus != "default" for one in place.events.events)
        for function in place.functions.functions.values():
            memory = function.memory / _MEGABYTES
            total += function.invoked * (_INVOCATION + memory * _FUNCTION_SECONDS * _GIGABYTE_SECOND)
    return total
