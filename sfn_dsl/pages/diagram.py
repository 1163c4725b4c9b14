"""A state machine as a mermaid flowchart: stages are subgraphs, edges of catchers are dashed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfn_dsl.asl.model import UNSET, Choice, Fail, Map, Parallel, State, StateMachine, SubMachine, Succeed
from sfn_dsl.asl.walk import walk
from sfn_dsl.costs.worst import targets_of

__all__ = ["diagram"]

_ESCAPES = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\\": "#92;", "\n": " "}


def diagram(machine: StateMachine, stages: Mapping[str, str]) -> str:
    """The flowchart. Nodes are `n0`, `n1`, ... in the order of `walk`. `stages`: name of stage by outermost state.

    A Parallel or Map leads to the first state of each branch, which is a subgraph of its own.
    """
    ids = {name: f"n{number}" for number, (name, _) in enumerate(walk(machine))}
    lines = ["flowchart TD", "  start((start))"]
    shown: dict[str, list[str]] = {}
    for name in machine.states:
        shown.setdefault(stages.get(name, ""), []).append(name)
    for number, (stage, names) in enumerate(shown.items()):
        lines += [f'  subgraph s{number} ["{_text(stage)}"]'] if stage else []
        lines += [line for name in names for line in _nodes(name, machine.states[name], ids)]
        lines += ["  end"] if stage else []
    lines.append(f"  start --> {ids[str(machine.start_at)]}")
    lines += [line for name, state in walk(machine) for line in _edges(name, state, ids)]
    return "\n".join(lines)


def _nodes(name: str, state: State, ids: Mapping[str, str]) -> Iterator[str]:
    """The node of a state, and subgraphs of the states inside it. Iterative."""
    stack: list[tuple[str, State] | str] = [(name, state)]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
            continue
        own, value = item
        yield f"  {ids[own]}{_shape(own, value)}"
        inner: list[tuple[str, State] | str] = []
        for number, part in enumerate(_parts(value), 1):
            title = f"{own}: branch {number}" if isinstance(value, Parallel) else f"{own}: each item"
            inner += [f'  subgraph {ids[own]}_{number} ["{_text(title)}"]', *part.states.items(), "  end"]
        stack += reversed(inner)


def _edges(name: str, state: State, ids: Mapping[str, str]) -> Iterator[str]:
    for part in _parts(state):
        yield f"  {ids[name]} --> {ids[str(part.start_at)]}"
    for target, failed in targets_of(state):
        yield f"  {ids[name]} {'-.->' if failed else '-->'} {ids[target]}"


def _parts(state: State) -> tuple[SubMachine, ...]:
    match state:
        case Parallel(branches=branches):
            return () if branches is UNSET else branches
        case Map(item_processor=processor, iterator=iterator):
            return tuple(part for part in (processor, iterator) if part is not UNSET)
        case _:
            return ()


def _shape(name: str, state: State) -> str:
    text = _text(name)
    match state:
        case Choice():
            return f'{{"{text}"}}'
        case Succeed() | Fail():
            return f'(["{text}"])'
        case Parallel() | Map():
            return f'[["{text}"]]'
        case _:
            return f'["{text}"]'


def _text(name: str) -> str:
    """A text that mermaid shows as it is, between quotes."""
    return "".join(_ESCAPES.get(sign, sign) for sign in name)
