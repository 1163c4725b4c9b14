"""A variable that nothing reads.

A variable takes part in the limits on their size and is shown in every execution, so one that no field mentions is only in the
way, or another name was meant.

Fails:
    {"A": {"Type": "Pass", "Assign": {"total": 1}, "Next": "B"}, "B": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Pass", "Assign": {"total": 1}, "Next": "B"},
     "B": {"Type": "Pass", "Parameters": {"n.$": "$total"}, "End": true}}
Passes (JSONata):
    {"A": {"Type": "Pass", "Assign": {"total": 1}, "Next": "B"}, "B": {"Type": "Succeed", "Output": "{% $total + 1 %}"}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from sfn_dsl.diagnostic import Severity, did_you_mean
from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import State, Subject

__all__ = ["unused_variable"]

_NAME: Final = re.compile(r"[^\W\d]\w{0,79}")
_MENTION: Final = re.compile(r"\$([^\W\d]\w*)")


@rule("SFN216", "unused-variable", severity=Severity.INFO)
def unused_variable(subject: Subject) -> Iterator[Finding]:
    if subject.substitutions:
        return  # what is filled in at deployment may read anything
    assigned = [found for state in subject.states for found in _assigned(state)]
    if not assigned:
        return
    mentioned = _mentioned(subject.root)
    names = {name for name, _ in assigned}
    seen = set()
    for name, pointer in assigned:
        if name not in mentioned and name not in seen:
            seen.add(name)
            near = did_you_mean(name, mentioned - names - {"states"})
            yield Finding(pointer, f"variable `{name}` is assigned, but nothing reads it", near or f"remove `{name}`, or read it")


def _assigned(state: State) -> Iterator[tuple[str, str]]:
    """The variables that a state assigns, with pointers."""
    places = [(state.pointer, state.body), *state.rules("Catch"), *state.rules("Choices")]
    for pointer, body in places:
        assign = body.get("Assign")
        for key in assign if isinstance(assign, dict) else ():
            name = key[:-2] if key.endswith(".$") and not state.jsonata else key
            if _NAME.fullmatch(name):
                yield name, pointer_to(pointer, "Assign", key)


def _mentioned(root: Any) -> set[str]:
    """Every name after a `$` in any text of the definition."""
    found: set[str] = set()
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and "$" in value:
            found.update(_MENTION.findall(value))
    return found
