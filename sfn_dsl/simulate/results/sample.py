"""A result for a Task that nobody mocked: realistic, always the same, and of the form that TestState's STRICT mode asks for.

What a state machine is likely to read is there: ids, names taken over from the arguments, and statuses that say "done", so that
loops which poll a job come to an end. Other optional fields are left out.

Source of the fields that are always there: results recorded from AWS.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from sfn_dsl.asl.model import Json
from sfn_dsl.asl.services import Pattern, parse_resource
from sfn_dsl.asl.shapes import Shape
from sfn_dsl.simulate.results.check import misfit
from sfn_dsl.simulate.results.shapes import METADATA, has_status, job_name, result_shape, success_word

__all__ = ["sample_result"]

# Optional fields that are nearly always there.
_USUAL = re.compile(
    "Count|Entries|Failed(Entry|Record)Count|Failures|IsTruncated|Items|KeyCount|ScannedCount|Unprocessed(Items|Keys)"
)
# Ids that do not look like a UUID: prefix and number of digits.
_IDS: Final[Mapping[str, tuple[str, int]]] = {
    "elasticmapreduce ClusterId": ("j-", 13),
    "elasticmapreduce StepId": ("s-", 13),
    "emr ClusterId": ("j-", 13),
    "emr StepId": ("s-", 13),
    "glue JobRunId": ("jr_", 64),
}
_HTTP: Final = {"Headers": {}, "ResponseBody": {}, "StatusCode": 200, "StatusText": "OK"}
# Fields whose values are fixed, by action; `sdk` for `aws-sdk` resources.
_FIXED: Final[Mapping[str, Mapping[str, Json]]] = {
    "apigateway:invoke": _HTTP,
    "batch:submitJob.sync": {"Attempts": [], "Container": {"ExitCode": 0}},
    "bedrock:invokeModel": {"Body": {}, "ContentType": "application/json"},
    "eks:call": {"ResponseBody": {}, "StatusCode": 200, "StatusText": "OK"},
    "http:invoke": _HTTP,
    "lambda:invoke": {"ExecutedVersion": "$LATEST", "Payload": {}, "StatusCode": 200},
    "sdk lambda:invoke": {"ExecutedVersion": "$LATEST", "Payload": "{}", "StatusCode": 200},
    "sdk s3:getObject": {"Body": "", "ContentLength": 0, "ContentType": "binary/octet-stream", "Metadata": {}},
    "sdk s3:headObject": {"ContentLength": 0, "ContentType": "binary/octet-stream", "Metadata": {}},
    "sdk s3:putObject": {"ETag": '"d41d8cd98f00b204e9800998ecf8427e"', "ServerSideEncryption": "AES256"},
    "sdk secretsmanager:getSecretValue": {"SecretString": "{}"},
    "sdk sfn:describeExecution": {"Output": "{}"},
    "sdk sfn:startSyncExecution": {"Output": "{}"},
    "sdk ssm:getParameter": {"Parameter": {"Name": "parameter", "Type": "String", "Value": "value", "Version": 1}},
}
_IDENTITY = re.compile(r"^(?!.*(Durable|Key|Request|Secret|Session|Version)).*(Id|Arn|ARN)$")
_MOMENT = re.compile(r"^(?!Redrive|Delet|Expir).*(Creat|Start|Stop|Complet|End|Submi|Modif|Updat|Finish)")
_READING = re.compile(r"(describe|get|head|list|lookup|query|scan|search|select)(?![a-z])")
_DEEPEST: Final = 6


@dataclass(frozen=True, slots=True)
class _Call:
    """One call: its arguments, what its ids are made from, the time, and which element of a list is being made."""

    arguments: Mapping[str, Json]
    salt: str
    now: str
    element: int = 0

    def digits(self, name: str, count: int) -> str:
        return hashlib.blake2b(f"{self.salt}|{name}|{self.element}".encode()).hexdigest()[:count]

    def uuid(self, name: str) -> str:
        text = self.digits(name, 32)
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands: its service and action, the name of the thing it belongs to, the depth.

    `answer`: the action makes or changes something, and its result is not the description of a finished job.
    """

    service: str
    action: str
    noun: str
    answer: bool
    depth: int = 0

    def inside(self, noun: str) -> _Place:
        return replace(self, noun=noun, depth=self.depth + 1)


_Maker: TypeAlias = Callable[[_Call], Json]


def sample_result(resource: str, arguments: Json, *, seed: int = 0, now: str = "2026-01-01T00:00:00.000Z") -> Json:
    """What a successful Task of a `Resource` might return for its arguments; the same for the same parameters.

    Ids are made from `seed` and the resource: give each call its own seed where they must differ. `now`: ISO 8601.
    """
    call = _Call(arguments if isinstance(arguments, dict) else {}, f"{seed}|{resource}", now)
    make, extend = _compiled(resource)
    result = make(call)
    extend(call, result)
    return dict(sorted(result.items()))


@functools.lru_cache(maxsize=4096)
def _compiled(resource: str) -> tuple[_Maker, Callable[[_Call, dict[str, Json]], None]]:
    known = parse_resource(resource)
    if known is None or known.pattern is Pattern.CALLBACK:
        return _empty, _nothing
    at_once = known.pattern is Pattern.REQUEST_RESPONSE
    place = _Place(known.service, known.action, job_name(resource), at_once and not _READING.match(known.action))
    shape = result_shape(resource)
    make = _structure(shape, place) if shape.kind == "structure" else _empty
    key = f"{'sdk ' if known.sdk else ''}{known.service}:{known.action}{known.pattern.value}"
    fixed, own = json.dumps(_FIXED.get(key, {})), _OWN.get(key, _nothing)
    metadata = not known.sdk and known.service in METADATA and at_once

    def extend(call: _Call, result: dict[str, Json]) -> None:
        result.update(json.loads(fixed))
        own(call, result)
        if metadata:
            result["SdkHttpMetadata"] = {"AllHttpHeaders": {}, "HttpHeaders": {}, "HttpStatusCode": 200}
            result["SdkResponseMetadata"] = {"RequestId": call.uuid("RequestId")}

    return make, extend


def _maker(name: str, shape: Shape, place: _Place) -> _Maker:
    """How to make a value of a shape; `place` is that of the object it is a member of."""
    match shape.kind:
        case "structure":
            return _structure(shape, place.inside(_singular(name)))
        case "list":
            return _list(name, shape, place)
        case "string":
            return _string(name, shape, place)
        case "timestamp":
            return lambda call: call.now
        case "integer" if name.endswith("At"):
            return lambda call: int(datetime.fromisoformat(call.now).timestamp() * 1000)
        case "integer" | "number":
            number = 200 if name == "StatusCode" else max(0, shape.minimum or 0)
            return lambda call: number
        case "boolean":
            return lambda call: False
        case "blob":
            return lambda call: ""
        case _:
            return _empty


def _empty(call: _Call) -> dict[str, Json]:
    return {}


def _nothing(call: _Call, result: dict[str, Json]) -> None:
    """For resources without fields of their own."""


def _structure(shape: Shape, place: _Place) -> _Maker:
    members = shape.members
    direct = any(success_word(name, inner, place.action) for name, inner in members.items())
    described = direct or (place.depth > 0 and any(has_status(inner, place.action) for inner in members.values()))
    made = [
        (name, _maker(name, inner, place))
        for name, inner in sorted(members.items())
        if name in shape.required or (place.depth < _DEEPEST and _expected(name, inner, place, direct, described))
    ]
    copied = {name: inner for name, inner in members.items() if (place.depth == 0 or described) and _copied(name, inner, place)}

    def make(call: _Call) -> dict[str, Json]:
        result: dict[str, Json] = {}
        for name, value in call.arguments.items():
            if name in copied and misfit(copied[name], value, required=True) is None:
                result[name] = value
        if not result:
            return {name: maker(call) for name, maker in made}
        result |= {name: maker(call) for name, maker in made if name not in result}
        return dict(sorted(result.items()))

    return make


def _copied(name: str, shape: Shape, place: _Place) -> bool:
    """Whether an argument of the same name is taken over: no status, and no list of objects, which are answered one by one."""
    objects = shape.kind == "list" and shape.element.kind == "structure"
    return shape.kind != "any" and not objects and not success_word(name, shape, place.action)


def _expected(name: str, inner: Shape, place: _Place, direct: bool, described: bool) -> bool:
    """Whether an optional member is made: `direct` with a status of its object's own, `described` also with one just below."""
    if (_USUAL.fullmatch(name) and (inner.minimum or 0) <= 0) or success_word(name, inner, place.action):
        return True
    if inner.kind in ("structure", "list"):
        return not direct and has_status(inner, place.action, levels=1)
    if described and _MOMENT.search(name) and (inner.kind == "timestamp" or (inner.kind == "integer" and name.endswith("At"))):
        return True
    if inner.kind != "string" or not _IDENTITY.search(name):
        return False
    own = name in ("Id", "Arn") or name.removesuffix("Id").removesuffix("Arn") == place.noun
    return (described and own) or (place.answer and (place.depth == 0 or (place.depth == 1 and not described)))


def _list(name: str, shape: Shape, place: _Place) -> _Maker:
    """As many elements as the argument of the same name has; one where loops look for its status; else none."""
    element = shape.element
    if element.kind != "structure" or place.depth >= _DEEPEST:
        return lambda call: []
    make = _structure(element, place.inside(_singular(name)))
    usual = 1 if name != "Failures" and has_status(shape, place.action, levels=1) else 0

    def make_all(call: _Call) -> list[Json]:
        given = call.arguments.get(name)
        if not isinstance(given, list) or place.depth > 0:
            return [make(call)] * usual
        arguments = [item if isinstance(item, dict) else {**call.arguments, name: [item]} for item in given]
        return [make(replace(call, arguments=item, element=index)) for index, item in enumerate(arguments)]

    return make_all


def _string(name: str, shape: Shape, place: _Place) -> _Maker:
    status = success_word(name, shape, place.action)
    if status or shape.values:
        word = status or shape.values[0]
        return lambda call: word
    noun = place.noun
    qualified = noun + name if name in ("Id", "Arn", "ARN") else name
    identity = bool(_IDENTITY.search(name))
    if identity:
        same = [qualified, name, *(["RunId"] if noun.endswith("Run") else []), f"{noun}s"]
    else:
        same = [name, "Name"] if name.endswith("Name") else [name]
    invent = _invention(f"{place.service} {qualified}", identity)

    def make(call: _Call) -> str:
        for candidate in same:
            given = call.arguments.get(candidate)
            given = given[0] if isinstance(given, list) and given else given
            if isinstance(given, str):
                return given
        return invent(call)

    return make


def _invention(field: str, identity: bool) -> Callable[[_Call], str]:
    """A text for a field (`glue JobRunId`) that no argument gives."""
    service, name = field.split(" ")
    if field in _IDS:
        prefix, digits = _IDS[field]
        return lambda call: prefix + call.digits(name, digits)
    if not identity:
        return lambda call: f"{name}-{call.digits(name, 8)}"
    if name.endswith("Id"):
        return lambda call: call.uuid(name)
    thing = name[:-3] or "resource"
    start = f"arn:aws:{service}:us-east-1:123456789012:{thing[:1].lower()}{thing[1:]}/"
    return lambda call: start + call.uuid(name)


def _singular(name: str) -> str:
    return name.removesuffix("s") if not name.endswith("ss") else name


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _message(call: _Call, result: dict[str, Json]) -> None:
    body = _text(call.arguments.get("MessageBody", "")).encode()
    result["MD5OfMessageBody"] = hashlib.md5(body, usedforsecurity=False).hexdigest()


def _execution(call: _Call, result: dict[str, Json]) -> None:
    machine, name = (call.arguments.get(field) for field in ("StateMachineArn", "Name"))
    if isinstance(machine, str) and ":stateMachine:" in machine:
        parts = machine.replace(":stateMachine:", ":execution:", 1).split(":")[:7]
        result["ExecutionArn"] = ":".join([*parts, name if isinstance(name, str) else call.uuid("Name")])


def _finished_execution(call: _Call, result: dict[str, Json]) -> None:
    _execution(call, result)
    result["Input"] = _text(call.arguments.get("Input", {}))
    result["InputDetails"] = result["OutputDetails"] = {"Included": True}
    result["Name"] = str(result.get("ExecutionArn", "")).rsplit(":", 1)[-1]
    result["Output"] = "{}"
    result["RedriveCount"] = 0
    result["RedriveStatus"] = "NOT_REDRIVABLE"
    result["RedriveStatusReason"] = "Execution is SUCCEEDED and cannot be redriven"


def _parsed_execution(call: _Call, result: dict[str, Json]) -> None:
    _finished_execution(call, result)
    result["Input"], result["Output"] = call.arguments.get("Input", {}), {}


def _cluster(call: _Call, result: dict[str, Json]) -> None:
    result.pop("JobFlowId", None)
    result["ClusterId"] = _invention("elasticmapreduce ClusterId", True)(call)


def _step(call: _Call, result: dict[str, Json]) -> None:
    result["StepId"] = _invention("elasticmapreduce StepId", True)(call)


def _tasks(call: _Call, result: dict[str, Json]) -> None:
    for task in result.get("Tasks", ()):
        _task(call, task)


def _task(call: _Call, result: dict[str, Json]) -> None:
    """A container task that ended well, with the containers that the arguments name, or one."""
    overrides = call.arguments.get("Overrides")
    named = overrides.get("ContainerOverrides") if isinstance(overrides, dict) else None
    names = [item["Name"] for item in named if isinstance(item, dict) and "Name" in item] if isinstance(named, list) else []
    result["Containers"] = [{"ExitCode": 0, "LastStatus": "STOPPED", "Name": name} for name in names or ["main"]]
    result["StopCode"] = "EssentialContainerExited"
    result["StoppedReason"] = "Essential container in task exited"
    for field, argument in (("ClusterArn", "Cluster"), ("TaskDefinitionArn", "TaskDefinition")):
        if isinstance(call.arguments.get(argument), str):
            result[field] = call.arguments[argument]


_OWN: Final[Mapping[str, Callable[[_Call, dict[str, Json]], None]]] = {
    "ecs:runTask": _tasks,
    "ecs:runTask.sync": _task,
    "elasticmapreduce:addStep": _step,
    "elasticmapreduce:addStep.sync": _step,
    "elasticmapreduce:createCluster": _cluster,
    "elasticmapreduce:createCluster.sync": _cluster,
    "sdk sfn:startExecution": _execution,
    "sdk sfn:startSyncExecution": _execution,
    "sqs:sendMessage": _message,
    "states:startExecution": _execution,
    "states:startExecution.sync": _finished_execution,
    "states:startExecution.sync:2": _parsed_execution,
}
