"""What `setup.cfg` says about jobs: how long they take, how big they are, what they cost, and with what input a run succeeds.

[sfn_dsl]
expected.glue = 1200                     ; seconds of a call to a service,
expected.load base layer = 600           ; or of one state
size.lambda = 0.5                        ; GB of a function, DPUs of a Glue job; by service or state
rate.glue_dpu_hour = 0.44                ; dollars: rate.<service>_<unit>
rate.lambda_gb_second = 0.0000133334
rate.lambda_call = 0.0000002
sample.payments = {"key": "incoming/ach/f1.pgp"}   ; fields of a pipeline's sample input
objects.payments = {"tokens/*.jsonl": [{"id": "p1"}]}   ; what it reads from S3, by glob of the key: items or text
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.errors import ConfigError
from sfn_dsl.simulate.samples import Samples
from sfn_dsl.span import Span

__all__ = ["RATE_PREFIXES", "Rates", "read_rates"]

RATE_PREFIXES: Final = ("expected.", "size.", "rate.", "sample.", "objects.")
"""Beginnings of the keys that are read here."""

_UNITS: Final = ("dpu_hour", "gb_second", "call", "second", "hour")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Figures of jobs, by lower-case name of a state or service.

    `expected`: seconds of a call. `sizes`: GB or DPUs. `prices`: dollars by service and unit (dpu_hour, gb_second, call, second,
    hour). `samples`: what runs start from. `spans`: where the keys stand.
    """

    expected: Mapping[str, float] = field(default_factory=dict)
    sizes: Mapping[str, float] = field(default_factory=dict)
    prices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    samples: Samples = field(default_factory=Samples)
    spans: Mapping[str, Span] = field(default_factory=dict)


def read_rates(top: Mapping[str, str], line: Callable[[str], Span]) -> Rates:
    """What the keys of `[sfn_dsl]` say. `line`: where a key stands.

    Raises ConfigError for what is no figure, unit or JSON object.
    """
    expected: dict[str, float] = {}
    sizes: dict[str, float] = {}
    prices: dict[str, dict[str, float]] = {}
    inputs: dict[str, Mapping[str, Any]] = {}
    objects: dict[str, Mapping[str, Any]] = {}
    spans: dict[str, Span] = {}
    for key, text in top.items():
        prefix, dot, name = key.partition(".")
        if prefix + dot not in RATE_PREFIXES:
            continue
        spans[key] = line(key)
        match prefix:
            case "expected":
                expected[name.lower()] = _figure(key, text, line)
            case "size":
                sizes[name.lower()] = _figure(key, text, line)
            case "rate":
                service, unit = _unit(key, name, line)
                prices.setdefault(service, {})[unit] = _figure(key, text, line)
            case "objects":
                objects[name.lower()] = _members(key, text, line)
            case _:
                inputs[name.lower()] = _members(key, text, line)
    return Rates(expected=expected, sizes=sizes, prices=prices, samples=Samples(inputs=inputs, objects=objects), spans=spans)


def _figure(key: str, text: str, line: Callable[[str], Span]) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not (math.isfinite(found) and found >= 0):
        raise ConfigError(f"`{key} = {text}` in setup.cfg is no figure", help="write a number of at least 0", span=line(key))
    return found


def _unit(key: str, name: str, line: Callable[[str], Span]) -> tuple[str, str]:
    for unit in _UNITS:
        service = name.removesuffix(f"_{unit}")
        if service not in ("", name):
            return service.lower(), unit
    hint = did_you_mean(name.partition("_")[2], _UNITS) or f"write rate.<service>_<unit>, with a unit of {', '.join(_UNITS)}"
    raise ConfigError(f"`{key}` in setup.cfg names no known unit", help=hint, span=line(key))


def _members(key: str, text: str, line: Callable[[str], Span]) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ConfigError(f"`{key}` in setup.cfg is no JSON object", help='for instance {"batch_id": "b1"}', span=line(key))
    return found
