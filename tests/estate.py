"""Pipelines as they are deployed: machines, rules, schedules, functions, queues and tables of their templates, in a simulated world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sfn_dsl.compile.machine import Compiled, compile_pipeline
from sfn_dsl.control.rows import ACTIVE_KEY, BY_EXECUTION, BY_QUEUE
from sfn_dsl.deployment import Arbiter, Deployment
from sfn_dsl.diagnostic import Severity
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.evaluation import covers
from sfn_dsl.resources.model import EventBus, Function, Queue, Role, Rule, RuleTarget, Schedule, ScheduleGroup, Table, Topic
from sfn_dsl.resources.template import Template, resolve
from sfn_dsl.simulate.clients import WorldClients
from sfn_dsl.simulate.handlers import load_handler
from sfn_dsl.simulate.mocks.answers import Answers, parse_answer
from sfn_dsl.simulate.program.machine import compile_program
from sfn_dsl.simulate.running.thread import Run
from sfn_dsl.simulate.services.event_input import Target as Sent
from sfn_dsl.simulate.world import World
from sfn_dsl.stacks.pipeline_stack import pipeline_stack
from sfn_dsl.stacks.shared_stack import shared_stack
from sfn_dsl.triggers.wiring import closer, wire

__all__ = ["ARBITER", "EAST", "MANUAL", "WEST", "Estate", "Worker"]

EAST, WEST = "us-east-1", "us-west-1"
ACCOUNT = "111122223333"
MANUAL = Deployment(active=EAST, passive=WEST, gate="mrec-manual")
ARBITER = Deployment(active=EAST, passive=WEST, gate="arbiter", arbiter=Arbiter(replicas=(EAST, "us-west-2"), witness="us-east-2"))
INDEXES = {BY_EXECUTION: ("exec_arn", None), BY_QUEUE: ("queue", "updated_at")}
Value = Mapping[str, Any]


class Worker:
    """A function of the pipelines' own. It notes what it was given and when, takes `seconds`, and answers; `errors` come first."""

    def __init__(self, answer: Any = None, *, seconds: float = 60.0, errors: Iterable[str] = ()) -> None:
        self.answer = {} if answer is None else answer
        self.seconds = seconds
        self.errors = list(errors)
        self.calls: list[tuple[str, Any]] = []

    def __call__(self, call: Any, rng: object) -> Any:
        self.calls.append((call.region, call.arguments["Payload"]))
        value = self.answer(call.arguments["Payload"]) if callable(self.answer) else self.answer
        made: dict[str, Any] = {"Return": value, "Duration": self.seconds}
        if self.errors:
            made = {"Throw": {"Error": self.errors.pop(0), "Cause": "x"}, "Duration": self.seconds}
        return parse_answer(made)(call, rng)  # type: ignore[arg-type]


class Estate:
    """A world in which pipelines are deployed. `workers`: functions by name. `permits`: rules act by the rights of their roles."""

    def __init__(
        self,
        pipelines: Iterable[Pipeline],
        workers: Mapping[str, Callable[..., Any]],
        *,
        deployment: Deployment | None = None,
        language: str = "JSONata",
        schedules: bool = True,
        **world: Any,
    ) -> None:
        self.deployment = deployment or Deployment(active=EAST)
        regions = self.deployment.regions
        self.roles: dict[str, list[dict[str, Any]]] = {}
        self.world = World(
            regions=regions,
            answers=Answers(functions=dict(workers)),
            strict=False,
            status_events=True,
            event_latency=1.0,
            permits=self._permits,
            **world,
        )
        self.compiled: dict[tuple[str, str], Compiled] = {}
        self.templates: list[Template] = []
        self.topics: list[tuple[str, str]] = []
        wiring = wire(pipelines)
        assert [found.message for found in wiring.problems if found.severity is Severity.ERROR] == []
        self._tables()
        for region in regions:
            target = Target(region=region, account=ACCOUNT, deployment=self.deployment)
            end = self._compile(closer(target, wiring), target, language)
            self.templates.append(shared_stack(target, wiring.contracts, [end], "publish"))
            for wired in wiring.pipelines.values():
                made = [self._compile(pipeline, target, language) for pipeline in wired.all_machines]
                self.templates.append(pipeline_stack(wired, made, target, "publish"))
        for template in self.templates:
            self._deploy(template, schedules)

    # Building

    def _compile(self, pipeline: Pipeline, target: Target, language: str) -> Compiled:
        compiled = compile_pipeline(pipeline, target, query_language=language)
        assert not [found.message for found in compiled.diagnostics if found.severity is Severity.ERROR], compiled.diagnostics
        self.compiled[target.region, pipeline.name] = compiled
        program = compile_program(compiled.machine)
        deployed = self.world.deploy(program, name=pipeline.name, region=target.region, type=pipeline.type)
        self.world.alias("live", deployed)
        return compiled

    def _tables(self) -> None:
        deployed, keys = self.deployment, ["pk", "sk"]
        options: dict[str, Any] = {"indexes": INDEXES, "key_types": {"updated_at": "N"}}
        if len(deployed.replicas) == 1:
            self.world.place(deployed.active).dynamodb.create_table(deployed.table, *keys, **options)
        elif deployed.gate == "arbiter" and deployed.arbiter is not None:
            witness = deployed.arbiter.witness
            self.world.global_table(deployed.table, keys, deployed.replicas, consistency="STRONG", witness=witness, **options)
        else:
            self.world.global_table(deployed.table, keys, deployed.replicas, **options)

    def _deploy(self, template: Template, schedules: bool) -> None:
        place, found = self.world.place(template.target.region), template.resources
        for resource in found:
            match resource:
                case EventBus():
                    place.events.create_bus(resource.name)
                case Queue():
                    place.sqs.create_queue(resource.name)
                case Topic():
                    place.sns.create_topic(resource.name)
                case Role():
                    documents: Any = [resolve(policy.document, template) for policy in resource.policies]
                    self.roles[resource.arn(template.target)] = [one for made in documents for one in made["Statement"]]
                case Table():
                    assert resource.name in self.world.place(template.target.region).dynamodb.tables
                case Function():
                    variables = {name: resolve(value, template) for name, value in resource.environment.items()}
                    handler = load_handler(resource.source, WorldClients(self.world, place), variables)
                    place.functions.create(resource.name, handler, timeout=resource.timeout)
                case _:
                    pass
        for resource in found:
            match resource:
                case Rule():
                    targets = [self._sent(target, template) for target in resource.targets]
                    pattern: Any = resolve(resource.event_pattern, template)
                    place.events.put_rule(resource.name, resource.event_bus_name, pattern, targets)
                case ScheduleGroup():
                    place.scheduler.create_group(resource.name)
                case _:
                    pass
        for resource in found:
            if isinstance(resource, Schedule) and schedules:
                place.scheduler.create_schedule(
                    resource.name,
                    expression=resource.schedule_expression,
                    target=resolve(resource.target_arn, template),
                    role_arn=resolve(resource.role_arn, template),
                    group=resource.group_name,
                    timezone=resource.schedule_expression_timezone,
                    input=None if resource.input is None else resolve(resource.input, template),
                    retry_attempts=0 if resource.retry is None else resource.retry.maximum_retry_attempts,
                    max_age=86_400 if resource.retry is None else resource.retry.maximum_event_age_in_seconds,
                )

    @staticmethod
    def _sent(target: RuleTarget, template: Template) -> Sent:
        made = target.input_transformer
        return Sent(
            target.id,
            resolve(target.arn, template),
            input_paths=made.input_paths if made else None,
            input_template=resolve(made.input_template, template) if made else None,
            role_arn=None if target.role_arn is None else resolve(target.role_arn, template),
            dead_letter=None if target.dead_letter_arn is None else resolve(target.dead_letter_arn, template),
        )

    def _permits(self, principal: str, action: str, resource: str) -> bool:
        """What a role's policies allow; a machine's alias is authorised as the machine. Resource policies are not looked at."""
        if ":role/" not in principal:
            return True
        arn = ":".join(resource.split(":")[:7]) if ":stateMachine:" in resource else resource
        return any(
            action in _listed(one["Action"]) and any(covers(text, arn) for text in _listed(one["Resource"]))
            for one in self.roles.get(principal, ())
        )

    # Looking and acting

    def start(self, pipeline: str, input: Value, region: str = EAST, *, name: str | None = None) -> Run:
        """Start a machine by hand."""
        return self.world.start(self.world.machines[self.arn(pipeline, region)], dict(input), name=name)

    def arn(self, pipeline: str, region: str = EAST) -> str:
        return f"arn:aws:states:{region}:{ACCOUNT}:stateMachine:{pipeline}"

    def run(self, seconds: float) -> None:
        self.world.run(seconds=seconds)

    def runs(self, pipeline: str, region: str | None = None) -> list[Run]:
        """Executions of a machine, in the order in which they began."""
        arns = {self.arn(pipeline, one) for one in ((region,) if region else self.deployment.regions)}
        return [run for run in self.world.runs.values() if run.machine.arn in arns]

    @property
    def home(self) -> Any:
        """DynamoDB where the control table is."""
        return self.world.place(self.deployment.replicas[0]).dynamodb

    def table(self, region: str | None = None) -> Any:
        place = self.world.place(region or self.deployment.replicas[0])
        return place.dynamodb.tables[self.deployment.table]

    def row(self, pipeline: str, batch: str, region: str | None = None) -> dict[str, Any] | None:
        """A batch's row, with plain values; None where there is none."""
        item = self.table(region).items.get((f"PIPE#{pipeline}#BATCH#{batch}", "RUN"))
        return None if item is None else {name: plain(value) for name, value in item.items()}

    def keys(self, region: str | None = None) -> list[tuple[str, str]]:
        """Keys of all that is noted of batches."""
        return sorted(key for key in self.table(region).items if "#BATCH#" in key[0])

    def change(self, pipeline: str, batch: str, **values: Value) -> None:
        """Set attributes of a row (DynamoDB's values)."""
        names = {f"#{name}": name for name in values}
        arguments = {
            "TableName": self.deployment.table,
            "Key": {"pk": {"S": f"PIPE#{pipeline}#BATCH#{batch}"}, "sk": {"S": "RUN"}},
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
        }
        self.home.call("UpdateItem", arguments, self.world.now)

    def promote(self, region: str) -> None:
        item = {**ACTIVE_KEY, "region": {"S": region}, "epoch": {"N": "1"}}
        self.home.call("PutItem", {"TableName": self.deployment.table, "Item": item}, self.world.now)

    def alerts(self, batch: str = "") -> int:
        """How many messages people have got, of a batch."""
        return len(self.messages(batch))

    def messages(self, batch: str = "") -> list[str]:
        """What people have been told, of a batch."""
        topics = [self.world.place(region).sns.topics for region in self.deployment.regions]
        sent = [message.message for found in topics for topic in found.values() for message in topic.published]
        return [text for text in sent if batch in text]


def plain(value: Any) -> Any:
    """A DynamoDB value without its types."""
    [(kind, inner)] = value.items()
    match kind:
        case "M":
            return {name: plain(member) for name, member in inner.items()}
        case "L":
            return [plain(member) for member in inner]
        case "N":
            return int(inner)
        case _:
            return inner


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
