"""What can be known to be wrong with a graph before it is written: services, arguments, ARNs, values, figures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from sfn_dsl.asl.model import UNSET, Retrier
from sfn_dsl.asl.services import (
    Integration,
    Pattern,
    actions,
    integration,
    optimised_services,
    parse_resource,
    sdk_services,
)
from sfn_dsl.asl.shapes import Shape
from sfn_dsl.compile.graph import EdgeKind, Node, Scope
from sfn_dsl.compile.handwritten import every_state
from sfn_dsl.compile.problems import Problems
from sfn_dsl.compile.reading import at_entry
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.draft import Call, Each, Fixed, Fork
from sfn_dsl.expression import CONTEXT, MISSING, Expression, Logic, Negation, Operation, Reference, Template
from sfn_dsl.expression import Comparison as ComparisonExpression
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.policy import ALL
from sfn_dsl.region import Target, parse_arn
from sfn_dsl.span import Span

__all__ = ["check_graph"]

_SCALARS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "timestamp": (str, int, float),
}


def check_graph(root: Scope, output: Template, pipeline: Pipeline, target: Target, problems: Problems) -> None:
    """Report what is wrong with the nodes of a graph and the output of the pipeline."""
    for _ in _values(output, "the output", pipeline.span, problems):
        pass
    for scope in root.walk():
        for node in scope.nodes:
            what = f"step `{node.occurrence.name}`"
            given = [*(template for template, _ in at_entry(node)), *node.draft.sets.values()]
            if isinstance(node.draft, Each):
                given.append(node.draft.collect)
            for template in given:
                for text in _values(template, what, node.span, problems):
                    if text.startswith("arn:"):
                        _arn(text, node, target, problems)
            _policies(node, problems)
            if isinstance(node.draft, Call):
                _call(node, node.draft, pipeline, target, problems)
            elif isinstance(node.draft, Fixed):
                _fragment(node, node.draft, pipeline, target, problems)
            elif isinstance(node.draft, Each) and node.draft.distributed is not None and pipeline.type == "EXPRESS":
                problems.add(
                    "SFN106",
                    f"`{node.name}`: an EXPRESS pipeline cannot hold a distributed Map",
                    node.span,
                    "use ForEach, or STANDARD",
                )


# Values


def _values(template: Template, what: str, span: Span, problems: Problems) -> Iterator[str]:
    """Every text in a template that stands there by itself; what is not JSON is reported."""
    stack = [template]
    while stack:
        node = stack.pop()
        kind = type(node)
        bad = ""
        if kind is str:
            yield node
        elif kind is dict:
            for key, value in node.items():
                if not isinstance(key, str):
                    bad = f"the key {key!r}"
                stack.append(value)
        elif kind is list:
            stack += node
        elif isinstance(node, Expression):
            stack += _operands(node)
        elif isinstance(node, float):
            bad = "" if math.isfinite(node) else f"the number {node}"
        elif not (node is None or node is MISSING or isinstance(node, (bool, int, str))):
            bad = f"a value of type {kind.__name__}"
        if bad:
            problems.add(
                "SFN107",
                f"{what} holds {bad}, which is not JSON",
                span,
                "use text, numbers, booleans, None, lists, objects with text keys",
            )


def _operands(expression: Expression) -> Sequence[Template]:
    match expression:
        case Reference():
            return () if expression._fallback is MISSING else (expression._fallback,)
        case ComparisonExpression(left=left, right=right):
            return (left, right)
        case Logic(operands=operands) | Operation(operands=operands):
            return operands
        case Negation(operand=operand):
            return (operand,)
        case _:
            return ()


def _arn(text: str, node: Node, target: Target, problems: Problems) -> None:
    """An ARN of another Region or partition is a mistake unless it is said on purpose."""
    arn = parse_arn(text)
    if arn is None:
        return
    if arn.region and arn.region != target.region:
        problems.add(
            "SFN602",
            f"step `{node.occurrence.name}` names `{text}` of {arn.region}, but is compiled for another Region",
            node.span,
            "give the name only, use a setting, or write `other_region(...)` if it is meant",
        )
    elif arn.partition != target.partition:
        problems.add(
            "SFN601",
            f"step `{node.occurrence.name}` names `{text}` of partition {arn.partition}, but is compiled for another",
            node.span,
            "give the name only, or use a setting",
        )


# Retry and catch


def _policies(node: Node, problems: Problems) -> None:
    draft = node.draft
    if isinstance(draft, (Call, Fork, Each)):
        for number, retrier in enumerate(draft.retry):
            _retrier(node, number, retrier, number == len(draft.retry) - 1, problems)
    catchers = [edge for edge in node.edges if edge.kind is EdgeKind.CATCH]
    for number, edge in enumerate(catchers):
        _wildcard(node, f"Catch[{number}]", edge.errors, number == len(catchers) - 1, problems)


def _retrier(node: Node, number: int, retrier: Retrier, last: bool, problems: Problems) -> None:
    where = f"Retry[{number}] of step `{node.occurrence.name}`"
    limits = (
        ("interval_seconds", retrier.interval_seconds, 1, 99_999_999),
        ("max_attempts", retrier.max_attempts, 0, 99_999_999),
        ("max_delay_seconds", retrier.max_delay_seconds, 1, 31_622_400),
    )
    for name, value, least, most in limits:
        if value is UNSET:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            problems.add("SFN303", f"{where}: `{name}` is {value!r}", node.span, f"it must be an integer from {least} to {most:,}")
    rate = retrier.backoff_rate
    if rate is not UNSET and (not isinstance(rate, (int, float)) or isinstance(rate, bool) or not rate >= 1 or math.isinf(rate)):
        problems.add("SFN303", f"{where}: `backoff_rate` is {rate!r}", node.span, "it must be a number of at least 1.0")
    delay, interval = retrier.max_delay_seconds, retrier.interval_seconds
    if isinstance(delay, int) and isinstance(interval, int) and delay <= interval:
        problems.add(
            "SFN305",
            f"{where}: `max_delay_seconds` is {delay}, no more than `interval_seconds`",
            node.span,
            "make it larger or leave it out",
        )
    if retrier.jitter_strategy not in (UNSET, "FULL", "NONE"):
        problems.add("SFN304", f"{where}: `jitter_strategy` is {retrier.jitter_strategy!r}", node.span, "it must be FULL or NONE")
    if retrier.error_equals is not UNSET:
        _wildcard(node, f"Retry[{number}]", retrier.error_equals, last, problems)


def _wildcard(node: Node, where: str, errors: tuple[str, ...], last: bool, problems: Problems) -> None:
    if ALL.errors[0] in errors and (len(errors) > 1 or not last):
        problems.add(
            "SFN302",
            f"{where} of step `{node.occurrence.name}`: `States.ALL` must stand alone and last",
            node.span,
            "put the other errors before it",
        )


# Calls


def _fragment(node: Node, draft: Fixed, pipeline: Pipeline, target: Target, problems: Problems) -> None:
    """The tasks of a hand-written fragment, nested ones included, checked like ours."""
    for _, state in every_state(draft.states):
        if not isinstance(state, Mapping):
            continue
        resource = state.get("Resource")
        parsed = parse_resource(resource) if isinstance(resource, str) else None
        if state.get("Type") == "Task" and isinstance(resource, str):
            pattern = parsed.pattern if parsed else Pattern.REQUEST_RESPONSE
            arguments = _payload(state.get("Arguments", state.get("Parameters", MISSING)))
            call = Call(action=resource.removesuffix(pattern.value), pattern=pattern, arguments=arguments)
            _call(node, call, pipeline, target, problems)


def _payload(value: Template) -> Template:
    """A payload as it is written in ASL, with an expression wherever the value is only known at run time."""
    if isinstance(value, Mapping):
        return {
            str(key).removesuffix(".$"): CONTEXT if str(key).endswith(".$") else _payload(member) for key, member in value.items()
        }
    if isinstance(value, list):
        return [_payload(member) for member in value]
    return CONTEXT if isinstance(value, str) and value.startswith("{%") else value


def _call(node: Node, call: Call, pipeline: Pipeline, target: Target, problems: Problems) -> None:
    if isinstance(call.timeout, int) and isinstance(call.heartbeat, int) and call.heartbeat >= call.timeout:
        problems.add(
            "SFN135",
            f"step `{node.occurrence.name}`: `heartbeat_seconds` {call.heartbeat} is not below `timeout_seconds` {call.timeout}",
            node.span,
            "AWS refuses it; make the heartbeat shorter",
        )
    resource = call.action if call.action.startswith("arn:") else target.integration(call.action)
    if pipeline.type == "EXPRESS" and (call.pattern is not Pattern.REQUEST_RESPONSE or ":activity:" in resource):
        suffix = call.pattern.value or "an activity"
        problems.add(
            "SFN106", f"step `{node.occurrence.name}`: an EXPRESS pipeline cannot wait by `{suffix}`", node.span, "make it STANDARD"
        )
    parsed = parse_resource(resource)
    if parsed is None:
        if call.action.startswith("arn:"):
            _arn(call.action, node, target, problems)
        return
    try:
        known = integration(parsed.service, parsed.action, parsed.sdk)
        names = actions(parsed.service, parsed.sdk) if known is None else ()
    except LookupError:
        return  # without botocore's data there is nothing to compare with
    label = f"aws-sdk:{parsed.service}:{parsed.action}" if parsed.sdk else f"{parsed.service}:{parsed.action}"
    if known is None:
        services = sdk_services() if parsed.sdk else optimised_services()
        hint = did_you_mean(parsed.action, names) if names else did_you_mean(parsed.service, services)
        problems.add(
            "SFN105",
            f"step `{node.occurrence.name}`: there is no integration `{label}`",
            node.span,
            hint or "see the list of service integrations",
        )
        return
    if call.pattern not in known.patterns:
        patterns = ", ".join(sorted(pattern.value or "request-response" for pattern in known.patterns))
        problems.add(
            "SFN105",
            f"step `{node.occurrence.name}`: `{label}` does not support `{call.pattern.value or 'request-response'}`",
            node.span,
            f"it supports {patterns}",
        )
    if known.input.kind != "structure" or call.arguments is MISSING or isinstance(call.arguments, Expression):
        return
    if isinstance(call.arguments, Mapping):
        _structure(call.arguments, known.input, "", node, known, problems)
    else:
        message = f"step `{node.occurrence.name}`: the arguments of `{label}` must be an object"
        problems.add("SFN109", message, node.span, f"this is of type {type(call.arguments).__name__}")


def _structure(value: Mapping[str, Template], shape: Shape, at: str, node: Node, known: Integration, problems: Problems) -> None:
    who = f"step `{node.occurrence.name}`"
    meant: set[str] = set()
    for name, member in value.items():
        inner = shape.members.get(name) if isinstance(name, str) else None
        if inner is None:
            missing = shape.required - set(value)
            meant.update(other for other in missing if f"`{other}`" in did_you_mean(str(name), missing))
            hint = did_you_mean(str(name), shape.members) or f"it takes {', '.join(sorted(shape.members)[:12])}"
            problems.add("SFN109", f"{who}: `{known.name}` has no argument `{at}{name}`", node.span, hint)
        elif name not in known.free:
            _value(member, inner, f"{at}{name}", node, known, problems)
    for name in sorted(shape.required - set(value) - meant):
        problems.add(
            "SFN109", f"{who}: `{known.name}` needs the argument `{at}{name}`", node.span, "AWS refuses the call without it"
        )


def _value(value: Template, shape: Shape, at: str, node: Node, known: Integration, problems: Problems) -> None:
    if isinstance(value, Expression) or shape.kind in ("any", "blob") or value is None:
        return
    fits = True
    if shape.kind == "structure":
        fits = isinstance(value, Mapping)
        if fits:
            _structure(value, shape, f"{at}.", node, known, problems)
    elif shape.kind == "map":
        fits = isinstance(value, Mapping)
        for key, member in value.items() if fits else ():
            _value(member, shape.element, f"{at}.{key}", node, known, problems)
    elif shape.kind == "list":
        fits = isinstance(value, (list, tuple))
        for index, member in enumerate(value if fits else ()):
            _value(member, shape.element, f"{at}[{index}]", node, known, problems)
    else:
        fits = isinstance(value, _SCALARS.get(shape.kind, (object,))) and (isinstance(value, bool) == (shape.kind == "boolean"))
    if not fits:
        kind = {"structure": "object", "map": "object"}.get(shape.kind, shape.kind)
        article = "an" if kind[0] in "aeiou" else "a"
        problems.add(
            "SFN109",
            f"step `{node.occurrence.name}`: argument `{at}` of `{known.name}` must be {article} {kind}",
            node.span,
            f"this is of type {type(value).__name__}",
        )
