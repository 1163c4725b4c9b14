"""Items in batches: `ItemBatcher`.

Source: Developer Guide, page `input-output-itembatcher`; the form of a batch was recorded from AWS.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.history import compact

__all__ = ["MAX_BATCH_BYTES", "batch"]

MAX_BATCH_BYTES: Final = 262_144
"""The largest input of a child in bytes; a batch stays within it whatever its own limits are."""


def batch(items: Sequence[Json], *, max_items: int | None, max_bytes: int | None, batch_input: Json | None) -> list[Json]:
    """The inputs of the children: `{"BatchInput": ..., "Items": [...]}`, the first member only when there is a `batch_input`.

    A batch is full when one item more would make it more than `max_items` items, `max_bytes` bytes (of its whole compact
    JSON in UTF-8) or 256 KiB. None or 0 is no limit. An item that exceeds the bytes by itself is a batch of its own.
    """
    frame: dict[str, Json] = {} if batch_input is None else {"BatchInput": batch_input}
    empty = _size({**frame, "Items": []})
    most_items = max_items or len(items)
    most_bytes = min(max_bytes or MAX_BATCH_BYTES, MAX_BATCH_BYTES)
    batches: list[Json] = []
    current: list[Json] = []
    filled = empty
    for item in items:
        size = _size(item)
        if current and (len(current) == most_items or filled + 1 + size > most_bytes):
            batches.append({**frame, "Items": current})
            current, filled = [], empty
        filled += size + (1 if current else 0)
        current.append(item)
    if current:
        batches.append({**frame, "Items": current})
    return batches


def _size(value: Json) -> int:
    text = compact(value)
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
