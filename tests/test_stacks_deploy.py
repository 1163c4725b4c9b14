"""Real templates on a moto server in both Regions: CloudFormation makes them, boto3 reads them back; events and conditional writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from estate import ACCOUNT, ARBITER, EAST, MANUAL, WEST, Estate, Worker
from moto_client import client

from sfn_dsl.asl.canonical import canonical
from sfn_dsl.building import Build, build_project
from sfn_dsl.configuration import find_project
from sfn_dsl.control.contract import BatchReady
from sfn_dsl.control.rows import BY_EXECUTION, BY_QUEUE
from sfn_dsl.deployment import Deployment
from sfn_dsl.project import load_pipelines
from sfn_dsl.resources import cloudformation
from sfn_dsl.resources.model import Alarm, Arn, Function, Name, Queue, Role, Rule, Schedule, Table, Url
from sfn_dsl.resources.template import Template, resolve

ROOT = Path(__file__).parents[1]
MOTO = "123456789012"
# What moto 5.2 cannot make in a stack; it is made by calls, or left to the other tests.
APART = {
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
    "AWS::Scheduler::ScheduleGroup",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::DynamoDB::GlobalTable",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::SNS::Subscription",
}


@pytest.fixture(scope="module")
def build() -> Build:
    """The repository's own pipelines."""
    project = find_project(ROOT)
    loaded = load_pipelines(project)
    made = build_project(project, loaded, tuple(loaded.pipelines), project.targets)
    assert made.diagnostics == ()
    return made


def literal(value: Any, template: Template) -> Any:
    """Properties of CloudFormation with their references resolved as CloudFormation would."""
    match value:
        case {"Ref": id}:
            return resolve(Url(id) if isinstance(template.resource(id), Queue) else Name(id), template)
        case {"Fn::GetAtt": [id, "Arn"]}:
            return resolve(Arn(id), template)
        case {"Fn::GetAtt": [id, _]}:
            return resolve(Name(id), template)
        case dict():
            return {name: literal(member, template) for name, member in value.items()}
        case list():
            return [literal(member, template) for member in value]
        case _:
            return value


def moved(value: Any) -> Any:
    """The same for moto's own account."""
    return json.loads(json.dumps(value).replace(ACCOUNT, MOTO))


def deployed(endpoint: str, template: Template) -> dict[str, dict[str, Any]]:
    """Make a stack, and by calls what moto's CloudFormation lacks; the properties of the latter."""
    made = moved(cloudformation.to_json(template))
    resources, region = made["Resources"], template.target.region
    apart = {id: resources.pop(id) for id in list(resources) if resources[id]["Type"] in APART}
    for body in resources.values():
        body["DependsOn"] = [id for id in body.get("DependsOn", []) if id in resources]
        # moto takes no reference to a bus.
        if body["Type"] in ("AWS::Events::Rule", "AWS::Events::Archive"):
            body["Properties"] = moved(literal(body["Properties"], template))
    client("cloudformation", endpoint, region).create_stack(
        StackName=template.name, TemplateBody=canonical(made), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    [stack] = client("cloudformation", endpoint, region).describe_stacks(StackName=template.name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    for type in sorted(APART, key=lambda type: type != "AWS::Scheduler::ScheduleGroup"):
        for body in apart.values():
            if body["Type"] == type:
                _by_call(endpoint, region, type, moved(literal(body["Properties"], template)))
    return {id: body["Properties"] for id, body in apart.items()}


def _by_call(endpoint: str, region: str, type: str, properties: Any) -> None:
    match type:
        case "AWS::SQS::QueuePolicy":
            for url in properties["Queues"]:
                name = url.rpartition("/")[2]
                queues = client("sqs", endpoint, region)
                policy = json.dumps(properties["PolicyDocument"])
                queues.set_queue_attributes(
                    QueueUrl=queues.get_queue_url(QueueName=name)["QueueUrl"], Attributes={"Policy": policy}
                )
        case "AWS::SNS::Subscription":
            topics = client("sns", endpoint, region)
            # The topic is somebody else's.
            topics.create_topic(Name=properties["TopicArn"].rpartition(":")[2])
            topics.subscribe(TopicArn=properties["TopicArn"], Protocol=properties["Protocol"], Endpoint=properties["Endpoint"])
        case "AWS::Scheduler::ScheduleGroup":
            client("scheduler", endpoint, region).create_schedule_group(Name=properties["Name"])
        case "AWS::Scheduler::Schedule":
            client("scheduler", endpoint, region).create_schedule(**properties)
        case "AWS::CloudWatch::Dashboard":
            client("cloudwatch", endpoint, region).put_dashboard(**properties)
        case "AWS::DynamoDB::GlobalTable":
            _global_table(endpoint, region, properties)


def _global_table(endpoint: str, region: str, properties: Any) -> None:
    names = ("TableName", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")
    client("dynamodb", endpoint, region).create_table(**{name: properties[name] for name in names})


@pytest.fixture(scope="module")
def stacks(endpoint: str, build: Build) -> dict[tuple[str, str], Template]:
    """All templates of the build, deployed; shared ones first."""
    ordered = sorted(build.templates, key=lambda template: not template.name.endswith("-shared"))
    for template in ordered:
        deployed(endpoint, template)
    return {(template.name, template.target.region): template for template in ordered}


STACKS = ["etl-shared", "guidewire-base", "dbt-semantic"]
PLACES = pytest.mark.parametrize(("name", "region"), [(name, region) for name in STACKS for region in (EAST, WEST)])


@PLACES
def test_rules_and_their_targets_are_read_back(
    name: str, region: str, endpoint: str, stacks: dict[tuple[str, str], Template]
) -> None:
    template, events = stacks[name, region], client("events", endpoint, region)
    rules = [one for one in template.resources if isinstance(one, Rule)]
    assert rules
    for rule in rules:
        found = events.describe_rule(Name=rule.name, EventBusName=rule.event_bus_name)
        assert (found["Arn"], found["State"]) == (moved(rule.arn(template.target)), "ENABLED")
        assert json.loads(found["EventPattern"]) == moved(resolve(rule.event_pattern, template))
        targets = events.list_targets_by_rule(Rule=rule.name, EventBusName=rule.event_bus_name)["Targets"]
        assert [one["Id"] for one in targets] == [one.id for one in rule.targets]
        for got, wanted in zip(targets, rule.targets, strict=True):
            assert got["Arn"] == moved(resolve(wanted.arn, template))
            assert got["DeadLetterConfig"]["Arn"] == moved(resolve(wanted.dead_letter_arn or "", template))
            assert got["RetryPolicy"] == {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400}
            assert ("RoleArn" in got) == (wanted.role_arn is not None)
            if wanted.input_transformer is not None:
                assert got["InputTransformer"]["InputTemplate"] == wanted.input_transformer.input_template


@PLACES
def test_queues_let_exactly_their_rules_send(
    name: str, region: str, endpoint: str, stacks: dict[tuple[str, str], Template]
) -> None:
    template, queues = stacks[name, region], client("sqs", endpoint, region)
    letters = [one for one in template.resources if isinstance(one, Queue)]
    assert letters
    for queue in letters:
        url = queues.get_queue_url(QueueName=queue.name)["QueueUrl"]
        found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert (found["QueueArn"], found["MessageRetentionPeriod"]) == (moved(queue.arn(template.target)), "1209600")
        *allowed, tls = json.loads(found["Policy"])["Statement"]
        rules = [one for one in template.resources if isinstance(one, Rule)]
        own = [
            one
            for one in rules
            if any(resolve(t.dead_letter_arn or "", template) == queue.arn(template.target) for t in one.targets)
        ]
        told = [arn for one in allowed for arn in one["Condition"]["ArnEquals"]["aws:SourceArn"]]
        # States send poison with their role's right, so nobody else may.
        assert told == [moved(one.arn(template.target)) for one in own]
        assert bool(told) != queue.name.endswith("-poison-dead-letters")
        assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


@PLACES
def test_roles_schedules_functions_and_tables_are_read_back(
    name: str, region: str, endpoint: str, stacks: dict[tuple[str, str], Template]
) -> None:
    template = stacks[name, region]
    for resource in template.resources:
        match resource:
            case Role():
                role = client("iam", endpoint, region).get_role(RoleName=resource.name)["Role"]
                assert role["Arn"] == moved(resource.arn(template.target))
                assert role["AssumeRolePolicyDocument"] == moved(resolve(resource.trust, template))
            case Schedule():
                found = client("scheduler", endpoint, region).get_schedule(Name=resource.name, GroupName=resource.group_name)
                assert found["ScheduleExpression"] == resource.schedule_expression
                assert found["Target"]["Arn"] == moved(resource.target_arn)
                assert found["FlexibleTimeWindow"] == {"Mode": "OFF"}
            case Function():
                configured = client("lambda", endpoint, region).get_function_configuration(FunctionName=resource.name)
                assert (configured["Runtime"], configured["Timeout"]) == ("python3.13", resource.timeout)
            case Table():
                table = client("dynamodb", endpoint, region).describe_table(TableName=resource.name)["Table"]
                assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
                assert sorted(index["IndexName"] for index in table["GlobalSecondaryIndexes"]) == [BY_EXECUTION, BY_QUEUE]
            case _:
                pass


def test_both_regions_have_what_the_other_has(stacks: dict[tuple[str, str], Template]) -> None:
    """Save for the table, which one Region owns, and the bridge of the Region without a replica, with its alarm."""
    for name in STACKS:
        east, west = ({type(one).__name__ + one.id for one in stacks[name, region].resources} for region in (EAST, WEST))
        assert {one.removeprefix("LogGroup").removeprefix("Role").removeprefix("Function") for one in east ^ west} <= {
            "TableControlTable",
            "BridgeLogs",
            "BridgeRole",
            "BridgeFunction",
            "AlarmEtlControlBridgeThrottlesAlarm",
        }


def test_what_all_share_is_watched(stacks: dict[tuple[str, str], Template]) -> None:
    for region in (EAST, WEST):
        watched = {
            (one.metric_name, value)
            for one in stacks["etl-shared", region].resources
            if isinstance(one, Alarm)
            for value in one.dimensions.values()
        }
        assert ("ApproximateNumberOfMessagesVisible", "etl-forward-dead-letters") in watched
        assert ("FailedInvocations", "etl-forward") in watched
        assert ("ExecutionsFailed", f"arn:aws:states:{region}:111122223333:stateMachine:etl-run-closer") in watched
    # A condition that does not hold is an error of the bridge, and nothing that people should hear of.
    assert ("Throttles", "etl-control-bridge") in watched
    assert ("Errors", "etl-control-bridge") not in watched


# Events


@pytest.mark.parametrize("region", [EAST, WEST])
def test_our_event_matches_our_rules_on_the_bus(region: str, endpoint: str, stacks: dict[tuple[str, str], Template]) -> None:
    """The rules of the templates, with a queue as a further target that shows what arrives."""
    events, queues = client("events", endpoint, region), client("sqs", endpoint, region)
    url = queues.create_queue(QueueName="shown")["QueueUrl"]
    arn = f"arn:aws:sqs:{region}:{MOTO}:shown"
    for name in ("etl-forward", "dbt-semantic-on-guidewire-base"):
        # Targets that moto cannot call (machines, buses of other Regions) are left out.
        old = events.list_targets_by_rule(Rule=name, EventBusName="etl")["Targets"]
        events.remove_targets(Rule=name, EventBusName="etl", Ids=[one["Id"] for one in old])
        events.put_targets(Rule=name, EventBusName="etl", Targets=[{"Id": "shown", "Arn": arn}])
    definition = next(file for output in _outputs(stacks) for path, file in output.items() if path == f"{region}/guidewire-base")
    entry = definition["Announce batch"]["Arguments"]["Entries"][0]
    detail = {
        "pipeline": "guidewire-base",
        "batch_id": "b1",
        "status": "SUCCEEDED",
        "produced_region": region,
        "manifest": {"uri": "u"},
    }
    assert entry["Detail"].keys() >= {"pipeline", "batch_id", "status", "produced_region", "manifest"}
    sent = {**{name: entry[name] for name in ("EventBusName", "Source", "DetailType")}, "Detail": json.dumps(detail)}
    wrong = [
        {**sent, "Source": "com.acme.etl.other"},
        {**sent, "DetailType": "BatchLost"},
    ]
    events.put_events(Entries=[sent, *wrong])
    received = [json.loads(one["Body"]) for one in queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]]
    assert [one["detail"] for one in received] == [detail, detail], "once for the starting rule, once for the forwarding one"
    assert {(one["source"], one["detail-type"], one["region"]) for one in received} == {
        ("com.acme.etl.guidewire-base", "BatchReady", region)
    }


def _outputs(stacks: dict[tuple[str, str], Template]) -> list[dict[str, Any]]:
    return [
        {f"{region}/guidewire-base": json.loads((ROOT / "build" / region / "guidewire-base.asl.json").read_text())["States"]}
        for region in (EAST, WEST)
    ]


# The control table's writes


class Recorded:
    """Calls of the control table that an estate has made, with what came of them."""

    def __init__(self, estate: Estate) -> None:
        self.calls: list[tuple[str, dict[str, Any], Any]] = []
        for region in estate.deployment.replicas:
            self._wrap(estate.world.place(region).dynamodb)

    def _wrap(self, service: Any) -> None:
        real = service.call

        def call(operation: str, arguments: Any, now: float) -> Any:
            try:
                answer = real(operation, arguments, now)
            except Exception as error:
                self.calls.append((operation, json.loads(json.dumps(arguments)), getattr(error, "code", type(error).__name__)))
                raise
            self.calls.append((operation, json.loads(json.dumps(arguments)), json.loads(json.dumps(answer))))
            return answer

        service.call = call


def story(deployment: Deployment, language: str) -> Recorded:
    """Everything that happens to rows: announced, claimed, marked, finished, failed, parked, taken over, swept, closed."""
    from test_wiring import consumer, producer

    up, ready = producer()
    work, load = Worker({"uri": "s3://b1"}), Worker(errors=["Boom"])
    estate = Estate([up, consumer("down", ready)], {"work": work, "down": load}, deployment=deployment, language=language)
    recorded = Recorded(estate)
    for batch in ("b1", "b2", "b 3"):
        estate.start("up", {"batch_id": batch})
        estate.run(400)
    if deployment.passive:
        estate.start("down", {"batch_id": "p", "uri": "u"}, deployment.passive)
    load.seconds = 299
    slow = estate.start("down", {"batch_id": "slow", "uri": "u"})
    estate.run(100)
    estate.change("down", "slow", lease_until={"N": "1"})
    estate.start("down", {"batch_id": "slow", "uri": "u"})
    estate.run(700)
    aborted = estate.start("down", {"batch_id": "aborted", "uri": "u"})
    estate.run(50)
    estate.world.stop(aborted)
    estate.run(1200)
    assert slow.status == "FAILED"
    assert (estate.row("down", "aborted") or {})["error"] == {"error": "ABORTED"}
    return recorded


@pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
@pytest.mark.parametrize("deployment", [Deployment(active=EAST), MANUAL, ARBITER], ids=lambda one: one.gate)
def test_what_the_machines_write_means_the_same_to_another_dynamodb(deployment: Deployment, language: str, endpoint: str) -> None:
    """Every call of the control table that the compiled machines make, sent again to moto, comes to the same."""
    recorded = story(deployment, language)
    table = f"control-{deployment.gate}-{language}".lower()
    dynamodb = client("dynamodb", endpoint)
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "N" if name == "updated_at" else "S"}
            for name in ("pk", "sk", "exec_arn", "queue", "updated_at")
        ],
        GlobalSecondaryIndexes=[
            {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
            for name, schema in (
                (BY_EXECUTION, [{"AttributeName": "exec_arn", "KeyType": "HASH"}]),
                (
                    BY_QUEUE,
                    [{"AttributeName": "queue", "KeyType": "HASH"}, {"AttributeName": "updated_at", "KeyType": "RANGE"}],
                ),
            )
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    refused = 0
    for operation, arguments, expected in recorded.calls:
        method = getattr(
            dynamodb,
            {
                "GetItem": "get_item",
                "PutItem": "put_item",
                "UpdateItem": "update_item",
                "DeleteItem": "delete_item",
                "Query": "query",
            }[operation],
        )
        try:
            answer = method(**{**arguments, "TableName": table})
        except ClientError as error:
            answer = error.response["Error"]["Code"]
        if isinstance(expected, str) or isinstance(answer, str):
            assert answer == expected, (operation, arguments)
            refused += 1
            continue
        for name in ("Item", "Attributes", "Items"):
            assert answer.get(name) == expected.get(name), (operation, arguments)
    operations = {operation for operation, _, _ in recorded.calls}
    assert operations >= {"PutItem", "UpdateItem", "Query", *(["GetItem"] if deployment.gated else [])}
    assert refused >= 2
    assert len(recorded.calls) > 60


def test_a_contract_is_the_event_that_a_rule_listens_for() -> None:
    contract = BatchReady(pipeline="p", batch_id="b", fields={"uri": "u"})
    assert contract.detail.keys() == {"pipeline", "status", "produced_region", "batch_id", "uri"}
