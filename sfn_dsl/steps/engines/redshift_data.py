"""Amazon Redshift by its Data API: start a statement, ask until it is finished. The API has no `.sync` integration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sfn_dsl.draft import RESULT, Call, Draft, LocalRoot, Site, Throw
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import MISSING, Reference, Template
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.polling import Poll, poll
from sfn_dsl.steps.step import TaskStep

__all__ = ["RedshiftData"]

_CALL_SECONDS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RedshiftData:
    """A statement on a cluster (`cluster`, with `db_user` or `secret`) or a serverless workgroup (`workgroup`).

    `parameters` fill `:name` in the statement. The output is DescribeStatement's answer (`Id`, `ResultRows`, ...).
    A failed or aborted statement raises `RedshiftStatementFailed`; after `timeout_seconds` of the step (an hour by default)
    `RedshiftStatementTimeout`, and the statement is cancelled, so that it does not run beside that of the next attempt.
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
        call = Call(action="aws-sdk:redshiftdata:executeStatement", arguments=arguments)
        start = replace(
            finish(step, site, "redshiftdata", call),
            retry=step.retriers(site, "redshiftdata", "executeStatement"),
            # Quick by itself; the step's own time is spent on the loop.
            timeout=_CALL_SECONDS,
            heartbeat=MISSING,
            sets={"statement": RESULT.Id},
        )
        statement = Reference(LocalRoot(step, "statement"))
        ask = Call(
            action="aws-sdk:redshiftdata:describeStatement",
            arguments={"Id": statement},
            retry=step.retriers(site, "redshiftdata", "describeStatement"),
            catch=step.catchers,
            timeout=_CALL_SECONDS,
        )
        cancel = Call(
            action="aws-sdk:redshiftdata:cancelStatement",
            arguments={"Id": statement},
            retry=step.retriers(site, "redshiftdata", "cancelStatement"),
            timeout=_CALL_SECONDS,
        )
        failure = Throw("RedshiftStatementFailed", step.output.Error.default("the statement was aborted"))
        return poll(
            Poll(
                step=step,
                start=start,
                ask=ask,
                status=step.output.Status,
                done=("FINISHED",),
                busy=("SUBMITTED", "PICKED", "STARTED"),
                failed={("FAILED", "ABORTED"): failure},
                unknown=Throw("RedshiftStatementFailed", "the statement has a status that is not known"),
                timeout=Throw("RedshiftStatementTimeout", f"the statement ran longer than {timeout} seconds"),
                seconds=self.poll_seconds,
                timeout_seconds=timeout,
                cancel=cancel,
            )
        )
