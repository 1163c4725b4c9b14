"""The control table, buckets and log groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sfn_dsl.region import Target
from sfn_dsl.resources.element import Element

__all__ = ["Bucket", "Key", "LogGroup", "SecondaryIndex", "Table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroup(Element):
    """A log group (`AWS::Logs::LogGroup`). `retention_in_days`: one of the figures that CloudWatch Logs knows; None keeps all."""

    name: str
    retention_in_days: int | None = 90

    def arn(self, target: Target) -> str:
        """Its ARN where the template is deployed, with `:*`: the form that policies and Step Functions want."""
        return target.arn("logs", f"log-group:{self.name}:*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key attribute: text (`S`), number (`N`) or bytes (`B`)."""

    name: str
    type: Literal["S", "N", "B"] = "S"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondaryIndex:
    """A global secondary index that holds all attributes."""

    name: str
    partition_key: Key
    sort_key: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Element):
    """A table that is paid per request, with point-in-time recovery and protected against deletion.

    Without `replicas` it lives in one Region (`AWS::DynamoDB::Table`); with them it is global (`AWS::DynamoDB::GlobalTable`):
    `replicas` are all its Regions, first the one whose template owns it. `multi_region_consistency`: `STRONG` needs three
    Regions of one set, of which one may be the `witness_region`, and takes no `time_to_live_attribute` (the name of an attribute
    of epoch seconds).
    """

    table_name: str
    partition_key: Key = Key(name="pk")
    sort_key: Key | None = Key(name="sk")
    indexes: tuple[SecondaryIndex, ...] = ()
    replicas: tuple[str, ...] = ()
    multi_region_consistency: Literal["EVENTUAL", "STRONG"] = "EVENTUAL"
    witness_region: str | None = None
    point_in_time_recovery: bool = True
    deletion_protection: bool = True
    time_to_live_attribute: str | None = None

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table_name

    @property
    def attributes(self) -> tuple[Key, ...]:
        """All key attributes of the table and its indexes, each once, in the order of their names."""
        keys = [self.partition_key, self.sort_key]
        keys += [key for index in self.indexes for key in (index.partition_key, index.sort_key)]
        return tuple(sorted({key for key in keys if key is not None}, key=lambda key: (key.name, key.type)))

    def arn(self, target: Target) -> str:
        """The ARN of the table, or of its replica, in the target's Region."""
        return target.arn("dynamodb", f"table/{self.table_name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket(Element):
    """A private bucket that tells EventBridge of every object (`AWS::S3::Bucket`). It outlives its stack."""

    bucket_name: str
    versioning: bool = False

    @property
    def name(self) -> str:
        """The bucket's name."""
        return self.bucket_name

    def arn(self, target: Target) -> str:
        """Its ARN, which has neither Region nor account."""
        return f"arn:{target.partition}:s3:::{self.bucket_name}"
