"""Amazon API Gateway: `apigateway:invoke`, which calls an API, and `aws-sdk:apigateway`, whose rights are HTTP verbs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_dsl.resources.iam.arguments import Known
from sfn_dsl.resources.iam.family import Call, Need, Place, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["execute_api", "management"]

_HOST = re.compile(r"(?:https?://)?(?P<api>[a-z0-9]+)(?:-vpce-[\w-]+)?\.execute-api\.(?P<region>[\w-]+)\..*")
_VERBS = {
    "get": "GET",
    "create": "POST",
    "import": "POST",
    "generate": "POST",
    "test": "POST",
    "reject": "POST",
    "delete": "DELETE",
    "flush": "DELETE",
    "untag": "DELETE",
    "update": "PATCH",
    "put": "PUT",
    "tag": "PUT",
    "export": "GET",
    "reset": "DELETE",
    "reimport": "PUT",
}


@family("execute-api")
def execute_api(call: Call) -> Iterator[Need]:
    """A call is authorised on API, stage, method and path, unless it goes out unsigned."""
    if call.sdk:
        yield Need(
            actions=("execute-api:ManageConnections",),
            resources=(call.arn("*"),),
            why="the endpoint of the API is only known at run time",
        )
        return
    signed = call.known("AuthType") or Known(("NO_AUTH",))
    if signed.text == "NO_AUTH":
        return
    endpoint = call.known("ApiEndpoint")
    host = _HOST.fullmatch(endpoint.text) if endpoint and endpoint.text is not None else None
    parts = [host["api"] if host else "*"]
    stage, method, path = call.known("Stage"), call.known("Method"), call.known("Path")
    parts += [stage.pattern if stage else "*", method.pattern if method else "*"]
    parts.append(path.pattern.lstrip("/") if path else "*" if call.arguments.open else "")
    open_names = [name for name in ("ApiEndpoint", "Stage", "Method", "Path") if _open(call.known(name))]
    why = f"{' and '.join(f'`{name}`' for name in open_names)} only known at run time" if open_names else ""
    yield call.needs("Invoke", on=Place(call.arn("/".join(parts)), why))


def _open(known: Known | None) -> bool:
    return known is not None and known.text is None


@family("apigateway")
def management(call: Call) -> Iterator[Need]:
    """The verb that the API of the management call uses, on all of API Gateway's resources in the Region."""
    verb = next((verb for beginning, verb in _VERBS.items() if call.action.startswith(beginning)), None)
    if verb is None:
        yield from generic(call)
        return
    where = f"arn:{call.target.partition}:apigateway:{call.target.region}::/*"
    yield Need(actions=(f"apigateway:{verb}",), resources=(where,), why="the path of the call is not in the definition")
