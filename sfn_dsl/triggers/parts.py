"""Resources and values that several triggers need: names, dead letters, roles that start machines, inputs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

from sfn_dsl.control.contract import BatchReady
from sfn_dsl.diagnostic import Diagnostic, did_you_mean
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import LIVE, Target
from sfn_dsl.resources.iam.roles import trust_events
from sfn_dsl.resources.iam.statement import Statement, document
from sfn_dsl.resources.model import Arn, InputTransformer, Policy, Queue, Role, RuleTarget
from sfn_dsl.resources.model import RetryPolicy as Delivery
from sfn_dsl.span import Span
from sfn_dsl.triggers.shapes import kind_in_words, offered_shape

__all__ = [
    "DEAD_LETTERS",
    "contract_problems",
    "dead_letters",
    "event_role",
    "inline_policy",
    "input_problems",
    "live_arn",
    "logical_id",
    "machine_arn",
    "start_statement",
    "start_target",
    "transformer",
    "wanted_fields",
]

DEAD_LETTERS: Final = "DeadLetters"
"""Logical id of a pipeline's queue for events that could not be handed over."""


def logical_id(*words: str) -> str:
    """`logical_id("start", "on-guidewire")` is `StartOnGuidewire`."""
    return "".join(part[:1].upper() + part[1:] for word in words for part in re.split(r"[^0-9A-Za-z]+", word))


def machine_arn(target: Target, name: str) -> str:
    """The ARN of a state machine, which policies name."""
    return target.arn("states", f"stateMachine:{name}")


def live_arn(target: Target, name: str) -> str:
    """The ARN of a machine's live alias, which triggers start."""
    return f"{machine_arn(target, name)}:{LIVE}"


def dead_letters(pipeline: Pipeline) -> Queue:
    """The queue for what rules and schedules of a pipeline could not hand over."""
    return Queue(id=DEAD_LETTERS, queue_name=f"{pipeline.name}-dead-letters")


def start_statement(target: Target, machine: str) -> Statement:
    """The right to start a machine. AWS authorises aliases by the machine's own ARN."""
    return Statement(sid="Start", actions=("states:StartExecution",), resources=(machine_arn(target, machine),))


def inline_policy(name: str, *statements: Statement) -> Policy:
    """Statements as the inline policy of a role."""
    return Policy(name=name, document=document(statements))


def event_role(pipeline: Pipeline, target: Target, bus: str, machine: str) -> Role:
    """The role with which rules of a bus start a machine: the pipeline's, or one beside it."""
    kind = "default" if bus == "default" else "bus"
    beside = machine.removeprefix(pipeline.name)
    return Role(
        id=logical_id(kind, "start", beside, "role"),
        role_name=f"{pipeline.name}-{kind}-start{beside}-{target.region}",
        trust=trust_events(target, bus, source_arn=target.deployed.rule_source_arn),
        policies=(inline_policy("start", start_statement(target, machine)),),
        description=f"Rules on the bus {bus} start {machine}.",
    )


def start_target(target: Target, machine: str, role: Role, delivery: Delivery, made: InputTransformer | None) -> RuleTarget:
    """A rule's target that starts a machine's live alias."""
    return RuleTarget(
        id="start",
        arn=live_arn(target, machine),
        role_arn=Arn(role.id),
        input_transformer=made,
        retry=delivery,
        dead_letter_arn=Arn(DEAD_LETTERS),
    )


def wanted_fields(pipeline: Pipeline, contract: BatchReady) -> tuple[str, ...]:
    """The fields of a contract that a pipeline's Input declares, in the Input's order."""
    return tuple(name for name in pipeline.input.shape.members if name in contract.offered)


def transformer(paths: Mapping[str, str]) -> InputTransformer:
    """An input of fields, each from a path of the event. Placeholders stand bare: EventBridge puts JSON in their place."""
    members = ",".join(f"{json.dumps(name)}:<{name}>" for name in paths)
    return InputTransformer(input_paths=dict(paths), input_template="{" + members + "}")


def contract_problems(pipeline: Pipeline, contracts: Iterable[BatchReady], span: Span) -> Iterable[Diagnostic]:
    """Required inputs that an upstream's event does not bring, and inputs that it brings with a value of another type."""
    for contract in contracts:
        for name, shape in pipeline.input.shape.members.items():
            if name in contract.offered:
                wanted, given = kind_in_words(shape), kind_in_words(offered_shape(contract.offered[name]))
                if wanted and given and wanted != given:
                    yield Diagnostic(
                        code="SFN520",
                        message=f"`{name}` of pipeline `{pipeline.name}` is {wanted}, and the event of `{contract.pipeline}` "
                        f"brings {given}",
                        span=span,
                        help="declare one type in both pipelines",
                        also=((contract.span, "the event is declared here"),),
                    )
            if name in contract.offered or name in pipeline.input.defaults:
                continue
            yield Diagnostic(
                code="SFN520",
                message=f"pipeline `{pipeline.name}` needs `{name}`, which the event of `{contract.pipeline}` does not bring",
                span=span,
                help=did_you_mean(name, contract.offered) or f"add it to `fields` of the BatchReady, or give `{name}` a default",
                also=((contract.span, "the event is declared here"),),
            )


def input_problems(pipeline: Pipeline, given: Iterable[str], span: Span) -> Iterable[Diagnostic]:
    """Inputs that a trigger gives and the pipeline does not take, and required ones that it does not give."""
    names = list(given)
    members = pipeline.input.shape.members
    for name in names:
        if name not in members:
            yield Diagnostic(
                code="SFN520",
                message=f"the trigger gives the input `{name}`, which pipeline `{pipeline.name}` does not declare",
                span=span,
                help=did_you_mean(name, members) or "remove it, or add it to the Input",
            )
    for name in members:
        if name not in names and name not in pipeline.input.defaults:
            yield Diagnostic(
                code="SFN520",
                message=f"pipeline `{pipeline.name}` needs the input `{name}`, which the trigger does not give",
                span=span,
                help=f"add it to `input` of the trigger, or give `{name}` a default",
            )
