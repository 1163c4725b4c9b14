"""Whether what `setup.cfg` says of jobs and samples is about something that the project has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sfn_dsl.asl.model import Task
from sfn_dsl.asl.services import optimised_services, sdk_services, unmodelled_services
from sfn_dsl.asl.walk import walk
from sfn_dsl.compile.machine import Compiled
from sfn_dsl.costs.jobs import service_of
from sfn_dsl.costs.rates import Rates
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.errors import ConfigError

__all__ = ["check_pipelines", "check_states"]

_FUNCTION_OR_ACTIVITY: Final = ("lambda", "activity")


def check_pipelines(rates: Rates, names: Iterable[str]) -> None:
    """Raise ConfigError for a sample or objects of a pipeline that there is not. `names`: those of all pipelines."""
    known = {name.lower(): name for name in names}
    for key, name in _named(rates, "sample", "objects"):
        if name not in known:
            hint = did_you_mean(name, known.values()) or f"the project has {', '.join(sorted(known.values())) or 'none'}"
            raise ConfigError(f"`{key}` in setup.cfg names no pipeline", help=hint, span=rates.spans[key])


def check_states(rates: Rates, compiled: Iterable[Compiled]) -> None:
    """Raise ConfigError for a duration, size or price of what is neither a state nor a service. `compiled`: all machines."""
    tasks = {name.lower(): state for one in compiled for name, state in walk(one.machine) if isinstance(state, Task)}
    called = {service_of(state) for state in tasks.values()}
    for key, name in _named(rates, "expected", "size"):
        if name not in tasks and name not in called:
            _service(rates, key, name, "state or service", tasks)
    for service in rates.prices.keys() - called:
        key = next(key for key in rates.spans if key.startswith(f"rate.{service}_"))
        _service(rates, key, service, "service", ())


def _named(rates: Rates, *prefixes: str) -> Iterator[tuple[str, str]]:
    for key in rates.spans:
        prefix, _, name = key.partition(".")
        if prefix in prefixes:
            yield key, name.lower()


def _service(rates: Rates, key: str, name: str, what: str, more: Iterable[str]) -> None:
    """Raise ConfigError for what is no service that a Task can call."""
    services = {*_FUNCTION_OR_ACTIVITY, *optimised_services(), *sdk_services(), *unmodelled_services()}
    if name not in services:
        hint = did_you_mean(name, (*more, *services)) or "write it as it stands in `sfn-dsl cost`"
        raise ConfigError(f"`{key}` in setup.cfg names no {what}", help=hint, span=rates.spans[key])
