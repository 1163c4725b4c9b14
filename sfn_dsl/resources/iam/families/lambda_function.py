"""AWS Lambda: `lambda:invoke`, functions as a Task's `Resource`, and `aws-sdk:lambda`."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["invocation", "lambda_function"]

_INVOKES = frozenset({"invoke", "invokeAsync", "invokeWithResponseStream"})
_UNQUALIFIED = 7


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
    name = call.known("FunctionName")
    text = name.text if name else None
    if name and text and not text.startswith("arn:") and text.count(":") > 1:
        account, _, rest = text.partition(":")
        arn = f"arn:{call.target.partition}:lambda:{call.target.region}:{account}:{rest}"
        why = ""
    else:
        place = call.place("FunctionName", "function:")
        arn, why = place.arn, place.why
    qualifier = call.known("Qualifier")
    if qualifier and not why and arn.count(":") < _UNQUALIFIED:
        yield Need(
            actions=("lambda:InvokeFunction",),
            resources=(f"{arn}:{qualifier.pattern}",),
            why="" if qualifier.text else "`Qualifier` is only known at run time",
        )
    else:
        yield invocation(arn, why)
