"""Results that are lists without an end: which calls give them, and whether a state keeps such a list whole."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sfn_dsl.asl.model import Json
from sfn_dsl.rules.limits.loops import integer
from sfn_dsl.rules.subject import State

__all__ = ["Listing", "call_of", "keeps_whole", "list_of"]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list. `field`: where it stands in the result, empty where it is the result. `limit`: the parameter that makes it shorter,
    and the value of that up to which it is small enough.
    """

    what: str
    size: str
    field: str
    limit: tuple[str, int]
    help: str


def _of_call(size: str, field: str, limit: str, small: int) -> Listing:
    help = f"set `{limit}`, keep only what is needed of it, or let a distributed Map read it"
    return Listing("the result", size, field, (limit, small), help)


_OBJECTS = "may list 1,000 objects"
_MEGABYTE = "may have 1 MB"
_ROWS = "may have 1,000 rows"
LISTS = {
    "s3:listobjectsv2": _of_call(_OBJECTS, "Contents", "MaxKeys", 500),
    "s3:listobjects": _of_call(_OBJECTS, "Contents", "MaxKeys", 500),
    "s3:listobjectversions": _of_call(_OBJECTS, "Versions", "MaxKeys", 500),
    "dynamodb:query": _of_call(_MEGABYTE, "Items", "Limit", 500),
    "dynamodb:scan": _of_call(_MEGABYTE, "Items", "Limit", 500),
    "athena:getqueryresults": _of_call(_ROWS, "ResultSet.Rows", "MaxResults", 500),
}
MAP_RESULTS = Listing(
    "the collected result",
    "grows with the items that are read",
    "",
    ("MaxItems", 1000),
    "write the results to S3 with `ResultWriter`, or drop them",
)


def call_of(state: State) -> str:
    """What a Task calls, in small letters and without `aws-sdk:`: `s3:listobjectsv2`; empty where it is no service call."""
    resource = state.get("Resource")
    if not isinstance(resource, str):
        return ""
    parts = resource.split(":")
    if len(parts) < 7 or parts[0] != "arn" or parts[2:5] != ["states", "", ""]:
        return ""
    return ":".join(parts[6:] if parts[5] == "aws-sdk" else parts[5:]).lower()


def list_of(state: State) -> Listing | None:
    """The list without an end that is the result of a state, if it is one."""
    if state.type == "Map":
        return _of_map(state)
    found = LISTS.get(call_of(state))
    parameters = state.get("Arguments" if state.jsonata else "Parameters")
    if found is None or not isinstance(parameters, dict):
        return None
    name, small = found.limit
    if _limited(parameters, name, small) or parameters.get("Select") == "COUNT":
        return None
    return found


def _limited(holder: dict[str, Json], name: str, small: int) -> bool:
    if f"{name}.$" in holder or f"{name}Path" in holder:
        return True
    value = holder.get(name)
    number = integer(value)
    return isinstance(value, str) or (number is not None and 0 < number <= small)


def _of_map(state: State) -> Listing | None:
    reader = state.get("ItemReader")
    if not isinstance(reader, dict) or "ResultWriter" in state.body or not any(scope.distributed for scope in state.inner):
        return None
    config = reader.get("ReaderConfig")
    if isinstance(config, dict) and _limited(config, *MAP_RESULTS.limit):
        return None
    return MAP_RESULTS


def keeps_whole(state: State, listed: Listing) -> bool:
    """Whether a state's output or variables hold the whole list."""
    if state.jsonata:
        held = ["{% $states.result %}"] if "Output" not in state.body else [state.body["Output"]]
        return any(_mentions(value, _JSONATA[listed.field]) for value in [*held, state.get("Assign")])
    if _mentions(state.get("Assign"), _JSONPATH[listed.field]):
        return True
    if "ResultPath" in state.body and state.body["ResultPath"] is None:
        return False
    if "ResultSelector" in state.body and not _mentions(state.body["ResultSelector"], _JSONPATH[listed.field]):
        return False
    out = state.body.get("OutputPath", "$")
    return isinstance(out, str) and out in ("$", f"$.{listed.field}", state.get("ResultPath"))


def _patterns(before: str, dot: str, after: str) -> dict[str, re.Pattern[str]]:
    fields = {listed.field for listed in (*LISTS.values(), MAP_RESULTS)}
    inner = {field: f"(?:{re.escape(dot + field)})?" if field else "" for field in fields}
    return {field: re.compile(before + inner[field] + after, re.DOTALL) for field in fields}


_JSONATA = _patterns(r"(?:^\{%|[:,\[{])\s*\$states\.result", ".", r"\s*(?:[,}\]]|%\}$)")
_JSONPATH = _patterns(r"^\$", ".", r"(?:\[\*\])?$")


def _mentions(value: Json, pattern: re.Pattern[str]) -> bool:
    """Whether a text in a template is what a pattern says."""
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, str):
            if len(node) < 10_000 and pattern.search(node):
                return True
        elif isinstance(node, dict):
            pending += node.values()
        elif isinstance(node, list):
            pending += node
    return False
