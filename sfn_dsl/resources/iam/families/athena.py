"""Amazon Athena: `athena:startQueryExecution` and `aws-sdk:athena`.

A query reads the Glue catalogue and writes its result to S3 with the rights of the role. The data it reads is named by the text of
the query alone, so the rights to that are the user's to add.
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.families.s3 import bucket_and_key, own_buckets
from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["athena"]

_DATABASES = ("glue:GetDatabase", "glue:GetDatabases")
_TABLES = (
    "glue:GetTable",
    "glue:GetTables",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:BatchGetPartition",
)
_BUCKET = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
_OBJECTS = ("s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
_QUERY = frozenset({"stopQueryExecution", "getQueryExecution", "getQueryResults"})


@family("athena")
def athena(call: Call) -> Iterator[Need]:
    """Queries on their workgroup and data catalogue, with what a query does in Glue, Lake Formation and S3."""
    if call.action in _QUERY:
        why = "the workgroup of the query is not known before it runs"
        yield call.needs(call.action[:1].upper() + call.action[1:], on=Place(call.arn("workgroup/*"), why))
        if call.action == "getQueryResults":
            yield from _results(call)
        return
    if call.action != "startQueryExecution":
        yield from generic(call)
        return
    workgroup = call.place("WorkGroup", "workgroup/") if call.known("WorkGroup") else Place(call.arn("workgroup/primary"))
    catalogue = call.known("QueryExecutionContext", "Catalog")
    data = call.locate(catalogue, "Catalog", "datacatalog/") if catalogue else Place(call.arn("datacatalog/AwsDataCatalog"))
    yield call.needs("StartQueryExecution", on=workgroup)
    yield call.needs("GetDataCatalog", on=data)
    tree = tuple(call.arn(part, "glue") for part in ("catalog", "database/*", "table/*"))
    yield Need(actions=_DATABASES, resources=tree[:2], why="the text of the query names the tables")
    yield Need(actions=_TABLES, resources=tree, why="the text of the query names the tables")
    yield Need(actions=("lakeformation:GetDataAccess",), resources=("*",), why="the action has no resource type")
    yield from _results(call)
    if call.waits:
        yield call.needs("GetQueryExecution", "StopQueryExecution", on=workgroup)


def _results(call: Call) -> Iterator[Need]:
    known = call.known("ResultConfiguration", "OutputLocation")
    bucket, key = bucket_and_key(known)
    arn = f"arn:{call.target.partition}:s3:::{bucket}"
    conditions = own_buckets(call.target) if bucket == "*" else {}
    why = "" if bucket != "*" else "the workgroup says where results go"
    reading = call.action == "getQueryResults"
    if not reading:
        yield Need(actions=_BUCKET, resources=(arn,), conditions=conditions, why=why)
    objects = ("s3:GetObject",) if reading else _OBJECTS
    yield Need(actions=objects, resources=(f"{arn}/{key}",), conditions=conditions, why=why)
