"""Maps as states: items, readers, batches, writers, and what is handed to the iterations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sfn_dsl.asl.fields import Kind, asl_fields
from sfn_dsl.asl.model import ItemBatcher, ItemReader, Json, ProcessorConfig, ResultWriter
from sfn_dsl.compile.graph import Node
from sfn_dsl.compile.handed import ScopeInput
from sfn_dsl.compile.jsonata import Jsonata
from sfn_dsl.compile.jsonpath import JsonPath
from sfn_dsl.compile.slots import Slot
from sfn_dsl.draft import Each
from sfn_dsl.expression import MISSING, Expression, Template

if TYPE_CHECKING:
    from sfn_dsl.compile.assemble import Assembler

__all__ = ["map_fields"]

_PARTS: Mapping[str, type] = {"ItemReader": ItemReader, "ItemBatcher": ItemBatcher, "ResultWriter": ResultWriter}


def map_fields(assembler: Assembler, node: Node, each: Each) -> dict[str, Any]:
    """The fields of the Map that a node becomes, its processor included."""
    write = assembler.writer(node)
    found: dict[str, Any] = {}
    if each.items is not MISSING:
        if isinstance(write, JsonPath):
            found["items_path"] = write.reference_path(each.items, context=True)
        elif isinstance(each.items, Expression):
            found["items"] = write.wrapped(each.items)
        else:
            found["items"] = write.template(each.items)
    fields = dict(each.distributed or {})
    scope = node.inner[0] if node.inner else None
    if scope is None:
        return found
    config = ProcessorConfig(mode="INLINE")
    if each.distributed is not None:
        config = ProcessorConfig(mode="DISTRIBUTED", execution_type=fields.pop("ExecutionType"))
    given = assembler.resolver.scope_input(scope)
    _selector(assembler, node, given, found)
    for name, value in fields.items():
        found.update(_field(assembler, node, write, name, value, given))
    if each.max_concurrency is not MISSING:
        found.update(assembler.figure(node, "max_concurrency", each.max_concurrency))
    found["item_processor"] = assembler.machine(scope, config)
    return found


def _selector(assembler: Assembler, node: Node, given: ScopeInput, found: dict[str, Any]) -> None:
    """`ItemSelector`: the item and the outer values, where an iteration needs more than the item itself."""
    if given.plain:
        return
    root = "$$.Map.Item." if assembler.jsonpath else "$states.context.Map.Item."
    selector: dict[str, Template] = {}
    for part in given.parts:
        text = root + {"value": "Value", "index": "Index", "key": "Key"}[part]
        key = "item" if part == "value" else part
        selector[f"{key}.$" if assembler.jsonpath else key] = text if assembler.jsonpath else "{% " + text + " %}"
    selector.update(_passed(assembler, node, given))
    found["item_selector"] = selector


def _passed(assembler: Assembler, node: Node, given: ScopeInput) -> dict[str, Template]:
    """The outer values that an iteration needs, as the map itself reads them."""
    write = assembler.writer(node)
    found: dict[str, Template] = {}
    for passed in given.passed.values():
        source = passed.source(assembler.jsonpath)
        slot = assembler.resolver.slot(node, source, tolerant=passed.tolerant)
        if isinstance(write, JsonPath):
            key, value = write.member(passed.name, source)
            found[key] = value
        elif passed.tolerant and isinstance(slot, Slot):
            found[passed.name] = write.record({"value": slot}, tolerant=True)
        else:
            found[passed.name] = write.template(source)
    return found


def _field(
    assembler: Assembler, node: Node, write: Jsonata | JsonPath, name: str, value: Template, given: ScopeInput
) -> dict[str, Any]:
    """A field of a distributed Map: a part with payloads inside, or a figure."""
    attribute = {"ItemReader": "item_reader", "ItemBatcher": "item_batcher", "ResultWriter": "result_writer"}.get(name)
    if attribute is None:
        snake = {
            "ToleratedFailureCount": "tolerated_failure_count",
            "ToleratedFailurePercentage": "tolerated_failure_percentage",
        }
        return assembler.figure(node, snake[name], value) if name in snake else {"label": value}
    written: dict[str, Template] = {}
    for key, member in value.items():
        if isinstance(member, Expression) and isinstance(write, JsonPath):
            written.update(_figure_path(assembler, node, key, member))
        elif key == "Arguments" and assembler.jsonpath:
            written["Parameters"] = write.template(member)
        elif key == "ReaderConfig" and isinstance(write, JsonPath):
            config: dict[str, Template] = {}
            for inner, entry in member.items():
                config.update(_figure_path(assembler, node, inner, entry) if isinstance(entry, Expression) else {inner: entry})
            written[key] = config
        else:
            written[key] = write.template(member)
    if name == "ItemBatcher" and given.passed:
        written["BatchInput"] = _passed(assembler, node, given)
    return {attribute: _part(_PARTS[name], written)}


def _figure_path(assembler: Assembler, node: Node, name: str, value: Template) -> dict[str, Template]:
    """A figure of a part of a Map, in JSONPath: the field that takes a path."""
    write = assembler.writer(node, figure=True)
    assert isinstance(write, JsonPath)
    return {f"{name}Path": write.reference_path(value)}


def _part(cls: type, value: Mapping[str, Json]) -> Any:
    """A part of the model from its JSON, all of whose fields are known."""
    found: dict[str, Any] = {}
    for entry in asl_fields(cls):
        if entry.name in value:
            inner = value[entry.name]
            if entry.kind is Kind.PART and entry.part is not None:
                inner = _part(entry.part, inner)
            elif entry.kind is Kind.TEXTS:
                inner = tuple(inner)
            found[entry.attribute] = inner
    return cls(**found)
