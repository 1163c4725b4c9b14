"""Amazon S3: `aws-sdk:s3`, and what distributed Maps read and write. S3's ARNs name no account, so a condition does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sfn_dsl.asl.model import Json
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.arguments import NOTHING, Known
from sfn_dsl.resources.iam.family import Call, Need, family
from sfn_dsl.resources.iam.generic import by_reference, passed_roles
from sfn_dsl.resources.iam.names import iam_action
from sfn_dsl.resources.iam.reference import action_known, resource_types
from sfn_dsl.resources.iam.statement import Conditions

__all__ = ["bucket_and_key", "bucket_need", "object_need", "own_buckets", "s3"]

_LISTS: Final = frozenset({"listObjects", "listObjectsV2", "listObjectVersions"})


def own_buckets(target: Target) -> Mapping[str, Mapping[str, Json]]:
    """What keeps a pattern of buckets to those of the target's account."""
    return {"StringEquals": {"aws:ResourceAccount": target.account}}


def bucket_and_key(url: Known | None) -> tuple[str, str]:
    """Patterns of the bucket and of the keys below an `s3://` URL; `*` for what is not known."""
    if url is None or not url.start.startswith("s3://"):
        return "*", "*"
    bucket, slash, key = url.after("s3://").pattern.partition("/")
    if not slash:
        return (bucket, "*") if url.text is not None else ("*", "*")
    return bucket, f"{key.rstrip('*')}*" if key else "*"


def _bucket(call: Call, known: Known | None) -> tuple[str, Conditions, str]:
    if known is not None and known.text is not None:
        text = known.pattern
        return text if text.startswith("arn:") else f"arn:{call.target.partition}:s3:::{text}", {}, ""
    start = known.pattern if known is not None and not known.start.startswith("arn:") else "*"
    why = "`Bucket` is only known at run time"
    return f"arn:{call.target.partition}:s3:::{start}", own_buckets(call.target), why


def bucket_need(call: Call, *actions: str, bucket: Known | None, prefix: Known | None = None) -> Need:
    """Actions on a bucket; with a `prefix`, only where keys that begin so are asked for."""
    arn, conditions, why = _bucket(call, bucket)
    if prefix is not None and prefix.pattern != "*":
        conditions = {**conditions, "StringLike": {"s3:prefix": prefix.pattern}}
    return Need(actions=_full(actions), resources=(arn,), conditions=conditions, why=why)


def object_need(call: Call, *actions: str, bucket: Known | None, key: Known | None, argument: str = "Key") -> Need:
    """Actions on the objects that a key names, as far as it is known."""
    arn, conditions, why = _bucket(call, bucket)
    known = key or NOTHING
    if not why and known.text is None:
        why = f"`{argument}` is only known at run time" if key else f"`{argument}` is not given"
    part = "object/" if ":accesspoint/" in arn else ""
    return Need(actions=_full(actions), resources=(f"{arn}/{part}{known.pattern}",), conditions=conditions, why=why)


def _full(actions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"s3:{action}" for action in actions)


@family("s3")
def s3(call: Call) -> Iterator[Need]:
    """Calls on buckets and on objects, several of which need rights of other names than theirs."""
    bucket, key = call.known("Bucket"), call.known("Key")
    action = iam_action("s3", call.action)
    if call.action in _LISTS:
        yield bucket_need(call, action, bucket=bucket, prefix=call.known("Prefix"))
    elif call.action in ("copyObject", "uploadPartCopy"):
        yield object_need(call, "PutObject", bucket=bucket, key=key)
        yield _source(call)
    elif call.action == "renameObject":
        yield object_need(call, "GetObject", "DeleteObject", bucket=bucket, key=call.known("RenameSource"), argument="RenameSource")
        yield object_need(call, "PutObject", bucket=bucket, key=key)
    elif call.action == "deleteObjects":
        yield from _deletions(call)
    elif call.action == "listDirectoryBuckets":
        yield Need(actions=("s3express:ListAllMyDirectoryBuckets",), resources=("*",), why="the action has no resource type")
    elif call.action == "getObjectAttributes":
        names = ("GetObjectVersion", "GetObjectVersionAttributes") if call.known("VersionId") else ("GetObject", action)
        yield object_need(call, *names, bucket=bucket, key=key)
    elif call.arguments.open or bucket is None:
        yield by_reference(call, action)
    elif key is not None or "object" in {kind.name for kind in resource_types("s3", action, call.target) or ()}:
        of_version = action.replace("Object", "ObjectVersion", 1)
        versioned = call.known("VersionId") is not None and action_known("s3", of_version)
        yield object_need(call, of_version if versioned else action, bucket=bucket, key=key)
        if action == "PutObject" and call.known("Tagging"):
            yield object_need(call, "PutObjectTagging", bucket=bucket, key=key)
        if action == "PutObject" and call.known("ACL"):
            yield object_need(call, "PutObjectAcl", bucket=bucket, key=key)
    else:
        yield bucket_need(call, action, bucket=bucket)
    yield from passed_roles(call)


def _source(call: Call) -> Need:
    known = call.known("CopySource") or NOTHING
    text = known.after("/") if known.start.startswith("/") else known
    bucket, slash, key = text.start.partition("/")
    if not slash:
        return object_need(call, "GetObject", bucket=NOTHING, key=None, argument="CopySource")
    versioned = known.text is not None and "?versionId=" in key
    rest = Known((key.partition("?versionId=")[0] if versioned else key, *text.parts[1:]))
    action = "GetObjectVersion" if versioned else "GetObject"
    return object_need(call, action, bucket=Known((bucket,)), key=rest, argument="CopySource")


def _deletions(call: Call) -> Iterator[Need]:
    objects = call.arguments.member("Delete", "Objects")
    for one in (objects.elements() if objects else ()) or (None,):
        key = one.member("Key") if one else None
        name = "DeleteObjectVersion" if one and one.member("VersionId") else "DeleteObject"
        yield object_need(call, name, bucket=call.known("Bucket"), key=key.known if key else NOTHING)
