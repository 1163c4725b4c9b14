"""`deploy` where things go wrong at CloudFormation: stuck stacks, failing resources, races, rights; against a scripted service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cloudformation_stub import ACCOUNT, STACK, CloudFormation, Row, Scripted

from sfn_dsl.cli.main import run
from sfn_dsl.publish import pauses as pauses_module
from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.stack_events import events_since, newest_event

EAST = "us-east-1"
SETUP = f"[sfn_dsl]\nregions = us-east-1\nowner = template\n[sfn_dsl:us-east-1]\naccount = {ACCOUNT}\n"
PIPELINE = 'from sfn_dsl import *\ndaily = Pipeline(name="daily", body=Load.glue("Load daily", job="j"))\n'
QUEUE, TABLE, ROLE = "AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::IAM::Role"
CHANGE = {"Action": "Modify", "LogicalResourceId": "Role", "ResourceType": ROLE, "Replacement": "False"}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudFormation]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATESTING")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "VERYSECRET")
    monkeypatch.setattr(pauses_module.time, "sleep", lambda seconds: None)
    found = CloudFormation()
    yield found
    found.close()


@pytest.fixture
def deploy(service: CloudFormation, project: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run the command; exit code, stdout and stderr."""
    folder = project({"setup.cfg": SETUP, "pipelines/daily.py": PIPELINE})
    assert run(["-C", str(folder), "build"]) == 0
    # The stub knows stacks only: which machines there are is told by moto in the other tests.
    for name in ("daily", "shared"):
        path = folder / "build" / EAST / f"{name}.template.json"
        path.write_text('{"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {}}}}')

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["-C", str(folder), "deploy", "--allow-dirty", "--endpoint-url", service.url, *words])
        out, err = capsys.readouterr()
        assert "VERYSECRET" not in out + err
        assert "Traceback" not in out + err
        return code, out, err

    return call


def clients(service: CloudFormation) -> Clients:
    return Clients(endpoint_url=service.url)


def whole(name: str, status: str, reason: str = "") -> Row:
    return (name, STACK, status, reason)


UPDATED = [[whole("daily", "UPDATE_IN_PROGRESS")], [("Role", ROLE, "UPDATE_COMPLETE", "")], [whole("daily", "UPDATE_COMPLETE")]]


@pytest.mark.parametrize(
    ("status", "said", "help"),
    [
        ("ROLLBACK_COMPLETE", "its first deployment has failed", "delete-stack --stack-name daily --region us-east-1; then"),
        ("CREATE_FAILED", "its first deployment has failed", "aws cloudformation delete-stack"),
        ("ROLLBACK_FAILED", "its first deployment has failed", "aws cloudformation delete-stack"),
        ("DELETE_FAILED", "somebody began to delete it", "aws cloudformation delete-stack"),
        ("UPDATE_FAILED", "an update has failed and was not rolled back", "aws cloudformation rollback-stack"),
        ("UPDATE_ROLLBACK_FAILED", "an update has failed, and so has its rollback", "continue-update-rollback"),
        ("IMPORT_ROLLBACK_FAILED", "an import has failed, and so has its rollback", "describe-stack-events"),
    ],
)
def test_stuck_stacks_are_explained(service: CloudFormation, deploy: Callable[..., Any], status: str, said: str, help: str) -> None:
    service.add(Scripted(name="daily", region=EAST, status=status))
    code, out, _ = deploy("daily", "--yes")
    assert code == 1
    assert f"refused: the stack daily in us-east-1 is {status}: {said}" in out
    assert help in out
    assert "CreateChangeSet" not in service.counted()


@pytest.mark.parametrize(
    "status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"]
)
def test_stacks_that_are_ready_are_updated(service: CloudFormation, deploy: Callable[..., Any], status: str) -> None:
    stack = service.add(Scripted(name="daily", region=EAST, status=status, changes=[CHANGE] * 5, script=[*UPDATED]))
    code, out, _ = deploy("daily", "--yes")
    assert code == 0
    assert out.count("~ Role (AWS::IAM::Role)") == 5, "changes of all pages"
    assert "UPDATE_COMPLETE Role" in out
    assert stack.change_sets == {}


def test_an_operation_under_way_is_waited_for(service: CloudFormation, deploy: Callable[..., Any]) -> None:
    """As after an interruption while CloudFormation was at work."""
    stack = service.add(Scripted(name="daily", region=EAST, status="UPDATE_IN_PROGRESS", changes=[CHANGE], running=True))
    stack.events.append(whole("daily", "UPDATE_IN_PROGRESS"))
    stack.script = [[], [], [], [("Role", ROLE, "UPDATE_COMPLETE", "")], [whole("daily", "UPDATE_COMPLETE")], [], *UPDATED]
    code, out, _ = deploy("daily", "--dry-run")
    assert code == 1
    assert "refused: the stack daily in us-east-1 is UPDATE_IN_PROGRESS: an operation on it is under way" in out
    code, out, _ = deploy("daily", "--yes")
    assert code == 0
    assert out.index("UPDATE_COMPLETE Role") < out.index("daily in us-east-1 is updated")
    assert out.count("UPDATE_COMPLETE Role") == 2, "of the operation before, and of this one"


def test_a_first_deployment_that_fails_leaves_nothing(service: CloudFormation, deploy: Callable[..., Any]) -> None:
    script = [
        [whole("daily", "CREATE_IN_PROGRESS")],
        [("Other", QUEUE, "CREATE_FAILED", "Resource creation cancelled"), ("Role", ROLE, "CREATE_FAILED", "Role already exists")],
        [("Late", QUEUE, "CREATE_FAILED", "too late")],
        [whole("daily", "DELETE_IN_PROGRESS"), whole("daily", "DELETE_COMPLETE")],
    ]
    service.add(Scripted(name="daily", region=EAST, status="REVIEW_IN_PROGRESS", script=script))
    code, out, err = deploy("daily", "--yes")
    assert code == 2
    message = "the stack daily in us-east-1 could not be created, nothing of it is left; Role (AWS::IAM::Role): Role already exists"
    assert f"error: {message}\n" in err
    assert "Done: none. Stopped at: daily in us-east-1. Not begun: none." in out
    [asked] = [form for form in service.requests if form["Action"] == "CreateChangeSet"]
    assert (asked["ChangeSetType"], asked["OnStackFailure"]) == ("CREATE", "DELETE")
    [asked] = [form for form in service.requests if form["Action"] == "ExecuteChangeSet"]
    assert asked["RetainExceptOnCreate"] == "true"


@pytest.mark.parametrize(
    ("last", "state"),
    [("UPDATE_ROLLBACK_COMPLETE", "it is as it was before"), ("UPDATE_ROLLBACK_FAILED", "it is UPDATE_ROLLBACK_FAILED")],
)
def test_the_first_failure_stops_everything(service: CloudFormation, deploy: Callable[..., Any], last: str, state: str) -> None:
    name = "etl-shared"
    script = [
        [whole(name, "UPDATE_IN_PROGRESS"), ("Role", ROLE, "UPDATE_FAILED", "no such policy")],
        [whole(name, "UPDATE_ROLLBACK_IN_PROGRESS")],
        [whole(name, last)],
    ]
    service.add(Scripted(name=name, region=EAST, changes=[CHANGE], script=script))
    daily = service.add(Scripted(name="daily", region=EAST, changes=[CHANGE], script=[*UPDATED]))
    code, out, err = deploy("--yes")
    assert code == 2
    assert f"the stack etl-shared in us-east-1 could not be updated, {state}; Role (AWS::IAM::Role): no such policy" in err
    assert "Done: none. Stopped at: etl-shared in us-east-1. Not begun: daily in us-east-1." in out
    assert daily.change_sets == {}, "what is not executed is deleted"
    assert len(daily.script) == len(UPDATED)


def test_events_come_once_in_order_and_only_new_ones(service: CloudFormation) -> None:
    stack = service.add(Scripted(name="daily", region=EAST))
    stack.events = [(f"R{number}", QUEUE, "UPDATE_COMPLETE", "") for number in range(7)]
    asked = clients(service)
    assert [event.resource for event in events_since(asked, EAST, "daily", "")] == [f"R{number}" for number in range(7)]
    known = newest_event(asked, EAST, "daily")
    assert events_since(asked, EAST, "daily", known) == ()
    stack.events += [(f"N{number}", QUEUE, "UPDATE_COMPLETE", "") for number in range(3)]
    before = service.counted()["DescribeStackEvents"]
    assert [event.resource for event in events_since(asked, EAST, "daily", known)] == ["N0", "N1", "N2"]
    assert service.counted()["DescribeStackEvents"] - before == 2, "no page more than there is news"


def test_the_end_is_seen_although_the_status_is_stale(service: CloudFormation, deploy: Callable[..., Any]) -> None:
    """DescribeStacks may still tell of before when the operation has begun."""
    stack = service.add(Scripted(name="daily", region=EAST, changes=[CHANGE], script=[[], [], *UPDATED]))
    code, out, _ = deploy("daily", "--yes")
    assert (code, stack.script) == (0, [])
    assert out.count("UPDATE_COMPLETE daily") == 1


def test_whoever_stops_waiting_is_told_that_it_goes_on(
    service: CloudFormation, deploy: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    service.add(Scripted(name="daily", region=EAST, changes=[CHANGE], script=[[whole("daily", "UPDATE_IN_PROGRESS")]]))

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pauses_module.time, "sleep", interrupt)
    code, out, _ = deploy("daily", "--yes")
    assert code == 130
    assert "CloudFormation goes on with daily in us-east-1; deploy again to follow it." in out


def test_a_change_set_that_cannot_be_made(service: CloudFormation, deploy: Callable[..., Any]) -> None:
    stack = service.add(Scripted(name="daily", region=EAST, reason="Circular dependency between resources: [A, B]"))
    code, out, _ = deploy("daily", "--yes")
    assert code == 1
    assert (
        "refused: CloudFormation cannot change the stack daily in us-east-1: Circular dependency between resources: [A, B]" in out
    )
    assert stack.change_sets == {}


@pytest.mark.parametrize("reason", ["The submitted information didn't contain changes.", "No updates are to be performed."])
def test_an_empty_change_set_is_deleted(service: CloudFormation, deploy: Callable[..., Any], reason: str) -> None:
    stack = service.add(Scripted(name="daily", region=EAST, reason=reason))
    code, out, _ = deploy("daily", "--yes")
    assert code == 0
    assert "There is nothing to do." in out
    assert stack.change_sets == {}


def test_a_change_set_of_a_run_that_was_cut_off_is_made_anew(service: CloudFormation, deploy: Callable[..., Any]) -> None:
    service.add(Scripted(name="daily", region=EAST, changes=[CHANGE], script=[*UPDATED], clashes=2))
    assert deploy("daily", "--yes")[0] == 0
    assert (service.counted()["CreateChangeSet"], service.counted()["DeleteChangeSet"]) == (3, 2)
    service.stacks[EAST, "daily"].clashes = 99
    code, _, err = deploy("daily", "--yes")
    assert code == 2
    assert "AWS refuses cloudformation:CreateChangeSet in us-east-1: AlreadyExistsException" in err


def test_somebody_else_was_faster(service: CloudFormation, deploy: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    stack = service.add(Scripted(name="daily", region=EAST, changes=[CHANGE], script=[*UPDATED]))

    def execute(form: Any, region: str) -> Any:
        stack.change_sets.clear()
        return CloudFormation.ExecuteChangeSet(service, form, region)

    monkeypatch.setattr(service, "ExecuteChangeSet", execute)
    code, _, err = deploy("daily", "--yes")
    assert code == 1
    assert "the stack daily in us-east-1 was changed meanwhile by somebody else" in err


@pytest.mark.parametrize(
    ("change", "said", "code"),
    [
        (
            {"Action": "Modify", "ResourceType": QUEUE, "PhysicalResourceId": "q", "Replacement": "True"},
            ["(AWS::SQS::Queue) q: is replaced", "WARNING: this loses the messages in it"],
            0,
        ),
        (
            {"Action": "Modify", "ResourceType": "AWS::Events::EventBus", "Replacement": "Conditional"},
            ["may be replaced", "WARNING: this may lose the rules and permissions that others have on it"],
            0,
        ),
        ({"Action": "Remove", "ResourceType": QUEUE, "PolicyAction": "Delete"}, ["is deleted", "WARNING: this loses the mess"], 0),
        ({"Action": "Modify", "ResourceType": TABLE, "Replacement": "True"}, ["would lose its table X"], 1),
        ({"Action": "Remove", "ResourceType": TABLE, "PolicyAction": "Retain"}, ["stays in AWS", "would lose its table X"], 1),
        ({"Action": "Modify", "ResourceType": TABLE, "Replacement": "Conditional"}, ["WARNING: this may lose the state"], 0),
        (
            {
                "Action": "Modify",
                "ResourceType": ROLE,
                "Replacement": "False",
                "Details": [
                    {"Target": {"Attribute": "Properties", "Name": "Policies", "RequiresRecreation": "Never"}},
                    {"Target": {"Attribute": "Properties", "Name": "RoleName", "RequiresRecreation": "Always"}},
                    {"Target": {"Attribute": "Tags", "RequiresRecreation": "Conditionally"}, "CausingEntity": "Bus.Arn"},
                ],
            },
            ["(AWS::IAM::Role): Policies, RoleName (replaces), Tags by Bus.Arn (may replace)"],
            0,
        ),
    ],
)
def test_losses_are_loud(
    service: CloudFormation, deploy: Callable[..., Any], change: dict[str, Any], said: list[str], code: int
) -> None:
    stack = service.add(Scripted(name="daily", region=EAST, changes=[{"LogicalResourceId": "X", **change}]))
    found, out, _ = deploy("daily", "--dry-run")
    assert found == code
    for words in said:
        assert words in out
    assert stack.change_sets == {}
    assert deploy("daily", "--dry-run", "--force")[0] == 0


CALLS = [
    "GetCallerIdentity",
    "DescribeStacks",
    "ListStackResources",
    "CreateChangeSet",
    "DescribeChangeSet",
    "DescribeStackEvents",
    "ExecuteChangeSet",
]


@pytest.mark.parametrize("operation", CALLS)
def test_a_right_that_is_missing_is_named(service: CloudFormation, deploy: Callable[..., Any], operation: str) -> None:
    service.add(Scripted(name="daily", region=EAST, changes=[CHANGE], script=[*UPDATED]))
    service.deny = operation
    code, _, err = deploy("daily", "--yes")
    prefix = "sts" if operation == "GetCallerIdentity" else "cloudformation"
    assert (code, err.count("error: ")) == (2, 1)
    assert f"error: AWS does not allow you {prefix}:{operation} in us-east-1\n" in err


def test_a_change_set_that_stays_is_told(service: CloudFormation, deploy: Callable[..., Any]) -> None:
    service.add(Scripted(name="daily", region=EAST, changes=[CHANGE]))
    service.deny = "DeleteChangeSet"
    code, out, _ = deploy("daily", "--dry-run")
    assert code == 0
    assert "note: a change set is left over: AWS does not allow you cloudformation:DeleteChangeSet in us-east-1" in out
