"""What the tests of the simulator's services call with: clocks, ids, an item, queues, and moto in process."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sfn_dsl.simulate.services.dynamodb import DynamoDB
from sfn_dsl.simulate.services.service_error import ServiceError
from sfn_dsl.simulate.services.sqs import SQS

REGION, ACCOUNT = "us-east-1", "123456789012"
NOW = 1_700_000_000.0

S, N = (lambda text: {"S": text}), (lambda text: {"N": text})


def counter() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"00000000-0000-4000-8000-{next(numbers):012d}"


def failure(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ServiceError) as caught:
        call()
    return caught.value.code, caught.value.message


@contextmanager
def moto_clients(*names: str) -> Iterator[list[Any]]:
    """boto3 clients of moto's servers in process; the test is skipped where moto is not installed."""
    moto = pytest.importorskip("moto")
    import boto3

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with moto.mock_aws():
            keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
            yield [boto3.client(name, region_name=REGION, **keys) for name in names]


ITEM: dict[str, Any] = {
    "pk": {"S": "a"},
    "s": {"S": "hello"},
    "n": {"N": "10"},
    "m": {"M": {"a": {"S": "1"}, "b": {"M": {"c": {"N": "3"}}}}},
    "l": {"L": [{"S": "x"}, {"N": "2"}, {"M": {"k": {"S": "v"}}}]},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2.5"]},
    "t": {"BOOL": True},
    "z": {"NULL": True},
    "bin": {"B": "YWJj"},
    "status_": {"S": "NEW"},
}


def database(item: dict[str, Any] | None = ITEM, **more: Any) -> DynamoDB:
    dynamo = DynamoDB(region=REGION, account=ACCOUNT)
    dynamo.create_table("T", "pk", **more)
    if item:
        dynamo.call("PutItem", {"TableName": "T", "Item": item}, NOW)
    return dynamo


def queues() -> SQS:
    sqs = SQS(region=REGION, account=ACCOUNT, uuid=counter())
    sqs.create_queue("q", dead_letter_queue="dlq", maximum_receives=2)
    sqs.create_queue("dlq")
    sqs.create_queue("f.fifo", content_based_deduplication=True)
    sqs.create_queue("g.fifo")
    return sqs
