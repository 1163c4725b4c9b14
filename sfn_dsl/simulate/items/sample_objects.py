"""The objects in S3 that a sample run reads, whatever the bucket is called in its Region."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sfn_dsl.simulate.items.store import MemoryStore, ObjectInfo

__all__ = ["SampleObjects"]


class SampleObjects:
    """An S3 of samples. `objects`: by glob of the key a text, or the items of a file of JSON lines. What is written is kept."""

    __slots__ = ("_objects", "_written")

    def __init__(self, objects: Mapping[str, Any]) -> None:
        self._objects = {key: _content(value) for key, value in objects.items()}
        self._written = MemoryStore()

    def get(self, bucket: str, key: str) -> bytes:
        """The object as it was written, else the first sample whose glob fits. Raises KeyError."""
        try:
            return self._written.get(bucket, key)
        except KeyError:
            for pattern, data in self._objects.items():
                if fnmatch.fnmatchcase(key, pattern):
                    return data
            raise

    def list(self, bucket: str, prefix: str) -> Iterable[ObjectInfo]:
        """What was written, and samples whose keys are no globs."""
        samples = {(bucket, key): data for key, data in self._objects.items() if not any(sign in key for sign in "*?[")}
        found = {one.key: one for store in (MemoryStore(samples), self._written) for one in store.list(bucket, prefix)}
        return [found[key] for key in sorted(found)]

    def put(self, bucket: str, key: str, data: bytes) -> None:
        """Write an object."""
        self._written.put(bucket, key, data)


def _content(value: str | Sequence[Any]) -> bytes:
    return (value if isinstance(value, str) else "\n".join(json.dumps(item) for item in value)).encode()
