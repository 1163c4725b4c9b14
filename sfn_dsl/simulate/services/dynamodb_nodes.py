"""The tree of a DynamoDB expression. Names and values are as written: `#n`, `:v`."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "CONDITIONS",
    "And",
    "Between",
    "Call",
    "Compare",
    "In",
    "Node",
    "Not",
    "Or",
    "Path",
    "Placeholder",
    "Update",
    "children",
]


@dataclass(frozen=True, slots=True)
class Path:
    """`a.#b[0]`: names as written and indexes."""

    parts: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`:v`."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function, or `+` and `-` in an update."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between:
    operand: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In:
    operand: Node
    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    operand: Node


@dataclass(frozen=True, slots=True)
class And:
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    operands: tuple[Node, ...]


Node = Path | Placeholder | Call | Compare | Between | In | Not | And | Or
CONDITIONS = (Compare, Between, In, Not, And, Or)


@dataclass(frozen=True, slots=True)
class Update:
    """The actions of an update expression, each section in the order written."""

    sets: tuple[tuple[Path, Node], ...]
    removes: tuple[Path, ...]
    adds: tuple[tuple[Path, Placeholder], ...]
    deletes: tuple[tuple[Path, Placeholder], ...]
    paths: tuple[Path, ...]


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below one, in the order written."""
    match node:
        case Call(arguments=found) | And(operands=found) | Or(operands=found):
            return found
        case Compare(left=left, right=right):
            return (left, right)
        case Between(operand=operand, low=low, high=high):
            return (operand, low, high)
        case In(operand=operand, options=options):
            return (operand, *options)
        case Not(operand=operand):
            return (operand,)
    return ()
