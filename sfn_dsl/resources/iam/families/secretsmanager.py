"""AWS Secrets Manager: `aws-sdk:secretsmanager`. ARNs of secrets end in six characters that the name does not tell."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.arguments import Known
from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import by_reference
from sfn_dsl.resources.iam.names import iam_action
from sfn_dsl.resources.iam.reference import resource_types

__all__ = ["secret_place", "secretsmanager"]


def secret_place(call: Call, argument: str, known: Known | None) -> Place:
    """The secret that a name or an ARN tells; for a name, with any six last characters."""
    place = call.locate(known, argument, "secret:", service="secretsmanager")
    return place if place.why or (known and known.start.startswith("arn:")) else Place(f"{place.arn}-??????")


@family("secretsmanager")
def secretsmanager(call: Call) -> Iterator[Need]:
    """Actions on the secret that `SecretId`, or the `Name` of a new one, tells."""
    action = iam_action("secretsmanager", call.action)
    argument = "Name" if call.action == "createSecret" else "SecretId"
    if resource_types("secretsmanager", action, call.target) and call.known(argument) is not None:
        yield call.needs(action, on=secret_place(call, argument, call.known(argument)))
    else:
        yield by_reference(call, action)
