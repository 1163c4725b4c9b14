"""Clients of the moto server of the fixture `endpoint`."""

from __future__ import annotations

from typing import Any

import boto3

SECRETS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


def client(service: str, endpoint: str, region: str = "us-east-1") -> Any:
    """A client of a moto server."""
    return boto3.client(service, region_name=region, endpoint_url=endpoint, **SECRETS)
