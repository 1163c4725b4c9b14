"""A CloudFormation over HTTP that does as it is told: statuses, events in pages, refusals. What moto cannot be made to do."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, make_server
from xml.sax.saxutils import escape

ACCOUNT = "123456789012"
STACK = "AWS::CloudFormation::Stack"
Row = tuple[str, str, str, str]
"""Logical id, type, status, reason."""


@dataclass
class Scripted:
    """A stack. `script`: what happens after an execution, per question for the stack. `pages`: events per page."""

    name: str
    region: str
    status: str = "UPDATE_COMPLETE"
    script: list[list[Row]] = field(default_factory=list)
    resources: dict[str, tuple[str, str]] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    reason: str = ""
    running: bool = False
    events: list[Row] = field(default_factory=list)
    change_sets: dict[str, Mapping[str, str]] = field(default_factory=dict)
    clashes: int = 0
    gone: bool = False

    @property
    def id(self) -> str:
        return f"arn:aws:cloudformation:{self.region}:{ACCOUNT}:stack/{self.name}/1"

    def step(self) -> None:
        if self.running and self.script:
            for row in self.script.pop(0):
                self.events.append(row)
                if row[1] == STACK:
                    self.status = row[2]


class Refusal(Exception):
    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


class CloudFormation:
    """The service. `calls`: operations asked for. `deny`: an operation that is not allowed. `page`: elements per page."""

    def __init__(self) -> None:
        self.stacks: dict[tuple[str, str], Scripted] = {}
        self.calls: list[tuple[str, str]] = []
        self.requests: list[Mapping[str, str]] = []
        self.deny = ""
        self.page = 2
        self._server = make_server("127.0.0.1", 0, self._answer, handler_class=_Silent)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def add(self, stack: Scripted) -> Scripted:
        self.stacks[stack.region, stack.name] = stack
        return stack

    def counted(self) -> Counter[str]:
        return Counter(name for name, _ in self.calls)

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        region = environ["HTTP_AUTHORIZATION"].split("/")[2]
        action = form["Action"]
        self.calls.append((action, region))
        self.requests.append(form)
        try:
            if action == self.deny:
                raise Refusal("AccessDenied", "User is not authorized", 403)
            answer = getattr(self, action)(form, region)
        except Refusal as refusal:
            start(f"{refusal.status} Refused", [("Content-Type", "text/xml")])
            error = {"Error": {"Type": "Sender", "Code": refusal.code, "Message": str(refusal)}}
            return [f"<ErrorResponse>{_xml(error)}</ErrorResponse>".encode()]
        start("200 OK", [("Content-Type", "text/xml")])
        return [f"<{action}Response><{action}Result>{_xml(answer)}</{action}Result></{action}Response>".encode()]

    def _find(self, name: str, region: str) -> Scripted:
        for stack in self.stacks.values():
            if stack.region == region and (name == stack.id or (name == stack.name and not stack.gone)):
                return stack
        raise Refusal("ValidationError", f"Stack with id {name} does not exist")

    def GetCallerIdentity(self, form: Mapping[str, str], region: str) -> Any:
        return {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/ann", "UserId": "ann"}

    def DescribeStacks(self, form: Mapping[str, str], region: str) -> Any:
        stack = self._find(form["StackName"], region)
        one = {"StackId": stack.id, "StackName": stack.name, "StackStatus": stack.status, "CreationTime": "2026-01-01T00:00:00Z"}
        stack.step()
        return {"Stacks": [one]}

    def ListStackResources(self, form: Mapping[str, str], region: str) -> Any:
        stack = self._find(form["StackName"], region)
        rows = [
            {"LogicalResourceId": id, "ResourceType": type, "PhysicalResourceId": physical, "ResourceStatus": "CREATE_COMPLETE"}
            for id, (type, physical) in stack.resources.items()
        ]
        return self._paged(form, "StackResourceSummaries", rows)

    def DescribeStackEvents(self, form: Mapping[str, str], region: str) -> Any:
        stack = self._find(form["StackName"], region)
        rows = [
            {
                "EventId": f"event-{number}",
                "StackId": stack.id,
                "StackName": stack.name,
                "LogicalResourceId": id,
                "ResourceType": type,
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
                "Timestamp": f"2026-01-01T00:00:{number % 60:02}Z",
            }
            for number, (id, type, status, reason) in enumerate(stack.events)
        ]
        return self._paged(form, "StackEvents", rows[::-1])

    def _paged(self, form: Mapping[str, str], member: str, rows: list[Any]) -> Any:
        start = int(form.get("NextToken", "0"))
        more = {"NextToken": str(start + self.page)} if start + self.page < len(rows) else {}
        return {member: rows[start : start + self.page], **more}

    def CreateChangeSet(self, form: Mapping[str, str], region: str) -> Any:
        if form["ChangeSetType"] == "CREATE":
            stack = self.stacks.setdefault((region, form["StackName"]), Scripted(name=form["StackName"], region=region))
            stack.status, stack.gone = "REVIEW_IN_PROGRESS", False
            stack.events.append((stack.name, STACK, "REVIEW_IN_PROGRESS", "User Initiated"))
        stack = self._find(form["StackName"], region)
        if stack.clashes:
            stack.clashes -= 1
            raise Refusal("AlreadyExistsException", "ChangeSet already exists")
        id = f"arn:aws:cloudformation:{region}:{ACCOUNT}:changeSet/{form['ChangeSetName']}/{stack.name}"
        stack.change_sets[id] = form
        return {"Id": id, "StackId": stack.id}

    def DescribeChangeSet(self, form: Mapping[str, str], region: str) -> Any:
        id = form["ChangeSetName"]
        stack = self._find(form["StackName"], region)
        known = {"ChangeSetId": id, "ChangeSetName": "c", "StackName": stack.name, "StackId": stack.id}
        if stack.reason:
            return {**known, "Status": "FAILED", "StatusReason": stack.reason}
        changes = [{"Type": "Resource", "ResourceChange": change} for change in stack.changes]
        return {**known, "Status": "CREATE_COMPLETE", **self._paged(form, "Changes", changes)}

    def ExecuteChangeSet(self, form: Mapping[str, str], region: str) -> Any:
        id = form["ChangeSetName"]
        for stack in self.stacks.values():
            if stack.change_sets.pop(id, None) is not None:
                stack.running = True
                return {}
        raise Refusal("ChangeSetNotFound", "ChangeSet does not exist", 404)

    def DeleteChangeSet(self, form: Mapping[str, str], region: str) -> Any:
        for stack in self.stacks.values():
            stack.change_sets.pop(form["ChangeSetName"], None)
        return {}


def _xml(value: Any) -> str:
    match value:
        case dict():
            return "".join(f"<{name}>{_xml(one)}</{name}>" for name, one in value.items())
        case list():
            return "".join(f"<member>{_xml(one)}</member>" for one in value)
        case _:
            return escape(str(value))


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass
