"""What is found before anything is deployed."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from resources import EAST, WEST, document, everything

from sfn_dsl.diagnostic import Severity
from sfn_dsl.resources.check import check, check_together
from sfn_dsl.resources.cloudformation import to_text
from sfn_dsl.resources.model import (
    Alarm,
    Archive,
    Arn,
    EventBus,
    Function,
    Joined,
    LogGroup,
    ManagedPolicy,
    Name,
    Policy,
    Queue,
    Resource,
    Role,
    Rule,
    RuleTarget,
    Schedule,
    StateMachineAlias,
    Table,
    Topic,
)
from sfn_dsl.resources.template import Template
from sfn_dsl.span import Span


def template(*resources: Resource, **more: Any) -> Template:
    return Template(**{"name": "t", "target": EAST, "resources": resources, **more})


def rule(targets: int = 1, pattern: int = 0, **more: Any) -> Rule:
    made = tuple(RuleTarget(id=f"t{number}", arn="arn:aws:sqs:us-east-1:1:q") for number in range(targets))
    # {"source":["..."]} takes 15 characters beside the text.
    return Rule(**{"id": "R", "name": "r", "event_pattern": {"source": ["x" * max(0, pattern - 15)]}, "targets": made, **more})


def role(size: int, *, parts: int = 1) -> Role:
    """Inline policies that have this many characters without white space, half of it in spaces."""
    bare = len('{"Version":"2012-10-17","Statement":["x"]}') - 1
    sizes = [size // parts - bare] * (parts - 1)
    sizes.append(size - parts * bare - sum(sizes))
    policies = tuple(Policy(name=f"p{n}", document=document("x " * length)) for n, length in enumerate(sizes))
    return Role(id="R", role_name="r", trust={}, policies=policies)


def managed(number: int = 1, size: int = 200, **more: Any) -> ManagedPolicy:
    """A managed policy of the role `r` whose document has this many characters without white space, half of it in spaces."""
    bare = len('{"Version":"2012-10-17","Statement":["x"]}') - 1
    made = {"policy_name": f"p{number}", "document": document("x " * (size - bare)), "roles": (Name("R"),), **more}
    return ManagedPolicy(id=f"P{number}", **made)


def alarm(period: int, times: int, **more: Any) -> Alarm:
    return Alarm(
        **{
            "id": "A",
            "name": "a",
            "namespace": "N",
            "metric_name": "M",
            "statistic": "Sum",
            "period": period,
            "evaluation_periods": times,
            **more,
        }
    )


def table(*replicas: str, **more: Any) -> Table:
    return Table(**{"id": "T", "table_name": "t", "replicas": replicas, **more})


def strong(*replicas: str, **more: Any) -> Table:
    return table(*replicas, multi_region_consistency="STRONG", **more)


def function(**more: Any) -> Function:
    return Function(**{"id": "F", "function_name": "f", "role_arn": "r", "source": "x", **more})


FINE = [
    template(rule(targets=5, pattern=2048)),
    template(role(10_240)),
    template(role(10_240, parts=4)),
    template(role(100), managed(size=6144, policy_name="x" * 128)),
    template(role(100), *(managed(number) for number in range(10)), managed(10, roles=("r2",))),
    template(alarm(300, 288)),
    template(alarm(3600, 168)),
    template(strong("us-east-1", "us-east-2", "us-west-2")),
    template(strong("us-east-1", "us-west-2", witness_region="us-east-2")),
    template(strong("eu-west-1", "eu-west-3", witness_region="eu-central-1"), target=dataclasses.replace(EAST, region="eu-west-1")),
    template(*(Topic(id=f"T{n}", topic_name=f"t{n}") for n in range(500))),
    template(rule(), rule(id="R2", event_bus_name="other")),
    template(Role(id="R", role_name="x" * 64, trust={})),
    template(Queue(id="Q", queue_name="x" * 80)),
]


@pytest.mark.parametrize("right", [everything(EAST), everything(WEST), *FINE], ids=lambda each: each.name)
def test_nothing_is_found(right: Template) -> None:
    assert [found for found in check(right) if found.severity is Severity.ERROR] == []


BUS = EventBus(id="B", name="b")
WRONG = [
    ("SFN610", "501 resources, over 500", template(*(Topic(id=f"T{n}", topic_name=f"t{n}") for n in range(501)))),
    ("SFN610", "10,241 characters, over 10,240", template(role(10_241))),
    ("SFN610", "10,241 characters, over 10,240", template(role(10_241, parts=4))),
    ("SFN610", "6,145 characters, over 6,144", template(role(100), managed(size=6145))),
    (
        "SFN610",
        "role `r` has 11 managed policies, over 10",
        template(role(100), *(managed(number) for number in range(10)), managed(10, roles=("r", "r2"))),
    ),
    ("SFN611", "129 characters, over 128", template(role(100), managed(policy_name="x" * 129))),
    (
        "SFN612",
        "2 resources of type ManagedPolicy have the name `p`",
        template(role(100), managed(1, policy_name="p"), managed(2, policy_name="p")),
    ),
    ("SFN610", "6 targets, over 5", template(rule(targets=6))),
    ("SFN610", "2,049 characters, over 2,048", template(rule(pattern=2049))),
    ("SFN611", "`R` has 65 characters, over 64", template(Role(id="R", role_name="x" * 65, trust={}))),
    ("SFN611", "81 characters, over 80", template(Queue(id="Q", queue_name="x" * 81))),
    ("SFN611", "65 characters, over 64", template(rule(name="x" * 65))),
    (
        "SFN611",
        "65 characters, over 64",
        template(Schedule(id="S", name="x" * 65, schedule_expression="rate(1 day)", target_arn="a", role_arn="r")),
    ),
    ("SFN611", "65 characters, over 64", template(function(function_name="x" * 65))),
    ("SFN611", "513 characters, over 512", template(LogGroup(id="L", name="x" * 513))),
    ("SFN611", "256 characters, over 255", template(alarm(60, 1, name="x" * 256))),
    ("SFN611", "257 characters, over 256", template(EventBus(id="B", name="x" * 257))),
    ("SFN611", "49 characters, over 48", template(Archive(id="A", archive_name="x" * 49, source_arn="a"))),
    ("SFN612", "300 x 289 = 86700 seconds, over 86400", template(alarm(300, 289))),
    ("SFN612", "3600 x 169 = 608400 seconds, over 604800", template(alarm(3600, 169))),
    ("SFN612", "needs one of statistic", template(alarm(60, 1, statistic=None))),
    ("SFN612", "needs one of statistic", template(alarm(60, 1, extended_statistic="p95"))),
    ("SFN612", "2 resources have the logical id `B`", template(BUS, EventBus(id="B", name="c"))),
    ("SFN612", "2 resources of type EventBus have the name `b`", template(BUS, EventBus(id="C", name="b"))),
    ("SFN612", "`a-b` is no logical id", template(EventBus(id="a-b", name="b"))),
    ("SFN612", "`a-b` is no name of an output", template(BUS, outputs={"a-b": "x"})),
    (
        "SFN612",
        "`A`: template `t` has no resource `Nobody`",
        template(Archive(id="A", archive_name="a", source_arn=Joined("x", Arn("Nobody")))),
    ),
    ("SFN612", "`B`: template `t` has no resource `Nobody`", template(dataclasses.replace(BUS, depends_on=("Nobody",)))),
    ("SFN612", "outputs: template `t` has no resource `Nobody`", template(BUS, outputs={"X": Arn("Nobody")})),
    (
        "SFN612",
        "`L`: template `t` has no state machine `m`",
        template(StateMachineAlias(id="L", name="l", state_machine_name="m", version_arn="v")),
    ),
    (
        "SFN612",
        "in a circle: `A` -> `B` -> `A`",
        template(EventBus(id="A", name="a", depends_on=("B",)), EventBus(id="B", name="b", depends_on=("A",))),
    ),
    ("SFN612", "handler of `F` is `main.handler`", template(function(handler="main.handler"))),
    (
        "SFN612",
        "2 targets of `R` have the id `a`",
        template(dataclasses.replace(rule(), targets=(RuleTarget(id="a", arn="x"), RuleTarget(id="a", arn="y")))),
    ),
    ("SFN612", "owned by us-west-1 and stands in the template of us-east-1", template(table("us-west-1", "us-east-1"))),
    ("SFN612", "names a Region twice", template(table("us-east-1", "us-east-1"))),
    ("SFN612", "a witness without strong consistency", template(table("us-east-1", "us-west-2", witness_region="us-east-2"))),
    (
        "SFN612",
        "cannot be strongly consistent in us-east-1, us-west-1, us-west-2",
        template(strong("us-east-1", "us-west-1", "us-west-2")),
    ),
    ("SFN612", "cannot be strongly consistent in us-east-1, us-east-2", template(strong("us-east-1", "us-east-2"))),
    (
        "SFN612",
        "cannot be strongly consistent in eu-west-1, us-east-1, us-east-2",
        template(strong("us-east-1", "us-east-2", witness_region="eu-west-1")),
    ),
    ("SFN612", "has a time to live", template(strong("us-east-1", "us-east-2", "us-west-2", time_to_live_attribute="ttl"))),
]


@pytest.mark.parametrize(("code", "said", "wrong"), WRONG, ids=[said for _, said, _ in WRONG])
def test_findings(code: str, said: str, wrong: Template) -> None:
    span = Span("pipelines/x.py", 3)
    found = [finding for finding in check(wrong, span=span) if said in finding.message]
    assert [(finding.code, finding.severity, finding.span) for finding in found] == [(code, Severity.ERROR, span)]
    assert found[0].help


def sized(size: int) -> Template:
    """A template whose text has exactly this many bytes."""
    empty = template(function(source="\u00e9"))
    return template(function(source="\u00e9" + "x" * (size - len(to_text(empty).encode()))))


@pytest.mark.parametrize(
    ("size", "expected"),
    [(51_200, None), (51_201, Severity.WARNING), (1_000_000, Severity.WARNING), (1_000_001, Severity.ERROR)],
)
def test_size_of_a_template(size: int, expected: Severity | None) -> None:
    found = check(sized(size))
    assert [(each.code, each.severity) for each in found] == ([] if expected is None else [("SFN610", expected)])
    assert all(f"{size:,} bytes" in each.message for each in found)
    assert ("--s3-bucket" in "".join(each.help for each in found)) == (expected is Severity.WARNING)


def test_a_source_larger_than_lambda_takes() -> None:
    said = [found.message for found in check(sized(4_300_000))]
    assert any(message.startswith("source of function `F` has 4,") for message in said)


def test_global_names_belong_to_one_template() -> None:
    assert check_together([everything(EAST), everything(WEST)]) == ()
    same = Role(id="R", role_name="r", trust={})
    west = template(same, Queue(id="Q", queue_name="q"), target=WEST, name="u")
    (found,) = check_together([template(same, Queue(id="Q", queue_name="q")), west])
    assert found.code == "SFN612"
    assert found.message == "Role `r` is in `t` of us-east-1 and `u` of us-west-1"
    (found,) = check_together([template(managed(roles=("r",))), template(managed(roles=("r",)), target=WEST)])
    assert found.message.startswith("ManagedPolicy `p1` is in")
    other = dataclasses.replace(west, target=dataclasses.replace(WEST, account="999999999999"))
    assert check_together([template(same), other]) == ()
    (found,) = check_together([template(table("us-east-1", "us-west-1")), template(table("us-east-1", "us-west-1"), target=WEST)])
    assert "Table `t`" in found.message
