"""A `Comment` that is not a text.

AWS takes a text only, at the top level, in branches, in states and in choice rules.

Fails:
    {"A": {"Type": "Succeed", "Comment": ["one", "two"]}}
Fails:
    {"Comment": 1, "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
Passes:
    {"A": {"Type": "Succeed", "Comment": "one"}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["comment_not_text"]


@rule("SFN118", "comment-type", aws_code="SCHEMA_VALIDATION_FAILED")
def comment_not_text(subject: Subject) -> Iterator[Finding]:
    for pointer, body in _commented(subject):
        if not isinstance(body.get("Comment", ""), str):
            yield Finding(pointer_to(pointer, "Comment"), "`Comment` is not a text", "put it in double quotes")


def _commented(subject: Subject) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for scope in subject.scopes:
        yield scope.pointer, scope.body
    for state in subject.states:
        yield state.pointer, state.body
        if state.type == "Choice":
            yield from state.rules("Choices")
