"""`HttpCall`: an HTTPS API, through an EventBridge connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field

from sfn_dsl.draft import Call, Draft, Site
from sfn_dsl.expression import MISSING, Template
from sfn_dsl.steps.engines.engine import finish
from sfn_dsl.steps.step import TaskStep

__all__ = ["HttpCall"]


@dataclass(frozen=True, slots=True, eq=False)
class HttpCall(TaskStep):
    """One request; AWS ends it after 60 seconds. `connection` is the ARN of the EventBridge connection that holds the
    credentials. The output is `{"Headers", "ResponseBody", "StatusCode", "StatusText"}`; an answer other than 2xx raises
    `States.Http.StatusCode.<n>`. Source: Developer Guide `call-https-apis`.
    """

    _: KW_ONLY
    endpoint: Template
    connection: Template
    method: str = "GET"
    headers: Mapping[str, Template] = field(default_factory=dict)
    query: Mapping[str, Template] = field(default_factory=dict)
    body: Template = MISSING

    def lower(self, site: Site) -> tuple[Draft, ...]:
        arguments: dict[str, Template] = {
            "ApiEndpoint": self.endpoint,
            "Method": self.method,
            "InvocationConfig": {"ConnectionArn": self.connection},
        }
        if self.headers:
            arguments["Headers"] = dict(self.headers)
        if self.query:
            arguments["QueryParameters"] = dict(self.query)
        if self.body is not MISSING:
            arguments["RequestBody"] = self.body
        return (finish(self, site, "http", Call(action="http:invoke", arguments=arguments)),)
