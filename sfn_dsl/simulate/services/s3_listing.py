"""S3's ListObjectsV2 and ListObjects: prefixes, common prefixes, pages."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.services.s3_objects import Bucket, iso
from sfn_dsl.simulate.services.service_error import ServiceError

__all__ = ["list_objects", "list_objects_v2"]


def _page(bucket: Bucket, arguments: Mapping[str, Json], after: str) -> tuple[dict[str, Json], str | None]:
    """Contents and CommonPrefixes behind `after`, and the last name when there is more."""
    prefix, delimiter = arguments.get("Prefix") or "", arguments.get("Delimiter") or ""
    most = min(int(arguments.get("MaxKeys", 1000)), 1000)
    contents: list[Json] = []
    prefixes: list[str] = []
    last: str | None = None
    more = False
    for key in bucket.keys(prefix):
        cut = key.find(delimiter, len(prefix)) if delimiter else -1
        name = key if cut < 0 else key[: cut + len(delimiter)]
        if name.encode() <= after.encode() or (prefixes and name == prefixes[-1]):
            continue
        if len(contents) + len(prefixes) >= most:
            more = most > 0
            break
        last = name
        if cut >= 0:
            prefixes.append(name)
            continue
        found = bucket.versions[key][-1]
        contents.append(
            {
                "ETag": found.etag,
                "Key": key,
                "LastModified": iso(found.modified),
                "Size": len(found.data),
                "StorageClass": found.storage_class,
            }
        )
    result: dict[str, Json] = {
        "Contents": contents,
        "CommonPrefixes": [{"Prefix": name} for name in prefixes],
        "IsTruncated": more,
        "MaxKeys": most,
        "Name": bucket.name,
        "Prefix": prefix,
    }
    if delimiter:
        result["Delimiter"] = delimiter
    return result, last if more else None


def list_objects_v2(bucket: Bucket, arguments: Mapping[str, Json]) -> Json:
    """A page of ListObjectsV2. Raises ServiceError for a token that is not one."""
    token, start = arguments.get("ContinuationToken"), arguments.get("StartAfter") or ""
    after = start
    if token is not None:
        try:
            after = base64.b64decode(str(token), validate=True).decode()
        except ValueError as error:
            raise ServiceError("InvalidArgument", "The continuation token provided is incorrect") from error
    result, last = _page(bucket, arguments, after)
    result["KeyCount"] = len(result["Contents"]) + len(result["CommonPrefixes"])
    if token is not None:
        result["ContinuationToken"] = token
    if start:
        result["StartAfter"] = start
    if last is not None:
        result["NextContinuationToken"] = base64.b64encode(last.encode()).decode()
    return result


def list_objects(bucket: Bucket, arguments: Mapping[str, Json]) -> Json:
    """A page of ListObjects; NextMarker is given with a delimiter only."""
    marker = arguments.get("Marker") or ""
    result, last = _page(bucket, arguments, marker)
    result["Marker"] = marker
    if last is not None and arguments.get("Delimiter"):
        result["NextMarker"] = last
    return result
