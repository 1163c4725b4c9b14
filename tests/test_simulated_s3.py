"""S3 in the simulator: tables of calls and answers, and the same calls made to moto in process."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from service_calls import NOW, REGION, counter, failure, moto_clients

from sfn_dsl.simulate.services.s3 import S3


def storage(**more: Any) -> S3:
    s3 = S3(uuid=counter())
    s3.create_bucket("b", region=REGION, **more)
    return s3


def test_s3_bodies_are_json_texts_as_step_functions_sends_them() -> None:
    s3 = storage()
    where = {"Bucket": "b", "Key": "k"}
    put = s3.call("PutObject", {**where, "Body": {"a": ["é", 1]}}, NOW)
    data = '{"a":["é",1]}'.encode()
    assert put == {
        "ChecksumCRC32": s3.get("b", "k").crc32,
        "ChecksumType": "FULL_OBJECT",
        "ETag": f'"{hashlib.md5(data).hexdigest()}"',
        "ServerSideEncryption": "AES256",
    }
    assert s3.call("GetObject", where, NOW + 9) == {
        "AcceptRanges": "bytes",
        "ContentLength": len(data),
        "ContentType": "binary/octet-stream",
        "ETag": put["ETag"],
        "LastModified": "2023-11-14T22:13:20Z",
        "Metadata": {},
        "ServerSideEncryption": "AES256",
        "Body": '{"a":["é",1]}',
    }
    s3.call("PutObject", {**where, "Body": "text"}, NOW)
    assert s3.get("b", "k").data == b'"text"'
    assert s3.call("GetObject", {**where, "Range": "bytes=1-2"}, NOW)["ContentRange"] == "bytes 1-2/6"
    # CRC-32's check value, from its specification.
    assert base64.b64decode(s3.put("b", "c", b"123456789", NOW).crc32).hex() == "cbf43926"


NO_KEY = ("NoSuchKey", "The specified key does not exist.")
UNMET = ("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")


@pytest.mark.parametrize(
    ("operation", "arguments", "expected"),
    [
        ("GetObject", {"Bucket": "b", "Key": "no"}, NO_KEY),
        ("HeadObject", {"Bucket": "b", "Key": "no"}, ("NoSuchKey", "null")),
        ("GetObject", {"Bucket": "no", "Key": "k"}, ("NoSuchBucket", "The specified bucket does not exist")),
        ("ListObjects", {"Bucket": "no"}, ("NoSuchBucket", "The specified bucket does not exist")),
        ("PutObject", {"Bucket": "b", "Key": "k", "IfNoneMatch": "*"}, UNMET),
        ("PutObject", {"Bucket": "b", "Key": "k", "IfMatch": '"other"'}, UNMET),
        ("PutObject", {"Bucket": "b", "Key": "no", "IfMatch": '"other"'}, NO_KEY),
        ("GetObject", {"Bucket": "b", "Key": "k", "IfMatch": "other"}, UNMET),
        ("GetObject", {"Bucket": "b", "Key": "k", "Range": "bytes=9-"}, ("InvalidRange", "The requested range is not satisfiable")),
        ("CopyObject", {"Bucket": "b", "Key": "x", "CopySource": "b/no"}, NO_KEY),
        ("PutBucketAcl", {"Bucket": "b"}, ("NotSimulated", "The operation PutBucketAcl of S3 is not simulated")),
    ],
)
def test_s3_refuses(operation: str, arguments: dict[str, Any], expected: tuple[str, str]) -> None:
    s3 = storage()
    s3.put("b", "k", b"data", NOW)
    assert failure(lambda: s3.call(operation, arguments, NOW)) == expected
    tag = s3.get("b", "k").etag
    assert s3.call("PutObject", {"Bucket": "b", "Key": "k", "IfMatch": tag}, NOW)["ETag"] != tag
    assert "ETag" in s3.call("PutObject", {"Bucket": "b", "Key": "new", "IfNoneMatch": "*"}, NOW)


def test_s3_versions() -> None:
    s3 = storage(versioning=True)
    where = {"Bucket": "b", "Key": "k"}
    one, two = (s3.call("PutObject", {**where, "Body": number}, NOW)["VersionId"] for number in (1, 2))
    marker = s3.call("DeleteObject", where, NOW)
    assert marker["DeleteMarker"] is True
    assert failure(lambda: s3.call("GetObject", where, NOW)) == NO_KEY
    assert [s3.call("GetObject", {**where, "VersionId": version}, NOW)["Body"] for version in (one, two)] == ["1", "2"]
    s3.call("DeleteObject", {**where, "VersionId": marker["VersionId"]}, NOW)
    assert (
        s3.call("CopyObject", {"Bucket": "b", "Key": "copy", "CopySource": f"b/k?versionId={one}"}, NOW)["CopySourceVersionId"]
        == one
    )
    assert [stored.data for stored in s3.objects("b")] == [b"1", b"2"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_s3_listings_as_moto_gives_them() -> None:
    keys = ["a", "d/1", "d/2", "d/e/3", "f/4", "z é"]
    asked: list[dict[str, Any]] = [
        {},
        {"Prefix": "d/"},
        {"Delimiter": "/"},
        {"Prefix": "d/", "Delimiter": "/"},
        {"StartAfter": "d/1"},
        {"Prefix": "none"},
    ]
    s3 = storage()
    with moto_clients("s3") as (client,):
        client.create_bucket(Bucket="bucket")
        for key in keys:
            client.put_object(Bucket="bucket", Key=key, Body=key.encode())
            s3.put("b", key, key.encode(), NOW)
        for arguments in asked:
            theirs = client.list_objects_v2(Bucket="bucket", **arguments)
            mine = s3.call("ListObjectsV2", {"Bucket": "b", **arguments}, NOW)
            pick = [(entry["Key"], entry["Size"], entry["ETag"]) for entry in theirs.get("Contents", [])]
            assert [(entry["Key"], entry["Size"], entry["ETag"]) for entry in mine["Contents"]] == pick
            assert mine["CommonPrefixes"] == theirs.get("CommonPrefixes", [])
            assert mine["KeyCount"] == theirs["KeyCount"]
    for delimiter, names in [("", keys), ("/", ["a", "d/", "f/", "z é"])]:
        seen: list[str] = []
        more: dict[str, Any] = {"Delimiter": delimiter}
        while True:
            page = s3.call("ListObjectsV2", {"Bucket": "b", "MaxKeys": 1, **more}, NOW)
            seen += [entry["Key"] for entry in page["Contents"]] + [entry["Prefix"] for entry in page["CommonPrefixes"]]
            if not page["IsTruncated"]:
                break
            more["ContinuationToken"] = page["NextContinuationToken"]
        assert seen == names
