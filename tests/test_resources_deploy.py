"""Templates are deployed: CloudFormation by a moto server in both Regions, Terraform by its own validation."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from moto_client import client
from resources import EAST, WEST, delivery, everything

from sfn_dsl.asl.canonical import canonical
from sfn_dsl.region import Target
from sfn_dsl.resources import cloudformation, terraform
from sfn_dsl.resources.model import Arn, Name, Queue, Url
from sfn_dsl.resources.template import Template, resolve
from sfn_dsl.resources.terraform_writing import escaped


def literal(properties: Any, template: Template) -> Any:
    """Properties of CloudFormation with their references resolved as CloudFormation would."""
    match properties:
        case {"Ref": id}:
            return resolve(Url(id) if isinstance(template.resource(id), Queue) else Name(id), template)
        case {"Fn::GetAtt": [id, "Arn"]}:
            return resolve(Arn(id), template)
        case dict():
            return {name: literal(value, template) for name, value in properties.items()}
        case list():
            return [literal(value, template) for value in properties]
        case _:
            return properties


@pytest.mark.parametrize("target", [EAST, WEST], ids=lambda target: target.region)
def test_a_stack_makes_what_was_declared(endpoint: str, target: Target) -> None:
    template = Template(name="etl", target=target, resources=delivery(target), outputs={"Dlq": Arn("Dlq")})
    made = cloudformation.to_json(template)
    resources = made["Resources"]
    schedules = client("scheduler", endpoint, target.region)
    # moto 5.2 makes no queue policies and no schedules, and takes no reference to a bus.
    apart = {id: resources.pop(id)["Properties"] for id in ("DlqPolicy", "Group", "Sweep", "Nightly")}
    for id in ("Start", "Forward"):
        assert resources[id]["Properties"]["EventBusName"] == {"Ref": "Bus"}
        resources[id] = {**resources[id], "DependsOn": ["Bus"]}
        resources[id]["Properties"]["EventBusName"] = "etl"
    formation = client("cloudformation", endpoint, target.region)
    formation.create_stack(StackName="etl", TemplateBody=canonical(made), Capabilities=["CAPABILITY_NAMED_IAM"])
    (stack,) = formation.describe_stacks(StackName="etl")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    queues = client("sqs", endpoint, target.region)
    policy = json.dumps(literal(apart["DlqPolicy"]["PolicyDocument"], template))
    for url in literal(apart["DlqPolicy"]["Queues"], template):
        queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    schedules.create_schedule_group(**literal(apart["Group"], template))
    for id in ("Sweep", "Nightly"):
        schedules.create_schedule(**literal(apart[id], template))

    def arn(id: str) -> str:
        return resolve(Arn(id), template)

    assert stack["Outputs"] == [{"OutputKey": "Dlq", "OutputValue": arn("Dlq")}]
    events = client("events", endpoint, target.region)
    rule = events.describe_rule(Name="etl-start", EventBusName="etl")
    assert (rule["Arn"], rule["State"]) == (arn("Start"), "ENABLED")
    assert json.loads(rule["EventPattern"])["detail"] == {"status": ["SUCCEEDED"]}
    assert events.describe_rule(Name="etl-forward", EventBusName="etl")["State"] == "DISABLED"
    first, second, third = events.list_targets_by_rule(Rule="etl-start", EventBusName="etl")["Targets"]
    assert first == {
        "Id": "start-1",
        "Arn": arn("Starter"),
        "InputPath": "$.detail",
        "RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400},
        "DeadLetterConfig": {"Arn": arn("Dlq")},
    }
    assert second["InputTransformer"] == {"InputPathsMap": {"id": "$.detail.batch_id"}, "InputTemplate": '{"id": "<id>"}'}
    assert third == {"Id": "constant", "Arn": arn("Work"), "Input": '{"a": 1}'}
    (peer,) = events.list_targets_by_rule(Rule="etl-forward", EventBusName="etl")["Targets"]
    assert peer["RoleArn"] == arn("StartRole")

    attributes = queues.get_queue_attributes(
        QueueUrl=queues.get_queue_url(QueueName="etl-work")["QueueUrl"], AttributeNames=["All"]
    )
    found = attributes["Attributes"]
    assert (found["VisibilityTimeout"], found["MessageRetentionPeriod"]) == ("90", "1209600")
    assert json.loads(found["RedrivePolicy"])["deadLetterTargetArn"] == arn("Dlq")
    (allowed,) = json.loads(found["Policy"])["Statement"]
    assert allowed["Resource"] == arn("Dlq")
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": [arn("Start"), arn("Forward")]}}

    roles = client("iam", endpoint, target.region)
    role = roles.get_role(RoleName=f"etl-start-{target.region}")["Role"]
    assert role["Arn"] == arn("StartRole")
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "events.amazonaws.com"}
    policy = roles.get_role_policy(RoleName=f"etl-start-{target.region}", PolicyName="start")["PolicyDocument"]
    # moto keeps the policies of a stack's role as Python's text of them.
    assert f"'Resource': '{arn('Work')}*'" in policy

    attached = roles.list_attached_role_policies(RoleName=f"etl-start-{target.region}")["AttachedPolicies"]
    assert attached == [{"PolicyName": f"etl-start-{target.region}-1", "PolicyArn": arn("StartMore")}]
    version = roles.get_policy_version(PolicyArn=arn("StartMore"), VersionId="v1")["PolicyVersion"]["Document"]
    assert version["Statement"][0]["Resource"] == f"{arn('Dlq')}*"

    schedule = schedules.get_schedule(Name="etl-sweep", GroupName="etl")
    assert (schedule["Arn"], schedule["ScheduleExpression"], schedule["FlexibleTimeWindow"]) == (
        arn("Sweep"),
        "rate(5 minutes)",
        {"Mode": "OFF"},
    )
    assert schedule["Target"]["Input"] == '{"at": "<aws.scheduler.scheduled-time>"}'
    assert schedule["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 10, "MaximumEventAgeInSeconds": 840}

    table = client("dynamodb", endpoint, target.region).describe_table(TableName="etl-control")["Table"]
    assert table["TableArn"] == arn("Control")
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["GSI1"]

    function = client("lambda", endpoint, target.region).get_function_configuration(FunctionName="etl-starter")
    assert (function["FunctionArn"], function["Runtime"], function["MemorySize"]) == (arn("Starter"), "python3.13", 256)
    assert function["Environment"]["Variables"]["LITERAL"] == "${x}"


# Terraform


@pytest.fixture(scope="module")
def terraformed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where terraform finds its provider; skips where there is no terraform, or no provider without the network."""
    if shutil.which("terraform") is None:
        pytest.skip("there is no terraform")
    folder = tmp_path_factory.mktemp("terraform")
    (folder / "rc").touch()
    return folder


def run(folder: Path, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": str(folder / "rc"), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    return subprocess.run(["terraform", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False, **more)


def test_terraform_accepts_both_regions(terraformed: Path) -> None:
    plugins = os.environ.get("SFN_DSL_TERRAFORM_PLUGINS")
    if not plugins:
        pytest.skip("SFN_DSL_TERRAFORM_PLUGINS does not name the folder with the providers")
    folder = terraformed / "both"
    folder.mkdir()
    (folder / "rc").touch()
    made = terraform.to_json([everything(EAST), everything(WEST)])
    # The folder has the provider of AWS only: zip files have to be there already.
    made["terraform"]["required_providers"].pop("archive")
    del made["data"]
    for functions in made["resource"]["aws_lambda_function"].values():
        functions.update(filename="x.zip", source_code_hash="x")
    (folder / "main.tf.json").write_text(json.dumps(made), encoding="utf-8")
    done = run(folder, "init", "-no-color", f"-plugin-dir={plugins}")
    assert done.returncode == 0, done.stderr
    done = run(folder, "validate", "-json")
    assert json.loads(done.stdout)["diagnostics"] == []
    made["resource"]["aws_sqs_queue"]["us_east_1_dlq"]["retention"] = 1
    (folder / "main.tf.json").write_text(json.dumps(made), encoding="utf-8")
    assert json.loads(run(folder, "validate", "-json").stdout)["error_count"] == 1


NASTY = ("${x}", "$${x}", "$$${x}", "%{if}", "%%{x}", "a$", "$${", "%{", "$$$${", "%%%{", 'a"b\\c\n', "\u00e9")


def test_terraform_reads_escaped_text_back(terraformed: Path) -> None:
    folder = terraformed / "text"
    folder.mkdir()
    (folder / "rc").touch()
    value = {escaped(text): escaped(text) for text in NASTY}
    (folder / "main.tf.json").write_text(json.dumps({"locals": {"d": value}}), encoding="utf-8")
    assert run(folder, "init", "-no-color").returncode == 0
    done = run(folder, "console", input="base64encode(jsonencode(local.d))\n")
    assert json.loads(base64.b64decode(json.loads(done.stdout))) == {text: text for text in NASTY}
