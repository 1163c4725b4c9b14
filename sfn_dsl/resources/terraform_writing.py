"""How Terraform's JSON says text, references, names of resources and documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from sfn_dsl.asl.model import Json
from sfn_dsl.resources.functions import Function
from sfn_dsl.resources.identity import ManagedPolicy, Role
from sfn_dsl.resources.machines import StateMachine, StateMachineAlias, StateMachineVersion
from sfn_dsl.resources.messaging import Archive, Endpoint, EventBus, Queue, Rule, Topic
from sfn_dsl.resources.model import NamedResource, Resource
from sfn_dsl.resources.monitoring import Alarm, CompositeAlarm, Dashboard
from sfn_dsl.resources.references import Arn, Joined, Name, Text, Url, Value
from sfn_dsl.resources.scheduling import Schedule, ScheduleGroup
from sfn_dsl.resources.storage import Bucket, LogGroup, Table
from sfn_dsl.resources.template import SUBSTITUTION, Template, mapped, resolve
from sfn_dsl.resources.writing import Writer

__all__ = ["Block", "Module", "escaped", "label"]


@dataclass(frozen=True, slots=True)
class Block:
    """A resource of Terraform. `suffix`: what its name has more than that of the resource it is made for."""

    type: str
    arguments: Mapping[str, Json]
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Module:
    """What the resources of one template are written with. `documents` collects JSON that becomes local values."""

    template: Template
    documents: dict[str, Json] = field(default_factory=dict)

    @property
    def writer(self) -> Writer:
        """Writes texts, values and names."""
        return Writer(self.template, self.text)

    def text(self, text: Text) -> str:
        """A text with its references as interpolations. Raises DeclarationError for a reference that means nothing."""
        match text:
            case str():
                return escaped(text)
            case Joined():
                pieces = [self.text(part) for part in text.parts]
                return "".join([*(_before_interpolation(piece) for piece in pieces[:-1]), *pieces[-1:]])
            case Arn() | Name() | Url():
                return self._reference(text)
            case _:
                assert_never(text)

    def document(self, resource: Resource, name: str, value: Value) -> str:
        """JSON text of a value: it stands as a local value, where people can read it."""
        local = f"{self.label(resource)}_{name}"
        self.documents[local] = mapped(value, self.text, escaped)
        return f"${{jsonencode(local.{local})}}"

    def definition(self, machine: StateMachine) -> str:
        """JSON text of a machine's definition, with its substitutions as interpolations."""

        def text(value: Text) -> str:
            literal, parts, end = str(value), list[str | Arn | Name | Url](), 0
            for match in SUBSTITUTION.finditer(literal):
                if match[1] in machine.substitutions:
                    meant = machine.substitutions[match[1]]
                    parts += (literal[end : match.start()], *(meant.parts if isinstance(meant, Joined) else (meant,)))
                    end = match.end()
            return self.text(Joined(*parts, literal[end:]))

        local = f"{self.label(machine)}_definition"
        self.documents[local] = mapped(machine.definition, text, escaped)
        return f"${{jsonencode(local.{local})}}"

    def label(self, resource: Resource) -> str:
        """The name of a resource in Terraform, such as `us_east_1_start_role`."""
        return f"{label(self.template.target.region)}_{label(resource.id)}"

    def address(self, resource: NamedResource) -> str:
        """Where Terraform finds a resource, such as `aws_iam_role.us_east_1_start_role`."""
        return f"{_kind(resource)[0]}.{self.label(resource)}"

    def _reference(self, reference: Arn | Name | Url) -> str:
        literal = resolve(reference, self.template)
        resource = self.template.resource(reference.id)
        if isinstance(resource, Table) and resource.multi_region_consistency == "STRONG":
            return escaped(literal)
        if isinstance(resource, StateMachineVersion):
            machine = self.template.machine(resource.state_machine_name)
            return f"${{{self.address(machine)}.state_machine_version_arn}}"
        assert isinstance(resource, NamedResource), "resolve() refuses the others"
        match reference:
            case Url():
                attribute = "url"
            case Name():
                attribute = _kind(resource)[1]
            case Arn():
                attribute = "dashboard_arn" if isinstance(resource, Dashboard) else "arn"
        stars = ":*" if isinstance(resource, LogGroup) and isinstance(reference, Arn) else ""
        return f"${{{self.address(resource)}.{attribute}}}{stars}"


def label(text: str) -> str:
    """A logical id, Region or name as part of a name in Terraform: `StartRole` is `start_role`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    return re.sub(r"[^0-9a-z]+", "_", parted.lower())


def escaped(text: str) -> str:
    """Text that Terraform takes literally."""
    return re.sub(r"([$%])\{", r"\1\1{", text)


def _before_interpolation(text: str) -> str:
    """Text whose last `$` does not make `$${` of the interpolation that follows."""
    kept = text.rstrip("$")
    return text if kept == text else f'{kept}${{"{text[len(kept) :]}"}}'


def _kind(resource: NamedResource) -> tuple[str, str]:
    """The type of the resource of Terraform, and which of its attributes is its name."""
    match resource:
        case Alarm():
            return "aws_cloudwatch_metric_alarm", "alarm_name"
        case Archive():
            return "aws_cloudwatch_event_archive", "name"
        case Bucket():
            return "aws_s3_bucket", "bucket"
        case CompositeAlarm():
            return "aws_cloudwatch_composite_alarm", "alarm_name"
        case Dashboard():
            return "aws_cloudwatch_dashboard", "dashboard_name"
        case Endpoint():
            return "aws_cloudwatch_event_endpoint", "name"
        case EventBus():
            return "aws_cloudwatch_event_bus", "name"
        case Function():
            return "aws_lambda_function", "function_name"
        case LogGroup():
            return "aws_cloudwatch_log_group", "name"
        case ManagedPolicy():
            return "aws_iam_policy", "name"
        case Queue():
            return "aws_sqs_queue", "name"
        case Role():
            return "aws_iam_role", "name"
        case Rule():
            return "aws_cloudwatch_event_rule", "name"
        case Schedule():
            return "aws_scheduler_schedule", "name"
        case ScheduleGroup():
            return "aws_scheduler_schedule_group", "name"
        case StateMachine():
            return "aws_sfn_state_machine", "name"
        case StateMachineAlias():
            return "aws_sfn_alias", "name"
        case Table():
            return "aws_dynamodb_table", "name"
        case Topic():
            return "aws_sns_topic", "name"
        case _:
            assert_never(resource)
