"""`DistributedMap`: the same steps for up to 100 million items, each (or each batch) in a child execution of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Protocol

from sfn_dsl.asl.shapes import Shape, structure
from sfn_dsl.draft import Draft, Each, Site
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import MISSING, Template
from sfn_dsl.policy import NEVER, Catcher, RetryPolicy
from sfn_dsl.steps.for_each import Item, iterated, list_of
from sfn_dsl.steps.step import Block, Step, as_catchers

__all__ = [
    "AthenaResults",
    "Batches",
    "CsvFile",
    "DistributedMap",
    "JsonFile",
    "JsonLines",
    "ParquetFile",
    "Reader",
    "S3Inventory",
    "S3Objects",
    "WriteResults",
]


class Reader(Protocol):
    """A data set in S3, of the account and Region of the pipeline."""

    def item_reader(self, site: Site) -> Mapping[str, Template]:
        """Its ItemReader: `Resource`, `ReaderConfig` and `Arguments`."""
        ...


def _reader(site: Site, action: str, config: Mapping[str, Template], arguments: Mapping[str, Template]) -> Mapping[str, Template]:
    given = {name: value for name, value in config.items() if value is not MISSING}
    found: dict[str, Template] = {"Resource": site.target.integration(f"s3:{action}")}
    if given:
        found["ReaderConfig"] = given
    found["Arguments"] = {name: value for name, value in arguments.items() if value is not MISSING}
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Objects:
    """The objects below a prefix. `contents` (CSV, JSON, JSONL or PARQUET) reads the rows of all of them instead.

    An item is `{"Etag", "Key", "LastModified", "Size", "StorageClass"}`, or a row.
    """

    bucket: Template
    prefix: Template = MISSING
    contents: str | None = None
    max_items: Template = MISSING

    def item_reader(self, site: Site) -> Mapping[str, Template]:
        config: dict[str, Template] = {"MaxItems": self.max_items}
        if self.contents:
            config = {"InputType": self.contents, "Transformation": "LOAD_AND_FLATTEN", **config}
        return _reader(site, "listObjectsV2", config, {"Bucket": self.bucket, "Prefix": self.prefix})


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """The rows of a CSV file, as objects of texts. `headers`: None takes the first row. `delimiter`: COMMA, PIPE, ..."""

    bucket: Template
    key: Template
    headers: tuple[str, ...] | None = None
    delimiter: str = "COMMA"
    max_items: Template = MISSING

    def item_reader(self, site: Site) -> Mapping[str, Template]:
        config: dict[str, Template] = {
            "InputType": "CSV",
            "CSVHeaderLocation": "GIVEN" if self.headers else "FIRST_ROW",
            "CSVHeaders": list(self.headers) if self.headers else MISSING,
            "CSVDelimiter": MISSING if self.delimiter == "COMMA" else self.delimiter,
            "MaxItems": self.max_items,
        }
        return _reader(site, "getObject", config, {"Bucket": self.bucket, "Key": self.key})


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonFile:
    """The elements of a JSON array, or of the one at `pointer` (a JSON Pointer) in a larger document."""

    bucket: Template
    key: Template
    pointer: str | None = None
    max_items: Template = MISSING

    def item_reader(self, site: Site) -> Mapping[str, Template]:
        config = {"InputType": "JSON", "ItemsPointer": self.pointer or MISSING, "MaxItems": self.max_items}
        return _reader(site, "getObject", config, {"Bucket": self.bucket, "Key": self.key})


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLines:
    """The lines of a JSON Lines file."""

    bucket: Template
    key: Template
    max_items: Template = MISSING

    def item_reader(self, site: Site) -> Mapping[str, Template]:
        config = {"InputType": "JSONL", "MaxItems": self.max_items}
        return _reader(site, "getObject", config, {"Bucket": self.bucket, "Key": self.key})


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetFile:
    """The rows of a Parquet file."""

    bucket: Template
    key: Template
    max_items: Template = MISSING

    def item_reader(self, site: Site) -> Mapping[str, Template]:
        config = {"InputType": "PARQUET", "MaxItems": self.max_items}
        return _reader(site, "getObject", config, {"Bucket": self.bucket, "Key": self.key})


@dataclass(frozen=True, slots=True, kw_only=True)
class AthenaResults:
    """The rows that an Athena UNLOAD wrote; `key` is its manifest. `contents`: CSV (then with `headers`), JSONL or PARQUET."""

    bucket: Template
    key: Template
    contents: str
    headers: tuple[str, ...] | None = None
    max_items: Template = MISSING

    def item_reader(self, site: Site) -> Mapping[str, Template]:
        config: dict[str, Template] = {
            "InputType": self.contents,
            "ManifestType": "ATHENA_DATA",
            "CSVHeaderLocation": "GIVEN" if self.headers else MISSING,
            "CSVHeaders": list(self.headers) if self.headers else MISSING,
            "MaxItems": self.max_items,
        }
        return _reader(site, "getObject", config, {"Bucket": self.bucket, "Key": self.key})


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Inventory:
    """The objects in an S3 Inventory report in CSV; `key` is its `manifest.json`."""

    bucket: Template
    key: Template
    max_items: Template = MISSING

    def item_reader(self, site: Site) -> Mapping[str, Template]:
        config = {"ManifestType": "S3_INVENTORY", "MaxItems": self.max_items}
        return _reader(site, "getObject", config, {"Bucket": self.bucket, "Key": self.key})


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """Several items per child execution: at most `max_items`, at most `max_bytes` (up to 262,144), or both.

    The `Item` of the map then stands for the list of items of a batch. A child execution that fails has failed for all of them,
    those that it has done included; tolerated failures count items. To bear single ones, let the steps in `do` deal with them.
    """

    max_items: Template = MISSING
    max_bytes: Template = MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteResults:
    """Results go to S3 instead of the state's output. `transformation`: NONE, COMPACT or FLATTEN; `output_type`: JSON, JSONL."""

    bucket: Template
    prefix: Template = MISSING
    transformation: str | None = None
    output_type: str = "JSON"

    def result_writer(self, site: Site) -> Mapping[str, Template]:
        """Its ResultWriter."""
        writer: dict[str, Template] = {"Resource": site.target.integration("s3:putObject")}
        if self.transformation:
            writer["WriterConfig"] = {"Transformation": self.transformation, "OutputType": self.output_type}
        arguments = {"Bucket": self.bucket}
        if self.prefix is not MISSING:
            arguments["Prefix"] = self.prefix
        writer["Arguments"] = arguments
        return writer


_WRITTEN: Shape = structure("MapRunArn ResultWriterDetails", ResultWriterDetails=structure("Bucket Key"))


@dataclass(frozen=True, slots=True, eq=False)
class DistributedMap(Step):
    """Runs `do` for every item of `items` (a list) or `reader` (a data set in S3), in child executions.

    Children see nothing of the pipeline but what their steps reference; the compiler passes just that. The output is the
    list of what `collect` gives, or, with `results`, `{"MapRunArn", "ResultWriterDetails": {"Bucket", "Key"}}`.
    `execution_type`: STANDARD or EXPRESS. `max_concurrency`: 10,000 when left out. Not for EXPRESS pipelines.
    """

    _: KW_ONLY
    item: Item
    do: Block
    items: Template = MISSING
    reader: Reader | None = None
    collect: Template = field(default_factory=dict)
    batches: Batches | None = None
    results: WriteResults | None = None
    max_concurrency: Template = MISSING
    tolerated_failure_count: Template = MISSING
    tolerated_failure_percentage: Template = MISSING
    label: str | None = None
    execution_type: str = "STANDARD"
    retry: RetryPolicy = NEVER
    catch: tuple[Catcher, ...] | Catcher = ()

    def lower(self, site: Site) -> tuple[Draft, ...]:
        body = iterated(self, self.item, self.do)
        if (self.items is MISSING) == (self.reader is None):
            raise DeclarationError(f"DistributedMap `{self.name}` needs either `items` or `reader`", span=self.span)
        fields: dict[str, Template] = {"ExecutionType": self.execution_type}
        if self.reader is not None:
            fields["ItemReader"] = self.reader.item_reader(site)
        if self.batches is not None:
            sizes = {"MaxItemsPerBatch": self.batches.max_items, "MaxInputBytesPerBatch": self.batches.max_bytes}
            fields["ItemBatcher"] = {name: size for name, size in sizes.items() if size is not MISSING}
        if self.results is not None:
            fields["ResultWriter"] = self.results.result_writer(site)
        optional = {
            "ToleratedFailureCount": self.tolerated_failure_count,
            "ToleratedFailurePercentage": self.tolerated_failure_percentage,
            "Label": self.label or MISSING,
        }
        fields.update({name: value for name, value in optional.items() if value is not MISSING})
        return (
            Each(
                comment=self.comment,
                items=self.items,
                item=self.item,
                body=body,
                collect=self.collect,
                max_concurrency=self.max_concurrency,
                distributed=fields,
                shape=_WRITTEN if self.results is not None else list_of(self.collect),
                retry=self.retry.retriers(""),
                catch=as_catchers(self.name, self.catch, self.span),
            ),
        )
