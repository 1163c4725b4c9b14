"""EventBridge in the simulator: tables of calls and answers, and the same calls made to moto in process."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from service_calls import ACCOUNT, NOW, REGION, counter, failure, moto_clients

from sfn_dsl.simulate.services.event_pattern import compile_pattern, matches
from sfn_dsl.simulate.services.eventbridge import Delivery, EventBridge, Target

EVENT = {
    "version": "0",
    "source": "acme.etl",
    "detail-type": "Ready",
    "region": "us-east-1",
    "resources": ["arn:1", "arn:2"],
    "detail": {
        "state": "SUCCEEDED",
        "rows": 300,
        "ratio": 2.5,
        "ok": True,
        "none": None,
        "empty": [],
        "ip": "10.0.0.7",
        "path": "in/2024/file.csv",
        "tags": ["red", "Blue"],
        "parts": [{"name": "a", "size": 1}, {"name": "b", "size": 2}],
    },
}


def detail(**fields: Any) -> dict[str, Any]:
    return {"detail": fields}


PATTERNS: list[tuple[dict[str, Any], bool]] = [
    ({"source": ["acme.etl"], "detail-type": ["Other", "Ready"]}, True),
    ({"source": ["acme.etl"], "detail-type": ["Other"]}, False),
    ({"resources": ["arn:2"]}, True),
    (detail(rows=[300.0]), True),
    (detail(rows=["300"]), False),
    (detail(ok=[1]), False),
    (detail(ok=[True], none=[None]), True),
    (detail(state=[{"prefix": "SUCC"}]), True),
    (detail(state=[{"prefix": {"equals-ignore-case": "succ"}}]), True),
    (detail(path=[{"suffix": ".csv"}]), True),
    (detail(path=[{"suffix": {"equals-ignore-case": ".CSV"}}]), True),
    (detail(rows=[{"prefix": "3"}]), False),
    (detail(state=[{"equals-ignore-case": "succeeded"}]), True),
    (detail(state=[{"anything-but": "FAILED"}]), True),
    (detail(state=[{"anything-but": ["FAILED", "SUCCEEDED"]}]), False),
    (detail(rows=[{"anything-but": [300, 301]}]), False),
    (detail(rows=[{"anything-but": "300"}]), True),
    (detail(state=[{"anything-but": {"prefix": "SUC"}}]), False),
    (detail(state=[{"anything-but": {"prefix": ["X", "SUC"]}}]), False),
    (detail(path=[{"anything-but": {"suffix": ".json"}}]), True),
    (detail(path=[{"anything-but": {"wildcard": "in/*/file.*"}}]), False),
    (detail(state=[{"anything-but": {"equals-ignore-case": ["succeeded"]}}]), False),
    (detail(missing=[{"anything-but": "x"}]), False),
    (detail(tags=[{"anything-but": "red"}]), True),
    (detail(rows=[{"numeric": [">", 299, "<=", 300]}]), True),
    (detail(rows=[{"numeric": ["=", 3e2]}]), True),
    (detail(rows=[{"numeric": ["<", 300]}]), False),
    (detail(state=[{"numeric": ["<", 300]}]), False),
    (detail(ip=[{"cidr": "10.0.0.0/24"}]), True),
    (detail(ip=[{"cidr": "10.0.1.0/24"}]), False),
    (detail(state=[{"cidr": "10.0.1.0/24"}]), False),
    (detail(path=[{"wildcard": "in/*.csv"}]), True),
    (detail(path=[{"wildcard": "*2024*"}]), True),
    (detail(path=[{"wildcard": "in/*2024/*/file.csv"}]), False),
    (detail(path=[{"wildcard": "in/\\*"}]), False),
    (detail(state=[{"exists": True}]), True),
    (detail(missing=[{"exists": False}]), True),
    (detail(missing={"below": [{"exists": False}]}), True),
    (detail(parts=[{"exists": True}]), False),
    (detail(empty=[{"exists": False}]), True),
    (detail(state=[{"exists": False}, "SUCCEEDED"]), True),
    (detail(parts={"name": ["a"], "size": [1]}), True),
    (detail(parts={"name": ["a"], "size": [2]}), False),
    ({"$or": [{"source": ["x"]}, {"detail": {"rows": [{"numeric": [">", 1]}]}}]}, True),
    ({"source": ["acme.etl"], "detail": {"$or": [{"state": ["x"]}, {"rows": [1]}]}}, False),
    ({"detail": {"state": {"x": ["y"]}}}, False),
]


@pytest.mark.parametrize(("pattern", "expected"), PATTERNS, ids=[json.dumps(case[0])[:70] for case in PATTERNS])
def test_event_patterns(pattern: dict[str, Any], expected: bool) -> None:
    assert matches(pattern, EVENT) is expected
    assert matches(json.dumps(pattern), EVENT) is expected


BAD_PATTERNS: list[tuple[Any, str]] = [
    ("{", "Invalid JSON"),
    ("[]", "Filter is not an object"),
    ({}, "Empty objects are not allowed"),
    ({"source": "x"}, '"source" must be an object or an array'),
    ({"source": []}, "Empty arrays are not allowed"),
    ({"source": [["x"]]}, "Match value must be String, number, true, false, or null"),
    ({"source": [{}]}, "Match expression name not found"),
    ({"source": [{"nope": 1}]}, "Unrecognized match type nope"),
    ({"source": [{"prefix": 1}]}, "prefix match pattern must be a string"),
    ({"source": [{"prefix": "a", "suffix": "b"}]}, "Only one key allowed in match expression"),
    ({"source": [{"exists": "true"}]}, "exists match pattern must be either true or false."),
    ({"source": [{"numeric": [">", "1"]}]}, "Value of > must be numeric"),
    ({"source": [{"numeric": [">", 5, "<", 5]}]}, "Bottom must be less than top"),
    ({"source": [{"numeric": ["<", 5, ">", 1]}]}, "Too many elements in numeric expression"),
    ({"source": [{"numeric": ["!", 5]}]}, "Unrecognized numeric range operator: !"),
    ({"source": [{"wildcard": "a**"}]}, "Consecutive wildcard characters at pos 2"),
    ({"source": [{"wildcard": "a\\b"}]}, "Invalid escape character at pos 2"),
    ({"source": [{"cidr": "10.0.0.1"}]}, "Malformed CIDR, one '/' required"),
    (
        {"source": [{"anything-but": [1, "a"]}]},
        "Inside anything but list, either all values are number or string, mixed type is not supported",
    ),
    ({"source": [{"anything-but": {"numeric": 1}}]}, "Unsupported anything-but pattern: numeric"),
    ({"$or": [{"source": ["x"]}]}, "There must have at least 2 Objects in $or relationship."),
]


@pytest.mark.parametrize(("pattern", "reason"), BAD_PATTERNS, ids=[case[1][:50] for case in BAD_PATTERNS])
def test_event_patterns_refused(pattern: Any, reason: str) -> None:
    assert failure(lambda: compile_pattern(pattern)) == (
        "InvalidEventPatternException",
        f"Event pattern is not valid. Reason: {reason}",
    )


@given(
    st.lists(st.sampled_from(["a", "b", "*"]), max_size=6).map("".join).filter(lambda text: "**" not in text),
    st.lists(st.sampled_from("ab"), max_size=8).map("".join),
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_wildcards_match_as_regular_expressions_do(pattern: str, text: str) -> None:
    import re

    expected = re.fullmatch(pattern.replace("*", ".*"), text) is not None
    assert matches({"x": [{"wildcard": pattern}]}, {"x": text}) is expected


def bridge() -> tuple[EventBridge, list[Delivery]]:
    delivered: list[Delivery] = []
    return EventBridge(region=REGION, account=ACCOUNT, uuid=counter(), deliver=delivered.append), delivered


def test_put_events_judges_each_entry_and_delivers_what_matches() -> None:
    events, delivered = bridge()
    events.create_bus("jobs")
    events.put_rule("r", "jobs", {"source": ["acme"]}, [Target("1", "arn:x"), Target("2", "arn:y", input_path="$.detail")])
    events.put_rule("off", "jobs", {"source": ["acme"]}, [Target("1", "arn:z")], enabled=False)
    events.put_rule("clock", "jobs", None, [Target("1", "arn:z")])
    good = {
        "Source": "acme",
        "DetailType": "d",
        "Detail": {"k": "v"},
        "EventBusName": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/jobs",
    }
    entries = [
        good,
        {**good, "Detail": '"text"'},
        {**good, "Detail": "{"},
        {**good, "Source": None},
        {"Source": "acme", "Detail": "{}"},
        {"Source": "acme", "DetailType": "d"},
        {**good, "Source": "aws.s3"},
        {**good, "EventBusName": "nowhere"},
    ]
    answer = events.call("PutEvents", {"Entries": entries}, NOW)

    def required(name: str) -> dict[str, str]:
        return {
            "ErrorCode": "InvalidArgument",
            "ErrorMessage": f"Parameter {name} is not valid. Reason: {name} is a required argument.",
        }

    malformed = {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    ids = counter()
    assert answer == {
        "Entries": [
            {"EventId": ids()},
            malformed,
            malformed,
            required("Source"),
            required("DetailType"),
            required("Detail"),
            {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."},
            {"EventId": ids()},
        ],
        "FailedEntryCount": 6,
    }
    assert [(found.target.arn, found.rule.name) for found in delivered] == [("arn:x", "r"), ("arn:y", "r")]
    assert (
        json.loads(delivered[0].input)
        == delivered[0].event
        == {
            "version": "0",
            "id": counter()(),
            "detail-type": "d",
            "source": "acme",
            "account": ACCOUNT,
            "time": "2023-11-14T22:13:20Z",
            "region": REGION,
            "resources": [],
            "detail": {"k": "v"},
        }
    )
    assert delivered[1].input == '{"k":"v"}'
    assert [seen.bus for seen in events.events] == ["jobs", "nowhere"]


def test_put_events_limits() -> None:
    events, _ = bridge()
    entry = {"Source": "a", "DetailType": "d", "Detail": json.dumps({"x": "y" * 262_133})}
    assert events.call("PutEvents", {"Entries": [entry]}, NOW)["FailedEntryCount"] == 0
    large = {**entry, "DetailType": "dd"}
    assert failure(lambda: events.call("PutEvents", {"Entries": [large]}, NOW)) == (
        "ValidationException",
        "Total size of the entries in the request is over the limit.",
    )
    for count, rule in [(0, "greater than or equal to 1"), (11, "less than or equal to 10")]:
        message = failure(lambda count=count: events.call("PutEvents", {"Entries": [entry] * count}, NOW))[1]
        assert message.endswith(f"Member must have length {rule}")
    assert failure(lambda: events.put_rule("r", "no", None, []))[0] == "ResourceNotFoundException"


PATHS = {
    "state": "$.detail.state",
    "rows": "$.detail.rows",
    "tags": "$.detail.tags",
    "part": "$.detail.parts[1]",
    "gone": "$.detail.gone",
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{"s": <state>, "r": <rows>, "p": <part>}', '{"s": "SUCCEEDED", "r": 300, "p": {"name":"b","size":2}}'),
        ('"State <state> of <rows>, <tags><gone>"', '"State SUCCEEDED of 300, [red,Blue]"'),
        ('{"gone": <gone>, "rule": "<aws.events.rule-name>"}', '{"gone": "", "rule": "r"}'),
        (
            '{"at": "<aws.events.event.ingestion-time>", "part": "<part>"}',
            '{"at": "2023-11-14T22:13:20Z", "part": "{\\"name\\":\\"b\\",\\"size\\":2}"}',
        ),
    ],
)
def test_input_templates(template: str, expected: str) -> None:
    events, delivered = bridge()
    events.put_rule("r", "default", {"source": ["acme.etl"]}, [Target("1", "arn:x", input_paths=PATHS, input_template=template)])
    events.receive(EVENT, NOW)
    assert delivered[0].input == expected
    json.loads(delivered[0].input)


def test_input_templates_with_the_whole_event() -> None:
    events, delivered = bridge()
    template = '{"without": <aws.events.event>, "with": <aws.events.event.json>, "arn": <aws.events.rule-arn>}'
    events.put_rule(
        "r", "default", {"source": ["acme.etl"]}, [Target("1", "arn:x", input_template=template), Target("2", "arn:y", input="[1]")]
    )
    events.receive(EVENT, NOW)
    filled = json.loads(delivered[0].input)
    assert filled == {
        "without": {name: value for name, value in EVENT.items() if name != "detail"},
        "with": EVENT,
        "arn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/r",
    }
    assert delivered[1].input == "[1]"
    bad = Target("1", "arn:x", input_template="<nobody>")
    assert failure(lambda: events.put_rule("r", "default", None, [bad]))[0] == "ValidationException"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_put_events_as_moto_answers() -> None:
    entries = [
        {"Source": "acme", "DetailType": "d", "Detail": "{}"},
        {"Source": "acme", "DetailType": "d", "Detail": "no json"},
        {"DetailType": "d", "Detail": "{}"},
        {"Source": "acme", "Detail": "{}"},
    ]
    with moto_clients("events") as (client,):
        theirs = client.put_events(Entries=entries)
    mine = bridge()[0].call("PutEvents", {"Entries": entries}, NOW)
    assert mine["FailedEntryCount"] == theirs["FailedEntryCount"]
    assert mine["Entries"][1:] == theirs["Entries"][1:]
