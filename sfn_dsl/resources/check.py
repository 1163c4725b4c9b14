"""What can be known to be wrong with templates before they are deployed: sizes, names, references."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Final

from sfn_dsl.deployment import MRSC_SETS
from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.errors import DeclarationError
from sfn_dsl.resources.cloudformation import to_text
from sfn_dsl.resources.functions import Function
from sfn_dsl.resources.identity import ManagedPolicy, Role
from sfn_dsl.resources.machines import StateMachine, StateMachineAlias, StateMachineVersion
from sfn_dsl.resources.messaging import Archive, Endpoint, EventBus, Queue, Rule, Topic
from sfn_dsl.resources.model import NamedResource
from sfn_dsl.resources.monitoring import Alarm, CompositeAlarm, Dashboard
from sfn_dsl.resources.references import Value
from sfn_dsl.resources.scheduling import Schedule, ScheduleGroup
from sfn_dsl.resources.storage import Bucket, LogGroup, Table
from sfn_dsl.resources.template import Template, references, resolve
from sfn_dsl.span import NOWHERE, Span

__all__ = ["check", "check_together"]

_NAMES: Final = {
    Alarm: 255,
    Archive: 48,
    Bucket: 63,
    CompositeAlarm: 255,
    Dashboard: 255,
    Endpoint: 64,
    EventBus: 256,
    Function: 64,
    LogGroup: 512,
    ManagedPolicy: 128,
    Queue: 80,
    Role: 64,
    Rule: 64,
    Schedule: 64,
    ScheduleGroup: 64,
    StateMachine: 80,
    StateMachineAlias: 80,
    Table: 255,
    Topic: 256,
}
"""The most characters of a name."""

_DAY = 86_400
_NO_SPANS: Final[Mapping[str, Span]] = {}


def check(template: Template, *, span: Span = NOWHERE) -> tuple[Diagnostic, ...]:
    """Findings about one template: SFN610 sizes, SFN611 names that are too long, SFN612 what cannot be deployed.

    All are errors save for one: a body over 51,200 bytes is a warning, because it can still be deployed from a bucket.
    """
    broken = [_impossible(message, help, span) for message, help in _references(template)]
    found = broken + [_impossible(message, help, span) for message, help in _rules(template)]
    for resource in template.resources:
        if isinstance(resource, NamedResource) and len(resource.name) > _NAMES[type(resource)]:
            most = _NAMES[type(resource)]
            message = f"name of `{resource.id}` has {len(resource.name)} characters, over {most}: `{resource.name}`"
            found.append(_too_long(message, len(resource.name) - most, span))
    if not broken:
        found += [_size(message, help, span) for message, help in _sizes(template)]
        body = len(to_text(template).encode())
        if body > 1_000_000:
            found.append(_size(f"template `{template.name}` has {body:,} bytes, over 1,000,000", "split the pipeline", span))
        elif body > 51_200:
            message = f"template `{template.name}` has {body:,} bytes, over 51,200"
            help = "deploy it through a bucket: `aws cloudformation deploy --s3-bucket`"
            found.append(_size(message, help, span, Severity.WARNING))
    return tuple(found)


def check_together(templates: Sequence[Template], spans: Mapping[str, Span] = _NO_SPANS) -> tuple[Diagnostic, ...]:
    """Findings about templates of one environment: names that are global in an account and yet in two templates (SFN612). `spans`:
    where each template comes from, by its name."""
    owners: dict[tuple[str, str, str], list[Template]] = {}
    for template in templates:
        for resource in template.resources:
            if isinstance(resource, (Bucket, Dashboard, ManagedPolicy, Role)) or (
                isinstance(resource, Table) and resource.replicas
            ):
                key = type(resource).__name__, resource.name, template.target.account
                owners.setdefault(key, []).append(template)
    return tuple(
        _impossible(
            f"{kind} `{name}` is in {' and '.join(f'`{template.name}` of {template.target.region}' for template in two)}",
            "its name is global: say the Region in it, or leave it to one template",
            spans.get(two[0].name, NOWHERE),
        )
        for (kind, name, _), two in owners.items()
        if len(two) > 1
    )


def _impossible(message: str, help: str, span: Span) -> Diagnostic:
    return Diagnostic(code="SFN612", message=message, help=help, span=span)


def _too_long(message: str, over: int, span: Span) -> Diagnostic:
    help = f"shorten what it is made of, such as the name of the pipeline or a label, by {over}"
    return Diagnostic(code="SFN611", message=message, help=help, span=span)


def _size(message: str, help: str, span: Span, severity: Severity = Severity.ERROR) -> Diagnostic:
    return Diagnostic(code="SFN610", message=message, help=help, span=span, severity=severity)


def _compact(value: Value, template: Template) -> str:
    return json.dumps(resolve(value, template), ensure_ascii=False, separators=(",", ":"))


def _references(template: Template) -> Iterator[tuple[str, str]]:
    """What keeps the template from being written, or from being deployed in any order."""
    before: dict[str, set[str]] = {}
    for resource in template.resources:
        used = set(resource.depends_on)
        try:
            for id in resource.depends_on:
                template.resource(id)
            for reference in references(resource):
                resolve(reference, template)
                used.add(reference.id)
            match resource:
                case StateMachineVersion() | StateMachineAlias():
                    used.add(template.machine(resource.state_machine_name).id)
        except DeclarationError as error:
            yield f"`{resource.id}`: {error}", error.help
        before[resource.id] = used
    try:
        resolve(tuple(template.outputs.values()), template)
    except DeclarationError as error:
        yield f"outputs: {error}", error.help
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        circle = " -> ".join(f"`{id}`" for id in error.args[1])
        yield f"resources need each other in a circle: {circle}", "use literal ARNs for one of them"


def _rules(template: Template) -> Iterator[tuple[str, str]]:
    ids = Counter(resource.id for resource in template.resources)
    named = (resource for resource in template.resources if isinstance(resource, NamedResource))
    names = Counter((type(resource).__name__, "/".join(_scope(resource))) for resource in named)
    for id, count in ids.items():
        if count > 1:
            yield f"{count} resources have the logical id `{id}`", "give each its own"
        if not re.fullmatch("[A-Za-z0-9]{1,255}", id):
            yield f"`{id}` is no logical id", "use 1 to 255 letters and digits"
    for name in template.outputs:
        if not re.fullmatch("[A-Za-z0-9]{1,255}", name):
            yield f"`{name}` is no name of an output", "use 1 to 255 letters and digits"
    for (kind, name), count in names.items():
        if count > 1:
            yield f"{count} resources of type {kind} have the name `{name}`", "give each its own"
    for resource in template.resources:
        match resource:
            case Alarm():
                yield from _alarm(resource)
            case Table():
                yield from _table(resource, template)
            case Function() if not resource.handler.startswith("index."):
                yield (
                    f"handler of `{resource.id}` is `{resource.handler}`",
                    "AWS puts inline code in `index.py`: `index.<function>`",
                )
            case Rule():
                for id, count in Counter(target.id for target in resource.targets).items():
                    if count > 1:
                        yield f"{count} targets of `{resource.id}` have the id `{id}`", "give each its own"


def _scope(resource: NamedResource) -> tuple[str, ...]:
    """What is unique among resources of one type: mostly the name, for some within what they belong to."""
    match resource:
        case Rule():
            return resource.event_bus_name, resource.name
        case Schedule():
            return resource.group_name, resource.name
        case StateMachineAlias():
            return resource.state_machine_name, resource.name
        case _:
            return (resource.name,)


def _alarm(alarm: Alarm) -> Iterator[tuple[str, str]]:
    if (alarm.statistic is None) == (alarm.extended_statistic is None):
        yield f"alarm `{alarm.id}` needs one of statistic and extended_statistic", "give exactly one"
    period, span = alarm.period, alarm.period * alarm.evaluation_periods
    most = 7 * _DAY if period >= 3600 else _DAY
    if span > most:
        yield (
            f"alarm `{alarm.id}` looks back {period} x {alarm.evaluation_periods} = {span} seconds, over {most}",
            "at most a day; 7 days with periods of an hour or more",
        )


def _table(table: Table, template: Template) -> Iterator[tuple[str, str]]:
    region, replicas = template.target.region, table.replicas
    if replicas and replicas[0] != region:
        yield (
            f"global table `{table.id}` is owned by {replicas[0]} and stands in the template of {region}",
            "declare it in the template of its first Region only",
        )
    if len(set(replicas)) < len(replicas):
        yield f"global table `{table.id}` names a Region twice", "name each once"
    if table.multi_region_consistency == "EVENTUAL":
        if table.witness_region is not None:
            yield f"table `{table.id}` has a witness without strong consistency", "leave out witness_region"
        return
    places = {*replicas, *(() if table.witness_region is None else (table.witness_region,))}
    if len(places) != 3 or len(replicas) < 2 or not any(places <= regions for regions in MRSC_SETS):
        yield (
            f"table `{table.id}` cannot be strongly consistent in {', '.join(sorted(places)) or region}",
            "exactly three Regions of one set, of which one may be a witness: "
            + "; ".join(", ".join(sorted(s)) for s in MRSC_SETS),
        )
    if table.time_to_live_attribute is not None:
        yield f"table `{table.id}` has a time to live, which strong consistency excludes", "leave it out"


def _sizes(template: Template) -> Iterator[tuple[str, str]]:
    if len(template.resources) > 500:
        yield f"template `{template.name}` has {len(template.resources)} resources, over 500", "split the pipeline"
    policies = [resource for resource in template.resources if isinstance(resource, ManagedPolicy)]
    for role, count in Counter(resolve(role, template) for policy in policies for role in policy.roles).items():
        if count > 10:
            yield f"role `{role}` has {count} managed policies, over 10", "split the pipeline"
    for resource in template.resources:
        match resource:
            case Role():
                texts = [_compact(policy.document, template) for policy in resource.policies]
                size = sum(len(re.sub(r"\s", "", text)) for text in texts)
                if size > 10_240:
                    yield f"inline policies of role `{resource.id}` have {size:,} characters, over 10,240", "split the pipeline"
            case ManagedPolicy():
                size = len(re.sub(r"\s", "", _compact(resource.document, template)))
                if size > 6144:
                    yield f"managed policy `{resource.id}` has {size:,} characters, over 6,144", "make several policies"
            case Rule():
                if len(resource.targets) > 5:
                    yield f"rule `{resource.id}` has {len(resource.targets)} targets, over 5", "make several rules"
                size = len(_compact(resource.event_pattern, template))
                if size > 2048:
                    yield f"event pattern of rule `{resource.id}` has {size:,} characters, over 2,048", "make several rules"
                yield from _inputs(resource, template)
            case Function():
                size = len(resource.source.encode())
                if size > 4_194_304:
                    yield f"source of function `{resource.id}` has {size:,} bytes, over 4,194,304", "deploy it by other means"


def _inputs(rule: Rule, template: Template) -> Iterator[tuple[str, str]]:
    for target in rule.targets:
        where = f"target `{target.id}` of rule `{rule.id}`"
        made = target.input_transformer
        for text in (target.input, made.input_template if made else None):
            size = 0 if text is None else len(resolve(text, template))
            if size > 8192:
                yield f"the input of {where} has {size:,} characters, over 8,192", "hand over pointers to data"
        if made and len(made.input_paths) > 100:
            yield f"the input of {where} is made of {len(made.input_paths)} paths, over 100", "take a part of the event as a whole"
