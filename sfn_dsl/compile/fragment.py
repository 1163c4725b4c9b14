"""Hand-written fragments (`Raw`, SDK objects) in a machine: expressions written out, endings led on, what the scope needs added."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sfn_dsl.asl.model import (
    UNSET,
    Catcher,
    Choice,
    Json,
    Map,
    Origin,
    Parallel,
    Pass,
    Payload,
    State,
    SubMachine,
    Succeed,
    Task,
    Unset,
    Wait,
)
from sfn_dsl.asl.read import read_json
from sfn_dsl.compile.graph import Edge, EdgeKind, Node, ScopeKind
from sfn_dsl.compile.jsonata import Jsonata
from sfn_dsl.compile.jsonpath import JsonPath
from sfn_dsl.compile.slots import Slot
from sfn_dsl.draft import Fixed
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import Expression, Reference, Template
from sfn_dsl.policy import ALL

if TYPE_CHECKING:
    from sfn_dsl.compile.assemble import Assembler

__all__ = ["write_fragment"]


def write_fragment(assembler: Assembler, node: Node, draft: Fixed) -> dict[str, State]:
    """The states of a fragment, as they stand in the machine."""
    jsonpath = draft.query_language == "JSONPath"
    speaker = assembler.speaking(draft.query_language)
    _refuse_lost_items(assembler, node)

    def resolve(reference: Reference) -> Slot | Expression | None:
        return assembler.resolver.slot(node, reference)

    write = JsonPath(resolve) if jsonpath else Jsonata(resolve)
    following = next((edge.label.node for edge in node.edges if edge.kind is EdgeKind.NEXT), None)
    bodies: dict[str, Json] = {}
    for name, state in draft.states.items():
        body = _written(state, write)
        if body.get("End") and following is not None:
            del body["End"]
            body["Next"] = following.name
        bodies[name] = body
    reading = read_json({"StartAt": draft.start_at, "States": bodies})
    for problem in reading.problems:
        message = f"Raw `{node.name}`, {problem.pointer}: {problem.message}"
        assembler.problems.add("SFN103", message, node.span, "mend or remove it")
    origin = Origin(node.occurrence.step.name, node.span)
    said = not jsonpath and (assembler.mark or assembler.jsonpath)
    found = {name: _marked(state, origin, said) for name, state in reading.machine.states.items()}
    output = _output(speaker, node, jsonpath)
    for edge in node.edges:
        if edge.kind is EdgeKind.CATCH:
            found = {name: _caught(speaker, node, state, edge) for name, state in found.items()}
    if output:
        found = {name: _ending(state, output) for name, state in found.items()}
    entry = _entry(speaker, node, jsonpath)
    if entry:
        found[draft.start_at] = _assign_everywhere(found[draft.start_at], entry)
    return found


def _refuse_lost_items(assembler: Assembler, node: Node) -> None:
    """In JSONPath the states of an iteration hand the item on; a hand-written one may not."""
    if id(node.scope) in assembler.resolver.entered.carrying and any(edge.label.node is not None for edge in node.edges):
        raise DeclarationError(
            "JSONPath cannot express a Raw before steps that use the item of the map",
            help="put the Raw last, or use query_language JSONata",
        )


def _output(speaker: Assembler, node: Node, jsonpath: bool) -> Template:
    """What the scope gives back, where the fragment ends it and something is to be given back."""
    if not node.ends:
        return None
    output = speaker.output(node)
    if output and jsonpath:
        raise DeclarationError(
            "JSONPath cannot express what is given back after a Raw", help="put a step after it that calls something"
        )
    return output


def _entry(speaker: Assembler, node: Node, jsonpath: bool) -> dict[str, Template]:
    if jsonpath and node.scope.kind is not ScopeKind.ROOT and any(True for _ in speaker.resolver.entered.entered_with(node.scope)):
        raise DeclarationError(
            "JSONPath cannot express a Raw that comes first in a map whose item is used later",
            help="put another step first, or write it in JSONata",
        )
    return speaker.entry_assign(node)


def _marked(state: State, origin: Origin, say_jsonata: bool) -> State:
    """The state with its origin, and with its language where the machine has another one; so for the states inside it."""
    more: dict[str, Any] = {"origin": origin}
    if say_jsonata and state.query_language is UNSET:
        more["query_language"] = "JSONata"
    if isinstance(state, Parallel) and state.branches is not UNSET:
        more["branches"] = tuple(_inside(branch, origin, say_jsonata) for branch in state.branches)
    elif isinstance(state, Map):
        more["item_processor"] = _inside(state.item_processor, origin, say_jsonata)
        more["iterator"] = _inside(state.iterator, origin, say_jsonata)
    return dataclasses.replace(state, **more)


def _inside(machine: SubMachine | Unset, origin: Origin, say_jsonata: bool) -> SubMachine | Unset:
    if machine is UNSET:
        return machine
    return dataclasses.replace(
        machine, states={name: _marked(state, origin, say_jsonata) for name, state in machine.states.items()}
    )


def _caught(speaker: Assembler, node: Node, state: State, edge: Edge) -> State:
    """A state that can fail, with the way to the failure handler, unless it catches everything itself."""
    if not isinstance(state, (Task, Parallel, Map)):
        return state
    own = () if state.catch is UNSET else state.catch
    if any(catcher.error_equals is not UNSET and ALL.errors[0] in catcher.error_equals for catcher in own):
        return state
    [catcher] = speaker.catch(dataclasses.replace(node, edges=[edge]))["catch"]
    assert isinstance(catcher, Catcher)
    return dataclasses.replace(state, catch=(*own, catcher))


def _ending(state: State, output: Template) -> State:
    if isinstance(state, Succeed) or (isinstance(state, (Task, Pass, Wait, Parallel, Map)) and state.end is True):
        return dataclasses.replace(state, output=output)
    return state


def _written(state: Mapping[str, Template], write: Jsonata | JsonPath) -> dict[str, Json]:
    """A hand-written state with its expressions written out; text that is ASL already stays as it is."""

    def walk(value: Template) -> Template:
        match value:
            case Expression():
                return write.template(value)
            case Mapping():
                found = {}
                for key, member in value.items():
                    if isinstance(write, JsonPath) and isinstance(member, Expression):
                        name, written = write.member(str(key), member)
                        found[name] = written
                    else:
                        found[str(key)] = walk(member)
                return found
            case list() | tuple():
                return [walk(member) for member in value]
            case _:
                return value

    return {str(key): value for key, value in walk(state).items()}


def _assign_everywhere(state: State, values: Mapping[str, Template]) -> State:
    """A state that assigns values on every way out."""

    def joined(assign: Payload) -> Payload:
        return {**(assign if isinstance(assign, Mapping) else {}), **values}

    match state:
        case Task() | Parallel() | Map():
            catch = state.catch
            if catch is not UNSET:
                catch = tuple(dataclasses.replace(catcher, assign=joined(catcher.assign)) for catcher in catch)
            return dataclasses.replace(state, assign=joined(state.assign), catch=catch)
        case Choice():
            rules = state.choices
            if rules is not UNSET:
                rules = tuple(dataclasses.replace(rule, assign=joined(rule.assign)) for rule in rules)
            return dataclasses.replace(state, assign=joined(state.assign), choices=rules)
        case Pass() | Wait():
            return dataclasses.replace(state, assign=joined(state.assign))
        case _:
            return state
