"""What the rules about Map and Parallel states look at: their workflows, and the parts of a Map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_dsl.asl.services import Pattern, parse_resource
from sfn_dsl.rules.subject import Scope, State, Subject

__all__ = ["inner_scopes", "is_distributed", "is_expression", "part_of", "s3_action"]


def inner_scopes(subject: Subject) -> Iterator[tuple[Scope, str]]:
    """The branches of Parallel states and the processors of Maps, each with a name for messages."""
    for scope in subject.scopes:
        parent = scope.parent
        if parent is not None and parent.type == ("Parallel" if scope.kind == "branch" else "Map"):
            yield scope, f"a branch of `{parent.name}`" if scope.kind == "branch" else f"the processor of `{parent.name}`"


def is_distributed(state: State) -> bool:
    """Whether a Map runs its items as executions of their own."""
    return any(scope.distributed for scope in state.inner)


def part_of(state: State, name: str) -> Mapping[str, Any] | None:
    """A part of a Map, such as `ItemReader`, where it is there and an object."""
    value = state.body.get(name)
    return value if isinstance(value, dict) else None


def is_expression(state: State, text: str) -> bool:
    """Whether a text is a JSONata expression there."""
    return state.jsonata and text.startswith("{%")


def s3_action(resource: str) -> str:
    """The S3 action that the resource of an ItemReader or ResultWriter names, empty for anything else."""
    found = parse_resource(resource)
    plain = found is not None and not found.sdk and found.service == "s3" and found.pattern is Pattern.REQUEST_RESPONSE
    return found.action if found is not None and plain else ""
