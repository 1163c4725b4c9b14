"""A definition compiled for running: every path, expression and rule of every state, once.

Nodes are the eight state types with closures in place of texts. Compiling refuses what cannot be run at all (a path that does not
parse, a transition to nowhere) with a DefinitionError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sfn_dsl.asl.model import (
    UNSET,
    Catcher,
    Choice,
    ChoiceRule,
    Condition,
    Fail,
    Map,
    Parallel,
    Pass,
    Retrier,
    State,
    StateMachine,
    SubMachine,
    Succeed,
    Task,
    Wait,
)
from sfn_dsl.asl.walk import walk
from sfn_dsl.errors import DefinitionError
from sfn_dsl.simulate.program.choice import compile_test
from sfn_dsl.simulate.program.dataflow import DataFlow, compile_catch, compile_flow, compile_rule, payload, quantity, same, typed
from sfn_dsl.simulate.program.map_fields import compile_map
from sfn_dsl.simulate.program.nodes import (
    AnyNode,
    Block,
    CatchRule,
    ChoiceNode,
    FailNode,
    MapNode,
    ParallelNode,
    PassNode,
    RetryRule,
    Rule,
    SucceedNode,
    TaskNode,
    WaitNode,
)
from sfn_dsl.simulate.program.resource import task_resource
from sfn_dsl.simulate.program.templates import Evaluate, constant, is_expression, path_field, reference
from sfn_dsl.span import Span

__all__ = ["Program", "compile_program"]


_BlockOf: TypeAlias = Callable[[StateMachine | SubMachine], Block]


@dataclass(frozen=True, slots=True)
class Program:
    """A machine ready to run. `timeout` in seconds, None for the service's own limit. `sources`: where the user wrote the step
    that a state was compiled from, by name of state."""

    machine: StateMachine
    block: Block
    timeout: int | None
    sources: Mapping[str, Span]


def compile_program(machine: StateMachine) -> Program:
    """Compile a machine. Raises DefinitionError for what cannot be run."""
    language = machine.query_language
    # Blocks are made from the outside in and filled from a list of work, so depth has no limit.
    pending: list[tuple[Block, Mapping[str, State]]] = []

    def block_of(part: StateMachine | SubMachine) -> Block:
        block = Block("" if part.start_at is UNSET else part.start_at, {})
        pending.append((block, part.states))
        return block

    top = block_of(machine)
    while pending:
        block, states = pending.pop()
        for name, state in states.items():
            own = state.query_language
            jsonata = (language if own is UNSET else own) == "JSONata"
            try:
                block.nodes[name] = _node(name, state, jsonata, block_of)
            except DefinitionError as error:
                raise DefinitionError(f"state `{name}`: {error}", help=error.help) from None
        _targets_exist(block)
    sources = {state: found.origin.span for state, found in walk(machine) if found.origin is not None}
    return Program(machine, top, None if machine.timeout_seconds is UNSET else machine.timeout_seconds, sources)


def _targets_exist(block: Block) -> None:
    if block.start_at not in block.nodes:
        raise DefinitionError(f"`StartAt` names `{block.start_at}`, which is no state beside it")
    for node in block.nodes.values():
        targets = [node.next] if node.next is not None else []
        if isinstance(node, ChoiceNode):
            targets += [rule.next for rule in node.rules]
        if isinstance(node, (TaskNode, ParallelNode, MapNode)):
            targets += [rule.next for rule in node.catch]
        for target in targets:
            if target not in block.nodes:
                raise DefinitionError(f"state `{node.name}` goes to `{target}`, which is no state beside it")


def _node(name: str, state: State, jsonata: bool, block_of: _BlockOf) -> AnyNode:
    match state:
        case Pass():
            result = None if jsonata or state.result is UNSET else constant(state.result)
            flow = compile_flow(state, jsonata, yields=False)
            return PassNode(name=name, state=state, jsonata=jsonata, flow=flow, next=_next(state), result=result)
        case Wait():
            return _wait(name, state, jsonata)
        case Choice():
            flow = compile_flow(state, jsonata, yields=False)
            choices = () if state.choices is UNSET else state.choices
            rules = tuple(_rule(state, rule, index, jsonata) for index, rule in enumerate(choices))
            default = None if state.default is UNSET else state.default
            return ChoiceNode(name=name, state=state, jsonata=jsonata, flow=flow, next=default, rules=rules)
        case Succeed():
            flow = compile_flow(state, jsonata, yields=False)
            return SucceedNode(name=name, state=state, jsonata=jsonata, flow=flow)
        case Fail():
            flow = DataFlow(same, same, _never)
            error = _text(state.error, state.error_path, "Error", jsonata)
            cause = _text(state.cause, state.cause_path, "Cause", jsonata)
            return FailNode(name=name, state=state, jsonata=jsonata, flow=flow, error=error, cause=cause)
        case Task():
            return TaskNode(
                name=name,
                state=state,
                jsonata=jsonata,
                flow=compile_flow(state, jsonata, yields=True),
                next=_next(state),
                resource=task_resource("" if state.resource is UNSET else state.resource),
                credentials=payload(state.credentials, jsonata, "Credentials"),
                timeout=quantity(state.timeout_seconds, state.timeout_seconds_path, "TimeoutSeconds"),
                heartbeat=quantity(state.heartbeat_seconds, state.heartbeat_seconds_path, "HeartbeatSeconds"),
                retry=_retry(state.retry),
                catch=_catch(state.catch, jsonata),
            )
        case Parallel():
            branches = () if state.branches is UNSET else state.branches
            return ParallelNode(
                name=name,
                state=state,
                jsonata=jsonata,
                flow=compile_flow(state, jsonata, yields=True),
                next=_next(state),
                branches=tuple(block_of(branch) for branch in branches),
                retry=_retry(state.retry),
                catch=_catch(state.catch, jsonata),
            )
        case Map():
            processor = state.item_processor if state.item_processor is not UNSET else state.iterator
            if processor is UNSET:
                raise DefinitionError("a Map needs an `ItemProcessor`")
            return MapNode(
                name=name,
                state=state,
                jsonata=jsonata,
                flow=compile_flow(state, jsonata, yields=True),
                next=_next(state),
                processor=block_of(processor),
                fields=compile_map(state, processor, jsonata),
                retry=_retry(state.retry),
                catch=_catch(state.catch, jsonata),
            )
        case _:
            raise DefinitionError("`Type` is none of the eight state types")


def _next(state: Pass | Wait | Task | Parallel | Map) -> str | None:
    return None if state.next is UNSET else state.next


def _never(view: object, effective: object, result: object) -> tuple[object, None]:
    raise AssertionError("a Fail state has no output")


def _wait(name: str, state: Wait, jsonata: bool) -> WaitNode:
    flow = compile_flow(state, jsonata, yields=False)
    path = ""
    if state.seconds is not UNSET:
        word, until = "Seconds", quantity(state.seconds, UNSET, "Seconds")
    elif state.timestamp is not UNSET:
        word, until = "Timestamp", _moment(state.timestamp)
    elif state.seconds_path is not UNSET:
        word, path, until = "SecondsPath", state.seconds_path, path_field(state.seconds_path, "SecondsPath")
    elif state.timestamp_path is not UNSET:
        word, path, until = "TimestampPath", state.timestamp_path, path_field(state.timestamp_path, "TimestampPath")
    else:
        raise DefinitionError("a Wait needs one of `Seconds`, `Timestamp`, `SecondsPath`, `TimestampPath`")
    assert until is not None
    return WaitNode(name=name, state=state, jsonata=jsonata, flow=flow, next=_next(state), field_name=word, until=until, path=path)


def _moment(text: str) -> Evaluate:
    return typed(text, "Timestamp", "string", lambda value: isinstance(value, str)) if is_expression(text) else constant(text)


def _text(literal: object, path: object, field_name: str, jsonata: bool) -> Evaluate | None:
    if path is not UNSET:
        return reference(str(path), f"{field_name}Path")
    if literal is UNSET:
        return None
    if jsonata and is_expression(literal):
        return typed(str(literal), field_name, "string", lambda value: isinstance(value, str))
    return constant(literal)


def _rule(state: Choice, rule: ChoiceRule, index: int, jsonata: bool) -> Rule:
    if rule.test is UNSET or rule.next is UNSET:
        raise DefinitionError(f"rule {index} of `Choices` needs one test and a `Next`")
    where = f"Choices[{index}]"
    if not isinstance(rule.test, Condition):
        decide = compile_test(rule.test, where)
    elif is_expression(rule.test.value):
        decide = typed(str(rule.test.value), f"{where}/Condition", "boolean", lambda value: isinstance(value, bool))
    else:
        decide = constant(rule.test.value)
    return Rule(decide, rule.next, compile_rule(state, rule, jsonata, where))


def _retry(retriers: tuple[Retrier, ...] | object) -> tuple[RetryRule, ...]:
    if not isinstance(retriers, tuple):
        return ()
    return tuple(
        RetryRule(
            errors=() if rule.error_equals is UNSET else rule.error_equals,
            interval=1 if rule.interval_seconds is UNSET else rule.interval_seconds,
            attempts=3 if rule.max_attempts is UNSET else rule.max_attempts,
            backoff=2.0 if rule.backoff_rate is UNSET else rule.backoff_rate,
            cap=None if rule.max_delay_seconds is UNSET else rule.max_delay_seconds,
            jitter=rule.jitter_strategy == "FULL",
        )
        for rule in retriers
    )


def _catch(catchers: tuple[Catcher, ...] | object, jsonata: bool) -> tuple[CatchRule, ...]:
    if not isinstance(catchers, tuple):
        return ()
    rules = []
    for index, rule in enumerate(catchers):
        if rule.next is UNSET:
            raise DefinitionError(f"catcher {index} needs a `Next`")
        errors = () if rule.error_equals is UNSET else rule.error_equals
        rules.append(CatchRule(errors, rule.next, compile_catch(rule, jsonata, f"Catch[{index}]")))
    return tuple(rules)
