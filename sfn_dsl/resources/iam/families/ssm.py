"""AWS Systems Manager: parameters, whose names may begin with a slash that their ARNs do not repeat, and the rest."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.arguments import Argument
from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["ssm"]

_ONE = frozenset({"getParameter", "putParameter", "deleteParameter", "getParameterHistory"})
_MANY = frozenset({"getParameters", "deleteParameters"})


@family("ssm")
def ssm(call: Call) -> Iterator[Need]:
    """Parameters by name or path."""
    action = call.action[:1].upper() + call.action[1:]
    if call.action in _ONE:
        yield call.needs(action, on=_parameter(call, call.arguments.member("Name")))
    elif call.action in _MANY:
        names = call.arguments.member("Names")
        for one in (names.elements() if names else ()) or (None,):
            yield call.needs(action, on=_parameter(call, one))
    elif call.action == "getParametersByPath":
        path = call.arguments.member("Path")
        place = _parameter(call, path)
        yield call.needs(action, on=place)
        if not place.why:
            yield call.needs(action, on=Place(f"{place.arn.rstrip('/')}/*"))
    else:
        yield from generic(call)


def _parameter(call: Call, name: Argument | None) -> Place:
    known = name.known if name else None
    known = known.after("/") if known and known.start.startswith("/") else known
    return call.locate(known, "Name", "parameter/")
