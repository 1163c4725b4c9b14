"""The states of a program: the eight types with closures in place of texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from sfn_dsl.asl.model import State
from sfn_dsl.simulate.program.choice import Decide
from sfn_dsl.simulate.program.dataflow import DataFlow, Leave
from sfn_dsl.simulate.program.map_fields import MapFields
from sfn_dsl.simulate.program.resource import Resource
from sfn_dsl.simulate.program.templates import Evaluate

__all__ = [
    "AnyNode",
    "Block",
    "CatchRule",
    "ChoiceNode",
    "FailNode",
    "MapNode",
    "Node",
    "ParallelNode",
    "PassNode",
    "RetryRule",
    "Rule",
    "SucceedNode",
    "TaskNode",
    "WaitNode",
]


@dataclass(frozen=True, slots=True)
class RetryRule:
    """A retrier with AWS's defaults filled in. Times in seconds."""

    errors: tuple[str, ...]
    interval: int
    attempts: int
    backoff: float
    cap: int | None
    jitter: bool


@dataclass(frozen=True, slots=True)
class CatchRule:
    """A catcher; `leave` makes the output of the state from the error output."""

    errors: tuple[str, ...]
    next: str
    leave: Leave


@dataclass(slots=True, kw_only=True)
class Node:
    """What all nodes share. `next` is None where the block ends."""

    name: str
    state: State
    jsonata: bool
    flow: DataFlow
    next: str | None = None
    kind: str = field(init=False)
    entered: str = field(init=False)
    exited: str = field(init=False)

    def __post_init__(self) -> None:
        self.kind = type(self.state).__name__
        self.entered = f"{self.kind}StateEntered"
        self.exited = f"{self.kind}StateExited"


@dataclass(slots=True, kw_only=True)
class PassNode(Node):
    """A Pass; `result` is its static Result, None without one."""

    result: Evaluate | None


@dataclass(slots=True, kw_only=True)
class WaitNode(Node):
    """A Wait by one of four fields; `field` names it."""

    field_name: str
    until: Evaluate
    path: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A Choice rule: the test, where to go and what the output is then."""

    decide: Decide
    next: str
    leave: Leave


@dataclass(slots=True, kw_only=True)
class ChoiceNode(Node):
    """A Choice; `next` is its Default."""

    rules: tuple[Rule, ...]


@dataclass(slots=True, kw_only=True)
class SucceedNode(Node):
    """A Succeed."""


@dataclass(slots=True, kw_only=True)
class FailNode(Node):
    """A Fail; each evaluator is None where the field is not given."""

    error: Evaluate | None
    cause: Evaluate | None


@dataclass(slots=True, kw_only=True)
class TaskNode(Node):
    """A Task. Times in seconds; None where not limited."""

    resource: Resource
    credentials: Evaluate | None
    timeout: Evaluate | None
    heartbeat: Evaluate | None
    retry: tuple[RetryRule, ...]
    catch: tuple[CatchRule, ...]


@dataclass(slots=True, kw_only=True)
class ParallelNode(Node):
    """A Parallel."""

    branches: tuple[Block, ...]
    retry: tuple[RetryRule, ...]
    catch: tuple[CatchRule, ...]


@dataclass(slots=True, kw_only=True)
class MapNode(Node):
    """A Map, inline or distributed."""

    processor: Block
    fields: MapFields
    retry: tuple[RetryRule, ...]
    catch: tuple[CatchRule, ...]


AnyNode: TypeAlias = PassNode | WaitNode | ChoiceNode | SucceedNode | FailNode | TaskNode | ParallelNode | MapNode


@dataclass(slots=True)
class Block:
    """A `States` block: the machine itself, a branch or an item processor."""

    start_at: str
    nodes: dict[str, AnyNode]
