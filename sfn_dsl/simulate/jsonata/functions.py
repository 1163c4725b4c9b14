"""The functions that AWS adds to JSONata, and the table of all functions.

As measured on AWS: integer arguments are rounded toward zero; `$eval` does not exist.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sfn_dsl.simulate.java.random import JavaRandom
from sfn_dsl.simulate.jsonata.calls import Native, Run
from sfn_dsl.simulate.jsonata.dates import DATE_FUNCTIONS
from sfn_dsl.simulate.jsonata.library import LIBRARY
from sfn_dsl.simulate.jsonata.text import TEXT_FUNCTIONS
from sfn_dsl.simulate.jsonata.values import UNDEFINED, Fault, Sequence, finite, memory_exceeded

__all__ = ["FUNCTIONS"]

_MAX_RANGE = 360_145
_HASHES = ("SHA-1", "SHA-384", "SHA-256", "SHA-512", "MD5")


def _own(name: str, index: int) -> Fault:
    return Fault("T0410", index=index, token=name)


def _whole(name: str, args: tuple[Any, ...], index: int) -> int:
    """The argument rounded toward zero."""
    value: Any = args[index] if index < len(args) else UNDEFINED
    if type(value) not in (int, float):
        raise _own(name, index + 1)
    return int(value) if finite(value) else 0


def _partition(run: Run, *args: Any) -> Any:
    values = args[0] if args else UNDEFINED
    if len(args) > 2:
        raise _own("partition", 3)
    if values is UNDEFINED or values == []:
        return UNDEFINED
    if not isinstance(values, list):
        raise Fault("T0412", index=1, token="partition", type=UNDEFINED)
    if len(args) == 1 or args[1] is UNDEFINED:
        return [values]
    size = _whole("partition", args, 1)
    if size < 0:
        raise Fault("D3137", message="Second argument must be zero or greater")
    return [values[start : start + size] for start in range(0, len(values), size)] if size else UNDEFINED


def _range(run: Run, *args: Any) -> Any:
    if len(args) > 3:
        raise _own("range", 4)
    first, last = _whole("range", args, 0), _whole("range", args, 1)
    if len(args) < 3 or args[2] is UNDEFINED:
        return UNDEFINED
    step = _whole("range", args, 2)
    if step == 0:
        return UNDEFINED
    if (last - first) // step >= _MAX_RANGE:
        raise memory_exceeded()
    return Sequence(range(first, last + (1 if step > 0 else -1), step))


def _hash(run: Run, *args: Any) -> Any:
    if len(args) > 2:
        raise _own("hash", 3)
    if not args or type(args[0]) is not str:
        raise _own("hash", 1)
    if len(args) == 1 or args[1] is UNDEFINED:
        return UNDEFINED
    if type(args[1]) is not str:
        raise _own("hash", 2)
    if args[1] not in _HASHES:
        raise Fault("D3137", message=f"Hash algorithm '{args[1]}' must be one of {', '.join(_HASHES)}")
    return hashlib.new(args[1].replace("-", ""), args[0].encode("utf-8", "replace")).hexdigest()


def _random(run: Run, *args: Any) -> Any:
    if len(args) > 1:
        raise _own("random", 2)
    if not args or args[0] is UNDEFINED:
        return run.world.random().random()
    return JavaRandom(_whole("random", args, 0)).next_double()


def _uuid(run: Run, *args: Any) -> Any:
    if args:
        raise _own("uuid", 1)
    return run.world.uuid()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice in an object")
    return found


def _double(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _not_json(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _parse(run: Run, *args: Any) -> Any:
    if len(args) > 1:
        raise _own("parse", 2)
    if not args or args[0] is UNDEFINED:
        return UNDEFINED
    if type(args[0]) is not str:
        raise _own("parse", 1)
    try:
        return json.loads(args[0], object_pairs_hook=_unique, parse_float=_double, parse_constant=_not_json)
    except ValueError as error:
        raise Fault("D3137", message="Invalid JSON") from error


FUNCTIONS: Mapping[str, Native] = MappingProxyType(
    {
        **LIBRARY,
        **TEXT_FUNCTIONS,
        **DATE_FUNCTIONS,
        "partition": Native(_partition, None, 2),
        "range": Native(_range, None, 3),
        "hash": Native(_hash, None, 2),
        "random": Native(_random, None, 1),
        "uuid": Native(_uuid, None, 0),
        "parse": Native(_parse, None, 1),
    }
)
