"""AWS CodeBuild: builds and batches of builds."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import generic, passed_roles

__all__ = ["codebuild"]

_BUILDS = {
    "startBuild": ("StartBuild", ("BatchGetBuilds", "StopBuild"), "StepFunctionsGetEventForCodeBuildStartBuildRule"),
    "retryBuild": ("RetryBuild", ("BatchGetBuilds", "StopBuild"), "StepFunctionsGetEventForCodeBuildStartBuildRule"),
    "startBuildBatch": (
        "StartBuildBatch",
        ("BatchGetBuildBatches", "StopBuildBatch"),
        "StepFunctionsGetEventForCodeBuildStartBuildBatchRule",
    ),
    "retryBuildBatch": (
        "RetryBuildBatch",
        ("BatchGetBuildBatches", "StopBuildBatch"),
        "StepFunctionsGetEventForCodeBuildStartBuildBatchRule",
    ),
}
_BY_ID = {"stopBuild": "StopBuild", "stopBuildBatch": "StopBuildBatch"}


@family("codebuild")
def codebuild(call: Call) -> Iterator[Need]:
    """Builds are authorised on their project; the id of a build begins with the project's name."""
    if call.action in _BY_ID:
        yield call.needs(_BY_ID[call.action], on=_project_of_build(call))
        return
    if call.action not in _BUILDS:
        yield from generic(call)
        return
    action, waiting, rule = _BUILDS[call.action]
    project = call.place("ProjectName", "project/") if call.action.startswith("start") else _project_of_build(call)
    yield call.needs(action, on=project)
    yield from passed_roles(call)
    if call.waits:
        yield call.needs(*waiting, on=project)
        if call.action in ("startBuild", "retryBuild"):
            groups = project.arn.replace(":project/", ":report-group/", 1)
            groups = groups if groups.endswith("*") else f"{groups}-*"
            yield call.needs("BatchGetReports", on=Place(groups, "the names of report groups are not known before it runs"))
        yield call.rule(rule)


def _project_of_build(call: Call) -> Place:
    build = call.known("Id")
    name, colon, _ = build.start.partition(":") if build and not build.start.startswith("arn:") else ("", "", "")
    return Place(call.arn(f"project/{name}")) if colon else Place(call.arn("project/*"), "`Id` is only known at run time")
