"""What the iterations of a Map get: its items, and what ItemSelector makes of each."""

from __future__ import annotations

from collections.abc import Mapping

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.program.nodes import MapNode
from sfn_dsl.simulate.program.view import Fault, View

__all__ = ["map_items", "select"]


def map_items(node: MapNode, view: View, effective: Json) -> Json:
    """The items of a Map that reads them from its input: a list, in a distributed Map of JSONata also an object."""
    fields = node.fields
    items = fields.items(view, effective) if fields.items else effective
    if isinstance(items, list) or (isinstance(items, dict) and fields.distributed and node.jsonata):
        return items
    if fields.items_path is not None and fields.items_path != "$":
        raise Fault(f'Reference path "{fields.items_path}" must point to array.')
    raise Fault(f"Map state input must be an array but was: {compact(items)}", query=node.jsonata)


def select(node: MapNode, view: View, effective: Json, item: Mapping[str, Json], value: Json) -> Json:
    """The input of an iteration: ItemSelector with `Map.Item` in the context object, or the item itself."""
    if node.fields.selector is None:
        return value
    view.item = item
    try:
        return node.fields.selector(view, effective)
    finally:
        view.item = None
