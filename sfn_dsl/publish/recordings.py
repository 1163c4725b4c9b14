"""Histories of real executions, read from AWS."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sfn_dsl.errors import ConfigError, EnvironmentFault
from sfn_dsl.publish.new_client import new_client

__all__ = ["fetch_recording"]


def fetch_recording(arn: str, *, profile: str | None = None, endpoint_url: str | None = None) -> dict[str, Any]:
    """`{"execution": <DescribeExecution>, "events": [<GetExecutionHistory>]}` with times as ISO-8601 text.

    Raises ConfigError for text that is no execution ARN and for an endpoint that is no URL, EnvironmentFault where AWS or the
    credentials say no.
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    parts = arn.split(":")
    if len(parts) < 8 or parts[2] != "states" or parts[5] != "execution":
        raise ConfigError(
            f"`{arn}` is no ARN of a Standard execution", help="it looks like arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME"
        )
    try:
        session = boto3.Session(profile_name=profile, region_name=parts[3])
        config = Config(retries={"mode": "adaptive"})
        client = new_client(session, "stepfunctions", endpoint_url=endpoint_url, config=config)
        execution = client.describe_execution(executionArn=arn)
        events: list[dict[str, Any]] = []
        for page in client.get_paginator("get_execution_history").paginate(executionArn=arn, includeExecutionData=True):
            events += page["events"]
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        raise EnvironmentFault(f"AWS refuses: {code}: {message}", help="look at the ARN, the Region and your permissions") from None
    except BotoCoreError as error:
        raise EnvironmentFault(f"AWS cannot be asked: {error}", help="look at your credentials and the network") from None
    execution.pop("ResponseMetadata", None)
    found: dict[str, Any] = _plain({"execution": execution, "events": events})
    return found


def _plain(value: Any) -> Any:
    """The value with times as text. Answers of AWS are only a few levels deep."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list) else value
