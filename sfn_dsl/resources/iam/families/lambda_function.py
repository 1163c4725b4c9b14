"""AWS Lambda: `lambda:invoke`, functions as a Task's `Resource`, and `aws-sdk:lambda`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["invocation", "lambda_function"]

_INVOKES = frozenset({"invoke", "invokeAsync", "invokeWithResponseStream"})
_UNQUALIFIED = 7
_PARTIAL = re.compile(r"\d{12}:function:")


def invocation(arn: str, why: str = "") -> Need:
    """The right to invoke a function by ARN; one without a version or alias is granted with all of them."""
    both = (arn,) if arn.endswith("*") or arn.count(":") >= _UNQUALIFIED else (arn, f"{arn}:*")
    return Need(actions=("lambda:InvokeFunction",), resources=both, why=why, used=(arn,))


@family("lambda")
def lambda_function(call: Call) -> Iterator[Need]:
    """Invoking needs a right of another name; everything else is as the reference says."""
    if call.action not in _INVOKES:
        yield from generic(call)
        return
    place = _function(call)
    qualifier = call.known("Qualifier")
    if qualifier and not call.arguments.open and not place.why and place.arn.count(":") < _UNQUALIFIED:
        why = "" if qualifier.text is not None else "`Qualifier` is only known at run time"
        yield call.needs("InvokeFunction", on=Place(f"{place.arn}:{qualifier.pattern}", why))
    else:
        yield invocation(place.arn, place.why)


def _function(call: Call) -> Place:
    known = call.known("FunctionName")
    match = _PARTIAL.match(known.start) if known else None
    if known is None or match is None:
        return call.place("FunctionName", "function:")
    arn = f"arn:{call.target.partition}:lambda:{call.target.region}:{known.pattern}"
    return Place(arn, "" if known.text is not None else "`FunctionName` is only known at run time")
