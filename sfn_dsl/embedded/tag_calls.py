"""Tags of state machines. Source: API reference, TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from sfn_dsl.embedded.api_error import ApiError, invalid
from sfn_dsl.embedded.machines import Machine
from sfn_dsl.embedded.shelf import Moment, Shelf

__all__ = ["list_tags_for_resource", "tag_resource", "tagged", "untag_resource"]

_MOST: Final = 50


def tagged(tags: Mapping[str, str], more: Iterable[Mapping[str, str]], arn: str) -> dict[str, str]:
    """Tags with others set. `more`: in the form of the API. Raises ApiError (TooManyTags, or a tag without a key)."""
    given = list(more)
    if not all(one.get("key") for one in given):
        raise invalid("A tag must have a key")
    found = {**tags, **{one["key"]: one.get("value", "") for one in given}}
    if len(found) > _MOST:
        raise ApiError("TooManyTags", f"More than {_MOST} tags: '{arn}'")
    return found


def tag_resource(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """TagResource."""
    machine = _owner(shelf, request)
    shelf.put(replace(machine, tags=tagged(machine.tags, request["tags"], machine.arn)))
    return {}


def untag_resource(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """UntagResource."""
    machine = _owner(shelf, request)
    shelf.put(replace(machine, tags={key: value for key, value in machine.tags.items() if key not in request["tagKeys"]}))
    return {}


def list_tags_for_resource(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """ListTagsForResource."""
    return {"tags": [{"key": key, "value": value} for key, value in _owner(shelf, request).tags.items()]}


def _owner(shelf: Shelf, request: Mapping[str, Any]) -> Machine:
    arn = shelf.read(request["resourceArn"])
    if arn.text != arn.plain or arn.text not in shelf.machines:
        raise ApiError("ResourceNotFound", f"Resource not found: '{arn.text}'")
    return shelf.machines[arn.text]
