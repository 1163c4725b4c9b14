"""One template per Region with every type of resource and every property, as a pipeline might have them."""

from __future__ import annotations

from sfn_dsl.region import Target
from sfn_dsl.resources.model import (
    Alarm,
    Archive,
    Arn,
    Bucket,
    CompositeAlarm,
    Dashboard,
    Deployment,
    Endpoint,
    EventBus,
    EventBusPolicy,
    EventInvokeConfig,
    EventSourceMapping,
    Function,
    InputTransformer,
    Joined,
    Key,
    LogGroup,
    MachineEncryption,
    MachineLogging,
    ManagedPolicy,
    Name,
    Permission,
    Policy,
    Queue,
    QueuePolicy,
    Redrive,
    Resource,
    RetryPolicy,
    Role,
    Rule,
    RuleTarget,
    Schedule,
    ScheduleGroup,
    SecondaryIndex,
    StateMachine,
    StateMachineAlias,
    StateMachineVersion,
    Subscription,
    Table,
    Text,
    Topic,
    TopicPolicy,
    Url,
    Value,
)
from sfn_dsl.resources.template import Template

EAST, WEST = (Target(region=region, account="123456789012") for region in ("us-east-1", "us-west-1"))
SOURCE = '''import json


def handler(event, context):
    """Says `${nothing}` of %{note}."""
    return json.dumps(event, sort_keys=True)
'''
DEFINITION = {
    "Comment": "costs $${Price} $${Region} $$${Starter}, 100 %{sure}",
    "QueryLanguage": "JSONata",
    "StartAt": "Ask",
    "States": {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": "${Starter}", "Payload": "{% $states.input %}"},
            "TimeoutSeconds": 60,
            "Retry": [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "BackoffRate": 2.0}],
            "End": True,
        }
    },
}


def statement(effect: str, action: str, resource: Value, **more: Value) -> dict[str, Value]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements: Value) -> dict[str, Value]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(service: str, account: str) -> dict[str, Value]:
    condition = {"StringEquals": {"aws:SourceAccount": account}}
    return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}, "Condition": condition})


def delivery(target: Target) -> tuple[Resource, ...]:
    """What moto can make: bus, rules, queues, schedules, roles, a function and a table."""
    account, region = target.account, target.region
    peer = (WEST if target is EAST else EAST).arn("events", "event-bus/etl")
    pattern: dict[str, Value] = {"source": ["com.acme.etl"], "detail-type": ["BatchReady"], "detail": {"status": ["SUCCEEDED"]}}
    started = RetryPolicy(maximum_retry_attempts=10, maximum_event_age_in_seconds=840)
    return (
        EventBus(id="Bus", name="etl", description="all batches"),
        Queue(id="Dlq", queue_name="etl-dlq"),
        Queue(
            id="Work",
            queue_name="etl-work",
            visibility_timeout_seconds=90,
            redrive=Redrive(dead_letter_arn=Arn("Dlq"), max_receive_count=5),
        ),
        QueuePolicy(
            id="DlqPolicy",
            queues=(Url("Dlq"), Url("Work")),
            document=document(
                statement(
                    "Allow",
                    "sqs:SendMessage",
                    Arn("Dlq"),
                    Principal={"Service": "events.amazonaws.com"},
                    Condition={"ArnEquals": {"aws:SourceArn": [Arn("Start"), Arn("Forward")]}},
                )
            ),
        ),
        Role(
            id="StartRole",
            role_name=f"etl-start-{region}",
            trust=trust("events.amazonaws.com", account),
            policies=(
                Policy(name="start", document=document(statement("Allow", "sqs:SendMessage", Joined(Arn("Work"), "*")))),
                Policy(name="forward", document=document(statement("Allow", "events:PutEvents", peer))),
            ),
            path="/etl/",
            description="of the rules",
        ),
        ManagedPolicy(
            id="StartMore",
            policy_name=f"etl-start-{region}-1",
            document=document(statement("Allow", "sqs:GetQueueAttributes", Joined(Arn("Dlq"), "*"))),
            roles=(Name("StartRole"),),
            path="/etl/",
            description="more of the rules",
        ),
        Rule(
            id="Start",
            name="etl-start",
            event_bus_name="etl",
            description="a batch is ready",
            event_pattern=pattern,
            targets=(
                RuleTarget(
                    id="start-1",
                    arn=Arn("Starter"),
                    retry=RetryPolicy(),
                    dead_letter_arn=Arn("Dlq"),
                    input_path="$.detail",
                ),
                RuleTarget(
                    id="count",
                    arn=Arn("Work"),
                    input_transformer=InputTransformer(input_paths={"id": "$.detail.batch_id"}, input_template='{"id": "<id>"}'),
                ),
                RuleTarget(id="constant", arn=Arn("Work"), input='{"a": 1}'),
            ),
        ),
        Rule(
            id="Forward",
            name="etl-forward",
            event_bus_name="etl",
            state="DISABLED",
            event_pattern={**pattern, "region": [region]},
            targets=(RuleTarget(id="peer", arn=peer, role_arn=Arn("StartRole"), retry=started, dead_letter_arn=Arn("Dlq")),),
        ),
        ScheduleGroup(id="Group", name="etl"),
        Schedule(
            id="Sweep",
            name="etl-sweep",
            group_name="etl",
            description="what is ready",
            schedule_expression="rate(5 minutes)",
            target_arn=Arn("Starter"),
            role_arn=Arn("StartRole"),
            input='{"at": "<aws.scheduler.scheduled-time>"}',
            retry=started,
            dead_letter_arn=Arn("Dlq"),
            depends_on=("Dlq", "Logs"),
        ),
        Schedule(
            id="Nightly",
            name="etl-nightly",
            group_name="etl",
            schedule_expression="cron(30 4 * * ? *)",
            schedule_expression_timezone="America/New_York",
            state="DISABLED",
            target_arn=Arn("Work"),
            role_arn=Arn("StartRole"),
            flexible_time_window=15,
        ),
        Function(
            id="Starter",
            function_name="etl-starter",
            role_arn=Arn("StartRole"),
            source=SOURCE,
            reserved_concurrent_executions=2,
            environment={"QUEUE": Url("Work"), "LITERAL": "${x}", "EMPTY": ""},
            description="starts",
        ),
        LogGroup(id="Logs", name="/aws/vendedlogs/states/etl", retention_in_days=30),
        Table(
            id="Control",
            table_name="etl-control",
            indexes=(SecondaryIndex(name="GSI1", partition_key=Key(name="status"), sort_key=Key(name="updated_at", type="N")),),
            time_to_live_attribute="ttl",
        ),
    )


def everything(target: Target) -> Template:
    """A template of this Region with all types; the global table stands where it is owned, in us-east-1."""
    account = target.account
    others: list[Resource] = []
    if target is EAST:
        others = [
            Table(id="Shared", table_name="etl-shared", replicas=("us-east-1", "us-west-1"), time_to_live_attribute="ttl"),
            Table(
                id="Arbiter",
                table_name="etl-arbiter",
                replicas=("us-east-1", "us-west-2"),
                witness_region="us-east-2",
                multi_region_consistency="STRONG",
                indexes=(SecondaryIndex(name="GSI1", partition_key=Key(name="status")),),
            ),
        ]
    machine: dict[str, Text] = {"StateMachineArn": Arn("Machine")}
    return Template(
        name="etl",
        target=target,
        description="everything",
        outputs={
            "MachineArn": Arn("Machine"),
            "Live": Arn("Live"),
            "Queue": Url("Work"),
            "Policy": Joined(Name("StartMore"), " ", Arn("StartMore")),
        },
        resources=(
            *delivery(target),
            *others,
            EventBusPolicy(
                id="BusPolicy",
                event_bus_name="etl",
                statement_id="peer",
                statement=statement("Allow", "events:PutEvents", Arn("Bus"), Principal={"AWS": account}),
            ),
            EventBusPolicy(
                id="BusPolicyMore",
                event_bus_name="etl",
                statement_id="more",
                statement=statement(
                    "Deny", "events:PutEvents", Arn("Bus"), Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}
                ),
            ),
            Archive(
                id="Kept",
                archive_name="etl",
                source_arn=Arn("Bus"),
                retention_days=7,
                event_pattern={"source": ["com.acme.etl"]},
                description="a week",
            ),
            Endpoint(
                id="Everywhere",
                name="etl",
                event_bus_arns=(Arn("Bus"), (WEST if target is EAST else EAST).arn("events", "event-bus/etl")),
                health_check_arn="arn:aws:route53:::healthcheck/0f1e2d3c-1111-2222-3333-444455556666",
                secondary_region=(WEST if target is EAST else EAST).region,
                role_arn=Arn("StartRole"),
                description="both",
            ),
            Topic(id="Alerts", topic_name="etl-alerts", kms_master_key_id="alias/aws/sns"),
            TopicPolicy(
                id="AlertsPolicy",
                topics=(Arn("Alerts"),),
                document=document(
                    statement("Allow", "sns:Publish", Arn("Alerts"), Principal={"Service": "cloudwatch.amazonaws.com"})
                ),
            ),
            Subscription(
                id="AlertsToWork",
                topic_arn=Arn("Alerts"),
                endpoint=Arn("Work"),
                filter_policy={"pipeline": ["etl"]},
                filter_policy_scope="MessageBody",
            ),
            Permission(
                id="MayStart",
                function_name=Name("Starter"),
                principal="events.amazonaws.com",
                source_arn=Arn("Start"),
                source_account=account,
            ),
            EventInvokeConfig(
                id="StarterCalls",
                function_name=Name("Starter"),
                maximum_retry_attempts=1,
                maximum_event_age_in_seconds=600,
                on_failure_arn=Arn("Dlq"),
            ),
            EventSourceMapping(id="WorkToStarter", function_name=Arn("Starter"), event_source_arn=Arn("Work"), batch_size=1),
            Bucket(id="Lake", bucket_name=f"acme-etl-{target.region}", versioning=True),
            Role(
                id="MachineRole",
                role_name=f"etl-machine-{target.region}",
                trust=trust("states.amazonaws.com", account),
                policies=(Policy(name="ask", document=document(statement("Allow", "lambda:InvokeFunction", Arn("Starter")))),),
            ),
            StateMachine(
                id="Machine",
                name="etl",
                definition=DEFINITION,
                substitutions={"Starter": Joined(Arn("Starter"), ":$LATEST"), "Region": target.region},
                role_arn=Arn("MachineRole"),
                logging=MachineLogging(destination_arn=Arn("Logs"), include_execution_data=True),
                tracing_enabled=True,
                encryption=MachineEncryption(kms_key_id="alias/etl"),
                tags={"system": "etl"},
                depends_on=("StartMore",),
            ),
            StateMachineVersion(id="Version", state_machine_name="etl", description="git:0"),
            StateMachineAlias(
                id="Live",
                name="live",
                state_machine_name="etl",
                version_arn=Arn("Version"),
                description="what triggers start",
                deployment=Deployment(type="LINEAR", interval=5, percentage=20, alarms=(Name("Failed"),)),
            ),
            Alarm(
                id="Failed",
                name="etl-failed",
                namespace="AWS/States",
                metric_name="ExecutionsFailed",
                dimensions=machine,
                statistic="Sum",
                evaluation_periods=3,
                datapoints_to_alarm=2,
                alarm_actions=(Arn("Alerts"),),
                ok_actions=(Arn("Alerts"),),
                description="a run failed",
            ),
            Alarm(
                id="Slow",
                name="etl-slow",
                namespace="AWS/States",
                metric_name="ExecutionTime",
                dimensions=machine,
                extended_statistic="p95",
                period=3600,
                threshold=1000,
                comparison_operator="GreaterThanThreshold",
            ),
            CompositeAlarm(
                id="Wrong",
                name="etl-wrong",
                rule=Joined('ALARM("', Name("Failed"), '") OR ALARM("', Name("Slow"), '")'),
                alarm_actions=(Arn("Alerts"),),
                ok_actions=(Arn("Alerts"),),
                description="anything",
            ),
            Dashboard(
                id="Board",
                name=f"etl-{target.region}",
                body={
                    "widgets": [
                        {
                            "type": "metric",
                            "x": 0,
                            "y": 0,
                            "width": 12,
                            "height": 6,
                            "properties": {
                                "metrics": [["AWS/States", "ExecutionsFailed", "StateMachineArn", Arn("Machine")]],
                                "region": target.region,
                            },
                        }
                    ]
                },
            ),
        ),
    )
