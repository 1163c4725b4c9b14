"""Statements, trust, narrowing, evaluation and explanation of IAM policies, and the laws that tie them together."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_iam_grants import ROWS, T, distributed, grants, task

from sfn_dsl.errors import ConfigError, DeclarationError
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.arguments import Argument, Form
from sfn_dsl.resources.iam.evaluation import Needed, allows, covers, needed_by_call, unused
from sfn_dsl.resources.iam.explain import explain
from sfn_dsl.resources.iam.family import Call, Family, Need
from sfn_dsl.resources.iam.grants import grants_of, statements_of
from sfn_dsl.resources.iam.narrowing import Permissions, narrow
from sfn_dsl.resources.iam.roles import trust_events, trust_lambda, trust_scheduler, trust_states
from sfn_dsl.resources.iam.statement import Statement, document, emit, merge, size, split

R = "us-east-1:111122223333"
F = f"arn:aws:lambda:{R}:function"


def allow(actions: str, resources: str, sid: str = "A", **more: Any) -> Statement:
    return Statement(sid=sid, actions=tuple(actions.split()), resources=tuple(resources.split()), **more)


# --- statements


def test_merging_by_resources_and_then_by_actions() -> None:
    found = merge(
        [allow("a:X", "r1"), allow("a:Y", "r1"), allow("a:Y", "r2"), allow("a:X", "r2"), allow("b:Z", "r1", effect="Deny")]
    )
    assert found == (allow("b:Z", "r1", "DenyBZ", effect="Deny"), allow("a:X a:Y", "r1 r2", "AXAnd1More"))


def test_conditions_keep_statements_apart() -> None:
    found = merge([allow("a:X", "r1"), allow("a:X", "r1", conditions={"StringEquals": {"k": "v"}})])
    assert len(found) == 2
    assert len({one.sid for one in found}) == 2


def test_document() -> None:
    one = allow("b:Y a:X", "r2 r1", conditions={"StringLike": {"z": "1", "a": "2"}})
    assert json.dumps(document([one])) == json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "A",
                    "Effect": "Allow",
                    "Action": ["a:X", "b:Y"],
                    "Resource": ["r1", "r2"],
                    "Condition": {"StringLike": {"a": "2", "z": "1"}},
                }
            ],
        }
    )


NAMES = st.sampled_from(["a:One", "a:Two", "b:Three", "b-c:Four", "d:Five"])
ARNS = st.sampled_from(["arn:aws:a:::r1", "arn:aws:a:::r2/*", "arn:aws:b:::r3", "*"])
STATEMENTS = st.lists(
    st.builds(
        Statement,
        sid=st.just(""),
        actions=st.lists(NAMES, min_size=1, max_size=3).map(tuple),
        resources=st.lists(ARNS, min_size=1, max_size=3).map(tuple),
        conditions=st.sampled_from([{}, {"StringEquals": {"k": "v"}}]),
        effect=st.sampled_from(["Allow", "Allow", "Deny"]),
    ),
    max_size=8,
)


def decisions(statements: Any) -> list[bool]:
    return [
        allows(statements, action, arn, context)
        for action in ("a:One", "a:Two", "b:Three", "b-c:Four", "d:Five")
        for arn in ("arn:aws:a:::r1", "arn:aws:a:::r2/x", "arn:aws:b:::r3", "arn:aws:c:::r4")
        for context in ({}, {"k": "v"}, {"k": "w"})
    ]


@given(STATEMENTS)
def test_merging_changes_no_decision(statements: list[Statement]) -> None:
    merged = merge(statements)
    assert decisions(merged) == decisions(statements)
    assert merge(merged) == merged
    assert merge(statements[::-1]) == merged
    assert len({one.sid for one in merged}) == len(merged)
    assert all(re.fullmatch(r"[0-9A-Za-z]+", one.sid) for one in merged)


@given(STATEMENTS.map(merge), st.integers(300, 1200))
def test_splitting_changes_no_decision_and_keeps_the_limit(statements: tuple[Statement, ...], limit: int) -> None:
    groups = split(statements, limit)
    assert all(size(group) <= limit for group in groups)
    assert decisions([one for group in groups for one in group]) == decisions(statements)
    sids = [one.sid for group in groups for one in group]
    assert len(set(sids)) == len(sids)


def test_size_is_that_of_the_text_without_white_space() -> None:
    statements = merge([allow("a:X", "r 1"), allow("b:Y", "r2")])
    assert size(statements) == len("".join(emit(statements).split()))
    assert size([]) == len("".join(emit([]).split()))


def test_a_long_statement_is_cut_and_one_that_cannot_be_is_an_error() -> None:
    arns = " ".join(f"arn:aws:lambda:{R}:function:f{number}" for number in range(300))
    groups = split([allow("lambda:InvokeFunction", arns)])
    assert len(groups) == 2
    assert sorted(arn for group in groups for one in group for arn in one.resources) == sorted(arns.split())
    assert split([allow("a:X", "r")]) == ((allow("a:X", "r"),),)
    assert split([]) == ()
    with pytest.raises(ConfigError, match="`A` alone is longer"):
        split([allow("a:X", "r" * 6200)], 6144)


# --- trust


@pytest.mark.parametrize(
    ("policy", "service", "condition"),
    [
        (
            trust_states(T),
            "states",
            {
                "ArnLike": {"aws:SourceArn": f"arn:aws:states:{R}:stateMachine:*"},
                "StringEquals": {"aws:SourceAccount": "111122223333"},
            },
        ),
        (
            trust_events(T, "etl"),
            "events",
            {"ArnLike": {"aws:SourceArn": f"arn:aws:events:{R}:rule/etl/*"}, "StringEquals": {"aws:SourceAccount": "111122223333"}},
        ),
        (
            trust_events(T, "default"),
            "events",
            {"ArnLike": {"aws:SourceArn": f"arn:aws:events:{R}:rule/*"}, "StringEquals": {"aws:SourceAccount": "111122223333"}},
        ),
        (trust_events(T, "etl", source_arn=False), "events", {"StringEquals": {"aws:SourceAccount": "111122223333"}}),
        (
            trust_scheduler(T, f"arn:aws:scheduler:{R}:schedule-group/etl"),
            "scheduler",
            {
                "ArnEquals": {"aws:SourceArn": f"arn:aws:scheduler:{R}:schedule-group/etl"},
                "StringEquals": {"aws:SourceAccount": "111122223333"},
            },
        ),
        (trust_lambda(), "lambda", None),
    ],
)
def test_trust(policy: Any, service: str, condition: Any) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    assert policy == {"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]}


# --- evaluation


@pytest.mark.parametrize(
    ("statements", "action", "resource", "context", "wanted"),
    [
        ([allow("s3:Get*", "arn:aws:s3:::b/*")], "s3:GetObject", "arn:aws:s3:::b/x/y", {}, True),
        ([allow("s3:getobject", "*")], "S3:GetObject", "arn:aws:s3:::b/x", {}, True),
        ([allow("s3:GetObject", "arn:aws:s3:::b/*")], "s3:PutObject", "arn:aws:s3:::b/x", {}, False),
        ([allow("s3:GetObject", "arn:aws:s3:::B/*")], "s3:GetObject", "arn:aws:s3:::b/x", {}, False),
        ([allow("a:X", "arn:?")], "a:X", "arn:1", {}, True),
        ([allow("a:X", "arn:${*}")], "a:X", "arn:*", {}, True),
        ([allow("a:X", "arn:${*}")], "a:X", "arn:1", {}, False),
        ([allow("a:*", "*"), allow("a:X", "r", effect="Deny")], "a:X", "r", {}, False),
        ([allow("a:X", "r", effect="Deny"), allow("a:*", "*")], "a:X", "r", {}, False),
        ([allow("a:*", "*"), allow("a:X", "r", effect="Deny")], "a:X", "s", {}, True),
        ([allow("a:X", "*", conditions={"StringEquals": {"k": ["v", "w"]}})], "a:X", "r", {"k": "w"}, True),
        ([allow("a:X", "*", conditions={"StringEquals": {"k": "v*"}})], "a:X", "r", {"k": "vv"}, False),
        ([allow("a:X", "*", conditions={"StringEquals": {"k": "v"}})], "a:X", "r", {}, False),
        ([allow("a:X", "*", conditions={"StringLike": {"k": "v*"}})], "a:X", "r", {"k": "vv"}, True),
        ([allow("a:X", "*", conditions={"StringLike": {"k": "v*"}, "StringEquals": {"l": "1"}})], "a:X", "r", {"k": "vv"}, False),
        ([allow("a:X", "*", conditions={"ArnLike": {"k": "arn:aws:s:*:1:m:*"}})], "a:X", "r", {"k": "arn:aws:s:r:1:m:x:y"}, True),
        ([allow("a:X", "*", conditions={"ArnLike": {"k": "arn:aws:*:1:m:x"}})], "a:X", "r", {"k": "arn:aws:s:r:1:m:x"}, False),
        ([allow("a:X", "*", conditions={"ArnEquals": {"k": "arn:aws:s:r:1:m"}})], "a:X", "r", {"k": "arn:aws:s:r:1:n"}, False),
        ([], "a:X", "r", {}, False),
    ],
)
def test_decisions(statements: list[Statement], action: str, resource: str, context: dict[str, str], wanted: bool) -> None:
    assert allows(statements, action, resource, context) is wanted


def test_an_operator_that_is_not_understood_is_an_error() -> None:
    with pytest.raises(ConfigError, match="`IpAddress` cannot be evaluated"):
        allows(
            [allow("a:X", "*", conditions={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})], "a:X", "r", {"aws:SourceIp": "10.0.0.1"}
        )


def test_what_a_call_needs() -> None:
    found = needed_by_call("arn:aws:states:::lambda:invoke", {"FunctionName": "f", "Payload": "{% not an expression %}"}, T)
    assert found == (Needed(action="lambda:InvokeFunction", resource=f"{F}:f"),)
    found = needed_by_call("arn:aws:states:::aws-sdk:s3:getObject", {"Bucket": "b", "Key": "in/a*?.csv"}, T)
    assert found == (Needed(action="s3:GetObject", resource="arn:aws:s3:::b/in/a*?.csv"),)
    found = needed_by_call(
        "arn:aws:states:::glue:startJobRun", {"JobName": "j"}, T, credentials={"RoleArn": "arn:aws:iam::1:role/r"}
    )
    assert found == (Needed(action="sts:AssumeRole", resource="arn:aws:iam::1:role/r"),)
    found = needed_by_call(f"arn:aws:states:{R}:activity:a", {}, T)
    assert found == ()
    found = needed_by_call(
        "arn:aws:states:::states:startExecution.sync", {"StateMachineArn": f"arn:aws:states:{R}:stateMachine:m:live"}, T
    )
    assert [(one.action, one.required) for one in found if one.action.startswith("events:")] == [
        ("events:PutTargets", False),
        ("events:PutRule", False),
        ("events:DescribeRule", False),
    ]
    http = {
        "ApiEndpoint": "https://a.b/c",
        "Method": "POST",
        "InvocationConfig": {"ConnectionArn": f"arn:aws:events:{R}:connection/c/1"},
    }
    context = {"states:HTTPEndpoint": "https://a.b/c", "states:HTTPMethod": "POST"}
    assert needed_by_call("arn:aws:states:::http:invoke", http, T)[0] == Needed(
        action="states:InvokeHTTPEndpoint", resource="*", context=context
    )


def literal(state: dict[str, Any]) -> bool:
    return "{%" not in json.dumps(state) and state.get("QueryLanguage") != "JSONPath" and "Arguments" in state


@pytest.mark.parametrize("state", [row[1] for row in ROWS if literal(row[1])], ids=[row[0] for row in ROWS if literal(row[1])])
def test_what_literal_arguments_need_is_granted(state: dict[str, Any]) -> None:
    statements = statements_of(grants(state))
    credentials = state.get("Credentials")
    for one in needed_by_call(state["Resource"], state["Arguments"], T, credentials=credentials):
        assert allows(statements, one.action, one.resource, one.context), one


TEXT = st.text(alphabet="abz019-_.:/*?${}'\"\\ é", min_size=1, max_size=12)
CALLS: list[tuple[str, tuple[str, ...]]] = [
    ("lambda:invoke", ("FunctionName",)),
    ("glue:startJobRun.sync", ("JobName",)),
    ("dynamodb:getItem", ("TableName",)),
    ("aws-sdk:dynamodb:query", ("TableName", "IndexName")),
    ("sns:publish", ("TopicArn",)),
    ("sqs:sendMessage", ("QueueUrl",)),
    ("aws-sdk:s3:getObject", ("Bucket", "Key")),
    ("aws-sdk:s3:listObjectsV2", ("Bucket", "Prefix")),
    ("aws-sdk:s3:copyObject", ("Bucket", "Key", "CopySource")),
    ("states:startExecution.sync:2", ("StateMachineArn",)),
    ("batch:submitJob.sync", ("JobDefinition", "JobQueue")),
    ("emr-serverless:startJobRun.sync", ("ApplicationId", "ExecutionRoleArn")),
    ("codebuild:startBuild.sync", ("ProjectName",)),
    ("http:invoke", ("ApiEndpoint", "Method")),
    ("bedrock:invokeModel", ("ModelId",)),
    ("aws-sdk:ssm:getParameter", ("Name",)),
    ("aws-sdk:glue:getTable", ("DatabaseName", "Name")),
    ("aws-sdk:redshiftdata:executeStatement", ("ClusterIdentifier", "Database", "DbUser")),
]


HEADS = {
    "FunctionName": f"{F}:",
    "TopicArn": f"arn:aws:sns:{R}:",
    "StateMachineArn": f"arn:aws:states:{R}:stateMachine:",
    "TableName": f"arn:aws:dynamodb:{R}:table/",
    "JobQueue": f"arn:aws:batch:{R}:job-queue/",
    "ExecutionRoleArn": "arn:aws:iam::111122223333:role/",
    "QueueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/",
    "ApiEndpoint": "https://dbt.acme.com/",
}


def expression(text: str, cut: int) -> str:
    """A JSONata expression whose value is the text, of which the part after `cut` is only known at run time."""
    return f"{{% {json.dumps(text[:cut])} & $rest %}}" if cut else "{% $all %}"


@settings(max_examples=400)
@given(st.sampled_from(CALLS), st.lists(st.tuples(TEXT, st.integers(0, 70)), min_size=3, max_size=3), st.booleans())
def test_what_a_run_needs_is_granted(call: tuple[str, tuple[str, ...]], texts: list[tuple[str, int]], arns: bool) -> None:
    """Whatever part of an argument the definition leaves open, the grant covers the call with the full value."""
    resource, names = call
    given_texts = dict(zip(names, texts, strict=False))
    values = {name: (HEADS.get(name, "") if arns else "") + text for name, (text, _) in given_texts.items()}
    assume(not any(value.lstrip().startswith("{%") for value in values.values()))
    cuts = {name: cut for name, (_, cut) in given_texts.items()}
    template = {name: expression(value, cuts[name]) if cuts[name] < len(value) else value for name, value in values.items()}
    statements = statements_of(grants(task(resource, template)))
    for one in needed_by_call(f"arn:aws:states:::{resource}", values, T):
        context = {"aws:ResourceAccount": "111122223333", **one.context}
        assert allows(statements, one.action, one.resource, context), (one, emit(statements))


@given(TEXT)
def test_a_literal_is_covered_by_its_own_pattern_alone(text: str) -> None:
    pattern = Argument(text, Form.VALUE).known.pattern
    assert covers(pattern, text)
    assert not covers(pattern, text + "x")


@pytest.mark.parametrize(
    ("template", "form", "parts"),
    [
        ("plain", Form.JSONATA, ("plain",)),
        ("{% 'a' %}", Form.JSONATA, ("a",)),
        ('{% "a\\"b" & \'c\' %}', Form.JSONATA, ('a"bc',)),
        ("{% 'a-' & $x.y[0] & '-b' %}", Form.JSONATA, ("a-", "-b")),
        ("{% $f('&', \")\") & 'z' %}", Form.JSONATA, ("", "z")),
        ("{% $x & '-' & $y %}", Form.JSONATA, ("", "-", "")),
        ("{% $a ? 'x' : 'y' %}", Form.JSONATA, ("", "")),
        ("{% 'a' = 'b' %}", Form.JSONATA, ("", "")),
        ("{% 'a' & $x and $y %}", Form.JSONATA, ("", "")),
        ("{% 'a' & %}", Form.JSONATA, ("", "")),
        ("{% ('a' & $x %}", Form.JSONATA, ("", "")),
        ("{% 'it\\'s' %}", Form.JSONATA, ("it's",)),
        ("{% 'a' %}", Form.VALUE, ("{% 'a' %}",)),
        ("$.x", Form.JSONPATH, ("$.x",)),
        ("$.x", Form.PATH, ("", "")),
        ("States.Format('a{}b{}', $.x, 1)", Form.PATH, ("a", "b", "")),
        ("States.Format('it\\'s \\{\\} {}', $.x)", Form.PATH, ("it's {} ", "")),
        ("States.Format($.x, 'a')", Form.PATH, ("", "")),
        (7, Form.JSONATA, ("7",)),
        (None, Form.JSONATA, ("", "")),
    ],
)
def test_what_is_known_of_a_text(template: Any, form: Form, parts: tuple[str, ...]) -> None:
    assert Argument(template, form).known.parts == parts


def test_patterns_hold_no_doubled_stars() -> None:
    assert Argument("{% $a & $b & '-' & $c %}", Form.JSONATA).known.pattern == "*-*"


def test_what_nothing_used() -> None:
    statements = statements_of(
        grants(
            task("glue:startJobRun.sync", {"JobName": "j"}),
            task("lambda:invoke", {"FunctionName": "f"}),
            task("lambda:invoke", {"FunctionName": "g"}),
        )
    )
    calls = [
        *needed_by_call("arn:aws:states:::glue:startJobRun", {"JobName": "j"}, T),
        *needed_by_call("arn:aws:states:::lambda:invoke", {"FunctionName": "f"}, T),
    ]
    found = {(one.actions, one.resources) for one in unused(statements, calls)}
    assert found == {
        (("glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns"), (f"arn:aws:glue:{R}:job/j",)),
        (("lambda:InvokeFunction",), (f"{F}:g", f"{F}:g:*")),
    }
    assert unused(statements_of(grants(task("lambda:invoke", {"FunctionName": "f"}))), calls) == ()


# --- narrowing

OPEN = (task("lambda:invoke", {"FunctionName": "{% $f %}"}), task("lambda:invoke", {"FunctionName": "{% $g %}"}))
STATES = ("S1", "S2")


def test_narrowing_one_state_keeps_the_other() -> None:
    found = narrow(grants(*OPEN), Permissions(only={"S1": (f"{F}:a", f"{F}:b")}), STATES)
    assert [(one.resources, one.states) for one in found] == [((f"{F}:a", f"{F}:b"), ("S1",)), ((f"{F}:*",), ("S2",))]
    assert found[0].reason.endswith("narrowed by permissions")


def test_narrowing_leaves_grants_of_another_kind() -> None:
    state = task("ecs:runTask.sync", {"TaskDefinition": "{% $t %}"})
    arn = f"arn:aws:ecs:{R}:task-definition/t:1"
    before, after = grants(state), narrow(grants(state), Permissions(only={"S1": (arn,)}), ["S1"])
    assert {one.action: one.resources for one in after if one.action == "ecs:RunTask"} == {"ecs:RunTask": (arn,)}
    assert [one for one in after if one.action != "ecs:RunTask"] == [one for one in before if one.action != "ecs:RunTask"]


def test_additions() -> None:
    added = allow("kms:Decrypt", f"arn:aws:kms:{R}:key/1")
    denied = allow("s3:DeleteObject", "*", effect="Deny")
    found = narrow((), Permissions(add=(added, denied)), STATES)
    assert [(one.action, one.states, one.effect) for one in found] == [
        ("kms:Decrypt", ("",), "Allow"),
        ("s3:DeleteObject", ("",), "Deny"),
    ]
    statements = statements_of(found)
    assert allows(statements, "kms:Decrypt", f"arn:aws:kms:{R}:key/1")
    assert emit(statements).count('"Deny"') == 1


@pytest.mark.parametrize(
    ("only", "message", "help"),
    [
        ({"S11": (f"{F}:a",)}, "permissions narrow `S11`, which is no state", "did you mean `S1`?"),
        (
            {"S1": ("arn:aws:lambda:us-west-1:111122223333:function:a",)},
            "which it could not touch anyway",
            "an addition belongs in `add`",
        ),
    ],
)
def test_wrong_narrowing(only: dict[str, tuple[str, ...]], message: str, help: str) -> None:
    with pytest.raises(DeclarationError, match=re.escape(message)) as caught:
        narrow(grants(*OPEN), Permissions(only=only), STATES)
    assert caught.value.help.startswith(help)


# --- explanation and plug-ins


def test_explanation() -> None:
    found = explain(grants(*OPEN, settings={"tracingConfiguration": {"enabled": True}}))
    assert found[0].text == (
        "LambdaInvokeFunction: lambda:InvokeFunction (Allow)\n"
        f"  on {F}:*\n"
        "  for S1, S2: lambda:invoke: `FunctionName` is only known at run time"
    )
    assert found[1].text.endswith("for the state machine: tracing: X-Ray has no resource type for them")
    assert {row.sid for row in found} == {
        one.sid for one in statements_of(grants(*OPEN, settings={"tracingConfiguration": {"enabled": True}}))
    }


def test_every_grant_has_a_row_with_its_statement() -> None:
    found = grants(*(row[1] for row in ROWS), distributed())
    rows = explain(found)
    assert len(rows) == len(found)
    by_sid = {one.sid: one for one in statements_of(found)}
    assert all(row.action in by_sid[row.sid].actions and set(row.resources) <= set(by_sid[row.sid].resources) for row in rows)


def test_another_family() -> None:
    def needs(call: Call) -> list[Need]:
        return [call.needs("StartJobRun", on=call.arn("job/mine"))]

    machine_grants = grants_of(
        _machine(task("glue:startJobRun", {"JobName": "j"})), T, {}, name="m", lookup=lambda prefix: Family((prefix,), needs)
    )
    assert [one.resources for one in machine_grants] == [(f"arn:aws:glue:{R}:job/mine",)]


def _machine(state: dict[str, Any]) -> Any:
    from sfn_dsl.asl.read import read_json

    return read_json({"QueryLanguage": "JSONata", "StartAt": "S1", "States": {"S1": state}}).machine


def test_region_of_the_target_is_in_every_arn() -> None:
    west = Target(region="us-west-1", account="111122223333")
    found = grants(task("glue:startJobRun", {"JobName": "j"}), target=west)
    assert [one.resources for one in found] == [("arn:aws:glue:us-west-1:111122223333:job/j",)]
