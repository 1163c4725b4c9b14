"""Roles whose rights are too many for inline policies."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from compiling import compiled
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from iam_linting import findings_of

from sfn_dsl import Logging, Pipeline, Task
from sfn_dsl.compile.machine import Compiled
from sfn_dsl.diagnostic import Severity
from sfn_dsl.errors import ConfigError, DeclarationError
from sfn_dsl.region import Target
from sfn_dsl.resources import cloudformation, terraform
from sfn_dsl.resources.check import check
from sfn_dsl.resources.iam.evaluation import allows
from sfn_dsl.resources.iam.grants import statements_of
from sfn_dsl.resources.iam.narrowing import Permissions
from sfn_dsl.resources.iam.statement import Statement, document, emit, merge, size
from sfn_dsl.resources.model import ManagedPolicy, Name, Resource, Role, StateMachine
from sfn_dsl.resources.template import Template
from sfn_dsl.span import Span
from sfn_dsl.stacks.machine import machine_grants, machine_policy, machine_resources
from sfn_dsl.stacks.policies import managed

EAST, WEST = (Target(region=region, account="111122223333") for region in ("us-east-1", "us-west-1"))
CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("lambda:invoke", "FunctionName", {}),
    ("glue:startJobRun.sync", "JobName", {}),
    ("dynamodb:putItem", "TableName", {"Item": {"pk": {"S": "x"}}}),
)


def states(count: int) -> list[Task]:
    """As many states, each with a function, Glue job or table of its own."""
    found = []
    for number in range(count):
        resource, key, more = CALLS[number % 3]
        arguments = {key: f"orders-{number // 3}", **more}
        found.append(Task(f"s{number}", resource=resource, arguments=arguments, timeout_seconds=60))
    return found


def machine(count: int, target: Target = EAST, **more: Any) -> Compiled:
    made = compiled(
        Pipeline(name="orders", body=states(count), logging=Logging(level="ERROR"), tracing=True, **more), target=target
    )
    assert [found for found in made.diagnostics if found.severity is Severity.ERROR] == []
    return made


def policies(resources: Iterable[Resource]) -> dict[str, ManagedPolicy]:
    return {resource.name: resource for resource in resources if isinstance(resource, ManagedPolicy)}


def read(policy: Mapping[str, Any]) -> list[Statement]:
    """The statements of a document, as IAM reads them."""
    return [
        Statement(
            sid=one["Sid"],
            actions=tuple(one["Action"]),
            resources=tuple(one["Resource"]),
            conditions=one.get("Condition", {}),
            effect=one["Effect"],
        )
        for one in policy["Statement"]
    ]


def rights(statements: Iterable[Statement]) -> set[tuple[str, str, str, str]]:
    """Effect, action, resource and condition of all that statements say."""
    return {
        (one.effect, action, resource, json.dumps(one.conditions, sort_keys=True))
        for one in statements
        for action in one.actions
        for resource in one.resources
    }


def padded(length: int) -> Compiled:
    """A machine whose rights have this many characters."""
    bare = machine(96)
    space = length - size(statements_of(machine_grants(bare)))
    name = "arn:aws:kms:us-east-1:111122223333:key/"
    one = Statement(sid="", actions=("kms:Decrypt",), resources=(name,))
    rest = space - (size([dataclasses.replace(one, sid="KmsDecrypt")]) - size([]) + 1)
    long = Permissions(add=(dataclasses.replace(one, resources=(name + "k" * rest,)),))
    made = machine(96, permissions=long)
    assert size(statements_of(machine_grants(made))) == length
    return made


def test_rights_are_inline_as_long_as_they_fit() -> None:
    inline = machine_resources(padded(10_240), "template")
    (role,) = (resource for resource in inline if isinstance(resource, Role))
    assert [policy.name for policy in role.policies] == ["machine"]
    assert policies(inline) == {}
    apart = machine_resources(padded(10_241), "template")
    (role,) = (resource for resource in apart if isinstance(resource, Role))
    assert role.policies == ()
    assert list(policies(apart)) == ["orders-us-east-1-1", "orders-us-east-1-2", "orders-us-east-1-3"]


@pytest.fixture(scope="module", params=[EAST, WEST], ids=lambda target: target.region)
def large(request: pytest.FixtureRequest) -> Template:
    """A machine with 130 functions, 130 Glue jobs and 130 tables."""
    made = machine(390, request.param)
    return Template(name="orders", target=made.target, resources=machine_resources(made, "template", prefix="big"))


def test_a_large_machine_can_be_deployed(large: Template) -> None:
    found = policies(large.resources)
    assert sorted(found) == [f"orders-{large.target.region}-{number}" for number in range(1, len(found) + 1)]
    assert [policy.id for policy in found.values()] == [f"BigMachinePolicy{number}" for number in range(1, len(found) + 1)]
    assert {policy.roles for policy in found.values()} == {(Name("BigMachineRole"),)}
    (own,) = (resource for resource in large.resources if isinstance(resource, StateMachine))
    assert own.depends_on == tuple(policy.id for policy in found.values())
    assert [finding for finding in check(large) if finding.severity is Severity.ERROR] == []
    assert [str(finding) for finding in lint(cloudformation.to_text(large), regions=[large.target.region])] == []
    kinds = terraform.to_json([large])["resource"]
    assert len(kinds["aws_iam_policy"]) == len(kinds["aws_iam_role_policy_attachment"]) == len(found)
    assert "aws_iam_role_policy" not in kinds


def test_policies_of_a_large_machine_say_what_one_would(large: Template) -> None:
    whole = read(machine_policy(machine(390, large.target)))
    parts = [read(policy.document) for policy in policies(large.resources).values()]
    assert rights(one for part in parts for one in part) == rights(whole)
    assert sum(len(rights(part)) for part in parts) == len(rights(whole))
    assert [finding for part in parts for finding in findings_of(part)] == []


def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    script = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from compiling import compiled\n"
        "from sfn_dsl import Pipeline, Task\n"
        "from sfn_dsl.stacks.machine import machine_resources\n"
        "body = [Task(f's{n}', resource='lambda:invoke', arguments={'FunctionName': f'f{n}'}, timeout_seconds=9) for n in range(150)]\n"
        "print(machine_resources(compiled(Pipeline(name='orders', body=body)), 'publish'))\n"
    )
    root = Path(__file__).parents[1]
    made = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(made) == 1


# --- what changes

ADDED = [
    ("function", "lambda:invoke", {"FunctionName": "new"}),
    ("job", "glue:startJobRun.sync", {"JobName": "new"}),
    ("table", "dynamodb:getItem", {"TableName": "new", "Key": {"pk": {"S": "x"}}}),
    ("known function", "lambda:invoke", {"FunctionName": "orders-7"}),
    ("other action on a known table", "dynamodb:getItem", {"TableName": "orders-7", "Key": {"pk": {"S": "x"}}}),
]


@pytest.mark.parametrize(("resource", "arguments"), [row[1:] for row in ADDED], ids=[row[0] for row in ADDED])
def test_a_new_state_changes_one_policy(resource: str, arguments: dict[str, Any]) -> None:
    before = policies(machine_resources(machine(300), "publish"))
    state = Task("new", resource=resource, arguments=arguments, timeout_seconds=60)
    pipeline = Pipeline(name="orders", body=[state, *states(300)], logging=Logging(level="ERROR"), tracing=True)
    after = policies(machine_resources(compiled(pipeline, target=EAST), "publish"))
    assert list(after) == list(before)
    changed = [name for name in before if before[name] != after[name]]
    assert len(changed) == (0 if arguments == {"FunctionName": "orders-7"} else 1)


def test_rights_on_one_resource_are_told_apart_by_their_conditions() -> None:
    """States that call HTTP endpoints have all the same resource."""

    def calls(numbers: range) -> tuple[Statement, ...]:
        about = {"actions": ("states:InvokeHTTPEndpoint",), "resources": ("*",)}
        urls = [f"https://api.acme.com/{number:03}/{'p' * 60}" for number in numbers]
        return merge(Statement(sid="", conditions={"StringEquals": {"states:HTTPEndpoint": url}}, **about) for url in urls)

    before, after = managed(calls(range(1, 101))), managed(calls(range(101)))
    assert len(before) == len(after) > 3
    assert sum(before[number] != after[number] for number in before) == 1


WORDS = st.integers(0, 10_000).map(lambda number: hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest() * 6)
ARNS = st.builds("arn:aws:{}:::{}{}".format, st.sampled_from("ab"), WORDS, st.sampled_from(["", ":*", "/x/*"]))
STATEMENTS = st.lists(
    st.builds(
        Statement,
        sid=st.just(""),
        actions=st.lists(st.sampled_from(["a:One", "a:Two", "b:Three", "b-c:Four"]), min_size=1, max_size=2).map(tuple),
        resources=st.lists(ARNS | st.just("*"), min_size=1, max_size=16).map(tuple),
        conditions=st.sampled_from([{}, {}, {"StringEquals": {"k": "v"}}]),
        effect=st.sampled_from(["Allow", "Allow", "Deny"]),
    ),
    min_size=6,
    max_size=20,
).map(merge)


def decisions(statements: Sequence[Statement], arns: Sequence[str]) -> list[bool]:
    return [
        allows(statements, action, arn.replace("*", "z"), context)
        for action in ("a:One", "a:Two", "b:Three", "b-c:Four")
        for arn in arns
        for context in ({}, {"k": "v"})
    ]


@settings(max_examples=60, deadline=None)
@given(STATEMENTS)
def test_policies_allow_what_the_statements_allow(statements: tuple[Statement, ...]) -> None:
    found = managed(statements)
    assert all(len("".join(emit(own).split())) <= 6144 for own in found.values())
    together = [one for own in found.values() for one in read(document(own))]
    assert rights(together) == rights(statements)
    assert sum(len(rights(own)) for own in found.values()) == len(rights(statements))
    arns = sorted({arn for one in statements for arn in one.resources})[:12]
    assert decisions(together, arns) == decisions(statements, arns)
    assert all(len({one.sid for one in own}) == len(own) for own in found.values())


def places(found: Mapping[int, tuple[Statement, ...]]) -> dict[tuple[str, str, str, str], int]:
    return {right: number for number, own in found.items() for right in rights(own)}


@settings(max_examples=100, deadline=None)
@given(STATEMENTS, ARNS, st.sampled_from(["a:One", "d:New"]))
def test_rights_stay_where_they_are(statements: tuple[Statement, ...], arn: str, action: str) -> None:
    """With rights on one more ARN only the policy of this ARN changes, or rights move into policies that were not there."""
    before = managed(statements)
    after = managed(merge([*statements, Statement(sid="", actions=(action,), resources=(arn, f"{arn.removesuffix(':*')}:*"))]))
    assume(len(before) < 10 and len(after) < 10)
    old, new = places(before), places(after)
    moved = {right for right in old if new[right] != old[right]}
    assert all(new[right] > max(before) for right in moved)
    assert len({new[right] for right in new.keys() - old.keys()}) <= 1
    if not moved:
        own = {number for right, number in new.items() if right not in old}
        assert {number for number in after if after[number] != before.get(number)} == own


# --- where there is no place


def test_many_patterns_of_one_bucket_are_packed() -> None:
    arns = tuple(f"arn:aws:s3:::lake/*/{number:04}-{'k' * 60}" for number in range(150))
    statements = (Statement(sid="S3GetObject", actions=("s3:GetObject",), resources=arns),)
    found = managed(statements)
    assert list(found) == [1, 2, 3, 4]
    assert all(size(own) <= 6144 for own in found.values())
    assert rights(one for own in found.values() for one in own) == rights(statements)


def test_a_machine_that_is_too_large() -> None:
    span = Span("pipelines/orders.py", 7)
    made = machine(900)
    made = dataclasses.replace(made, pipeline=dataclasses.replace(made.pipeline, span=span))
    with pytest.raises(
        DeclarationError, match=r"role of `orders` would need \d\d managed policies in us-east-1, over 10"
    ) as caught:
        machine_resources(made, "template")
    assert caught.value.help.startswith("split the pipeline")
    assert caught.value.span == span


def test_a_right_that_no_policy_can_hold() -> None:
    wide = Statement(sid="", actions=("kms:Decrypt",), resources=("*",), conditions={"StringEquals": {"k": ["v" * 50] * 130}})
    with pytest.raises(ConfigError, match="`KmsDecrypt` alone is longer"):
        managed(merge([wide]))
    with pytest.raises(DeclarationError, match="role of `orders`: the statement `KmsDecrypt` alone is longer") as caught:
        machine_resources(machine(96, permissions=Permissions(add=(wide,))), "template")
    assert caught.value.span is not None
    assert caught.value.help == "name fewer values in its conditions"
