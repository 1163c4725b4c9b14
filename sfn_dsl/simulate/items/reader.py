"""Reading the data set of a distributed Map: one object, the objects of a manifest, a listing, or what the listed objects hold.

Source: Developer Guide, pages `input-output-itemreader` and `input-output-contextobject`. `Source` of an item begins with
`s3://` as recorded from AWS (the guide writes `S3://`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.failure import Failure
from sfn_dsl.simulate.items.delimited import ITEM_READER_FAILED
from sfn_dsl.simulate.items.formats import Item, ReaderRequest, decompressed, items_of_value, parse
from sfn_dsl.simulate.items.manifests import athena_objects, inventory
from sfn_dsl.simulate.items.store import MissingBucket, ObjectInfo, ObjectStore

__all__ = [
    "ITEM_READER_FAILED",
    "STATE_DATA",
    "Item",
    "ReaderRequest",
    "items_of_text",
    "items_of_value",
    "read_items",
]

STATE_DATA: Final = "STATE_DATA"
"""`Source` of an item that was in the input of the state."""


def read_items(request: ReaderRequest, store: ObjectStore) -> list[Item]:
    """The items of a data set in order, at most `max_items`. Raises Failure (States.ItemReaderFailed) if it cannot be read."""
    limit = _limit(request)
    if _is_metadata(request):
        bucket = _argument(request, "Bucket")
        source = f"s3://{bucket}"
        return [Item(_metadata(found), source) for found in _listing(request, bucket, store)][:limit]
    items: list[Item] = []
    for bucket, key, form in _objects(request, store):
        data = _content(store, bucket, key)
        if form.input_type != "PARQUET":
            data = decompressed(data, key)
        items += parse(data, form, f"s3://{bucket}/{key}", None if limit is None else limit - len(items))
        if limit is not None and len(items) >= limit:
            break
    return items


def items_of_text(data: bytes | str, request: ReaderRequest, source: str = STATE_DATA) -> list[Item]:
    """The items of content that is at hand, such as `mapItemReaderData` of TestState. Raises Failure as `read_items` does.

    For a listing without transformation and for an inventory it is the JSON array of the items.
    """
    if _is_metadata(request) or _is_inventory(request):
        request = replace(request, input_type="JSON", items_pointer=None)
    return parse(data, request, source, _limit(request))


def _limit(request: ReaderRequest) -> int | None:
    if request.max_items is not None and request.max_items < 0:
        raise Failure(ITEM_READER_FAILED, "field MaxItems must be positive")
    return request.max_items or None


def _is_metadata(request: ReaderRequest) -> bool:
    return request.action == "listObjectsV2" and request.transformation != "LOAD_AND_FLATTEN"


def _is_inventory(request: ReaderRequest) -> bool:
    return request.manifest_type == "S3_INVENTORY" or (request.manifest_type is None and request.input_type == "MANIFEST")


def _objects(request: ReaderRequest, store: ObjectStore) -> Iterator[tuple[str, str, ReaderRequest]]:
    """The objects that hold the items: bucket, key, and how to read them."""
    bucket = _argument(request, "Bucket")
    if request.action == "listObjectsV2":
        for found in _listing(request, bucket, store):
            # A key that ends in a slash and has no content is what the console calls a folder.
            if found.size or not found.key.endswith("/"):
                yield bucket, found.key, request
        return
    key = _argument(request, "Key")
    if _is_inventory(request):
        report = inventory(_content(store, bucket, key), f"s3://{bucket}/{key}", bucket)
        form = replace(request, input_type="CSV", csv_header_location="GIVEN", csv_headers=report.columns)
        for name in report.keys:
            yield report.bucket, name, form
    elif request.manifest_type == "ATHENA_DATA":
        for place, name in athena_objects(_content(store, bucket, key), f"s3://{bucket}/{key}"):
            yield place, name, request
    elif request.input_type == "PARQUET" and "VersionId" in request.arguments:
        raise Failure(ITEM_READER_FAILED, "VersionId is not supported for InputType PARQUET")
    else:
        yield bucket, key, request


def _listing(request: ReaderRequest, bucket: str, store: ObjectStore) -> Iterator[ObjectInfo]:
    """What ListObjectsV2 lists, over all pages: `MaxKeys` is the size of a page and changes nothing."""
    prefix = _argument(request, "Prefix", "")
    after = _argument(request, "StartAfter", "")
    delimiter = _argument(request, "Delimiter", "")
    try:
        for found in store.list(bucket, prefix):
            if found.key > after and not (delimiter and delimiter in found.key[len(prefix) :]):
                yield found
    except MissingBucket:
        raise Failure(ITEM_READER_FAILED, _no_bucket(bucket)) from None


def _metadata(found: ObjectInfo) -> dict[str, Json]:
    modified = int(found.modified) if found.modified == int(found.modified) else found.modified
    return {
        "Etag": found.etag,
        "Key": found.key,
        "LastModified": modified,
        "Size": found.size,
        "StorageClass": found.storage_class,
    }


def _content(store: ObjectStore, bucket: str, key: str) -> bytes:
    try:
        return store.get(bucket, key)
    except MissingBucket:
        raise Failure(ITEM_READER_FAILED, _no_bucket(bucket)) from None
    except KeyError:
        cause = f"The specified key does not exist. (Service: S3, Status Code: 404, Bucket: {bucket}, Key: {key})"
        raise Failure(ITEM_READER_FAILED, cause) from None


def _no_bucket(bucket: str) -> str:
    return f"The specified bucket does not exist (Service: S3, Status Code: 404, Bucket: {bucket})"


def _argument(request: ReaderRequest, name: str, absent: str | None = None) -> str:
    value = request.arguments.get(name, absent)
    if not isinstance(value, str):
        problem = "is missing" if value is None else "is not a string"
        raise Failure(ITEM_READER_FAILED, f"The argument {name} of the ItemReader {problem}")
    return value
