"""Manifests: files that name the objects in which the items are.

Source: Developer Guide, page `input-output-itemreader`; S3 User Guide, page `storage-inventory-location`; Athena User Guide,
page `unload`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sfn_dsl.simulate.failure import Failure
from sfn_dsl.simulate.items.delimited import ITEM_READER_FAILED, csv_records

__all__ = ["Inventory", "athena_objects", "inventory"]


@dataclass(frozen=True, slots=True)
class Inventory:
    """An S3 inventory: the bucket and keys of its reports, which are CSV without a header row, and their columns."""

    bucket: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]


def inventory(data: bytes, source: str, bucket: str) -> Inventory:
    """Read the `manifest.json` of an inventory, found in `bucket`. Raises Failure when it is none or not of CSV files."""
    try:
        value = json.loads(data)
        if value["fileFormat"] != "CSV":
            raise Failure(ITEM_READER_FAILED, f"The inventory of {source} is in the format {value['fileFormat']}, not CSV")
        destination = str(value.get("destinationBucket") or bucket).rpartition(":")[2]
        keys = tuple(str(file["key"]) for file in value["files"])
        return Inventory(destination, keys, tuple(column.strip() for column in value["fileSchema"].split(",")))
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Failure(ITEM_READER_FAILED, f"{source} is not the manifest of an S3 inventory") from None


def athena_objects(data: bytes, source: str) -> list[tuple[str, str]]:
    """Bucket and key of every object that an UNLOAD manifest names, one URI a line. Raises Failure for any other line."""
    found = []
    for record in csv_records(data.decode("utf-8", "replace").replace("\r\n", "\n"), "COMMA"):
        uri = record[0].strip()
        if not uri:
            continue
        scheme, separator, path = uri.partition("://")
        bucket, _, key = path.partition("/")
        if scheme.lower() != "s3" or not separator or not bucket or not key:
            raise Failure(ITEM_READER_FAILED, f"{source} is not an Athena manifest: it names '{uri}'")
        found.append((bucket, key))
    return found
