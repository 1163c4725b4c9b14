"""Amazon Redshift by its Data API: start a statement, ask until it is finished. The API has no `.sync` integration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sfn_dsl.draft import RESULT, Call, Draft, LocalRoot, Site, Throw
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import MISSING, Reference, Template
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.polling import Poll, poll
from sfn_dsl.steps.step import TaskStep

__all__ = ["RedshiftData"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedshiftData:
    """A statement on a cluster (`cluster`, with `db_user` or `secret`) or a serverless workgroup (`workgroup`).

    `parameters` fill `:name` in the statement. The output is DescribeStatement's answer (`Id`, `ResultRows`, ...).
    A failed or aborted statement raises `RedshiftStatementFailed`; after `timeout_seconds` of the step (an hour by default)
    `RedshiftStatementTimeout`.
    """

    sql: Template
    database: Template
    cluster: Template = MISSING
    workgroup: Template = MISSING
    secret: Template = MISSING
    db_user: Template = MISSING
    parameters: Mapping[str, Template] = field(default_factory=dict)
    poll_seconds: int = 10

    def lower(self, step: TaskStep, site: Site) -> tuple[Draft, ...]:
        timeout = 3600 if step.timeout_seconds is MISSING else step.timeout_seconds
        if not isinstance(timeout, int):
            raise DeclarationError(f"`timeout_seconds` of `{step.name}` must be a number of seconds here", span=step.span)
        optional = {
            "ClusterIdentifier": self.cluster,
            "WorkgroupName": self.workgroup,
            "SecretArn": self.secret,
            "DbUser": self.db_user,
        }
        arguments: dict[str, Template] = {"Database": self.database, "Sql": self.sql}
        arguments.update({name: value for name, value in optional.items() if value is not MISSING})
        if self.parameters:
            arguments["Parameters"] = [{"Name": name, "Value": value} for name, value in self.parameters.items()]
        start = finish(step, site, "redshiftdata", Call(action="aws-sdk:redshiftdata:executeStatement", arguments=arguments))
        statement = Reference(LocalRoot(step, "statement"))
        ask = Call(
            action="aws-sdk:redshiftdata:describeStatement",
            arguments={"Id": statement},
            retry=step.retriers(site, "redshiftdata"),
            catch=step.catchers,
        )
        failure = Throw("RedshiftStatementFailed", step.output.Error.default("the statement was aborted"))
        return poll(
            Poll(
                step=step,
                start=_untimed(start, statement_id=RESULT.Id),
                ask=ask,
                status=step.output.Status,
                done=("FINISHED",),
                busy=("SUBMITTED", "PICKED", "STARTED"),
                failed={("FAILED", "ABORTED"): failure},
                unknown=Throw("RedshiftStatementFailed", "the statement has a status that is not known"),
                timeout=Throw("RedshiftStatementTimeout", f"the statement ran longer than {timeout} seconds"),
                seconds=self.poll_seconds,
                timeout_seconds=timeout,
            )
        )


def _untimed(call: Call, statement_id: Template) -> Call:
    """The call that starts the statement: quick by itself, so that the step's time is spent on the loop."""
    return replace(call, timeout=MISSING, heartbeat=MISSING, sets={"statement": statement_id})
