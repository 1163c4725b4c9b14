"""The state that tells people, in machines that the library declares."""

from __future__ import annotations

from sfn_dsl.draft import Site
from sfn_dsl.expression import Template

__all__ = ["alert"]


def alert(site: Site, subject: str, message: Template) -> dict[str, Template]:
    """A message to the alert topic of the deployment; the caller says where it goes on."""
    return {
        "Type": "Task",
        "Resource": site.target.integration("sns:publish"),
        "Arguments": {
            "TopicArn": site.target.arn("sns", site.target.deployed.alert_topic),
            "Subject": subject,
            "Message": message,
        },
        "TimeoutSeconds": 30,
        "Retry": [
            {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 5, "BackoffRate": 2, "JitterStrategy": "FULL"}
        ],
        "Output": {},
    }
