"""Whatever botocore lets through, the answer fits botocore's model; and a journal leads to the same answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser
from botocore.validate import ParamValidator
from embedded_clients import EAST, FAILS, PASSES, ROLE, WAITS
from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_dsl.embedded.api_error import ApiError
from sfn_dsl.embedded.incoming import as_asked, as_json
from sfn_dsl.embedded.shelf import Moment, Settings
from sfn_dsl.embedded.stepfunctions import StepFunctions
from sfn_dsl.embedded.wire_model import check_answer, check_error, check_request, operations

ACCOUNT = "111122223333"
MODEL = botocore.session.get_session().get_service_model("stepfunctions")
OURS = sorted(name for name in operations() if StepFunctions.has(name))
MACHINES = [f"arn:aws:states:{EAST}:{ACCOUNT}:stateMachine:{name}" for name in ("a", "b")]
ENDS = ["", ":1", ":2", ":live", ":canary", "/Map"]

# Members that would be hit by chance too seldom.
POOLS: dict[str, list[Any]] = {
    "definition": [PASSES, FAILS, WAITS, "{}", "no", "[]", "1e999"],
    "name": ["a", "b", "live", "canary", "a b", "12"],
    "roleArn": [ROLE, f"{ROLE}2", "role"],
    "stateMachineArn": [f"{arn}{end}" for arn in MACHINES for end in ENDS] + ["x", f"{MACHINES[0]}:a:b"],
    "stateMachineVersionArn": [f"{arn}{end}" for arn in MACHINES for end in ENDS],
    "stateMachineAliasArn": [f"{arn}{end}" for arn in MACHINES for end in ENDS],
    "resourceArn": MACHINES,
    "executionArn": [f"{arn.replace('stateMachine', 'execution')}:{name}" for arn in MACHINES for name in ("a", "b", "live")],
    "input": ["{}", '{"a": 1}', "{", "null", '"\\ud800"'],
    "output": ["{}", "x"],
    "type": ["STANDARD", "EXPRESS"],
    "weight": [0, 50, 100],
    "revisionId": ["INITIAL", "id-1", "id-2"],
    "logGroupArn": [f"arn:aws:logs:{EAST}:{ACCOUNT}:log-group:g:*", "g"],
    "nextToken": ["x", "WyJtYWNoaW5lcyIsIDFd", "WyJtYWNoaW5lcyIsIC0xXQ==", "WzEsIDJd"],
}


def _values(shape: Any, name: str = "") -> st.SearchStrategy[Any]:
    """Values of a shape, as on the wire."""
    limits = shape.metadata
    if name in POOLS:
        return st.sampled_from(POOLS[name])
    match shape.type_name:
        case "string":
            known = limits.get("enum")
            return st.sampled_from(known) if known else st.text("abc é-", min_size=limits.get("min", 0), max_size=4)
        case "boolean":
            return st.booleans()
        case "integer":
            least = limits.get("min", 0)
            return st.integers(least, min(limits.get("max", least + 5), least + 5))
        case "list":
            return st.lists(_values(shape.member), min_size=limits.get("min", 0), max_size=min(limits.get("max", 3), 3))
        case "structure":
            required = {key: _values(shape.members[key], key) for key in shape.required_members}
            optional = {key: _values(member, key) for key, member in shape.members.items() if key not in required}
            return st.fixed_dictionaries(required, optional=optional)
    raise AssertionError(shape.type_name)


CALLS = st.sampled_from(OURS).flatmap(lambda name: st.tuples(st.just(name), _values(MODEL.operation_model(name).input_shape)))
STARTS: list[tuple[str, dict[str, Any]]] = [
    ("CreateStateMachine", {"name": "a", "definition": PASSES, "roleArn": ROLE, "publish": True}),
    (
        "CreateStateMachineAlias",
        {"name": "live", "routingConfiguration": [{"stateMachineVersionArn": f"{MACHINES[0]}:1", "weight": 100}]},
    ),
    ("StartExecution", {"stateMachineArn": f"{MACHINES[0]}:live", "name": "a"}),
]


def _ask(states: StepFunctions, number: int, operation: str, request: Mapping[str, Any], **more: Any) -> tuple[int, dict[str, Any]]:
    moment = Moment(time=1_790_000_000.0 + number, identity=f"id-{number}")
    return states.answer(operation, json.dumps(request).encode(), account=ACCOUNT, region=EAST, moment=moment, **more)


@settings(max_examples=150, deadline=None)
@given(calls=st.lists(CALLS, min_size=1, max_size=12), real_time=st.booleans(), lingering=st.booleans(), stale=st.booleans())
def test_every_answer_fits_the_model(
    calls: list[tuple[str, dict[str, Any]]], real_time: bool, lingering: bool, stale: bool
) -> None:
    how = Settings(real_time=real_time, deleting_seconds=5.0 if lingering else 0.0)
    one, other = StepFunctions(how), StepFunctions(how)
    parser = create_parser("json")
    changed = []
    for number, (operation, request) in enumerate([*STARTS, *calls], 1):
        model = MODEL.operation_model(operation)
        if ParamValidator().validate(request, model.input_shape).has_errors():
            continue
        status, answer = _ask(one, number, operation, request)
        assert status == 200 or (status == 400 and answer["__type"]), (operation, request, answer)
        parsed = parser.parse({"status_code": status, "headers": {}, "body": json.dumps(answer).encode()}, model.output_shape)
        if status == 200:
            assert set(answer) <= set(parsed)
            changed.append((number, operation, request))
        else:
            assert parsed["Error"]["Code"] == answer["__type"]
        if stale and operation.startswith(("Describe", "List")):
            assert _ask(one, number, operation, request, stale=True)[0] in (200, 400)
    # What a journal would do again: calls that succeeded, in order.
    for number, operation, request in changed:
        assert _ask(other, number, operation, request)[0] == 200
    for arn in MACHINES:
        for operation in ("DescribeStateMachine", "ListExecutions", "ListStateMachineVersions", "ListStateMachineAliases"):
            request = {"stateMachineArn": arn}
            assert _ask(one, 99, operation, request) == _ask(other, 99, operation, request)


def test_a_definition_has_at_most_a_thousand_versions() -> None:
    states = StepFunctions()
    made = _ask(states, 1, "CreateStateMachine", {"name": "a", "definition": PASSES, "roleArn": ROLE})[1]["stateMachineArn"]
    request = {"stateMachineArn": made, "publish": True}
    for number in range(1000):
        assert _ask(states, number + 2, "UpdateStateMachine", {**request, "roleArn": f"{ROLE}{number}"})[0] == 200
    status, answer = _ask(states, 2000, "UpdateStateMachine", {**request, "roleArn": ROLE})
    assert (status, answer["__type"]) == (400, "ServiceQuotaExceededException")
    assert _ask(states, 2001, "DescribeStateMachine", {"stateMachineArn": made})[1]["roleArn"] == f"{ROLE}999"


REQUESTS: list[tuple[str, Any, str]] = [
    ("CreateStateMachine", {}, "Value null at 'name' failed to satisfy constraint: Member must not be null"),
    ("ListStateMachines", {"maxResults": 1001}, "Member must have value less than or equal to 1000"),
    ("ListStateMachines", {"maxResults": -1}, "Member must have value greater than or equal to 0"),
    ("ListStateMachines", {"maxResults": True}, "Member must be a integer"),
    ("ListStateMachines", {"max": 1}, "Value at 'max' failed to satisfy constraint: Member is not known"),
    ("CreateStateMachineAlias", {"name": "1", "routingConfiguration": []}, "Member must satisfy regular expression pattern"),
    ("TagResource", {"resourceArn": "x", "tags": [{"key": ""}]}, "Value '' at 'tags.1.member.key' failed to satisfy constraint"),
    ("StartExecution", {"stateMachineArn": "x", "traceHeader": "é"}, "Member must satisfy regular expression pattern"),
    ("ValidateStateMachineDefinition", {"definition": "", "type": "SLOW"}, "2 validation errors detected"),
]


@pytest.mark.parametrize(("operation", "request_", "said"), REQUESTS)
def test_requests_that_do_not_fit_the_model(operation: str, request_: Any, said: str) -> None:
    with pytest.raises(ApiError) as caught:
        check_request(operation, request_)
    assert caught.value.code == "ValidationException"
    assert said in caught.value.message


def test_answers_that_do_not_fit_the_model() -> None:
    assert check_answer("StartExecution", {"executionArn": "x"}) != []
    assert check_answer("StartExecution", {"executionArn": "x", "startDate": "now"}) != []
    assert check_answer("StartExecution", {"executionArn": "x", "startDate": 1.5}) == []
    assert check_error("StartExecution", ApiError("ConflictException", "no")) == ["StartExecution has no error ConflictException"]
    assert check_error("StartExecution", ApiError("ThrottlingException", "slow")) == []
    assert check_error("StartExecution", ApiError("ValidationException", "no", reason="WHY NOT")) != []


CBOR = {"HTTP_SMITHY_PROTOCOL": "rpc-v2-cbor"}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab", max_size=30), inner),
    max_leaves=20,
)


@given(value=JSON)
def test_cbor_there_and_back(value: Any) -> None:
    _, body = as_asked(CBOR, value)
    assert json.loads(as_json(CBOR, body)) == value


# From RFC 8949, appendix A.
@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("1bffffffffffffffff", 18446744073709551615),
        ("3903e7", -1000),
        ("f97bff", 65504.0),
        ("fa47c35000", 100000.0),
        ("f5", True),
        ("62c3bc", "ü"),
        ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]),
        ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}),
        ("f7", None),
    ],
)
def test_cbor_of_others(data: str, value: Any) -> None:
    assert json.loads(as_json(CBOR, bytes.fromhex(data))) == value


@given(data=st.binary(max_size=20))
def test_bytes_that_are_no_cbor(data: bytes) -> None:
    """What cannot be read is handed on as it is, and refused by whoever reads it."""
    found = as_json(CBOR, data)
    if found != data:
        json.loads(found)


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_bodies_that_are_no_request(body: bytes) -> None:
    moment = Moment(time=1.0, identity="id")
    status, answer = StepFunctions().answer("ListStateMachines", body, account=ACCOUNT, region=EAST, moment=moment)
    assert (status, answer["__type"]) == (400, "SerializationException")
