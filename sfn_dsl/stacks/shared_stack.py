"""The template that all pipelines of a Region share: bus and archive, control table or the bridge to it, topic, forwarding."""

from __future__ import annotations

from collections.abc import Sequence

from sfn_dsl.compile.machine import Compiled
from sfn_dsl.control.contract import DETAIL_TYPE, BatchReady
from sfn_dsl.control.rows import BY_EXECUTION, BY_QUEUE
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.roles import trust_events
from sfn_dsl.resources.iam.statement import Statement
from sfn_dsl.resources.model import (
    Alarm,
    Archive,
    Arn,
    Endpoint,
    EventBus,
    EventInvokeConfig,
    Key,
    Name,
    Permission,
    Queue,
    Resource,
    Role,
    Rule,
    RuleTarget,
    SecondaryIndex,
    Table,
    Topic,
    Value,
)
from sfn_dsl.resources.model import RetryPolicy as Delivery
from sfn_dsl.resources.template import Template
from sfn_dsl.stacks.machine import machine_resources
from sfn_dsl.stacks.monitoring import of_machine, of_replication, of_resources
from sfn_dsl.stacks.substitution import substituted
from sfn_dsl.texts import source_template
from sfn_dsl.triggers.function import function_id, function_resources
from sfn_dsl.triggers.parts import inline_policy, machine_arn
from sfn_dsl.triggers.queue_policies import from_rules, queue_policy

__all__ = ["bridge_source", "shared_stack", "shared_stack_name"]

_OPERATIONS = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")


def shared_stack_name(target: Target) -> str:
    """The name of the stack that all pipelines of a target's Region share."""
    return f"{target.deployed.bus}-shared"


def shared_stack(target: Target, contracts: Sequence[BatchReady], machines: Sequence[Compiled], owner: str) -> Template:
    """What the pipelines of a target's Region share. `contracts`: what is announced on the bus. `machines`: compiled ones."""
    deployed = target.deployed
    found: list[Resource] = [
        EventBus(id="Bus", name=deployed.bus),
        Archive(id="Archive", archive_name=f"{deployed.bus}-archive", source_arn=Arn("Bus"), retention_days=14),
        Topic(id="Alerts", topic_name=deployed.alert_topic),
    ]
    for compiled in machines:
        found += machine_resources(compiled, owner, prefix="closer")
    found += _table(target)
    found += _bridge(target)
    peer = deployed.peer(target.region)
    if peer is not None and contracts and deployed.forward != "never":
        found += _forward(target, peer, contracts)
    if deployed.endpoint and peer is not None and target.is_active:
        found += _endpoint(target, peer)
    everything = tuple(found)
    for compiled in machines:
        found += of_machine(compiled.pipeline, compiled.pipeline, target)
    found += of_resources(everything, target)
    found += of_replication(target)
    found.append(_bus_alarm(target))
    return Template(
        name=shared_stack_name(target),
        target=target,
        resources=tuple(substituted(found, target)),
        description=f"What all pipelines in {target.region} share.",
    )


def _table(target: Target) -> list[Resource]:
    """The control table, in the template of the one Region that owns it; each Region's own without a global one."""
    deployed = target.deployed
    replicas = deployed.replicas
    alone = len(replicas) == 1
    if target.region != replicas[0]:
        return []
    arbiter = deployed.arbiter if deployed.gate == "arbiter" else None
    indexes = (
        SecondaryIndex(name=BY_EXECUTION, partition_key=Key(name="exec_arn")),
        SecondaryIndex(name=BY_QUEUE, partition_key=Key(name="queue"), sort_key=Key(name="updated_at", type="N")),
    )
    return [
        Table(
            id="ControlTable",
            table_name=deployed.table,
            indexes=indexes,
            replicas=() if alone else replicas,
            multi_region_consistency="STRONG" if arbiter else "EVENTUAL",
            witness_region=arbiter.witness if arbiter else None,
        )
    ]


def _bridge(target: Target) -> list[Resource]:
    """The function that reaches the table from a Region without a replica."""
    deployed = target.deployed
    reach = deployed.reached_from(target.region)
    if reach.direct:
        return []
    tables = [f"arn:{target.partition}:dynamodb:{region}:{target.account}:table/{deployed.table}" for region in reach.regions]
    rights = Statement(
        sid="ControlTable",
        actions=tuple(f"dynamodb:{name}" for name in _OPERATIONS),
        resources=(*tables, *(f"{table}/index/*" for table in tables)),
    )
    about = f"Reaches {deployed.table} from {target.region}."
    made = function_resources(
        target,
        name=deployed.bridge,
        label="bridge",
        source=bridge_source(target),
        description=about,
        rights=(rights,),
        environment={},
        seconds=30,
    )
    return list(made)


def bridge_source(target: Target) -> str:
    """The source of the function that reaches the control table from a target's Region."""
    deployed = target.deployed
    regions = list(deployed.reached_from(target.region).regions)
    return source_template("control_bridge.py.j2", table=deployed.table, regions=regions)


def _forward(target: Target, peer: str, contracts: Sequence[BatchReady]) -> list[Resource]:
    """Events of this Region go to the peer's bus. The pattern asks for this Region, so that no event comes back."""
    deployed = target.deployed
    pattern: dict[str, Value] = {
        "source": sorted({contract.source(target) for contract in contracts}),
        "detail-type": [DETAIL_TYPE],
        "region": [target.region],
        # What a function puts on the peer's bus is of the peer's `region`; only the detail still says where it began.
        "detail": {"produced_region": [target.region]},
    }
    peer_bus = f"arn:{target.partition}:events:{peer}:{target.account}:event-bus/{deployed.bus}"
    letters = Queue(id="ForwardDeadLetters", queue_name=f"{deployed.bus}-forward-dead-letters")
    found: list[Resource] = [letters]
    if deployed.forward == "always":
        role = Role(
            id="ForwardRole",
            role_name=f"{deployed.bus}-forward-{target.region}",
            trust=trust_events(target, deployed.bus, source_arn=deployed.rule_source_arn),
            policies=(inline_policy("forward", Statement(sid="Peer", actions=("events:PutEvents",), resources=(peer_bus,))),),
            description=f"Events go on to the bus {deployed.bus} in {peer}.",
        )
        to = RuleTarget(id="peer", arn=peer_bus, role_arn=Arn(role.id), retry=Delivery(), dead_letter_arn=Arn(letters.id))
        found.append(role)
    else:
        probed = machine_arn(target, deployed.closer)
        rights = (
            Statement(sid="Peer", actions=("events:PutEvents",), resources=(peer_bus,)),
            Statement(sid="Probe", actions=("states:DescribeStateMachine",), resources=(probed,)),
            Statement(sid="Failures", actions=("sqs:SendMessage",), resources=(letters.arn(target),)),
        )
        name = f"{deployed.bus}-forward-on-failure"
        environment = {"PEER_BUS_ARN": peer_bus, "PROBED_MACHINE_ARN": probed}
        source = source_template("forward_on_failure.py.j2", peer=peer)
        about = f"Sends events on to {peer} when needed."
        found += function_resources(
            target,
            name=name,
            label="forwarder",
            source=source,
            description=about,
            rights=rights,
            environment=environment,
            seconds=30,
        )
        # Without it an event is gone that the function could not forward in three attempts.
        found.append(
            EventInvokeConfig(id="ForwarderInvoking", function_name=Name(function_id("forwarder")), on_failure_arn=Arn(letters.id))
        )
        to = RuleTarget(id="forwarder", arn=Arn(function_id("forwarder")), retry=Delivery(), dead_letter_arn=Arn(letters.id))
        found.append(
            Permission(
                id="ForwarderPermission",
                function_name=Name(function_id("forwarder")),
                principal="events.amazonaws.com",
                source_arn=Arn("Forward"),
                source_account=target.account,
            )
        )
    rule = Rule(
        id="Forward",
        name=f"{deployed.bus}-forward",
        event_bus_name=deployed.bus,
        event_pattern=pattern,
        targets=(to,),
        description=f"Events of {target.region} go on to {peer}.",
    )
    policy = queue_policy("ForwardDeadLettersPolicy", letters, from_rules(letters, [rule]))
    return [*found, rule, policy]


def _endpoint(target: Target, peer: str) -> list[Resource]:
    """The global endpoint, in the active Region's template. Without replication: the forward rule copies events already."""
    deployed = target.deployed
    peer_bus = f"arn:{target.partition}:events:{peer}:{target.account}:event-bus/{deployed.bus}"
    return [
        Endpoint(
            id="Endpoint",
            name=f"{deployed.bus}-endpoint",
            event_bus_arns=(Arn("Bus"), peer_bus),
            health_check_arn=deployed.endpoint,
            secondary_region=peer,
            replication=False,
        )
    ]


def _bus_alarm(target: Target) -> Alarm:
    return Alarm(
        id="PutEventsFailedAlarm",
        name=f"{target.deployed.bus}-PutEventsFailedEntriesCount",
        namespace="AWS/Events",
        metric_name="PutEventsFailedEntriesCount",
        statistic="Sum",
        alarm_actions=(Arn("Alerts"),),
    )
