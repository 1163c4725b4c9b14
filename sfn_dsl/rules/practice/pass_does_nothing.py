"""A Pass state that only goes on to the next state.

It changes nothing, and in a Standard machine each time it is passed costs a transition.

Fails:
    {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Pass", "Result": {"x": 1}, "Next": "B"}, "B": {"Type": "Pass", "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["pass_does_nothing"]

NOTHING = frozenset(("Type", "Next", "Comment", "QueryLanguage"))


@rule("SFN706", "pass-does-nothing", severity=Severity.INFO, practice=True)
def pass_does_nothing(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Pass"):
        target = state.get("Next")
        if isinstance(target, str) and target in state.scope.states and target != state.name and NOTHING.issuperset(state.body):
            yield Finding(state.pointer, f"`{state.name}` does nothing but go to `{target}`", f"go to `{target}` directly")
