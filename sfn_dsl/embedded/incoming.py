"""What an HTTP request asks for: service, operation, Region, account; and how the service would write an error."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

import cbor2

from sfn_dsl.embedded.api_error import ApiError

__all__ = ["Incoming", "as_asked", "as_json", "error_answer", "identify"]

_SCOPE: Final = re.compile(r"Credential=([^/,\s]+)/\d+/([\w-]+)/([\w-]+)/aws4_request")
_CBOR: Final = "rpc-v2-cbor"
_JSON: Final = "application/x-amz-json-1.0"
_BY_PATH: Final = frozenset({"lambda", "s3", "scheduler"})
"""Services whose operation is in the method and the path; the names are also those of botocore's models."""
_IN_XML: Final[Mapping[str, tuple[str, int]]] = {
    "AccessDeniedException": ("AccessDenied", 403),
    "ExpiredTokenException": ("ExpiredToken", 403),
    "ThrottlingException": ("Throttling", 400),
}
"""What errors are called by services that speak XML, and their status. Source: API references of IAM, SNS and S3."""
_READING: Final = re.compile(
    r"(Batch)?(Get|Describe|List)|Head|Query|Scan|Receive|Validate|Lookup|Filter|Select|Test|Simulate|Assume"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A call. `service`: the name that requests are signed for (`states`, `monitoring`); `operation` is empty where it is not
    known. `account` has 12 digits, `key` is the caller's access key."""

    service: str
    operation: str
    region: str
    account: str
    key: str
    method: str

    @property
    def changes(self) -> bool:
        """Whether the call may change something."""
        return not _READING.match(self.operation) if self.operation else self.method not in ("GET", "HEAD", "OPTIONS")


def identify(environ: Mapping[str, Any], body: bytes, account: str) -> Incoming:
    """What a WSGI request asks for. `account`: that of callers whose access key is not the number of an account."""
    match = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", "")) or _SCOPE.search(
        "Credential=" + (parse_qs(environ.get("QUERY_STRING", "")).get("X-Amz-Credential") or [""])[0]
    )
    key, region, service = match.groups() if match else ("", "us-east-1", "")
    owner = key if key.isdigit() and len(key) == 12 else account
    method = environ.get("REQUEST_METHOD", "GET")
    return Incoming(
        service=service,
        operation=_operation(environ, body, service, method),
        region=region,
        account=owner,
        key=key,
        method=method,
    )


def _operation(environ: Mapping[str, Any], body: bytes, service: str, method: str) -> str:
    path = str(environ.get("PATH_INFO", "/"))
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    if target:
        return target.rpartition(".")[2]
    if "/operation/" in path:
        return path.rpartition("/operation/")[2]
    if service in _BY_PATH:
        given = {f"?{key}" for key in parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)} | set(environ)
        for route in _routes(service):
            if route.method == method and route.needed <= given and route.path.fullmatch(path):
                return route.operation
        return ""
    formed = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    text = body.decode("utf-8", "replace") if formed else str(environ.get("QUERY_STRING", ""))
    return (parse_qs(text).get("Action") or [""])[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Route:
    """How an operation is told from others. `needed`: keys of the query (`?uploads`) and names of headers in WSGI's form."""

    operation: str
    method: str
    path: re.Pattern[str]
    needed: frozenset[str]


@functools.cache
def _routes(service: str) -> tuple[_Route, ...]:
    """The routes of a service; those that need most come first."""
    import botocore.session

    model = botocore.session.get_session().get_service_model(service)
    found = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        path, _, query = operation.http["requestUri"].partition("?")
        form = "".join(
            (".+" if part.endswith("+}") else "[^/]+") if part.startswith("{") else re.escape(part)
            for part in re.split(r"(\{[^}]+\})", unquote(path))
        )
        needed = {f"?{one.partition('=')[0]}" for one in query.split("&") if one}
        shape = operation.input_shape
        for member in (shape.members[key] for key in shape.required_members) if shape else ():
            place, key = member.serialization.get("location"), member.serialization.get("name", "")
            if place == "querystring":
                needed.add(f"?{key}")
            elif place == "header":
                needed.add(f"HTTP_{key.upper().replace('-', '_')}")
        whole = re.compile(form.rstrip("/") + "/?")
        found.append(_Route(operation=name, method=operation.http["method"], path=whole, needed=frozenset(needed)))
    return tuple(sorted(found, key=lambda one: (-len(one.needed), -len(one.path.pattern), one.operation)))


def _speaks_cbor(environ: Mapping[str, Any]) -> bool:
    return environ.get("HTTP_SMITHY_PROTOCOL") == _CBOR


def as_json(environ: Mapping[str, Any], body: bytes) -> bytes:
    """The body of a request in JSON, whatever the caller speaks; one that is no CBOR stays as it is."""
    if not _speaks_cbor(environ):
        return body
    try:
        return json.dumps(cbor2.loads(body), default=_in_json).encode()
    except (cbor2.CBORError, TypeError, ValueError):
        return body


def _in_json(value: object) -> None:
    """What JSON has for a value that only CBOR has: null for one that is not defined."""
    if value is not cbor2.undefined:
        raise TypeError(f"{type(value).__name__} is no value of JSON")


def as_asked(environ: Mapping[str, Any], value: Any) -> tuple[dict[str, str], bytes]:
    """Headers and body of an answer, in the form of the request."""
    if _speaks_cbor(environ):
        return {"Content-Type": "application/cbor", "Smithy-Protocol": _CBOR}, cbor2.dumps(value)
    return {"Content-Type": environ.get("CONTENT_TYPE") or _JSON}, json.dumps(value).encode()


def error_answer(environ: Mapping[str, Any], service: str, error: ApiError) -> tuple[str, dict[str, str], bytes]:
    """Status line, headers and body of an error, in the protocol of a request; those of XML have other names for some errors."""
    code, message, status = error.code, error.message, error.status
    line = f"{status} Error"
    kind = environ.get("CONTENT_TYPE", "")
    if _speaks_cbor(environ):
        return line, *as_asked(environ, {"__type": code, "message": message})
    if service == "s3" or kind.startswith("application/x-www-form-urlencoded"):
        code, status = _IN_XML.get(code, (code, status))
        line = f"{status} Error"
    if service == "s3":
        text = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
        return line, {"Content-Type": "application/xml"}, text.encode()
    if kind.startswith("application/x-www-form-urlencoded"):
        told = f"<Type>Sender</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        text = f"<ErrorResponse><Error>{told}</Error></ErrorResponse>"
        return line, {"Content-Type": "text/xml"}, text.encode()
    text = json.dumps({"__type": code, "message": message})
    return line, {"Content-Type": kind or "application/json", "x-amzn-ErrorType": code}, text.encode()
