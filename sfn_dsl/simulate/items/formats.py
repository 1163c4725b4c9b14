"""The formats of a data set: JSON, JSON Lines, delimited text and Parquet, alone or compressed.

Source: Developer Guide, page `input-output-itemreader`. The cause for a value that has no items was recorded from AWS; causes
that were never recorded are in our own words.
"""

from __future__ import annotations

import base64
import gzip
import importlib
import io
import json
import math
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from types import ModuleType
from typing import Final

from sfn_dsl.asl.model import Json
from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.simulate.failure import Failure
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.items.delimited import ITEM_READER_FAILED, csv_rows

__all__ = ["ITEM_READER_FAILED", "Item", "ReaderRequest", "decompressed", "items_of_value", "parse"]

NOT_ITERABLE: Final = "Attempting to map over non-iterable node."
MAX_ITEM_BYTES: Final = 8 * 1024 * 1024
MAX_FOOTER_BYTES: Final = 5 * 1024 * 1024
MAX_ROW_GROUP_BYTES: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderRequest:
    """An `ItemReader` with every expression evaluated; names as in `ReaderConfig`.

    `action` is `getObject` or `listObjectsV2`, `arguments` its `Parameters` or `Arguments`. `max_items` None or 0: no limit.
    """

    action: str
    arguments: Mapping[str, Json]
    input_type: str | None = None
    manifest_type: str | None = None
    transformation: str | None = None
    csv_header_location: str | None = None
    csv_headers: tuple[str, ...] | None = None
    csv_delimiter: str | None = None
    items_pointer: str | None = None
    max_items: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One item: `$$.Map.Item.Value`, `.Source` and, for a member of a JSON object, `.Key`."""

    value: Json
    source: str
    key: str | None = None

    @property
    def input(self) -> Json:
        """What a child gets when there is no `ItemSelector`."""
        return self.value if self.key is None else {"Key": self.key, "Value": self.value}


def items_of_value(value: Json, source: str, limit: int | None = None) -> list[Item]:
    """The elements of an array or the members of an object. Raises Failure for any other value."""
    if isinstance(value, list):
        return [Item(element, source) for element in value[:limit]]
    if isinstance(value, dict):
        return [Item(member, source, key) for key, member in islice(value.items(), limit)]
    raise Failure(ITEM_READER_FAILED, NOT_ITERABLE)


def parse(data: bytes | str, request: ReaderRequest, source: str, limit: int | None = None) -> list[Item]:
    """The items of the content of one object, at most `limit`. Raises Failure for content that is not of its `InputType`."""
    kind = request.input_type or "JSON"
    reader = _READERS.get(kind)
    if reader is None:
        raise Failure(ITEM_READER_FAILED, f"InputType {kind} is not one of {', '.join(_READERS)}")
    items = reader(data, request, source, limit)
    if len(data) > MAX_ITEM_BYTES:
        for index, item in enumerate(items):
            if len(compact(item.value).encode()) > MAX_ITEM_BYTES:
                raise Failure(ITEM_READER_FAILED, f"Item {index} of {source} is larger than 8 MB")
    return items


# JSON


def _json(data: bytes | str, request: ReaderRequest, source: str, limit: int | None) -> list[Item]:
    value = _decoded(data.removeprefix("\ufeff") if isinstance(data, str) else data, source)
    if request.items_pointer:
        value = _at(value, request.items_pointer)
    # A file maps over an array only; the members of an object are items where it is in the input of the state.
    if not isinstance(value, list):
        raise Failure(ITEM_READER_FAILED, NOT_ITERABLE)
    return items_of_value(value, source, limit)


def _json_lines(data: bytes | str, request: ReaderRequest, source: str, limit: int | None) -> list[Item]:
    lines = (line for line in _text(data).split("\n") if line and not line.isspace())
    return [Item(_decoded(line, source), source) for line in islice(lines, limit)]


def _decoded(text: bytes | str, source: str) -> Json:
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise Failure(ITEM_READER_FAILED, f"The JSON of {source} is nested too deeply") from None
    except ValueError as error:
        raise Failure(ITEM_READER_FAILED, f"The content of {source} is not JSON: {error}") from None


def _refuse(word: str) -> None:
    raise ValueError(f"`{word}` is not JSON")


def _at(value: Json, pointer: str) -> Json:
    """The node that a JSON Pointer (RFC 6901) names."""
    if not pointer.startswith("/"):
        raise Failure(ITEM_READER_FAILED, f"ItemsPointer '{pointer}' is not a JSON Pointer")
    for token in pointer[1:].split("/"):
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and re.fullmatch(r"0|[1-9][0-9]*", name) and int(name) < len(value):
            value = value[int(name)]
        else:
            raise Failure(ITEM_READER_FAILED, f"ItemsPointer '{pointer}' names nothing in the JSON")
    return value


def _text(data: bytes | str) -> str:
    """Lines end in `\\n`; a byte order mark is not part of the text; bytes that are not UTF-8 become U+FFFD as in Java."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


# Delimited text


def _csv(data: bytes | str, request: ReaderRequest, source: str, limit: int | None) -> list[Item]:
    headers = None if request.csv_header_location == "FIRST_ROW" else request.csv_headers
    return [Item(row, source) for row in csv_rows(_text(data), request.csv_delimiter or "COMMA", headers, limit)]


# Parquet


def _parquet(data: bytes | str, request: ReaderRequest, source: str, limit: int | None) -> list[Item]:
    if isinstance(data, str):
        raise Failure(ITEM_READER_FAILED, "Parquet data is not text")
    parquet = _optional("pyarrow.parquet", "PARQUET", "pyarrow")
    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        if file.metadata.serialized_size > MAX_FOOTER_BYTES:
            raise Failure(ITEM_READER_FAILED, f"The footer of {source} is larger than 5 MB")
        groups = (file.metadata.row_group(index) for index in range(file.metadata.num_row_groups))
        if any(group.total_byte_size > MAX_ROW_GROUP_BYTES for group in groups):
            raise Failure(ITEM_READER_FAILED, f"A row group of {source} is larger than 256 MB")
        rows = (row for batch in file.iter_batches() for row in batch.to_pylist())
        return [Item(_plain(row), source) for row in islice(rows, limit)]
    except ValueError as error:
        raise Failure(ITEM_READER_FAILED, f"The content of {source} is not Parquet: {error}") from None


def _plain(value: object) -> Json:
    """A cell as JSON: times in ISO 8601, bytes in base64, decimals as numbers. Nests no deeper than the schema."""
    if isinstance(value, dict):
        return {str(key): _plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(element) for element in value]
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


# Compression


def decompressed(data: bytes, key: str) -> bytes:
    """The content of an object whose key ends in `.gz` or `.zstd`; of any other object its bytes as they are."""
    if key.endswith(".gz"):
        try:
            return gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise Failure(ITEM_READER_FAILED, f"{key} is not GZIP data: {error}") from None
    if key.endswith(".zstd"):
        zstandard = _optional("zstandard", "ZSTD", "zstandard")
        try:
            return bytes(zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read())
        except zstandard.ZstdError as error:
            raise Failure(ITEM_READER_FAILED, f"{key} is not ZSTD data: {error}") from None
    return data


def _optional(module: str, format: str, package: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise EnvironmentFault(
            f"reading {format} data needs the package {package}",
            help="pip install 'sfn_dsl[parquet]'" if package == "pyarrow" else f"pip install {package}",
        ) from None


_READERS: Final[Mapping[str, Callable[[bytes | str, ReaderRequest, str, int | None], list[Item]]]] = {
    "JSON": _json,
    "JSONL": _json_lines,
    "CSV": _csv,
    "PARQUET": _parquet,
}
