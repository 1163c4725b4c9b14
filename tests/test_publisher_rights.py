"""The policies of people and of CI: no command makes a call outside them, and they hold nothing that no command needs."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import Session
from calls_made import Recorded, action_of, record
from iam_linting import ANYWHERE, findings_of
from operating import ACCOUNT, EAST, MANUAL, PIPELINES, WEST, run_item
from operating_aws import Aws
from resources import EAST as HERE
from resources import everything

import sfn_dsl
from sfn_dsl.building import Build, build_project
from sfn_dsl.cli.main import run
from sfn_dsl.configuration import find_project
from sfn_dsl.project import load_pipelines
from sfn_dsl.publish.publisher_rights import deploy_rights, operate_rights, publish_rights
from sfn_dsl.publish.template_rights import template_rights
from sfn_dsl.resources.iam.evaluation import allows, covers
from sfn_dsl.resources.iam.reference import action_known
from sfn_dsl.resources.iam.statement import Statement, merge, size
from sfn_dsl.resources.model import ManagedPolicy, Name, NamedResource, Role, Table
from sfn_dsl.resources.template import Template

pytest_plugins = ("operating_fixtures",)
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
SETUP = MANUAL.replace("[sfn_dsl]", "[sfn_dsl]\nname = shop", 1)
# Newer than parliament's copy of the reference.
NEWER = {"dynamodb:CreateGlobalTableWitness", "dynamodb:DeleteGlobalTableWitness"}


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return record(monkeypatch)


@pytest.fixture
def shop(project: Callable[[dict[str, str]], Path]) -> Path:
    folder = project({"setup.cfg": SETUP, "pipelines/orders.py": PIPELINES})
    assert run(["-C", str(folder), "build"]) == 0
    return folder


def built(folder: Path) -> tuple[Build, tuple[Any, ...]]:
    project = find_project(folder)
    loaded = load_pipelines(project)
    return build_project(project, loaded, loaded.pipelines, project.targets), loaded.pipelines


def policies(folder: Path, bucket: str = "") -> dict[str, tuple[Statement, ...]]:
    build, pipelines = built(folder)
    return {
        "publish": publish_rights((*build.compiled, *build.machines), "shop"),
        "deploy": deploy_rights(build.templates, bucket),
        "operate": operate_rights(pipelines, build.templates),
    }


def actions(statements: tuple[Statement, ...]) -> set[str]:
    return {action for one in statements for action in one.actions}


# No call outside


def test_a_deployment_stays_inside_its_policy(aws: Aws, shop: Path, recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = "sfn_dsl.publish.clients.Clients.endpoint"
    monkeypatch.setattr(endpoint, lambda self, service, region: f"https://{service}.{region}.amazonaws.com")
    monkeypatch.setattr("sfn_dsl.publish.deploying.INLINE_LIMIT", 20_000)
    for region in (EAST, WEST):
        place = {} if region == EAST else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        aws.client("s3", region).create_bucket(Bucket=f"long-{region}", **place)
    words = ("deploy", "--yes", "--allow-dirty", "--s3-bucket", "long-{region}")
    assert aws.cli(shop, *words)[0] == 0
    source = shop / "pipelines/orders.py"
    source.write_text(source.read_text().replace('job="j"', 'job="k"'))
    assert run(["-C", str(shop), "build"]) == 0
    assert aws.cli(shop, *words, "--dry-run")[0] == 0
    assert aws.cli(shop, *words)[0] == 0
    allowed = policies(shop, "long-{region}")["deploy"]
    assert recorded.denied(allowed) == []

    build, _ = built(shop)
    delegated = actions(merge(statement for template in build.templates for statement in template_rights(template)))
    # CloudFormation reads the template and tags the stack in the caller's name.
    by_hand = {"s3:GetObject", "cloudformation:TagResource", "cloudformation:UntagResource"}
    assert actions(allowed) - delegated - by_hand == recorded.actions() - delegated


def letter(aws: Aws, body: Any, attributes: dict[str, str]) -> None:
    client = aws.client("sqs", EAST)
    written = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    url = client.create_queue(QueueName="orders-dead-letters")["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody=json.dumps(body), MessageAttributes=written)


def test_operators_stay_inside_their_policy(aws: Aws, shop: Path, recorded: Recorded) -> None:
    now = aws.now()
    aws.put(EAST, run_item("FAILED", ("extract",), lease_until=now - 1000))
    aws.machine(EAST)
    assert aws.cli(shop, "rerun", "orders", "b1", "--yes")[0] == 0
    rule = {"RULE_ARN": f"arn:aws:events:{EAST}:{ACCOUNT}:rule/orders-on-end", "TARGET_ARN": f"{aws.arn(EAST)}:live"}
    ended = {"source": "aws.states", "detail-type": "Step Functions Execution Status Change", "detail": {"status": "FAILED"}}
    events = aws.client("events", EAST)
    events.put_rule(Name="orders-on-end", EventPattern='{"source": ["aws.states"]}')
    events.put_targets(Rule="orders-on-end", Targets=[{"Id": "close", "Arn": f"{aws.arn(EAST)}:live"}])
    letter(aws, ended, rule)
    letter(aws, {"batch_id": "b2"}, {"SCHEDULE_ARN": "arn:x", "TARGET_ARN": f"{aws.arn(EAST)}:live"})
    events.create_event_bus(Name="etl")
    own = {"source": "sfn-dsl.base", "detail-type": "BatchReady", "detail": {"batch_id": "b3"}}
    letter(aws, own, {"RULE_ARN": f"arn:aws:events:{EAST}:{ACCOUNT}:rule/etl/other", "TARGET_ARN": f"{aws.arn(EAST)}:live"})
    assert aws.cli(shop, "dlq", "list", "--region", EAST)[0] == 0
    assert aws.cli(shop, "dlq", "republish", "orders-dead-letters", "--region", EAST, "--yes")[0] == 0
    letter(aws, own, {})
    assert aws.cli(shop, "dlq", "delete", "orders-dead-letters", "--all", "--region", EAST, "--yes")[0] == 0
    assert aws.cli(shop, "promote", WEST, "--fenced", "--yes")[0] == 0
    assert aws.cli(shop, "failback", "--fenced", "--yes")[0] == 0
    allowed = policies(shop)["operate"]
    assert recorded.denied(allowed) == []
    # `record` has a client of its own; nothing redrives yet but operators by hand, for which the policy is too.
    others = {"states:DescribeExecution", "states:GetExecutionHistory", "states:RedriveExecution"}
    assert actions(allowed) - others == recorded.actions()


FOREIGN: list[tuple[str, str, str, dict[str, str]]] = [
    ("publish", "states:UpdateStateMachine", "arn:aws:states:us-east-1:123456789012:stateMachine:foreign", {}),
    ("publish", "states:DeleteStateMachine", "arn:aws:states:us-east-1:123456789012:stateMachine:orders", {}),
    (
        "publish",
        "states:DeleteStateMachine",
        "arn:aws:states:us-east-1:123456789012:stateMachine:old",
        {"aws:ResourceTag/sfn-dsl:project": "other"},
    ),
    ("publish", "iam:PassRole", "arn:aws:iam::123456789012:role/admin", {"iam:PassedToService": "states.amazonaws.com"}),
    ("publish", "iam:PassRole", "arn:aws:iam::123456789012:role/orders-us-east-1", {"iam:PassedToService": "lambda.amazonaws.com"}),
    ("deploy", "cloudformation:ExecuteChangeSet", "arn:aws:cloudformation:us-east-1:123456789012:stack/orders-other/1", {}),
    ("deploy", "iam:PutRolePolicy", "arn:aws:iam::123456789012:role/admin", {}),
    ("deploy", "s3:PutObject", "arn:aws:s3:::bucket/other/x.json", {}),
    (
        "operate",
        "dynamodb:UpdateItem",
        "arn:aws:dynamodb:us-east-1:123456789012:table/etl-control",
        {"dynamodb:LeadingKeys": "PIPE#foreign#BATCH#b1"},
    ),
    ("operate", "dynamodb:Scan", "arn:aws:dynamodb:us-east-1:123456789012:table/etl-control", {}),
    ("operate", "dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:123456789012:table/etl-control", {}),
    ("operate", "states:StartExecution", "arn:aws:states:us-east-1:123456789012:stateMachine:foreign", {}),
    ("operate", "sqs:DeleteMessage", "arn:aws:sqs:us-east-1:123456789012:foreign-dead-letters", {}),
    ("operate", "states:RedriveExecution", "arn:aws:states:us-east-1:123456789012:execution:foreign:x", {}),
]


def test_what_belongs_to_others_is_not_allowed(shop: Path) -> None:
    allowed = policies(shop, "bucket")
    wrong = [row for row in FOREIGN if allows(allowed[row[0]], *row[1:])]
    assert wrong == []


def test_what_the_project_has_left_behind_may_be_deleted(shop: Path) -> None:
    arn = f"arn:aws:states:{EAST}:{ACCOUNT}:stateMachine:old"
    assert allows(policies(shop)["publish"], "states:DeleteStateMachine", arn, {"aws:ResourceTag/sfn-dsl:project": "shop"})


SERVICES = ("stepfunctions", "cloudformation", "dynamodb", "sqs", "events", "sts", "iam", "logs", "cloudwatch", "s3")


def operations() -> dict[str, set[str]]:
    """Names of boto3's operations that stand in the source of what talks to AWS, with the actions they may be."""
    known: dict[str, set[str]] = {}
    session = Session()
    for service in (*SERVICES, "resourcegroupstaggingapi"):
        for name in session.get_service_model(service).operation_names:
            known.setdefault(xform_name(name), set()).add(action_of(service, xform_name(name)))
    found = {}
    for file in (Path(sfn_dsl.__file__).parent / "publish").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in known:
                found[node.value] = known[node.value]
    return found


# What `--local` makes in an AWS of its own.
LOCALLY = {"create_role", "create_log_group"}


def test_every_operation_of_the_source_is_allowed(shop: Path) -> None:
    allowed = set().union(*map(actions, policies(shop, "bucket").values()))
    found = operations()
    assert len(found) > 15
    missing = {name: named for name, named in found.items() if not named & allowed}
    assert set(missing) <= LOCALLY


# The policies themselves


def test_parliament_finds_nothing(project: Callable[[dict[str, str]], Path]) -> None:
    folder = project({"setup.cfg": SETUP.replace(ACCOUNT, ANYWHERE[0].account), "pipelines/orders.py": PIPELINES})
    both = policies(folder, "bucket")
    both["everything"] = deploy_rights([everything(ANYWHERE[0])], "bucket")
    found = [finding for statements in both.values() for finding in findings_of(statements)]
    assert [finding for finding in found if not any(action in finding for action in NEWER)] == []
    assert all(action_known(*action.split(":")) for statements in both.values() for action in actions(statements))


def test_every_resource_can_be_made_and_deleted() -> None:
    template = everything(HERE)
    for resource in template.resources:
        alone = [one for one in template_rights(template) if _names(one, resource, template)]
        verbs = {action.partition(":")[2] for one in alone for action in one.actions}
        assert verbs, f"nothing is allowed on {resource.id}"
        if isinstance(resource, NamedResource) and not isinstance(resource, Role):
            assert any(verb.startswith(("Create", "Put")) for verb in verbs), resource.id
            assert any(verb.startswith("Delete") for verb in verbs), resource.id


def _names(one: Statement, resource: Any, template: Template) -> bool:
    if not isinstance(resource, NamedResource):
        return True
    arn = resource.arn(template.target).removesuffix(":live")
    return any(covers(pattern, arn) for pattern in one.resources)


def test_tables_of_several_regions_and_their_witness() -> None:
    table = Table(
        id="T", table_name="t", replicas=("us-east-1", "us-west-2"), multi_region_consistency="STRONG", witness_region="us-east-2"
    )
    found = deploy_rights([Template(name="x", target=HERE, resources=(table,))])
    for region in ("us-east-1", "us-west-2", "us-east-2"):
        arn = f"arn:aws:dynamodb:{region}:{HERE.account}:table/t"
        assert allows(found, "dynamodb:CreateTableReplica", arn)
        assert allows(found, "dynamodb:CreateGlobalTableWitness", arn)
    alone = deploy_rights([Template(name="x", target=HERE, resources=(Table(id="T", table_name="t"),))])
    assert not actions(alone) & {"dynamodb:CreateTableReplica", "dynamodb:Scan", "iam:CreateServiceLinkedRole"}


def test_policies_are_attached_to_their_own_role_only() -> None:
    role = Role(id="R", role_name="r", trust={})
    policy = ManagedPolicy(id="P", policy_name="p", document={}, roles=(Name("R"),))
    found = deploy_rights([Template(name="x", target=HERE, resources=(role, policy))])
    arn = f"arn:aws:iam::{HERE.account}:role/r"
    assert allows(found, "iam:AttachRolePolicy", arn, {"iam:PolicyARN": f"arn:aws:iam::{HERE.account}:policy/p"})
    assert not allows(found, "iam:AttachRolePolicy", arn, {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"})


def test_the_command(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["-C", str(shop), "iam", "publisher", "--output-format", "json", "--s3-bucket", "b"]) == 0
    printed = json.loads(capsys.readouterr().out)
    expected = policies(shop, "b")
    assert list(printed) == ["publish", "deploy", "operate"]
    for name, documents in printed.items():
        assert {action for one in documents for statement in one["Statement"] for action in statement["Action"]} == actions(
            expected[name]
        )
        assert all(len("".join(json.dumps(one).split())) <= 6_144 for one in documents)
    assert size(expected["deploy"]) > 6_144
    assert len(printed["deploy"]) > 1
    assert run(["-C", str(shop), "iam", "publisher", "--for", "operate", "--region", WEST]) == 0
    text = capsys.readouterr().out
    assert text.startswith("operate (promote, failback, rerun, dlq, record): 1 policy\n")
    assert '  if dynamodb:LeadingKeys ForAnyValue:StringLike ["CONTROL"]\n' in text
    assert "stateMachine:orders\n" in text
    (shop / "pipelines/orders.py").write_text("import nowhere\n")
    assert run(["-C", str(shop), "iam", "publisher"]) == 1
