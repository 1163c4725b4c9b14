"""What S3 keeps: buckets, objects, versions."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

__all__ = ["Bucket", "StoredObject", "iso"]


def iso(time: float) -> str:
    """Epoch seconds as ISO 8601, to the second, as S3 keeps times."""
    return datetime.fromtimestamp(int(time), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One version of an object; `modified` is epoch seconds. `deleted` marks a delete marker."""

    bucket: str
    key: str
    data: bytes
    modified: float
    version: str = "null"
    content_type: str = "binary/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict)
    storage_class: str = "STANDARD"
    deleted: bool = False

    @property
    def etag(self) -> str:
        """The MD5 of the data in double quotes."""
        return f'"{hashlib.md5(self.data, usedforsecurity=False).hexdigest()}"'

    @property
    def crc32(self) -> str:
        """ChecksumCRC32: four bytes in Base64."""
        return base64.b64encode(zlib.crc32(self.data).to_bytes(4)).decode()


@dataclass(slots=True)
class Bucket:
    """A bucket: the versions of each key, oldest first (one where versioning is off)."""

    name: str
    region: str
    versioning: bool = False
    versions: dict[str, list[StoredObject]] = field(default_factory=dict)

    def current(self, key: str) -> StoredObject | None:
        """The object that a key names now."""
        versions = self.versions.get(key)
        return None if not versions or versions[-1].deleted else versions[-1]

    def keys(self, prefix: str = "") -> list[str]:
        """The keys that name objects, in the order of their UTF-8 bytes."""
        found = [key for key in self.versions if key.startswith(prefix) and self.current(key) is not None]
        return sorted(found, key=str.encode)
