"""What deploys and yet goes wrong in service: events that get lost or go in circles, rights that fit nothing, calls across Regions.

Our own templates have none of these faults; resources that a project adds may.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.region import Arn as Parsed
from sfn_dsl.region import parse_arn
from sfn_dsl.resources.availability import lacking
from sfn_dsl.resources.functions import EventSourceMapping, Function
from sfn_dsl.resources.iam.evaluation import covers
from sfn_dsl.resources.identity import Role
from sfn_dsl.resources.machines import StateMachine
from sfn_dsl.resources.messaging import QueuePolicy, Rule
from sfn_dsl.resources.model import Resource
from sfn_dsl.resources.monitoring import Alarm, CompositeAlarm
from sfn_dsl.resources.references import Text
from sfn_dsl.resources.scheduling import Schedule
from sfn_dsl.resources.template import Template, resolve
from sfn_dsl.span import NOWHERE, Span

__all__ = ["lint"]

_STARTS: Final = ("states:StartExecution", "states:StartSyncExecution")
_QUALIFIED: Final = re.compile(r"arn:[^:]*:states:[^:]*:[^:]*:stateMachine:[^:*]+:[^:*]+")
_BOUND: Final = frozenset({"events.amazonaws.com", "scheduler.amazonaws.com", "states.amazonaws.com"})
"""Services that start machines of their own Region only."""


def lint(template: Template, *, span: Span = NOWHERE) -> tuple[Diagnostic, ...]:
    """Findings about a template whose references are good: SFN504 dead letters, SFN505 forwarding in a circle, SFN603 rights on an
    alias, SFN604 another Region, SFN605 a type that the Region lacks.

    SFN504, and SFN505 of a function, are warnings, the others are errors. `span`: where the findings stand.
    """
    found: list[Diagnostic] = []
    for resource in template.resources:
        found += _dead_letters(resource, template, span)
        found += _forwarding(resource, template, span)
        found += _rights(resource, template, span)
        for what, text in _bound_to_region(resource):
            arn = _parsed(text, template)
            # A bus of another Region is the one thing that a rule may call there.
            if arn is None or not arn.region or arn.region == template.target.region or _is_bus(arn):
                continue
            message = f"{what} of `{resource.id}` is in {arn.region}, and the template is deployed in {template.target.region}"
            found.append(Diagnostic(code="SFN604", message=message, help="use a resource of its own Region", span=span))
        if template.target.region in lacking(resource):
            message = f"`{resource.id}`: {template.target.region} has no resources of type {type(resource).__name__}"
            found.append(Diagnostic(code="SFN605", message=message, help="leave it out in this Region", span=span))
    return tuple(found)


def _parsed(text: Text, template: Template) -> Parsed | None:
    return parse_arn(resolve(text, template))


def _is_bus(arn: Parsed) -> bool:
    return arn.service == "events" and arn.resource.startswith("event-bus/")


def _dead_letters(resource: Resource, template: Template, span: Span) -> Iterator[Diagnostic]:
    if not isinstance(resource, Rule):
        return
    for target in resource.targets:
        if target.dead_letter_arn is None:
            yield Diagnostic(
                code="SFN504",
                message=f"target `{target.id}` of rule `{resource.name}` has no dead-letter queue, so that what it refuses is lost",
                help="give it a `dead_letter_arn`, and the queue a policy that lets events.amazonaws.com send",
                span=span,
                severity=Severity.WARNING,
            )
            continue
        queue = resolve(target.dead_letter_arn, template)
        rule = resource.arn(template.target)
        ours = any(getattr(other, "queue_name", None) and _arn_of(other, template) == queue for other in template.resources)
        if ours and not any(_lets(statement, queue, rule) for statement in _queue_statements(template)):
            yield Diagnostic(
                code="SFN504",
                message=f"no policy lets rule `{resource.name}` send to its dead-letter queue `{queue.rpartition(':')[2]}`",
                help="allow sqs:SendMessage for events.amazonaws.com with the rule as aws:SourceArn",
                span=span,
                severity=Severity.WARNING,
            )


def _arn_of(resource: Any, template: Template) -> str:
    return str(resource.arn(template.target))


def _queue_statements(template: Template) -> Iterator[Mapping[str, Any]]:
    for resource in template.resources:
        if isinstance(resource, QueuePolicy):
            document: Any = resolve(resource.document, template)
            yield from _listed(document.get("Statement"))


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else () if value is None else (value,)


def _lets(statement: Mapping[str, Any], queue: str, rule: str) -> bool:
    """Whether a statement lets a rule send to a queue. Only conditions on the source are looked at."""
    principal = statement.get("Principal")
    services = _listed(principal.get("Service")) if isinstance(principal, dict) else _listed(principal)
    if statement.get("Effect") != "Allow" or not {"events.amazonaws.com", "*"} & set(services):
        return False
    if not any(covers(action, "sqs:SendMessage") for action in _listed(statement.get("Action"))):
        return False
    if not any(covers(resource, queue) for resource in _listed(statement.get("Resource"))):
        return False
    conditions = statement.get("Condition") or {}
    sources = [source for test in conditions.values() for source in _listed(test.get("aws:SourceArn"))]
    return not sources or any(covers(source, rule) for source in sources)


def _forwarding(resource: Resource, template: Template, span: Span) -> Iterator[Diagnostic]:
    if not isinstance(resource, Rule):
        return
    home = template.target.region
    pattern: Any = resource.event_pattern
    by_bus = pattern.get("region") == [home]
    detail = pattern.get("detail")
    by_function = isinstance(detail, Mapping) and detail.get("produced_region") == [home]
    for target in resource.targets:
        text = resolve(target.arn, template)
        arn = parse_arn(text)
        if arn is not None and _is_bus(arn) and arn.region != home and not by_bus:
            yield Diagnostic(
                code="SFN505",
                message=f"rule `{resource.name}` sends events to {arn.region} without asking where they come from, so that two "
                "Regions which do so send them to and fro for ever",
                help=f'add `"region": ["{home}"]` to its pattern',
                span=span,
            )
        away = [] if by_function else _buses_elsewhere(text, template)
        if away:
            yield Diagnostic(
                code="SFN505",
                message=f"rule `{resource.name}` calls a function that may put events on a bus in {away[0]}, where they count as "
                "that Region's own: two Regions that send on what they get send it to and fro for ever",
                help="let the event's detail hold the Region that it began in, such as BatchReady's `produced_region`, and add "
                f'`"detail": {{"produced_region": ["{home}"]}}` to the pattern',
                span=span,
                severity=Severity.WARNING,
            )


def _buses_elsewhere(function: str, template: Template) -> list[str]:
    """Regions on whose buses a function of the template may put events, other than its own."""
    found: list[str] = []
    for resource in template.resources:
        if not isinstance(resource, Function) or _arn_of(resource, template) != function:
            continue
        own = resolve(resource.role_arn, template)
        for role in template.resources:
            if isinstance(role, Role) and _arn_of(role, template) == own:
                for statement in _granted(role, template, ("events:PutEvents",)):
                    buses = [parse_arn(str(text)) for text in _listed(statement.get("Resource"))]
                    found += [bus.region for bus in buses if bus and _is_bus(bus) and bus.region != template.target.region]
    return found


def _granted(role: Role, template: Template, actions: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """The statements by which a role may do one of some actions."""
    for policy in role.policies:
        document: Any = resolve(policy.document, template)
        for statement in _listed(document.get("Statement")):
            allowed = [str(action) for action in _listed(statement.get("Action"))]
            if statement.get("Effect") == "Allow" and any(covers(one, action) for one in allowed for action in actions):
                yield statement


def _rights(resource: Resource, template: Template, span: Span) -> Iterator[Diagnostic]:
    if not isinstance(resource, Role):
        return
    trust: Any = resolve(resource.trust, template)
    trusted = {
        service
        for statement in _listed(trust.get("Statement"))
        if isinstance(statement.get("Principal"), dict)
        for service in _listed(statement["Principal"].get("Service"))
    }
    for statement in _granted(resource, template, _STARTS):
        for text in _listed(statement.get("Resource")):
            yield from _right(resource, str(text), trusted, template, span)


def _right(role: Role, text: str, trusted: set[str], template: Template, span: Span) -> Iterator[Diagnostic]:
    if _QUALIFIED.fullmatch(text):
        yield Diagnostic(
            code="SFN603",
            message=f"role `{role.name}` may start `{text.rpartition(':')[2]}` of a machine, and AWS asks for the machine itself",
            help="name the ARN of the machine, without version or alias",
            span=span,
        )
    arn = parse_arn(text)
    home = template.target.region
    if arn is not None and arn.service == "states" and arn.region not in ("", "*", home) and trusted and trusted <= _BOUND:
        yield Diagnostic(
            code="SFN604",
            message=f"role `{role.name}` of {home} may start a machine of {arn.region}, which {', '.join(sorted(trusted))} cannot",
            help="leave that ARN out",
            span=span,
        )


def _bound_to_region(resource: Resource) -> Iterator[tuple[str, Text]]:
    """ARNs that must be of the Region in which the resource is."""
    match resource:
        case Rule():
            for target in resource.targets:
                yield f"target `{target.id}`", target.arn
                if target.dead_letter_arn is not None:
                    yield f"the dead-letter queue of target `{target.id}`", target.dead_letter_arn
        case Schedule():
            yield "the target", resource.target_arn
            if resource.dead_letter_arn is not None:
                yield "the dead-letter queue", resource.dead_letter_arn
        case EventSourceMapping():
            yield "the queue", resource.event_source_arn
        case StateMachine() if resource.logging is not None and resource.logging.destination_arn is not None:
            yield "the log group", resource.logging.destination_arn
        case Alarm() | CompositeAlarm():
            yield from (("an action", text) for text in (*resource.alarm_actions, *resource.ok_actions))
        case _:
            pass
