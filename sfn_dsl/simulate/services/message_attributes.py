"""Attributes of SQS and SNS messages: their size, their MD5 as SQS computes it, and how plain values become message texts."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Mapping

from sfn_dsl.asl.model import Json

__all__ = ["attributes_digest", "attributes_size", "message_text"]


def message_text(value: Json) -> str:
    """A message as text; Step Functions sends what is not text as JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _content(attribute: Mapping[str, Json]) -> bytes:
    if attribute.get("BinaryValue") is not None:
        return base64.b64decode(attribute["BinaryValue"])
    return message_text(attribute.get("StringValue", "")).encode()


def attributes_size(attributes: Mapping[str, Mapping[str, Json]]) -> int:
    """Bytes of names, types and values."""
    return sum(
        len(name.encode()) + len(str(attribute.get("DataType", "")).encode()) + len(_content(attribute))
        for name, attribute in attributes.items()
    )


def attributes_digest(attributes: Mapping[str, Mapping[str, Json]]) -> str:
    """MD5OfMessageAttributes: of names in order, each with its type and value, all with their lengths."""
    digest = hashlib.md5(usedforsecurity=False)
    for name, attribute in sorted(attributes.items()):
        for part in (name.encode(), str(attribute.get("DataType", "")).encode()):
            digest.update(struct.pack(">I", len(part)) + part)
        content = _content(attribute)
        kind = b"\x02" if attribute.get("BinaryValue") is not None else b"\x01"
        digest.update(kind + struct.pack(">I", len(content)) + content)
    return digest.hexdigest()
