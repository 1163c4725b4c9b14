"""Resources as values, as CloudFormation and as Terraform."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from cfnlint.api import lint
from resources import DEFINITION, EAST, SOURCE, WEST, everything

from sfn_dsl.errors import DeclarationError
from sfn_dsl.region import Target
from sfn_dsl.resources import cloudformation, terraform
from sfn_dsl.resources.model import (
    Arn,
    Element,
    EventBus,
    Joined,
    LogGroup,
    Name,
    NamedResource,
    Queue,
    Resource,
    Rule,
    StateMachine,
    Table,
    Url,
)
from sfn_dsl.resources.template import SUBSTITUTION, Template, mapped, references, resolve
from sfn_dsl.resources.terraform_writing import escaped

BOTH = [everything(EAST), everything(WEST)]
IDS = ["us-east-1", "us-west-1"]


def properties(template: Template, id: str) -> dict[str, Any]:
    return dict(cloudformation.to_json(template)["Resources"][id]["Properties"])


def test_the_template_has_all_types() -> None:
    assert {type(resource) for resource in BOTH[0].resources} == set(get_args(Resource))


# Names and ARNs

ARNS = {
    "Bus": "arn:aws:events:us-east-1:123456789012:event-bus/etl",
    "Dlq": "arn:aws:sqs:us-east-1:123456789012:etl-dlq",
    "StartRole": "arn:aws:iam::123456789012:role/etl/etl-start-us-east-1",
    "StartMore": "arn:aws:iam::123456789012:policy/etl/etl-start-us-east-1-1",
    "Start": "arn:aws:events:us-east-1:123456789012:rule/etl/etl-start",
    "Group": "arn:aws:scheduler:us-east-1:123456789012:schedule-group/etl",
    "Sweep": "arn:aws:scheduler:us-east-1:123456789012:schedule/etl/etl-sweep",
    "Starter": "arn:aws:lambda:us-east-1:123456789012:function:etl-starter",
    "Logs": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/etl:*",
    "Control": "arn:aws:dynamodb:us-east-1:123456789012:table/etl-control",
    "Kept": "arn:aws:events:us-east-1:123456789012:archive/etl",
    "Everywhere": "arn:aws:events:us-east-1:123456789012:endpoint/etl",
    "Alerts": "arn:aws:sns:us-east-1:123456789012:etl-alerts",
    "Lake": "arn:aws:s3:::acme-etl-us-east-1",
    "Machine": "arn:aws:states:us-east-1:123456789012:stateMachine:etl",
    "Version": "arn:aws:states:us-east-1:123456789012:stateMachine:etl:1",
    "Live": "arn:aws:states:us-east-1:123456789012:stateMachine:etl:live",
    "Failed": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:etl-failed",
    "Wrong": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:etl-wrong",
    "Board": "arn:aws:cloudwatch::123456789012:dashboard/etl-us-east-1",
}


def test_arns_are_known_before_anything_exists() -> None:
    assert {id: resolve(Arn(id), BOTH[0]) for id in ARNS} == ARNS
    named = {type(resource) for resource in BOTH[0].resources if isinstance(resource, NamedResource)}
    assert named <= {type(BOTH[0].resource(id)) for id in ARNS}
    rule = Rule(id="R", name="r", event_pattern={}, targets=())
    assert rule.arn(EAST) == "arn:aws:events:us-east-1:123456789012:rule/r"


def test_urls_of_queues() -> None:
    queue = Queue(id="Q", queue_name="q")
    assert queue.url(WEST) == "https://sqs.us-west-1.amazonaws.com/123456789012/q"
    assert queue.url(Target(region="cn-north-1", account="123456789012")).startswith("https://sqs.cn-north-1.amazonaws.com.cn/")


def test_references_resolve() -> None:
    template = BOTH[1]
    value = {"a": [Joined(Arn("Dlq"), "/", Name("Start")), Url("Work"), 1, None, True, 1.5], "b": {"c": "text"}}
    assert resolve(value, template) == {
        "a": [
            "arn:aws:sqs:us-west-1:123456789012:etl-dlq/etl-start",
            "https://sqs.us-west-1.amazonaws.com/123456789012/etl-work",
            1,
            None,
            True,
            1.5,
        ],
        "b": {"c": "text"},
    }
    assert {reference.id for reference in references(template.resource("Failed"))} == {"Machine", "Alerts"}
    assert Joined("a", "b", Arn("X"), "", "c") == Joined("ab", Arn("X"), "c")


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        (Arn("Nobody"), "has no resource `Nobody`"),
        (Url("Alerts"), "`Alerts` has no URL"),
        (Arn("DlqPolicy"), "`DlqPolicy` has no ARN"),
        (Name("Version"), "`Version` has no name"),
    ],
)
def test_references_that_mean_nothing(reference: Arn | Name | Url, said: str) -> None:
    template = Template(name="t", target=EAST, resources=BOTH[0].resources, outputs={"X": Joined("x", reference)})
    for make in (
        lambda: resolve(reference, template),
        lambda: cloudformation.to_json(template),
        lambda: terraform.to_json([template]),
    ):
        with pytest.raises(DeclarationError, match=said) as caught:
            make()
        assert caught.value.help


def test_deep_values_need_no_stack() -> None:
    value: Any = Arn("Dlq")
    for _ in range(20_000):
        value = {"a": [value]}
    made = resolve(value, BOTH[0])
    for _ in range(20_000):
        made = made["a"][0]
    assert made == ARNS["Dlq"]


def test_definitions_with_their_substitutions() -> None:
    machine = BOTH[0].resource("Machine")
    assert isinstance(machine, StateMachine)
    known = {key: resolve(value, BOTH[0]) for key, value in machine.substitutions.items()}
    made: Any = mapped(machine.definition, lambda text: SUBSTITUTION.sub(lambda match: known.get(match[1], match[0]), str(text)))
    assert made["Comment"] == f"costs $${{Price}} $us-east-1 $${ARNS['Starter']}:$LATEST, 100 %{{sure}}"
    assert made["States"]["Ask"]["Arguments"]["FunctionName"] == ARNS["Starter"] + ":$LATEST"
    assert properties(BOTH[0], "Machine")["Definition"] == DEFINITION


# CloudFormation


@pytest.mark.parametrize("template", BOTH, ids=IDS)
def test_cloudformation_is_accepted(template: Template) -> None:
    text = cloudformation.to_text(template)
    assert [str(found) for found in lint(text, regions=[template.target.region])] == []
    assert text.endswith("}\n")
    assert json.loads(text) == cloudformation.to_json(template)


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        (("Start", "Properties", "EventBus"), "x", "E3002"),
        (("Start", "Type"), "AWS::EventsV2::Rule", "E3006"),
        (("Sweep", "Properties", "State"), "ON", "E3030"),
        (("Start", "Properties", "Targets"), "x", "E3012"),
        (("Live", "Properties", "DeploymentPreference"), {"Type": "ALL_AT_ONCE"}, "E3003"),
    ],
)
def test_the_linter_would_notice(path: tuple[str, ...], value: Any, rule: str) -> None:
    made = cloudformation.to_json(BOTH[1])
    at = made["Resources"]
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    assert rule in {found.rule.id for found in lint(json.dumps(made), regions=["us-west-1"])}


WRITTEN = [
    (
        "Start",
        "Targets",
        0,
        {"Arn": {"Fn::GetAtt": ["Starter", "Arn"]}, "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["Dlq", "Arn"]}}},
    ),
    ("DlqPolicy", "Queues", None, [{"Ref": "Dlq"}, {"Ref": "Work"}]),
    ("AlertsPolicy", "Topics", None, [{"Ref": "Alerts"}]),
    ("Start", "EventBusName", None, {"Ref": "Bus"}),
    ("StartMore", "Roles", None, [{"Ref": "StartRole"}]),
    ("Sweep", "GroupName", None, {"Ref": "Group"}),
    ("Sweep", "FlexibleTimeWindow", None, {"Mode": "OFF"}),
    ("Nightly", "FlexibleTimeWindow", None, {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}),
    (
        "Machine",
        "LoggingConfiguration",
        "Destinations",
        [{"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["Logs", "Arn"]}}}],
    ),
    ("Machine", "DefinitionSubstitutions", "Starter", {"Fn::Sub": "${Starter.Arn}:$LATEST"}),
    ("Version", "StateMachineRevisionId", None, {"Fn::GetAtt": ["Machine", "StateMachineRevisionId"]}),
    ("Wrong", "AlarmRule", None, {"Fn::Sub": 'ALARM("${Failed}") OR ALARM("${Slow}")'}),
    ("Arbiter", "GlobalTableWitnesses", None, [{"Region": "us-east-2"}]),
    ("Starter", "ReservedConcurrentExecutions", None, 2),
    ("Starter", "Environment", "Variables", {"QUEUE": {"Ref": "Work"}, "LITERAL": "${x}", "EMPTY": ""}),
]


@pytest.mark.parametrize(("id", "name", "inner", "expected"), WRITTEN)
def test_what_cloudformation_says(id: str, name: str, inner: str | int | None, expected: Any) -> None:
    value = properties(BOTH[0], id)[name]
    value = value if inner is None else value[inner]
    assert value == expected if not isinstance(expected, dict) else expected.items() <= value.items()


def test_only_eventual_tables_have_a_stream() -> None:
    assert "StreamSpecification" not in properties(BOTH[0], "Arbiter")
    assert properties(BOTH[0], "Shared")["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_what_must_not_be_lost_is_kept() -> None:
    made = cloudformation.to_json(BOTH[0])["Resources"]
    kept = {
        id for id, resource in made.items() if resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy") == "Retain"
    }
    assert kept == {"Control", "Shared", "Arbiter", "Lake", "Version"}


def test_depends_on_says_only_what_references_do_not() -> None:
    made = cloudformation.to_json(BOTH[0])["Resources"]
    assert made["Sweep"]["DependsOn"] == ["Logs"]
    assert made["Machine"]["DependsOn"] == ["StartMore"]


def test_a_managed_policy_refers_to_itself_by_its_arn() -> None:
    made = cloudformation.to_json(BOTH[1])["Outputs"]["Policy"]["Value"]
    assert made == {"Fn::Sub": "etl-start-us-west-1-1 ${StartMore}"}


def test_literal_dollars_in_joined_text() -> None:
    resources = (Queue(id="Q", queue_name="q"),)
    template = Template(name="t", target=EAST, resources=resources, outputs={"X": Joined("${x}$", Arn("Q"))})
    assert cloudformation.to_json(template)["Outputs"] == {"X": {"Value": {"Fn::Sub": "${!x}$${Q.Arn}"}}}
    plain = dataclasses.replace(template, outputs={"X": Joined("${", "x}")})
    assert cloudformation.to_json(plain)["Outputs"] == {"X": {"Value": "${x}"}}


def other(value: Any) -> Any:
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value + "x"
        case Arn() | Name() | Url() | Joined():
            return "other"
        case tuple():
            return value[:-1] if len(value) > 1 else ()
        case _:
            return {"Other": "x"}


def changes(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The same declaration with one field changed, for every field below it, with the path of that field."""
    for field in dataclasses.fields(node):
        value, place = getattr(node, field.name), f"{path}.{field.name}"
        if (field.name == "id" and isinstance(node, Element)) or value is None or value == () or value == {}:
            continue
        if dataclasses.is_dataclass(value) and not isinstance(value, (Arn, Name, Url, Joined)):
            for where, made in changes(value, place):
                yield where, dataclasses.replace(node, **{field.name: made})
        elif isinstance(value, tuple) and dataclasses.is_dataclass(value[0]) and not isinstance(value[0], (Arn, Name, Url, Joined)):
            for where, made in changes(value[0], place):
                yield where, dataclasses.replace(node, **{field.name: (made, *value[1:])})
        else:
            yield place, dataclasses.replace(node, **{field.name: other(value)})


# What is in literal ARNs only; what tools have no word for: consistency of a table in one Region, versions, gradual shifts.
NOWHERE_WRITTEN = {"StateMachineVersion.number", "StateMachineAlias.state_machine_name"}
NOT_IN_CLOUDFORMATION = {"Control.multi_region_consistency"}
NOT_IN_TERRAFORM = {
    "StateMachineVersion.description",
    *(f"StateMachineAlias.deployment.{name}" for name in ("type", "interval", "percentage", "alarms")),
}


@pytest.mark.parametrize("write", [cloudformation.to_text, lambda template: terraform.to_text([template])], ids=["cfn", "tf"])
def test_every_field_is_written(write: Callable[[Template], str]) -> None:
    template = BOTH[0]
    text = write(template)
    silent = set()
    for number, resource in enumerate(template.resources):
        for path, changed in changes(resource, type(resource).__name__):
            resources = (*template.resources[:number], changed, *template.resources[number + 1 :])
            try:
                same = write(dataclasses.replace(template, resources=resources)) == text
            except DeclarationError:
                continue
            if same:
                silent.add(path if resource.id != "Control" else path.replace("Table", "Control"))
    assert silent == NOWHERE_WRITTEN | (NOT_IN_CLOUDFORMATION if write is cloudformation.to_text else NOT_IN_TERRAFORM)


def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    script = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from resources import EAST, WEST, everything\n"
        "from sfn_dsl.resources import cloudformation, terraform\n"
        "both = [everything(EAST), everything(WEST)]\n"
        "print(*[cloudformation.to_text(each) for each in both], terraform.to_text(both))\n"
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


# Terraform


def unlike(body: Mapping[str, Any], schema: Mapping[str, Any], where: str) -> list[str]:
    """Arguments that the provider does not know, and those it misses."""
    blocks = schema.get("blocks", {})
    meta = {"provider", "depends_on"} if where.count(".") == 1 else set()
    wrong = [f"{where} lacks {name}" for name in schema["required"] if name not in body]
    for name, value in body.items():
        if name in blocks:
            for inner in value if isinstance(value, list) else [value]:
                wrong += unlike(inner, blocks[name], f"{where}.{name}")
        elif name not in schema["allowed"] and name not in meta:
            wrong.append(f"{where} does not know {name}")
    return wrong


def test_terraform_has_only_what_the_provider_knows() -> None:
    schema = json.loads((Path(__file__).parent / "cases/resources/terraform_schema.json").read_text(encoding="utf-8"))
    made = terraform.to_json(BOTH)["resource"]
    assert set(made) == set(schema)
    found = [line for type in made for name, body in made[type].items() for line in unlike(body, schema[type], f"{type}.{name}")]
    assert found == []
    assert unlike({"nam": 1}, schema["aws_cloudwatch_event_bus"], "a.b") == ["a.b lacks name", "a.b does not know nam"]


def test_terraform_of_both_regions() -> None:
    made = terraform.to_json(BOTH)
    assert made["provider"]["aws"] == [
        {"alias": "us_east_1", "region": "us-east-1", "allowed_account_ids": ["123456789012"]},
        {"alias": "us_west_1", "region": "us-west-1", "allowed_account_ids": ["123456789012"]},
    ]
    assert made["terraform"]["required_providers"]["aws"]["version"] == ">= 5.100"
    kinds = made["resource"]
    machine = kinds["aws_sfn_state_machine"]["us_west_1_machine"]
    assert machine["logging_configuration"]["log_destination"] == "${aws_cloudwatch_log_group.us_west_1_logs.arn}:*"
    assert machine["provider"] == "aws.us_west_1"
    assert machine["publish"] is True
    definition = made["locals"]["us_east_1_machine_definition"]
    assert definition["Comment"].startswith('costs $$${Price} $us-east-1 ${"$$"}${aws_lambda_function.us_east_1_starter.arn}')
    assert set(kinds["aws_cloudwatch_event_target"]) >= {"us_east_1_start_start_1", "us_east_1_start_count"}
    assert kinds["aws_scheduler_schedule"]["us_east_1_sweep"]["depends_on"] == [
        "aws_sqs_queue.us_east_1_dlq",
        "aws_cloudwatch_log_group.us_east_1_logs",
    ]
    alias = kinds["aws_sfn_alias"]["us_east_1_live"]["routing_configuration"]
    assert alias == {
        "state_machine_version_arn": "${aws_sfn_state_machine.us_east_1_machine.state_machine_version_arn}",
        "weight": 100,
    }
    policies = kinds["aws_cloudwatch_event_bus_policy"]
    assert set(policies) == {"us_east_1_bus_policy", "us_west_1_bus_policy"}
    assert [each["Sid"] for each in made["locals"]["us_east_1_bus_policy_document"]["Statement"]] == ["peer", "more"]
    assert made["data"]["archive_file"]["us_east_1_starter"]["source"] == {"filename": "index.py", "content": escaped(SOURCE)}
    assert kinds["aws_iam_role_policy_attachment"]["us_west_1_start_more_1"] == {
        "provider": "aws.us_west_1",
        "role": "${aws_iam_role.us_west_1_start_role.name}",
        "policy_arn": "${aws_iam_policy.us_west_1_start_more.arn}",
    }
    assert machine["depends_on"] == [
        "aws_iam_policy.us_west_1_start_more",
        "aws_iam_role_policy_attachment.us_west_1_start_more_1",
    ]
    assert made["output"]["us_west_1_policy"]["value"] == (
        "${aws_iam_policy.us_west_1_start_more.name} ${aws_iam_policy.us_west_1_start_more.arn}"
    )
    assert made["output"]["us_east_1_live"] == {"value": "${aws_sfn_alias.us_east_1_live.arn}"}


def test_strong_tables_are_a_stack_of_their_own_in_terraform() -> None:
    made = terraform.to_json([BOTH[0]])
    assert set(made["resource"]["aws_dynamodb_table"]) == {"us_east_1_control", "us_east_1_shared"}
    assert made["resource"]["aws_dynamodb_table"]["us_east_1_shared"]["replica"] == [
        {"region_name": "us-west-1", "point_in_time_recovery": True}
    ]
    assert set(made["resource"]["aws_cloudformation_stack"]) == {"us_east_1_arbiter"}
    body = made["locals"]["us_east_1_arbiter_template"]
    assert [str(found) for found in lint(json.dumps(body), regions=["us-east-1"])] == []
    assert body["Resources"]["Arbiter"]["Properties"]["MultiRegionConsistency"] == "STRONG"
    template = dataclasses.replace(BOTH[0], outputs={"T": Arn("Arbiter")})
    assert (
        terraform.to_json([template])["output"]["us_east_1_t"]["value"]
        == "arn:aws:dynamodb:us-east-1:123456789012:table/etl-arbiter"
    )


def test_names_that_terraform_cannot_tell_apart() -> None:
    resources = (EventBus(id="ABus", name="a"), EventBus(id="aBus", name="b"))
    with pytest.raises(DeclarationError, match=r"two resources would be `aws_cloudwatch_event_bus.us_east_1_a_bus`"):
        terraform.to_json([Template(name="t", target=EAST, resources=resources)])


def test_mapped_keeps_order() -> None:
    assert list(mapped({"b": {"z": "1", "a": "2"}, "a": ["x"]}, str.upper, str.upper)["B"]) == ["Z", "A"]


def test_tables_list_each_key_attribute_once() -> None:
    table = BOTH[0].resource("Control")
    assert isinstance(table, Table)
    assert [(key.name, key.type) for key in table.attributes] == [("pk", "S"), ("sk", "S"), ("status", "S"), ("updated_at", "N")]
    assert isinstance(BOTH[0].resource("Logs"), LogGroup)
