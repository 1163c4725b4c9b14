"""The world's S3 as a distributed Map sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sfn_dsl.simulate.items.store import MissingBucket, ObjectInfo
from sfn_dsl.simulate.services.s3 import S3

__all__ = ["S3Store"]


class S3Store:
    """Objects of a service in memory. `now`: the time of what is written, seconds since 1970."""

    def __init__(self, service: S3, now: Callable[[], float]) -> None:
        self._service = service
        self._now = now

    def get(self, bucket: str, key: str) -> bytes:
        """The content of an object. Raises KeyError when there is none, MissingBucket when there is no bucket."""
        self._there(bucket)
        found = self._service.buckets[bucket].current(key)
        if found is None:
            raise KeyError(key)
        return found.data

    def list(self, bucket: str, prefix: str) -> Iterator[ObjectInfo]:
        """The objects whose keys begin with a prefix. Raises MissingBucket."""
        self._there(bucket)
        for found in self._service.objects(bucket, prefix):
            yield ObjectInfo(found.key, len(found.data), found.etag, found.modified, found.storage_class)

    def put(self, bucket: str, key: str, data: bytes) -> None:
        """Write an object. Raises MissingBucket."""
        self._there(bucket)
        self._service.put(bucket, key, data, self._now())

    def _there(self, bucket: str) -> None:
        if bucket not in self._service.buckets:
            raise MissingBucket(bucket)
