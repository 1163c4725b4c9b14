"""An AWS over HTTP for the tests of publishing: moto, and in front of it what moto lacks of Step Functions, with faults on demand."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from publishing import ACCOUNT

EAST, WEST = "us-east-1", "us-west-1"


@dataclass(frozen=True, slots=True)
class Call:
    """What came in. `arguments` are those of JSON services."""

    service: str
    region: str
    operation: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body."""

    status: int
    body: bytes


def said(status: int, value: dict[str, Any]) -> Answer:
    return Answer(status, json.dumps(value).encode())


def fault(code: str, message: str = "says the test", status: int = 400) -> Callable[[Call], Answer]:
    """What answers a call with an error, in the form of the service's protocol."""

    def answer(call: Call) -> Answer:
        if call.service in ("sts", "iam"):
            text = (
                f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
            )
            return Answer(status, text.encode())
        return said(status, {"__type": code, "message": message})

    return answer


class FakeAws:
    """The server. `calls`: all that came in; `fault`: answers a call instead of AWS, if it answers; `killing`: (process, number of the
    call, whether after it was carried out): the process is killed there."""

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import WSGIRequestHandler, make_server

        self.moto = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.RLock()
        self.reset()

        class Quiet(WSGIRequestHandler):
            def log(self, type: str, message: str, *args: Any) -> None:
                """Nothing: pytest would show it."""

        self.server = make_server("127.0.0.1", 0, self._serve, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self) -> None:
        from moto.backends import get_backend

        for service in ("stepfunctions", "iam", "logs", "cloudwatch", "sts"):
            get_backend(service).reset()
        self.calls: list[Call] = []
        self.fault: Callable[[Call], Answer | None] = lambda call: None
        self.killing: tuple[int, int, bool] | None = None
        self.revisions: dict[str, int] = {}
        self.version_limit = 1000
        self.stale_looks = 0
        self.stale: dict[str, list[Answer]] = {}
        self.executions: dict[str, dict[str, Any]] = {}
        self.deleting: set[str] = set()
        self.smoke_status = "SUCCEEDED"
        self.latency = 0.0

    def reset_executions(self) -> None:
        """No execution is left."""
        self.executions.clear()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def state(self) -> dict[str, Any]:
        """All that a publisher can change: machines, versions, aliases, tags."""
        found: dict[str, Any] = {}
        for region in (EAST, WEST):
            backend = self._backend(region)
            for machine in backend.state_machines:
                found[f"{region} {machine.name}"] = {
                    "definition": machine.definition,
                    "role": machine.roleArn,
                    "logging": machine.loggingConfiguration,
                    "versions": {number: (one.description, one.definition) for number, one in machine.versions.items()},
                    "aliases": {
                        name: sorted((route["stateMachineVersionArn"], route["weight"]) for route in alias.routing_configuration)
                        for name, alias in machine.aliases.items()
                    },
                    "tags": dict(sorted(backend.tagger.get_tag_dict_for_resource(machine.arn).items())),
                }
        return dict(sorted(found.items()))

    def machine(self, region: str, name: str) -> Any:
        """moto's object."""
        return next(machine for machine in self._backend(region).state_machines if machine.name == name)

    def run(self, region: str, name: str, status: str = "RUNNING", version: int = 0, execution: str = "") -> None:
        """Put an execution there."""
        arn = f"arn:aws:states:{region}:{ACCOUNT}:stateMachine:{name}"
        self._execution(arn, execution or f"run-{len(self.executions)}", status, version)

    def _backend(self, region: str) -> Any:
        from moto.backends import get_backend

        return get_backend("stepfunctions")[ACCOUNT][region]

    def _serve(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        call = _call(environ, body)
        time.sleep(self.latency)
        with self.lock:
            number = len(self.calls)
            self.calls.append(call)
            self._kill(number, after=False)
            answer = self.fault(call)
            if answer is None:
                answer = self._answer(call, environ, body)
            self._kill(number, after=True)
        start(f"{answer.status} X", [("Content-Type", "application/x-amz-json-1.0"), ("Content-Length", str(len(answer.body)))])
        return iter([answer.body])

    def _kill(self, number: int, *, after: bool) -> None:
        if self.killing is not None and self.killing[1:] == (number, after):
            os.kill(self.killing[0], signal.SIGKILL)

    def _answer(self, call: Call, environ: dict[str, Any], body: bytes) -> Answer:
        own = getattr(self, f"_{_snake(call.operation)}", None) if call.service == "states" else None
        if own is not None:
            answer: Answer = own(call, lambda: self._moto(environ, body))
            return answer
        return self._moto(environ, body)

    def _moto(self, environ: dict[str, Any], body: bytes) -> Answer:
        import io

        seen: dict[str, str] = {}

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> None:
            seen["status"] = status

        environ = {**environ, "wsgi.input": io.BytesIO(body)}
        found = b"".join(self.moto(environ, start))
        return Answer(int(seen["status"].split()[0]), found)

    # Step Functions as AWS's API reference describes it, over moto's machines.

    def _validate_state_machine_definition(self, call: Call, moto: Callable[[], Answer]) -> Answer:
        bad = "broken on purpose" in call.arguments["definition"]
        item = {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": "this is broken"}
        return said(200, {"result": "FAIL" if bad else "OK", "diagnostics": [item] if bad else [], "truncated": False})

    def _create_state_machine(self, call: Call, moto: Callable[[], Answer]) -> Answer:
        name = call.arguments["name"]
        there = [machine for machine in self._backend(call.region).state_machines if machine.name == name]
        if f"arn:aws:states:{call.region}:{ACCOUNT}:stateMachine:{name}" in self.deleting:
            return said(400, {"__type": "StateMachineDeleting", "message": "it is being deleted"})
        if there and there[0].definition != call.arguments["definition"]:
            return said(400, {"__type": "StateMachineAlreadyExists", "message": "it exists"})
        return moto()

    def _update_state_machine(self, call: Call, moto: Callable[[], Answer]) -> Answer:
        arn = call.arguments["stateMachineArn"]
        before = self._described(arn, call.region)
        if call.arguments.get("publish") and len(self.machine(call.region, _name(arn)).versions) >= self.version_limit:
            return said(402, {"__type": "ServiceQuotaExceededException", "message": "too many versions"})
        answer = moto()
        if answer.status == 200:
            self.revisions[arn] = self.revisions.get(arn, 0) + 1
            if self.stale_looks:
                self.stale[arn] = [before] * self.stale_looks
            answer = said(200, {**json.loads(answer.body), "revisionId": self._revision(arn)})
        return answer

    def _describe_state_machine(self, call: Call, moto: Callable[[], Answer]) -> Answer:
        arn = call.arguments["stateMachineArn"]
        if self.stale.get(arn):
            return self.stale[arn].pop()
        return self._described(arn, call.region)

    def _described(self, arn: str, region: str) -> Answer:
        from moto.stepfunctions.exceptions import StateMachineDoesNotExist

        try:
            machine = self._backend(region).describe_state_machine(arn)
        except StateMachineDoesNotExist:
            return said(400, {"__type": "StateMachineDoesNotExist", "message": "there is none"})
        value = {
            "stateMachineArn": machine.arn,
            "name": machine.name,
            "status": "DELETING" if arn in self.deleting else "ACTIVE",
            "definition": machine.definition,
            "roleArn": machine.roleArn,
            "type": machine.type,
            "creationDate": machine.creation_date.timestamp(),
            "loggingConfiguration": machine.loggingConfiguration,
            "tracingConfiguration": machine.tracingConfiguration,
            "encryptionConfiguration": machine.encryptionConfiguration,
        }
        if machine.description:
            value["description"] = machine.description
        if arn in self.revisions:
            value["revisionId"] = self._revision(arn)
        return said(200, value)

    def _revision(self, arn: str) -> str:
        return f"00000000-0000-4000-8000-{self.revisions[arn]:012d}"

    def _publish_state_machine_version(self, call: Call, moto: Callable[[], Answer]) -> Answer:
        arn = call.arguments["stateMachineArn"]
        if call.arguments.get("revisionId", "") != (self._revision(arn) if arn in self.revisions else ""):
            return said(409, {"__type": "ConflictException", "message": "another revision"})
        machine = self.machine(call.region, _name(arn))
        machine.publish(call.arguments.get("description"))
        return said(200, {"creationDate": time.time(), "stateMachineVersionArn": machine.latest_version.arn})

    def _list_state_machine_versions(self, call: Call, moto: Callable[[], Answer]) -> Answer:
        machine = self.machine(call.region, _name(call.arguments["stateMachineArn"]))
        found = [
            {"stateMachineVersionArn": one.arn, "creationDate": one.creation_date.timestamp()}
            for _, one in sorted(machine.versions.items(), reverse=True)
        ]
        return _page("stateMachineVersions", found, call)

    def _delete_state_machine_version(self, call: Call, moto: Callable[[], Answer]) -> Answer:
        arn, _, number = call.arguments["stateMachineVersionArn"].rpartition(":")
        machine = self.machine(call.region, _name(arn))
        routes = [route["stateMachineVersionArn"] for alias in machine.aliases.values() for route in alias.routing_configuration]
        if f"{arn}:{number}" in routes:
            return said(409, {"__type": "ConflictException", "message": "an alias uses it"})
        machine.versions.pop(int(number), None)
        return said(200, {})

    def _start_execution(self, call: Call, moto: Callable[[], Answer]) -> Answer:
        arn, _, qualifier = call.arguments["stateMachineArn"].rpartition(":")
        if call.arguments["stateMachineArn"].count(":") == 6:
            arn, qualifier = call.arguments["stateMachineArn"], ""
        machine = self.machine(call.region, _name(arn))
        version = 0
        if qualifier:
            route = machine.aliases[qualifier].routing_configuration[0]["stateMachineVersionArn"]
            version = int(route.rpartition(":")[2])
        name = call.arguments["name"]
        execution = arn.replace(":stateMachine:", ":execution:") + f":{name}"
        if execution in self.executions:
            return said(400, {"__type": "ExecutionAlreadyExists", "message": "it exists"})
        self._execution(arn, name, self.smoke_status, version)
        return said(200, {"executionArn": execution, "startDate": time.time()})

    def _execution(self, arn: str, name: str, status: str, version: int) -> None:
        execution = arn.replace(":stateMachine:", ":execution:") + f":{name}"
        value = {"executionArn": execution, "stateMachineArn": arn, "name": name, "status": status, "startDate": time.time()}
        if version:
            value["stateMachineVersionArn"] = f"{arn}:{version}"
        if status != "RUNNING":
            value["stopDate"] = time.time()
        self.executions[execution] = value

    def _start_sync_execution(self, call: Call, moto: Callable[[], Answer]) -> Answer:
        now = time.time()
        value = {"executionArn": "arn", "startDate": now, "stopDate": now, "status": self.smoke_status, "error": "Some.Error"}
        return said(200, value)

    def _describe_execution(self, call: Call, moto: Callable[[], Answer]) -> Answer:
        return said(200, self.executions[call.arguments["executionArn"]])

    def _list_executions(self, call: Call, moto: Callable[[], Answer]) -> Answer:
        arn, status = call.arguments["stateMachineArn"], call.arguments.get("statusFilter")
        if self.machine(call.region, _name(arn)).type == "EXPRESS":
            return said(400, {"__type": "StateMachineTypeNotSupported", "message": "EXPRESS"})
        found = [one for one in self.executions.values() if one["stateMachineArn"] == arn and status in (None, one["status"])]
        return _page("executions", found[::-1], call)


def _page(member: str, found: list[dict[str, Any]], call: Call) -> Answer:
    size, start = min(call.arguments.get("maxResults") or 100, 100), int(call.arguments.get("nextToken") or 0)
    more = {"nextToken": str(start + size)} if start + size < len(found) else {}
    return said(200, {member: found[start : start + size], **more})


def _name(arn: str) -> str:
    return arn.split(":")[6]


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _call(environ: dict[str, Any], body: bytes) -> Call:
    scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    region, service = scope.groups() if scope else ("", "")
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    operation = target.rpartition(".")[2] or environ["PATH_INFO"].partition("/operation/")[2]
    arguments: dict[str, Any] = {}
    if target:
        arguments = json.loads(body or b"{}")
    elif not operation:
        arguments = dict(urllib.parse.parse_qsl(body.decode()))
        operation = str(arguments.get("Action", ""))
    return Call(service, region, operation, arguments)


@contextmanager
def fake_aws() -> Iterator[FakeAws]:
    """A server for a while."""
    aws = FakeAws()
    try:
        yield aws
    finally:
        aws.close()
