"""Makes the roles and log groups that machines need, in an AWS on this machine: elsewhere the templates do."""

from __future__ import annotations

import json

from sfn_dsl.publish.clients import Clients

__all__ = ["provide"]


def provide(clients: Clients, region: str, arn: str) -> None:
    """Make a role that Step Functions can take on, or a log group, by its ARN."""
    if ":role/" in arn:
        statement = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        clients.call("iam", region, "create_role", RoleName=arn.partition(":role/")[2], AssumeRolePolicyDocument=policy)
    else:
        clients.call("logs", region, "create_log_group", logGroupName=arn.partition(":log-group:")[2])
