"""What deploys and yet goes wrong: our templates have none of it, and each fault is found in a template that is broken on purpose."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from cfnlint.helpers import REGIONS as SNAPSHOT
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from resources import EAST, WEST, document, everything, statement, trust

from sfn_dsl.diagnostic import Severity
from sfn_dsl.resources import cloudformation
from sfn_dsl.resources.availability import lacking
from sfn_dsl.resources.check import check
from sfn_dsl.resources.lints import lint
from sfn_dsl.resources.model import (
    Alarm,
    Arn,
    Endpoint,
    EventSourceMapping,
    Function,
    InputTransformer,
    MachineLogging,
    Policy,
    Queue,
    QueuePolicy,
    Resource,
    Role,
    Rule,
    RuleTarget,
    Schedule,
    StateMachine,
    Url,
    Value,
)
from sfn_dsl.resources.template import Template
from sfn_dsl.span import Span

SPAN = Span("pipelines/x.py", 3)
EVENTS = ["events.amazonaws.com"]


def template(*resources: Resource, **more: Any) -> Template:
    return Template(**{"name": "t", "target": EAST, "resources": resources, **more})


def sent(**more: Any) -> RuleTarget:
    return RuleTarget(**{"id": "t", "arn": EAST.arn("lambda", "function:f"), "dead_letter_arn": Arn("Q"), **more})


def rule(*targets: RuleTarget, **more: Any) -> Rule:
    return Rule(**{"id": "R", "name": "r", "event_pattern": {"source": ["a"]}, "targets": targets or (sent(),), **more})


RULE = Arn("R")


def letters(source: Value = RULE, **more: Value) -> tuple[Resource, ...]:
    """A queue that rules may fill."""
    allowed = {
        "Principal": {"Service": "events.amazonaws.com"},
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
        **more,
    }
    made = statement(str(allowed.pop("Effect", "Allow")), str(allowed.pop("Action", "sqs:SendMessage")), Arn("Q"), **allowed)
    return Queue(id="Q", queue_name="q"), QueuePolicy(id="P", queues=(Url("Q"),), document=document(made))


def role(service: str, resource: Value, action: str = "states:StartExecution") -> Role:
    policy = Policy(name="p", document=document(statement("Allow", action, resource)))
    return Role(id="A", role_name="a", trust=trust(service, EAST.account), policies=(policy,))


PEER = WEST.arn("events", "event-bus/etl")
FORWARD = rule(sent(arn=PEER), event_pattern={"source": ["a"], "region": ["us-east-1"]})
MACHINE = EAST.arn("states", "stateMachine:m")


def forwarder(pattern: dict[str, Any], bus: str = PEER) -> tuple[Resource, ...]:
    """A rule and its function, which may put events on a bus."""
    able = dataclasses.replace(role("lambda.amazonaws.com", bus, "events:PutEvents"), id="F", role_name="f")
    function = Function(id="Forwarder", function_name="f", role_arn=Arn("F"), source="")
    return rule(sent(arn=Arn("Forwarder")), event_pattern=pattern), able, function


RIGHT = {
    "with dead letters": template(rule(), *letters()),
    "any rule of the bus may send": template(rule(), *letters(EAST.arn("events", "rule/*"))),
    "any source may send": template(rule(), *letters(Condition={})),
    "a queue of another template": template(rule(sent(dead_letter_arn=EAST.arn("sqs", "other")))),
    "a guarded forward": template(FORWARD, *letters()),
    "a guarded function": template(*forwarder({"source": ["a"], "detail": {"produced_region": ["us-east-1"]}}), *letters()),
    "a function for this Region's bus": template(*forwarder({"source": ["a"]}, EAST.arn("events", "event-bus/b")), *letters()),
    "a bus of this Region": template(rule(sent(arn=EAST.arn("events", "event-bus/b"))), *letters()),
    "the right on a machine": template(role("events.amazonaws.com", MACHINE)),
    "a right on a pattern": template(role("events.amazonaws.com", MACHINE + "*")),
    "another right on an alias": template(role("states.amazonaws.com", MACHINE + ":live", "states:DescribeStateMachineAlias")),
    "a function may start elsewhere": template(role("lambda.amazonaws.com", WEST.arn("states", "stateMachine:m"))),
    "an endpoint where there are some": template(
        Endpoint(
            id="E",
            name="e",
            event_bus_arns=(EAST.arn("events", "event-bus/b"), WEST.arn("events", "event-bus/b")),
            health_check_arn="arn:aws:route53:::healthcheck/0f1e2d3c-1111-2222-3333-444455556666",
            secondary_region="us-west-1",
            replication=False,
        )
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_found(name: str) -> None:
    assert lint(RIGHT[name]) == ()


@pytest.mark.parametrize("made", [everything(EAST), everything(WEST)], ids=["us-east-1", "us-west-1"])
def test_the_template_with_all_types_lacks_dead_letters_and_a_guard(made: Template) -> None:
    """Two of its targets have no dead letters, and its function has the role of the forward rule."""
    assert [(found.code, found.severity) for found in lint(made)] == [
        (code, Severity.WARNING) for code in ("SFN504", "SFN504", "SFN505")
    ]


WRONG: dict[str, tuple[str, str, Template]] = {
    "no dead letters": ("SFN504", "target `t` of rule `r` has no dead-letter queue", template(rule(sent(dead_letter_arn=None)))),
    "no policy": ("SFN504", "no policy lets rule `r` send to its dead-letter queue `q`", template(rule(), letters()[0])),
    "a policy for another rule": ("SFN504", "no policy lets", template(rule(), *letters(EAST.arn("events", "rule/other")))),
    "a policy for another service": (
        "SFN504",
        "no policy lets",
        template(rule(), *letters(Principal={"Service": "sns.amazonaws.com"})),
    ),
    "a policy that denies": ("SFN504", "no policy lets", template(rule(), *letters(Effect="Deny"))),
    "a policy to receive": ("SFN504", "no policy lets", template(rule(), *letters(Action="sqs:ReceiveMessage"))),
    "a forward without a guard": (
        "SFN505",
        "rule `r` sends events to us-west-1 without asking where they come from",
        template(rule(sent(arn=PEER)), *letters()),
    ),
    "a guard that lets the peer's events through": (
        "SFN505",
        "without asking",
        template(dataclasses.replace(FORWARD, event_pattern={"region": ["us-east-1", "us-west-1"]}), *letters()),
    ),
    "a function that sends on without a guard": (
        "SFN505",
        "rule `r` calls a function that may put events on a bus in us-west-1",
        template(*forwarder({"source": ["a"], "region": ["us-east-1"]}), *letters()),
    ),
    "a right on an alias": (
        "SFN603",
        "role `a` may start `live` of a machine",
        template(role("events.amazonaws.com", MACHINE + ":live")),
    ),
    "a right on a version, by a wildcard": (
        "SFN603",
        "role `a` may start `7` of a machine",
        template(role("scheduler.amazonaws.com", [MACHINE, MACHINE + ":7"], "states:*")),
    ),
    "a right on a machine elsewhere": (
        "SFN604",
        "role `a` of us-east-1 may start a machine of us-west-1",
        template(role("events.amazonaws.com", WEST.arn("states", "stateMachine:m"))),
    ),
    "a target elsewhere": (
        "SFN604",
        "target `t` of `R` is in us-west-1, and the template is deployed in us-east-1",
        template(rule(sent(arn=WEST.arn("states", "stateMachine:m:live"))), *letters()),
    ),
    "dead letters elsewhere": (
        "SFN604",
        "the dead-letter queue of target `t` of `R` is in us-west-1",
        template(rule(sent(dead_letter_arn=WEST.arn("sqs", "q")))),
    ),
    "a schedule's target elsewhere": (
        "SFN604",
        "the target of `S` is in us-west-1",
        template(
            Schedule(
                id="S",
                name="s",
                schedule_expression="rate(1 day)",
                target_arn=WEST.arn("states", "stateMachine:m"),
                role_arn="arn:aws:iam::123456789012:role/r",
            )
        ),
    ),
    "a queue elsewhere": (
        "SFN604",
        "the queue of `M` is in us-west-1",
        template(EventSourceMapping(id="M", function_name="f", event_source_arn=WEST.arn("sqs", "q"))),
    ),
    "a log group elsewhere": (
        "SFN604",
        "the log group of `M` is in us-west-1",
        template(
            StateMachine(
                id="M",
                name="m",
                definition={},
                role_arn="arn:aws:iam::123456789012:role/r",
                logging=MachineLogging(destination_arn=WEST.arn("logs", "log-group:g:*")),
            )
        ),
    ),
    "a topic elsewhere": (
        "SFN604",
        "an action of `A` is in us-west-1",
        template(
            Alarm(id="A", name="a", namespace="n", metric_name="m", statistic="Sum", alarm_actions=(WEST.arn("sns", "alerts"),))
        ),
    ),
    "an endpoint where there are none": (
        "SFN605",
        "`E`: us-gov-west-1 has no resources of type Endpoint",
        dataclasses.replace(RIGHT["an endpoint where there are some"], target=dataclasses.replace(EAST, region="us-gov-west-1")),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_template_that_is_broken(name: str) -> None:
    code, said, made = WRONG[name]
    assert all(found.severity is not Severity.ERROR for found in check(made))
    found = [one for one in lint(made, span=SPAN) if said in one.message]
    expected = Severity.WARNING if code == "SFN504" or "may put events" in said else Severity.ERROR
    assert [(one.code, one.severity, one.span) for one in found] == [(code, expected, SPAN)]
    assert found[0].help
    assert {one.code for one in lint(made)} == {code}


@pytest.mark.parametrize("region", SNAPSHOT)
def test_types_of_a_region_are_those_of_the_registry(region: str) -> None:
    """cfn-lint carries CloudFormation's registry per Region; for some partitions it has none and takes us-east-1's."""
    there = PROVIDER_SCHEMA_MANAGER.get_resource_types(region)
    made = everything(EAST)
    types = {id: body["Type"] for id, body in cloudformation.to_json(made)["Resources"].items()}
    missing = {resource.id for resource in made.resources if region in lacking(resource)}
    assert missing == {id for id, type in types.items() if type not in there}


def transformed(paths: int = 1, text: str = "{}") -> Rule:
    made = InputTransformer(input_paths={f"p{number}": "$.a" for number in range(paths)}, input_template=text)
    return rule(sent(input_transformer=made))


@pytest.mark.parametrize(
    ("make", "fits", "over", "said"),
    [
        (lambda size: rule(sent(input="x" * size)), 8192, 8193, "input of target `t` of rule `R` has 8,193 characters, over 8,192"),
        (lambda size: transformed(text="x" * size), 8192, 8193, "has 8,193 characters, over 8,192"),
        (lambda size: transformed(size), 100, 101, "is made of 101 paths, over 100"),
    ],
    ids=["constant", "template", "paths"],
)
def test_sizes_of_inputs(make: Callable[[int], Rule], fits: int, over: int, said: str) -> None:
    assert check(template(make(fits), *letters())) == ()
    [found] = check(template(make(over), *letters()), span=SPAN)
    assert (found.code, found.span) == ("SFN610", SPAN)
    assert said in found.message


@pytest.mark.parametrize(("length", "over"), [(64, 0), (65, 1), (80, 16)])
def test_a_name_says_by_how_much_it_is_too_long(length: int, over: int) -> None:
    found = check(template(Role(id="A", role_name="x" * length, trust={})))
    assert [one.message for one in found] == ([f"name of `A` has {length} characters, over 64: `{'x' * length}`"] if over else [])
    assert all(one.help.endswith(f"by {over}") for one in found)
