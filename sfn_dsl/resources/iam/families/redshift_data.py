"""The Redshift Data API and the RDS Data API: statements on a cluster or workgroup, with the credentials they are run under."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.families.secretsmanager import secret_place
from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import by_reference, generic
from sfn_dsl.resources.iam.names import iam_action
from sfn_dsl.resources.iam.reference import resource_types

__all__ = ["rds_data", "redshift_data"]

_WORKGROUP = "the ARN of a workgroup holds an id that its name does not tell"


@family("redshift-data")
def redshift_data(call: Call) -> Iterator[Need]:
    """Which credentials are needed depends on the arguments: a secret, a user of a cluster, a workgroup, or the role itself."""
    action = iam_action("redshift-data", call.action)
    if not resource_types("redshift-data", action, call.target):
        yield by_reference(call, action)
        return
    workgroup, cluster, secret = (call.known(name) for name in ("WorkgroupName", "ClusterIdentifier", "SecretArn"))
    serverless = Place(call.arn("workgroup/*", "redshift-serverless"), _WORKGROUP)
    if workgroup is not None and workgroup.start.startswith("arn:") and workgroup.text is not None:
        serverless = Place(workgroup.pattern)
    if workgroup is not None:
        yield call.needs(action, on=serverless)
        if secret is None:
            yield call.needs("redshift-serverless:GetCredentials", on=serverless)
    if cluster is not None:
        yield call.needs(action, on=call.place("ClusterIdentifier", "cluster:", service="redshift"))
        if secret is None:
            yield from _credentials(call, cluster.pattern)
    if workgroup is None and cluster is None:
        yield by_reference(call, action)
    if secret is not None:
        yield call.needs("secretsmanager:GetSecretValue", on=secret_place(call, "SecretArn", secret))


def _credentials(call: Call, cluster: str) -> Iterator[Need]:
    database, user = call.known("Database"), call.known("DbUser")
    name = Place(
        call.arn(f"dbname:{cluster}/{database.pattern if database else '*'}", "redshift"),
        "" if database and database.text is not None else "`Database` is only known at run time",
    )
    if user is None or (user.text is None and call.arguments.open):
        yield call.needs("redshift:GetClusterCredentialsWithIAM", on=name)
    if user is not None:
        yield call.needs("redshift:GetClusterCredentials", on=name)
        why = "" if user.text is not None else "`DbUser` is only known at run time"
        who = Place(call.arn(f"dbuser:{cluster}/{user.pattern}", "redshift"), why)
        yield call.needs("redshift:GetClusterCredentials", on=who)


@family("rds-data")
def rds_data(call: Call) -> Iterator[Need]:
    """The statement itself and the secret with the credentials."""
    yield from generic(call)
    secret = call.known("SecretArn")
    if secret is not None:
        yield call.needs("secretsmanager:GetSecretValue", on=secret_place(call, "SecretArn", secret))
