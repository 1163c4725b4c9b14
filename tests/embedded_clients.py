"""boto3's clients of an embedded AWS, and definitions to try it with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sfn_dsl.embedded.process import Endpoint

__all__ = ["EAST", "FAILS", "PASSES", "ROLE", "WAITS", "WEST", "Connect", "client", "refused"]

EAST, WEST = "us-east-1", "us-west-1"
ROLE = "arn:aws:iam::111122223333:role/machine"
PASSES = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
FAILS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Fail", "Error": "Bad"}}})
WAITS = json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "Next": "S"}, "S": {"Type": "Succeed"}}})

Connect = Callable[..., Any]


def client(endpoint: Endpoint, service: str = "stepfunctions", region: str = EAST, *, key: str = "local") -> Any:
    """A client without retries."""
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=endpoint.url,
        aws_access_key_id=key,
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30),
    )


def refused(code: str, call: Callable[..., Any], /, **arguments: Any) -> str:
    """The message of a call that is refused with a code."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code
    return str(caught.value.response["Error"]["Message"])
