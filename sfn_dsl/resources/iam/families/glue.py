"""AWS Glue: `glue:startJobRun` and `aws-sdk:glue`, whose catalogue is a tree: catalogue, database, table."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import by_reference, passed_roles
from sfn_dsl.resources.iam.names import iam_action
from sfn_dsl.resources.iam.reference import resource_types

__all__ = ["glue"]


@family("glue")
def glue(call: Call) -> Iterator[Need]:
    """Job runs on the job; calls to the catalogue on the catalogue, the database and the table."""
    if call.action == "startJobRun":
        job = call.place("JobName", "job/")
        yield call.needs("StartJobRun", on=job)
        if call.waits:
            yield call.needs("GetJobRun", "GetJobRuns", "BatchStopJobRun", on=job)
        return
    action = iam_action("glue", call.action)
    kinds = {kind.name for kind in resource_types("glue", action, call.target) or ()}
    if {"rootcatalog", "database"} <= kinds:
        yield from _catalogue(call, action, kinds)
    else:
        yield by_reference(call, action)
    yield from passed_roles(call)


def _catalogue(call: Call, action: str, kinds: set[str]) -> Iterator[Need]:
    yield call.needs(action, on=call.arn("catalog"))
    own = action.endswith(("Database", "Databases"))
    database = call.known("DatabaseName") or (call.known("DatabaseInput", "Name") or call.known("Name") if own else None)
    place = call.locate(database, "DatabaseName", "database/")
    yield call.needs(action, on=place)
    if "table" in kinds:
        name = database.pattern if database else "*"
        table = call.known("TableName") or call.known("TableInput", "Name") or (None if own else call.known("Name"))
        where = Place(call.arn(f"table/{name}/{table.pattern if table else '*'}"), place.why)
        yield call.needs(action, on=where)
