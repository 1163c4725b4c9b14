"""What an iteration of a Map gets."""

from __future__ import annotations

from typing import Any

from sfn_dsl.rules.flow.values import ANY, ARRAY, OBJECT, Presence, Value, list_of, object_of
from sfn_dsl.rules.flow.visit import Visit

__all__ = ["iteration"]


def iteration(visit: Visit, document: Value, distributed: bool) -> Value | None:
    """What an iteration of a Map gets; None where there certainly is none."""
    item = _item(visit, document)
    if item is None:
        return None
    selector = next((name for name in ("ItemSelector", "Parameters") if visit.has(name)), None)
    if selector is not None:
        inner = Value(OBJECT, members={"Value": (item, Presence.UNKNOWN)}, rest=ANY)
        around = Value(OBJECT, members={"Item": (inner, Presence.UNKNOWN)}, rest=ANY)
        context = Value(OBJECT, members={"Map": (around, Presence.UNKNOWN)}, rest=ANY)
        outside, visit.context = visit.context, context
        visit.states["context"] = context
        item = visit.given((selector,), visit.field(selector), document)
        visit.context = outside
        del visit.states["context"]
    if visit.has("ItemBatcher"):
        batch: Any = visit.field("ItemBatcher", "BatchInput")
        extra = visit.given(("ItemBatcher", "BatchInput"), batch, document) if visit.has("ItemBatcher", "BatchInput") else ANY
        members = {"Items": (list_of(item), Presence.UNKNOWN), "BatchInput": (extra, Presence.UNKNOWN)}
        return object_of(members, ANY) if distributed else ANY
    return item


def _item(visit: Visit, document: Value) -> Value | None:
    if visit.has("ItemReader"):
        return ANY
    items = document
    if visit.state.jsonata:
        items = visit.payload(("Items",), visit.field("Items")) if visit.has("Items") else document
    elif visit.has("ItemsPath"):
        items = visit.path(("ItemsPath",), visit.field("ItemsPath"), document)
    return items.element if items.only(ARRAY) else ANY
