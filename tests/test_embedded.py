"""The embedded AWS as a process: its state outlives it, one folder has one server, nothing is left behind, faults come to order."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from embedded_clients import EAST, FAILS, PASSES, ROLE, WEST, client, refused

from sfn_dsl.embedded.process import Embedded, Endpoint, Options, running, start, stop
from sfn_dsl.errors import EnvironmentFault

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with Embedded(tmp_path_factory.mktemp("aws")) as found:
        yield found


@pytest.fixture
def clean(endpoint: Endpoint) -> Iterator[Endpoint]:
    yield endpoint
    endpoint.control("DELETE", "/_faults")
    endpoint.control("DELETE", "/_calls")


def _gone(pid: int, seconds: float = 10.0) -> bool:
    """Whether a process ends within some seconds. One that nobody has waited for counts as ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):  # gone before the file was opened, or between opening and reading
            return True
        time.sleep(0.02)
    return False


def _answers(endpoint: Endpoint) -> dict[str, Any]:
    """What an account looks like from outside, in both Regions; times and request ids of other services left out."""
    found: dict[str, Any] = {}
    for region in (EAST, WEST):
        states = client(endpoint, region=region)
        for one in states.list_state_machines()["stateMachines"]:
            arn = one["stateMachineArn"]
            found[arn] = [
                states.describe_state_machine(stateMachineArn=arn),
                states.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"],
                states.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"],
                states.list_tags_for_resource(resourceArn=arn)["tags"],
            ]
            for execution in states.list_executions(stateMachineArn=arn)["executions"]:
                found[execution["executionArn"]] = [
                    execution,
                    states.get_execution_history(executionArn=execution["executionArn"])["events"],
                ]
        found[f"queues {region}"] = client(endpoint, "sqs", region).list_queues().get("QueueUrls")
        found[f"items {region}"] = [
            client(endpoint, "dynamodb", region).scan(TableName=name)["Items"]
            for name in client(endpoint, "dynamodb", region).list_tables()["TableNames"]
        ]
        found[f"rules {region}"] = client(endpoint, "events", region).list_rules()["Rules"]
        found[f"alarms {region}"] = [
            one["AlarmName"] for one in client(endpoint, "cloudwatch", region).describe_alarms()["MetricAlarms"]
        ]
        found[f"schedules {region}"] = [one["Arn"] for one in client(endpoint, "scheduler", region).list_schedules()["Schedules"]]
        found[f"topics {region}"] = client(endpoint, "sns", region).list_subscriptions()["Subscriptions"]
        found[f"stacks {region}"] = [
            one["StackId"] for one in client(endpoint, "cloudformation", region).describe_stacks()["Stacks"]
        ]
    found["role"] = client(endpoint, "iam").get_role(RoleName="r")["Role"]["RoleId"]
    found["object"] = client(endpoint, "s3").get_object(Bucket="lake", Key="a b/c")["Body"].read()
    return json.loads(
        json.dumps(found, default=str), object_hook=lambda value: {k: v for k, v in value.items() if k != "ResponseMetadata"}
    )


def _fill(endpoint: Endpoint) -> None:
    for region in (EAST, WEST):
        states = client(endpoint, region=region)
        arn = states.create_state_machine(
            name="m", definition=PASSES, roleArn=ROLE, publish=True, tags=[{"key": "a", "value": "b"}]
        )["stateMachineArn"]
        states.update_state_machine(stateMachineArn=arn, definition=FAILS, publish=True, versionDescription="two")
        routing = [{"stateMachineVersionArn": f"{arn}:2", "weight": 60}, {"stateMachineVersionArn": f"{arn}:1", "weight": 40}]
        states.create_state_machine_alias(name="live", routingConfiguration=routing)
        for _ in range(5):
            execution = states.start_execution(stateMachineArn=f"{arn}:live")["executionArn"]
        if states.describe_execution(executionArn=execution)["status"] == "FAILED":
            states.redrive_execution(executionArn=execution)
        gone = states.create_state_machine(name="gone", definition=PASSES, roleArn=ROLE)["stateMachineArn"]
        states.delete_state_machine(stateMachineArn=gone)
        client(endpoint, "sqs", region).create_queue(QueueName="q")
        table = client(endpoint, "dynamodb", region)
        table.create_table(
            TableName="t",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        table.put_item(TableName="t", Item={"pk": {"S": f"ä {region}"}, "n": {"N": "1"}})
        client(endpoint, "events", region).put_rule(Name="r", EventPattern='{"source": ["etl"]}')
        client(endpoint, "cloudwatch", region).put_metric_alarm(
            AlarmName="a", MetricName="m", Namespace="n", Period=60, EvaluationPeriods=1, Threshold=1.0,
            ComparisonOperator="GreaterThanThreshold", Statistic="Sum",
        )  # fmt: skip
        target = {"Arn": f"{arn}:live", "RoleArn": ROLE}
        client(endpoint, "scheduler", region).create_schedule(
            Name="s", FlexibleTimeWindow={"Mode": "OFF"}, ScheduleExpression="rate(1 day)", Target=target
        )
        topic = client(endpoint, "sns", region).create_topic(Name="t")["TopicArn"]
        client(endpoint, "sns", region).subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
        template = json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}})
        client(endpoint, "cloudformation", region).create_stack(StackName="s", TemplateBody=template)
    client(endpoint, "iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    client(endpoint, "s3").create_bucket(Bucket="lake")
    client(endpoint, "s3").put_object(Bucket="lake", Key="a b/c", Body=b"\xff\x00text")


def test_a_stack_can_hold_a_bus_and_a_rule_of_it(clean: Endpoint) -> None:
    rule = {"EventBusName": {"Ref": "Bus"}, "EventPattern": {"source": ["a"]}, "Name": "listening"}
    resources = {
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "own"}},
        "Rule": {"Type": "AWS::Events::Rule", "Properties": rule},
    }
    formation = client(clean, "cloudformation")
    formation.create_stack(StackName="bus", TemplateBody=json.dumps({"Resources": resources}))
    held = formation.list_stack_resources(StackName="bus")["StackResourceSummaries"]
    assert {one["LogicalResourceId"] for one in held} == {"Bus", "Rule"}
    assert [one["Name"] for one in client(clean, "events").list_rules(EventBusName="own")["Rules"]] == ["listening"]
    formation.delete_stack(StackName="bus")


def test_state_outlives_the_server_even_when_it_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "aws"
    with Embedded(folder) as first:
        _fill(first)
        before = _answers(first)
        os.kill(first.pid, signal.SIGKILL)
        assert _gone(first.pid)
        assert (folder / "server.json").exists()
        assert running(folder) is None
    # A last line that was cut short, as by a full disk.
    with (folder / "journal.jsonl").open("a") as journal:
        journal.write('{"service": "sta')
    with Embedded(folder) as second:
        assert second.control("GET", "/_health")["lost"] == []
        assert second.url == first.url
        assert _answers(second) == before
    with Embedded(folder, Options(fresh=True)) as third:
        assert client(third).list_state_machines()["stateMachines"] == []


def test_tasks_answer_with_the_samples_of_their_machine_and_do_so_again(tmp_path: Path) -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": True}
    definition = json.dumps({"StartAt": "A", "States": {"A": {**task, "OutputPath": "$.Payload"}}})
    with Embedded(tmp_path / "aws") as first:
        states = client(first)
        started = {}
        for name in ("one", "other"):
            arn = states.create_state_machine(name=name, definition=definition, roleArn=ROLE)["stateMachineArn"]
            first.control("PUT", "/_samples", {arn: {"A": {"Payload": {"by": name}}}})
            started[name] = states.start_execution(stateMachineArn=arn)["executionArn"]
        first.control("PUT", "/_samples", {arn: {"A": {"Payload": {"by": "nobody"}}}})
    with Embedded(tmp_path / "aws") as second:
        states = client(second)
        outputs = {name: states.describe_execution(executionArn=arn)["output"] for name, arn in started.items()}
        again = states.start_execution(stateMachineArn=arn)["executionArn"]
        last = states.describe_execution(executionArn=again)["output"]
    assert {name: json.loads(output) for name, output in outputs.items()} == {name: {"by": name} for name in started}
    assert json.loads(last) == {"by": "nobody"}


def test_the_journal_holds_no_signature(tmp_path: Path) -> None:
    with Embedded(tmp_path) as endpoint:
        client(endpoint, "sqs").create_queue(QueueName="q")
        text = (tmp_path / "journal.jsonl").read_text()
        client(endpoint, "sqs").list_queues()
        assert (tmp_path / "journal.jsonl").read_text() == text
    assert text.count("\n") == 1
    assert "Signature=0" in text


def test_starts_at_once_give_one_server(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: start(tmp_path), range(4)))
    try:
        assert len({one.pid for one in found}) == 1
        assert [one.started for one in found].count(True) == 1
        with Embedded(tmp_path) as shared:
            assert shared.pid == found[0].pid
        assert running(tmp_path) == found[0]
    finally:
        assert stop(tmp_path)
    assert _gone(found[0].pid)
    assert not stop(tmp_path)
    assert not (tmp_path / "server.json").exists()


def test_a_file_of_a_dead_server_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text(json.dumps({"url": "http://127.0.0.1:9", "pid": os.getpid()}))
    (tmp_path / "server.lock").touch()
    assert running(tmp_path) is None
    with Embedded(tmp_path) as endpoint:
        assert endpoint.pid != os.getpid()


def test_it_ends_when_nobody_asks(tmp_path: Path) -> None:
    endpoint = start(tmp_path, Options(idle_minutes=0.03))
    assert _gone(endpoint.pid)
    assert running(tmp_path) is None


def test_it_ends_when_told(tmp_path: Path) -> None:
    endpoint = start(tmp_path)
    assert endpoint.control("POST", "/_stop") == {}
    assert _gone(endpoint.pid)
    with pytest.raises(EnvironmentFault, match="does not answer"):
        endpoint.control("GET", "/_health")


def test_nothing_is_left_when_the_parent_is_killed(tmp_path: Path) -> None:
    script = f"""
import time
from pathlib import Path
from sfn_dsl.embedded.process import Embedded
with Embedded(Path({str(tmp_path)!r})) as endpoint:
    print(endpoint.pid, flush=True)
    time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    assert _gone(pid)


def test_only_loopback_answers(endpoint: Endpoint) -> None:
    port = int(endpoint.url.rpartition(":")[2])
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        lines = Path(table).read_text().splitlines()[1:] if Path(table).exists() else []
        listening += [line.split()[1] for line in lines if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")]
    assert listening == [f"0100007F:{port:04X}"]
    with socket.create_connection(("127.0.0.1", port)):
        pass


def test_moto_that_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sfn_dsl.embedded.process.find_spec", lambda name: None)
    with pytest.raises(EnvironmentFault, match="needs moto, which is not installed") as caught:
        start(tmp_path)
    assert caught.value.help == "pip install 'sfn_dsl[local]'"


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_text("[]\n")
    with pytest.raises(EnvironmentFault, match="does not start"):
        start(tmp_path)
    assert running(tmp_path) is None


def test_calls_are_noted(clean: Endpoint) -> None:
    clean.control("DELETE", "/_calls")
    client(clean, region=WEST).list_state_machines()
    client(clean, "s3").list_buckets()
    client(clean, "lambda").list_functions()
    client(clean, "scheduler").list_schedules()
    client(clean, "cloudwatch").describe_alarms()
    client(clean, "iam").list_roles()
    refused(
        "StateMachineDoesNotExist",
        client(clean).start_execution,
        stateMachineArn=f"arn:aws:states:{EAST}:111122223333:stateMachine:no",
    )
    noted = [(one["service"], one["operation"], one["region"], one["status"]) for one in clean.control("GET", "/_calls")]
    assert noted == [
        ("states", "ListStateMachines", WEST, 200),
        ("s3", "ListBuckets", EAST, 200),
        ("lambda", "ListFunctions", EAST, 200),
        ("scheduler", "ListSchedules", EAST, 200),
        ("monitoring", "DescribeAlarms", EAST, 200),
        ("iam", "ListRoles", EAST, 200),
        ("states", "StartExecution", EAST, 400),
    ]


# service, its Python call, and the codes of throttle, denied, expired.
REFUSED = [
    ("stepfunctions", "list_state_machines", "ThrottlingException", "AccessDeniedException", "ExpiredTokenException"),
    ("dynamodb", "list_tables", "ThrottlingException", "AccessDeniedException", "ExpiredTokenException"),
    ("lambda", "list_functions", "ThrottlingException", "AccessDeniedException", "ExpiredTokenException"),
    ("cloudwatch", "describe_alarms", "ThrottlingException", "AccessDeniedException", "ExpiredTokenException"),
    ("tagging", "get_resources", "ThrottlingException", "AccessDeniedException", "ExpiredTokenException"),
    ("iam", "list_roles", "Throttling", "AccessDenied", "ExpiredToken"),
    ("s3", "list_buckets", "Throttling", "AccessDenied", "ExpiredToken"),
]


@pytest.mark.parametrize(("service", "call", "throttled", "denied", "expired"), REFUSED)
def test_faults_that_are_answers(clean: Endpoint, service: str, call: str, throttled: str, denied: str, expired: str) -> None:
    ask = getattr(client(clean, {"tagging": "resourcegroupstaggingapi"}.get(service, service)), call)
    kinds = {"throttle": throttled, "denied": denied, "expired": expired, "internal": "InternalFailure"}
    for kind, code in kinds.items():
        clean.control("POST", "/_faults", {"service": service, "region": EAST, "fault": kind, "call": 2, "times": 2})
        ask()
        refused(code, ask)
        refused(code, ask)
        ask()
    assert clean.control("GET", "/_faults") == []


def test_faults_are_for_one_operation_of_one_region(clean: Endpoint) -> None:
    clean.control("POST", "/_faults", {"service": "states", "operation": "ListActivities", "fault": "denied"})
    clean.control("POST", "/_faults", {"service": "states", "region": WEST, "fault": "throttle"})
    client(clean).list_state_machines()
    refused("ThrottlingException", client(clean, region=WEST).list_state_machines)
    refused("AccessDeniedException", client(clean).list_activities)


@pytest.mark.parametrize(("kind", "done"), [("drop_before", False), ("drop_after", True)])
def test_dropped_connections(clean: Endpoint, kind: str, done: bool) -> None:
    clean.control("POST", "/_faults", {"operation": "CreateStateMachine", "fault": kind})
    with pytest.raises(BotoCoreError):
        client(clean).create_state_machine(name=kind, definition=PASSES, roleArn=ROLE)
    names = [one["name"] for one in client(clean).list_state_machines()["stateMachines"]]
    assert (kind in names) is done


def test_stale_answers(clean: Endpoint) -> None:
    aws = client(clean)
    arn = aws.create_state_machine(name="stale", definition=PASSES, roleArn=ROLE)["stateMachineArn"]
    clean.control("POST", "/_faults", {"service": "states", "operation": "DescribeStateMachine", "fault": "stale", "times": 2})
    refused("StateMachineDoesNotExist", aws.describe_state_machine, stateMachineArn=arn)
    aws.update_state_machine(stateMachineArn=arn, definition=FAILS)
    assert aws.describe_state_machine(stateMachineArn=arn)["definition"] == PASSES
    assert aws.describe_state_machine(stateMachineArn=arn)["definition"] == FAILS


def test_late_answers(clean: Endpoint) -> None:
    clean.control("POST", "/_faults", {"service": "states", "fault": "delay", "seconds": 0.3})
    begin = time.monotonic()
    client(clean).list_state_machines()
    assert time.monotonic() - begin >= 0.3


@pytest.mark.parametrize(("when", "made"), [("before", ["k0"]), ("after", ["k0", "k1"])])
def test_a_client_is_killed_between_two_calls(tmp_path: Path, when: str, made: list[str]) -> None:
    with Embedded(tmp_path) as endpoint:
        script = f"""
import sys
import boto3
states = boto3.client("stepfunctions", region_name="us-east-1", endpoint_url={endpoint.url!r},
                      aws_access_key_id="local", aws_secret_access_key="local")
sys.stdin.readline()
for number in range(4):
    states.create_state_machine(name=f"k{{number}}", definition={PASSES!r}, roleArn={ROLE!r})
"""
        with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, text=True) as process:
            endpoint.control("POST", "/_kill_client_after", {"pid": process.pid, "call": 2, "when": when})
            process.communicate("go\n", timeout=60)
        assert process.returncode == -signal.SIGKILL
        assert [one["name"] for one in client(endpoint).list_state_machines()["stateMachines"]] == made


BAD_CONTROLS = [
    ("POST", "/_faults", {"fault": "flood"}),
    ("POST", "/_faults", {"fault": "throttle", "nth": 1}),
    ("POST", "/_faults", {"fault": "throttle", "call": 0}),
    ("POST", "/_faults", {"fault": "throttle", "call": True}),
    ("POST", "/_faults", {"fault": "throttle", "service": 1}),
    ("POST", "/_faults", {"fault": "stale", "service": "s3"}),
    ("POST", "/_faults", {"fault": "kill_after"}),
    ("POST", "/_faults", "throttle"),
    ("PUT", "/_samples", {"arn": 1}),
    ("POST", "/_kill_client_after", {"pid": 1}),
    ("POST", "/_kill_client_after", {"pid": 4711, "when": "now"}),
    ("GET", "/_nothing", None),
]


@pytest.mark.parametrize(("method", "path", "value"), BAD_CONTROLS)
def test_control_requests_that_are_refused(endpoint: Endpoint, method: str, path: str, value: Any) -> None:
    with pytest.raises(EnvironmentFault, match="refuses"):
        endpoint.control(method, path, value)
    assert endpoint.control("GET", "/_faults") == []


def test_the_server_is_not_killed_by_its_own_fault(endpoint: Endpoint) -> None:
    with pytest.raises(EnvironmentFault, match="does not end itself"):
        endpoint.control("POST", "/_kill_client_after", {"pid": endpoint.pid, "call": 1})


def test_what_moto_does_not_know_is_an_error_and_not_the_end(endpoint: Endpoint) -> None:
    with pytest.raises(ClientError):
        client(endpoint, "events").list_endpoints()
    client(endpoint).list_state_machines()


SHARED: dict[str, Any] = {
    "Resources": {
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "shared"}},
        "Forward": {
            "Type": "AWS::Events::Rule",
            "Properties": {"Name": "forward", "EventBusName": {"Ref": "Bus"}, "EventPattern": {"source": ["a"]}},
        },
        "Table": {
            "Type": "AWS::DynamoDB::GlobalTable",
            "Properties": {
                "TableName": "shared-control",
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "Replicas": [{"Region": EAST}, {"Region": "us-west-2"}],
            },
        },
    }
}


def test_a_stack_with_a_global_table_makes_a_table_in_the_region_of_each_replica(endpoint: Endpoint) -> None:
    stacks = client(endpoint, "cloudformation", EAST)

    def tables() -> list[str]:
        places = (EAST, WEST, "us-west-2")
        return [region for region in places if "shared-control" in client(endpoint, "dynamodb", region).list_tables()["TableNames"]]

    stacks.create_stack(StackName="shared", TemplateBody=json.dumps(SHARED))
    assert tables() == [EAST, "us-west-2"]
    assert [rule["Name"] for rule in client(endpoint, "events", EAST).list_rules(EventBusName="shared")["Rules"]] == ["forward"]
    changed = {**SHARED, "Description": "again"}
    changed["Resources"]["Table"]["Properties"]["PointInTimeRecoverySpecification"] = {"PointInTimeRecoveryEnabled": True}
    stacks.update_stack(StackName="shared", TemplateBody=json.dumps(changed))
    assert tables() == [EAST, "us-west-2"]
    stacks.delete_stack(StackName="shared")
    assert tables() == []


def test_replicas_of_a_global_table_hold_the_same(tmp_path: Path) -> None:
    replicas = {"Replicas": [{"Region": EAST}, {"Region": "us-west-2"}]}
    table = {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {**SHARED["Resources"]["Table"]["Properties"], **replicas}}
    key = {"pk": {"S": "a"}}

    def items(endpoint: Endpoint) -> list[Any]:
        places = (EAST, "us-west-2")
        return [client(endpoint, "dynamodb", one).scan(TableName="shared-control")["Items"] for one in places]

    with Embedded(tmp_path / "aws") as first:
        client(first, "cloudformation").create_stack(StackName="t", TemplateBody=json.dumps({"Resources": {"Table": table}}))
        east, west = (client(first, "dynamodb", region) for region in (EAST, "us-west-2"))
        west.put_item(TableName="shared-control", Item=key)
        assert items(first) == [[key]] * 2
        # What moto takes back it replaces by a copy.
        put = {"Put": {"TableName": "shared-control", "Item": {"pk": {"S": "b"}}}}
        check = {"ConditionCheck": {"TableName": "shared-control", "Key": key, "ConditionExpression": "attribute_not_exists(pk)"}}
        refused("TransactionCanceledException", east.transact_write_items, TransactItems=[put, check])
        assert items(first) == [[key]] * 2
        west.put_item(TableName="shared-control", Item={**key, "n": {"N": "1"}})
        assert items(first) == [[{**key, "n": {"N": "1"}}]] * 2
    with Embedded(tmp_path / "aws") as second:
        client(second, "dynamodb").delete_item(TableName="shared-control", Key=key)
        assert items(second) == [[], []]


def _watched(threshold: int, rate: str) -> str:
    metric = {"Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    alarm = {**metric, "AlarmName": "a", "Threshold": threshold, "ComparisonOperator": "GreaterThanThreshold"}
    schedule = {
        "Name": "s",
        "GroupName": {"Ref": "Group"},
        "ScheduleExpression": rate,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": f"arn:aws:states:{EAST}:111122223333:stateMachine:m", "RoleArn": ROLE},
    }
    document = {"Statement": [{"Effect": "Deny", "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}}]}
    resources = {
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm},
        "Both": {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmName": "b", "AlarmRule": "ALARM(a)"}},
        "Group": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": "g"}},
        "Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": schedule},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "watched"}},
        "Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": document}},
    }
    return json.dumps({"Resources": resources})


def test_a_stack_makes_alarms_schedules_and_policies(endpoint: Endpoint) -> None:
    stacks = client(endpoint, "cloudformation")

    def found() -> tuple[Any, ...]:
        alarms = client(endpoint, "cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        schedules = client(endpoint, "scheduler")
        return (
            [one["Threshold"] for one in alarms["MetricAlarms"] if one["AlarmName"] == "a"],
            [one["AlarmName"] for one in alarms["CompositeAlarms"]],
            [
                schedules.get_schedule(GroupName=one["GroupName"], Name=one["Name"])["ScheduleExpression"]
                for one in schedules.list_schedules(GroupName="g")["Schedules"]
            ],
        )

    stacks.create_stack(StackName="watched", TemplateBody=_watched(1, "rate(1 day)"))
    assert all(one["ResourceType"] for one in stacks.list_stack_resources(StackName="watched")["StackResourceSummaries"])
    assert found() == ([1], ["b"], ["rate(1 day)"])
    queue = client(endpoint, "sqs").get_queue_url(QueueName="watched")["QueueUrl"]
    policy = client(endpoint, "sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]["Policy"]
    assert json.loads(policy)["Statement"][0]["Resource"].endswith(":watched")
    stacks.update_stack(StackName="watched", TemplateBody=_watched(2, "rate(2 days)"))
    assert found() == ([2], ["b"], ["rate(2 days)"])
    stacks.delete_stack(StackName="watched")
    assert found() == ([], [], [])
