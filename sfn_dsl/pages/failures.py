"""How failures are handled: retriers and catchers of a machine, states with the same ones together."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.asl.model import Catcher, Map, Parallel, Retrier, StateMachine, Task, Unset
from sfn_dsl.asl.walk import walk

__all__ = ["failure_rows"]


def failure_rows(machine: StateMachine) -> Iterator[tuple[str, str, str]]:
    """What happens, at which errors, in which states: retries first, then catchers, in the order of the states."""
    retries: dict[tuple[str, str], list[str]] = {}
    catches: dict[tuple[str, str], list[str]] = {}
    for name, state in walk(machine):
        if not isinstance(state, Task | Parallel | Map):
            continue
        for retrier in () if isinstance(state.retry, Unset) else state.retry:
            if retrier.max_attempts != 0:
                retries.setdefault((_again(retrier), _errors(retrier)), []).append(name)
        for catcher in () if isinstance(state.catch, Unset) else state.catch:
            catches.setdefault((f"goes to `{catcher.next}`", _errors(catcher)), []).append(name)
    for found in (retries, catches):
        for (what, errors), names in found.items():
            yield what, errors, ", ".join(dict.fromkeys(names))


def _again(retrier: Retrier) -> str:
    """`up to 3 times, after 2 s, 4 s, 8 s`: how often and after what waits, those of AWS where nothing is written."""
    times = 3 if isinstance(retrier.max_attempts, Unset) else retrier.max_attempts
    wait = 1 if isinstance(retrier.interval_seconds, Unset) else retrier.interval_seconds
    rate = 2.0 if isinstance(retrier.backoff_rate, Unset) else retrier.backoff_rate
    most = "" if isinstance(retrier.max_delay_seconds, Unset) else f", at most {retrier.max_delay_seconds} s"
    return f"again up to {times} times, first after {wait} s, then {rate:g} times as long{most}"


def _errors(rule: Retrier | Catcher) -> str:
    return "" if isinstance(rule.error_equals, Unset) else ", ".join(f"`{name}`" for name in rule.error_equals)
