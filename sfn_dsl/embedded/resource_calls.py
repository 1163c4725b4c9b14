"""State machines in the lists of the tagging API. Source: API reference of Resource Groups Tagging, GetResources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sfn_dsl.embedded.api_error import ApiError
from sfn_dsl.embedded.machines import Machine
from sfn_dsl.embedded.paging import page
from sfn_dsl.embedded.shelf import Moment, Shelf

__all__ = ["get_resources"]

_MOST: Final = 100
_DEFAULT: Final = 50
_ALONE: Final = ("TagFilters", "ResourceTypeFilters", "ResourcesPerPage", "TagsPerPage", "PaginationToken")


def get_resources(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """GetResources: state machines with tags, by ARN; nothing else is known here."""
    arns = request.get("ResourceARNList")
    if arns is not None and any(request.get(name) for name in _ALONE):
        raise _Wrong("ResourceARNList cannot be combined with filters or paging")
    size = request.get("ResourcesPerPage") or _DEFAULT
    if not 1 <= size <= _MOST:
        raise _Wrong(f"ResourcesPerPage must be from 1 to {_MOST}")
    if request.get("TagsPerPage") is not None:
        raise _Wrong("TagsPerPage is not known here; use ResourcesPerPage")
    filters, types = request.get("TagFilters") or [], request.get("ResourceTypeFilters") or []
    found = [
        {"ResourceARN": one.arn, "Tags": [{"Key": key, "Value": value} for key, value in one.tags.items()]}
        for one in sorted(shelf.machines.values(), key=lambda one: one.arn)
        if one.tags and (arns is None or one.arn in arns) and _typed(types) and all(_fits(one, given) for given in filters)
    ]
    about = json.dumps([filters, types])
    try:
        answer = page("ResourceTagMappingList", found, about, {"maxResults": size, "nextToken": request.get("PaginationToken")})
    except ApiError:
        raise _Wrong("the PaginationToken is not one of this list") from None
    return {"ResourceTagMappingList": answer["ResourceTagMappingList"], "PaginationToken": answer.get("nextToken", "")}


def _typed(types: list[str]) -> bool:
    """Whether state machines are among the wanted types."""
    return not types or any(one in ("states", "states:stateMachine") for one in types)


def _fits(machine: Machine, given: Mapping[str, Any]) -> bool:
    """Whether a machine has a tag with the key of a filter and one of its values, if it has any."""
    key, values = given.get("Key", ""), given.get("Values")
    return key in machine.tags and (not values or machine.tags[key] in values)


class _Wrong(ApiError):
    """An InvalidParameterException; this service writes its message with a capital."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterException", message)

    @property
    def members(self) -> Mapping[str, str]:
        return {"Message": self.message}
