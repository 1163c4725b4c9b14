"""The facts of Step Functions' API, one by one, by boto3 over HTTP."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from embedded_clients import EAST, FAILS, PASSES, ROLE, WAITS, WEST, client, refused

from sfn_dsl.embedded.process import Embedded, Endpoint, Options

OTHER = json.dumps({"StartAt": "B", "States": {"B": {"Type": "Succeed"}}})
_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with Embedded(tmp_path_factory.mktemp("aws")) as found:
        yield found


@pytest.fixture(scope="module")
def aws(endpoint: Endpoint) -> Any:
    return client(endpoint)


@pytest.fixture
def name() -> str:
    return f"machine-{next(_NUMBERS)}"


def _create(aws: Any, name: str, definition: str = PASSES, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = aws.create_state_machine(**{"name": name, "definition": definition, "roleArn": ROLE, **more})
    return made


@pytest.fixture
def machine(aws: Any, name: str) -> str:
    return str(_create(aws, name)["stateMachineArn"])


def _versions(aws: Any, arn: str) -> list[int]:
    found = aws.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    return [int(one["stateMachineVersionArn"].rpartition(":")[2]) for one in found]


def _route(*pairs: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in pairs]


LOGGING = {
    "level": "ERROR",
    "includeExecutionData": False,
    "destinations": [
        {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:111122223333:log-group:/aws/vendedlogs/states/a:*"}}
    ],
}

# What a repeated creation says otherwise, and whether AWS takes it for the same.
REPEATS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"roleArn": f"{ROLE}-other"}, True),
    ({"tags": [{"key": "a", "value": "b"}]}, True),
    ({"type": "STANDARD", "tracingConfiguration": {"enabled": False}}, True),
    ({"definition": OTHER}, False),
    ({"type": "EXPRESS"}, False),
    ({"loggingConfiguration": LOGGING}, False),
    ({"tracingConfiguration": {"enabled": True}}, False),
    ({"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"}}, False),
    ({"publish": True}, False),
    ({"publish": True, "versionDescription": "x"}, False),
]


@pytest.mark.parametrize(("more", "same"), REPEATS)
def test_creation_is_idempotent_on_what_aws_names(aws: Any, name: str, more: dict[str, Any], same: bool) -> None:
    first = _create(aws, name)
    again = {"name": name, "definition": PASSES, "roleArn": ROLE, **more}
    if same:
        repeated = aws.create_state_machine(**again)
        assert (repeated["stateMachineArn"], repeated["creationDate"]) == (first["stateMachineArn"], first["creationDate"])
    else:
        assert "Already Exists" in refused("StateMachineAlreadyExists", aws.create_state_machine, **again)
    described = aws.describe_state_machine(stateMachineArn=first["stateMachineArn"])
    assert (described["definition"], described["roleArn"]) == (PASSES, ROLE)
    assert aws.list_tags_for_resource(resourceArn=first["stateMachineArn"])["tags"] == []


CREATIONS: list[tuple[str, dict[str, Any]]] = [
    ("InvalidName", {"name": "a b"}),
    ("InvalidArn", {"roleArn": "role"}),
    ("InvalidDefinition", {"definition": "{}"}),
    ("InvalidDefinition", {"definition": "no"}),
    ("InvalidDefinition", {"definition": PASSES.replace('"End": true', '"Next": "Gone"')}),
    ("InvalidLoggingConfiguration", {"loggingConfiguration": {"level": "ALL"}}),
    ("InvalidEncryptionConfiguration", {"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY"}}),
    ("ValidationException", {"versionDescription": "without publish"}),
    ("ValidationException", {"type": "SLOW"}),
    ("ValidationException", {"name": "x" * 81}),
    ("ValidationException", {"publish": True, "versionDescription": "x" * 257}),
    ("ValidationException", {"tags": [{"value": "x"}]}),
    ("TooManyTags", {"tags": [{"key": str(number), "value": ""} for number in range(51)]}),
]


@pytest.mark.parametrize(("code", "more"), CREATIONS)
def test_creations_that_are_refused(aws: Any, name: str, code: str, more: dict[str, Any]) -> None:
    assert refused(code, aws.create_state_machine, **{"name": name, "definition": PASSES, "roleArn": ROLE, **more})
    assert name not in [one["name"] for one in aws.list_state_machines(maxResults=1000)["stateMachines"]]


def test_a_refused_definition_says_code_and_place(aws: Any, name: str) -> None:
    definition = PASSES.replace('"End": true', '"Next": "Gone"')
    message = refused("InvalidDefinition", aws.create_state_machine, name=name, definition=definition, roleArn=ROLE)
    assert message.startswith("Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: ")
    assert "at /States/A/Next" in message


def test_the_first_revision_has_no_id_and_is_called_initial(aws: Any, machine: str) -> None:
    assert "revisionId" not in aws.describe_state_machine(stateMachineArn=machine)
    published = aws.publish_state_machine_version(stateMachineArn=machine, revisionId="INITIAL")
    assert published["stateMachineVersionArn"] == f"{machine}:1"
    assert aws.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"] == f"{machine}:1"


def test_an_update_gives_revision_and_version_together(aws: Any, machine: str) -> None:
    answer = aws.update_state_machine(stateMachineArn=machine, definition=OTHER, publish=True, versionDescription="git:abc")
    assert answer["stateMachineVersionArn"] == f"{machine}:1"
    described = aws.describe_state_machine(stateMachineArn=f"{machine}:1")
    assert described["revisionId"] == answer["revisionId"] == aws.describe_state_machine(stateMachineArn=machine)["revisionId"]
    assert (described["description"], described["definition"], described["stateMachineArn"]) == ("git:abc", OTHER, f"{machine}:1")
    assert "description" not in aws.describe_state_machine(stateMachineArn=machine)


@pytest.mark.parametrize(
    "change",
    [
        {"definition": OTHER},
        {"roleArn": f"{ROLE}-2"},
        {"loggingConfiguration": LOGGING},
        {"tracingConfiguration": {"enabled": True}},
        {"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"}},
    ],
)
def test_each_setting_makes_a_revision_and_the_same_one_does_not(aws: Any, machine: str, change: dict[str, Any]) -> None:
    first = aws.update_state_machine(stateMachineArn=machine, **change)["revisionId"]
    assert aws.update_state_machine(stateMachineArn=machine, **change)["revisionId"] == first
    described = aws.describe_state_machine(stateMachineArn=machine)
    for key, value in change.items():
        assert described[key] == value
    assert aws.update_state_machine(stateMachineArn=machine, roleArn=f"{ROLE}-3")["revisionId"] != first


def test_updates_that_are_refused(aws: Any, machine: str) -> None:
    said = refused("MissingRequiredParameter", aws.update_state_machine, stateMachineArn=machine)
    assert said == "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified"
    refused("MissingRequiredParameter", aws.update_state_machine, stateMachineArn=machine, publish=True)
    refused("ValidationException", aws.update_state_machine, stateMachineArn=machine, definition=OTHER, versionDescription="x")
    refused("ValidationException", aws.update_state_machine, stateMachineArn=f"{machine}/Map", definition=OTHER)
    refused("InvalidDefinition", aws.update_state_machine, stateMachineArn=machine, definition="{}")
    refused("StateMachineDoesNotExist", aws.update_state_machine, stateMachineArn=f"{machine}-not", definition=OTHER)
    assert aws.describe_state_machine(stateMachineArn=machine)["definition"] == PASSES


def test_publishing_a_revision_that_is_not_the_current_one_is_a_conflict(aws: Any, machine: str) -> None:
    revision = aws.update_state_machine(stateMachineArn=machine, definition=OTHER)["revisionId"]
    aws.update_state_machine(stateMachineArn=machine, definition=FAILS)
    refused("ConflictException", aws.publish_state_machine_version, stateMachineArn=machine, revisionId=revision)
    refused("ConflictException", aws.publish_state_machine_version, stateMachineArn=machine, revisionId="INITIAL")
    assert _versions(aws, machine) == []


def test_versions_are_numbered_once_and_listed_newest_first(aws: Any, machine: str) -> None:
    for definition in (OTHER, FAILS, PASSES):
        aws.update_state_machine(stateMachineArn=machine, definition=definition, publish=True)
    assert _versions(aws, machine) == [3, 2, 1]
    aws.delete_state_machine_version(stateMachineVersionArn=f"{machine}:3")
    aws.delete_state_machine_version(stateMachineVersionArn=f"{machine}:3")
    assert aws.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"] == f"{machine}:4"
    page = aws.list_state_machine_versions(stateMachineArn=machine, maxResults=2)
    assert [one["stateMachineVersionArn"] for one in page["stateMachineVersions"]] == [f"{machine}:4", f"{machine}:2"]
    rest = aws.list_state_machine_versions(stateMachineArn=machine, maxResults=2, nextToken=page["nextToken"])
    assert [one["stateMachineVersionArn"] for one in rest["stateMachineVersions"]] == [f"{machine}:1"]
    assert "nextToken" not in rest


def test_a_version_that_an_alias_uses_cannot_be_deleted(aws: Any, machine: str) -> None:
    aws.publish_state_machine_version(stateMachineArn=machine)
    alias = aws.create_state_machine_alias(name="live", routingConfiguration=_route((f"{machine}:1", 100)))["stateMachineAliasArn"]
    said = refused("ConflictException", aws.delete_state_machine_version, stateMachineVersionArn=f"{machine}:1")
    assert "[live]" in said
    aws.delete_state_machine_alias(stateMachineAliasArn=alias)
    aws.delete_state_machine_version(stateMachineVersionArn=f"{machine}:1")
    refused("StateMachineDoesNotExist", aws.describe_state_machine, stateMachineArn=f"{machine}:1")


def test_aliases(aws: Any, machine: str) -> None:
    aws.publish_state_machine_version(stateMachineArn=machine)
    aws.update_state_machine(stateMachineArn=machine, definition=OTHER, publish=True)
    one, two = f"{machine}:1", f"{machine}:2"
    made = aws.create_state_machine_alias(name="live", routingConfiguration=_route((one, 100)))
    assert aws.create_state_machine_alias(name="live", routingConfiguration=_route((one, 100))) | {
        "ResponseMetadata": 0
    } == made | {"ResponseMetadata": 0}
    refused("ConflictException", aws.create_state_machine_alias, name="live", routingConfiguration=_route((two, 100)))
    arn = made["stateMachineAliasArn"]
    assert arn == f"{machine}:live"
    aws.update_state_machine_alias(stateMachineAliasArn=arn, routingConfiguration=_route((two, 10), (one, 90)))
    described = aws.describe_state_machine_alias(stateMachineAliasArn=arn)
    assert described["routingConfiguration"] == _route((two, 10), (one, 90))
    aws.update_state_machine_alias(stateMachineAliasArn=arn, description="words")
    described = aws.describe_state_machine_alias(stateMachineAliasArn=arn)
    assert (described["description"], described["routingConfiguration"][0]["weight"]) == ("words", 10)
    aws.create_state_machine_alias(name="old", routingConfiguration=_route((one, 100)))
    listed = aws.list_state_machine_aliases(stateMachineArn=machine, maxResults=1)
    assert [found["stateMachineAliasArn"] for found in listed["stateMachineAliases"]] == [f"{machine}:live"]
    listed = aws.list_state_machine_aliases(stateMachineArn=machine, maxResults=1, nextToken=listed["nextToken"])
    assert [found["stateMachineAliasArn"] for found in listed["stateMachineAliases"]] == [f"{machine}:old"]
    listed = aws.list_state_machine_aliases(stateMachineArn=two)
    assert [found["stateMachineAliasArn"] for found in listed["stateMachineAliases"]] == [f"{machine}:live"]


ROUTES: list[tuple[str, str, list[tuple[str, int]]]] = [
    ("ValidationException", "live", [(":1", 99)]),
    ("ValidationException", "live", [(":1", 50), (":1", 50)]),
    ("ValidationException", "live", [("", 100)]),
    ("ValidationException", "live", [(":1", 101)]),
    ("ValidationException", "12", [(":1", 100)]),
    ("ResourceNotFound", "live", [(":7", 100)]),
    ("ResourceNotFound", "live", [("-not:1", 100)]),
    ("InvalidArn", "live", [("x y/", 100)]),
]


@pytest.mark.parametrize(("code", "alias", "routes"), ROUTES)
def test_aliases_that_are_refused(aws: Any, machine: str, code: str, alias: str, routes: list[tuple[str, int]]) -> None:
    aws.publish_state_machine_version(stateMachineArn=machine)
    routing = _route(*((f"{machine}{end}", weight) for end, weight in routes))
    refused(code, aws.create_state_machine_alias, name=alias, routingConfiguration=routing)
    assert aws.list_state_machine_aliases(stateMachineArn=machine)["stateMachineAliases"] == []


def test_an_alias_change_without_a_change_is_refused(aws: Any, machine: str) -> None:
    aws.publish_state_machine_version(stateMachineArn=machine)
    alias = aws.create_state_machine_alias(name="live", routingConfiguration=_route((f"{machine}:1", 100)))["stateMachineAliasArn"]
    refused("ValidationException", aws.update_state_machine_alias, stateMachineAliasArn=alias)
    refused("ResourceNotFound", aws.update_state_machine_alias, stateMachineAliasArn=f"{machine}:not", description="x")
    refused("ResourceNotFound", aws.describe_state_machine_alias, stateMachineAliasArn=f"{machine}:not")


def test_there_are_at_most_a_hundred_aliases(aws: Any, machine: str) -> None:
    aws.publish_state_machine_version(stateMachineArn=machine)
    routing = _route((f"{machine}:1", 100))
    for number in range(100):
        aws.create_state_machine_alias(name=f"a{number}", routingConfiguration=routing)
    refused("ServiceQuotaExceededException", aws.create_state_machine_alias, name="more", routingConfiguration=routing)


def test_validation(aws: Any) -> None:
    assert aws.validate_state_machine_definition(definition=PASSES)["result"] == "OK"
    wrong = json.dumps({"StartAt": "A", "States": {name: {"Type": "Pass", "Next": "Gone"} for name in "ABC"}})
    answer = aws.validate_state_machine_definition(definition=wrong, maxResults=1)
    assert (answer["result"], len(answer["diagnostics"]), answer["truncated"]) == ("FAIL", 1, True)
    everything = aws.validate_state_machine_definition(definition=wrong)
    assert everything["truncated"] is False
    assert {"severity", "code", "message"} <= set(everything["diagnostics"][0])
    assert "/States/A/Next" in {found.get("location") for found in everything["diagnostics"]}
    warned = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"a": "$.b"}, "End": True}}})
    assert aws.validate_state_machine_definition(definition=warned)["diagnostics"] == []
    answer = aws.validate_state_machine_definition(definition=warned, severity="WARNING")
    assert answer["result"] == "OK"
    assert [found["severity"] for found in answer["diagnostics"]] == ["WARNING"]
    answer = aws.validate_state_machine_definition(definition="{")
    assert [found["code"] for found in answer["diagnostics"]] == ["INVALID_JSON_DESCRIPTION"]


def test_executions_start_on_machine_version_and_alias(aws: Any, machine: str) -> None:
    aws.publish_state_machine_version(stateMachineArn=machine)
    aws.update_state_machine(stateMachineArn=machine, definition=FAILS)
    aws.create_state_machine_alias(name="live", routingConfiguration=_route((f"{machine}:1", 100)))
    found = {}
    for end in ("", ":1", ":live"):
        arn = aws.start_execution(stateMachineArn=f"{machine}{end}", input='{"a": 1}')["executionArn"]
        found[end] = aws.describe_execution(executionArn=arn)
        assert (found[end]["stateMachineArn"], found[end]["input"]) == (machine, '{"a": 1}')
        assert [one["executionArn"] for one in aws.list_executions(stateMachineArn=f"{machine}{end}")["executions"]].count(arn) == 1
    assert {end: one["status"] for end, one in found.items()} == {"": "FAILED", ":1": "SUCCEEDED", ":live": "SUCCEEDED"}
    assert "stateMachineVersionArn" not in found[""]
    assert found[":1"]["stateMachineVersionArn"] == found[":live"]["stateMachineVersionArn"] == f"{machine}:1"
    assert found[":live"]["stateMachineAliasArn"] == f"{machine}:live"
    assert found[":live"]["output"] == '{"a":1}'
    failed = aws.list_executions(stateMachineArn=machine, statusFilter="FAILED")["executions"]
    assert [one["name"] for one in failed] == [found[""]["name"]]


def test_weights_share_out_executions(aws: Any, machine: str) -> None:
    aws.publish_state_machine_version(stateMachineArn=machine)
    aws.update_state_machine(stateMachineArn=machine, definition=OTHER, publish=True)
    aws.create_state_machine_alias(name="live", routingConfiguration=_route((f"{machine}:2", 50), (f"{machine}:1", 50)))
    for _ in range(40):
        aws.start_execution(stateMachineArn=f"{machine}:live")
    used = {one["stateMachineVersionArn"] for one in aws.list_executions(stateMachineArn=machine)["executions"]}
    assert used == {f"{machine}:1", f"{machine}:2"}


def test_names_of_executions(aws: Any, machine: str) -> None:
    arn = aws.start_execution(stateMachineArn=machine, name="n", input="{}")["executionArn"]
    assert arn == f"{machine.replace('stateMachine', 'execution')}:n"
    refused("ExecutionAlreadyExists", aws.start_execution, stateMachineArn=machine, name="n", input="{}")
    refused("ExecutionAlreadyExists", aws.start_execution, stateMachineArn=machine, name="n", input='{"a": 1}')
    refused("InvalidName", aws.start_execution, stateMachineArn=machine, name="a b")
    refused("InvalidExecutionInput", aws.start_execution, stateMachineArn=machine, input="{")
    refused("StateMachineDoesNotExist", aws.start_execution, stateMachineArn=f"{machine}:9")
    refused("StateMachineDoesNotExist", aws.start_execution, stateMachineArn=f"{machine}:live")
    refused("ValidationException", aws.start_execution, stateMachineArn=f"{machine}/Map")
    refused("ExecutionDoesNotExist", aws.describe_execution, executionArn=f"{arn}-not")


def test_an_express_execution_may_have_a_name_again_and_cannot_be_described(aws: Any, name: str) -> None:
    arn = _create(aws, name, type="EXPRESS")["stateMachineArn"]
    one, two = (aws.start_execution(stateMachineArn=arn, name="n")["executionArn"] for _ in range(2))
    assert one != two
    refused("InvalidArn", aws.describe_execution, executionArn=one)
    refused("StateMachineTypeNotSupported", aws.list_executions, stateMachineArn=arn)


def test_history_in_pages_and_backwards(aws: Any, machine: str) -> None:
    arn = aws.start_execution(stateMachineArn=machine, input='{"a": 1}')["executionArn"]
    events = aws.get_execution_history(executionArn=arn)["events"]
    assert [one["type"] for one in events] == ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    assert events[0]["executionStartedEventDetails"]["input"] == '{"a":1}'
    paged = [
        one
        for page in aws.get_paginator("get_execution_history").paginate(executionArn=arn, PaginationConfig={"PageSize": 3})
        for one in page["events"]
    ]
    assert paged == events
    assert aws.get_execution_history(executionArn=arn, reverseOrder=True)["events"] == events[::-1]
    bare = aws.get_execution_history(executionArn=arn, includeExecutionData=False)["events"]
    assert "input" not in bare[0]["executionStartedEventDetails"]
    refused("InvalidToken", aws.get_execution_history, executionArn=arn, nextToken="x")
    other = aws.list_state_machines(maxResults=1)["nextToken"]
    refused("InvalidToken", aws.get_execution_history, executionArn=arn, nextToken=other)


def test_redrive(aws: Any, name: str) -> None:
    arn = _create(aws, name, FAILS)["stateMachineArn"]
    execution = aws.start_execution(stateMachineArn=arn)["executionArn"]
    assert aws.describe_execution(executionArn=execution)["redriveStatus"] == "REDRIVABLE"
    first = aws.redrive_execution(executionArn=execution, clientToken="t")["redriveDate"]
    assert aws.redrive_execution(executionArn=execution, clientToken="t")["redriveDate"] == first
    described = aws.describe_execution(executionArn=execution)
    assert (described["redriveCount"], described["redriveDate"], described["status"]) == (1, first, "FAILED")
    entered = [one for one in aws.get_execution_history(executionArn=execution)["events"] if one["type"].endswith("StateEntered")]
    assert [one["stateEnteredEventDetails"]["name"] for one in entered] == ["A", "B", "B"]
    passed = aws.start_execution(stateMachineArn=_create(aws, f"{name}-2")["stateMachineArn"])["executionArn"]
    refused("ExecutionNotRedrivable", aws.redrive_execution, executionArn=passed)


def test_a_nested_execution_is_there_too(aws: Any, machine: str, name: str) -> None:
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": machine, "Name": "child", "Input": {}},
        "End": True,
    }
    parent = _create(aws, f"{name}-parent", json.dumps({"StartAt": "S", "States": {"S": start}}))["stateMachineArn"]
    first = aws.start_execution(stateMachineArn=parent)["executionArn"]
    assert aws.describe_execution(executionArn=first)["status"] == "SUCCEEDED"
    child = aws.list_executions(stateMachineArn=machine)["executions"]
    assert [(one["name"], one["status"]) for one in child] == [("child", "SUCCEEDED")]


def test_tags(aws: Any, machine: str) -> None:
    aws.tag_resource(resourceArn=machine, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    aws.tag_resource(resourceArn=machine, tags=[{"key": "a", "value": "3"}])
    aws.untag_resource(resourceArn=machine, tagKeys=["b"])
    assert aws.list_tags_for_resource(resourceArn=machine)["tags"] == [{"key": "a", "value": "3"}]
    refused("ResourceNotFound", aws.tag_resource, resourceArn=f"{machine}-not", tags=[])


def test_a_deleted_machine_takes_versions_and_aliases_with_it(aws: Any, machine: str, name: str) -> None:
    aws.publish_state_machine_version(stateMachineArn=machine)
    aws.create_state_machine_alias(name="live", routingConfiguration=_route((f"{machine}:1", 100)))
    aws.delete_state_machine(stateMachineArn=machine)
    aws.delete_state_machine(stateMachineArn=machine)
    refused("StateMachineDoesNotExist", aws.describe_state_machine, stateMachineArn=machine)
    assert _versions(aws, machine) == []
    assert _create(aws, name, OTHER)["stateMachineArn"] == machine
    assert aws.list_state_machine_aliases(stateMachineArn=machine)["stateMachineAliases"] == []


def test_machines_are_listed_in_pages(aws: Any, name: str) -> None:
    for number in range(3):
        _create(aws, f"{name}-{number}")
    pages = aws.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 2})
    names = [one["name"] for page in pages for one in page["stateMachines"]]
    assert names == sorted(set(names))
    assert {f"{name}-{number}" for number in range(3)} <= set(names)


@pytest.fixture(scope="module")
def tagged(endpoint: Endpoint) -> dict[str, str]:
    """ARNs of machines with tags, by name, in an account of their own."""
    aws = client(endpoint, key="999988887777")
    tags = {"a": {"team": "etl", "tier": "1"}, "b": {"team": "etl"}, "c": {"team": "bi", "tier": "1"}, "d": {}}
    return {
        name: _create(aws, name, tags=[{"key": key, "value": value} for key, value in one.items()])["stateMachineArn"]
        for name, one in tags.items()
    }


@pytest.mark.parametrize(
    ("request_", "names"),
    [
        ({}, "abc"),
        ({"TagFilters": [{"Key": "team", "Values": ["etl"]}]}, "ab"),
        ({"TagFilters": [{"Key": "team", "Values": ["etl", "bi"]}]}, "abc"),
        ({"TagFilters": [{"Key": "tier"}]}, "ac"),
        ({"TagFilters": [{"Key": "tier", "Values": []}, {"Key": "team", "Values": ["bi"]}]}, "c"),
        ({"TagFilters": [{"Key": "owner"}]}, ""),
        ({"ResourceTypeFilters": ["states:stateMachine"]}, "abc"),
        ({"ResourceTypeFilters": ["sqs", "states"]}, "abc"),
        ({"ResourceTypeFilters": ["states:activity", "sqs"]}, ""),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 100])
def test_machines_are_found_by_their_tags(
    endpoint: Endpoint, tagged: dict[str, str], request_: dict[str, Any], names: str, size: int
) -> None:
    api = client(endpoint, "resourcegroupstaggingapi", key="999988887777")
    pages = list(api.get_paginator("get_resources").paginate(**request_, PaginationConfig={"PageSize": size}))
    assert [one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]] == [tagged[name] for name in names]
    assert len(pages) == max(1, -(-len(names) // size))
    assert all(one["Tags"] for page in pages for one in page["ResourceTagMappingList"])


def test_tags_of_machines_that_are_named(endpoint: Endpoint, tagged: dict[str, str]) -> None:
    api = client(endpoint, "resourcegroupstaggingapi", key="999988887777")
    (found,) = api.get_resources(ResourceARNList=[tagged["b"], f"{tagged['b']}-none"])["ResourceTagMappingList"]
    assert found == {"ResourceARN": tagged["b"], "Tags": [{"Key": "team", "Value": "etl"}]}
    for region, key in ((WEST, "999988887777"), (EAST, "111122223333")):
        elsewhere = client(endpoint, "resourcegroupstaggingapi", region, key=key)
        assert elsewhere.get_resources(TagFilters=[{"Key": "team", "Values": ["etl"]}])["ResourceTagMappingList"] == []


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"ResourcesPerPage": 101}, "InvalidParameterException"),
        ({"TagsPerPage": 100}, "InvalidParameterException"),
        ({"PaginationToken": "x"}, "InvalidParameterException"),
        ({"ResourceARNList": ["arn"], "TagFilters": [{"Key": "team"}]}, "InvalidParameterException"),
        ({"TagFilters": [{"Key": "k"}] * 51}, "ValidationException"),
    ],
)
def test_lists_of_tags_that_are_refused(endpoint: Endpoint, request_: dict[str, Any], code: str) -> None:
    refused(code, client(endpoint, "resourcegroupstaggingapi").get_resources, **request_)


def test_regions_and_accounts_are_apart(endpoint: Endpoint, aws: Any, machine: str, name: str) -> None:
    west = client(endpoint, region=WEST)
    assert _create(west, name, OTHER)["stateMachineArn"] == machine.replace(EAST, WEST)
    assert aws.describe_state_machine(stateMachineArn=machine)["definition"] == PASSES
    refused("InvalidArn", west.describe_state_machine, stateMachineArn=machine)
    other = client(endpoint, key="444455556666")
    assert other.list_state_machines()["stateMachines"] == []
    assert _create(other, name)["stateMachineArn"] == machine.replace("111122223333", "444455556666")
    assert client(endpoint, "sts", key="444455556666").get_caller_identity()["Account"] == "444455556666"


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with Embedded(tmp_path_factory.mktemp("slow"), Options(real_time=True, deleting_seconds=2)) as found:
        yield client(found)


def test_executions_in_real_time_keep_their_definition_and_can_be_stopped(slow: Any, name: str) -> None:
    arn = _create(slow, name, WAITS)["stateMachineArn"]
    execution = slow.start_execution(stateMachineArn=arn, name="n", input="{}")["executionArn"]
    assert slow.start_execution(stateMachineArn=arn, name="n", input="{}")["executionArn"] == execution
    refused("ExecutionAlreadyExists", slow.start_execution, stateMachineArn=arn, name="n", input="[]")
    slow.update_state_machine(stateMachineArn=arn, definition=PASSES)
    assert slow.describe_state_machine_for_execution(executionArn=execution)["definition"] == WAITS
    assert slow.describe_execution(executionArn=execution)["status"] == "RUNNING"
    refused("ExecutionNotRedrivable", slow.redrive_execution, executionArn=execution)
    stopped = slow.stop_execution(executionArn=execution, error="E", cause="C")["stopDate"]
    described = slow.describe_execution(executionArn=execution)
    assert (described["status"], described["error"], described["cause"], described["stopDate"]) == ("ABORTED", "E", "C", stopped)
    assert slow.stop_execution(executionArn=execution)["stopDate"] == stopped
    slow.redrive_execution(executionArn=execution)
    assert slow.describe_execution(executionArn=execution)["status"] == "RUNNING"
    slow.stop_execution(executionArn=execution)


def test_executions_in_real_time_wait_for_task_tokens(slow: Any, name: str) -> None:
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/q", "MessageBody": {"t.$": "$$.Task.Token"}},
        "End": True,
    }
    arn = _create(slow, name, json.dumps({"StartAt": "Ask", "States": {"Ask": ask}}))["stateMachineArn"]
    execution = slow.start_execution(stateMachineArn=arn)["executionArn"]
    assert slow.describe_execution(executionArn=execution)["status"] == "RUNNING"
    events = slow.get_execution_history(executionArn=execution)["events"]
    parameters = next(one["taskScheduledEventDetails"]["parameters"] for one in events if one["type"] == "TaskScheduled")
    token = json.loads(parameters)["MessageBody"]["t"]
    slow.send_task_heartbeat(taskToken=token)
    refused("InvalidOutput", slow.send_task_success, taskToken=token, output="{")
    slow.send_task_success(taskToken=token, output='{"yes": true}')
    assert slow.describe_execution(executionArn=execution)["output"] == '{"yes":true}'
    refused("TaskDoesNotExist", slow.send_task_success, taskToken=token, output="{}")


def test_a_machine_is_deleting_for_a_while(slow: Any, name: str) -> None:
    arn = _create(slow, name)["stateMachineArn"]
    slow.publish_state_machine_version(stateMachineArn=arn)
    slow.delete_state_machine(stateMachineArn=arn)
    assert slow.describe_state_machine(stateMachineArn=arn)["status"] == "DELETING"
    calls: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (slow.create_state_machine, {"name": name, "definition": PASSES, "roleArn": ROLE}),
        (slow.update_state_machine, {"stateMachineArn": arn, "definition": OTHER}),
        (slow.publish_state_machine_version, {"stateMachineArn": arn}),
        (slow.start_execution, {"stateMachineArn": arn}),
        (slow.create_state_machine_alias, {"name": "live", "routingConfiguration": _route((f"{arn}:1", 100))}),
    ]
    for call, arguments in calls:
        refused("StateMachineDeleting", call, **arguments)


def test_definitions_of_this_project_run(aws: Any) -> None:
    folder = Path(__file__).parent.parent / "build" / EAST
    files = sorted(folder.glob("*.asl.json"))
    assert files
    for file in files:
        settings = json.loads(file.with_name(file.name.replace(".asl.", ".settings.")).read_text())
        name = file.name.removesuffix(".asl.json")
        arn = _create(aws, name, file.read_text(), type=settings.get("type", "STANDARD"))["stateMachineArn"]
        execution = aws.start_execution(stateMachineArn=arn, input='{"batch_id": "b"}')["executionArn"]
        if settings.get("type") != "EXPRESS":
            assert aws.describe_execution(executionArn=execution)["status"] in ("SUCCEEDED", "FAILED")
            assert aws.get_execution_history(executionArn=execution)["events"]
