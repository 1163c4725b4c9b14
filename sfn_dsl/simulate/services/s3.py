"""S3 in memory: buckets with global names, objects and their versions, conditional writes, listings.

Calls are those of Step Functions: a Body is any JSON value and is stored as its JSON text (recorded: the text `a` is stored
as `"a"`), and a Body that is read comes back as text. `put` and `objects` are for the bytes themselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar
from urllib.parse import unquote

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.services.s3_listing import list_objects, list_objects_v2
from sfn_dsl.simulate.services.s3_objects import Bucket, StoredObject, iso
from sfn_dsl.simulate.services.service_error import ServiceError

__all__ = ["S3", "Bucket", "StoredObject"]

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class S3:
    """The buckets of a world: their names are global, so one object serves all Regions. `uuid` makes version ids."""

    operations: ClassVar[frozenset[str]] = frozenset(
        {
            "CopyObject",
            "DeleteObject",
            "DeleteObjects",
            "GetObject",
            "HeadBucket",
            "HeadObject",
            "ListObjects",
            "ListObjectsV2",
            "PutObject",
        }
    )

    def __init__(self, *, uuid: Callable[[], str]) -> None:
        self.buckets: dict[str, Bucket] = {}
        self._uuid = uuid

    def create_bucket(self, name: str, *, region: str, versioning: bool = False) -> Bucket:
        """A new bucket. Raises ValueError for a name that is taken."""
        if name in self.buckets:
            raise ValueError(f"there is already a bucket {name}")
        self.buckets[name] = Bucket(name, region, versioning)
        return self.buckets[name]

    def put(
        self,
        bucket: str,
        key: str,
        data: bytes,
        modified: float,
        *,
        content_type: str = "binary/octet-stream",
        metadata: Mapping[str, str] | None = None,
        storage_class: str = "STANDARD",
    ) -> StoredObject:
        """Store bytes under a key. Raises ServiceError for an unknown bucket."""
        found = self._bucket(bucket)
        version = self._uuid() if found.versioning else "null"
        stored = StoredObject(bucket, key, data, modified, version, content_type, metadata or {}, storage_class)
        self._store(found, stored)
        return stored

    def objects(self, bucket: str, prefix: str = "") -> Iterator[StoredObject]:
        """The objects whose keys begin with a prefix, in the order of keys. Raises ServiceError for an unknown bucket."""
        found = self._bucket(bucket)
        for key in found.keys(prefix):
            yield found.versions[key][-1]

    def get(self, bucket: str, key: str, version: str | None = None) -> StoredObject:
        """An object, or one version of it. Raises ServiceError."""
        found = self._bucket(bucket)
        if version is None:
            stored = found.current(key)
            if stored is None:
                raise ServiceError("NoSuchKey", "The specified key does not exist.", status=404)
            return stored
        stored = next((member for member in found.versions.get(key, ()) if member.version == version), None)
        if stored is None:
            raise ServiceError("NoSuchVersion", "The specified version does not exist.", status=404)
        if stored.deleted:
            raise ServiceError("MethodNotAllowed", "The specified method is not allowed against this resource.", status=405)
        return stored

    def call(self, operation: str, arguments: Mapping[str, Json], now: float) -> Json:
        """Answer an API call at `now` (epoch seconds). Raises ServiceError."""
        if operation not in self.operations:
            raise ServiceError("NotSimulated", f"The operation {operation} of S3 is not simulated")
        bucket = self._bucket(str(_required(arguments, "Bucket")))
        match operation:
            case "GetObject":
                return self._get(arguments)
            case "HeadObject":
                return self._head(arguments)
            case "PutObject":
                return self._put(bucket, arguments, now)
            case "CopyObject":
                return self._copy(bucket, arguments, now)
            case "DeleteObject":
                return self._delete(bucket, str(_required(arguments, "Key")), arguments.get("VersionId"), now)
            case "DeleteObjects":
                return self._delete_many(bucket, arguments, now)
            case "ListObjectsV2":
                return list_objects_v2(bucket, arguments)
            case "ListObjects":
                return list_objects(bucket, arguments)
        return {"BucketRegion": bucket.region, "AccessPointAlias": False}

    def _bucket(self, name: str) -> Bucket:
        if name not in self.buckets:
            raise ServiceError("NoSuchBucket", "The specified bucket does not exist", status=404)
        return self.buckets[name]

    def _store(self, bucket: Bucket, stored: StoredObject) -> None:
        versions = bucket.versions.setdefault(stored.key, [])
        if stored.version == "null":
            versions[:] = [member for member in versions if member.version != "null"]
        versions.append(stored)

    def _get(self, arguments: Mapping[str, Json]) -> Json:
        stored = self.get(str(arguments["Bucket"]), str(_required(arguments, "Key")), arguments.get("VersionId"))
        _check_read(stored, arguments)
        data = stored.data
        extra: dict[str, Json] = {}
        if arguments.get("Range") is not None:
            data, extra = _part(stored.data, str(arguments["Range"]))
        return {**_described(stored, len(data)), **extra, "Body": data.decode(errors="replace")}

    def _head(self, arguments: Mapping[str, Json]) -> Json:
        try:
            stored = self.get(str(arguments["Bucket"]), str(_required(arguments, "Key")), arguments.get("VersionId"))
        except ServiceError as error:
            if error.code != "NoSuchKey":
                raise
            # The answer to HEAD has no body, hence no message.
            raise ServiceError("NoSuchKey", "null", status=404) from error
        _check_read(stored, arguments)
        return _described(stored, len(stored.data))

    def _put(self, bucket: Bucket, arguments: Mapping[str, Json], now: float) -> Json:
        key = str(_required(arguments, "Key"))
        _check_write(bucket.current(key), arguments)
        stored = self.put(
            bucket.name,
            key,
            _body(arguments.get("Body")),
            now,
            content_type=arguments.get("ContentType") or "binary/octet-stream",
            metadata={str(name).lower(): str(value) for name, value in (arguments.get("Metadata") or {}).items()},
            storage_class=arguments.get("StorageClass") or "STANDARD",
        )
        return {
            "ChecksumCRC32": stored.crc32,
            "ChecksumType": "FULL_OBJECT",
            "ETag": stored.etag,
            "ServerSideEncryption": "AES256",
            **_version(stored),
        }

    def _copy(self, bucket: Bucket, arguments: Mapping[str, Json], now: float) -> Json:
        source, _, version = unquote(str(_required(arguments, "CopySource"))).removeprefix("/").partition("?versionId=")
        name, _, key = source.partition("/")
        origin = self.get(name, key, version or None)
        if_match, if_none = arguments.get("CopySourceIfMatch"), arguments.get("CopySourceIfNoneMatch")
        if (if_match is not None and not _same(if_match, origin)) or (if_none is not None and _same(if_none, origin)):
            raise _precondition()
        target = str(_required(arguments, "Key"))
        _check_write(bucket.current(target), arguments)
        replaced = arguments.get("MetadataDirective") == "REPLACE"
        if (name, key) == (bucket.name, target) and not replaced and not version and not arguments.get("StorageClass"):
            raise ServiceError(
                "InvalidRequest",
                "This copy request is illegal because it is trying to copy an object to itself without changing the object's "
                "metadata, storage class, website redirect location or encryption attributes.",
            )
        stored = self.put(
            bucket.name,
            target,
            origin.data,
            now,
            content_type=(arguments.get("ContentType") or "binary/octet-stream") if replaced else origin.content_type,
            metadata=(arguments.get("Metadata") or {}) if replaced else origin.metadata,
            storage_class=arguments.get("StorageClass") or "STANDARD",
        )
        answer: dict[str, Json] = {
            "CopyObjectResult": {"ETag": stored.etag, "LastModified": iso(stored.modified)},
            "ServerSideEncryption": "AES256",
            **_version(stored),
        }
        return answer | ({"CopySourceVersionId": origin.version} if origin.version != "null" else {})

    def _delete(self, bucket: Bucket, key: str, version: Json, now: float) -> dict[str, Json]:
        """Deleting what is not there is no error. Where versions are kept, a delete marker is put on top."""
        versions = bucket.versions.get(key, [])
        if version is not None:
            gone = [member for member in versions if member.version == version]
            versions[:] = [member for member in versions if member.version != version]
            return {"VersionId": version, **({"DeleteMarker": True} if gone and gone[0].deleted else {})}
        if not bucket.versioning:
            bucket.versions.pop(key, None)
            return {}
        marker = StoredObject(bucket.name, key, b"", now, self._uuid(), deleted=True)
        self._store(bucket, marker)
        return {"DeleteMarker": True, "VersionId": marker.version}

    def _delete_many(self, bucket: Bucket, arguments: Mapping[str, Json], now: float) -> Json:
        deletion = _required(arguments, "Delete")
        deleted: list[Json] = []
        for entry in deletion.get("Objects") or ():
            answer = self._delete(bucket, str(entry["Key"]), entry.get("VersionId"), now)
            renamed: dict[str, Json] = {"Key": entry["Key"]}
            if entry.get("VersionId") is not None:
                renamed["VersionId"] = entry["VersionId"]
            if answer.get("DeleteMarker"):
                renamed |= {"DeleteMarker": True, "DeleteMarkerVersionId": answer["VersionId"]}
            deleted.append(renamed)
        return {} if deletion.get("Quiet") else {"Deleted": deleted}


def _required(arguments: Mapping[str, Json], name: str) -> Json:
    if arguments.get(name) in (None, ""):
        raise ServiceError("InvalidRequest", f"The request must contain the parameter {name}")
    return arguments[name]


def _body(value: Json) -> bytes:
    return b"" if value is None else json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _version(stored: StoredObject) -> dict[str, Json]:
    return {} if stored.version == "null" else {"VersionId": stored.version}


def _described(stored: StoredObject, length: int) -> dict[str, Json]:
    answer: dict[str, Json] = {
        "AcceptRanges": "bytes",
        "ContentLength": length,
        "ContentType": stored.content_type,
        "ETag": stored.etag,
        "LastModified": iso(stored.modified),
        "Metadata": dict(stored.metadata),
        "ServerSideEncryption": "AES256",
        **_version(stored),
    }
    return answer if stored.storage_class == "STANDARD" else {**answer, "StorageClass": stored.storage_class}


def _precondition() -> ServiceError:
    return ServiceError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", status=412)


def _same(tag: Json, stored: StoredObject) -> bool:
    return str(tag) == "*" or str(tag).strip('"') == stored.etag.strip('"')


def _check_read(stored: StoredObject, arguments: Mapping[str, Json]) -> None:
    if arguments.get("IfMatch") is not None and not _same(arguments["IfMatch"], stored):
        raise _precondition()
    if arguments.get("IfNoneMatch") is not None and _same(arguments["IfNoneMatch"], stored):
        raise ServiceError("NotModified", "Not Modified", status=304)


def _check_write(present: StoredObject | None, arguments: Mapping[str, Json]) -> None:
    """IfNoneMatch takes `*` only: nothing may be there. IfMatch: this object must be there."""
    if arguments.get("IfNoneMatch") is not None:
        if arguments["IfNoneMatch"] != "*":
            raise ServiceError("NotImplemented", "A header you provided implies functionality that is not implemented", status=501)
        if present is not None:
            raise _precondition()
    if arguments.get("IfMatch") is not None:
        if present is None:
            raise ServiceError("NoSuchKey", "The specified key does not exist.", status=404)
        if not _same(arguments["IfMatch"], present):
            raise _precondition()


def _part(data: bytes, range_: str) -> tuple[bytes, dict[str, Json]]:
    """The bytes of a range; a range that cannot be read is ignored, as HTTP has it. Raises ServiceError beyond the end."""
    found = _RANGE.fullmatch(range_)
    if found is None or not (found[1] or found[2]):
        return data, {}
    first = int(found[1]) if found[1] else max(len(data) - int(found[2]), 0)
    last = min(int(found[2]), len(data) - 1) if found[1] and found[2] else len(data) - 1
    if first > last:
        raise ServiceError("InvalidRange", "The requested range is not satisfiable", status=416)
    return data[first : last + 1], {"ContentRange": f"bytes {first}-{last}/{len(data)}"}
