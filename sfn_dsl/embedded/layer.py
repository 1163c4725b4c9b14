"""The WSGI application: Step Functions is answered here, all else by moto; changes are written down, faults happen to order."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from sfn_dsl.embedded.api_error import ApiError
from sfn_dsl.embedded.faults import REFUSALS, Fault, FaultPlan, parse_planned
from sfn_dsl.embedded.incoming import Incoming, as_asked, as_json, error_answer, identify
from sfn_dsl.embedded.journal import Entry, Journal
from sfn_dsl.embedded.shelf import Moment
from sfn_dsl.embedded.stepfunctions import StepFunctions
from sfn_dsl.errors import ConfigError

__all__ = ["Answer", "Layer"]

Answer: TypeAlias = "tuple[str, list[tuple[str, str]], bytes]"
"""Status line, headers, body."""

_KEPT: Final = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "RAW_URI", "REQUEST_URI")
_TOLD: Final = 300
"""Bytes of an answer that stand in a message."""
_OURS: Final = ("states", "tagging")


class Dropped(ConnectionError):
    """The connection ends without an answer."""


class Layer:
    """The application. `moto(environ, body, identity)` answers for moto, with new names made from `identity` (None: from chance).

    Paths of its own: `/_health`, `/_stop`, `/_calls`, `/_faults`, `/_samples`, `/_kill_client_after`; see `docs/local-aws.md`.
    """

    def __init__(
        self,
        *,
        account: str,
        states: StepFunctions,
        moto: Callable[[dict[str, Any], bytes, str | None], Answer],
        journal: Journal,
        stop: Callable[[], None],
    ) -> None:
        self._account = account
        self._states = states
        self._moto = moto
        self._journal = journal
        self._stop = stop
        self._changing = threading.RLock()
        self._faults = FaultPlan()
        self._calls: list[dict[str, Any]] = []
        self.lost: list[str] = []
        """Changes of the journal that did not succeed again."""
        self.used = time.monotonic()
        """When the last request came."""

    def replay(self) -> None:
        """Do again what the journal holds."""
        for entry in self._journal.entries():
            if not entry.service:
                self._states.samples.update(json.loads(entry.body))
                continue
            call = Incoming(
                service=entry.service,
                operation=entry.operation,
                region=entry.region,
                account=entry.account,
                key="",
                method=entry.environ["REQUEST_METHOD"],
            )
            body = entry.body.encode("latin-1")
            moment = Moment(time=entry.time, identity=entry.identity)
            status, _, answer = self._effect(call, _environ(entry.environ, body), body, moment)
            if entry.succeeded and not status.startswith("2"):
                told = answer[:_TOLD].decode("utf-8", "replace")
                self.lost.append(f"{entry.service} {entry.operation} in {entry.region}: {status}: {told}")

    def finish(self) -> None:
        """Let no more changes happen."""
        with self._changing:
            self._journal.close()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.used = time.monotonic()
        body = (
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            if not _chunked(environ)
            else environ["wsgi.input"].read()
        )
        path = environ.get("PATH_INFO", "")
        try:
            if path.startswith("/_"):
                status, headers, answer = self._control(path, environ, body)
            else:
                status, headers, answer = self._call(environ, body)
        except Dropped:
            _drop(environ)
            raise
        start_response(status, [*headers, ("Content-Length", str(len(answer)))] if not _has_length(headers) else headers)
        return [answer]

    # Calls of AWS

    def _call(self, environ: dict[str, Any], body: bytes) -> Answer:
        call = identify(environ, body, self._account)
        fault = self._faults.next(call)
        noted: dict[str, Any] = {"service": call.service, "operation": call.operation, "region": call.region}
        noted |= {"account": call.account, "status": 0, "fault": fault.fault if fault else ""}
        self._calls.append(noted)
        kind = fault.fault if fault else ""
        if fault is not None and kind in REFUSALS:
            code, message, number = REFUSALS[kind]
            status, headers, answer = error_answer(environ, call.service, ApiError(code, message, status=number))
            noted["status"] = int(status[:3])
            return status, list(headers.items()), answer
        if fault is not None and kind.endswith("_before"):
            _break(fault)
        if fault is not None and kind == "delay":
            time.sleep(fault.seconds)
        result = self._kept(call, environ, body, stale=kind == "stale")
        noted["status"] = int(result[0][:3])
        if fault is not None and kind.endswith("_after"):
            _break(fault)
        return result

    def _kept(self, call: Incoming, environ: dict[str, Any], body: bytes, *, stale: bool) -> Answer:
        """A call's answer, with its change written down."""
        if not call.changes and not self._ours(call):
            return self._ask_moto(call, _environ(environ, body), body, None)
        with self._changing:
            moment = Moment(time=time.time(), identity=str(uuid.uuid4()))
            result = self._effect(call, _environ(environ, body), body, moment, stale=stale)
            succeeded = result[0].startswith("2")
            # moto sometimes does a part of what it refuses.
            if call.changes and (succeeded or not self._ours(call)):
                self._journal.add(
                    Entry(
                        service=call.service,
                        operation=call.operation,
                        region=call.region,
                        account=call.account,
                        time=moment.time,
                        identity=moment.identity,
                        environ=_remembered(environ, call),
                        body=body.decode("latin-1"),
                        succeeded=succeeded,
                    )
                )
            return result

    def _effect(self, call: Incoming, environ: dict[str, Any], body: bytes, moment: Moment, *, stale: bool = False) -> Answer:
        if not self._ours(call):
            return self._ask_moto(call, environ, body, moment.identity)
        status, value = self._states.answer(
            call.operation, as_json(environ, body), account=call.account, region=call.region, moment=moment, stale=stale
        )
        headers, text = as_asked(environ, value)
        line = f"{status} {'OK' if status == 200 else 'Error'}"
        return line, [*headers.items(), ("x-amzn-RequestId", moment.identity)], text

    def _ask_moto(self, call: Incoming, environ: dict[str, Any], body: bytes, identity: str | None) -> Answer:
        try:
            return self._moto(environ, body, identity)
        except Exception as error:
            # What moto cannot do ends in exceptions of all kinds; the caller gets a reason, the log the rest.
            traceback.print_exc()
            reason = ApiError("InternalFailure", f"moto fell over: {type(error).__name__}: {error}", status=500)
            status, headers, answer = error_answer(environ, call.service, reason)
            return status, list(headers.items()), answer

    def _ours(self, call: Incoming) -> bool:
        return call.service in _OURS and self._states.has(call.operation)

    # Requests of tests and of whoever started the server

    def _control(self, path: str, environ: Mapping[str, Any], body: bytes) -> Answer:
        method = environ.get("REQUEST_METHOD", "GET")
        if method != "GET" and not environ.get("CONTENT_TYPE", "").startswith("application/json"):
            # A page in a browser cannot send this type to another origin without asking first.
            return _json(415, {"error": "send application/json"})
        try:
            value = json.loads(body or b"null")
            match (method, path):
                case ("GET", "/_health"):
                    return _json(200, {"pid": os.getpid(), "account": self._account, "lost": self.lost})
                case ("POST", "/_stop"):
                    self._stop()
                    return _json(200, {})
                case ("GET", "/_calls"):
                    return _json(200, self._calls)
                case ("DELETE", "/_calls"):
                    self._calls = []
                    return _json(200, {})
                case ("GET", "/_faults"):
                    return _json(200, [fault.json for fault in self._faults.waiting])
                case ("POST", "/_faults"):
                    for fault in [_planned(one) for one in (value if isinstance(value, list) else [value])]:
                        self._faults.add(fault)
                    return _json(200, {})
                case ("DELETE", "/_faults"):
                    self._faults.clear()
                    return _json(200, {})
                case ("PUT", "/_samples"):
                    self._take_samples(value)
                    return _json(200, {})
                case ("POST", "/_kill_client_after"):
                    self._faults.add(_kill(value))
                    return _json(200, {})
                case _:
                    return _json(404, {"error": f"there is no {method} {path}"})
        except ConfigError as error:
            return _json(400, {"error": str(error), "help": error.help})
        except ValueError:
            return _json(400, {"error": "the body is not JSON"})

    def _take_samples(self, value: Any) -> None:
        """Answers of tasks from now on. They are in the journal, because executions run again when it is read."""
        if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
            raise ConfigError("give results by state, by ARN of a machine", help='{"arn:aws:states:...": {"Load": {"rows": 1}}}')
        with self._changing:
            new = {arn: samples for arn, samples in value.items() if self._states.samples.get(arn) != samples}
            if not new:
                return
            self._states.samples.update(new)
            self._journal.add(
                Entry(
                    service="",
                    operation="samples",
                    region="",
                    account="",
                    time=time.time(),
                    identity="",
                    environ={},
                    body=json.dumps(new),
                    succeeded=True,
                )
            )


def _planned(value: Any) -> Fault:
    fault = parse_planned(value)
    if fault.pid == os.getpid():
        raise ConfigError("the server does not end itself this way", help="use /_stop")
    return fault


def _kill(value: Any) -> Fault:
    if not isinstance(value, dict) or value.get("when", "after") not in ("before", "after"):
        raise ConfigError(
            "give `pid`, `call` and `when` (before or after the effect)", help='{"pid": 4711, "call": 3, "when": "after"}'
        )
    rest = {name: member for name, member in value.items() if name != "when"}
    return _planned({**rest, "fault": f"kill_{value.get('when', 'after')}"})


def _break(fault: Fault) -> None:
    """End the connection, and before that the client's process where the fault says so."""
    if fault.pid:
        os.kill(fault.pid, signal.SIGKILL)
    raise Dropped


def _drop(environ: Mapping[str, Any]) -> None:
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)


def _json(status: int, value: Any) -> Answer:
    return f"{status} {'OK' if status == 200 else 'Error'}", [("Content-Type", "application/json")], json.dumps(value).encode()


def _chunked(environ: Mapping[str, Any]) -> bool:
    return bool(environ.get("wsgi.input_terminated"))


def _has_length(headers: list[tuple[str, str]]) -> bool:
    return any(name.lower() == "content-length" for name, _ in headers)


def _environ(environ: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    """A request whose body can be read again."""
    base = {
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SCRIPT_NAME": "",
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    return {**base, **environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}


def _remembered(environ: Mapping[str, Any], call: Incoming) -> dict[str, str]:
    """What of a request is worth keeping: no signature, no token."""
    found = {key: str(value) for key, value in environ.items() if key in _KEPT or key.startswith("HTTP_")}
    for secret in ("HTTP_X_AMZ_SECURITY_TOKEN", "HTTP_TRANSFER_ENCODING"):
        found.pop(secret, None)
    scope = f"{call.key}/20260101/{call.region}/{call.service}/aws4_request"
    return {**found, "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
