"""How long an execution can take: time-outs, retries with their waits, and the longest way through the states."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from sfn_dsl.asl.limits import EXPRESS_SECONDS
from sfn_dsl.asl.model import (
    UNSET,
    Choice,
    Fail,
    Map,
    Parallel,
    Pass,
    Retrier,
    State,
    StateMachine,
    SubMachine,
    Succeed,
    Task,
    Unset,
    Wait,
)
from sfn_dsl.costs.components import components

__all__ = ["Worst", "targets_of", "worst_case"]

_ATTEMPTS: Final = 3
_INTERVAL: Final = 1
_BACKOFF: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """An upper bound in seconds; None where nothing bounds it. `way`: what time-outs and retries of the longest way add up to, None
    where a state has no bound. `capped`: the machine's own time-out is less than that.

    `unbounded`: states without a bound of their own. `repeated`: Maps, of which one round of items is counted.
    """

    seconds: float | None
    way: float | None = None
    capped: bool = False
    unbounded: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


def worst_case(machine: StateMachine, loops: Mapping[str, int], *, express: bool = False) -> Worst:
    """The longest that an execution can take. `loops`: for how long a step may go round in circles, in seconds by its name.

    Every attempt is taken to run into its time-out, every retrier to be used up, and every wait of a retrier to be as long as it
    may be. The way is the longest one through transitions and catchers.
    """
    order: list[StateMachine | SubMachine] = []
    stack: list[StateMachine | SubMachine] = [machine]
    while stack:
        part = stack.pop()
        order.append(part)
        for state in part.states.values():
            stack += _parts(state)
    seconds: dict[int, float] = {}
    unbounded: dict[str, None] = {}
    repeated: dict[str, None] = {}
    for part in reversed(order):
        own = {}
        for name, state in part.states.items():
            own[name] = _own(state, seconds)
            if isinstance(state, Map):
                repeated[name] = None
            if isinstance(state, Task | Wait) and math.isinf(own[name]):
                unbounded[name] = None
        seconds[id(part)] = _longest(part, own, loops, unbounded)
    total = seconds[id(machine)]
    limits = [EXPRESS_SECONDS] if express else []
    limits += [machine.timeout_seconds] if isinstance(machine.timeout_seconds, int) else []
    capped = bool(limits) and total > min(limits)
    found = min([total, *limits])
    return Worst(
        seconds=None if math.isinf(found) else found,
        way=None if math.isinf(total) else total,
        capped=capped,
        unbounded=tuple(sorted(unbounded)),
        repeated=tuple(sorted(repeated)),
    )


def targets_of(state: State) -> tuple[tuple[str, bool], ...]:
    """Where a state can go: names of states, each with whether only an error leads there; each pair once, in the order written."""
    found: list[tuple[object, bool]] = []
    match state:
        case Choice(choices=choices, default=default):
            found += [(rule.next, False) for rule in ([] if isinstance(choices, Unset) else choices)]
            found.append((default, False))
        case Task(next=then, catch=catch) | Parallel(next=then, catch=catch) | Map(next=then, catch=catch):
            found.append((then, False))
            found += [(catcher.next, True) for catcher in ([] if isinstance(catch, Unset) else catch)]
        case Pass(next=then) | Wait(next=then):
            found.append((then, False))
        case _:
            pass
    return tuple(dict.fromkeys((name, failed) for name, failed in found if isinstance(name, str)))


def _parts(state: State) -> Sequence[SubMachine]:
    match state:
        case Parallel(branches=branches):
            return () if isinstance(branches, Unset) else branches
        case Map(item_processor=processor, iterator=iterator):
            return [part for part in (processor, iterator) if not isinstance(part, Unset)]
        case _:
            return ()


def _own(state: State, parts: Mapping[int, float]) -> float:
    """The most seconds in a state, retries included."""
    match state:
        case Task(timeout_seconds=timeout, retry=retry):
            return _tried(float(timeout) if isinstance(timeout, int) else math.inf, retry)
        case Wait(seconds=seconds):
            return float(seconds) if isinstance(seconds, int) else math.inf
        case Parallel(retry=retry) | Map(retry=retry):
            return _tried(max((_lasting(part, parts[id(part)]) for part in _parts(state)), default=0.0), retry)
        case Pass() | Choice() | Succeed() | Fail():
            return 0.0
        case State():
            raise TypeError(f"{type(state).__name__} is no type of state")
        case _:
            assert_never(state)


def _lasting(part: SubMachine, seconds: float) -> float:
    """The most seconds of a branch or processor; Express children of a distributed Map have no more than Express machines."""
    express = not isinstance(part.processor_config, Unset) and part.processor_config.execution_type == "EXPRESS"
    return min(seconds, EXPRESS_SECONDS) if express else seconds


def _tried(seconds: float, retry: tuple[Retrier, ...] | Unset) -> float:
    """All attempts and the waits between them. Retriers count on their own, so that their attempts add up."""
    total = seconds
    for retrier in () if isinstance(retry, Unset) else retry:
        attempts = _ATTEMPTS if isinstance(retrier.max_attempts, Unset) else retrier.max_attempts
        wait = float(_INTERVAL if isinstance(retrier.interval_seconds, Unset) else retrier.interval_seconds)
        rate = _BACKOFF if isinstance(retrier.backoff_rate, Unset) else retrier.backoff_rate
        most = math.inf if isinstance(retrier.max_delay_seconds, Unset) else float(retrier.max_delay_seconds)
        total += attempts * seconds if attempts else 0.0
        for number in range(attempts):
            if wait >= most or rate == 1 or math.isinf(wait):
                total += (attempts - number) * min(wait, most)
                break
            total += wait
            wait *= rate
    return total


def _longest(
    part: StateMachine | SubMachine, own: Mapping[str, float], loops: Mapping[str, int], unbounded: dict[str, None]
) -> float:
    """The longest way from the first state. A circle lasts as long as its step may, and the states in it once more."""
    edges = {name: [other for other, _ in targets_of(state) if other in own] for name, state in part.states.items()}
    best: dict[str, float] = {}
    for group in components(edges):
        weight = sum(own[name] for name in group)
        if len(group) > 1 or group[0] in edges[group[0]]:
            origins = [part.states[name].origin for name in group]
            bounds = [loops[origin.step] for origin in origins if origin is not None and origin.step in loops]
            if bounds:
                weight += max(bounds)
            else:
                weight = math.inf
                unbounded.update(dict.fromkeys(group))
        behind = [best[other] for name in group for other in edges[name] if other not in group]
        best |= dict.fromkeys(group, weight + max(behind, default=0.0))
    return best.get(part.start_at, 0.0) if part.start_at is not UNSET else 0.0
