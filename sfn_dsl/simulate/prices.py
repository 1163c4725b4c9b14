"""What an execution costs in state transitions or Express requests, in US dollars.

Source: aws.amazon.com/step-functions/pricing, prices of `AS_OF`; jobs, functions and storage are not counted here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from sfn_dsl.simulate.execution import Execution, descendants

__all__ = ["AS_OF", "SOURCE", "billed_gigabyte_seconds", "billed_transitions", "execution_cost", "price_of", "transition_price"]

AS_OF: Final = "2026-11"
SOURCE: Final = "aws.amazon.com/step-functions/pricing"
_TRANSITION: Final = 0.025 / 1000
_TRANSITIONS: Final[Mapping[str, float]] = {
    "ap-northeast-2": 0.0271 / 1000,
    "ap-south-1": 0.0285 / 1000,
    "eu-west-3": 0.0297 / 1000,
    "sa-east-1": 0.0375 / 1000,
    "us-gov-east-1": 0.030 / 1000,
    "us-gov-west-1": 0.030 / 1000,
    "us-west-1": 0.0279 / 1000,
}
_REQUEST: Final = 1.00 / 1_000_000
_GIGABYTE_SECOND: Final = 0.00001667
_MEMORY: Final = 64 / 1024


def transition_price(region: str) -> float:
    """Dollars of one state transition of a Standard machine."""
    return _TRANSITIONS.get(region, _TRANSITION)


def billed_transitions(execution: Execution) -> int:
    """State transitions of an execution, and of its Standard children and theirs: Express children are billed by request."""
    return execution.transitions + sum(one.transitions for one in descendants(execution) if one.type == "STANDARD")


def price_of(type: str, region: str) -> str:
    """The list price of a Region in words, for a machine of a type."""
    if type == "EXPRESS":
        return f"${_REQUEST * 1_000_000:.2f} per million requests, ${_GIGABYTE_SECOND} per GB-second"
    return f"${transition_price(region) * 1000:.4f} per 1,000 transitions"


def billed_gigabyte_seconds(execution: Execution) -> float:
    """What an Express execution is billed for, its children left aside: 64 MB, in steps of 100 ms; 0 for Standard ones."""
    if execution.type == "STANDARD":
        return 0.0
    return math.ceil(round((execution.duration or 0.0) * 10, 6)) / 10 * _MEMORY


def execution_cost(execution: Execution) -> float:
    """Dollars of an execution and the children of its distributed Maps, free tiers left aside.

    Standard: transitions, retries and starts of children included. Express: one request and 64 MB for its duration in steps of
    100 ms.
    """
    total = 0.0
    for one in (execution, *descendants(execution)):
        if one.type == "STANDARD":
            total += one.transitions * transition_price(one.region)
        else:
            total += _REQUEST + billed_gigabyte_seconds(one) * _GIGABYTE_SECOND
    return total
