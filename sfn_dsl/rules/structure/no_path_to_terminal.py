"""States that lead only to each other, so that an execution that comes there never ends.

AWS takes it. The execution goes round until it has used up its 25,000 events of history or its year.

Fails:
    {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "B"}], "Default": "Z"},
     "B": {"Type": "Pass", "Next": "C"},
     "C": {"Type": "Pass", "Next": "B"},
     "Z": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Wait", "Seconds": 5, "Next": "B"},
     "B": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "Z"}], "Default": "A"},
     "Z": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.structure.walk import ends, has_end, is_open_ended, reached, successors
from sfn_dsl.rules.subject import Scope, Subject

__all__ = ["no_path_to_terminal"]

_SHOWN = 4


@rule("SFN131", "no-path-to-terminal", severity=Severity.WARNING)
def no_path_to_terminal(subject: Subject) -> Iterator[Finding]:
    for scope in subject.scopes:
        leading: Collection[str] = _leading_to_an_end(scope) if has_end(scope) else scope.states
        if len(leading) == len(scope.states):
            continue
        stuck = [name for name in reached(subject, scope) or () if name not in leading]
        if stuck:
            ring = ", ".join(f"`{name}`" for name in stuck[:_SHOWN]) + (" and others" if len(stuck) > _SHOWN else "")
            message = f"no way from {ring} leads to an end" if len(stuck) > 1 else f"{ring} leads to itself only, never to an end"
            yield Finding(scope.states[stuck[0]].pointer, message, "let one of them lead out, or end")


def _leading_to_an_end(scope: Scope) -> set[str]:
    before = defaultdict(list)
    pending = []
    for name, state in scope.states.items():
        targets = successors(state)
        for target in targets:
            before[target].append(name)
        if ends(state) or is_open_ended(state) or not targets or any(target not in scope.states for target in targets):
            pending.append(name)
    found: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += before[name]
    return found
